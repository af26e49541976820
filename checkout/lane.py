"""The state machine of one lane: an event in, the next state and what to do about it out. Pure.

1. `advance` is the table: what is not in it changes nothing, so a button pressed too late does no harm.
2. The bill that is paid is the one the shopper saw: `pay` names its hash. While it is being paid it never changes;
   goods that come or go raise a notice, and after a payment that failed the basket is shown afresh.
3. A lane that finds attempts of before a restart serves nobody until each is decided.
4. What one shopper saw is gone before the next is served.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from checkout import lane_payment, lane_receipt
from checkout.lane_model import (
    Action,
    Answered,
    Armed,
    ArmRefused,
    BackPressed,
    BasketSeen,
    CancelPressed,
    Event,
    FinishPressed,
    HelpPressed,
    LaneState,
    Pad,
    PayPressed,
    ReaderChanged,
    Refused,
    Settled,
    StaffDecided,
    TerminalChanged,
    Tick,
    Turn,
    Void,
    entered,
    lasted,
    left_alone,
    since,
    told,
)
from checkout.sale import OpenAttempt
from checkout.view import LineKind, Stage

__all__ = ["advance", "opened"]

_EMPTY_BASKET_S = 3.0  # goods are lifted and put back
_THANKS_S = 4.0


def opened(found: Sequence[OpenAttempt], now_s: float) -> Turn:
    """Return a lane that begins: closed until each attempt in ``found`` is looked up, else ready."""
    if not found:
        return Turn(LaneState(Stage.ATTRACT, now_s, quiet_since_s=now_s, empty_since_s=now_s))
    return lane_payment.recover(LaneState(Stage.CLOSED, now_s, recovering=tuple(found)), now_s)


def advance(state: LaneState, event: Event, now_s: float) -> Turn:
    """Return what ``event`` makes of ``state`` at ``now_s`` (monotonic seconds)."""
    match state.stage, event:
        case _, BasketSeen(pad):
            return _basket_seen(_with_pad(state, pad, now_s), now_s)
        case _, ReaderChanged(up):
            return Turn(replace(state, reader_up=up))
        case _, TerminalChanged(up):
            return Turn(replace(state, terminal_up=up))
        case _, HelpPressed(wanted):
            return Turn(replace(state, help_called=wanted))
        case _, Tick():
            return _tick(state, now_s)
        case _, Answered():
            return lane_payment.answered(state, event, now_s)
        case _, Settled():
            return lane_payment.settled(state, event, now_s)
        case _, Refused():
            return Turn(entered(state, Stage.CLOSED, now_s, payment=None, recovering=(), failure="needs_staff"))
        case ((Stage.BASKET | Stage.PAYMENT_FAILED), PayPressed(quote_hash)):
            return _pay(state, quote_hash, now_s)
        case Stage.PAYING, Armed(attempt):
            return lane_payment.armed(state, attempt, now_s)
        case Stage.PAYING, ArmRefused(code):
            return lane_payment.arm_refused(state, code, now_s)
        case Stage.PAYING, CancelPressed():
            return lane_payment.cancel(state, now_s)
        case Stage.PAYMENT_FAILED, BackPressed():
            return lane_payment.back(state, now_s)
        case ((Stage.PAYMENT_UNKNOWN | Stage.CLOSED), StaffDecided()):
            return lane_payment.decided(state, event, now_s)
        case Stage.RECEIPT, FinishPressed():
            return lane_receipt.finish(state, now_s)
        case _:
            return Turn(state)


def _with_pad(state: LaneState, pad: Pad, now_s: float) -> LaneState:
    is_quiet = all(line.kind is LineKind.SOLD for line in pad.lines)
    is_empty = not pad.lines and not pad.has_sold
    return replace(
        state,
        pad=pad,
        quiet_since_s=since(state.quiet_since_s, is_quiet, now_s),
        empty_since_s=since(state.empty_since_s, is_empty, now_s),
        was_cleared=state.was_cleared or is_empty,
    )


def _basket_seen(state: LaneState, now_s: float) -> Turn:
    match state.stage:
        case Stage.ATTRACT if state.quiet_since_s is None:
            return Turn(entered(state, Stage.BASKET, now_s))
        case Stage.PAYMENT_FAILED if state.pad.quote_hash != state.bill_hash:
            return lane_payment.back(state, now_s, *lane_payment.changes_on_pad(state))
        case Stage.RECEIPT:
            return lane_receipt.pad_seen(state, now_s)
        case _:
            return Turn(state)


def _pay(state: LaneState, quote_hash: str, now_s: float) -> Turn:
    pad = state.pad
    if pad.quote is None or not pad.quote.lines or not pad.is_complete or not state.reader_up or not state.terminal_up:
        return Turn(state)
    if quote_hash != pad.quote_hash:
        return Turn(told(state, now_s, "basket_changed"))
    return lane_payment.arm(state, pad.quote, pad.quote_hash, now_s)


def _tick(state: LaneState, now_s: float) -> Turn:
    if state.told and now_s >= state.told_until_s:
        state = replace(state, told=())
    on_stage_s = now_s - state.since_s
    match state.stage:
        case Stage.BASKET if lasted(state.quiet_since_s, _EMPTY_BASKET_S, now_s):
            void: tuple[Action, ...] = (Void(state.sale, "abandoned"),) if state.sale else ()
            left = left_alone(state, now_s)
            return Turn(left.state, (*void, *left.actions))
        case Stage.RECEIPT:
            return lane_receipt.tick(state, now_s)
        case Stage.THANKS if on_stage_s >= _THANKS_S:
            return left_alone(state, now_s)
        case Stage.PAYING | Stage.PAYMENT_UNKNOWN | Stage.CLOSED:
            return lane_payment.tick(state, now_s)
        case _:
            return Turn(state)
