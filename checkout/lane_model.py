"""The values of a lane: its state, what can happen to it, and what it wants done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

from checkout.quote import Quote
from checkout.sale import Decision, OpenAttempt, Receipt
from checkout.tender import Attempt, Cancelled, Captured, Declined, NeverSeen, Outcome
from checkout.view import LineView, Stage

__all__ = [
    "Action",
    "Answered",
    "Arm",
    "ArmRefused",
    "Armed",
    "Ask",
    "BackPressed",
    "BasketSeen",
    "CancelPressed",
    "DecideUnpaid",
    "Event",
    "FinishPressed",
    "ForgetBasket",
    "HelpPressed",
    "LaneState",
    "Lose",
    "Pad",
    "PayPressed",
    "Payment",
    "Phase",
    "Question",
    "ReaderChanged",
    "RecordStrayCapture",
    "Refused",
    "Release",
    "Reopen",
    "RequestCancel",
    "RequestReversal",
    "Resume",
    "Settle",
    "Settled",
    "StaffDecided",
    "TerminalChanged",
    "Tick",
    "Turn",
    "Void",
    "entered",
    "lasted",
    "left_alone",
    "since",
    "told",
    "wiped",
]


class Question(StrEnum):
    """What a terminal can be asked about an attempt."""

    START = "start"
    POLL = "poll"
    LOOKUP = "lookup"
    CANCEL = "cancel"
    REVERSE = "reverse"


class Phase(StrEnum):
    """How far the open payment is; each phase asks the terminal its own question."""

    ARMING = "arming"  # being written to disk
    RUNNING = "running"  # armed: poll
    CANCELLING = "cancelling"  # a cancel is on its way or taken: poll, and give back what is approved
    LOST = "lost"  # nobody knows: look up
    PROVING = "proving"  # never seen: cancel it, so that a late start cannot charge
    REVERSING = "reversing"  # approved after the cancel: give back
    SETTLING = "settling"  # captured: being written to disk


@dataclass(frozen=True, slots=True)
class Pad:
    """What lies in the read zone, as the shop understands it.

    lines: everything shown, priced lines first. quote, quote_hash: the bill of the lines for sale; None where it
    cannot be priced. has_sold: goods that were paid for may lie there, though too weakly heard to be among the lines.
    """

    lines: tuple[LineView, ...] = ()
    quote: Quote | None = None
    quote_hash: str = ""
    is_complete: bool = False
    needs_assistance: bool = False
    has_sold: bool = False

    @property
    def epcs_for_sale(self) -> frozenset[str]:
        """Return the tags that would be billed."""
        return self.quote.epcs if self.quote else frozenset()


@dataclass(frozen=True, slots=True)
class Payment:
    """The open payment. Times are monotonic seconds.

    is_asked: a question is on its way; at most one is. ask_at_s: when to ask next.
    misses: answers in a row that said nothing. is_cancel_requested: what is approved now is given back.
    is_captured: money was taken and is to be given back: from here on only a reversal ends it well.
    """

    phase: Phase
    armed_at_s: float
    attempt: Attempt | None = None
    code: str = "working"
    next_question: Question = Question.START
    ask_at_s: float = 0.0
    is_asked: bool = False
    misses: int = 0
    is_cancel_requested: bool = False
    is_captured: bool = False
    cancel_code: str = "cancelled"


@dataclass(frozen=True, slots=True)
class LaneState:
    """A lane as it is. `since_s` is when the stage began, `quiet_since_s` since when nothing for sale lies there.

    empty_since_s: since when nothing lies there at all. unpaid_since_s: since when, beside the goods of the receipt
    that is shown, something lies there that is not paid for.
    bill: the quote that is being paid or was; sale: its id, as long as it may still be paid.
    failed, failure: the attempt that ended without money, and the code that says how.
    told: notices that stay for a while, until `told_until_s`. recovering: attempts to look up, the first is at work.
    """

    stage: Stage = Stage.ATTRACT
    since_s: float = 0.0
    pad: Pad = Pad()
    quiet_since_s: float | None = 0.0
    empty_since_s: float | None = 0.0
    unpaid_since_s: float | None = None
    bill: Quote | None = None
    bill_hash: str = ""
    sale: str = ""
    payment: Payment | None = None
    failed: Attempt | None = None
    failure: str = ""
    receipt: Receipt | None = None
    was_cleared: bool = False  # the pad was seen empty since the receipt came up
    reader_up: bool = False
    terminal_up: bool = False
    help_called: bool = False
    told: tuple[str, ...] = ()
    told_until_s: float = 0.0
    recovering: tuple[OpenAttempt, ...] = ()


# --- what can happen


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed."""


@dataclass(frozen=True, slots=True)
class BasketSeen:
    """The reader's view of the pad, priced."""

    pad: Pad


@dataclass(frozen=True, slots=True)
class ReaderChanged:
    """The reader's link came or went."""

    up: bool


@dataclass(frozen=True, slots=True)
class TerminalChanged:
    """The terminal answers, or does not."""

    up: bool


@dataclass(frozen=True, slots=True)
class PayPressed:
    """The shopper wants to pay what the quote of this hash says."""

    quote_hash: str


@dataclass(frozen=True, slots=True)
class CancelPressed:
    """The shopper wants to stop paying."""


@dataclass(frozen=True, slots=True)
class BackPressed:
    """The shopper wants to see the basket again."""


@dataclass(frozen=True, slots=True)
class FinishPressed:
    """The shopper is done with the receipt."""


@dataclass(frozen=True, slots=True)
class HelpPressed:
    """Staff are called, or came."""

    wanted: bool


@dataclass(frozen=True, slots=True)
class StaffDecided:
    """A person decided the unknown payment."""

    is_paid: bool
    decision: Decision


@dataclass(frozen=True, slots=True)
class Armed:
    """The attempt is on disk."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class ArmRefused:
    """Nothing was written and nothing sent; `code` says why: terminal_busy, store_trouble."""

    code: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The terminal, or its silence, answered a question about an attempt."""

    question: Question
    attempt: Attempt
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Settled:
    """The sale is on disk, whole."""

    attempt: Attempt
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Refused:
    """The disk's state does not allow what the lane wanted: a fault of ours, for staff."""


Event = (
    Tick
    | BasketSeen
    | ReaderChanged
    | TerminalChanged
    | PayPressed
    | CancelPressed
    | BackPressed
    | FinishPressed
    | HelpPressed
    | StaffDecided
    | Armed
    | ArmRefused
    | Answered
    | Settled
    | Refused
)


# --- what the lane wants done, in order; whatever writes to disk comes before the question that it is about


@dataclass(frozen=True, slots=True)
class Arm:
    """Freeze the quote and write the next attempt; `Armed` or `ArmRefused` follows."""

    quote: Quote
    sale: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask the terminal; `Answered` follows."""

    question: Question
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class RequestCancel:
    """Write down the wish to cancel."""

    attempt: Attempt
    reason: str


@dataclass(frozen=True, slots=True)
class Lose:
    """Write down that the attempt's outcome is unknown."""

    attempt: Attempt
    detail: str


@dataclass(frozen=True, slots=True)
class Resume:
    """Write down that the attempt runs on."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class Release:
    """Write down that the attempt ended without money."""

    attempt: Attempt
    outcome: Declined | Cancelled | NeverSeen


@dataclass(frozen=True, slots=True)
class RequestReversal:
    """Write down money that is to be given back."""

    attempt: Attempt
    captured: Captured


@dataclass(frozen=True, slots=True)
class Settle:
    """Write the sale; `Settled` follows. Repeated until it succeeds."""

    attempt: Attempt
    captured: Captured
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class DecideUnpaid:
    """Write down a person's word that nothing was paid."""

    attempt: Attempt
    decision: Decision


@dataclass(frozen=True, slots=True)
class RecordStrayCapture:
    """Write down money that nobody waited for."""

    attempt: Attempt
    captured: Captured


@dataclass(frozen=True, slots=True)
class Reopen:
    """The sale's quote may change again."""

    sale: str


@dataclass(frozen=True, slots=True)
class Void:
    """The sale ends without money."""

    sale: str
    reason: str


@dataclass(frozen=True, slots=True)
class ForgetBasket:
    """Wipe what the reader remembers of this shopper."""


Action = (
    Arm
    | Ask
    | RequestCancel
    | Lose
    | Resume
    | Release
    | RequestReversal
    | Settle
    | DecideUnpaid
    | RecordStrayCapture
    | Reopen
    | Void
    | ForgetBasket
)


class Turn(NamedTuple):
    """A lane's next state and what it wants done, in this order."""

    state: LaneState
    actions: tuple[Action, ...] = ()


_TOLD_S = 6.0  # long enough to be read twice


def entered(state: LaneState, stage: Stage, now_s: float, **changes: Any) -> LaneState:
    """Return ``state`` on a new stage."""
    return replace(state, stage=stage, since_s=now_s, **changes)


def told(state: LaneState, now_s: float, *notices: str) -> LaneState:
    """Return ``state`` with ``notices`` to be shown for a while."""
    return replace(state, told=notices, told_until_s=now_s + _TOLD_S)


def wiped(state: LaneState, stage: Stage, now_s: float) -> LaneState:
    """Return a lane that knows nothing of the shopper before: only what the pad and the devices say now."""
    return LaneState(
        stage,
        now_s,
        pad=state.pad,
        quiet_since_s=state.quiet_since_s,
        empty_since_s=state.empty_since_s,
        reader_up=state.reader_up,
        terminal_up=state.terminal_up,
    )


def left_alone(state: LaneState, now_s: float) -> Turn:
    """Return a lane that nobody is at: the reader forgets too, and finds afresh what still lies there."""
    return Turn(replace(wiped(state, Stage.ATTRACT, now_s), pad=Pad()), (ForgetBasket(),))


def since(before_s: float | None, holds: bool, now_s: float) -> float | None:
    """Return since when something holds that held since ``before_s`` or did not (None), and holds now or does not."""
    if not holds:
        return None
    return now_s if before_s is None else before_s


def lasted(since_s: float | None, for_s: float, now_s: float) -> bool:
    """Return whether what holds since ``since_s`` has held ``for_s`` seconds."""
    return since_s is not None and now_s - since_s >= for_s
