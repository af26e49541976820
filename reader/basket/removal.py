"""What was taken out of the basket: an adaptive gap instead of a time-out.

A time-out that is quick takes away weak goods, one that is safe takes seconds. Each tag's own rhythm says
how long a silence is long for it. Measured: about a fifth of the time-out's latency at equal error.
"""

from __future__ import annotations

import math

from reader.basket.rule import BasketRule

__all__ = ["Presence"]


class Presence:
    """The rhythm of one accepted tag, in ticks that count."""

    __slots__ = ("_gap", "_hits", "_longest", "_ticks")

    def __init__(self) -> None:
        self._hits = self._ticks = self._gap = self._longest = 0

    def hit(self) -> None:
        """The tick saw it."""
        self._longest = max(self._longest, self._gap)
        self._gap = 0
        self._hits += 1
        self._ticks += 1

    def miss(self) -> None:
        """The tick saw others and not this one."""
        self._gap += 1
        self._ticks += 1

    def restart_gap(self) -> None:
        """The reader was away: its silence says nothing about the tag."""
        self._ticks -= self._gap
        self._gap = 0

    def is_gone(self, rule: BasketRule) -> bool:
        """Return whether the current silence is longer than this tag's rhythm explains."""
        if self._gap < rule.least_gap:
            return False
        # The current gap is what is judged, so it does not lower the tag's own rate.
        rate = min(0.99, (self._hits + 0.3) / (self._ticks - self._gap + 1))
        by_chance = math.log(rule.chance) / math.log(1 - rate)
        return self._gap >= max(by_chance, rule.gap_factor * self._longest + 1)
