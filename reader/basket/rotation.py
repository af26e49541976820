"""How long one antenna rotation lasts, learnt from the reads: the reader does not say."""

from __future__ import annotations

__all__ = ["Rotation"]


class Rotation:
    """An estimate of the rotation, in ticks of at least one."""

    def __init__(self, tick_us: int, longest_ticks: int) -> None:
        """``longest_ticks`` bounds the estimate: an antenna without tags in view looks like a slow rotation."""
        self._tick_us = tick_us
        self._longest = longest_ticks
        self._began_us: dict[int, int] = {}
        self._last: int | None = None
        self._period_us = float(tick_us)

    def note(self, antenna: int, t_us: int) -> None:
        """A read by ``antenna`` came in."""
        if antenna == self._last:
            return
        began_us = self._began_us.get(antenna)
        if began_us is not None and self._last is not None:
            period_us = min(t_us - began_us, self._longest * self._tick_us)
            # Falls fast and rises slowly: a missed turn doubles one period, nothing halves it.
            step = 0.3 if period_us < self._period_us else 0.1
            self._period_us += step * (period_us - self._period_us)
        self._began_us[antenna] = t_us
        self._last = antenna

    @property
    def antennas(self) -> int:
        """How many antennas have read anything."""
        return len(self._began_us)

    @property
    def ticks(self) -> int:
        """The rotation in whole ticks, rounded up."""
        return max(1, min(self._longest, -int(-self._period_us // self._tick_us)))
