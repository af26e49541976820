"""How long one antenna rotation lasts, learnt from the reads: the reader does not say.

Several readers that are joined rotate side by side; each has its own turns, and the slowest counts.
"""

from __future__ import annotations

from reader.model import JOINED_STEP

__all__ = ["Rotation"]


class Rotation:
    """An estimate of the rotation, in ticks of at least one."""

    def __init__(self, tick_us: int, longest_ticks: int) -> None:
        """``longest_ticks`` bounds the estimate: an antenna without tags in view looks like a slow rotation."""
        self._tick_us = tick_us
        self._longest = longest_ticks
        self._readers: dict[int, _Turns] = {}

    def note(self, antenna: int, t_us: int) -> None:
        """A read by ``antenna`` came in."""
        turns = self._readers.get(antenna // JOINED_STEP)
        if turns is None:
            turns = self._readers[antenna // JOINED_STEP] = _Turns(self._tick_us, self._longest)
        if antenna != turns.last:
            turns.turn(antenna, t_us)

    @property
    def antennas(self) -> int:
        """How many antennas have read anything."""
        return sum(len(turns.began_us) for turns in self._readers.values())

    @property
    def ticks(self) -> int:
        """The rotation in whole ticks, rounded up."""
        period_us = max((turns.period_us for turns in self._readers.values()), default=float(self._tick_us))
        return max(1, min(self._longest, -int(-period_us // self._tick_us)))


class _Turns:
    """One reader's rotation."""

    def __init__(self, tick_us: int, longest_ticks: int) -> None:
        self.began_us: dict[int, int] = {}
        self.last: int | None = None
        self.period_us = float(tick_us)
        self._longest_us = longest_ticks * tick_us

    def turn(self, antenna: int, t_us: int) -> None:
        """The turn of ``antenna`` began."""
        began_us = self.began_us.get(antenna)
        if began_us is not None and self.last is not None:
            period_us = min(t_us - began_us, self._longest_us)
            # Falls fast and rises slowly: a missed turn doubles one period, nothing halves it.
            step = 0.3 if period_us < self.period_us else 0.1
            self.period_us += step * (period_us - self.period_us)
        self.began_us[antenna] = t_us
        self.last = antenna
