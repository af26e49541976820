from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checkout.store import Store, migrate
from reader.epc import check_digit, sgtin_of
from stocksync.encoding_book import EncodingBook
from stocksync.errors import EncodingError
from stocksync.migrations import stocksync_migrations

GTIN = "0952114112345" + check_digit("0952114112345")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "store.db"
    migrate(path, [stocksync_migrations])
    with Store(path) as opened:
        yield opened


def test_no_serial_comes_twice_even_where_nothing_was_written(store: Store) -> None:
    book = EncodingBook(store)

    planned = [book.plan(GTIN, first_serial=100) for _ in range(3)]

    assert [plan.item.serial for plan in planned] == ["100", "101", "102"]
    assert [sgtin_of(plan.epc) for plan in planned] == [plan.item for plan in planned]


def test_a_serial_of_ones_own_is_taken_once_and_stepped_over(store: Store) -> None:
    book = EncodingBook(store)
    book.plan(GTIN, serial=2)

    with pytest.raises(EncodingError, match=r"serial 2 of .* is taken already"):
        book.plan(GTIN, serial=2)
    assert [book.plan(GTIN).item.serial for _ in range(2)] == ["1", "3"]


def test_a_tag_that_came_labelled_keeps_its_serial(store: Store) -> None:
    key = EncodingBook(store).plan(GTIN, serial=9).item.digital_link.replace("/21/9", "/21/1")
    store.write(
        lambda connection: connection.execute(
            "INSERT INTO tag_state (tag_key, epc, state, hlc) VALUES (?, 'AB', 'present', '0')", (key,)
        )
    )

    assert EncodingBook(store).plan(GTIN).item.serial == "2"


def test_serials_end_where_96_bits_do(store: Store) -> None:
    book = EncodingBook(store)
    last = (1 << 38) - 1

    assert book.plan(GTIN, first_serial=last).item.serial == str(last)
    with pytest.raises(EncodingError, match=r"no serial .* is left"):
        book.plan(GTIN)


def test_an_epc_belongs_to_one_chip(store: Store) -> None:
    book = EncodingBook(store)
    book.bind("3034AA", "E280AA", NOW)

    assert book.bind("3034AA", "E280AA", NOW) == book.of_tid("E280AA")  # the same again
    with pytest.raises(EncodingError, match="two tags of one name"):
        book.bind("3034AA", "E280BB", NOW)


def test_a_chip_that_gets_another_epc_frees_its_old_one(store: Store) -> None:
    book = EncodingBook(store)
    book.bind("3034AA", "E280AA", NOW)
    book.bind("3034BB", "E280AA", NOW)

    found = book.of_tid("E280AA")
    assert found is not None
    assert found.epc == "3034BB"
    assert book.of_epc("3034AA") is None
    book.bind("3034AA", "E280CC", NOW)  # a relabelled garment's old name, by hand, on another chip
    assert (bound := book.of_epc("3034AA")) is not None
    assert bound.tid == "E280CC"
