"""The machine of a lane: its table, and what must hold whatever happens in whatever order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkout import lane_model as lane
from checkout.lane import advance, opened
from checkout.lane_view import view_of
from checkout.sale import Decision, Move, OpenAttempt, Receipt, SaleState, moved
from checkout.tender import Attempt, Cancelled, Captured, Declined, NeverSeen, Outcome, Pending, Unknown
from checkout.view import LineKind, LineView, Stage
from tests.checkout.shop_bench import bar, quote_for, sock

EMPTY = lane.Pad()
SOLD_LINE = LineView("A0", LineKind.SOLD)
SOLD_ONLY = lane.Pad((SOLD_LINE,), quote_for(), quote_for().hash(), has_sold=True)
WEAKLY_SOLD = lane.Pad(has_sold=True)  # worn clothes, or goods that are hardly heard
PAID = Captured("T-1")


def pad(*epcs: str, complete: bool = True) -> lane.Pad:
    quote = quote_for(*epcs)
    lines = tuple(LineView(line.epc, LineKind.SALE) for line in quote.lines)
    return lane.Pad(lines, quote, quote.hash(), complete)


def beside_the_paid(goods: lane.Pad) -> lane.Pad:
    return replace(goods, lines=(*goods.lines, SOLD_LINE), has_sold=True)


TWO, ONE = pad(sock(1), bar(2)), pad(sock(1))
RECEIPT = Receipt("s12-lane-1-1", "token", "https://x/token", {"sale": "sale-1"})


class Disk:
    """What settlement would do, by the same table of states; it refuses what settlement would refuse."""

    def __init__(self, found: OpenAttempt | None = None) -> None:
        self.sales: dict[str, SaleState] = {}
        self.open: Attempt | None = None
        self.cancel_requested = False
        self.settled: list[str] = []
        self.charged_after_cancel = 0
        self.counter = 0
        if found is not None:
            self.open = found.attempt
            self.sales[found.attempt.sale] = SaleState.PAYING
            self.cancel_requested = found.is_cancel_requested

    def _move(self, sale: str, move: Move) -> None:
        self.sales[sale] = moved(self.sales[sale], move)

    def perform(self, action: lane.Action) -> lane.Event | None:
        match action:
            case lane.Arm(quote, sale):
                assert self.open is None, "a second attempt"
                self.counter += 1
                sale = sale or f"sale-{self.counter}"
                if self.sales.setdefault(sale, SaleState.OPEN) is SaleState.OPEN:
                    self._move(sale, Move.FREEZE)
                self._move(sale, Move.ARM)
                self.open = Attempt(f"attempt-{self.counter}", sale, self.counter, quote.total)
                self.cancel_requested = False
                return lane.Armed(self.open)
            case lane.Ask(question, attempt):
                closes = question is lane.Question.CANCEL
                assert attempt == self.open or closes, "a question about a closed attempt"
                if question is lane.Question.REVERSE:
                    assert self.cancel_requested, "money given back that nobody cancelled"
            case lane.RequestCancel(attempt):
                assert attempt == self.open
                self.cancel_requested = True
            case lane.Lose(attempt):
                self._of_open(attempt, Move.LOSE)
            case lane.Resume(attempt):
                self._of_open(attempt, Move.RESUME)
            case lane.Release(attempt):
                self._of_open(attempt, Move.RELEASE)
                self.open = None
            case lane.RequestReversal(attempt):
                assert attempt == self.open
            case lane.Settle(attempt, _, decision):
                assert decision is not None or not self.cancel_requested, "cancelled, and settled all the same"
                self._of_open(attempt, Move.CAPTURE)
                self.open = None
                self.settled.append(attempt.sale)
                return lane.Settled(attempt, RECEIPT)
            case lane.DecideUnpaid(attempt):
                if self.sales[attempt.sale] is SaleState.PAYING:
                    self._move(attempt.sale, Move.LOSE)
                self._of_open(attempt, Move.VOID)
                self.open = None
            case lane.Reopen(sale):
                if self.sales[sale] is not SaleState.OPEN:
                    self._move(sale, Move.REOPEN)
            case lane.Void(sale):
                self._move(sale, Move.VOID)
            case lane.RecordStrayCapture() | lane.ForgetBasket():
                pass
        return None

    def _of_open(self, attempt: Attempt, move: Move) -> None:
        assert attempt == self.open, "a closed attempt moved"
        self._move(attempt.sale, move)


class Run:
    """A lane and its disk, driven by events."""

    def __init__(self, found: OpenAttempt | None = None) -> None:
        self.now_s = 100.0
        self.disk = Disk(found)
        self.asked: list[lane.Ask] = []
        self._follow(opened([found] if found else [], self.now_s))
        self.happens(lane.ReaderChanged(True), lane.TerminalChanged(True))

    def stage(self) -> Stage:
        return self.state.stage

    def notices(self) -> tuple[str, ...]:
        return view_of(self.state, "lane-1", "EUR", 1).notices

    def last_question(self) -> lane.Question:
        return self.asked[-1].question

    def happens(self, *events: lane.Event) -> None:
        for event in events:
            self._follow(advance(self.state, event, self.now_s))

    def passes(self, seconds: float, pad: lane.Pad | None = None) -> None:
        for _ in range(round(seconds * 10)):
            self.now_s += 0.1
            self.happens(lane.BasketSeen(self.state.pad if pad is None else pad), lane.Tick())

    def answers(self, outcome: Outcome) -> None:
        ask = self.asked[-1]
        self.happens(lane.Answered(ask.question, ask.attempt, outcome))

    def _follow(self, turn: lane.Turn) -> None:
        self.state = turn.state
        for action in turn.actions:
            if isinstance(action, lane.Ask):
                self.asked.append(action)
            event = self.disk.perform(action)
            if event is not None:
                self.happens(event)


def paying(goods: lane.Pad = TWO) -> Run:
    run = Run()
    run.happens(lane.BasketSeen(goods), lane.PayPressed(goods.quote_hash))
    assert run.stage() is Stage.PAYING
    return run


def with_receipt() -> Run:
    run = paying()
    run.answers(PAID)
    assert run.stage() is Stage.RECEIPT
    return run


# --- from nobody to a basket and back


def test_goods_begin_a_basket_and_an_empty_pad_ends_it_after_a_while() -> None:
    run = Run()
    run.happens(lane.BasketSeen(TWO))
    assert run.stage() is Stage.BASKET

    run.passes(2.5, EMPTY)
    assert run.stage() is Stage.BASKET  # lifted, perhaps to be put back
    run.passes(1.0, EMPTY)
    assert run.stage() is Stage.ATTRACT


def test_sold_goods_alone_wake_nobody_and_are_listed() -> None:
    run = Run()
    run.passes(60.0, SOLD_ONLY)

    view = view_of(run.state, "lane-1", "EUR", 1)
    assert (view.stage, view.notices, view.lines) == (Stage.ATTRACT, ("goods_on_pad",), (SOLD_LINE,))
    assert (view.count, view.total_minor, view.quote) == (0, 0, "")
    run.happens(lane.PayPressed(SOLD_ONLY.quote_hash))
    assert (run.stage(), run.disk.sales) == (Stage.ATTRACT, {})
    run.passes(0.1, EMPTY)
    assert run.notices() == ()


def test_what_a_shopper_may_wear_is_not_spoken_of() -> None:
    run = Run()
    run.passes(1.0, WEAKLY_SOLD)

    assert (run.stage(), run.notices()) == (Stage.ATTRACT, ())


@pytest.mark.parametrize("kind", [LineKind.FOREIGN, LineKind.UNREADABLE])
def test_goods_that_cannot_be_sold_are_shown_but_not_paid(kind: LineKind) -> None:
    run = Run()
    nothing = quote_for()
    run.happens(lane.BasketSeen(lane.Pad((LineView("AA", kind),), nothing, nothing.hash(), True)))
    assert run.stage() is Stage.BASKET

    run.happens(lane.PayPressed(nothing.hash()))
    assert run.stage() is Stage.BASKET
    assert view_of(run.state, "lane-1", "EUR", 1).quote == ""


# --- what may be paid


@pytest.mark.parametrize(
    "before",
    [
        lane.BasketSeen(replace(TWO, is_complete=False)),
        lane.BasketSeen(replace(TWO, quote=None)),
        lane.ReaderChanged(False),
        lane.TerminalChanged(False),
    ],
    ids=["incomplete", "no price", "reader away", "terminal away"],
)
def test_pay_needs_a_whole_priced_basket_and_both_devices(before: lane.Event) -> None:
    run = Run()
    run.happens(lane.BasketSeen(TWO), before, lane.PayPressed(TWO.quote_hash))

    assert run.stage() is Stage.BASKET
    assert run.disk.sales == {}


def test_pay_is_for_the_bill_that_the_shopper_saw() -> None:
    run = Run()
    run.happens(lane.BasketSeen(TWO), lane.PayPressed(ONE.quote_hash))

    assert run.stage() is Stage.BASKET
    assert run.notices() == ("basket_changed",)
    run.passes(7.0)
    assert run.notices() == ()


# --- while the terminal works


def test_goods_that_come_or_go_raise_a_notice_and_never_change_the_bill() -> None:
    run = paying(TWO)
    run.passes(0.3, pad(sock(1), bar(2), sock(3)))
    assert run.notices() == ("late_item",)
    run.passes(0.3, ONE)
    assert run.notices() == ("item_left",)

    view = view_of(run.state, "lane-1", "EUR", 1)
    assert (view.total_minor, view.count, view.quote) == (1404, 2, TWO.quote_hash)
    run.answers(PAID)
    assert run.stage() is Stage.RECEIPT
    assert view_of(run.state, "lane-1", "EUR", 1).total_minor == 1404


def test_a_failed_payment_over_a_changed_pad_goes_back_to_a_fresh_basket() -> None:
    run = paying(TWO)
    run.passes(0.3, ONE)
    run.answers(Declined("declined"))

    assert (run.stage(), run.notices()) == (Stage.BASKET, ("item_left",))
    run.happens(lane.PayPressed(ONE.quote_hash))
    assert run.stage() is Stage.PAYING
    assert len(run.disk.sales) == 1


def test_a_failed_payment_offers_another_try_of_the_same_sale() -> None:
    run = paying(TWO)
    run.answers(Declined("insufficient_funds"))
    view = view_of(run.state, "lane-1", "EUR", 1)
    assert (run.stage(), view.quote) == (Stage.PAYMENT_FAILED, TWO.quote_hash)
    assert view.payment is not None
    assert view.payment.code == "insufficient_funds"

    run.happens(lane.PayPressed(TWO.quote_hash))
    assert run.stage() is Stage.PAYING
    run.answers(PAID)
    assert run.disk.settled == ["sale-1"]


def test_a_failed_payment_left_alone_ends_in_a_void_when_the_goods_go() -> None:
    run = paying(TWO)
    run.answers(Declined("declined"))
    run.passes(4.0, EMPTY)

    assert run.stage() is Stage.ATTRACT
    assert list(run.disk.sales.values()) == [SaleState.VOIDED]


def test_a_cancel_waits_for_the_answer_that_is_on_its_way_and_then_goes_out() -> None:
    run = paying(TWO)
    assert [ask.question for ask in run.asked] == [lane.Question.START]
    run.happens(lane.CancelPressed())
    assert len(run.asked) == 1

    run.answers(Pending("present_card"))
    assert run.last_question() is lane.Question.CANCEL
    run.answers(Pending("working"))
    run.passes(0.4)
    assert run.last_question() is lane.Question.POLL
    run.answers(Cancelled())
    assert run.stage() is Stage.PAYMENT_FAILED


def test_a_cancel_that_got_lost_is_sent_again_when_the_line_is_back() -> None:
    run = paying(TWO)
    run.answers(Pending("present_card"))
    run.happens(lane.CancelPressed())
    run.answers(Unknown("dropped"))
    assert run.stage() is Stage.PAYMENT_UNKNOWN
    run.passes(0.6)
    assert run.last_question() is lane.Question.LOOKUP
    run.answers(Pending("present_card"))

    assert run.stage() is Stage.PAYING
    assert run.last_question() is lane.Question.CANCEL


def test_a_bill_of_nothing_needs_no_terminal() -> None:
    gifts = replace(ONE, quote=replace(quote_for(sock(1)), total_minor=0), quote_hash="gift")
    run = Run()
    run.happens(lane.BasketSeen(gifts), lane.PayPressed("gift"))

    assert run.stage() is Stage.RECEIPT
    assert run.asked == []


# --- after the money


def test_finish_thanks_and_wipes() -> None:
    run = with_receipt()
    run.happens(lane.HelpPressed(True), lane.FinishPressed())
    assert run.stage() is Stage.THANKS

    run.passes(3.9, SOLD_ONLY)
    run.now_s += 0.2
    run.happens(lane.Tick())
    view = view_of(run.state, "lane-1", "EUR", 1)
    assert run.stage() is Stage.ATTRACT
    assert (view.lines, view.receipt, view.sale, view.help_called, view.notices) == ((), None, "", False, ())
    run.happens(lane.BasketSeen(SOLD_ONLY))  # still there: the reader found it afresh
    assert run.notices() == ("goods_on_pad",)


def test_the_receipt_stays_while_goods_lie_there_and_a_while_longer() -> None:
    run = with_receipt()
    run.passes(60.0, SOLD_ONLY)
    run.passes(60.0, WEAKLY_SOLD)
    assert run.stage() is Stage.RECEIPT
    run.passes(7.5, EMPTY)
    assert run.stage() is Stage.RECEIPT
    run.passes(1.0, EMPTY)
    assert run.stage() is Stage.THANKS


def test_a_receipt_has_its_time_even_when_the_goods_went_before_it() -> None:
    run = paying()
    run.passes(10.0, EMPTY)
    run.answers(PAID)
    run.passes(7.5, EMPTY)
    assert run.stage() is Stage.RECEIPT
    run.passes(1.0, EMPTY)
    assert run.stage() is Stage.THANKS


def test_the_next_shopper_does_not_wait_for_the_receipt_before() -> None:
    run = with_receipt()
    run.passes(1.0, EMPTY)
    run.passes(0.2, pad(sock(9)))

    view = view_of(run.state, "lane-1", "EUR", 1)
    assert (run.stage(), view.receipt, view.count) == (Stage.BASKET, None, 1)


def test_an_unpaid_thing_beside_the_paid_goods_is_told_and_not_charged() -> None:
    run = with_receipt()
    assert run.notices() == ()  # the pad is not priced anew yet, and the goods of the sale still look unpaid
    run.passes(0.5, beside_the_paid(pad(sock(9))))

    view = view_of(run.state, "lane-1", "EUR", 1)
    assert (view.stage, view.notices) == (Stage.RECEIPT, ("not_paid",))
    assert (view.total_minor, view.count, view.quote) == (1404, 2, TWO.quote_hash)


def test_unpaid_goods_that_stay_beside_the_paid_ones_become_the_next_basket() -> None:
    run = with_receipt()
    beside = beside_the_paid(pad(sock(9)))
    run.passes(7.5, beside)
    assert run.stage() is Stage.RECEIPT  # it has its time
    run.passes(1.0, beside)

    view = view_of(run.state, "lane-1", "EUR", 1)
    assert (view.stage, view.receipt, view.count, view.notices) == (Stage.BASKET, None, 1, ())
    assert [(line.epc, line.kind) for line in view.lines] == [(sock(9), LineKind.SALE), ("A0", LineKind.SOLD)]
    run.happens(lane.PayPressed(beside.quote_hash))
    run.answers(PAID)
    assert run.disk.settled == ["sale-1", "sale-2"]


def test_unpaid_goods_have_to_lie_there_steadily() -> None:
    run = with_receipt()
    for _ in range(5):
        run.passes(5.5, beside_the_paid(pad(sock(9))))
        run.passes(0.5, SOLD_ONLY)
        assert (run.stage(), run.notices()) == (Stage.RECEIPT, ())


def test_a_reader_that_is_away_does_not_say_that_unpaid_goods_lie_there() -> None:
    run = with_receipt()
    run.passes(5.0, beside_the_paid(pad(sock(9))))
    run.happens(lane.ReaderChanged(False))
    run.passes(20.0)
    assert (run.stage(), run.notices()) == (Stage.RECEIPT, ())

    run.happens(lane.ReaderChanged(True))
    run.passes(5.5)
    assert (run.stage(), run.notices()) == (Stage.RECEIPT, ("not_paid",))
    run.passes(1.0)
    assert run.stage() is Stage.BASKET


def test_done_goes_on_with_what_is_not_paid_for() -> None:
    run = with_receipt()
    run.passes(0.5, beside_the_paid(pad(sock(9))))
    run.happens(lane.FinishPressed())

    view = view_of(run.state, "lane-1", "EUR", 1)
    assert (view.stage, view.receipt, view.count, view.sale) == (Stage.BASKET, None, 1, "")


def test_unpaid_goods_without_a_price_do_not_hold_the_receipt_either() -> None:
    run = with_receipt()
    run.passes(9.0, lane.Pad((LineView(sock(9), LineKind.SALE), SOLD_LINE), has_sold=True))

    assert (run.stage(), run.notices()) == (Stage.BASKET, ("price_trouble",))


def test_done_before_the_pad_is_priced_anew_offers_no_paid_goods() -> None:
    run = paying(TWO)
    late = pad(sock(1), bar(2), sock(9))
    run.happens(lane.BasketSeen(late))
    run.answers(PAID)
    run.happens(lane.FinishPressed())

    assert run.stage() is Stage.THANKS


# --- after a restart


def found_attempt(age_s: float, **flags: bool) -> OpenAttempt:
    quote = quote_for(sock(1), bar(2))
    flags = {"is_cancel_requested": False, "is_reversal_requested": False, **flags}
    return OpenAttempt(Attempt("old", "old-sale", 1, quote.total), "terminal-1", quote, age_s, **flags)


def test_a_young_attempt_that_still_waits_for_its_card_is_gone_on_with() -> None:
    run = Run(found_attempt(age_s=20.0))
    assert (run.stage(), run.notices()) == (Stage.CLOSED, ("recovering",))
    run.answers(Pending("present_card"))
    assert run.stage() is Stage.PAYING


def test_an_old_one_is_cancelled_before_anybody_is_served() -> None:
    run = Run(found_attempt(age_s=600.0))
    run.answers(Pending("present_card"))
    assert (run.stage(), run.last_question()) == (Stage.CLOSED, lane.Question.CANCEL)
    run.answers(Cancelled())
    assert run.stage() is Stage.ATTRACT
    assert run.disk.sales == {"old-sale": SaleState.VOIDED}


@pytest.mark.parametrize(("age_s", "stage"), [(20.0, Stage.RECEIPT), (4000.0, Stage.ATTRACT)], ids=["young", "old"])
def test_a_captured_one_is_settled_and_shown_only_to_its_own_shopper(age_s: float, stage: Stage) -> None:
    run = Run(found_attempt(age_s))
    run.answers(PAID)

    assert run.stage() is stage
    assert run.disk.settled == ["old-sale"]


def test_one_whose_cancel_was_asked_for_is_given_back_when_it_was_approved() -> None:
    run = Run(found_attempt(20.0, is_cancel_requested=True))
    run.answers(PAID)
    assert run.last_question() is lane.Question.REVERSE
    run.answers(Cancelled())
    assert run.stage() is Stage.ATTRACT
    assert run.disk.settled == []


def test_a_terminal_that_forgot_a_charge_does_not_undo_it() -> None:
    run = Run(found_attempt(20.0, is_cancel_requested=True, is_reversal_requested=True))
    run.answers(NeverSeen())
    run.passes(1.0)

    assert run.stage() is Stage.CLOSED
    assert run.last_question() is lane.Question.LOOKUP
    assert run.disk.open is not None


# --- whatever happens

OUTCOMES = st.sampled_from(
    [
        Pending("present_card"),
        PAID,
        Declined("declined"),
        Declined("busy"),
        Cancelled(),
        NeverSeen(),
        Unknown("dropped"),
    ]
)
PADS = [TWO, ONE, EMPTY, SOLD_ONLY, WEAKLY_SOLD, beside_the_paid(pad(sock(9))), replace(TWO, is_complete=False)]
EVENTS = st.one_of(
    st.sampled_from(
        [TWO, ONE, EMPTY, SOLD_ONLY, WEAKLY_SOLD, beside_the_paid(pad(sock(9))), replace(TWO, is_complete=False)]
    ).map(lane.BasketSeen),
    st.sampled_from([TWO.quote_hash, ONE.quote_hash, ""]).map(lane.PayPressed),
    st.sampled_from([lane.CancelPressed(), lane.BackPressed(), lane.FinishPressed(), lane.Tick()]),
    st.booleans().map(lane.ReaderChanged),
    st.booleans().map(lane.TerminalChanged),
    st.booleans().map(lambda paid: lane.StaffDecided(paid, Decision("anna", "slip"))),
    st.floats(0.05, 200.0),
    OUTCOMES,
    st.tuples(st.sampled_from(list(lane.Question)), OUTCOMES),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(EVENTS, max_size=60), st.sampled_from([None, "plain", "cancelled"]))
def test_no_order_of_events_breaks_the_disk_or_charges_twice(
    story: list[lane.Event | float | Outcome | tuple[lane.Question, Outcome]], before: str | None
) -> None:
    run = Run(found_attempt(20.0, is_cancel_requested=before == "cancelled") if before else None)
    for step in story:
        if isinstance(step, float):
            run.now_s += step
            run.happens(lane.Tick())
        elif isinstance(step, tuple):  # a late or doubled message about any attempt
            for attempt in {ask.attempt for ask in run.asked}:
                run.happens(lane.Answered(step[0], attempt, step[1]))
        elif isinstance(step, Pending | Captured | Declined | Cancelled | NeverSeen | Unknown):
            if run.asked:
                run.answers(step)
        else:
            run.happens(step)

        assert len(set(run.disk.settled)) == len(run.disk.settled)
        is_open = run.disk.open is not None
        assert is_open == (run.state.payment is not None)
        assert not is_open or run.stage() in (Stage.PAYING, Stage.PAYMENT_UNKNOWN, Stage.CLOSED)
        view = view_of(run.state, "lane-1", "EUR", 1)
        assert run.stage() not in (Stage.CLOSED, Stage.THANKS) or not view.lines
        assert run.stage() is not Stage.ATTRACT or all(line.kind is LineKind.SOLD for line in view.lines)
