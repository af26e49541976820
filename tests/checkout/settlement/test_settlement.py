"""A sale on disk: what is written, when, and what is refused."""

from __future__ import annotations

import json
import sqlite3

import pytest

from checkout.errors import IllegalMoveError
from checkout.journal import JournalKind
from checkout.sale import Decision
from checkout.tender import Attempt, Cancelled, Captured, Declined, NeverSeen
from tests.checkout.shop_bench import ShopBench, bar, quote_for, sock

PAID = Captured("T-1", "demo")


def armed(bench: ShopBench, *epcs: str, sale: str | None = None, terminal: str = "terminal-1") -> Attempt:
    return bench.settlement.arm("lane-1", terminal, quote_for(*(epcs or (sock(1), bar(2)))), sale)


def journalled(bench: ShopBench, kind: JournalKind) -> list[dict[str, object]]:
    return [json.loads(row["body"]) for row in bench.rows("SELECT body FROM journal WHERE type = ?", kind)]


def test_an_armed_attempt_is_on_disk_with_its_frozen_quote(bench: ShopBench) -> None:
    attempt = armed(bench)

    bench.open_store()
    (found,) = bench.settlement.open_attempts("lane-1")

    assert found.attempt == attempt
    assert found.quote == quote_for(sock(1), bar(2))
    assert found.attempt.amount.minor == 1404
    assert bench.states() == ["paying"]


def test_settling_writes_all_of_a_sale(bench: ShopBench) -> None:
    attempt = armed(bench)

    receipt = bench.settlement.settle(attempt, PAID)

    (sale,) = bench.sales()
    lines = bench.rows("SELECT * FROM sale_line ORDER BY position")
    (record,) = journalled(bench, JournalKind.SALE)
    assert sale["state"] == "fulfilled"
    assert sale["number"] == receipt.number == "s12-lane-1-1"
    assert [(line["epc"], line["gross_minor"], line["tax_rate"]) for line in lines] == [
        (sock(1), 1190, "0.19"),
        (bar(2), 214, "0.07"),
    ]
    assert record["seq"] == sale["journal_seq"]
    assert record["turnover_minor"] == bench.taken_minor() == 1404
    assert bench.rows("SELECT * FROM books") == [
        {"epc": sock(1), "document": receipt.number},
        {"epc": bar(2), "document": receipt.number},
    ]
    assert bench.settlement.open_attempts("lane-1") == []


def test_settling_twice_changes_nothing(bench: ShopBench) -> None:
    attempt = armed(bench)
    first = bench.settlement.settle(attempt, PAID)
    before = bench.rows("SELECT * FROM sale_move")

    assert bench.settlement.settle(attempt, Captured("another")) == first
    assert bench.rows("SELECT * FROM sale_move") == before
    assert len(bench.rows("SELECT * FROM books")) == 2
    assert bench.journal().sales == 1


def test_what_fails_while_settling_leaves_no_trace_but_the_open_attempt(bench: ShopBench) -> None:
    attempt = armed(bench)
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    bench.books.fault = error

    with pytest.raises(sqlite3.OperationalError):
        bench.settlement.settle(attempt, PAID)

    assert bench.states() == ["paying"]
    assert bench.rows("SELECT * FROM books") == bench.rows("SELECT * FROM receipt") == []
    bench.books.fault = None
    bench.settlement.settle(attempt, PAID)
    assert bench.states() == ["fulfilled"]


def test_goods_that_cannot_be_booked_out_do_not_refuse_a_paid_sale(bench: ShopBench) -> None:
    attempt = armed(bench)
    bench.books.fault = ValueError("this tag went out an hour ago")

    receipt = bench.settlement.settle(attempt, PAID)

    assert bench.states() == ["paid"]
    assert receipt.number == "s12-lane-1-1"
    assert bench.rows("SELECT * FROM books") == []
    (exception,) = journalled(bench, JournalKind.EXCEPTION)
    assert exception["content"] == {"sale": attempt.sale, "reason": "not_booked_out", "error": "ValueError"}

    bench.settlement.fulfil_paid()
    assert bench.states() == ["paid"]
    assert len(journalled(bench, JournalKind.EXCEPTION)) == 1

    bench.books.fault = None
    bench.settlement.fulfil_paid()
    assert bench.states() == ["fulfilled"]
    assert len(bench.rows("SELECT * FROM books")) == 2


def test_one_attempt_is_open_per_terminal_and_per_sale(bench: ShopBench) -> None:
    first = armed(bench)

    with pytest.raises(IllegalMoveError):
        armed(bench, sock(9))
    with pytest.raises(IllegalMoveError):
        armed(bench, sale=first.sale, terminal="terminal-2")
    assert len(bench.rows("SELECT * FROM sale")) == 1  # the refused one left nothing behind


@pytest.mark.parametrize(
    ("outcome", "event"),
    [(Declined("no_money"), "declined"), (Cancelled(), "cancelled"), (NeverSeen(), "never_seen")],
    ids=["declined", "cancelled", "never seen"],
)
def test_an_attempt_proven_without_money_frees_the_sale(
    bench: ShopBench, outcome: Declined | Cancelled | NeverSeen, event: str
) -> None:
    first = armed(bench)
    bench.settlement.release(first, outcome)
    bench.settlement.release(first, outcome)

    second = armed(bench, sale=first.sale)

    assert (second.sale, second.n) == (first.sale, 2)
    assert second.attempt != first.attempt
    assert bench.taken_minor() == 0
    assert [row["kind"] for row in bench.rows("SELECT kind FROM payment_event ORDER BY seq")] == [
        "requested",
        event,
        "requested",
    ]


def test_a_frozen_sale_is_paid_at_its_quote_and_no_other(bench: ShopBench) -> None:
    first = armed(bench)
    bench.settlement.release(first, Cancelled())

    with pytest.raises(IllegalMoveError, match="another quote"):
        armed(bench, sock(1), sale=first.sale)

    bench.settlement.reopen(first.sale)
    bench.settlement.reopen(first.sale)
    assert armed(bench, sock(1), sale=first.sale).amount.minor == 1190


def test_released_money_is_not_settled_any_more(bench: ShopBench) -> None:
    attempt = armed(bench)
    bench.settlement.release(attempt, Cancelled())

    with pytest.raises(IllegalMoveError):
        bench.settlement.settle(attempt, PAID)
    bench.settlement.record_stray_capture(attempt, PAID)
    bench.settlement.record_stray_capture(attempt, PAID)

    assert bench.states() == ["frozen"]
    assert bench.taken_minor() == 0
    assert len(journalled(bench, JournalKind.EXCEPTION)) == 1


def test_a_reversal_is_in_the_log_and_in_the_journal(bench: ShopBench) -> None:
    attempt = armed(bench)
    bench.settlement.request_cancel(attempt, "cancelled")
    bench.settlement.request_reversal(attempt, PAID)
    assert bench.taken_minor() == 1404
    (found,) = bench.settlement.open_attempts("lane-1")
    assert (found.is_cancel_requested, found.is_reversal_requested) == (True, True)

    bench.settlement.release(attempt, Cancelled())

    assert bench.taken_minor() == 0
    (record,) = journalled(bench, JournalKind.REVERSAL)
    assert record["turnover_minor"] == 0
    assert bench.states() == ["frozen"]


def test_only_a_person_voids_an_unknown_payment(bench: ShopBench) -> None:
    attempt = armed(bench)
    bench.settlement.lose(attempt, "line dropped")

    with pytest.raises(IllegalMoveError):
        bench.settlement.void(attempt.sale, "abandoned")
    bench.settlement.decide_unpaid(attempt, Decision("anna", "slip 7: declined"))

    assert bench.states() == ["voided"]
    (decision,) = journalled(bench, JournalKind.DECISION)
    assert decision["operator"] == "anna"
    content = decision["content"]
    assert isinstance(content, dict)
    assert (content["paid"], content["evidence"]) == (False, "slip 7: declined")


def test_a_person_can_vouch_for_the_money(bench: ShopBench) -> None:
    attempt = armed(bench)
    bench.settlement.lose(attempt, "line dropped")

    bench.settlement.settle(attempt, Captured("slip 8"), Decision("anna", "slip 8"))

    assert bench.states() == ["fulfilled"]
    assert bench.taken_minor() == 1404
    (record,) = journalled(bench, JournalKind.SALE)
    content = record["content"]
    assert isinstance(content, dict)
    assert content["tenders"][0]["kind"] == "manual"


def test_a_restart_voids_what_nobody_can_go_on_with(bench: ShopBench) -> None:
    released = armed(bench)
    bench.settlement.release(released, Cancelled())
    waiting = armed(bench, sock(5))
    bench.open_store()

    bench.settlement.void_unpaid("lane-1")
    bench.settlement.void_unpaid("lane-2")

    assert {row["sale"]: row["state"] for row in bench.rows("SELECT sale, state FROM sale")} == {
        released.sale: "voided",
        waiting.sale: "paying",
    }


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE sale SET state = 'frozen'",
        "UPDATE sale SET total_minor = 1",
        "UPDATE sale SET number = 'x'",
        "DELETE FROM sale",
        "UPDATE attempt SET is_open = 1",
        "DELETE FROM payment_event",
        "UPDATE payment_event SET amount_minor = 0",
        "INSERT OR REPLACE INTO payment_event SELECT * FROM payment_event LIMIT 1",
        "UPDATE journal SET body = '{}'",
        "DELETE FROM journal",
        "INSERT OR REPLACE INTO journal SELECT * FROM journal LIMIT 1",
        "DELETE FROM sale_move",
    ],
)
def test_the_database_itself_refuses_to_rewrite_history(bench: ShopBench, change: str) -> None:
    bench.settlement.settle(armed(bench), PAID)

    with pytest.raises(sqlite3.IntegrityError):
        bench.store.write(lambda transaction: transaction.execute(change))


def test_receipts_are_numbered_without_a_gap_over_all_lanes(bench: ShopBench) -> None:
    for lane, terminal in (("lane-1", "t1"), ("lane-2", "t2"), ("lane-1", "t1")):
        attempt = bench.settlement.arm(lane, terminal, quote_for(sock(1)))
        bench.settlement.settle(attempt, PAID)

    assert [row["number"] for row in bench.rows("SELECT number FROM receipt ORDER BY n")] == [
        "s12-lane-1-1",
        "s12-lane-2-2",
        "s12-lane-1-3",
    ]


def test_the_evidence_of_the_basket_is_kept_with_the_sale(bench: ShopBench) -> None:
    attempt = bench.settlement.arm("lane-1", "terminal-1", quote_for(sock(1)), evidence='{"tags":[]}')

    assert bench.rows("SELECT * FROM evidence") == [{"sale": attempt.sale, "body": '{"tags":[]}'}]
