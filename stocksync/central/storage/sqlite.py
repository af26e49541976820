"""The central inventory in one SQLite file: WAL, every commit flushed, one writer, readers of their own.

Limits, honestly: one file on one disk; no better than the disk's own word on what is flushed. A query by business step
or disposition alone reads the whole table.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from checkout.errors import StoreError
from checkout.store import connect, migrate
from stocksync.central.belief import Belief
from stocksync.central.model import (
    Behaviour,
    CaptureBatch,
    CaptureJob,
    CaptureOutcome,
    ExceptionKind,
    ExceptionRecord,
    Level,
    StoredEvent,
    StoredReceipt,
)
from stocksync.central.query import EventQuery, PageMark
from stocksync.central.storage.believing import beliefs_of
from stocksync.central.storage.capturing import capture, rebuild
from stocksync.central.storage.event_sql import count_of, page_of
from stocksync.central.storage.schema import CENTRAL_MIGRATIONS
from stocksync.central.storage.writer import CentralStorageError, GroupWriter

__all__ = ["SqliteCentralStorage"]

_LEVELS_OF = """
    SELECT * FROM level_and_age
    WHERE (?1 IS NULL OR gtin IN (SELECT value FROM json_each(?1)))
        AND (?2 IS NULL OR location IN (SELECT value FROM json_each(?2)))
    ORDER BY gtin, location
"""
_LEVELS_SINCE = "SELECT * FROM level_and_age WHERE revision > ? ORDER BY revision, gtin, location"
_JOBS = """
    SELECT * FROM capture_job WHERE (?1 IS NULL OR author = ?1) AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3
"""


class SqliteCentralStorage:
    """`CentralStorage` in one file; the methods' meaning is the port's."""

    def __init__(self, path: Path, ahead_us: int) -> None:
        """Open or create ``path`` at the newest schema. ahead_us: events stamped further ahead are not believed.

        Raises:
            CentralStorageError: The file cannot be opened or migrated.
        """
        self._ahead_us = ahead_us
        self._path = path
        self._changed = threading.Condition()
        self._of_thread = threading.local()
        self._open_readers: list[sqlite3.Connection] = []
        self._closed = False
        try:
            migrate(path, [CENTRAL_MIGRATIONS])
            connection = connect(path)
        except StoreError as error:
            raise CentralStorageError(str(error)) from error
        except OSError as error:
            raise CentralStorageError(f"{path} cannot be opened as a database: {error.strerror}") from error
        self._revision = _revision_of(connection)
        connection.close()
        self._writer = GroupWriter(lambda: connect(path), self._announce)

    def capture(self, batch: CaptureBatch) -> CaptureOutcome:
        return self._writer.write(lambda connection: capture(connection, batch, self._ahead_us))

    def events(self, query: EventQuery, mark: PageMark | None, limit: int) -> Sequence[StoredEvent]:
        return [StoredEvent(*row) for row in self._rows(*page_of(query, mark, limit))]

    def count(self, query: EventQuery, at_most: int) -> int:
        return int(self._rows(*count_of(query, at_most))[0][0])

    def job(self, job_id: str) -> CaptureJob | None:
        rows = self._rows("SELECT * FROM capture_job WHERE id = ?", (job_id,))
        return _job_of(rows[0]) if rows else None

    def jobs(self, author: str | None, before: str | None, limit: int) -> Sequence[CaptureJob]:
        return [_job_of(row) for row in self._rows(_JOBS, (author, before, limit))]

    def levels(self, gtins: Collection[str] | None, locations: Collection[str] | None) -> Sequence[Level]:
        wanted = [None if some is None else json.dumps(sorted(some)) for some in (gtins, locations)]
        return [Level(*row) for row in self._rows(_LEVELS_OF, wanted)]

    def levels_since(self, revision: int) -> Sequence[Level]:
        return [Level(*row) for row in self._rows(_LEVELS_SINCE, (revision,))]

    def revision(self) -> int:
        with self._changed:
            return self._revision

    def wait_for_change(self, revision: int, timeout_s: float) -> int:
        with self._changed:
            self._changed.wait_for(lambda: self._revision > revision or self._closed, timeout_s)
            return self._revision

    def beliefs(self, tags: Collection[str]) -> Mapping[str, Belief]:
        try:
            return {tag: belief for tag, (belief, _) in beliefs_of(self._reader(), tags).items()}
        except sqlite3.Error as error:
            raise CentralStorageError(f"the database failed: {error}") from error

    def exceptions(self, after: int, limit: int) -> Sequence[ExceptionRecord]:
        rows = self._rows(
            "SELECT number, kind, event_id, tag, detail, noticed_us FROM exception_record WHERE number > ?"
            " ORDER BY number LIMIT ?",
            (after, limit),
        )
        return [ExceptionRecord(number, ExceptionKind(kind), *rest) for number, kind, *rest in rows]

    def put_receipt(self, token: str, receipt: StoredReceipt) -> bool:
        def put(connection: sqlite3.Connection) -> bool:
            changed = connection.execute(
                "INSERT INTO receipt (token, author, document, expires_us) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (token) DO UPDATE SET document = excluded.document, expires_us = excluded.expires_us"
                " WHERE author IS excluded.author",
                (token, receipt.author, receipt.document, receipt.expires_us),
            )
            return changed.rowcount == 1

        return self._writer.write(put)

    def receipt(self, token: str, now_us: int) -> StoredReceipt | None:
        sql = "SELECT author, document, expires_us FROM receipt WHERE token = ? AND expires_us > ?"
        return next((StoredReceipt(*row) for row in self._rows(sql, (token, now_us))), None)

    def purge(self, now_us: int, jobs_before_us: int) -> None:
        def purge(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM receipt WHERE expires_us <= ?", (now_us,))
            connection.execute("DELETE FROM capture_job WHERE finished_us < ?", (jobs_before_us,))

        self._writer.write(purge)

    def rebuild(self) -> int:
        return self._writer.write(rebuild)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._writer.close()
        while self._open_readers:
            self._open_readers.pop().close()

    def _announce(self, connection: sqlite3.Connection) -> None:
        revision = _revision_of(connection)
        with self._changed:
            if revision != self._revision:
                self._revision = revision
                self._changed.notify_all()

    def _rows(self, sql: str, values: Iterable[Any]) -> list[sqlite3.Row]:
        try:
            return self._reader().execute(sql, tuple(values)).fetchall()
        except sqlite3.Error as error:
            raise CentralStorageError(f"the database failed: {error}") from error

    def _reader(self) -> sqlite3.Connection:
        """This thread's own connection; each statement sees the newest committed state."""
        connection: sqlite3.Connection | None = getattr(self._of_thread, "connection", None)
        if connection is None:
            if self._closed:
                raise CentralStorageError("the storage is closed")
            # Another thread closes it in the end; only this one ever uses it.
            connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA query_only=ON")
            self._of_thread.connection = connection
            self._open_readers.append(connection)
        return connection


def _revision_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT coalesce(max(revision), 0) FROM level").fetchone()[0])


def _job_of(row: sqlite3.Row) -> CaptureJob:
    return CaptureJob(
        job_id=row["id"],
        author=row["author"],
        created_us=row["created_us"],
        finished_us=row["finished_us"],
        behaviour=Behaviour(row["behaviour"]),
        errors=json.loads(row["errors"]),
    )
