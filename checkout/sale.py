"""The states of a sale, the only moves between them, and the values that sales are spoken of in. Pure.

PAID never goes back, VOIDED never becomes paid, and what is not in the table is an error, never silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from checkout.errors import IllegalMoveError
from checkout.quote import Quote
from checkout.tender import Attempt

__all__ = ["MOVES", "Decision", "Move", "OpenAttempt", "Receipt", "SaleState", "SettledSale", "Tender", "moved"]


class SaleState(StrEnum):
    """Where a sale stands."""

    OPEN = "open"  # the basket may change
    FROZEN = "frozen"  # the quote is fixed; no attempt is open
    PAYING = "paying"  # an attempt is open
    UNKNOWN = "unknown"  # whether the open attempt took money cannot be said now
    PAID = "paid"  # the money is taken
    FULFILLED = "fulfilled"  # and the goods are booked out
    VOIDED = "voided"  # ended without money


class Move(StrEnum):
    """What may happen to a sale."""

    FREEZE = "freeze"
    REOPEN = "reopen"
    ARM = "arm"
    LOSE = "lose"  # the terminal cannot be asked
    RESUME = "resume"  # it can be asked again, and the attempt still runs
    RELEASE = "release"  # the attempt is over, proven without money
    CAPTURE = "capture"
    FULFIL = "fulfil"
    VOID = "void"


MOVES: dict[tuple[SaleState, Move], SaleState] = {
    (SaleState.OPEN, Move.FREEZE): SaleState.FROZEN,
    (SaleState.OPEN, Move.VOID): SaleState.VOIDED,
    (SaleState.FROZEN, Move.REOPEN): SaleState.OPEN,
    (SaleState.FROZEN, Move.ARM): SaleState.PAYING,
    (SaleState.FROZEN, Move.VOID): SaleState.VOIDED,
    (SaleState.PAYING, Move.CAPTURE): SaleState.PAID,
    (SaleState.PAYING, Move.RELEASE): SaleState.FROZEN,
    (SaleState.PAYING, Move.LOSE): SaleState.UNKNOWN,
    (SaleState.UNKNOWN, Move.LOSE): SaleState.UNKNOWN,
    (SaleState.PAYING, Move.RESUME): SaleState.PAYING,
    (SaleState.UNKNOWN, Move.RESUME): SaleState.PAYING,
    (SaleState.UNKNOWN, Move.CAPTURE): SaleState.PAID,
    (SaleState.UNKNOWN, Move.RELEASE): SaleState.FROZEN,
    (SaleState.UNKNOWN, Move.VOID): SaleState.VOIDED,  # staff only, with operator and evidence
    (SaleState.PAID, Move.FULFIL): SaleState.FULFILLED,
}


def moved(state: SaleState, move: Move) -> SaleState:
    """Return the state after ``move``.

    Raises:
        IllegalMoveError: The table does not know this move from this state.
    """
    try:
        return MOVES[state, move]
    except KeyError:
        raise IllegalMoveError(f"a sale that is {state} knows no move {move}") from None


@dataclass(frozen=True, slots=True)
class Tender:
    """How a sale was paid. kind: `card`, or `manual` where a person decided; reference: the terminal's own number."""

    kind: str
    attempt: str
    amount_minor: int
    reference: str
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class SettledSale:
    """A paid sale as it is written to journal and receipt. `n` counts the store's receipts; `at_us` is UTC."""

    sale: str
    lane: str
    n: int
    number: str
    token: str
    quote: Quote
    tender: Tender
    at_us: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """One receipt; `content` is plain JSON for screens, printers and central alike."""

    number: str
    token: str
    url: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided about an unknown payment, and by what evidence (the terminal's slip, a call)."""

    operator: str
    evidence: str


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """An attempt whose end is not on disk, as a restart finds it. `age_s` by the wall clock, at least 0."""

    attempt: Attempt
    terminal: str
    quote: Quote
    age_s: float
    is_cancel_requested: bool
    is_reversal_requested: bool
