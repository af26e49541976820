"""How the bringing of movements to central stands: one row in the store's database, for staff."""

from __future__ import annotations

import sqlite3
from enum import StrEnum
from typing import Any

from stocksync import outbox
from stocksync.movement import moment_utc

__all__ = ["SyncState", "note_failure", "note_success", "read_status"]


class SyncState(StrEnum):
    """What the daemon met last."""

    NEVER_RUN = "never_run"
    UP = "up"
    UNREACHABLE = "unreachable"
    NEEDS_PERSON = "needs_person"  # central refuses our key, or is not what the address says


def note_success(transaction: sqlite3.Connection, sent: int, lag_ms: int | None, now_ms: int) -> None:
    """Note that central took ``sent`` events; ``lag_ms`` is the time from append to acknowledgement of the latest."""
    transaction.execute(
        "UPDATE sync_status SET state = ?, sent = sent + ?, lag_ms = COALESCE(?, lag_ms), last_success_ms = ?",
        (SyncState.UP, sent, lag_ms, now_ms),
    )


def note_failure(transaction: sqlite3.Connection, state: SyncState, error: str, now_ms: int) -> None:
    """Note why central did not take anything."""
    transaction.execute("UPDATE sync_status SET state = ?, last_error = ?, last_error_ms = ?", (state, error, now_ms))


def read_status(connection: sqlite3.Connection, now_ms: int) -> dict[str, Any]:
    """Return plain JSON: state, depth, age_s of the oldest that waits (None if nothing does), dead, lag_s, sent,
    last_success_utc, last_error, last_error_utc.
    """
    waiting = outbox.depth(connection)
    row = connection.execute("SELECT * FROM sync_status").fetchone()
    return {
        "state": row["state"],
        "depth": waiting.waiting,
        "age_s": None if waiting.oldest_ms is None else max(0, now_ms - waiting.oldest_ms) / 1000,
        "dead": waiting.dead,
        "lag_s": None if row["lag_ms"] is None else row["lag_ms"] / 1000,
        "sent": row["sent"],
        "last_success_utc": _time(row["last_success_ms"]),
        "last_error": row["last_error"],
        "last_error_utc": _time(row["last_error_ms"]),
    }


def _time(ms: int | None) -> str | None:
    return None if ms is None else moment_utc(ms * 1000).isoformat(timespec="milliseconds")
