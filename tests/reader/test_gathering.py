"""A wake-up that waits already tells whether a rest was taken: only a rest sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reader.gathering import Gathering
from reader.waker import Waker


@pytest.fixture
def gathering() -> Iterator[Gathering]:
    waker = Waker()
    waker.wake()
    yield Gathering(waker)
    waker.close()


def test_the_first_bytes_are_not_kept_waiting(gathering: Gathering) -> None:
    assert not gathering.is_woken(1.0)


def test_what_streams_is_let_gather_until_a_wake_up_or_silence(gathering: Gathering) -> None:
    gathering.came(b"a report")
    assert not gathering.is_woken(1.0), "one is no stream"
    gathering.came(b"a report")
    assert gathering.is_woken(1.0)
    assert gathering.is_woken(0.0), "a deadline that is here does not make it deaf"

    gathering.came(None)
    assert not gathering.is_woken(1.0)


def test_the_end_of_the_stream_is_not_kept_waiting(gathering: Gathering) -> None:
    gathering.came(b"")
    assert not gathering.is_woken(1.0)


def test_what_is_many_already_is_taken_at_once(gathering: Gathering) -> None:
    for size in (100, 4096, 100):
        gathering.came(bytes(size))
        assert not gathering.is_woken(1.0)


def test_an_answer_is_not_kept_waiting_even_behind_reads_that_were_under_way(gathering: Gathering) -> None:
    gathering.came(b"a report")
    gathering.came(b"a report")
    gathering.asked()
    for _ in range(7):
        assert not gathering.is_woken(1.0)
        gathering.came(b"a report")
    assert not gathering.is_woken(1.0)

    gathering.came(b"the answer")
    assert gathering.is_woken(1.0)
