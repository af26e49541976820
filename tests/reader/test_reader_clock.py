from __future__ import annotations

import random

from reader.reader_clock import ReaderClock

S = 1_000_000
EPOCH_US = 1_700_000_000 * S


def test_unknown_until_something_was_seen() -> None:
    clock = ReaderClock()
    assert not clock.is_known
    assert clock.now_us(5.0) is None


def test_smallest_delay_is_the_best_estimate() -> None:
    clock = ReaderClock()
    rng = random.Random(1)
    for n in range(200):
        host_s = 100 + n * 0.05
        clock.saw(EPOCH_US + round(host_s * S) - rng.randint(2_000, 90_000), host_s)

    estimated = clock.now_us(111.0)

    assert estimated is not None
    assert 0 <= EPOCH_US + 111 * S - estimated <= 4_000


def test_jump_forward_is_followed_at_once() -> None:
    clock = ReaderClock()
    clock.saw(EPOCH_US, 1.0)
    clock.saw(EPOCH_US + 3600 * S, 1.1)

    assert clock.now_us(1.1) == EPOCH_US + 3600 * S


def test_jump_back_is_followed_after_proof() -> None:
    clock = ReaderClock()
    clock.saw(EPOCH_US, 0.0)
    for n in range(30):
        clock.saw(EPOCH_US - 3600 * S + n * S // 10, n * 0.1)

    assert clock.now_us(3.0) == EPOCH_US - 3600 * S + 3 * S


def test_reports_that_were_held_back_change_nothing() -> None:
    clock = ReaderClock()
    clock.saw(EPOCH_US, 0.0)
    for n in range(500):
        clock.saw(EPOCH_US + n, 60.0 + n / 10_000)
    clock.saw(EPOCH_US + 60 * S + S // 10, 60.1)

    assert clock.now_us(60.1) == EPOCH_US + 60 * S + S // 10


def test_single_late_reports_are_no_jump() -> None:
    clock = ReaderClock()
    for n in range(100):
        delay_us = 2 * S if n % 2 else 0
        clock.saw(EPOCH_US + n * S // 10 - delay_us, n * 0.1)

    assert clock.now_us(10.0) == EPOCH_US + 10 * S


def test_drift_is_followed() -> None:
    clock = ReaderClock()
    for n in range(600):  # ten minutes, the reader slow by 100 ppm
        clock.saw(EPOCH_US + round(n * S * (1 - 100e-6)), float(n))

    estimated = clock.now_us(599.0)

    assert estimated is not None
    assert abs(estimated - (EPOCH_US + round(599 * S * (1 - 100e-6)))) <= 100e-6 * 61 * S
