"""What checkout needs of those downstream: the ledger of tags, and a sink for movements."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # a port names the connection, it opens none: what is pure may import this module
    import sqlite3

__all__ = ["ItemLedger", "ItemMove", "MoveReason", "MovementSink", "SoldIn"]


class MoveReason(StrEnum):
    """Why checkout moves an item."""

    SALE = "sale"
    VOID = "void"
    RETURN = "return"


@dataclass(frozen=True, slots=True)
class ItemMove:
    """One item that changes hands. `document` is the receipt number; times are aware and UTC.

    undoes: for a void or a return, the receipt number of the sale that it takes back; else None.
    """

    epc: str
    reason: MoveReason
    document: str
    lane: str
    occurred_utc: datetime
    undoes: str | None = None


@dataclass(frozen=True, slots=True)
class SoldIn:
    """Where and when a tag was sold last."""

    document: str
    occurred_utc: datetime


class ItemLedger(Protocol):
    """What this store knows of each tag's state."""

    def sold(self, epcs: Collection[str]) -> Mapping[str, SoldIn]:
        """Return those of ``epcs`` (upper-case hex) that are sold and not returned."""


class MovementSink(Protocol):
    """Writes movements in the settling transaction, or not at all."""

    def write(self, transaction: sqlite3.Connection, moves: Sequence[ItemMove]) -> None:
        """Record ``moves`` (ledger and outbox) inside ``transaction``; the caller commits."""
