from __future__ import annotations

import pytest

from reader.virtual.air import Air, AirRead, AntennaDrive, Target
from reader.virtual.gen2 import MODES
from reader.virtual.scene import builtin_scene
from reader.virtual.serial.one_round import OneRound
from reader.virtual.world import World
from tests.reader.virtual.serial.module_bench import EPC, pad_world


def round_in(world: World, session: int = 0) -> OneRound:
    return OneRound(Air(world), AntennaDrive(1, 25.0, MODES[2], session, Target.A), 1_000)


def played(one: OneRound, step_us: int) -> list[AirRead]:
    """Play in steps, to the end; each read comes in its own step."""
    reads, now_us = [], 0
    while not one.has_ended(now_us):
        now_us += step_us
        while (read := one.next_read(now_us)) is not None:
            assert now_us - step_us < read.t_us <= now_us
            reads.append(read)
    return reads


@pytest.mark.parametrize("session", [0, 1, 2, 3])
def test_a_round_reads_each_tag_once_and_ends(session: int) -> None:
    one = round_in(World(builtin_scene()), session)
    reads = played(one, 1_000)

    assert sorted(read.epc for read in reads) == sorted({read.epc for read in reads})
    assert len(reads) == one.reads >= 5
    assert one.played_us < 500_000


def test_a_round_is_the_same_in_any_steps() -> None:
    rounds = [played(round_in(World(builtin_scene())), step_us) for step_us in (500, 3_333, 70_000)]

    assert rounds[0] == rounds[1] == rounds[2]


def test_an_empty_round_ends_soon() -> None:
    one = round_in(pad_world())

    assert played(one, 1_000) == []
    assert 1_000 < one.played_us < 30_000


@pytest.mark.parametrize("cut_us", [1_500, 3_000, 5_000, 9_000])
def test_a_hop_in_the_middle_hides_nobody(cut_us: int) -> None:
    world = pad_world({})
    air = Air(world)
    OneRound(air, AntennaDrive(1, 25.0, MODES[2], 2, Target.B), 0).next_read(100)  # the first hop is over
    air.hop_at_us = 100_000.0 + cut_us
    one = OneRound(air, AntennaDrive(1, 25.0, MODES[2], 2, Target.A), 100_000)

    assert [read.epc for read in played(one, 1_000)] == [EPC]


def test_time_that_is_skipped_holds_no_reads() -> None:
    one = round_in(pad_world({}))
    one.skip_to(900_000)

    (read,) = played(one, 1_000_000)
    assert read.epc == EPC
    assert read.t_us > 900_000
