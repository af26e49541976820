"""Bytes of LLRP in words, for people and for tests: every message and parameter of LLRP 1.1 by its standard name.

Broken messages are shown too, as far as they can be read, and say what is wrong with them:

- ``truncated``: the bytes end before the message does;
- ``length``: a length that cannot be true, of the message (nothing behind it can be found) or inside it;
- ``unknown``: a type that LLRP 1.1 does not have, of the message or of something inside it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from reader.llrp.frames import HEADER_BYTES, MAX_MESSAGE_BYTES
from reader.llrp.schema import MESSAGES, PARAMETERS, TV_SIZES, Layout
from reader.llrp.schema import Field as SchemaField

__all__ = ["WordedFrame", "frames_in_words"]

_HEADER = struct.Struct(">HII")
_TV = 0x80
_MAX_DEPTH = 16  # the deepest nesting of the standard is 8; ParameterError may nest for ever


@dataclass(frozen=True, slots=True)
class WordedFrame:
    """One message in words.

    offset, length: where its bytes are, counted from the first byte given.
    kind: the message's name in LLRP 1.1, or UNKNOWN_n.
    fields: its fields and parameters by name; a parameter that may come several times is a list.
    error: None, "truncated", "length" or "unknown".
    """

    offset: int
    length: int
    kind: str
    version: int
    message_id: int | None
    fields: dict[str, Any] = field(default_factory=dict)
    error: str | None = None


class _BrokenError(Exception):
    """What is wrong, in the words of `WordedFrame.error`."""


def frames_in_words(stream: bytes) -> Iterator[WordedFrame]:
    """Yield every message found in ``stream``, in order, broken ones included."""
    offset = 0
    while offset < len(stream):
        frame = _frame(stream, offset)
        yield frame
        offset += frame.length


def _frame(stream: bytes, offset: int) -> WordedFrame:
    left = len(stream) - offset
    if left < HEADER_BYTES:
        kind = _kind(int.from_bytes(stream[offset : offset + 2], "big") & 0x3FF) if left >= 2 else "UNKNOWN"
        version = stream[offset] >> 2 & 7
        return WordedFrame(offset, left, kind, version, None, error="truncated")
    word, length, message_id = _HEADER.unpack_from(stream, offset)
    number, version = word & 0x3FF, word >> 10 & 7
    if not HEADER_BYTES <= length <= MAX_MESSAGE_BYTES:
        return WordedFrame(offset, left, _kind(number), version, message_id, error="length")
    fields: dict[str, Any] = {}
    body = stream[offset + HEADER_BYTES : offset + length]
    error = _read_message(number, body, fields)
    if length > left:
        error = "truncated"
    return WordedFrame(offset, min(length, left), _kind(number), version, message_id, fields, error)


def _kind(number: int) -> str:
    return MESSAGES[number].name if number in MESSAGES else f"UNKNOWN_{number}"


def _read_message(number: int, body: bytes, fields: dict[str, Any]) -> str | None:
    if number not in MESSAGES:
        fields["Data"] = body.hex().upper()
        return "unknown"
    try:
        _read_layout(MESSAGES[number], body, fields, depth=0)
    except _BrokenError as broken:
        return str(broken)
    return None


def _read_layout(layout: Layout, body: bytes, into: dict[str, Any], depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise _BrokenError("length")
    at = _read_fields(layout.fields, body, into)
    unknown = False
    while at < len(body):
        at, known = _read_parameter(layout, body, at, into, depth)
        unknown |= not known
    if unknown:
        raise _BrokenError("unknown")


def _read_fields(fields: tuple[SchemaField, ...], body: bytes, into: dict[str, Any]) -> int:
    """Read the fields into ``into``; return the position behind them."""
    bit = 0
    for item in fields:
        if item.kind in ("u", "s"):
            into_value = _number(body, bit, item)
            bit += item.bits
            if item.name:
                into[item.name] = into_value
            continue
        at = bit // 8
        if item.kind == "rest":
            into[item.name] = body[at:].hex().upper()
            return len(body)
        at = _read_counted(item, body, at, into)
        bit = at * 8
    return bit // 8


def _number(body: bytes, bit: int, item: SchemaField) -> int | str:
    end = bit + item.bits
    if end > len(body) * 8:
        raise _BrokenError("length")
    window = body[bit // 8 : (end + 7) // 8]
    if item.bits > 64:
        return window.hex().upper()
    value = int.from_bytes(window, "big") >> (-end % 8) & ((1 << item.bits) - 1)
    return value - (1 << item.bits) if item.kind == "s" and value >> (item.bits - 1) else value


def _read_counted(item: SchemaField, body: bytes, at: int, into: dict[str, Any]) -> int:
    if at + 2 > len(body):
        raise _BrokenError("length")
    count = int.from_bytes(body[at : at + 2], "big")
    start = at + 2
    size = (count + 7) // 8 if item.kind == "bits" else count * (item.bits or 8) // 8
    end = start + size
    if end > len(body):
        raise _BrokenError("length")
    value = body[start:end]
    if item.kind == "text":
        into[item.name] = value.decode("utf-8", errors="replace")
    elif item.kind == "bits":
        into[item.name] = value.hex().upper()
        into[f"{item.name}_BitCount"] = count
    else:
        step = item.bits // 8
        into[item.name] = [int.from_bytes(value[n : n + step], "big") for n in range(0, size, step)]
    return end


def _read_parameter(parent: Layout, body: bytes, at: int, into: dict[str, Any], depth: int) -> tuple[int, bool]:
    """Read the parameter at ``at``; return the position behind it, and whether all of it is known."""
    if body[at] & _TV:
        number = body[at] & 0x7F
        if number not in TV_SIZES:
            _add(parent, into, "Unknown", {"Type": number, "Data": body[at + 1 :].hex().upper()})
            return len(body), False  # a TV has no length: what follows cannot be found
        end, inner_at = at + 1 + TV_SIZES[number], at + 1
    else:
        if at + 4 > len(body):
            raise _BrokenError("length")
        number = int.from_bytes(body[at : at + 2], "big") & 0x3FF
        end, inner_at = at + int.from_bytes(body[at + 2 : at + 4], "big"), at + 4
        if end < inner_at:
            raise _BrokenError("length")
    if end > len(body):
        raise _BrokenError("length")
    inner = body[inner_at:end]
    if number not in PARAMETERS or (number in TV_SIZES and not body[at] & _TV):
        _add(parent, into, "Unknown", {"Type": number, "Data": inner.hex().upper()})
        return end, False
    layout = PARAMETERS[number]
    value: dict[str, Any] = {}
    _add(parent, into, layout.name, value)
    try:
        _read_layout(layout, inner, value, depth + 1)
    except _BrokenError as broken:
        if str(broken) != "unknown":
            raise
        return end, False
    return end, True


def _add(parent: Layout, into: dict[str, Any], name: str, value: dict[str, Any]) -> None:
    """Put ``value`` under ``name``: in a list where the standard allows several, or where several came."""
    if name in parent.many or name == "Unknown":
        into.setdefault(name, []).append(value)
    elif name not in into:
        into[name] = value
    elif isinstance(into[name], list):
        into[name].append(value)
    else:
        into[name] = [into[name], value]
