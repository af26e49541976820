"""What faults of the line do to a module's frames, whatever they say."""

from __future__ import annotations

import random
from typing import NamedTuple

from reader.virtual.faults import Fault, Faults
from reader.virtual.serial.module import Said

__all__ = ["Spoiled", "Spoiler"]

_SLOW_US = 1_500_000
_TRUNCATED_BYTES = 5
_GARBAGE_BYTES = 23
# How frames of the three families begin: garbage begins nothing, so that it costs only itself.
_HEADS = frozenset(b"\xff\xbb\xaa\xa0")


class Spoiled(NamedTuple):
    """What goes on the wire instead of one frame, after ``delay_us``; ``drops``: and then the link is lost."""

    octets: bytes
    delay_us: int = 0
    drops: bool = False


class Spoiler:
    """Applies silence, garbage, mid_frame, slow, truncate and duplicate; the other faults are the module's."""

    def __init__(self, faults: Faults, seed: int) -> None:
        self._faults = faults
        self._random = random.Random(f"{seed}/garbage")

    def spoil(self, said: Said) -> Spoiled:
        """Return what becomes of a frame; faults that happen once happen here."""
        faults, (frame, is_tag) = self._faults, said
        if faults.is_on(Fault.SILENCE):
            return Spoiled(b"")
        before = self._garbage() if faults.take(Fault.GARBAGE) else b""
        if faults.take(Fault.MID_FRAME):
            return Spoiled(before + frame[: len(frame) // 2], drops=True)
        if not is_tag:
            return Spoiled(before + frame, _SLOW_US if faults.is_on(Fault.SLOW) else 0)
        if faults.is_on(Fault.TRUNCATE):
            frame = frame[:-_TRUNCATED_BYTES]
        if faults.is_on(Fault.DUPLICATE):
            frame *= 2
        return Spoiled(before + frame)

    def _garbage(self) -> bytes:
        return bytes(octet for octet in self._random.randbytes(2 * _GARBAGE_BYTES) if octet not in _HEADS)[
            :_GARBAGE_BYTES
        ]
