"""What a frame says, in words."""

from __future__ import annotations

from dataclasses import dataclass

from reader.serial.framing import FrameError
from reader.serial.layout import Fields

__all__ = ["Message"]


@dataclass(frozen=True, slots=True)
class Message:
    """A frame in words.

    kind: its command's name, or what it is: ``tag``, ``end``, ``error``, …
    fields: by the names of `tests/vectors/serial.json`; empty when the frame is broken.
    error: as the frame's; or of a sound frame, that its content is too short, or of an unknown form.
    """

    kind: str
    fields: Fields
    error: FrameError | None
