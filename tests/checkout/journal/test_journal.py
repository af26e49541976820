"""The chain: what it records, and that no change of it goes unseen."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.canonical import canonical_json, sha256_hex
from checkout.errors import JournalError
from checkout.journal import GENESIS, Entry, JournalKind, append, verify
from checkout.migrations import checkout_migrations
from checkout.shop import Shop
from checkout.store import connect, migrate

SHOP = Shop("s12", "Sample", timezone="Europe/Berlin")
NOON_US = 1_793_012_400_000_000
DAY_US = 86_400_000_000


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    migrate(tmp_path / "store.db", [checkout_migrations])
    with closing(connect(tmp_path / "store.db")) as connection:
        yield connection


def sale(at_us: int = NOON_US, minor: int = 1404) -> Entry:
    return Entry(JournalKind.SALE, at_us, "lane-1", {"total_minor": minor}, turnover_minor=minor)


def filled(journal: sqlite3.Connection, count: int = 5) -> sqlite3.Connection:
    for _ in range(count):
        append(journal, SHOP, sale())
    # Whoever tampers with a file can drop its triggers too.
    for trigger in journal.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        journal.execute(f"DROP TRIGGER {trigger['name']}")
    return journal


def test_an_empty_journal_is_sound(journal: sqlite3.Connection) -> None:
    report = verify(journal)

    assert (report.is_sound, report.records, report.head) == (True, 0, GENESIS)


def test_a_record_holds_its_number_its_predecessor_and_the_totals(journal: sqlite3.Connection) -> None:
    append(journal, SHOP, Entry(JournalKind.START, NOON_US, "lane-1", {}))
    append(journal, SHOP, sale(NOON_US, 1404))
    append(journal, SHOP, sale(NOON_US + DAY_US, 96))

    rows = journal.execute("SELECT * FROM journal ORDER BY seq").fetchall()
    bodies = [json.loads(row["body"]) for row in rows]
    assert [body["seq"] for body in bodies] == [1, 2, 3]
    assert [body["prev"] for body in bodies] == [GENESIS, rows[0]["hash"], rows[1]["hash"]]
    assert [body["day_total_minor"] for body in bodies] == [0, 1404, 96]
    assert [body["perpetual_total_minor"] for body in bodies] == [0, 1404, 1500]
    assert bodies[1]["offset_min"] == 60
    assert rows[1]["hash"] == sha256_hex(rows[1]["body"])
    report = verify(journal)
    assert (report.records, report.sales, report.total_minor, report.head) == (3, 2, 1500, rows[2]["hash"])


def test_the_shops_own_midnight_ends_the_day(journal: sqlite3.Connection) -> None:
    append(journal, SHOP, sale(1_792_969_200_000_000))  # 2026-10-25 23:00 UTC is past midnight in Berlin

    assert journal.execute("SELECT day FROM journal").fetchone()["day"] == "2026-10-26"


@pytest.mark.parametrize(
    ("tampering", "seq", "reason"),
    [
        ("UPDATE journal SET body = replace(body, '1404', '1403') WHERE seq = 3", 3, "hash does not fit"),
        ("UPDATE journal SET hash = upper(hash) WHERE seq = 2", 2, "hash does not fit"),
        ("UPDATE journal SET type = 'void' WHERE seq = 2", 2, "does not follow"),
        ("UPDATE journal SET day = '2026-01-01' WHERE seq = 2", 2, "does not follow"),
        ("DELETE FROM journal WHERE seq = 1", 1, "missing"),
        ("DELETE FROM journal WHERE seq = 3", 3, "missing"),
    ],
)
def test_tampering_is_found_where_it_happened(
    journal: sqlite3.Connection, tampering: str, seq: int, reason: str
) -> None:
    filled(journal).execute(tampering)

    report = verify(journal)

    assert report.fault is not None
    assert report.fault.seq == seq
    assert reason in report.fault.reason
    assert report.records == seq - 1
    with pytest.raises(JournalError, match=reason):
        report.raise_fault()


def test_a_record_rewritten_with_a_fitting_hash_breaks_the_next(journal: sqlite3.Connection) -> None:
    filled(journal)
    body = journal.execute("SELECT body FROM journal WHERE seq = 2").fetchone()["body"].replace("lane-1", "lane-9")
    journal.execute("UPDATE journal SET body = ?, hash = ? WHERE seq = 2", (body, sha256_hex(body)))

    fault = verify(journal).fault

    assert fault is not None
    assert fault.seq == 3


def test_totals_that_are_not_the_sums_are_found(journal: sqlite3.Connection) -> None:
    filled(journal, 1)
    body = json.loads(journal.execute("SELECT body FROM journal").fetchone()["body"])
    text = canonical_json({**body, "perpetual_total_minor": 1})
    journal.execute("UPDATE journal SET body = ?, hash = ?", (text, sha256_hex(text)))

    fault = verify(journal).fault

    assert fault is not None
    assert "totals" in fault.reason


def test_a_second_text_for_the_same_record_is_found(journal: sqlite3.Connection) -> None:
    filled(journal, 1)
    text = json.dumps(json.loads(journal.execute("SELECT body FROM journal").fetchone()["body"]), indent=1)
    journal.execute("UPDATE journal SET body = ?, hash = ?", (text, sha256_hex(text)))

    fault = verify(journal).fault

    assert fault is not None
    assert "canonical" in fault.reason


@pytest.mark.parametrize("body", ["[]", "{}", "not json", '{"seq": 1}', '{"a":NaN}'])
def test_what_is_no_record_is_found(journal: sqlite3.Connection, body: str) -> None:
    journal.execute("INSERT INTO journal VALUES (1, 'sale', '2026-11-05', ?, ?)", (body, sha256_hex(body)))

    assert not verify(journal).is_sound


def test_a_file_without_a_journal_is_an_error(tmp_path: Path) -> None:
    with closing(connect(tmp_path / "other.db")) as connection, pytest.raises(JournalError, match="no journal"):
        verify(connection)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN)
def test_canonical_json_is_one_text_for_one_value(value: object) -> None:
    text = canonical_json(value)

    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


@pytest.mark.parametrize("value", [0.1, [1, {"a": 2.0}], {"a": (float("nan"),)}, {1: "a"}], ids=repr)
def test_canonical_json_refuses_what_has_more_than_one_text(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)
