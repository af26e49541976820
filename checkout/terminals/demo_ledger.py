"""The demo terminal's durable memory: what was asked, what was charged, what was given back.

1. A charge is on disk (synchronous=FULL) before anyone is told of it.
2. One row per attempt id; a second request with the same id changes nothing, with another amount is refused.
3. One attempt is open at a time.
4. A cancel that comes before its start bars that id for good.
5. An attempt that was open when the power went is declined at the next start: nothing was charged.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from checkout.errors import TerminalError
from checkout.terminals.demo_wire import Behaviour, Status

__all__ = ["Charge", "DemoLedger", "Request", "charges"]

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS request (
        attempt TEXT PRIMARY KEY, sale TEXT NOT NULL, n INTEGER NOT NULL,
        amount_minor INTEGER NOT NULL, currency TEXT NOT NULL,
        behaviour TEXT NOT NULL, status TEXT NOT NULL, reason TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX IF NOT EXISTS one_open_request ON request(status) WHERE status = 'pending';
    CREATE TABLE IF NOT EXISTS charge (
        reference INTEGER PRIMARY KEY AUTOINCREMENT,
        attempt TEXT NOT NULL REFERENCES request(attempt), charged_us INTEGER NOT NULL, reversed_us INTEGER
    ) STRICT;
"""
_REQUEST = """
    SELECT request.*, charge.reference, charge.reversed_us FROM request LEFT JOIN charge USING (attempt)
    WHERE attempt = ?
"""


@dataclass(frozen=True, slots=True)
class Request:
    """What a till asks to be paid: the attempt's id, its sale and number, the amount in minor units."""

    attempt: str
    sale: str
    n: int
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a request stands; `reference` is the charge's number where one was made."""

    request: Request
    behaviour: Behaviour
    status: Status
    reason: str
    reference: str


@dataclass(frozen=True, slots=True)
class Charge:
    """One charge that was really made, for those who count."""

    reference: str
    attempt: str
    sale: str
    amount_minor: int
    currency: str
    is_reversed: bool


class DemoLedger:
    """The ledger of one running terminal; safe for its threads."""

    def __init__(self, path: Path) -> None:
        """Open or make ``path``; attempts left open by a crash are declined (rule 5).

        Raises:
            TerminalError: The file cannot be used as a ledger.
        """
        try:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            raise TerminalError(f"{path} cannot be opened as a ledger: {error}") from error
        self._lock = threading.Lock()
        try:
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.executescript(_SCHEMA)
            self._connection.execute(
                "UPDATE request SET status = 'declined', reason = 'terminal_restarted' WHERE status = 'pending'"
            )
        except sqlite3.Error as error:
            self._connection.close()
            raise TerminalError(f"{path} cannot be used as a ledger: {error}") from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def find(self, attempt: str) -> Standing | None:
        """Return how ``attempt`` stands, or None where it was never heard of."""
        with self._lock:
            return self._find(attempt)

    def open_attempt(self) -> str | None:
        """Return the attempt that waits for its card, if any."""
        with self._lock:
            row = self._connection.execute("SELECT attempt FROM request WHERE status = 'pending'").fetchone()
        return str(row["attempt"]) if row else None

    def arm(self, request: Request, behaviour: Behaviour) -> Standing:
        """Open ``request``, unless its id is known already or another is open (then it is declined as busy)."""
        with self._transaction():
            if self._find(request.attempt) is None:
                busy = self._connection.execute("SELECT 1 FROM request WHERE status = 'pending'").fetchone()
                self._insert(request, behaviour, *((Status.DECLINED, "busy") if busy else (Status.PENDING, "")))
            return self._known(request.attempt)

    def capture(self, attempt: str, now_us: int) -> Standing:
        """Charge ``attempt`` if it is open, and return how it stands."""
        with self._transaction():
            if self._end(attempt, Status.CAPTURED, ""):
                self._connection.execute("INSERT INTO charge (attempt, charged_us) VALUES (?, ?)", (attempt, now_us))
            return self._known(attempt)

    def decline(self, attempt: str, reason: str) -> Standing:
        """Decline ``attempt`` if it is open, and return how it stands."""
        with self._transaction():
            self._end(attempt, Status.DECLINED, reason)
            return self._known(attempt)

    def cancel(self, request: Request, behaviour: Behaviour) -> Standing:
        """Cancel ``request`` if it is open or unheard of (rule 4), and return how it stands."""
        with self._transaction():
            if self._find(request.attempt) is None:
                self._insert(request, behaviour, Status.CANCELLED, "never_started")
            self._end(request.attempt, Status.CANCELLED, "")
            return self._known(request.attempt)

    def reverse(self, attempt: str, now_us: int) -> Standing | None:
        """Give the charge of ``attempt`` back, once; return how it stands, None where it was never heard of."""
        with self._transaction():
            if self._find(attempt) is None:
                return None
            given_back = self._connection.execute(
                "UPDATE charge SET reversed_us = ? WHERE attempt = ? AND reversed_us IS NULL", (now_us, attempt)
            )
            if given_back.rowcount:
                self._connection.execute(
                    "UPDATE request SET status = 'cancelled', reason = 'reversed' WHERE attempt = ?", (attempt,)
                )
            return self._known(attempt)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise

    def _insert(self, request: Request, behaviour: Behaviour, status: Status, reason: str) -> None:
        values = (request.attempt, request.sale, request.n, request.amount_minor, request.currency)
        self._connection.execute(
            "INSERT INTO request VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*values, behaviour, status, reason)
        )

    def _end(self, attempt: str, status: Status, reason: str) -> bool:
        ended = self._connection.execute(
            "UPDATE request SET status = ?, reason = ? WHERE attempt = ? AND status = 'pending'",
            (status, reason, attempt),
        )
        return ended.rowcount == 1

    def _known(self, attempt: str) -> Standing:
        standing = self._find(attempt)
        if standing is None:
            raise TerminalError(f"attempt {attempt} is not in the ledger")
        return standing

    def _find(self, attempt: str) -> Standing | None:
        row = self._connection.execute(_REQUEST, (attempt,)).fetchone()
        if row is None:
            return None
        request = Request(row["attempt"], row["sale"], row["n"], row["amount_minor"], row["currency"])
        reference = "" if row["reference"] is None else f"D{row['reference']:06}"
        return Standing(request, Behaviour(row["behaviour"]), Status(row["status"]), row["reason"], reference)


def charges(ledger_path: Path) -> list[Charge]:
    """Return every charge in the ledger at ``ledger_path``, oldest first, whether its terminal runs or not.

    Raises:
        TerminalError: There is no ledger to read.
    """
    if not ledger_path.is_file():
        raise TerminalError(f"there is no ledger at {ledger_path}")
    try:
        with closing(sqlite3.connect(ledger_path)) as connection:
            connection.execute("PRAGMA query_only=ON")
            rows = connection.execute(
                "SELECT reference, attempt, sale, amount_minor, currency, reversed_us IS NOT NULL"
                " FROM charge JOIN request USING (attempt) ORDER BY reference"
            ).fetchall()
    except sqlite3.Error as error:
        raise TerminalError(f"{ledger_path} cannot be read as a ledger: {error}") from error
    return [
        Charge(f"D{reference:06}", attempt, sale, amount_minor, currency, bool(is_reversed))
        for reference, attempt, sale, amount_minor, currency, is_reversed in rows
    ]
