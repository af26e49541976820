"""The store's SQLite file: one writer thread, readers of their own, migrations under a lock.

1. Every write runs in `Store.write`: one BEGIN IMMEDIATE on one thread, committed whole or not at all.
2. WAL with synchronous=FULL: what `write` returned from survives a power cut as far as the disk keeps its word.
3. Readers have a connection per thread and never wait for the writer.
4. Each package owns its tables in a migration set of its own; one process at a time migrates.
"""

from __future__ import annotations

import fcntl
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, cast

from sqlite_utils import Database, Migrations

from checkout.errors import StoreError

__all__ = ["Store", "connect", "migrate"]

T = TypeVar("T")
_BUSY_S = 10.0  # another process (the sync daemon) holds the write lock for milliseconds


def connect(path: Path) -> sqlite3.Connection:
    """Open ``path`` for this thread as every part of Tagtill does: WAL, FULL, foreign keys, explicit transactions.

    Raises:
        StoreError: The file cannot be opened as a database.
    """
    try:
        connection = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be opened as a database: {error}") from error
    return connection


def migrate(path: Path, sets: Iterable[Migrations]) -> None:
    """Bring ``path`` to the newest schema; a second process waits for the first.

    sqlite-utils' own runner is not safe beside itself (two of three processes get "database is locked"),
    hence the lock file.

    Raises:
        StoreError: A migration failed; it was rolled back.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{path}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # sqlite-utils keeps its own transactions, so it gets a connection in Python's default mode.
        connection = sqlite3.connect(path, timeout=_BUSY_S)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            database = Database(connection)
            for migrations in sets:
                migrations.apply(database)
        except sqlite3.Error as error:
            raise StoreError(f"{path} cannot be migrated: {error}") from error
        finally:
            connection.close()


class Store:
    """A store's database: `write` through one thread, `read` from any."""

    def __init__(self, path: Path) -> None:
        """Open ``path``, which `migrate` has prepared. Raises StoreError."""
        self.path = path
        self._jobs: queue.SimpleQueue[tuple[Callable[[sqlite3.Connection], Any], Future[Any]] | None] = (
            queue.SimpleQueue()
        )
        self._readers = threading.local()
        self._open_readers: list[sqlite3.Connection] = []
        self._closing = threading.Lock()
        self._closed = False
        opened: Future[None] = Future()
        self._writer = threading.Thread(
            target=self._write_all, args=(opened,), name=f"store-writer-{path.name}", daemon=True
        )
        self._writer.start()
        opened.result()  # fail here: a writer that is not there would be waited for without end

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``work`` in one transaction and return what it returned, after the commit.

        An exception of ``work`` rolls everything back and is raised here. ``work`` must not commit.
        """
        done: Future[T] = Future()
        with self._closing:
            if self._closed:
                raise StoreError(f"{self.path} is closed")
            self._jobs.put((work, cast("Future[Any]", done)))
        return done.result()

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Yield this thread's own connection; each statement sees the newest committed state."""
        connection: sqlite3.Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA query_only=ON")
            self._readers.connection = connection
            with self._closing:
                self._open_readers.append(connection)
        yield connection

    def close(self) -> None:
        """Finish what is queued and close; may be called twice."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._writer.join()
        for connection in self._open_readers:
            connection.close()

    def _write_all(self, opened: Future[None]) -> None:
        try:
            connection = connect(self.path)
        except Exception as error:  # noqa: BLE001 - it is raised again in the thread that waits
            opened.set_exception(error)
            return
        opened.set_result(None)
        try:
            while (job := self._jobs.get()) is not None:
                work, done = job
                try:
                    connection.execute("BEGIN IMMEDIATE")
                    try:
                        result = work(connection)
                        connection.execute("COMMIT")
                    except BaseException:
                        if connection.in_transaction:
                            connection.execute("ROLLBACK")
                        raise
                except BaseException as error:  # noqa: BLE001 - it is raised again in the caller's thread
                    done.set_exception(error)
                else:
                    done.set_result(result)
        finally:
            connection.close()
