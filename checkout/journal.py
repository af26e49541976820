"""The sales journal: hash-chained, gapless, append-only.

Each record's body is canonical JSON that holds its own number and the hash of the record before; the
record's hash is the SHA-256 of that text. What the chain cannot show alone is a cut-off end, so `verify`
also holds it against the sales that name a record. Nothing here claims fiscal compliance.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from checkout.canonical import canonical_json, sha256_hex
from checkout.errors import JournalError
from checkout.shop import Shop

__all__ = ["GENESIS", "Entry", "JournalFault", "JournalKind", "JournalReport", "append", "verify"]

GENESIS = "0" * 64  # what the first record names as the one before
_VERSION = 1


class JournalKind(StrEnum):
    """What a record is about."""

    START = "start"  # a lane began to serve
    SALE = "sale"
    VOID_BEFORE_PAY = "void_before_pay"  # a bill that was frozen and ended without money
    REVERSAL = "reversal"  # money that came after a cancel and was given back
    DECISION = "decision"  # a person decided an unknown payment
    EXCEPTION = "exception"  # something after the money that a person should look at


@dataclass(frozen=True, slots=True)
class Entry:
    """What a record is to say; number, hash and totals are added by `append`.

    at_us: UTC microseconds. device: the lane. turnover_minor: what it adds to the day's and the perpetual total.
    """

    kind: JournalKind
    at_us: int
    device: str
    content: Mapping[str, Any]
    operator: str | None = None
    turnover_minor: int = 0


@dataclass(frozen=True, slots=True)
class JournalFault:
    """The first record in doubt, and why."""

    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class JournalReport:
    """What a walk along the chain found. `head` is the last sound record's hash."""

    records: int
    sales: int
    total_minor: int
    head: str
    fault: JournalFault | None

    @property
    def is_sound(self) -> bool:
        """Return whether every record stands where and as it was written."""
        return self.fault is None

    def raise_fault(self) -> None:
        """Raise JournalError where the walk found a fault."""
        if self.fault is not None:
            raise JournalError(self.fault.seq, self.fault.reason)


def append(transaction: sqlite3.Connection, shop: Shop, entry: Entry) -> int:
    """Write ``entry`` as the next record of ``shop`` inside ``transaction`` and return its number.

    Raises:
        TypeError: The content holds what canonical JSON cannot say; see there.
    """
    last = transaction.execute("SELECT seq, body, hash FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    seq, before, totals = (last["seq"] + 1, last["hash"], json.loads(last["body"])) if last else (1, GENESIS, {})
    local = shop.local(entry.at_us)
    day = local.date().isoformat()
    offset = local.utcoffset()
    body = canonical_json(
        {
            "v": _VERSION,
            "hash": "sha256",
            "seq": seq,
            "prev": before,
            "type": str(entry.kind),
            "utc_us": entry.at_us,
            "offset_min": int(offset.total_seconds()) // 60 if offset else 0,
            "day": day,
            "store": shop.store,
            "device": entry.device,
            "operator": entry.operator,
            "content": dict(entry.content),
            "turnover_minor": entry.turnover_minor,
            "day_total_minor": _day_total(transaction, day) + entry.turnover_minor,
            "perpetual_total_minor": totals.get("perpetual_total_minor", 0) + entry.turnover_minor,
        }
    )
    transaction.execute(
        "INSERT INTO journal (seq, type, day, body, hash) VALUES (?, ?, ?, ?, ?)",
        (seq, entry.kind, day, body, sha256_hex(body)),
    )
    return int(seq)


def verify(connection: sqlite3.Connection) -> JournalReport:
    """Walk the whole chain and return what was found, up to and with the first fault.

    Raises:
        JournalError: The file has no journal.
    """
    try:
        rows = connection.execute("SELECT seq, type, day, body, hash FROM journal ORDER BY seq")
    except sqlite3.Error as error:
        raise JournalError(1, f"there is no journal to read: {error}") from error
    report = _walk(rows)
    return report if report.fault else _held_against_sales(connection, report)


def _walk(rows: Iterable[sqlite3.Row]) -> JournalReport:
    records, sales, total, head = 0, 0, 0, GENESIS
    days: dict[str, int] = {}
    for row in rows:
        body, reason = _sound_body(row, records + 1, head)
        if not reason:
            days[row["day"]] = days.get(row["day"], 0) + body["turnover_minor"]
            total += body["turnover_minor"]
            if (body["day_total_minor"], body["perpetual_total_minor"]) != (days[row["day"]], total):
                reason = "its totals are not the sums of the records"
        if reason:
            return JournalReport(records, sales, total, head, JournalFault(records + 1, reason))
        records, head, sales = records + 1, row["hash"], sales + (row["type"] == JournalKind.SALE)
    return JournalReport(records, sales, total, head, None)


def _sound_body(row: sqlite3.Row, seq: int, before: str) -> tuple[dict[str, Any], str]:
    """Return a row's body, and what is wrong with the row or the empty text."""
    if row["seq"] != seq:
        return {}, f"record {seq} is missing, {row['seq']} follows"
    if sha256_hex(row["body"]) != row["hash"]:
        return {}, "its text was changed: the hash does not fit"
    try:
        body = json.loads(row["body"])
        named = (body["seq"], body["prev"], body["type"], body["day"])
        if canonical_json(body) != row["body"]:
            return {}, "it is not in canonical form"
        if not all(type(body[name]) is int for name in ("turnover_minor", "day_total_minor", "perpetual_total_minor")):
            return {}, "its totals are not whole numbers"
    except (ValueError, TypeError, KeyError):
        return {}, "it is not a journal record"
    if named != (seq, before, row["type"], row["day"]):
        return {}, "it does not follow from the record before"
    return body, ""


def _held_against_sales(connection: sqlite3.Connection, report: JournalReport) -> JournalReport:
    """Look for settled sales whose record is missing: that is how a cut-off end shows."""
    lost = connection.execute(
        "SELECT sale, journal_seq FROM sale WHERE state IN ('paid', 'fulfilled')"
        " AND (journal_seq IS NULL OR journal_seq NOT IN (SELECT seq FROM journal WHERE type = ?))"
        " ORDER BY journal_seq LIMIT 1",
        (JournalKind.SALE,),
    ).fetchone()
    if lost is None:
        return report
    fault = JournalFault(lost["journal_seq"] or report.records + 1, f"the record of sale {lost['sale']} is missing")
    return JournalReport(report.records, report.sales, report.total_minor, report.head, fault)


def _day_total(connection: sqlite3.Connection, day: str) -> int:
    row = connection.execute("SELECT body FROM journal WHERE day = ? ORDER BY seq DESC LIMIT 1", (day,)).fetchone()
    return int(json.loads(row["body"])["day_total_minor"]) if row else 0
