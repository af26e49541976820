"""What is there when no basket is: shelves, the neighbour's goods, what was seen at earlier baskets.

A tag seen there at about the same level is no basket item; one that rises well above it was picked up and
laid down. Bounded: the least recently seen are forgotten first.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

__all__ = ["Background", "Seen"]

_MOST_TAGS = 4096


class Seen(NamedTuple):
    """How strong a tag was as background, in dBm, and in how many windows."""

    level_dbm: float
    sightings: int


class Background:
    """Levels of tags that lay elsewhere."""

    def __init__(self, most_tags: int = _MOST_TAGS) -> None:
        """Remember at most ``most_tags``."""
        self._seen: OrderedDict[str, Seen] = OrderedDict()
        self._most = most_tags

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
