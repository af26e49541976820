"""What is there when no basket is: shelves, the neighbour's goods, what was seen at earlier baskets.

A tag seen there at about the same level is no basket item; one that rises well above it was picked up and
laid down. Bounded: the least recently seen are forgotten first.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

__all__ = ["Background", "Seen"]

_MOST_TAGS = 4096
_SILENT_DBM = -72.0  # about where decoding ends
_BRIEF = 3  # sightings: less is somebody who passed
_CEILING_SHARE = 0.9


class Seen(NamedTuple):
    """How strong a tag was as background, in dBm, and in how many windows."""

    level_dbm: float
    sightings: int


class Background:
    """Levels of tags that lay elsewhere. `watched`: for how many ticks the site was seen without a basket."""

    def __init__(self, most_tags: int = _MOST_TAGS) -> None:
        """Remember at most ``most_tags``."""
        self._seen: OrderedDict[str, Seen] = OrderedDict()
        self._most = most_tags
        self.watched = 0

    def observe(self, epc: str, level_dbm: float, sightings: int = 1) -> None:
        """Take note that ``epc`` was seen elsewhere; its level follows slowly, peaks at once."""
        before = self._seen.pop(epc, None)
        if before is None:
            self._seen[epc] = Seen(level_dbm, sightings)
            if len(self._seen) > self._most:
                self._seen.popitem(last=False)
            return
        level = max(level_dbm, before.level_dbm + 0.05 * (level_dbm - before.level_dbm))
        self._seen[epc] = Seen(level, before.sightings + sightings)

    def seen(self, epc: str) -> Seen | None:
        """Return what is known of ``epc``, or None."""
        return self._seen.get(epc)

    def forget(self, epc: str) -> None:
        """The tag was in a basket: what was known of its place no longer holds."""
        self._seen.pop(epc, None)

    def copy(self) -> Background:
        """Return a background of its own that knows the same."""
        twin = Background(self._most)
        twin._seen = self._seen.copy()
        twin.watched = self.watched
        return twin

    def ceiling_dbm(self) -> float:
        """Return the level below which nine in ten of the tags lie that were seen more than briefly."""
        levels = sorted(seen.level_dbm for seen in self._seen.values() if seen.sightings >= _BRIEF)
        return levels[int(_CEILING_SHARE * len(levels))] if levels else _SILENT_DBM
