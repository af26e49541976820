"""What staff see of a count, while it runs and after; plain values and their JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stocksync.stocktake.coverage import Curve
from stocksync.stocktake.variance import CountedTag, UnexpectedKind, UnexpectedTag

__all__ = ["StocktakeProgress", "StocktakeReport"]


@dataclass(frozen=True, slots=True)
class StocktakeProgress:
    """A count that runs, as it stands.

    found: how many of the expected were read; strangers: how many others. `chance_of_new` as in `coverage`.
    """

    stocktake: str
    zone: str
    started_utc: datetime
    expected: int
    found: int
    strangers: int
    reads: int
    tags_per_s: float
    chance_of_new: float | None
    curve: Curve

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON."""
        return {
            "stocktake": self.stocktake,
            "state": "running",
            "zone": self.zone,
            "started_utc": _time(self.started_utc),
            "finished_utc": None,
            "expected": self.expected,
            "found": self.found,
            "strangers": self.strangers,
            "reads": self.reads,
            "tags_per_s": round(self.tags_per_s, 1),
            "chance_of_new": self.chance_of_new,
            "curve": [list(point) for point in self.curve],
            "missing": [],
            "unexpected": [],
        }


@dataclass(frozen=True, slots=True)
class StocktakeReport:
    """A count that is over.

    moved: how many of the expected were sold or brought elsewhere while it ran, and so are not missing.
    """

    stocktake: str
    zone: str
    started_utc: datetime
    finished_utc: datetime
    expected: int
    found: int
    moved: int
    reads: int
    missing: tuple[CountedTag, ...]
    unexpected: tuple[UnexpectedTag, ...]
    chance_of_new: float | None
    curve: Curve

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON, from which `from_json` makes the same report."""
        lasted_s = (self.finished_utc - self.started_utc).total_seconds()
        unique = self.found + len(self.unexpected)
        return {
            "stocktake": self.stocktake,
            "state": "finished",
            "zone": self.zone,
            "started_utc": _time(self.started_utc),
            "finished_utc": _time(self.finished_utc),
            "expected": self.expected,
            "found": self.found,
            "moved": self.moved,
            "reads": self.reads,
            "tags_per_s": round(unique / lasted_s, 1) if lasted_s > 0 else 0.0,
            "chance_of_new": self.chance_of_new,
            "curve": [list(point) for point in self.curve],
            "missing": [_tag_json(tag) for tag in self.missing],
            "unexpected": [{**_tag_json(each.tag), "kind": each.kind.value} for each in self.unexpected],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> StocktakeReport:
        """Return the report that `to_json` wrote."""
        return cls(
            stocktake=stored["stocktake"],
            zone=stored["zone"],
            started_utc=datetime.fromisoformat(stored["started_utc"]),
            finished_utc=datetime.fromisoformat(stored["finished_utc"]),
            expected=stored["expected"],
            found=stored["found"],
            moved=stored["moved"],
            reads=stored["reads"],
            missing=tuple(_tag_of(each) for each in stored["missing"]),
            unexpected=tuple(
                UnexpectedTag(_tag_of(each), UnexpectedKind(each["kind"])) for each in stored["unexpected"]
            ),
            chance_of_new=stored["chance_of_new"],
            curve=tuple((float(elapsed_s), int(unique)) for elapsed_s, unique in stored["curve"]),
        )


def _tag_json(tag: CountedTag) -> dict[str, Any]:
    return {"epc": tag.epc, "gtin": tag.gtin, "tag_key": tag.tag_key}


def _tag_of(stored: Mapping[str, Any]) -> CountedTag:
    return CountedTag(stored["tag_key"], stored["epc"], stored["gtin"])


def _time(moment_utc: datetime) -> str:
    return moment_utc.isoformat(timespec="microseconds")
