"""Writes movements: their history, the tags' new state and the outbox, in the caller's transaction or not at all.

Implements checkout's `MovementSink`.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from checkout.port import ItemMove
from reader.epc import sgtin_of, tag_key
from reader.port import Clock
from stocksync import numbering, outbox
from stocksync.clock import Stamp
from stocksync.epcis.events import CountSummary, event_of, summary_event_of
from stocksync.errors import MovementError
from stocksync.ledger import apply_movements
from stocksync.movement import RETURNS, Movement, Reason, event_id_of, microseconds, moment_utc
from stocksync.numbering import Numbering
from stocksync.outbox import OutboxRow
from stocksync.store_identity import StoreIdentity

__all__ = ["Draft", "MovementWriter"]

_RANDOM_BITS = 74  # what a UUIDv7 holds
_INSERT = """
    INSERT INTO movement (epoch, seq, hlc, event_id, tag_key, epc, gtin, reason, occurred_us,
                          zone, lane, document, undoes)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_SELECT_SALE = """
    SELECT epoch, seq, hlc, event_id, tag_key, epc, gtin, occurred_us, lane, document
    FROM movement WHERE tag_key = ? AND reason = 'sale' AND document = ? ORDER BY epoch DESC, seq DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """A movement before it has a number; fields as in `Movement`."""

    epc: str
    reason: Reason
    occurred_utc: datetime
    zone: str | None = None
    lane: str | None = None
    document: str | None = None
    undoes: str | None = None


class MovementWriter:
    """The only writer of movements of one store."""

    def __init__(
        self, identity: StoreIdentity, clock: Clock, random_bits: Callable[[int], int] = secrets.randbits
    ) -> None:
        """Write for the store ``identity``, by ``clock``; ``random_bits(n)`` gives ids their randomness."""
        self.identity = identity
        self.clock = clock
        self._random_bits = random_bits

    def write(self, transaction: sqlite3.Connection, moves: Sequence[ItemMove]) -> None:
        """Record what checkout moved. The caller commits.

        Raises:
            MovementError: A void of a sale that this store never recorded. A sale is never refused.
        """
        self.record(transaction, [_draft_of(move) for move in moves])

    def record(self, transaction: sqlite3.Connection, drafts: Iterable[Draft]) -> list[Movement]:
        """Number ``drafts`` in their order and write them; return the movements. The caller commits."""
        now_ms = self._now_ms()
        numbers = Numbering(transaction, self.identity.store, now_ms)
        movements = [self._movement(transaction, draft, numbers, now_ms) for draft in drafts]
        transaction.executemany(_INSERT, [_row_of(movement) for movement in movements])
        apply_movements(transaction, movements)
        outbox.append(
            transaction,
            [self._outbox_row(each.epoch, each.seq, event_of(each, self.identity), now_ms) for each in movements],
        )
        numbers.save()
        return movements

    def record_summary(self, transaction: sqlite3.Connection, summaries: Iterable[CountSummary]) -> None:
        """Number what closes a count and put it into the outbox. The caller commits."""
        now_ms = self._now_ms()
        numbers = Numbering(transaction, self.identity.store, now_ms)
        for summary in summaries:
            number = numbers.next()
            event = summary_event_of(summary, number, self.identity)
            outbox.append(transaction, [self._outbox_row(number.epoch, number.seq, event, now_ms)])
        numbers.save()

    def stamp(self, transaction: sqlite3.Connection) -> Stamp:
        """Return a stamp above all that was written before, and keep it."""
        numbers = Numbering(transaction, self.identity.store, self._now_ms())
        stamp = numbers.stamp()
        numbers.save()
        return stamp

    def new_event_id(self) -> str:
        """Return a new `urn:uuid:` UUIDv7."""
        return event_id_of(self._now_ms(), self._random_bits(_RANDOM_BITS))

    def open_new_epoch(self, transaction: sqlite3.Connection) -> int:
        """Begin a new epoch, after a backup was restored, and return it. The caller commits."""
        return numbering.open_new_epoch(transaction, self._now_ms())

    def _now_ms(self) -> int:
        return self.clock.utc_us() // 1000

    def _movement(self, transaction: sqlite3.Connection, draft: Draft, numbers: Numbering, now_ms: int) -> Movement:
        key = tag_key(draft.epc)
        item = sgtin_of(draft.epc)
        undone = self._sale(transaction, key, draft.undoes) if draft.undoes else None
        if draft.reason is Reason.VOID and undone is None:
            raise MovementError(f"{key} was never sold here by receipt {draft.undoes}, so that cannot be voided")
        number = numbers.next()
        if draft.reason is Reason.VOID and undone is not None:
            event_id = undone.event_id  # it declares that very event an error
        else:
            event_id = event_id_of(now_ms, self._random_bits(_RANDOM_BITS))
        return Movement(
            store=self.identity.store,
            epoch=number.epoch,
            seq=number.seq,
            hlc=number.hlc,
            event_id=event_id,
            tag_key=key,
            epc=draft.epc,
            gtin=item.gtin if item else None,
            reason=draft.reason,
            occurred_utc=draft.occurred_utc,
            zone=draft.zone,
            lane=draft.lane,
            document=draft.document,
            undoes=draft.undoes,
            undone=undone,
        )

    def _sale(self, transaction: sqlite3.Connection, key: str, document: str) -> Movement | None:
        row = transaction.execute(_SELECT_SALE, (key, document)).fetchone()
        if row is None:
            return None
        return Movement(
            store=self.identity.store,
            epoch=row["epoch"],
            seq=row["seq"],
            hlc=Stamp.parse(row["hlc"]),
            event_id=row["event_id"],
            tag_key=row["tag_key"],
            epc=row["epc"],
            gtin=row["gtin"],
            reason=Reason.SALE,
            occurred_utc=moment_utc(row["occurred_us"]),
            lane=row["lane"],
            document=row["document"],
        )

    def _outbox_row(self, epoch: int, seq: int, event: dict[str, Any], now_ms: int) -> OutboxRow:
        return OutboxRow(epoch, seq, event["eventID"], orjson.dumps(event).decode(), now_ms)


def _draft_of(move: ItemMove) -> Draft:
    reason = Reason(move.reason.value)  # checkout's reasons are some of ours
    return Draft(
        epc=move.epc,
        reason=reason,
        occurred_utc=move.occurred_utc,
        zone=RETURNS if reason is Reason.RETURN else None,
        lane=move.lane,
        document=move.document,
        undoes=move.undoes,
    )


def _row_of(movement: Movement) -> tuple[str | int | None, ...]:
    return (
        movement.epoch,
        movement.seq,
        str(movement.hlc),
        movement.event_id,
        movement.tag_key,
        movement.epc,
        movement.gtin,
        movement.reason.value,
        microseconds(movement.occurred_utc),
        movement.zone,
        movement.lane,
        movement.document,
        movement.undoes,
    )
