"""One direction of a serial line: bytes take their time.

A pseudo terminal and a socket carry bytes at once; a UART needs ten bits for each (8N1: start, eight, stop). Bytes
that are put in come out when their last bit would be through, in pieces of a few milliseconds, as a UART's FIFO hands
them on.
"""

from __future__ import annotations

import random
from collections import deque

__all__ = ["Wire", "garbled"]

_BITS_PER_BYTE = 10
_PIECE_US = 4_000  # of line time; what a FIFO with a timer hands on at once


class Wire:
    """Carries bytes at the rate each was put in with. Not ``is_paced``: at once, for benches."""

    def __init__(self, *, is_paced: bool = True) -> None:
        self._is_paced = is_paced
        self._pieces: deque[tuple[int, bytes, int]] = deque()  # when its last bit is through, the bytes, their rate
        self._free_at_us = 0.0

    def put(self, octets: bytes, baud: int, now_us: int, delay_us: int = 0) -> None:
        """Send ``octets`` after everything that was put in before, not before ``delay_us`` from now."""
        begins_us = max(self._free_at_us, float(now_us + delay_us))
        byte_us = _BITS_PER_BYTE * 1e6 / baud if self._is_paced else 0.0
        size = max(1, int(_PIECE_US / byte_us)) if byte_us else max(1, len(octets))
        for at in range(0, len(octets), size):
            piece = octets[at : at + size]
            begins_us += len(piece) * byte_us
            self._pieces.append((int(begins_us), piece, baud))
        self._free_at_us = begins_us

    def take(self, now_us: int) -> bytes:
        """Return the bytes that are through by ``now_us``."""
        return b"".join(octets for octets, _ in self.through(now_us))

    def through(self, now_us: int) -> list[tuple[bytes, int]]:
        """Return the same in pieces, each with the rate it was sent at: who listens at another one hears noise."""
        pieces: list[tuple[bytes, int]] = []
        while self._pieces and self._pieces[0][0] <= now_us:
            _, octets, baud = self._pieces.popleft()
            pieces.append((octets, baud))
        return pieces

    def due_us(self) -> int | None:
        """Return when the next bytes are through; None while the line is idle."""
        return self._pieces[0][0] if self._pieces else None

    def ahead_us(self, now_us: int) -> float:
        """Return how long the line is busy with what was put in."""
        return max(0.0, self._free_at_us - now_us)

    def clear(self) -> None:
        """Lose what is on the line, as when the plug is pulled."""
        self._pieces.clear()
        self._free_at_us = 0.0


def garbled(octets: bytes, sent_baud: int, heard_baud: int, random: random.Random) -> bytes:
    """Return what an ear at ``heard_baud`` makes of ``octets`` sent at ``sent_baud``: noise of about their length."""
    return random.randbytes(max(1, round(len(octets) * heard_baud / sent_baud)))
