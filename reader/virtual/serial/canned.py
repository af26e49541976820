"""Prepared tags for benches: which they are, and rounds of their frames, which cost nothing and fill any line. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Final

from reader.virtual.serial.module import Said

__all__ = ["CANNED_PC", "CANNED_TAGS", "CannedRounds", "canned_epc", "canned_rssi_dbm"]

CANNED_TAGS: Final = 500  # in one round
CANNED_PC: Final = 0x3000  # six words of EPC
_SGTIN_96: Final = bytes.fromhex("3036451FD400")  # of the company prefix that GS1 keeps for examples


def canned_epc(number: int) -> bytes:
    """Return the EPC of the tag of that number, from 0."""
    return _SGTIN_96 + number.to_bytes(6, "big")


def canned_rssi_dbm(number: int) -> int:
    """Return how loud the tag of that number is."""
    return -45 - number % 20


class CannedRounds:
    """Rounds one after another, each the frames of its tags."""

    def __init__(self, rounds: Iterable[Iterable[bytes]]) -> None:
        self._frames = chain.from_iterable(rounds)

    def next_tag(self) -> Said | None:
        """Return the next tag; None once the last round is through."""
        frame = next(self._frames, None)
        return None if frame is None else Said(frame, is_tag=True)
