"""A line takes its time: ten bits a byte, in order, whatever the pieces."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.virtual.serial.wire import Wire, garbled

BAUDS = (9600, 115_200, 921_600)


@pytest.mark.parametrize("baud", BAUDS)
def test_a_second_of_line_carries_a_tenth_of_the_rate(baud: int) -> None:
    wire = Wire()
    wire.put(bytes(baud // 5), baud, 0)

    half_s, whole_s = wire.take(500_000), wire.take(1_000_000)

    # Handed on in pieces of four milliseconds at most.
    assert 0 <= baud // 20 - len(half_s) <= baud // 10 * 0.004 + 1
    assert 0 <= baud // 10 - len(half_s + whole_s) <= baud // 10 * 0.004 + 1


@given(st.lists(st.tuples(st.binary(max_size=300), st.sampled_from(BAUDS), st.integers(0, 50_000)), max_size=20))
def test_bytes_arrive_in_order_when_their_last_bit_is_through(puts: list[tuple[bytes, int, int]]) -> None:
    wire, now_us, free_us = Wire(), 0, 0.0
    arrived = b""
    for octets, baud, pause_us in puts:
        now_us += pause_us
        arrived += wire.take(now_us)
        wire.put(octets, baud, now_us)
        free_us = max(free_us, now_us) + len(octets) * 10e6 / baud
    sent = b"".join(octets for octets, _, _ in puts)

    assert sent.startswith(arrived)
    assert wire.ahead_us(now_us) == pytest.approx(max(0.0, free_us - now_us), abs=1.0)
    assert arrived + wire.take(int(free_us)) == sent
    assert wire.due_us() is None


def test_a_delay_holds_back_what_comes_after_it_too() -> None:
    wire = Wire()
    wire.put(b"late", 115_200, 0, delay_us=1_500_000)
    wire.put(b"next", 115_200, 0)

    assert wire.take(1_500_000) == b""
    assert wire.take(1_501_000) == b"latenext"


def test_an_unpaced_line_carries_at_once_and_a_pulled_plug_loses_what_was_on_it() -> None:
    wire = Wire(is_paced=False)
    wire.put(b"flood", 9600, 7)
    assert wire.take(7) == b"flood"

    slow = Wire()
    slow.put(b"lost", 9600, 0)
    slow.clear()
    assert (slow.take(10_000_000), slow.due_us()) == (b"", None)


@pytest.mark.parametrize(
    ("sent", "heard", "length"), [(115_200, 9600, 8), (9600, 115_200, 1200), (115_200, 38_400, 33)]
)
def test_the_wrong_rate_is_noise_of_about_the_right_length(sent: int, heard: int, length: int) -> None:
    noise = garbled(bytes(100), sent, heard, random.Random(1))

    assert len(noise) == length
    assert len(set(noise)) > 1
