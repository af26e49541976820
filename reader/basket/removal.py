"""What was taken out of the basket: an adaptive gap instead of a time-out.

A time-out that is quick takes away weak goods, one that is safe takes seconds. Each tag's own rhythm says
how long a silence is long for it. Measured: about a fifth of the time-out's latency at equal error.
"""

from __future__ import annotations

import math

from reader.basket.rule import BasketRule

__all__ = ["Presence", "is_lifted"]

_PRIOR_TICKS = 4.0


class Presence:
    """The rhythm of one accepted tag, in ticks that count; the one in which it entered does not."""

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

    @property
    def record(self) -> tuple[int, int]:
        """Hits, and the ticks that could have had one."""
        return self._hits, self._ticks

    def is_gone(self, rule: BasketRule, usual_rate: float) -> bool:
        """Return whether the current silence is longer than this tag's rhythm explains.

        usual_rate: hits per tick of the whole basket, the best guess for a tag that was hardly seen yet.
        """
        if self._gap < rule.least_gap:
            return False
        # The gap is what is judged, so it does not lower the rate, and neither does the hit before it raise it.
        seen = max(0, self._hits - 1) + _PRIOR_TICKS * usual_rate
        chances = max(0, self._ticks - self._gap - 1) + _PRIOR_TICKS
        rate = min(0.99, seen / chances)
        by_chance = math.log(rule.chance) / math.log(1 - rate)
        return self._gap >= max(by_chance, rule.gap_factor * self._longest + 1)


def is_lifted(rule: BasketRule, silent_ticks: int, tags: int, usual_rate: float) -> bool:
    """Return whether ``silent_ticks`` without a read of any of the basket's ``tags`` mean that it was taken away."""
    by_chance = math.log(rule.chance) / (tags * math.log(1 - min(0.99, usual_rate)))
    return silent_ticks * rule.tick_us >= rule.lift_hold_us and silent_ticks >= by_chance
