from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stocksync.clock import Stamp, stamp_after
from stocksync.errors import ClockStampError

_MS = st.integers(0, (1 << 48) - 2)
_NODES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,12}", fullmatch=True)
_STAMPS = st.builds(Stamp, _MS, st.integers(0, 0xFFFF), _NODES)


@given(_STAMPS, _STAMPS)
def test_the_text_sorts_as_the_clock_does(one: Stamp, other: Stamp) -> None:
    assert (str(one) < str(other)) == (one < other)
    assert (str(one) == str(other)) == (one == other)


@given(_STAMPS)
def test_the_text_is_read_back(stamp: Stamp) -> None:
    assert Stamp.parse(str(stamp)) == stamp


@given(st.lists(_MS, min_size=1), _NODES)
def test_it_never_goes_back_whatever_the_wall_clock_does(walls: list[int], node: str) -> None:
    last: Stamp | None = None
    for now_ms in walls:
        stamp = stamp_after(last, now_ms, node)
        assert last is None or stamp > last
        assert stamp.ms >= now_ms
        last = stamp


@given(st.integers(0, (1 << 47)), st.integers(0, (1 << 47)))
def test_it_runs_ahead_of_the_latest_wall_time_only_when_the_counter_is_full(high: int, now_ms: int) -> None:
    assert stamp_after(Stamp(high, 7, "a"), now_ms, "a").ms == max(high, now_ms)
    full = stamp_after(Stamp(high, 0xFFFF, "a"), high, "a")
    assert (full.ms, full.counter) == (high + 1, 0)


@pytest.mark.parametrize(
    "text",
    ["", "0", "01a202e5954d-0bb8", "01a202e5954d-0bb8-", "01A202E5954D-0bb8-s", "01a202e5954-0bb8-s", "x" * 30,
     "01a202e5954d-0bb8-a b", "01a202e5954d-0bb8-" + "a" * 65],
)  # fmt: skip
def test_what_is_no_stamp_is_refused(text: str) -> None:
    with pytest.raises(ClockStampError):
        Stamp.parse(text)


@pytest.mark.parametrize(("ms", "counter"), [(-1, 0), (1 << 48, 0), (0, -1), (0, 1 << 16)])
def test_numbers_out_of_range_are_refused(ms: int, counter: int) -> None:
    with pytest.raises(ClockStampError):
        Stamp(ms, counter, "a")
