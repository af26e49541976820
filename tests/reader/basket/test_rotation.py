"""How long a rotation is, learnt from reads alone."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest

from reader.basket.rotation import Rotation
from reader.model import JOINED_STEP

TICK_US = 100_000


def turns(antennas: int, dwell_ms: int, first: int = 1, seed: int = 1) -> Iterable[tuple[int, int]]:
    """Yield time and antenna of about a hundred reads a second for twenty seconds, antenna after antenna."""
    drawn = random.Random(seed)
    t_us = 0
    while t_us < 20_000_000:
        yield t_us, first + t_us // (dwell_ms * 1000) % antennas
        t_us += round(drawn.expovariate(100) * 1e6) + 1


def learnt(*streams: Iterable[tuple[int, int]]) -> Rotation:
    rotation = Rotation(TICK_US, 20)
    for t_us, antenna in sorted(read for stream in streams for read in stream):
        rotation.note(antenna, t_us)
    return rotation


@pytest.mark.parametrize(("antennas", "dwell_ms", "ticks"), [(1, 200, 1), (2, 200, 4), (4, 200, 8), (2, 40, 1)])
def test_it_is_all_antennas_turns_together(antennas: int, dwell_ms: int, ticks: int) -> None:
    rotation = learnt(turns(antennas, dwell_ms))

    assert (rotation.ticks, rotation.antennas) == (ticks, antennas)


def test_of_joined_readers_the_slowest_counts_though_their_reads_mix() -> None:
    """Taken for one reader's, the reads of two would look like a turn with every read: 10 ms instead of 800."""
    rotation = learnt(turns(2, 200), turns(4, 200, first=JOINED_STEP + 1, seed=2))

    assert (rotation.ticks, rotation.antennas) == (8, 6)


def test_without_reads_it_is_one_tick() -> None:
    assert (learnt().ticks, learnt().antennas) == (1, 0)
