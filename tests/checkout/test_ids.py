"""ULIDs: their form, and that they rise."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from checkout.ids import UlidSource
from tests.checkout.shop_bench import HandClock


class SetClock:
    def __init__(self) -> None:
        self.us = 0

    def monotonic_s(self) -> float:
        return 0.0

    def utc_us(self) -> int:
        return self.us


def test_the_form_is_that_of_the_specification() -> None:
    clock = SetClock()
    clock.us = 1_469_918_176_385_000  # the specification's own example: 01ARYZ6S41…
    ulid = UlidSource(clock, lambda count: b"\xff" * (count - 1) + b"\x00")()

    assert ulid[:10] == "01ARYZ6S41"
    assert ulid[10:] == "ZZZZZZZZZZZZZZR0"


@given(st.lists(st.integers(0, 2**47), min_size=2, max_size=20))
def test_they_rise_whatever_the_clock_does(times_ms: list[int]) -> None:
    clock = SetClock()
    ids = UlidSource(clock, lambda count: b"\x80" * count)
    made = []
    for at_ms in times_ms:
        clock.us = at_ms * 1000
        made.append(ids())

    assert made == sorted(set(made))
    assert {len(ulid) for ulid in made} == {26}


def test_two_of_one_millisecond_differ_by_one() -> None:
    ids = UlidSource(HandClock(), lambda count: bytes(count))
    first, second = ids(), ids()

    assert first[:-1] == second[:-1]
    assert (first[-1], second[-1]) == ("0", "1")
