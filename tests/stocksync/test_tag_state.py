"""The laws of a tag's state: no order of arrival and no repeat changes it, and SOLD is sticky."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stocksync.clock import Stamp
from stocksync.movement import Movement, Reason, moment_utc
from stocksync.tag_state import Condition, Contradiction, ContradictionKind, TagState, moved


def _movement(ms: int, reason: Reason, document: str = "D1", zone: str = "floor", epc: str = "30") -> Movement:
    sale = None
    if reason is Reason.VOID:
        sale = _movement(0, Reason.SALE, document)
    return Movement(
        store="s",
        epoch=1,
        seq=ms + 1,
        hlc=Stamp(ms, 0, "s"),
        event_id=sale.event_id if sale else f"urn:uuid:{ms}",
        tag_key="k",
        epc=epc,
        gtin=None,
        reason=reason,
        occurred_utc=moment_utc(ms * 1000),
        zone=zone if reason in (Reason.STOCK, Reason.COUNT, Reason.RETURN) else None,
        lane="1" if reason in (Reason.SALE, Reason.VOID, Reason.RETURN) else None,
        document=f"R{ms}" if reason in (Reason.VOID, Reason.RETURN, Reason.COUNT) else document,
        undoes=document if reason in (Reason.VOID, Reason.RETURN) else None,
        undone=sale,
    )


def _after(movements: Iterable[Movement]) -> TagState:
    state: TagState | None = None
    for movement in movements:
        state = moved(state, movement)
    assert state is not None
    return state


@st.composite
def _histories(draw: st.DrawFn) -> list[Movement]:
    times = draw(st.lists(st.integers(1, 1000), min_size=1, max_size=12, unique=True))
    return [
        _movement(
            ms,
            draw(st.sampled_from(Reason)),
            draw(st.sampled_from(["D1", "D2", "D3"])),
            draw(st.sampled_from(["floor", "backroom"])),
            draw(st.sampled_from(["30", "36"])),
        )
        for ms in times
    ]


@given(_histories(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(history: list[Movement], chance: object) -> None:
    shuffled = list(history)
    chance.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis gives a random.Random here

    assert _after(shuffled) == _after(history)
    assert _after(shuffled).contradictions() == _after(history).contradictions()


@given(_histories(), st.data())
def test_a_replayed_prefix_changes_nothing(history: list[Movement], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(history)))

    assert _after([*history, *history[:cut]]) == _after(history)


@given(_histories(), _histories())
def test_sold_is_left_only_by_what_names_the_sale(history: list[Movement], more: list[Movement]) -> None:
    before = _after(history)
    if before.condition is not Condition.SOLD:
        return
    harmless = [movement for movement in more if movement.undoes is None]

    after = _after([*history, *harmless])

    assert after.condition is Condition.SOLD
    assert after.zone is None
    assert {number for number, mark in before.sales.items() if mark.is_open} <= {
        number for number, mark in after.sales.items() if mark.is_open
    }


def test_a_late_sale_is_not_lost_against_an_earlier_heard_count() -> None:
    counted_then_told_of_the_sale = _after([_movement(20, Reason.COUNT), _movement(10, Reason.SALE)])

    assert counted_then_told_of_the_sale.condition is Condition.SOLD


def test_a_count_after_the_sale_is_a_contradiction_and_no_stock() -> None:
    state = _after([_movement(1, Reason.STOCK), _movement(10, Reason.SALE), _movement(20, Reason.COUNT)])

    assert state.condition is Condition.SOLD
    assert state.contradictions() == {Contradiction(ContradictionKind.SEEN_AFTER_SALE, "D1")}


def test_two_open_sales_contradict_each_other_and_one_return_does_not_free_the_tag() -> None:
    twice = [_movement(1, Reason.STOCK), _movement(10, Reason.SALE, "D1"), _movement(20, Reason.SALE, "D2")]
    assert {each.kind for each in _after(twice).contradictions()} == {ContradictionKind.SOLD_TWICE}

    returned = _after([*twice, _movement(30, Reason.RETURN, "D1")])

    assert returned.condition is Condition.SOLD
    assert returned.open_sale == "D2"


@pytest.mark.parametrize(
    ("movements", "condition", "zone"),
    [
        ([(1, Reason.STOCK)], Condition.PRESENT, "floor"),
        ([(1, Reason.STOCK), (2, Reason.SALE)], Condition.SOLD, None),
        ([(1, Reason.STOCK), (2, Reason.SALE), (3, Reason.VOID)], Condition.PRESENT, "floor"),
        ([(1, Reason.STOCK), (2, Reason.SALE), (3, Reason.RETURN)], Condition.RETURNED, "floor"),
        ([(2, Reason.SALE), (3, Reason.VOID)], Condition.UNPLACED, None),
        ([(1, Reason.STOCK), (2, Reason.SALE), (3, Reason.RETURN), (4, Reason.STOCK)], Condition.PRESENT, "floor"),
    ],
)
def test_the_usual_walks(movements: list[tuple[int, Reason]], condition: Condition, zone: str | None) -> None:
    state = _after(_movement(ms, reason) for ms, reason in movements)

    assert (state.condition, state.zone) == (condition, zone)
