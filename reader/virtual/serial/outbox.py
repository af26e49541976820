"""What a module has to say: not before its time, and not before the line has carried what came first."""

from __future__ import annotations

from collections import deque

from reader.virtual.serial.module import Said

__all__ = ["Outbox"]

_FULL_BYTES = 1024  # a small controller's UART buffer; what is more stops the radio


class Outbox:
    """Frames in order; takes more than it should rather than lose an answer."""

    def __init__(self) -> None:
        self._said: deque[tuple[int, Said]] = deque()
        self._bytes = 0

    @property
    def is_full(self) -> bool:
        """Whether the radio has to wait for the line."""
        return self._bytes >= _FULL_BYTES

    @property
    def due_us(self) -> int | None:
        """When the next frame may go; None where there is none."""
        return self._said[0][0] if self._said else None

    def put(self, frame: bytes, at_us: int, *, is_tag: bool = False) -> None:
        """Say ``frame`` after all others, and not before ``at_us``."""
        self._said.append((at_us, Said(frame, is_tag)))
        self._bytes += len(frame)

    def take(self, now_us: int) -> Said | None:
        """Return, once, the next frame; None where there is nothing to say yet."""
        if not self._said or self._said[0][0] > now_us:
            return None
        _, said = self._said.popleft()
        self._bytes -= len(said.frame)
        return said

    def clear(self) -> None:
        """Lose everything."""
        self._said.clear()
        self._bytes = 0
