"""Epoch, sequence and clock of a store: one row, read and saved in the transaction that uses them."""

from __future__ import annotations

import sqlite3

from stocksync.clock import Stamp, stamp_after
from stocksync.movement import Number

__all__ = ["Numbering", "open_new_epoch"]


class Numbering:
    """Hands out numbers inside one transaction; nothing is used before `save`."""

    def __init__(self, transaction: sqlite3.Connection, node: str, now_ms: int) -> None:
        """Read the last numbers; ``transaction`` holds the write lock already."""
        row = transaction.execute("SELECT epoch, last_seq, clock_high FROM sync_numbers").fetchone()
        self._transaction = transaction
        self._node = node
        self._now_ms = now_ms
        self._epoch: int = row["epoch"]
        self._seq: int = row["last_seq"]
        self._high = Stamp.parse(row["clock_high"]) if row["clock_high"] else None

    def stamp(self) -> Stamp:
        """Return the next stamp, without a sequence number."""
        self._high = stamp_after(self._high, self._now_ms, self._node)
        return self._high

    def next(self) -> Number:
        """Return the next number."""
        self._seq += 1
        return Number(self._epoch, self._seq, self.stamp())

    def save(self) -> None:
        """Keep what was handed out."""
        self._transaction.execute(
            "UPDATE sync_numbers SET last_seq = ?, clock_high = ?", (self._seq, str(self._high) if self._high else None)
        )


def open_new_epoch(transaction: sqlite3.Connection, now_ms: int) -> int:
    """Begin a new epoch and return it: after a backup was restored, the numbers since it must not be used again.

    The time makes it new even where the same backup is restored twice.
    """
    row = transaction.execute("SELECT epoch FROM sync_numbers").fetchone()
    epoch = max(int(row["epoch"]) + 1, now_ms)
    transaction.execute("UPDATE sync_numbers SET epoch = ?, last_seq = 0", (epoch,))
    return epoch
