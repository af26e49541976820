"""A lane that runs, on a real disk and the real demo terminal: the walk, and what disturbs it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace

import pytest

from checkout.catalogue import Catalogue
from checkout.lane_model import Question
from checkout.port import SoldIn
from checkout.pricing import parse_promotions
from checkout.tender import Attempt, Captured, Declined, Outcome, Pending
from checkout.terminals.demo_server import Behaviour, charges
from checkout.till import Till
from checkout.view import LaneView, LineKind, Stage
from kiosk_ui.port import KioskLane
from tests.checkout.shop_bench import CATALOGUE, SOCK, Books, ShopBench, bar, client_of, sock, step_until
from tests.checkout.till.scripted_terminal import ScriptedTerminal

PAID = Captured("T-1", "demo")


def at(*stages: Stage) -> Callable[[LaneView], bool]:
    return lambda view: view.stage in stages


def is_payable(view: LaneView) -> bool:
    return view.stage is Stage.BASKET and view.complete and view.terminal_up


def test_the_whole_walk(bench: ShopBench) -> None:
    with bench.terminal_server() as server:
        till = bench.till(client_of(server))
        as_pages_see_it: KioskLane = till  # mypy holds the till against the pages' port
        assert as_pages_see_it.view().stage is Stage.CLOSED
        assert step_until(till, at(Stage.ATTRACT)).lines == ()

        bench.pad.tags = [sock(1), bar(2)]
        view = step_until(till, is_payable)
        assert [(line.name, line.gross_minor) for line in view.lines] == [("Trail Sock", 1190), ("Oat Bar", 214)]
        assert (view.count, view.total_minor, view.currency) == (2, 1404, "EUR")
        assert [(tax.rate, tax.tax_minor) for tax in view.tax] == [("0.07", 14), ("0.19", 190)]

        view = till.pay(view.quote)
        assert (view.stage, view.total_minor) == (Stage.PAYING, 1404)
        step_until(till, lambda view: view.payment is not None and view.payment.code == "present_card")
        server.answer({"op": "card"})
        view = step_until(till, at(Stage.RECEIPT))

        assert view.receipt is not None
        assert view.receipt.number == "s12-lane-1-1"
        assert view.receipt.url == f"https://central.example/receipts/{view.receipt.token}"
        assert till.finish().stage is Stage.THANKS
        view = step_until(till, at(Stage.ATTRACT))
        assert (view.lines, view.receipt, view.sale) == ((), None, "")
        view = step_until(till, lambda view: view.notices == ("goods_on_pad",))
        assert view.stage is Stage.ATTRACT
        assert [(line.epc, line.kind, line.name) for line in view.lines] == [
            (sock(1), LineKind.SOLD, "Trail Sock"),
            (bar(2), LineKind.SOLD, "Oat Bar"),
        ]

    assert [charge.amount_minor for charge in charges(bench.ledger_path)] == [1404]
    assert bench.journal().is_sound


def test_items_vanish_when_they_are_taken_out_and_the_quote_with_them(bench: ShopBench) -> None:
    till = bench.till(ScriptedTerminal())
    bench.pad.tags = [sock(1), bar(2)]
    before = step_until(till, is_payable)

    bench.pad.tags = [sock(1)]
    after = step_until(till, lambda view: view.count == 1 and view.complete)

    assert after.total_minor == 1190
    assert after.quote != before.quote
    assert till.pay(before.quote).stage is Stage.BASKET


def test_sold_and_foreign_goods_are_listed_and_never_charged(bench: ShopBench) -> None:
    bench.store.write(lambda transaction: transaction.execute("INSERT INTO books VALUES (?, 'R-9')", (sock(5),)))
    till = bench.till(ScriptedTerminal(start=[PAID]))
    foreign = "3034257BF7194E4000001A85"
    bench.pad.tags = [sock(1), sock(5), foreign]
    view = step_until(till, lambda view: is_payable(view) and len(view.lines) == 3)

    assert {line.epc: line.kind for line in view.lines} == {
        sock(1): LineKind.SALE,
        sock(5): LineKind.SOLD,
        foreign: LineKind.FOREIGN,
    }
    assert (view.count, view.total_minor) == (1, 1190)
    till.pay(view.quote)
    step_until(till, at(Stage.RECEIPT))
    assert [row["epc"] for row in bench.rows("SELECT epc FROM sale_line")] == [sock(1)]


def test_what_is_laid_beside_paid_goods_becomes_a_bill_of_its_own(bench: ShopBench) -> None:
    till = bench.till(ScriptedTerminal(start=[PAID, PAID]))
    bench.pad.tags = [sock(1)]
    till.pay(step_until(till, is_payable).quote)
    step_until(till, at(Stage.RECEIPT))

    bench.pad.tags = [sock(1), bar(2)]
    view = step_until(till, lambda view: view.notices == ("not_paid",))
    assert (view.stage, view.total_minor) == (Stage.RECEIPT, 1190)
    view = step_until(till, is_payable)
    assert [(line.epc, line.kind) for line in view.lines] == [(bar(2), LineKind.SALE), (sock(1), LineKind.SOLD)]
    till.pay(view.quote)
    step_until(till, at(Stage.RECEIPT))

    assert sorted(row["epc"] for row in bench.rows("SELECT epc FROM sale_line")) == sorted([sock(1), bar(2)])
    assert bench.taken_minor() == 1404


def test_a_paid_item_that_is_taken_back_while_it_lies_there_begins_a_basket(bench: ShopBench) -> None:
    bench.store.write(lambda transaction: transaction.execute("INSERT INTO books VALUES (?, 'R-9')", (sock(5),)))
    till = bench.till(ScriptedTerminal())
    bench.pad.tags = [sock(5)]
    view = step_until(till, lambda view: view.lines != ())
    assert (view.stage, view.lines[0].kind, view.notices) == (Stage.ATTRACT, LineKind.SOLD, ("goods_on_pad",))
    for _ in range(100):
        assert till.step(0.0).stage is Stage.ATTRACT

    bench.store.write(lambda transaction: transaction.execute("DELETE FROM books"))
    assert step_until(till, is_payable).total_minor == 1190


def test_promotions_count_in_the_bill(bench: ShopBench) -> None:
    promotions = parse_promotions(
        [{"type": "cheapest_free", "for_every": 3, "free": 1, "select": {"groups": ["socks"]}, "name": "3 for 2"}]
    )
    till = bench.till(ScriptedTerminal(start=[PAID]), promotions=lambda: promotions)
    bench.pad.tags = [sock(1), sock(2), sock(3)]

    view = step_until(till, lambda view: is_payable(view) and view.count == 3)

    assert (view.total_minor, view.discount_minor) == (2380, 1190)
    till.pay(view.quote)
    receipt = step_until(till, at(Stage.RECEIPT))
    assert receipt.total_minor == 2380
    assert bench.taken_minor() == 2380


def test_a_new_price_counts_from_its_import_and_needs_the_shoppers_consent(bench: ShopBench) -> None:
    catalogues = [CATALOGUE]
    till = bench.till(ScriptedTerminal(), catalogue=lambda: catalogues[-1])
    bench.pad.tags = [sock(1)]
    view = step_until(till, is_payable)

    catalogues.append(Catalogue.of([replace(SOCK, price_minor=1490)], 2))
    refused = till.pay(view.quote)

    assert (refused.stage, refused.total_minor) == (Stage.BASKET, 1490)
    assert "basket_changed" in refused.notices
    assert till.pay(refused.quote).stage is Stage.PAYING


def test_a_price_in_another_currency_stops_the_sale_not_the_lane(bench: ShopBench) -> None:
    catalogues = [Catalogue.of([replace(SOCK, currency="CHF")], 2)]
    till = bench.till(ScriptedTerminal(), catalogue=lambda: catalogues[-1])
    bench.pad.tags = [sock(1)]
    view = step_until(till, lambda view: view.notices == ("price_trouble",))

    assert till.pay(view.quote).stage is Stage.BASKET
    catalogues.append(CATALOGUE)
    assert step_until(till, is_payable).total_minor == 1190


def test_a_reader_that_is_away_is_shown_and_holds_nothing_against_the_goods(bench: ShopBench) -> None:
    till = bench.till(ScriptedTerminal())
    bench.pad.tags = [sock(1), bar(2)]
    before = step_until(till, is_payable)

    bench.pad.is_up = False
    away = step_until(till, lambda view: not view.reader_up)
    assert till.pay(away.quote).stage is Stage.BASKET
    for _ in range(100):
        till.step(0.0)
    bench.pad.is_up = True
    back = step_until(till, lambda view: view.reader_up and is_payable(view))

    assert (back.quote, back.count) == (before.quote, 2)


def test_a_terminal_that_is_away_is_shown_and_nobody_can_pay(bench: ShopBench) -> None:
    with bench.terminal_server(behaviour=Behaviour.OFFLINE) as server:
        till = bench.till(client_of(server))
        bench.pad.tags = [sock(1)]
        view = step_until(till, lambda view: view.stage is Stage.BASKET and view.complete)
        assert not view.terminal_up
        assert till.pay(view.quote).stage is Stage.BASKET

        server.behaviour = Behaviour.APPROVE
        assert till.pay(step_until(till, is_payable).quote).stage is Stage.PAYING


def test_the_terminal_worker_that_throws_leaves_the_payment_unknown(bench: ShopBench) -> None:
    class Broken(ScriptedTerminal):
        def start(self, attempt: Attempt) -> Outcome:
            raise RuntimeError("a fault in the adapter")

    till = bench.till(Broken())
    bench.pad.tags = [sock(1)]
    till.pay(step_until(till, is_payable).quote)

    step_until(till, at(Stage.PAYMENT_UNKNOWN))
    assert bench.states() == ["unknown"]


def test_a_slow_terminal_never_stops_the_reading(bench: ShopBench) -> None:
    answers = threading.Event()

    class Slow(ScriptedTerminal):
        def start(self, attempt: Attempt) -> Outcome:
            assert answers.wait(30)
            return PAID

    till = bench.till(Slow(), executor=None)
    try:
        bench.pad.tags = [sock(1)]
        deadline_s = time.monotonic() + 30
        while not is_payable(view := till.step(0.0)) and time.monotonic() < deadline_s:
            pass
        till.pay(view.quote)
        bench.pad.tags = [sock(1), bar(2)]
        step_until(till, lambda view: view.stage is Stage.PAYING and view.notices == ("late_item",))
        answers.set()
        while till.step(0.0).stage is not Stage.RECEIPT and time.monotonic() < deadline_s:
            pass
        assert till.view().stage is Stage.RECEIPT
        assert till.view().total_minor == 1190
    finally:
        answers.set()
        till.close()


def test_the_revision_rises_with_every_change_and_across_a_restart(bench: ShopBench) -> None:
    till = bench.till(ScriptedTerminal())
    seen = [till.view()]
    bench.pad.tags = [sock(1), bar(2)]
    for _ in range(40):
        if (view := till.step(0.0)) is not seen[-1]:
            seen.append(view)
    assert [view.revision for view in seen] == sorted({view.revision for view in seen})
    assert len(seen) > 3

    bench.open_store()
    assert bench.till(ScriptedTerminal()).view().revision > seen[-1].revision


def test_a_page_that_waits_is_woken_by_the_change(bench: ShopBench) -> None:
    till = bench.till(ScriptedTerminal())
    before = step_until(till, at(Stage.ATTRACT))
    assert till.wait(before.revision, 0.0) is before
    assert till.wait(before.revision - 1, 30.0) is before

    woken: list[LaneView] = []
    page = threading.Thread(target=lambda: woken.append(till.wait(before.revision, 30.0)))
    page.start()
    till.call_help(True)
    page.join(30)

    assert [view.help_called for view in woken] == [True]
    assert not till.call_help(False).help_called


@pytest.mark.parametrize("button", ["cancel_payment", "back", "finish"])
def test_a_button_that_does_not_fit_the_stage_changes_nothing(bench: ShopBench, button: str) -> None:
    till = bench.till(ScriptedTerminal())
    bench.pad.tags = [sock(1)]
    before = step_until(till, is_payable)

    assert getattr(till, button)() is before
    assert till.resolve_unknown(True, "anna", "slip") is before


def test_after_a_decline_back_shows_the_basket_and_the_sale_goes_on(bench: ShopBench) -> None:
    till = bench.till(ScriptedTerminal(start=[Declined("declined"), PAID]))
    bench.pad.tags = [sock(1)]
    till.pay(step_until(till, is_payable).quote)
    step_until(till, at(Stage.PAYMENT_FAILED))

    view = till.back()
    assert (view.stage, bench.states()) == (Stage.BASKET, ["open"])
    till.pay(view.quote)
    step_until(till, at(Stage.RECEIPT))

    assert bench.states() == ["fulfilled"]
    assert [row["n"] for row in bench.rows("SELECT n FROM attempt ORDER BY n")] == [1, 2]


def test_the_evidence_of_a_sale_says_why_each_tag_is_on_the_bill(bench: ShopBench) -> None:
    till = bench.till(ScriptedTerminal(start=[PAID]))
    bench.pad.tags = [sock(1), bar(2)]
    till.pay(step_until(till, is_payable).quote)
    step_until(till, at(Stage.RECEIPT))

    (row,) = bench.rows("SELECT body FROM evidence")
    evidence = json.loads(row["body"])
    assert evidence["basket"]["epcs"] == [sock(1), bar(2)]
    assert {tag["epc"]: tag["place"] for tag in evidence["tags"]} == {sock(1): "in", bar(2): "in"}
    assert "accept_score" in evidence["rule"]


class FailsOnce:
    """Books that cannot be opened the first time."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._has_failed = False

    def sold(self, epcs: Collection[str]) -> Mapping[str, SoldIn]:
        if not self._has_failed:
            self._has_failed = True
            raise RuntimeError("once")
        return self._books.sold(epcs)


def test_run_serves_until_it_is_stopped_and_survives_a_fault(bench: ShopBench) -> None:
    till: Till = bench.till(ScriptedTerminal(start=[PAID]), ledger=FailsOnce(bench.books))
    bench.pad.tags = [sock(1)]
    stop = threading.Event()
    lane = threading.Thread(target=till.run, args=(stop,))
    lane.start()
    try:
        view = till.view()
        deadline_s = time.monotonic() + 30
        while view.stage is not Stage.RECEIPT and time.monotonic() < deadline_s:
            view = till.wait(view.revision, 5.0)
            if is_payable(view):
                till.pay(view.quote)
        assert view.stage is Stage.RECEIPT
    finally:
        stop.set()
        lane.join(30)
    assert not lane.is_alive()


def test_polls_keep_a_sane_rate(bench: ShopBench) -> None:
    terminal = ScriptedTerminal(poll=[Pending("present_card")])
    till = bench.till(terminal)
    bench.pad.tags = [sock(1)]
    till.pay(step_until(till, is_payable).quote)

    for _ in range(100):  # ten seconds
        till.step(0.0)

    assert 20 <= terminal.questions().count(Question.POLL) <= 35


class _LedgerThatBreaks:
    """The books, until they cannot be read."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.is_broken = False

    def sold(self, epcs: Collection[str]) -> Mapping[str, SoldIn]:
        if self.is_broken:
            raise OSError("the books cannot be read")
        return self._books.sold(epcs)


def test_goods_that_cannot_be_looked_up_do_not_hold_up_the_payment(bench: ShopBench) -> None:
    ledger = _LedgerThatBreaks(bench.books)
    terminal = ScriptedTerminal()
    till = bench.till(terminal, ledger=ledger)
    bench.pad.tags = [sock(1)]
    view = step_until(till, is_payable)
    assert till.pay(view.quote).stage is Stage.PAYING

    ledger.is_broken = True
    terminal.will(Question.START, PAID)
    terminal.will(Question.POLL, PAID)
    for _ in range(20):
        with suppress(OSError):  # `run` logs it and goes on
            till.step(0.0)

    assert till.view().stage is Stage.RECEIPT
    assert bench.taken_minor() == 1190
