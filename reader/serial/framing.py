"""A stream of bytes → frames of one family. No port, no clock.

1. A frame begins at a header byte, but not every header byte begins a frame: a tag's EPC may hold any byte.
2. A candidate that is broken costs its header byte only. The true frame may begin inside the bytes we took for it.
3. What is broken is told once: further broken candidates inside the bytes that it claimed are its own payload.
4. When a good frame begins inside those bytes, the broken one announced more than it had: `FrameError.LENGTH`,
   and it ends where the good one begins.
5. Each decision looks at the bytes from the header on and at nothing else, so any chunking gives the same frames.
6. What waits is at most one candidate, and a candidate is at most as long as its family's longest frame.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

__all__ = ["Direction", "FrameError", "FrameShape", "RawFrame", "Resynchroniser"]


class Direction(StrEnum):
    """Who sent the bytes."""

    TO_READER = "to_reader"
    FROM_READER = "from_reader"


class FrameError(StrEnum):
    """What is wrong with a frame."""

    CHECKSUM = "checksum"
    LENGTH = "length"  # announces another length than it has, or is too short for what it says it is
    UNKNOWN = "unknown"  # whole and sound, but of a kind that we do not know
    TRUNCATED = "truncated"  # the bytes end before the frame does


class RawFrame(NamedTuple):
    """One frame as it was cut: ``offset`` counts from the first byte ever fed; ``error`` is None when it is sound."""

    offset: int
    raw: bytes
    error: FrameError | None = None


class FrameShape(Protocol):
    """What the resynchroniser has to know of a family."""

    @property
    def header(self) -> re.Pattern[bytes]:
        """Matches where a frame may begin, the end of the bytes included where more of them must decide."""

    @property
    def head_bytes(self) -> int:
        """How many bytes from the header on say the length."""

    @property
    def longest(self) -> int:
        """The longest frame in bytes; what announces more is broken."""

    def announced(self, buffer: bytearray, at: int) -> int:
        """Return the length of the whole frame at ``at``, of which `head_bytes` are there; 0 when it cannot be."""

    def fault(self, raw: bytes) -> FrameError | None:
        """Return what is wrong with a frame that is as long as it announced."""

    def fault_of_rest(self, raw: bytes) -> FrameError:
        """Return what is wrong with a frame behind which no more bytes come."""


# A length that cannot be true is told with the bytes that say it.
_UNDECIDED: Final = -1


class Resynchroniser:
    """Cuts what arrives into frames of one shape; holds fewer bytes than the shape's longest frame has."""

    def __init__(self, shape: FrameShape) -> None:
        self._shape = shape
        self._buffer = bytearray()
        self._base = 0  # offset of the buffer's first byte
        self._broken: RawFrame | None = None  # told when it is known where it ends

    @property
    def waiting_bytes(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return len(self._buffer)

    def feed(self, received: bytes) -> list[RawFrame]:
        """Take ``received`` and return the frames that are decided now, broken ones included."""
        self._buffer += received
        return self._cut(is_end=False)

    def finish(self) -> list[RawFrame]:
        """Return what waits, because no more bytes belong to it: the input ended, or the line fell silent.

        Good frames behind a header byte that was none are among them. Feeding may go on afterwards.
        """
        return self._cut(is_end=True)

    def _cut(self, *, is_end: bool) -> list[RawFrame]:
        frames: list[RawFrame] = []
        buffer, shape, base = self._buffer, self._shape, self._base
        at, end = 0, len(buffer)
        while found := shape.header.search(buffer, at):
            at = found.start()
            length = shape.announced(buffer, at) if end - at >= shape.head_bytes else _UNDECIDED
            if length == _UNDECIDED or (at + length > end and length <= shape.longest):
                if not is_end:
                    break
                rest = bytes(buffer[at:])
                self._tell_broken(RawFrame(base + at, rest, shape.fault_of_rest(rest)), frames)
                at += 1
                continue
            if not 0 < length <= shape.longest:
                head = bytes(buffer[at : at + shape.head_bytes])
                self._tell_broken(RawFrame(base + at, head, FrameError.LENGTH), frames)
                at += 1
                continue
            raw = bytes(buffer[at : at + length])
            error = shape.fault(raw)
            if error is not None:
                self._tell_broken(RawFrame(base + at, raw, error), frames)
                at += 1
                continue
            self._settle_broken(base + at, frames)
            frames.append(RawFrame(base + at, raw))
            at += length
        else:
            at = end
        if self._broken is not None and (is_end or base + at >= _end_of(self._broken)):
            frames.append(self._broken)
            self._broken = None
        del buffer[:at]
        self._base = base + at
        return frames

    def _tell_broken(self, broken: RawFrame, frames: list[RawFrame]) -> None:
        """Keep ``broken`` until it is known where it ends, unless it lies inside one that is kept already."""
        if self._broken is not None:
            if broken.offset < _end_of(self._broken):
                return
            frames.append(self._broken)
        self._broken = broken

    def _settle_broken(self, offset: int, frames: list[RawFrame]) -> None:
        """Tell the broken frame that is kept, now that a good one begins at ``offset``."""
        broken = self._broken
        if broken is None:
            return
        if offset < _end_of(broken):
            broken = RawFrame(broken.offset, broken.raw[: offset - broken.offset], FrameError.LENGTH)
        frames.append(broken)
        self._broken = None


def _end_of(frame: RawFrame) -> int:
    return frame.offset + len(frame.raw)
