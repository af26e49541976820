from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlite_utils import Database, Migrations

from checkout.errors import StoreError
from checkout.store import Store, connect, migrate

COUNTERS = Migrations("counters")


@COUNTERS()
def make_counter(database: Database) -> None:
    database.table("counter").create({"name": str, "n": int}, pk="name")
    database.table("counter").insert({"name": "sales", "n": 0})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "store.db"
    migrate(file, [COUNTERS])
    return file


def count(transaction: sqlite3.Connection) -> int:
    transaction.execute("UPDATE counter SET n = n + 1")
    return int(transaction.execute("SELECT n FROM counter").fetchone()[0])


def counted(store: Store) -> int:
    with store.read() as connection:
        return int(connection.execute("SELECT n FROM counter").fetchone()[0])


def test_what_write_returned_from_is_on_disk(path: Path) -> None:
    with Store(path) as store:
        assert store.write(count) == 1

    assert connect(path).execute("SELECT n FROM counter").fetchone()[0] == 1


def test_an_error_rolls_everything_back_and_reaches_the_caller(path: Path) -> None:
    def count_and_fail(transaction: sqlite3.Connection) -> None:
        count(transaction)
        raise ZeroDivisionError("half way")

    with Store(path) as store:
        with pytest.raises(ZeroDivisionError, match="half way"):
            store.write(count_and_fail)

        assert counted(store) == 0
        assert store.write(count) == 1  # the writer lives on


def test_many_threads_lose_no_count(path: Path) -> None:
    with Store(path) as store, ThreadPoolExecutor(8) as crowd:
        seen = list(crowd.map(lambda _: store.write(count), range(80)))

        assert sorted(seen) == list(range(1, 81))
        assert counted(store) == 80


def test_readers_cannot_write_and_see_only_what_was_committed(path: Path) -> None:
    inside, may_end = threading.Event(), threading.Event()

    def slowly(transaction: sqlite3.Connection) -> None:
        count(transaction)
        inside.set()
        assert may_end.wait(10)

    with Store(path) as store, ThreadPoolExecutor(1) as other:
        writing = other.submit(store.write, slowly)
        assert inside.wait(10)
        assert counted(store) == 0  # and it did not wait for the writer
        may_end.set()
        writing.result(10)
        assert counted(store) == 1

        with store.read() as connection, pytest.raises(sqlite3.OperationalError, match="readonly"):
            connection.execute("UPDATE counter SET n = 7")


def test_a_closed_store_says_so(path: Path) -> None:
    store = Store(path)
    store.close()
    store.close()

    with pytest.raises(StoreError, match="is closed"):
        store.write(count)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_text("this is a shopping list, not a database; " * 50, encoding="utf-8")

    with pytest.raises(StoreError, match="cannot be opened"):
        Store(path)
    with pytest.raises(StoreError, match="cannot be migrated"):
        migrate(path, [COUNTERS])


def test_the_store_keeps_its_promises_to_the_disk(path: Path) -> None:
    connection = connect(path)

    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL
    assert connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1


def _migrate_there(path: Path) -> int:
    migrate(path, [COUNTERS])
    return int(connect(path).execute("SELECT count(*) FROM counter").fetchone()[0])


def test_processes_that_migrate_at_once_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "store.db"

    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as processes:
        rows = list(processes.map(_migrate_there, [path] * 6))

    assert rows == [1] * 6
