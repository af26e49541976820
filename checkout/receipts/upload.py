"""Receipts on their way to central, which shows them to phones."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["PendingReceipt", "mark_uploaded", "pending_uploads"]


@dataclass(frozen=True, slots=True)
class PendingReceipt:
    """A receipt that central does not have yet: PUT `content` under `token`."""

    token: str
    content: Mapping[str, Any]


def pending_uploads(connection: sqlite3.Connection, limit: int) -> list[PendingReceipt]:
    """Return at most ``limit`` receipts that were not marked, oldest first."""
    rows = connection.execute("SELECT token, body FROM receipt WHERE NOT is_uploaded ORDER BY n LIMIT ?", (limit,))
    return [PendingReceipt(row["token"], json.loads(row["body"])) for row in rows]


def mark_uploaded(transaction: sqlite3.Connection, token: str) -> None:
    """Say that central has the receipt; the caller commits. Marking twice changes nothing."""
    transaction.execute("UPDATE receipt SET is_uploaded = 1 WHERE token = ?", (token,))
