"""A count in the store's database: fixed SQL, called inside the transactions of `stocktake`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from stocksync.clock import Stamp
from stocksync.stocktake.coverage import Curve
from stocksync.stocktake.variance import CountedTag

__all__ = ["SeenTag", "StocktakeRow"]


@dataclass(slots=True)
class SeenTag:
    """A tag that the sweep has read, and how often."""

    tag: CountedTag
    reads: int


@dataclass(frozen=True, slots=True)
class StocktakeRow:
    """One count as it is stored; `state` is open, closing (its tags are being told to the world) or finished."""

    stocktake: str
    zone: str
    state: str
    started_us: int
    started: Stamp
    finished_us: int | None
    reads: int
    curve: Curve
    report: Mapping[str, Any] | None


def latest(connection: sqlite3.Connection) -> StocktakeRow | None:
    """Return the count that was begun last, or None."""
    row = connection.execute("SELECT * FROM stocktake ORDER BY start_hlc DESC LIMIT 1").fetchone()
    if row is None:
        return None
    return StocktakeRow(
        row["stocktake"],
        row["zone"],
        row["state"],
        row["started_us"],
        Stamp.parse(row["start_hlc"]),
        row["finished_us"],
        row["reads"],
        tuple((float(elapsed_s), int(unique)) for elapsed_s, unique in orjson.loads(row["curve"])),
        orjson.loads(row["report"]) if row["report"] else None,
    )


def begin(transaction: sqlite3.Connection, stocktake: str, zone: str, started_us: int, started: Stamp) -> int:
    """Open a count, with what the books have in its zone now; return how many tags that is."""
    transaction.execute(
        "INSERT INTO stocktake (stocktake, zone, state, started_us, start_hlc) VALUES (?, ?, 'open', ?, ?)",
        (stocktake, zone, started_us, str(started)),
    )
    return transaction.execute(
        "INSERT INTO stocktake_expected (stocktake, tag_key, epc, gtin) "
        "SELECT ?, tag_key, epc, gtin FROM tag_state WHERE zone = ?",
        (stocktake, zone),
    ).rowcount


def expected(connection: sqlite3.Connection, stocktake: str) -> dict[str, CountedTag]:
    """Return what was expected, by tag key."""
    rows = connection.execute("SELECT tag_key, epc, gtin FROM stocktake_expected WHERE stocktake = ?", (stocktake,))
    return {row["tag_key"]: CountedTag(*row) for row in rows}


def seen(connection: sqlite3.Connection, stocktake: str) -> list[tuple[str, str, int]]:
    """Return tag key, EPC and number of reads of every tag that was seen."""
    rows = connection.execute("SELECT tag_key, epc, reads FROM stocktake_seen WHERE stocktake = ?", (stocktake,))
    return [(row["tag_key"], row["epc"], row["reads"]) for row in rows]


def keep_sweep(
    transaction: sqlite3.Connection, stocktake: str, tags: Iterable[SeenTag], reads: int, curve: Curve
) -> None:
    """Store how far the sweep is: the tags that changed, each with all of its reads so far."""
    transaction.executemany(
        "INSERT INTO stocktake_seen (stocktake, tag_key, epc, reads) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (stocktake, tag_key) DO UPDATE SET reads = excluded.reads",
        [(stocktake, each.tag.tag_key, each.tag.epc, each.reads) for each in tags],
    )
    transaction.execute(
        "UPDATE stocktake SET reads = ?, curve = ? WHERE stocktake = ?",
        (reads, orjson.dumps(curve).decode(), stocktake),
    )


def close(
    transaction: sqlite3.Connection,
    stocktake: str,
    finished_us: int,
    report: Mapping[str, Any],
    to_publish: Iterable[str],
) -> None:
    """End the sweep: keep the report, and which tags the world is to be told of."""
    transaction.execute(
        "UPDATE stocktake SET state = 'closing', finished_us = ?, report = ? WHERE stocktake = ?",
        (finished_us, orjson.dumps(report).decode(), stocktake),
    )
    transaction.executemany(
        "UPDATE stocktake_seen SET to_publish = 1 WHERE stocktake = ? AND tag_key = ?",
        [(stocktake, key) for key in to_publish],
    )


def take_to_publish(transaction: sqlite3.Connection, stocktake: str, limit: int) -> list[tuple[str, str]]:
    """Return tag key and EPC of at most ``limit`` tags that are to be told of, and mark them as told."""
    rows = transaction.execute(
        "SELECT tag_key, epc FROM stocktake_seen WHERE stocktake = ? AND to_publish ORDER BY tag_key LIMIT ?",
        (stocktake, limit),
    ).fetchall()
    transaction.executemany(
        "UPDATE stocktake_seen SET to_publish = 0 WHERE stocktake = ? AND tag_key = ?",
        [(stocktake, row["tag_key"]) for row in rows],
    )
    return [(row["tag_key"], row["epc"]) for row in rows]


def finish(transaction: sqlite3.Connection, stocktake: str) -> None:
    """Say that the world has been told all."""
    transaction.execute("UPDATE stocktake SET state = 'finished' WHERE stocktake = ?", (stocktake,))
