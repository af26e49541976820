"""Attempts and what became of them: an append-only log of events, from which every amount is computed.

Functions that write take the transaction of the caller, who commits.
"""

from __future__ import annotations

import sqlite3
from enum import StrEnum

from checkout.errors import IllegalMoveError
from checkout.money import Money
from checkout.tender import Attempt

__all__ = [
    "PaymentEvent",
    "close_attempt",
    "has_happened",
    "is_open",
    "open_attempt",
    "record_event",
    "taken_minor",
]


class PaymentEvent(StrEnum):
    """What can happen to an attempt. Only CAPTURED and REVERSED move money."""

    REQUESTED = "requested"
    CANCEL_REQUESTED = "cancel_requested"
    UNKNOWN = "unknown"
    RESUMED = "resumed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    NEVER_SEEN = "never_seen"
    CAPTURED = "captured"
    REVERSAL_REQUESTED = "reversal_requested"
    REVERSED = "reversed"
    DECIDED_PAID = "decided_paid"
    DECIDED_UNPAID = "decided_unpaid"
    STRAY_CAPTURE = "stray_capture"  # the terminal says captured, after the attempt was closed


def open_attempt(
    transaction: sqlite3.Connection, attempt_id: str, sale: str, amount: Money, *, lane: str, terminal: str, at_us: int
) -> Attempt:
    """Write the next attempt of ``sale``; nothing of it may go to the terminal before the commit.

    Raises:
        IllegalMoveError: The sale or the terminal has an open attempt.
    """
    (n,) = transaction.execute("SELECT COUNT(*) + 1 FROM attempt WHERE sale = ?", (sale,)).fetchone()
    attempt = Attempt(attempt_id, sale, n, amount)
    try:
        transaction.execute(
            "INSERT INTO attempt (attempt, sale, n, amount_minor, currency, terminal, lane, armed_us, is_open)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)",
            (attempt_id, sale, n, amount.minor, amount.currency, terminal, lane, at_us),
        )
    except sqlite3.IntegrityError as error:
        raise IllegalMoveError(f"sale {sale} or terminal {terminal} has an open attempt") from error
    record_event(transaction, attempt, PaymentEvent.REQUESTED, at_us)
    return attempt


def record_event(
    transaction: sqlite3.Connection,
    attempt: Attempt,
    event: PaymentEvent,
    at_us: int,
    *,
    reference: str = "",
    detail: str = "",
) -> None:
    """Append ``event`` to the log of ``attempt``."""
    transaction.execute(
        "INSERT INTO payment_event (seq, attempt, kind, amount_minor, currency, reference, detail, at_us)"
        " SELECT COALESCE(MAX(seq), 0) + 1, ?, ?, ?, ?, ?, ?, ? FROM payment_event",
        (attempt.attempt, event, attempt.amount.minor, attempt.amount.currency, reference, detail, at_us),
    )


def close_attempt(transaction: sqlite3.Connection, attempt: Attempt) -> None:
    """Say that ``attempt`` is over.

    Raises:
        IllegalMoveError: It was over already, or never opened.
    """
    closed = transaction.execute(
        "UPDATE attempt SET is_open = 0 WHERE attempt = ? AND is_open", (attempt.attempt,)
    ).rowcount
    if not closed:
        raise IllegalMoveError(f"attempt {attempt.attempt} is not open")


def is_open(connection: sqlite3.Connection, attempt: Attempt) -> bool:
    """Return whether the outcome of ``attempt`` is still to come."""
    row = connection.execute("SELECT is_open FROM attempt WHERE attempt = ?", (attempt.attempt,)).fetchone()
    return bool(row and row["is_open"])


def has_happened(connection: sqlite3.Connection, attempt: Attempt, event: PaymentEvent) -> bool:
    """Return whether ``event`` is in the log of ``attempt``."""
    row = connection.execute(
        "SELECT 1 FROM payment_event WHERE attempt = ? AND kind = ? LIMIT 1", (attempt.attempt, event)
    ).fetchone()
    return row is not None


def taken_minor(connection: sqlite3.Connection, sale: str) -> int:
    """Return how much money was taken for ``sale`` and not given back, in minor units, from the log."""
    (taken,) = connection.execute(
        "SELECT COALESCE(SUM(CASE kind WHEN 'captured' THEN payment_event.amount_minor"
        " WHEN 'decided_paid' THEN payment_event.amount_minor"
        " WHEN 'reversed' THEN -payment_event.amount_minor ELSE 0 END), 0)"
        " FROM payment_event JOIN attempt USING (attempt) WHERE sale = ?",
        (sale,),
    ).fetchone()
    return int(taken)
