from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from checkout.store import Store
from reader.model import TagRead
from stocksync import outbox
from stocksync.epcis.validation import problems_of_event
from stocksync.errors import StocktakeError
from stocksync.ledger import Ledger
from stocksync.stocktake.report import StocktakeReport
from stocksync.stocktake.stocktake import Stocktake
from stocksync.stocktake.variance import UnexpectedKind
from tests.stocksync.shop import GTIN, Shop, epc_of, long_epc_of, open_shop

_T = TypeVar("_T")
_OTHER_GTIN = "04012345000016"


def _stocktake(shop: Shop) -> Stocktake:
    return Stocktake(shop.store, shop.writer, lambda gtin: gtin == GTIN)


def _reads(epcs: Iterable[str], times: int = 3) -> list[TagRead]:
    return [TagRead(0, epc, 1, -60.0) for epc in epcs for _ in range(times)]


def _events(shop: Shop) -> list[dict[str, Any]]:
    with shop.store.read() as connection:
        rows = outbox.claim(connection, 10_000)
    events = [json.loads(row.body) for row in rows]
    assert [problem for event in events for problem in problems_of_event(event)] == []
    return events


def _counts(shop: Shop) -> list[dict[str, Any]]:
    return [event for event in _events(shop) if event["bizStep"] == "cycle_counting"]


def _serials(tags: Iterable[Any]) -> list[int]:
    return sorted(int(tag.tag_key.rpartition("/")[2]) for tag in tags)


def test_a_whole_count(shop: Shop) -> None:
    shop.stock(*(epc_of(serial) for serial in range(1, 21)))
    shop.stock(epc_of(30), zone="backroom")
    shop.sell("K1-1", epc_of(20))
    count = _stocktake(shop)
    assert count.progress() is None

    count.start("floor")
    seen = [*(epc_of(serial) for serial in range(1, 18)), epc_of(20), epc_of(30), epc_of(40)]
    foreign = [epc_of(1, _OTHER_GTIN), "E28011606000"]
    shop.clock.advance_s(60)
    count.feed(_reads([*seen, *foreign]))
    running = count.progress()
    assert running is not None
    assert (running.expected, running.found, running.strangers, running.reads) == (19, 17, 5, 66)
    report = count.finish()

    assert (report.expected, report.found, report.moved) == (19, 17, 0)
    assert _serials(report.missing) == [18, 19]
    assert {each.tag.epc: each.kind for each in report.unexpected} == {
        epc_of(20): UnexpectedKind.SOLD,
        epc_of(30): UnexpectedKind.ELSEWHERE,
        epc_of(40): UnexpectedKind.UNKNOWN,
        epc_of(1, _OTHER_GTIN): UnexpectedKind.FOREIGN,
        "E28011606000": UnexpectedKind.FOREIGN,
    }
    assert count.progress() is None
    assert count.report() == report


def test_central_is_told_of_each_tag_and_of_what_is_missing(shop: Shop) -> None:
    shop.stock(*(epc_of(serial) for serial in range(1, 6)))
    count = _stocktake(shop)
    count.start("floor")
    count.feed(_reads([epc_of(1), epc_of(2), long_epc_of(3), epc_of(9, _OTHER_GTIN)]))
    report = count.finish()

    *tags, summary = _counts(shop)

    assert {event["epcList"][0].rpartition("/")[2] for event in tags} == {"1", "2", "3"}
    assert {event["tagtill:count"] for event in (*tags, summary)} == {report.stocktake}
    assert summary["epcList"] == []
    assert [uri.rpartition("/")[2] for uri in summary["tagtill:missing"]] == ["4", "5"]
    assert (summary["tagtill:expected"], summary["tagtill:found"]) == (5, 3)
    seqs = [event["tagtill:seq"] for event in _events(shop)]
    assert seqs == list(range(1, len(seqs) + 1))


def test_what_is_sold_while_the_count_runs_is_neither_missing_nor_counted(shop: Shop) -> None:
    shop.stock(*(epc_of(serial) for serial in range(1, 6)))
    count = _stocktake(shop)
    count.start("floor")
    count.feed(_reads([epc_of(1), epc_of(2)]))
    shop.sell("K1-1", epc_of(2), epc_of(3))  # one was seen before, one was not
    shop.stock(epc_of(4), zone="backroom")
    report = count.finish()

    assert (report.found, report.moved, _serials(report.missing)) == (2, 2, [5])
    assert set(Ledger(shop.store).sold([epc_of(2), epc_of(3)])) == {epc_of(2), epc_of(3)}
    assert Ledger(shop.store).open_exceptions() == []
    *tags, _summary = _counts(shop)
    assert [event["epcList"][0].rpartition("/")[2] for event in tags] == ["1"]


def test_a_sold_tag_on_the_shelf_becomes_an_exception_and_no_stock(shop: Shop) -> None:
    shop.stock(epc_of(1))
    shop.sell("K1-1", epc_of(1))
    count = _stocktake(shop)
    count.start("floor")
    count.feed(_reads([epc_of(1)]))
    count.finish()

    assert [each.kind for each in Ledger(shop.store).open_exceptions()] == ["seen_after_sale"]
    assert set(Ledger(shop.store).sold([epc_of(1)])) == {epc_of(1)}


def test_an_unknown_item_that_was_found_is_stock_from_then_on(shop: Shop) -> None:
    count = _stocktake(shop)
    count.start("floor")
    count.feed(_reads([epc_of(7)]))
    count.finish()

    assert Ledger(shop.store).states([epc_of(7)])[epc_of(7)].zone == "floor"


def test_an_interrupted_sweep_goes_on_after_a_restart(shop: Shop) -> None:
    shop.stock(*(epc_of(serial) for serial in range(1, 1001)))
    first = _stocktake(shop)
    first.start("floor")
    for serial in range(1, 601, 50):
        shop.clock.advance_s(0.5)
        first.feed(_reads(epc_of(each) for each in range(serial, serial + 50)))
    shop.clock.advance_s(1.0)
    first.feed(_reads([epc_of(1)]))
    before = first.progress()

    second = _stocktake(shop)

    assert second.progress() == before
    second.feed(_reads(epc_of(serial) for serial in range(601, 1001)))
    report = second.finish()
    assert (report.found, report.missing) == (1000, ())
    assert report.reads == 3003


def test_one_count_at_a_time(shop: Shop) -> None:
    count = _stocktake(shop)
    with pytest.raises(StocktakeError, match="no count"):
        count.finish()
    count.feed(_reads([epc_of(1)]))  # a reader that reads while nobody counts
    other = _stocktake(shop)
    count.start("floor")

    for each in (count, other):
        with pytest.raises(StocktakeError, match="running"):
            each.start("backroom")

    count.finish()
    assert count.start("floor").found == 0


def test_a_report_survives_its_json(shop: Shop) -> None:
    shop.stock(epc_of(1), epc_of(2))
    count = _stocktake(shop)
    count.start("floor")
    shop.clock.advance_s(2)
    count.feed(_reads([epc_of(1), "E28011606000"]))
    report = count.finish()

    assert StocktakeReport.from_json(json.loads(json.dumps(report.to_json()))) == report
    assert report.to_json()["tags_per_s"] == 1.0


class _PowerCutError(Exception):
    pass


class _DyingStore(Store):
    """A store whose power is cut before its n-th write from now."""

    writes_left = 1_000_000

    def write(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        self.writes_left -= 1
        if self.writes_left < 0:
            raise _PowerCutError
        return super().write(work)


@pytest.mark.parametrize("writes", range(7))
def test_killed_at_any_step_of_the_finish_the_world_is_told_once(tmp_path: Path, writes: int) -> None:
    with open_shop(tmp_path) as shop:
        shop.stock(*(epc_of(serial) for serial in range(1, 1102)))
        with _DyingStore(shop.path) as dying:
            count = Stocktake(dying, shop.writer, lambda gtin: gtin == GTIN)
            count.start("floor")
            count.feed(_reads(epc_of(serial) for serial in range(1, 1101)))
            dying.writes_left = writes
            try:
                count.finish()
                died = False
            except _PowerCutError:
                died = True
        assert died == (writes < 6)  # keep, close, three chunks, summary

        again = _stocktake(shop)
        if again.progress() is not None:
            again.feed(_reads(epc_of(serial) for serial in range(1, 1101)))
            again.finish()

        *tags, summary = _counts(shop)
        assert sorted(int(event["epcList"][0].rpartition("/")[2]) for event in tags) == list(range(1, 1101))
        assert [uri.rpartition("/")[2] for uri in summary["tagtill:missing"]] == ["1101"]
        report = again.report()
        assert report is not None
        assert (report.found, len(report.missing)) == (1100, 1)
