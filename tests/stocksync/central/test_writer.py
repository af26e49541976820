"""One thread that writes: what waits together is committed together, and fails alone."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from checkout.errors import StoreError
from checkout.store import connect
from stocksync.central.storage.writer import CentralStorageError, GroupWriter

PATIENCE_S = 10.0
Work = Callable[[sqlite3.Connection], object]


class Group:
    """A writer that is held up, so that what is given to it meanwhile becomes one group."""

    def __init__(self, path: Path) -> None:
        self.commits = 0
        self.path = path
        with connect(path) as connection:
            connection.execute("CREATE TABLE row (n INTEGER PRIMARY KEY)")
        connection.close()
        self._held, self._go = threading.Event(), threading.Event()
        self.writer = GroupWriter(lambda: connect(path), self._committed)
        self._holder = threading.Thread(target=lambda: self.writer.write(self._hold))
        self._holder.start()
        assert self._held.wait(PATIENCE_S)

    def _committed(self, connection: sqlite3.Connection) -> None:
        self.commits += 1

    def _hold(self, connection: sqlite3.Connection) -> None:
        self._held.set()
        assert self._go.wait(PATIENCE_S)

    def run(self, *works: Work) -> list[object]:
        """Give ``works`` from a thread each while the writer is held, let go, return results or errors in order."""
        results: list[object] = [None] * len(works)

        def give(n: int, work: Work) -> None:
            try:
                results[n] = self.writer.write(work)
            except Exception as error:  # noqa: BLE001 - it is what the test looks at
                results[n] = error

        threads = [threading.Thread(target=give, args=pair) for pair in enumerate(works)]
        for thread in threads:
            thread.start()
        while self.writer._jobs.qsize() < len(works):  # they are on their way
            threading.Event().wait(0.001)
        self._go.set()
        for thread in [*threads, self._holder]:
            thread.join(PATIENCE_S)
        self.writer.close()
        return results

    def rows(self) -> list[int]:
        connection = connect(self.path)
        rows = [n for (n,) in connection.execute("SELECT n FROM row ORDER BY n")]
        connection.close()
        return rows


def insert(n: int) -> Work:
    return lambda connection: connection.execute("INSERT INTO row VALUES (?)", (n,)).rowcount


def test_what_waits_together_is_one_commit_and_a_failure_takes_nothing_with_it(tmp_path: Path) -> None:
    def half(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO row VALUES (9)")
        raise ValueError("changed my mind")

    group = Group(tmp_path / "w.db")

    results = group.run(insert(1), half, insert(2), insert(3))

    assert group.rows() == [1, 2, 3]
    assert [type(result) for result in results] == [int, ValueError, int, int]
    assert group.commits == 2


def test_a_failure_of_the_engine_is_worth_another_try(tmp_path: Path) -> None:
    group = Group(tmp_path / "w.db")

    (result,) = group.run(lambda connection: connection.execute("SELECT * FROM nowhere"))

    assert isinstance(result, CentralStorageError)
    assert result.retry_helps
    with pytest.raises(CentralStorageError):
        group.writer.write(insert(1))


def test_a_commit_that_cannot_be_announced_is_a_commit_all_the_same(tmp_path: Path) -> None:
    def deaf(_: sqlite3.Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    path = tmp_path / "w.db"
    connection = connect(path)
    connection.execute("CREATE TABLE row (n INTEGER PRIMARY KEY)")
    writer = GroupWriter(lambda: connect(path), deaf)

    assert writer.write(insert(1)) == 1
    assert writer.write(insert(2)) == 1  # the thread is still there

    writer.close()
    assert [n for (n,) in connection.execute("SELECT n FROM row ORDER BY n")] == [1, 2]
    connection.close()


def test_a_writer_without_its_file_is_not_waited_for(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        GroupWriter(lambda: connect(tmp_path / "nowhere" / "w.db"), lambda _: None)
