"""The machine's own time, behind `reader.port.Clock`."""

from __future__ import annotations

import time

__all__ = ["HostClock"]


class HostClock:
    """The host's clocks; tests pass one of their own instead."""

    def monotonic_s(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    def utc_us(self) -> int:
        """Return microseconds since 1970-01-01 UTC."""
        return time.time_ns() // 1000
