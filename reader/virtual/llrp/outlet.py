"""What leaves the reader: frames in order, kept while nobody listens, spoiled where a fault says so."""

from __future__ import annotations

import random
from collections import deque
from enum import Enum

from reader.virtual.faults import Fault, Faults
from reader.virtual.llrp.codec import HEADER_BYTES

__all__ = ["Kind", "Outlet"]

# While nobody is connected: as many reports and events as a small reader's memory holds.
MAX_HELD = 500
_SLOW_US = 1_500_000
_TRUNCATED_BYTES = 5


class Kind(Enum):
    """What a frame is, which decides what happens to it while nobody listens."""

    ANSWER = "answer"
    REPORT = "report"
    EVENT = "event"
    KEEPALIVE = "keepalive"


class Outlet:
    """Collects frames for the socket. `broken` asks the socket to drop the link once all is written."""

    def __init__(self, faults: Faults, seed: int) -> None:
        self.broken = False
        self._overflowed = False
        self._faults = faults
        self._random = random.Random(f"{seed}/garbage")
        self._connected = False
        self._holding = False
        self._ready = bytearray()
        self._late: deque[tuple[int, bytes]] = deque()
        self._held: deque[tuple[Kind, bytes]] = deque()

    def connect(self, *, holding: bool) -> None:
        """Begin a connection; with ``holding``, reports and events wait for `release`."""
        self._ready.clear()
        self._late.clear()
        self.broken = False
        self._connected = True
        self._holding = holding

    def disconnect(self) -> None:
        """End the connection; what is not written yet is lost, what comes now is held."""
        self._connected = False
        self._ready.clear()
        self._late.clear()

    def release(self, *, reports_only: bool = False) -> None:
        """Let go what was held."""
        if not reports_only:
            self._holding = False
        kept: deque[tuple[Kind, bytes]] = deque()
        while self._held:
            kind, frame = self._held.popleft()
            if reports_only and kind is not Kind.REPORT:
                kept.append((kind, frame))
            else:
                self._put(kind, frame, 0)
        self._held = kept

    @property
    def flows(self) -> bool:
        """Whether a report that is sent now goes to the client, and is neither held nor lost."""
        return self._connected and not (self._holding or self.broken or self._faults.is_on(Fault.SILENCE))

    def take_overflow(self) -> bool:
        """Return, once, whether something was lost because too much was held."""
        overflowed, self._overflowed = self._overflowed, False
        return overflowed

    def emit(self, kind: Kind, frame: bytes, now_us: int) -> None:
        """Send a frame, or hold it where nobody takes it now."""
        if (not self._connected or self._holding) and kind in (Kind.REPORT, Kind.EVENT):
            if len(self._held) >= MAX_HELD:
                self._overflowed = True
            else:
                self._held.append((kind, frame))
        elif self._connected:
            self._put(kind, frame, now_us)

    def emit_first(self, frame: bytes) -> None:
        """Send the frame that a connection begins with; nothing holds it back."""
        self._ready += frame

    def take(self, now_us: int) -> bytes:
        """Return the bytes that are to be written now."""
        while self._late and self._late[0][0] <= now_us:
            self._spoil(Kind.ANSWER, self._late.popleft()[1])
        written = bytes(self._ready)
        self._ready.clear()
        return written

    def due_us(self) -> int | None:
        """Return when the next late answer is due."""
        return self._late[0][0] if self._late else None

    def _put(self, kind: Kind, frame: bytes, now_us: int) -> None:
        if kind is Kind.ANSWER and (self._late or self._faults.is_on(Fault.SLOW)):
            delay_us = _SLOW_US if self._faults.is_on(Fault.SLOW) else 0
            self._late.append((now_us + delay_us, frame))  # answers keep their order
        else:
            self._spoil(kind, frame)

    def _spoil(self, kind: Kind, frame: bytes) -> None:
        faults = self._faults
        if self.broken or faults.is_on(Fault.SILENCE):
            return
        if faults.take(Fault.GARBAGE):
            # 0xFF would claim reserved bits and a length beyond any frame: nobody can take this for LLRP.
            self._ready += b"\xff" * HEADER_BYTES + self._random.randbytes(16)
        if kind in (Kind.REPORT, Kind.ANSWER) and faults.take(Fault.MID_FRAME):
            self._ready += frame[: len(frame) // 2]
            self.broken = True
            return
        if kind is Kind.REPORT:
            if faults.is_on(Fault.TRUNCATE) and len(frame) > HEADER_BYTES + _TRUNCATED_BYTES:
                length = len(frame) - _TRUNCATED_BYTES
                frame = frame[:2] + length.to_bytes(4, "big") + frame[6:length]
            if faults.is_on(Fault.DUPLICATE):
                self._ready += frame
        self._ready += frame
