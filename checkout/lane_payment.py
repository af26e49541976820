"""The payment of a lane, from the armed terminal to the end of the attempt. Pure; time is passed in.

1. Whatever is written to disk comes before the question that it is about.
2. At most one question is on its way. An answer counts for the open attempt only, whatever its order.
3. Silence is LOST, never declined; it is looked up until somebody knows.
4. "Never seen" counts only as the answer to a cancel: that bars a start which is still under way.
5. What is approved after a cancel was asked for is given back.
6. No attempt ends by itself: the terminal says so, or a person does.
"""

from __future__ import annotations

from dataclasses import replace

from checkout.lane_model import (
    Action,
    Answered,
    Arm,
    Ask,
    DecideUnpaid,
    LaneState,
    Lose,
    Payment,
    Phase,
    Question,
    RecordStrayCapture,
    Release,
    Reopen,
    RequestCancel,
    RequestReversal,
    Resume,
    Settle,
    Settled,
    StaffDecided,
    Turn,
    Void,
    entered,
    left_alone,
    told,
)
from checkout.quote import Quote
from checkout.tender import Attempt, Cancelled, Captured, Declined, NeverSeen, Pending, Unknown
from checkout.view import Stage

__all__ = [
    "answered",
    "arm",
    "arm_refused",
    "armed",
    "back",
    "cancel",
    "changes_on_pad",
    "decided",
    "recover",
    "settled",
    "tick",
]

DISARM_S = 180.0  # an armed terminal without its shopper takes the next shopper's card (woo-ios 15190)
RECEIPT_AFTER_CRASH_S = 300.0  # beyond, another person stands there
_POLL_S = 0.3
_BACKOFF_S = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
_REVERSALS_ALONE = 3  # then staff are called, and it goes on

_NEXT_QUESTION = {
    Phase.RUNNING: Question.POLL,
    Phase.CANCELLING: Question.POLL,
    Phase.LOST: Question.LOOKUP,
    Phase.PROVING: Question.CANCEL,
    Phase.REVERSING: Question.REVERSE,
}


def arm(state: LaneState, quote: Quote, quote_hash: str, now_s: float) -> Turn:
    """Begin to pay ``quote``; whether that may be was asked before."""
    payment = Payment(Phase.ARMING, now_s)
    state = entered(
        state, Stage.PAYING, now_s, bill=quote, bill_hash=quote_hash, payment=payment, failed=None, failure="", told=()
    )
    return Turn(state, (Arm(quote, state.sale),))


def armed(state: LaneState, attempt: Attempt, now_s: float) -> Turn:
    """The attempt is on disk: the terminal may hear of it."""
    payment = Payment(Phase.RUNNING, now_s, attempt, ask_at_s=now_s)
    state = replace(state, payment=payment, sale=attempt.sale)
    return _asked_if_due(state, now_s) if attempt.amount.minor else _given_away(state, payment, attempt)


def arm_refused(state: LaneState, code: str, now_s: float) -> Turn:
    """Nothing was written: back to the basket."""
    return back(state, now_s, code)


def back(state: LaneState, now_s: float, *notices: str) -> Turn:
    """Back to the basket as it is now, with ``notices``; a frozen sale opens again."""
    actions: tuple[Action, ...] = (Reopen(state.sale),) if state.sale else ()
    state = entered(state, Stage.BASKET, now_s, bill=None, bill_hash="", payment=None, failed=None, failure="")
    return Turn(told(state, now_s, *notices), actions)


def recover(state: LaneState, now_s: float) -> Turn:
    """Look the first attempt of ``state.recovering`` up, or open the lane when there is none left."""
    if not state.recovering:
        return left_alone(state, now_s)
    found = state.recovering[0]
    payment = Payment(
        Phase.LOST,
        now_s - found.age_s,
        found.attempt,
        "unknown",
        Question.LOOKUP,
        now_s,
        is_cancel_requested=found.is_cancel_requested or found.is_reversal_requested,
        is_captured=found.is_reversal_requested,
    )
    state = replace(state, bill=found.quote, bill_hash=found.quote.hash(), sale=found.attempt.sale, payment=payment)
    return _asked_if_due(state, now_s) if found.attempt.amount.minor else _given_away(state, payment, found.attempt)


def tick(state: LaneState, now_s: float) -> Turn:
    """Time passed: ask what is due, disarm a terminal that was left alone."""
    payment = state.payment
    if payment is None:
        return Turn(state)
    if payment.phase is Phase.RUNNING and now_s - payment.armed_at_s >= DISARM_S:
        return cancel(state, now_s, "timeout")
    return _asked_if_due(state, now_s)


def cancel(state: LaneState, now_s: float, code: str = "cancelled") -> Turn:
    """Ask the terminal to stop; asked again, it is only sent again."""
    payment = state.payment
    if payment is None or payment.attempt is None or payment.phase not in (Phase.RUNNING, Phase.CANCELLING):
        return Turn(state)
    actions: tuple[Action, ...] = ()
    if not payment.is_cancel_requested:
        actions = (RequestCancel(payment.attempt, code),)
    payment = replace(
        payment,
        phase=Phase.CANCELLING,
        code="cancelling",
        next_question=Question.CANCEL,
        ask_at_s=now_s,
        is_cancel_requested=True,
        cancel_code=payment.cancel_code if payment.is_cancel_requested else code,
    )
    return _after(actions, _asked_if_due(replace(state, payment=payment), now_s))


def answered(state: LaneState, event: Answered, now_s: float) -> Turn:
    """Take in what the terminal said, or that it said nothing."""
    payment, attempt = state.payment, event.attempt
    if payment is None or payment.attempt != attempt:
        if isinstance(event.outcome, Captured):
            return Turn(state, (RecordStrayCapture(attempt, event.outcome),))
        return Turn(state)
    payment = replace(payment, is_asked=False)
    state = replace(state, payment=payment, terminal_up=not isinstance(event.outcome, Unknown))
    if payment.phase is Phase.SETTLING:
        return Turn(state)
    match event.outcome:
        case Captured() as captured if event.question is not Question.REVERSE:
            return _captured(state, payment, attempt, captured, now_s)
        case Cancelled() as outcome:
            return _released(state, payment, attempt, outcome, now_s)
        case Pending(prompt) if not payment.is_captured:
            return _pending(state, payment, attempt, prompt, now_s)
        case Declined() as outcome if not payment.is_captured:
            return _released(state, payment, attempt, outcome, now_s)
        case NeverSeen() as outcome if not payment.is_captured:
            if event.question is Question.CANCEL:
                return _released(state, payment, attempt, outcome, now_s)
            payment = replace(payment, phase=Phase.PROVING, next_question=Question.CANCEL, ask_at_s=now_s)
            return _asked_if_due(replace(state, payment=payment), now_s)
        case Unknown(detail):
            return _missed(state, payment, attempt, detail, now_s)
        case other:  # money was taken, and the terminal answers neither that it has it nor that it gave it back
            return _missed(state, payment, attempt, f"{type(other).__name__} after a capture", now_s)


def decided(state: LaneState, event: StaffDecided, now_s: float) -> Turn:
    """A person says how an unknown payment ended."""
    payment = state.payment
    if payment is None or payment.attempt is None:
        return Turn(state)
    if payment.phase not in (Phase.LOST, Phase.PROVING, Phase.REVERSING):
        return Turn(state)
    attempt, decision = payment.attempt, event.decision
    if event.is_paid:
        return _settle(state, payment, attempt, Captured(decision.evidence), event)
    # The terminal may still be armed: told to stop, whatever it answers (a capture then goes to staff).
    actions = (DecideUnpaid(attempt, decision), Ask(Question.CANCEL, attempt))
    if state.stage is Stage.CLOSED:
        return _after(actions, _next_recovery(state, now_s))
    return _after(actions, back(replace(state, sale=""), now_s))


def settled(state: LaneState, event: Settled, now_s: float) -> Turn:
    """The sale is on disk."""
    payment = state.payment
    if payment is None or payment.attempt != event.attempt:
        return Turn(state)
    is_old = now_s - payment.armed_at_s >= RECEIPT_AFTER_CRASH_S
    if state.stage is Stage.CLOSED and (is_old or len(state.recovering) > 1):
        return _next_recovery(state, now_s)
    return Turn(
        entered(
            state, Stage.RECEIPT, now_s, payment=None, sale="", receipt=event.receipt, was_cleared=False, recovering=()
        )
    )


def changes_on_pad(state: LaneState) -> tuple[str, ...]:
    """Return notices of what came to or left the pad since the bill was frozen."""
    if state.bill is None or not state.reader_up:
        return ()
    billed, present = state.bill.epcs, state.pad.epcs_for_sale
    return (*(("late_item",) if present - billed else ()), *(("item_left",) if billed - present else ()))


def _captured(state: LaneState, payment: Payment, attempt: Attempt, captured: Captured, now_s: float) -> Turn:
    if not payment.is_cancel_requested:
        return _settle(state, payment, attempt, captured)
    payment = replace(
        payment,
        phase=Phase.REVERSING,
        code="reversing",
        next_question=Question.REVERSE,
        ask_at_s=now_s,
        is_captured=True,
        misses=0,
    )
    reversal = RequestReversal(attempt, captured)
    return _after((reversal,), _asked_if_due(replace(state, payment=payment), now_s))


def _settle(
    state: LaneState, payment: Payment, attempt: Attempt, captured: Captured, by: StaffDecided | None = None
) -> Turn:
    state = replace(state, payment=replace(payment, phase=Phase.SETTLING, code="working"))
    return Turn(state, (Settle(attempt, captured, by.decision if by else None),))


def _given_away(state: LaneState, payment: Payment, attempt: Attempt) -> Turn:
    """Settle a bill of nothing (a promotion gave all of it): there is nothing to ask a terminal for."""
    return _settle(state, payment, attempt, Captured("no charge"))


def _pending(state: LaneState, payment: Payment, attempt: Attempt, prompt: str, now_s: float) -> Turn:
    cancelling = payment.is_cancel_requested
    was_lost = payment.phase in (Phase.LOST, Phase.PROVING)
    send_cancel = cancelling and (was_lost or payment.next_question is Question.CANCEL)
    payment = replace(
        payment,
        phase=Phase.CANCELLING if cancelling else Phase.RUNNING,
        code="cancelling" if cancelling else prompt,
        next_question=Question.CANCEL if send_cancel else Question.POLL,
        ask_at_s=now_s if send_cancel else now_s + _POLL_S,
        misses=0,
    )
    state = replace(state, payment=payment)
    if not was_lost:
        return _asked_if_due(state, now_s)
    resume = (Resume(attempt),)
    if state.stage is Stage.CLOSED and (len(state.recovering) > 1 or now_s - payment.armed_at_s >= DISARM_S):
        return _after(resume, cancel(state, now_s, "timeout"))
    return _after(resume, _asked_if_due(entered(state, Stage.PAYING, now_s, recovering=()), now_s))


def _released(
    state: LaneState, payment: Payment, attempt: Attempt, outcome: Declined | Cancelled | NeverSeen, now_s: float
) -> Turn:
    """No money is taken, for sure."""
    actions = (Release(attempt, outcome),)
    if state.stage is Stage.CLOSED:
        return _after((*actions, Void(attempt.sale, "restart")), _next_recovery(state, now_s))
    match outcome:
        case Declined(reason):
            code = reason
        case Cancelled() if payment.phase is not Phase.PROVING:
            code = payment.cancel_code
        case _:
            code = "offline"
    if state.reader_up and state.pad.quote_hash != state.bill_hash:
        return _after(actions, back(state, now_s, *changes_on_pad(state)))
    return Turn(entered(state, Stage.PAYMENT_FAILED, now_s, payment=None, failed=attempt, failure=code), actions)


def _missed(state: LaneState, payment: Payment, attempt: Attempt, detail: str, now_s: float) -> Turn:
    """Nobody knows. The question is asked again, ever more slowly, and staff see it."""
    misses = payment.misses + 1
    ask_at_s = now_s + _BACKOFF_S[min(misses, len(_BACKOFF_S)) - 1]
    reversing = payment.phase is Phase.REVERSING
    phase = Phase.REVERSING if reversing else Phase.LOST
    payment = replace(
        payment,
        phase=phase,
        code=payment.code if reversing else "unknown",
        next_question=_NEXT_QUESTION[phase],
        ask_at_s=ask_at_s,
        misses=misses,
    )
    state = replace(state, payment=payment)
    is_news = misses == (_REVERSALS_ALONE if reversing else 1)
    if state.stage is Stage.PAYING and is_news:
        state = entered(state, Stage.PAYMENT_UNKNOWN, now_s)
    return Turn(state, (Lose(attempt, detail),) if is_news else ())


def _next_recovery(state: LaneState, now_s: float) -> Turn:
    return recover(replace(state, payment=None, sale="", recovering=state.recovering[1:]), now_s)


def _asked_if_due(state: LaneState, now_s: float) -> Turn:
    payment = state.payment
    if payment is None or payment.attempt is None or payment.is_asked or payment.phase not in _NEXT_QUESTION:
        return Turn(state)
    if now_s < payment.ask_at_s:
        return Turn(state)
    question = payment.next_question
    asked = replace(payment, is_asked=True, next_question=_NEXT_QUESTION[payment.phase])
    return Turn(replace(state, payment=asked), (Ask(question, payment.attempt),))


def _after(actions: tuple[Action, ...], turn: Turn) -> Turn:
    return Turn(turn.state, (*actions, *turn.actions))
