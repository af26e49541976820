"""Seeded read streams with ground truth: hard in the ways of a shop, small enough to read.

Not an RF model of the air: levels, fading and read chances are drawn per site, basket and tag within physical
spans. Tags fade slowly and together with nobody; strays include worn clothes, a neighbour's basket and a shelf
whose tags are the same in every basket of a site.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from reader.model import TagRead
from reader.port import TagStanding

__all__ = ["Ledger", "Stream", "StreamSite"]


class Ledger:
    """What the shop knows: everything is for sale but what is said otherwise."""

    def __init__(self, others: Mapping[str, TagStanding] | None = None) -> None:
        self.others = dict(others or {})

    def standing_of(self, epcs: Collection[str]) -> Mapping[str, TagStanding]:
        return {epc: self.others.get(epc, TagStanding.FOR_SALE) for epc in epcs}


@dataclass
class _Tag:
    """One tag's place in the air; levels in dBm by antenna."""

    epc: str
    levels_dbm: dict[int, float]
    spread_db: float
    handled: bool = False
    from_us: int = 0
    until_us: int = 1 << 60
    phases: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Stream:
    """One basket: what was read, and the truth."""

    reads: tuple[TagRead, ...]
    placed_us: int
    in_basket: frozenset[str]
    sold: frozenset[str]
    taken_out: Mapping[str, int]


class StreamSite:
    """One bench with its reader and surroundings, drawn from ``seed``."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(f"site {seed}")
        draw = self.draw
        self.antennas = draw.choice((1, 2, 2, 3, 4))
        self.offset_db = draw.gauss(0.0, 3.0)
        self.floor_dbm = draw.uniform(-78.0, -71.0)
        self.reads_per_s = draw.choice((150, 250, 400, 700))
        self.turn_us = draw.choice((20_000, 50_000, 100_000, 200_000))
        self.shelf = [
            (self._epc(), draw.uniform(-78.0, -54.0) + self.offset_db) for _ in range(draw.choice((0, 5, 40, 150)))
        ]

    def _epc(self) -> str:
        return f"30{self.draw.getrandbits(88):022X}"

    def basket(self, items: int, *, take_out: int = 0, seconds: float = 6.0) -> Stream:
        """Draw one basket of ``items`` tags; ``take_out`` of them leave between 3 and 4 s after placing."""
        draw = self.draw
        placed_us = int(draw.uniform(0.3, 1.5) * 1e6)
        end_us = placed_us + int(seconds * 1e6)
        goods = [self._tag(draw.gauss(-43.0, 5.0) - (draw.random() < 0.04) * 12, 4.5) for _ in range(items)]
        for tag in goods:
            tag.handled = True
            tag.from_us = placed_us + int(draw.uniform(0, 250_000))
        taken = {tag.epc: placed_us + int(draw.uniform(3.0, 4.0) * 1e6) for tag in goods[:take_out]}
        for tag in goods[:take_out]:
            tag.until_us = taken[tag.epc]
        worn = [self._tag(draw.gauss(-54.0, 6.0), 4.0) for _ in range(draw.choice((0, 0, 1, 2, 4)))]
        own_bag = [self._tag(draw.gauss(-58.0, 5.0), 3.0) for _ in range(draw.choice((0, 0, 0, 3)))]
        neighbour = [self._tag(draw.gauss(-63.0, 4.0), 2.5) for _ in range(draw.choice((0, 0, 4, 12)))]
        passing = [self._tag(draw.gauss(-60.0, 5.0), 4.0) for _ in range(draw.choice((0, 0, 0, 3)))]
        for tag in passing:
            tag.from_us = int(draw.uniform(0, end_us))
            tag.until_us = tag.from_us + int(draw.uniform(0.5, 2.0) * 1e6)
        shelf = [self._tag(level - self.offset_db, 2.0, epc) for epc, level in self.shelf]
        everything = goods + worn + own_bag + neighbour + passing + shelf
        return Stream(
            self._reads(everything, end_us),
            placed_us,
            frozenset(tag.epc for tag in goods),
            frozenset(tag.epc for tag in worn + own_bag),
            taken,
        )

    def _tag(self, level_dbm: float, spread_db: float, epc: str | None = None) -> _Tag:
        draw = self.draw
        levels = {
            antenna: level_dbm + self.offset_db - (0.0 if antenna == 1 else abs(draw.gauss(0.0, 5.0)))
            for antenna in range(1, self.antennas + 1)
        }
        best = draw.randint(1, self.antennas)
        levels[1], levels[best] = levels[best], levels[1]
        return _Tag(epc or self._epc(), levels, spread_db, phases={a: draw.uniform(0, 9) for a in levels})

    def _reads(self, tags: list[_Tag], end_us: int) -> tuple[TagRead, ...]:
        draw = self.draw
        reads: list[TagRead] = []
        now_us = 0.0
        while now_us < end_us:
            antenna = int(now_us // self.turn_us) % self.antennas + 1
            tag = tags[draw.randrange(len(tags))] if tags else None
            level = self._level(tag, antenna, now_us) if tag else -999.0
            chance = 1 / (1 + math.exp(-(level - self.floor_dbm) / 1.5)) if level > -200 else 0.0
            if tag and draw.random() < chance:
                reads.append(TagRead(int(now_us), tag.epc, antenna, round(2 * level) / 2, None, 866.3))
                now_us += draw.expovariate(self.reads_per_s) * 1e6
            else:
                now_us += draw.expovariate(4 * self.reads_per_s) * 1e6
        return tuple(reads)

    def _level(self, tag: _Tag, antenna: int, now_us: float) -> float:
        if not tag.from_us <= now_us < tag.until_us:
            return -999.0
        # What is handled moves through a fade in half a second, what stands still in several.
        slow = tag.spread_db * math.sin(tag.phases[antenna] + now_us / (2e5 if tag.handled else 9e5))
        return tag.levels_dbm[antenna] + slow + self.draw.gauss(0.0, 1.0)
