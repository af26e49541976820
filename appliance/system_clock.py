"""The host's clock; implements reader's `Clock` for every process."""

from __future__ import annotations

import time

__all__ = ["SystemClock"]


class SystemClock:
    """Time as the operating system tells it."""

    def monotonic_s(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    def utc_us(self) -> int:
        """Return microseconds since 1970-01-01 UTC; jumps when somebody sets the clock."""
        return time.time_ns() // 1000
