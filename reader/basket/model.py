"""What the basket's room gives to others: the basket, what left it, and the evidence for both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from reader.port import TagStanding

__all__ = ["Basket", "Place", "Removal", "TagEvidence"]


class Removal(NamedTuple):
    """A tag that was taken out; ``t_us`` is when that was certain, on the reader's clock."""

    epc: str
    t_us: int


@dataclass(frozen=True, slots=True)
class Basket:
    """What lies in the read zone, as of the last tick.

    epcs: in the order of their first acceptance; strays and tags that are no goods left out.
        Empty as long as nothing that may start a basket was accepted (sold tags alone do not).
    sold_only: sold tags that surely lie there while no basket is open, so that a till can say that they are paid for;
        what the shopper wears is sold too, and heard, so that more is asked of them than of a basket's tags.
    strays: tags read since the basket began that do not lie in it.
    removed: what was taken out since the last reset, oldest first; a tag may come back.
    complete: nothing new for a while; a new tag makes it False again.
    assist: with `complete`: a person should check the count.
    p_miss: probability that the list is wrong, 0.03 to 1: tags that never answer leave no trace,
        so that less cannot be claimed.
    placed_us, done_us: when the basket began and when it was last complete; None where it is not.
    """

    epcs: tuple[str, ...] = ()
    sold_only: tuple[str, ...] = ()
    strays: tuple[str, ...] = ()
    removed: tuple[Removal, ...] = ()
    complete: bool = False
    assist: bool = False
    p_miss: float = 1.0
    placed_us: int | None = None
    done_us: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing lies there that began a basket."""
        return not self.epcs


class Place(StrEnum):
    """Where a tag is believed to be."""

    IN = "in"
    STRAY = "stray"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class TagEvidence:
    """Why a tag is where it is: numbers only, so that a basket can be explained and replayed.

    share: of the opportunities since its first read, how many saw it (0 to 1).
    best_dbm, second_dbm: strongest level on the best and the second best antenna; None where none saw it.
    spread_db: standard deviation of its level on the best antenna; static about 2, handled 4 to 7.
    rise_db: level above what the tag had as background; None where it was not seen there.
    score: log-odds of lying in the basket; ``parts`` are its summands by feature, ``vector`` the scaled features.
    """

    epc: str
    place: Place
    standing: TagStanding
    score: float
    vector: tuple[float, ...]
    parts: Mapping[str, float]
    reads: int
    windows: int
    share: float
    antennas: int
    best_dbm: float
    second_dbm: float | None
    spread_db: float
    rise_db: float | None
    first_us: int
    last_us: int

    def to_json(self) -> dict[str, Any]:
        """Return the evidence as plain JSON."""
        return asdict(self)
