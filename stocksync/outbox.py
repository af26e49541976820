"""What central has yet to hear: appended with the movement, deleted after central's acknowledgement, never before.

1. A row is an event in its final bytes: sent again, it is the same event.
2. Order is (epoch, seq). A claim marks nothing, so a crash between claim and acknowledgement leaves nothing to undo.
3. What central will never take goes to the dead letters with the reason, so that the rest goes on. `revive` puts it
   back under its old number.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # connections are handed in; so the pure modules that speak of rows stay pure
    import sqlite3

__all__ = [
    "DeadLetter",
    "Depth",
    "OutboxRow",
    "acknowledge",
    "append",
    "bury",
    "claim",
    "dead_letters",
    "depth",
    "revive",
]


class OutboxRow(NamedTuple):
    """One event that waits: its number, its id, its JSON, and when it was appended (milliseconds since 1970)."""

    epoch: int
    seq: int
    event_id: str
    body: str
    appended_ms: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One event that central refused for good, and why."""

    row: OutboxRow
    died_ms: int
    reason: str


@dataclass(frozen=True, slots=True)
class Depth:
    """How much waits, since when at the longest (milliseconds since 1970, None if nothing does), and the dead."""

    waiting: int
    oldest_ms: int | None
    dead: int


def append(transaction: sqlite3.Connection, rows: Iterable[OutboxRow]) -> None:
    """Add ``rows`` in the transaction of their movements."""
    transaction.executemany("INSERT INTO outbox (epoch, seq, event_id, body, appended_ms) VALUES (?, ?, ?, ?, ?)", rows)


def claim(connection: sqlite3.Connection, limit: int) -> list[OutboxRow]:
    """Return the oldest rows, at most ``limit``, in order."""
    rows = connection.execute(
        "SELECT epoch, seq, event_id, body, appended_ms FROM outbox ORDER BY epoch, seq LIMIT ?", (limit,)
    )
    return [OutboxRow(*row) for row in rows]


def acknowledge(transaction: sqlite3.Connection, rows: Collection[OutboxRow]) -> None:
    """Delete ``rows``: central has them for good. A row that is gone already is no error."""
    transaction.executemany("DELETE FROM outbox WHERE epoch = ? AND seq = ?", [row[:2] for row in rows])


def bury(transaction: sqlite3.Connection, row: OutboxRow, reason: str, now_ms: int) -> None:
    """Move ``row`` to the dead letters."""
    transaction.execute(
        "INSERT OR REPLACE INTO dead_letter (epoch, seq, event_id, body, appended_ms, died_ms, reason) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*row, now_ms, reason),
    )
    acknowledge(transaction, [row])


def dead_letters(connection: sqlite3.Connection) -> list[DeadLetter]:
    """Return the dead letters in order."""
    rows = connection.execute(
        "SELECT epoch, seq, event_id, body, appended_ms, died_ms, reason FROM dead_letter ORDER BY epoch, seq"
    )
    return [DeadLetter(OutboxRow(*row[:5]), row["died_ms"], row["reason"]) for row in rows]


def revive(transaction: sqlite3.Connection) -> int:
    """Put every dead letter back under its old number, to be sent again; return how many."""
    moved = transaction.execute(
        "INSERT INTO outbox (epoch, seq, event_id, body, appended_ms) "
        "SELECT epoch, seq, event_id, body, appended_ms FROM dead_letter"
    ).rowcount
    transaction.execute("DELETE FROM dead_letter")
    return moved


def depth(connection: sqlite3.Connection) -> Depth:
    """Return how much waits and since when; in order of number, so the first is the oldest."""
    waiting, dead = connection.execute(
        "SELECT (SELECT COUNT(*) FROM outbox), (SELECT COUNT(*) FROM dead_letter)"
    ).fetchone()
    first = connection.execute("SELECT appended_ms FROM outbox ORDER BY epoch, seq LIMIT 1").fetchone()
    return Depth(waiting, first["appended_ms"] if first else None, dead)
