"""A sale on disk, from the frozen quote to the goods booked out.

1. An attempt is committed before this returns it, so before the first byte goes to a terminal.
2. One attempt is open per sale and per terminal; the database itself refuses a second.
3. Sale, lines, journal, receipt, tag states and outbox commit in one transaction: `settle`.
4. Once money moved, nothing refuses. Where goods cannot be booked out, the sale stays PAID, an exception is
   journalled for staff, and `fulfil_paid` tries again.
5. What is settled is what was frozen: `settle` reads the quote from the disk, not from its caller.
6. Every call may be repeated after a crash; the second changes nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import structlog

from checkout import payments
from checkout.canonical import canonical_json
from checkout.errors import IllegalMoveError
from checkout.journal import Entry, JournalKind, append
from checkout.money import Money
from checkout.payments import PaymentEvent
from checkout.port import ItemMove, MovementSink, MoveReason
from checkout.quote import Quote
from checkout.receipts.receipt import next_number, receipt_of_sale, write_receipt
from checkout.sale import Decision, Move, OpenAttempt, Receipt, SaleState, SettledSale, Tender, moved
from checkout.sale_record import attempt_content, sale_content, write_lines
from checkout.shop import Shop
from checkout.store import Store
from checkout.tender import Attempt, Cancelled, Captured, Declined, NeverSeen
from reader.port import Clock

__all__ = ["Settlement"]

log = structlog.get_logger()

_DISK_TROUBLE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL)


class Settlement:
    """Writes the sales of one store; shared by its lanes, safe for their threads."""

    def __init__(
        self,
        store: Store,
        sink: MovementSink,
        shop: Shop,
        clock: Clock,
        new_id: Callable[[], str],
        new_token: Callable[[], str],
    ) -> None:
        """Write to ``store``. ``new_id`` gives ULIDs; ``new_token`` unguessable texts of 128 bits or more.

        Both are called in the store's writer thread only.
        """
        self.shop = shop
        self._store, self._sink, self._clock = store, sink, clock
        self._new_id, self._new_token = new_id, new_token

    def note_start(self, lane: str) -> None:
        """Journal that ``lane`` began to serve."""
        self._store.write(lambda transaction: self._journal(transaction, JournalKind.START, lane, {}))

    def arm(self, lane: str, terminal: str, quote: Quote, sale: str | None = None, evidence: str = "{}") -> Attempt:
        """Freeze ``quote`` and open the next attempt at it, both on disk when this returns.

        Args:
            lane: The lane that sells.
            terminal: The name of the terminal that will be asked.
            quote: What the shopper saw.
            sale: The sale of an earlier attempt that surely took no money, None for a new one.
            evidence: JSON text that says why each tag is on the bill.

        Raises:
            IllegalMoveError: The sale cannot be paid in its state, or an attempt is open already.
            TypeError: The quote or evidence has no canonical text.
        """
        quote_json, quote_hash = canonical_json(quote.to_json()), quote.hash()

        def work(transaction: sqlite3.Connection) -> Attempt:
            now_us = self._clock.utc_us()
            sale_id = sale
            if sale_id is None:
                sale_id = self._new_id()
                transaction.execute(
                    "INSERT INTO sale (sale, lane, state, quote_hash, quote_json, total_minor, currency, opened_us)"
                    " VALUES (?, ?, 'open', '', '', 0, ?, ?)",
                    (sale_id, lane, quote.currency, now_us),
                )
            row = _sale_row(transaction, sale_id)
            if row["state"] == SaleState.OPEN:
                self._move(transaction, sale_id, Move.FREEZE)
                transaction.execute(
                    "UPDATE sale SET quote_hash = ?, quote_json = ?, total_minor = ? WHERE sale = ?",
                    (quote_hash, quote_json, quote.total_minor, sale_id),
                )
                transaction.execute(
                    "INSERT INTO evidence (sale, body) VALUES (?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
                    (sale_id, evidence),
                )
            elif row["quote_hash"] != quote_hash:
                raise IllegalMoveError(f"sale {sale_id} is frozen at another quote")
            self._move(transaction, sale_id, Move.ARM)
            return payments.open_attempt(
                transaction, self._new_id(), sale_id, quote.total, lane=lane, terminal=terminal, at_us=now_us
            )

        return self._store.write(work)

    def request_cancel(self, attempt: Attempt, reason: str) -> None:
        """Record the wish to cancel: from now on an approval is given back, not settled."""
        self._note(attempt, PaymentEvent.CANCEL_REQUESTED, reason)

    def lose(self, attempt: Attempt, detail: str) -> None:
        """Record that nobody can say how ``attempt`` stands."""
        self._note(attempt, PaymentEvent.UNKNOWN, detail, Move.LOSE)

    def resume(self, attempt: Attempt) -> None:
        """Record that the terminal answers again and ``attempt`` still runs."""
        self._note(attempt, PaymentEvent.RESUMED, "", Move.RESUME)

    def release(self, attempt: Attempt, outcome: Declined | Cancelled | NeverSeen) -> None:
        """Record that ``attempt`` is over and no money is taken. After a capture: that it was given back."""

        def work(transaction: sqlite3.Connection) -> None:
            if not payments.is_open(transaction, attempt):
                return
            if payments.has_happened(transaction, attempt, PaymentEvent.CAPTURED):
                self._record(transaction, attempt, PaymentEvent.REVERSED)
                lane = _sale_row(transaction, attempt.sale)["lane"]
                self._journal(transaction, JournalKind.REVERSAL, lane, attempt_content(attempt))
            else:
                detail = outcome.reason if isinstance(outcome, Declined) else ""
                self._record(transaction, attempt, _EVENT_OF[type(outcome)], detail=detail)
            payments.close_attempt(transaction, attempt)
            self._move(transaction, attempt.sale, Move.RELEASE)

        self._store.write(work)

    def request_reversal(self, attempt: Attempt, captured: Captured) -> None:
        """Record money that came after a cancel and is to be given back, before the terminal is asked to."""

        def work(transaction: sqlite3.Connection) -> None:
            if payments.has_happened(transaction, attempt, PaymentEvent.CAPTURED):
                return
            self._record(transaction, attempt, PaymentEvent.CAPTURED, reference=captured.reference)
            self._record(transaction, attempt, PaymentEvent.REVERSAL_REQUESTED, reference=captured.reference)

        self._store.write(work)

    def settle(self, attempt: Attempt, captured: Captured, decision: Decision | None = None) -> Receipt:
        """Turn the captured ``attempt`` into a sale, whole, and return its receipt.

        Settled already, it changes nothing and returns the same receipt. ``decision`` says who vouches for the
        money where the terminal could not.

        Raises:
            IllegalMoveError: The attempt was released before: the sale may not become paid any more.
        """

        def work(transaction: sqlite3.Connection) -> Receipt:
            row = _sale_row(transaction, attempt.sale)
            known = receipt_of_sale(transaction, attempt.sale)
            if known is not None:
                return known
            now_us = self._clock.utc_us()
            self._record_money(transaction, attempt, captured, decision, row["lane"])
            payments.close_attempt(transaction, attempt)
            self._move(transaction, attempt.sale, Move.CAPTURE)
            tender = Tender(
                "card" if decision is None else "manual",
                attempt.attempt,
                attempt.amount.minor,
                captured.reference,
                captured.scheme,
            )
            n, number = next_number(transaction, self.shop.store, row["lane"])
            quote = Quote.from_json(json.loads(row["quote_json"]))
            settled = SettledSale(attempt.sale, row["lane"], n, number, self._new_token(), quote, tender, now_us)
            seq = self._journal(
                transaction, JournalKind.SALE, settled.lane, sale_content(settled), turnover_minor=quote.total_minor
            )
            write_lines(transaction, settled)
            transaction.execute(
                "UPDATE sale SET number = ?, journal_seq = ?, settled_us = ? WHERE sale = ?",
                (number, seq, now_us, attempt.sale),
            )
            receipt = write_receipt(transaction, self.shop, settled)
            self._fulfil(transaction, attempt.sale)
            return receipt

        return self._store.write(work)

    def reopen(self, sale: str) -> None:
        """The shopper goes back to the basket: the next quote may differ."""

        def work(transaction: sqlite3.Connection) -> None:
            if _sale_row(transaction, sale)["state"] != SaleState.OPEN:
                self._move(transaction, sale, Move.REOPEN)

        self._store.write(work)

    def void(self, sale: str, reason: str) -> None:
        """End ``sale`` without money; ``reason`` is a code: abandoned, restart, not_charged."""

        def work(transaction: sqlite3.Connection) -> None:
            row = _sale_row(transaction, sale)
            if row["state"] == SaleState.VOIDED:
                return
            if row["state"] == SaleState.UNKNOWN:
                raise IllegalMoveError(f"sale {sale} has an unknown payment: only a person may void it")
            self._void(transaction, row, reason)

        self._store.write(work)

    def decide_unpaid(self, attempt: Attempt, decision: Decision) -> None:
        """A person vouches that an unknown ``attempt`` took no money: it is closed and its sale voided."""

        def work(transaction: sqlite3.Connection) -> None:
            if not payments.is_open(transaction, attempt):
                return
            row = _sale_row(transaction, attempt.sale)
            if row["state"] == SaleState.PAYING:
                self._move(transaction, attempt.sale, Move.LOSE)
            self._record(transaction, attempt, PaymentEvent.DECIDED_UNPAID, detail=decision.evidence)
            payments.close_attempt(transaction, attempt)
            self._journal_decision(transaction, row["lane"], attempt, decision, is_paid=False)
            self._void(transaction, row, "decided_unpaid")

        self._store.write(work)

    def record_stray_capture(self, attempt: Attempt, captured: Captured) -> None:
        """The terminal says that a closed ``attempt`` took money after all: write it down for staff, once."""

        def work(transaction: sqlite3.Connection) -> None:
            row = _sale_row(transaction, attempt.sale)
            settled = row["state"] in (SaleState.PAID, SaleState.FULFILLED)
            if settled or payments.has_happened(transaction, attempt, PaymentEvent.STRAY_CAPTURE):
                return
            self._record(transaction, attempt, PaymentEvent.STRAY_CAPTURE, reference=captured.reference)
            content = {**attempt_content(attempt), "reason": "captured_after_close", "reference": captured.reference}
            self._journal(transaction, JournalKind.EXCEPTION, row["lane"], content)

        self._store.write(work)

    def open_attempts(self, lane: str) -> list[OpenAttempt]:
        """Return the attempts of ``lane`` whose end is not on disk, oldest first."""
        with self._store.read() as connection:
            rows = connection.execute(
                "SELECT attempt.*, sale.quote_json FROM attempt JOIN sale USING (sale)"
                " WHERE is_open AND attempt.lane = ? ORDER BY armed_us, attempt",
                (lane,),
            ).fetchall()
            return [self._open_attempt(connection, row) for row in rows]

    def void_unpaid(self, lane: str) -> None:
        """Void what a restart found frozen or open without an attempt; nobody can go on with it."""
        for sale in self._sales_in(SaleState.OPEN, SaleState.FROZEN, lane=lane):
            self.void(sale, "restart")

    def fulfil_paid(self) -> None:
        """Book out the goods of every sale that is PAID only; one that still cannot be stays so."""
        for sale in self._sales_in(SaleState.PAID):
            self._store.write(partial(self._fulfil, sale=sale, is_first_try=False))

    def _sales_in(self, *states: SaleState, lane: str | None = None) -> list[str]:
        marks = ", ".join("?" * len(states))
        with self._store.read() as connection:
            rows = connection.execute(
                f"SELECT sale FROM sale WHERE state IN ({marks}) AND (? IS NULL OR lane = ?) ORDER BY sale",  # noqa: S608 - question marks only
                (*states, lane, lane),
            ).fetchall()
        return [str(row["sale"]) for row in rows]

    def _note(self, attempt: Attempt, event: PaymentEvent, detail: str, move: Move | None = None) -> None:
        def work(transaction: sqlite3.Connection) -> None:
            if not payments.is_open(transaction, attempt):
                return
            self._record(transaction, attempt, event, detail=detail)
            if move is not None:
                self._move(transaction, attempt.sale, move)

        self._store.write(work)

    def _record(
        self,
        transaction: sqlite3.Connection,
        attempt: Attempt,
        event: PaymentEvent,
        *,
        reference: str = "",
        detail: str = "",
    ) -> None:
        at_us = self._clock.utc_us()
        payments.record_event(transaction, attempt, event, at_us, reference=reference, detail=detail)

    def _record_money(
        self,
        transaction: sqlite3.Connection,
        attempt: Attempt,
        captured: Captured,
        decision: Decision | None,
        lane: str,
    ) -> None:
        if decision is not None:
            self._journal_decision(transaction, lane, attempt, decision, is_paid=True)
        if payments.has_happened(transaction, attempt, PaymentEvent.CAPTURED):
            return  # it was to be given back; a person says that it was not
        event = PaymentEvent.CAPTURED if decision is None else PaymentEvent.DECIDED_PAID
        self._record(transaction, attempt, event, reference=captured.reference)

    def _move(self, transaction: sqlite3.Connection, sale: str, move: Move) -> None:
        state = moved(SaleState(_sale_row(transaction, sale)["state"]), move)
        transaction.execute("UPDATE sale SET state = ? WHERE sale = ?", (state, sale))
        transaction.execute(
            "INSERT INTO sale_move (seq, sale, move, state, at_us)"
            " SELECT COALESCE(MAX(seq), 0) + 1, ?, ?, ?, ? FROM sale_move",
            (sale, move, state, self._clock.utc_us()),
        )

    def _void(self, transaction: sqlite3.Connection, row: sqlite3.Row, reason: str) -> None:
        self._move(transaction, row["sale"], Move.VOID)
        content = {"sale": row["sale"], "total_minor": row["total_minor"], "reason": reason}
        self._journal(transaction, JournalKind.VOID_BEFORE_PAY, row["lane"], content)

    def _fulfil(self, transaction: sqlite3.Connection, sale: str, *, is_first_try: bool = True) -> None:
        """Book the goods of a PAID sale out. Rule 4: what fails here is written down once, and undone alone."""
        row = _sale_row(transaction, sale)
        if row["state"] != SaleState.PAID:
            return
        moves = _moves_of(row, self.shop)
        transaction.execute("SAVEPOINT fulfilment")
        try:
            self._sink.write(transaction, moves)
        except Exception as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DISK_TROUBLE:
                raise  # the whole transaction is tried again
            transaction.execute("ROLLBACK TO fulfilment")
            log.error("goods of a paid sale could not be booked out", sale=sale, error=str(error))
            if is_first_try:
                content = {"sale": sale, "reason": "not_booked_out", "error": type(error).__name__}
                self._journal(transaction, JournalKind.EXCEPTION, row["lane"], content)
        else:
            self._move(transaction, sale, Move.FULFIL)
        transaction.execute("RELEASE fulfilment")

    def _journal(
        self,
        transaction: sqlite3.Connection,
        kind: JournalKind,
        lane: str,
        content: Mapping[str, Any],
        operator: str | None = None,
        turnover_minor: int = 0,
    ) -> int:
        entry = Entry(kind, self._clock.utc_us(), lane, content, operator, turnover_minor)
        return append(transaction, self.shop, entry)

    def _journal_decision(
        self, transaction: sqlite3.Connection, lane: str, attempt: Attempt, decision: Decision, *, is_paid: bool
    ) -> None:
        content = {**attempt_content(attempt), "paid": is_paid, "evidence": decision.evidence}
        self._journal(transaction, JournalKind.DECISION, lane, content, decision.operator)

    def _open_attempt(self, connection: sqlite3.Connection, row: sqlite3.Row) -> OpenAttempt:
        attempt = Attempt(row["attempt"], row["sale"], row["n"], Money(row["amount_minor"], row["currency"]))
        return OpenAttempt(
            attempt,
            row["terminal"],
            Quote.from_json(json.loads(row["quote_json"])),
            max(0.0, (self._clock.utc_us() - row["armed_us"]) / 1e6),
            payments.has_happened(connection, attempt, PaymentEvent.CANCEL_REQUESTED),
            payments.has_happened(connection, attempt, PaymentEvent.REVERSAL_REQUESTED),
        )


_EVENT_OF: dict[type[Declined | Cancelled | NeverSeen], PaymentEvent] = {
    Declined: PaymentEvent.DECLINED,
    Cancelled: PaymentEvent.CANCELLED,
    NeverSeen: PaymentEvent.NEVER_SEEN,
}


def _sale_row(connection: sqlite3.Connection, sale: str) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute("SELECT * FROM sale WHERE sale = ?", (sale,)).fetchone()
    if row is None:
        raise IllegalMoveError(f"there is no sale {sale}")
    return row


def _moves_of(row: sqlite3.Row, shop: Shop) -> list[ItemMove]:
    occurred = shop.utc(row["settled_us"])
    quote = Quote.from_json(json.loads(row["quote_json"]))
    return [ItemMove(line.epc, MoveReason.SALE, row["number"], row["lane"], occurred) for line in quote.lines]
