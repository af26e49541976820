"""The states of a sale, the only moves between them, and what a settled sale is.

PAID never goes back, VOIDED never becomes paid, and what is not in the table is an error, never silent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from checkout.errors import IllegalMoveError
from checkout.quote import Quote

__all__ = ["MOVES", "Move", "SaleState", "SettledSale", "Tender", "moved"]


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
