"""When a tag was read, for a module that says how many ms into its present cycle that was. Pure.

1. A frame arrives after what it tells: arrival − offset is never earlier than the cycle's true beginning, so the
   smallest of a cycle is the best estimate.
2. An offset that would put the cycle before it can have begun is not of this cycle: such a read has the time of its
   arrival. Some firmware counts on over a keep-alive.
"""

from __future__ import annotations

from typing import Final

__all__ = ["CycleClock"]

_LATE_S: Final = 0.5  # how late the sign that a cycle began may have come: a line's backlog


class CycleClock:
    """Relates a cycle's offsets to the host's monotonic time."""

    def __init__(self) -> None:
        self._told_s = 0.0
        self._began_s = 0.0

    def begin(self, now_s: float) -> None:
        """Take notice that a cycle began."""
        self._told_s = self._began_s = now_s

    def t_us(self, offset_ms: int | None, now_s: float) -> int:
        """Return when something told now happened, in µs of the host's monotonic clock; never later than now."""
        if offset_ms is not None:
            began_s = now_s - offset_ms / 1000
            if began_s >= self._told_s - _LATE_S:
                self._began_s = min(self._began_s, began_s)
                return round((self._began_s + offset_ms / 1000) * 1e6)
        return round(now_s * 1e6)
