"""The table of a sale's states."""

from __future__ import annotations

import itertools

import pytest

from checkout.errors import IllegalMoveError
from checkout.sale import MOVES, Move, SaleState, moved


@pytest.mark.parametrize(
    ("state", "move"), [pair for pair in itertools.product(SaleState, Move) if pair not in MOVES], ids=str
)
def test_a_move_that_is_not_in_the_table_is_an_error(state: SaleState, move: Move) -> None:
    with pytest.raises(IllegalMoveError, match=f"{state} knows no move {move}"):
        moved(state, move)


def reachable(start: SaleState) -> set[SaleState]:
    found, new = set(), {start}
    while new:
        found |= new
        new = {after for (before, _), after in MOVES.items() if before in found} - found
    return found


def test_what_is_paid_never_goes_back() -> None:
    assert reachable(SaleState.PAID) == {SaleState.PAID, SaleState.FULFILLED}


def test_what_is_voided_is_over() -> None:
    assert reachable(SaleState.VOIDED) == {SaleState.VOIDED}


def test_every_state_can_be_reached_and_left_to_an_end() -> None:
    assert reachable(SaleState.OPEN) == set(SaleState)
    for state in set(SaleState) - {SaleState.PAID, SaleState.FULFILLED}:
        assert SaleState.VOIDED in reachable(state)
