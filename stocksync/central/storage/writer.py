"""One thread that writes, and commits together what waits together.

A full commit costs one flush to the disk, 55 µs on a server and some hundred times that on an SD card; so everything
that queued up while the last commit ran goes into the next one. Each piece of work has a savepoint of its own: one
that fails takes nothing else with it.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar, cast

import structlog

from stocksync.errors import SyncError

__all__ = ["CentralStorageError", "GroupWriter"]

log = structlog.get_logger()

T = TypeVar("T")
_LARGEST_GROUP = 32  # bounds how long the first of a group waits for the last


class CentralStorageError(SyncError, RuntimeError):
    """The storage cannot be written or read just now, or is closed; nothing of what was asked happened."""

    retry_helps = True


_Job = tuple[Callable[[sqlite3.Connection], Any], "Future[Any]"]


class GroupWriter:
    """Runs work on the one connection that writes. ``committed`` is called on its thread after each commit.

    ``connect`` is called once, on that thread; what it raises, the constructor raises.
    """

    def __init__(
        self, connect: Callable[[], sqlite3.Connection], committed: Callable[[sqlite3.Connection], None]
    ) -> None:
        self._connect = connect
        self._committed = committed
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._gate = threading.Lock()
        self._closed = False
        opened: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, args=(opened,), name="central-writer", daemon=True)
        self._thread.start()
        opened.result()

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``work`` within a transaction and return what it returned, after the commit.

        Raises:
            CentralStorageError: The engine failed, or the writer is closed.
        """
        done: Future[T] = Future()
        with self._gate:
            if self._closed:
                raise CentralStorageError("the storage is closed")
            self._jobs.put((work, cast("Future[Any]", done)))
        return done.result()

    def close(self) -> None:
        """Finish what is queued and end the thread; may be called twice."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()

    def _run(self, opened: Future[None]) -> None:
        try:
            connection = self._connect()
        except Exception as error:  # noqa: BLE001 - raised again in the thread that waits for it
            opened.set_exception(error)
            return
        opened.set_result(None)
        try:
            open_ = True
            while open_:
                group, open_ = self._next_group()
                if group:
                    self._commit(connection, group)
        finally:
            connection.close()

    def _next_group(self) -> tuple[list[_Job], bool]:
        group: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            group.append(job)
            if len(group) == _LARGEST_GROUP:
                return group, True
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return group, True
        return group, False

    def _commit(self, connection: sqlite3.Connection, group: list[_Job]) -> None:
        results: list[tuple[Future[Any], Any]] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            for work, done in group:
                connection.execute("SAVEPOINT work")
                try:
                    results.append((done, work(connection)))
                except Exception as error:  # noqa: BLE001 - raised again in the thread of whoever asked
                    connection.execute("ROLLBACK TO work")
                    done.set_exception(_engine_error(error))
                connection.execute("RELEASE work")
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            for _, done in group:
                if not done.done():
                    done.set_exception(_engine_error(error))
            return
        try:
            self._committed(connection)
        except sqlite3.Error as error:
            # It is on disk, and says so; who watches for changes hears of it with the next commit.
            log.error("central.commit_not_announced", error=str(error))
        for done, result in results:
            done.set_result(result)


def _engine_error(error: Exception) -> Exception:
    if not isinstance(error, sqlite3.Error):
        return error
    failure = CentralStorageError(f"the database failed: {error}")
    failure.__cause__ = error
    return failure
