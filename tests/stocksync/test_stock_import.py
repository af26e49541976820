from __future__ import annotations

import io
import sqlite3

import pytest

from stocksync.errors import StockImportError
from stocksync.ledger import Ledger
from stocksync.stock_import import StockImport, StockRow, import_stock, read_stock_csv
from stocksync.tag_state import Condition
from tests.stocksync.shop import IDENTITY, Shop, epc_of, long_epc_of


def _read(text: str) -> list[StockRow]:
    return read_stock_csv(io.StringIO(text, newline=""), "tags.csv", IDENTITY.gln)


def test_rows_in_any_column_order_and_case() -> None:
    text = f"Zone,EPC\r\nfloor,{epc_of(1).lower()}\r\n\r\n backroom , {epc_of(2)} \r\n"

    assert _read(text) == [StockRow(epc_of(1), "floor"), StockRow(epc_of(2), "backroom")]


def test_every_bad_row_is_named_and_nothing_is_returned() -> None:
    rows = [
        f"{epc_of(1)},floor",
        "zz,floor",
        "E28011606000,floor",
        f"{epc_of(2)},",
        f"{epc_of(3)},a zone\u2013with a dash",
        f"{epc_of(4)}",
        f"{long_epc_of(1)},floor",
    ]

    with pytest.raises(StockImportError) as caught:
        _read("epc,zone\n" + "\n".join(rows))

    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        f"tags.csv, line {line}" for line in (3, 4, 5, 6, 7, 8)
    ]
    assert caught.value.problems[-1].endswith("the same item as in line 2")
    assert "and 3 more" in str(caught.value)


@pytest.mark.parametrize("text", ["", "epc\n30", "epc,zone,price\n", 'epc,zone\n"30,floor'])
def test_a_file_that_is_no_such_list(text: str) -> None:
    with pytest.raises(StockImportError, match=r"tags\.csv, line \d"):
        _read(text)


def test_an_import_stocks_each_tag_once(shop: Shop) -> None:
    rows = [StockRow(epc_of(serial), "floor") for serial in range(1, 51)]

    assert import_stock(shop.store, shop.writer, rows) == StockImport(50, 0, 0)
    assert import_stock(shop.store, shop.writer, rows) == StockImport(0, 50, 0)

    states = Ledger(shop.store).states([row.epc for row in rows])
    assert {(state.condition, state.zone) for state in states.values()} == {(Condition.PRESENT, "floor")}
    with shop.store.read() as connection:
        assert connection.execute("SELECT COUNT(*) FROM outbox").fetchone()[0] == 50


def test_what_moved_is_news_and_what_is_sold_stays_sold(shop: Shop) -> None:
    shop.stock(epc_of(1), epc_of(2), epc_of(3))
    shop.sell("K1-1", epc_of(2))
    rows = [StockRow(epc_of(1), "backroom"), StockRow(epc_of(2), "floor"), StockRow(epc_of(3), "floor")]

    assert import_stock(shop.store, shop.writer, rows) == StockImport(imported=1, known=1, sold=1)
    assert set(Ledger(shop.store).sold([epc_of(2)])) == {epc_of(2)}
    assert Ledger(shop.store).open_exceptions() == []


def test_an_import_that_cannot_be_written_leaves_nothing(shop: Shop) -> None:
    shop.store.write(lambda transaction: transaction.execute("DROP TABLE outbox"))

    with pytest.raises(sqlite3.OperationalError):
        import_stock(shop.store, shop.writer, [StockRow(epc_of(1), "floor")])

    assert Ledger(shop.store).states([epc_of(1)]) == {}
