"""The thirteen rules of crash safety, each by a fault. Their numbers are those of the project's notes on payments."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable

import pytest

from checkout.lane_model import Answered, Question
from checkout.money import Money
from checkout.tender import Attempt, Cancelled, Captured, Declined, NeverSeen, Outcome, Pending, Unknown
from checkout.terminals.demo_server import Behaviour, charges
from checkout.till import Till
from checkout.view import LaneView, Stage
from tests.checkout.shop_bench import ShopBench, bar, client_of, sock, step_until
from tests.checkout.till.scripted_terminal import ScriptedTerminal

PAID = Captured("T-1", "demo")


def at(*stages: Stage) -> Callable[[LaneView], bool]:
    return lambda view: view.stage in stages


def with_goods(bench: ShopBench, till: Till, *epcs: str) -> LaneView:
    bench.pad.tags = list(epcs or (sock(1), bar(2)))
    return step_until(till, lambda view: view.stage is Stage.BASKET and view.complete and view.terminal_up)


def paying(bench: ShopBench, till: Till, *epcs: str) -> LaneView:
    return till.pay(with_goods(bench, till, *epcs).quote)


def journalled(bench: ShopBench, kind: str) -> list[dict[str, object]]:
    return [json.loads(row["body"])["content"] for row in bench.rows("SELECT body FROM journal WHERE type = ?", kind)]


def events(bench: ShopBench) -> list[str]:
    return [row["kind"] for row in bench.rows("SELECT kind FROM payment_event ORDER BY seq")]


def test_rule_1_what_can_refuse_refuses_before_the_terminal_is_armed(bench: ShopBench) -> None:
    terminal = ScriptedTerminal()
    till = bench.till(terminal)
    view = with_goods(bench, till)

    # Another lane sells the sock after this shopper saw the total.
    bench.store.write(lambda transaction: transaction.execute("INSERT INTO books VALUES (?, 'R-9')", (sock(1),)))
    refused = till.pay(view.quote)

    assert refused.stage is Stage.BASKET
    assert "basket_changed" in refused.notices
    assert terminal.asked == []
    assert bench.rows("SELECT 1 FROM sale") == []


def test_rule_1_after_the_charge_nothing_refuses(bench: ShopBench) -> None:
    till = bench.till(ScriptedTerminal(start=[PAID]))
    bench.books.fault = ValueError("already out")

    paying(bench, till)
    view = step_until(till, at(Stage.RECEIPT))

    assert view.receipt is not None
    assert bench.states() == ["paid"]
    assert journalled(bench, "exception")[0]["reason"] == "not_booked_out"


def test_rule_2_the_attempt_is_on_disk_before_the_terminal_hears_of_it(bench: ShopBench) -> None:
    seen: list[tuple[Attempt, list[dict[str, object]]]] = []

    class Witness(ScriptedTerminal):
        def start(self, attempt: Attempt) -> Outcome:
            with sqlite3.connect(bench.path) as other:  # what a second process would find at this moment
                rows = other.execute(
                    "SELECT sale, amount_minor, currency FROM attempt WHERE attempt = ?", (attempt.attempt,)
                )
                seen.append((attempt, [dict(zip(("sale", "minor", "currency"), row, strict=True)) for row in rows]))
            other.close()
            return super().start(attempt)

    paying(bench, bench.till(Witness()))

    ((attempt, rows),) = seen
    assert rows == [{"sale": attempt.sale, "minor": 1404, "currency": "EUR"}]


def test_rule_2_a_disk_that_refuses_the_attempt_keeps_the_terminal_quiet(bench: ShopBench) -> None:
    terminal = ScriptedTerminal()
    till = bench.till(terminal)
    view = with_goods(bench, till)
    bench.store.write(
        lambda transaction: transaction.execute(
            "CREATE TRIGGER full BEFORE INSERT ON attempt BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    )

    refused = till.pay(view.quote)

    assert refused.stage is Stage.BASKET
    assert set(refused.notices) & {"terminal_busy", "store_trouble"}
    assert terminal.asked == []


def test_rule_3_one_attempt_is_open_per_terminal(bench: ShopBench) -> None:
    terminal = ScriptedTerminal()
    first, second = bench.till(terminal, "lane-1"), bench.till(terminal, "lane-2")
    with_goods(bench, second)
    paying(bench, first)

    refused = second.pay(with_goods(bench, second).quote)

    assert refused.stage is Stage.BASKET
    assert "terminal_busy" in refused.notices
    assert terminal.questions().count(Question.START) == 1


def test_rule_3_and_one_per_sale_however_often_pay_is_pressed(bench: ShopBench) -> None:
    terminal = ScriptedTerminal()
    till = bench.till(terminal)
    view = with_goods(bench, till)

    for _ in range(3):
        till.pay(view.quote)

    assert len(bench.rows("SELECT 1 FROM attempt")) == 1
    assert terminal.questions().count(Question.START) == 1


def test_rule_4_a_new_attempt_only_after_proof_and_under_a_new_key(bench: ShopBench) -> None:
    terminal = ScriptedTerminal(start=[Unknown("dropped"), Pending("present_card")])
    till = bench.till(terminal)
    view = paying(bench, till)
    step_until(till, at(Stage.PAYMENT_UNKNOWN))

    assert till.pay(view.quote).stage is Stage.PAYMENT_UNKNOWN  # nobody may pay again now
    terminal.will(Question.LOOKUP, NeverSeen())
    terminal.will(Question.CANCEL, NeverSeen())
    failed = step_until(till, at(Stage.PAYMENT_FAILED))
    till.pay(failed.quote)

    first, second = (attempt for question, attempt in terminal.asked if question is Question.START)
    assert (first.sale, first.amount) == (second.sale, second.amount)
    assert (first.n, second.n) == (1, 2)
    assert first.attempt != second.attempt


def test_rule_4_never_seen_is_no_proof_before_the_cancel_barred_a_late_start(bench: ShopBench) -> None:
    terminal = ScriptedTerminal(
        start=[Unknown("still on its way")], lookup=[NeverSeen()], cancel=[Pending("present_card")], poll=[PAID]
    )
    till = bench.till(terminal)

    paying(bench, till)
    step_until(till, at(Stage.RECEIPT))  # the start did arrive after all

    assert Question.CANCEL in terminal.questions()
    assert bench.states() == ["fulfilled"]


@pytest.mark.parametrize("question", [Question.START, Question.POLL], ids=str)
def test_rule_5_silence_is_unknown_and_shown_as_such(bench: ShopBench, question: Question) -> None:
    terminal = ScriptedTerminal()
    terminal.will(question, Unknown("timed out"))
    till = bench.till(terminal)

    paying(bench, till)
    view = step_until(till, at(Stage.PAYMENT_UNKNOWN))

    assert bench.states() == ["unknown"]
    assert view.payment is not None
    assert (view.payment.code, view.terminal_up) == ("unknown", False)
    terminal.will(Question.LOOKUP, PAID)
    step_until(till, at(Stage.RECEIPT))
    assert bench.states() == ["fulfilled"]


def test_rule_5_a_line_that_came_back_goes_on_with_the_same_attempt(bench: ShopBench) -> None:
    terminal = ScriptedTerminal(poll=[Unknown("timed out"), Pending("working")], lookup=[Pending("present_card")])
    till = bench.till(terminal)
    paying(bench, till)
    step_until(till, at(Stage.PAYMENT_UNKNOWN))

    step_until(till, at(Stage.PAYING))
    assert bench.states() == ["paying"]
    assert events(bench) == ["requested", "unknown", "resumed"]
    terminal.will(Question.POLL, PAID)
    step_until(till, at(Stage.RECEIPT))

    assert terminal.questions().count(Question.START) == 1


def test_rule_5_look_ups_slow_down(bench: ShopBench) -> None:
    terminal = ScriptedTerminal(start=[Unknown("dropped")])
    till = bench.till(terminal)
    paying(bench, till)

    began_s = bench.clock.now_s
    while bench.clock.now_s - began_s < 60:
        till.step(0.0)

    assert 6 <= terminal.questions().count(Question.LOOKUP) <= 9


def test_rule_6_an_answer_for_another_attempt_changes_nothing(bench: ShopBench) -> None:
    terminal = ScriptedTerminal()
    till = bench.till(terminal)
    before = paying(bench, till)

    foreign = Attempt("01OTHER", before.sale, 1, Money(1404, "EUR"))
    till._apply(Answered(Question.POLL, foreign, Declined("declined")))

    assert till.step(0.0).stage is Stage.PAYING
    assert bench.states() == ["paying"]


def test_rule_7_doubled_and_late_messages_change_nothing(bench: ShopBench) -> None:
    terminal = ScriptedTerminal(start=[PAID])
    till = bench.till(terminal)
    paying(bench, till)
    step_until(till, at(Stage.RECEIPT))
    ((_, attempt),) = terminal.asked

    for outcome in (PAID, Declined("late"), Cancelled(), Unknown("late"), PAID):
        till._apply(Answered(Question.POLL, attempt, outcome))

    assert till.step(0.0).stage is Stage.RECEIPT
    assert bench.states() == ["fulfilled"]
    assert bench.taken_minor() == 1404
    assert journalled(bench, "exception") == []


def test_rule_8_an_approval_after_the_cancel_is_given_back(bench: ShopBench) -> None:
    with bench.terminal_server(behaviour=Behaviour.APPROVE_AFTER_CANCEL) as server:
        till = bench.till(client_of(server))
        paying(bench, till)
        assert till.cancel_payment().stage is Stage.PAYING  # a wish, not an end
        view = step_until(till, at(Stage.PAYMENT_FAILED))

    assert view.payment is not None
    assert view.payment.code == "cancelled"
    assert [charge.is_reversed for charge in charges(bench.ledger_path)] == [True]
    assert events(bench) == ["requested", "cancel_requested", "captured", "reversal_requested", "reversed"]
    assert journalled(bench, "reversal")[0]["amount_minor"] == 1404
    assert bench.taken_minor() == 0
    assert bench.states() == ["frozen"]


def test_rule_8_a_reversal_that_fails_is_repeated_and_staff_are_called(bench: ShopBench) -> None:
    terminal = ScriptedTerminal(cancel=[PAID])
    till = bench.till(terminal)
    paying(bench, till)
    till.cancel_payment()

    step_until(till, at(Stage.PAYMENT_UNKNOWN))
    assert bench.states() == ["unknown"]
    terminal.will(Question.REVERSE, Cancelled())
    step_until(till, at(Stage.PAYMENT_FAILED))

    assert bench.taken_minor() == 0
    assert len(journalled(bench, "reversal")) == 1


@pytest.mark.parametrize("outcome", [Pending("working"), Unknown("?")], ids=["authorised, not yet captured", "unknown"])
def test_rule_9_paid_only_when_the_terminal_says_captured(bench: ShopBench, outcome: Outcome) -> None:
    till = bench.till(ScriptedTerminal(start=[outcome], poll=[outcome]))
    paying(bench, till)

    for _ in range(50):
        till.step(0.0)

    assert bench.sales() == []
    assert bench.taken_minor() == 0


def test_rule_10_all_of_a_sale_or_nothing_of_it(bench: ShopBench) -> None:
    till = bench.till(ScriptedTerminal(start=[PAID]))
    view = with_goods(bench, till)
    error = sqlite3.OperationalError("database or disk is full")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    bench.books.fault = error

    till.pay(view.quote)
    for _ in range(30):
        stuck = till.step(0.0)

    assert stuck.stage is Stage.PAYING
    assert "store_trouble" in stuck.notices
    assert 3 <= bench.books.writes <= 4  # three seconds: tried again, not hammered
    assert [bench.rows(f"SELECT 1 FROM {table}") for table in ("books", "receipt", "sale_line")] == [[], [], []]
    assert journalled(bench, "sale") == []
    bench.books.fault = None
    step_until(till, at(Stage.RECEIPT))
    assert bench.states() == ["fulfilled"]


def test_rule_10_while_the_disk_refuses_no_other_answer_changes_the_captured_sale(bench: ShopBench) -> None:
    terminal = ScriptedTerminal(start=[PAID])
    till = bench.till(terminal)
    view = with_goods(bench, till)
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    bench.books.fault = error
    till.pay(view.quote)
    till.step(0.0)
    ((_, attempt),) = terminal.asked

    for outcome in (Declined("late"), Cancelled(), NeverSeen(), Unknown("late"), Pending("late")):
        till._apply(Answered(Question.POLL, attempt, outcome))
    bench.books.fault = None

    assert step_until(till, at(Stage.RECEIPT)).total_minor == 1404
    assert bench.taken_minor() == 1404


def test_rule_11_a_refused_move_closes_the_lane_instead_of_rewriting_history(bench: ShopBench) -> None:
    terminal = ScriptedTerminal()
    till = bench.till(terminal)
    paying(bench, till)
    ((_, attempt),) = terminal.asked
    bench.settlement.release(attempt, Cancelled())  # a second process with a newer state of the same store

    terminal.will(Question.POLL, PAID)
    view = step_until(till, at(Stage.CLOSED))

    assert view.notices == ("needs_staff",)
    assert bench.states() == ["frozen"]


@pytest.mark.parametrize(
    ("found", "state", "stage"),
    [
        (PAID, "fulfilled", Stage.RECEIPT),
        (Declined("no money"), "voided", Stage.ATTRACT),
        (Cancelled(), "voided", Stage.ATTRACT),
        (NeverSeen(), "voided", Stage.ATTRACT),
    ],
    ids=["captured", "declined", "cancelled", "never seen"],
)
def test_rule_12_a_restart_looks_up_before_it_serves(
    bench: ShopBench, found: Outcome, state: str, stage: Stage
) -> None:
    paying(bench, bench.till(ScriptedTerminal()))
    bench.open_store()
    terminal = ScriptedTerminal()
    till = bench.till(terminal)
    bench.pad.tags = [sock(7)]  # the next shopper is there already

    for _ in range(20):
        view = till.step(0.0)
        assert (view.stage, view.notices, view.lines) == (Stage.CLOSED, ("recovering",), ())
    assert till.pay("anything").stage is Stage.CLOSED

    bench.pad.tags = []
    terminal.will(Question.LOOKUP, found)
    terminal.will(Question.CANCEL, Cancelled())
    view = step_until(till, lambda view: view.stage is not Stage.CLOSED)

    assert view.stage is stage
    assert bench.states() == [state]
    if stage is Stage.RECEIPT:
        assert view.total_minor == 1404  # the frozen quote, from the disk


def test_rule_12_an_attempt_at_a_terminal_that_is_gone_waits_for_staff(bench: ShopBench) -> None:
    paying(bench, bench.till(ScriptedTerminal(), terminal_name="terminal-old"))
    bench.open_store()
    terminal = ScriptedTerminal(lookup=[NeverSeen()])
    till = bench.till(terminal, terminal_name="terminal-new")

    for _ in range(50):
        till.step(0.0)
    assert till.view().stage is Stage.CLOSED
    assert terminal.asked == []

    assert till.resolve_unknown(False, " ", "slip").stage is Stage.CLOSED  # without a name nothing is decided
    assert till.resolve_unknown(False, "anna", "slip 4: no payment").stage is Stage.ATTRACT
    assert bench.states() == ["voided"]
    assert journalled(bench, "decision")[0]["evidence"] == "slip 4: no payment"


@pytest.mark.parametrize("is_paid", [True, False], ids=["paid", "not paid"])
def test_rule_12_staff_decide_with_name_and_evidence(bench: ShopBench, is_paid: bool) -> None:
    till = bench.till(ScriptedTerminal(start=[Unknown("dropped")]))
    paying(bench, till)
    step_until(till, at(Stage.PAYMENT_UNKNOWN))

    till.resolve_unknown(is_paid, "anna", "slip 5")
    view = till.step(0.0)

    assert view.stage is (Stage.RECEIPT if is_paid else Stage.BASKET)
    assert bench.states() == ["fulfilled" if is_paid else "voided"]
    assert journalled(bench, "decision")[0]["paid"] is is_paid


def test_rule_12_money_that_shows_up_after_staff_said_no_is_written_down(bench: ShopBench) -> None:
    terminal = ScriptedTerminal(start=[Unknown("dropped")])
    till = bench.till(terminal)
    paying(bench, till)
    step_until(till, at(Stage.PAYMENT_UNKNOWN))

    terminal.will(Question.CANCEL, PAID)
    till.resolve_unknown(False, "anna", "no slip")
    till.step(0.0)

    assert journalled(bench, "exception")[0]["reason"] == "captured_after_close"
    assert bench.states() == ["voided"]


def test_rule_13_an_armed_terminal_without_its_shopper_is_disarmed(bench: ShopBench) -> None:
    terminal = ScriptedTerminal(cancel=[Cancelled()])
    till = bench.till(terminal)
    paying(bench, till)
    began_s = bench.clock.now_s

    bench.pad.tags = []  # the shopper walks off
    step_until(till, lambda view: view.stage is not Stage.PAYING, turns=3000)

    assert 179 <= bench.clock.now_s - began_s <= 182
    assert Question.CANCEL in terminal.questions()
    assert step_until(till, at(Stage.ATTRACT)).lines == ()
    assert bench.states() == ["voided"]


def test_rule_13_what_comes_after_the_commit_cannot_undo_a_sale(bench: ShopBench) -> None:
    """Screen, receipt upload, gate: none is asked before the sale is on disk, and their absence changes nothing."""
    till = bench.till(ScriptedTerminal(start=[PAID]))
    paying(bench, till)  # nobody fetches a view any more, no page is open

    assert bench.states() == ["fulfilled"] or till.step(0.0).stage is Stage.RECEIPT
    assert bench.states() == ["fulfilled"]
    assert bench.rows("SELECT is_uploaded FROM receipt") == [{"is_uploaded": 0}]
