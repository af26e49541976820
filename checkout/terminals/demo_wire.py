"""The lines between a till and the demo terminal: one JSON object per line, one question per connection.

Question: `{"op": …, "attempt": …, "sale": …, "n": …, "amount_minor": …, "currency": …}`.
Answer: `{"status": …, "attempt": …, "amount_minor": …, "currency": …, "reference": …, "reason": …, "prompt": …}`,
with the amount that the terminal knows for the attempt, so that the till can tell a foreign answer.
Control questions (`behaviour`, `card`, `health`) name no attempt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

__all__ = ["MAX_LINE_BYTES", "Behaviour", "Op", "Status", "decode_line", "encode_line"]

MAX_LINE_BYTES = 4096  # the longest honest line is under 400; more is not ours


class Op(StrEnum):
    """What a till may ask."""

    START = "start"
    POLL = "poll"
    LOOKUP = "lookup"
    CANCEL = "cancel"
    REVERSE = "reverse"
    HEALTH = "health"
    BEHAVIOUR = "behaviour"  # control: read it, or set it with "behaviour"
    CARD = "card"  # control: the open attempt gets its card now


class Status(StrEnum):
    """What the terminal answers."""

    PENDING = "pending"
    CAPTURED = "captured"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    NEVER_SEEN = "never_seen"
    READY = "ready"
    REFUSED = "refused"


class Behaviour(StrEnum):
    """How the demo terminal plays its part."""

    APPROVE = "approve"
    DECLINE = "decline"
    SLOW = "slow"  # approves, late
    REPLY_LOST = "reply_lost"  # charges, then drops the line before the reply
    APPROVE_AFTER_CANCEL = "approve_after_cancel"  # the card was quicker than the cancel
    OFFLINE = "offline"  # every connection is dropped


def encode_line(fields: Mapping[str, Any]) -> bytes:
    """Return ``fields`` as one line with its end."""
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"


def decode_line(line: bytes) -> dict[str, Any]:
    """Return the fields of one line.

    Raises:
        ValueError: Not a whole line, too long, or not a JSON object.
    """
    if len(line) > MAX_LINE_BYTES or not line.endswith(b"\n"):
        raise ValueError("not one whole line")
    fields = json.loads(line)
    if not isinstance(fields, dict):
        raise ValueError("not a JSON object")
    return fields
