"""What is known of each tag: a trace that grows read by read and forgets slowly.

1. A read only touches its tag's counters of the running tick; sums are folded in when the tick ends.
2. Old opportunities fade (a horizon of 30), so that a shelf tag read for hours does not grow strong by chance.
3. Levels are held as peaks that sink by 1 dB per second: a tag that moves away loses its level.
"""

from __future__ import annotations

import math

from reader.basket.removal import Presence
from reader.port import TagStanding

__all__ = ["TagTrace"]

_FADE = 1 - 1 / 30
_SINK_DB = 0.1  # per tick


class _Antenna:
    """One tag as one antenna sees it."""

    __slots__ = ("level_dbm", "square", "total", "weight", "window")

    def __init__(self, level_dbm: float, window: int) -> None:
        self.level_dbm = level_dbm
        self.window = window
        self.weight = self.total = self.square = 0.0

    def level_at(self, window: int) -> float:
        return self.level_dbm - _SINK_DB * (window - self.window)

    def fold(self, peak_dbm: float, window: int) -> None:
        self.level_dbm = max(peak_dbm, self.level_at(window))
        self.window = window
        self.weight = self.weight * _FADE + 1.0
        self.total = self.total * _FADE + peak_dbm
        self.square = self.square * _FADE + peak_dbm * peak_dbm

    def spread_db(self) -> float:
        mean = self.total / self.weight
        return math.sqrt(max(0.0, self.square / self.weight - mean * mean))


class TagTrace:
    """One tag's past. `tick_peaks` is written by the session for every read, the rest when a tick ends.

    windows: opportunities that saw it since its first read; faded counts are in `hits` and `chances`.
    accepted_us: when it entered the basket, None while it is outside.
    strong_us: since when its score is as high as a sold tag's must be to be told of.
    is_sure: it was so for long enough; stays so until the tag leaves, so that a list does not flicker.
    """

    __slots__ = (
        "accepted_us",
        "antennas",
        "chances",
        "epc",
        "first_us",
        "hits",
        "is_sure",
        "last_us",
        "presence",
        "reads",
        "score",
        "seen_window",
        "standing",
        "strong_us",
        "tick_peaks",
        "windows",
    )

    def __init__(self, epc: str, t_us: int) -> None:
        self.epc = epc
        self.first_us = self.last_us = t_us
        self.reads = 0
        self.windows = 0
        self.hits = self.chances = 0.0
        self.seen_window: int | None = None
        self.tick_peaks: dict[int, float] = {}
        self.antennas: dict[int, _Antenna] = {}
        self.standing = TagStanding.FOR_SALE
        self.score = 0.0
        self.accepted_us: int | None = None
        self.strong_us: int | None = None
        self.is_sure = False
        self.presence: Presence | None = None

    def fold(self, tick: int, window: int) -> float:
        """Take in the tick's reads and return the strongest of them in dBm. There must have been one."""
        if self.seen_window is None:
            self.hits = self.chances = 1.0
            self.windows = 1
        elif window > self.seen_window:
            passed = window - self.seen_window
            faded = _FADE**passed
            self.chances = self.chances * faded + (1 - faded) / (1 - _FADE)
            self.hits = self.hits * faded + 1.0
            self.windows += 1
        self.seen_window = window
        for antenna, peak_dbm in self.tick_peaks.items():
            trace = self.antennas.get(antenna)
            if trace is None:
                trace = self.antennas[antenna] = _Antenna(peak_dbm, tick)
            trace.fold(peak_dbm, tick)
        strongest = max(self.tick_peaks.values())
        self.tick_peaks.clear()
        return strongest

    def share(self, window: int) -> float:
        """Return the share of opportunities that saw the tag, up to ``window``; cautious while they are few."""
        passed = window - (self.seen_window if self.seen_window is not None else window)
        faded = _FADE**passed
        chances = self.chances * faded + (1 - faded) / (1 - _FADE)
        return (self.hits * faded + 0.5) / (chances + 1.0)

    def levels(self, tick: int) -> list[float]:
        """Return the level on each antenna that saw the tag, strongest first, in dBm."""
        return sorted((antenna.level_at(tick) for antenna in self.antennas.values()), reverse=True)

    def spread(self) -> tuple[float, float]:
        """Return the standard deviation of its level on the best antenna in dB, and how many ticks it rests on."""
        best = max(self.antennas.values(), key=lambda antenna: antenna.level_dbm)
        return best.spread_db(), best.weight
