"""The model of the air: is it what a shop's air is like, and is it the same each time?"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from statistics import fmean, pstdev
from typing import Any

import pytest

from reader.virtual.air import Air, AirRead, AntennaDrive, Inventory, Target
from reader.virtual.gen2 import CHANNELS, MODES, slot_times
from reader.virtual.memory import TagMemory
from reader.virtual.scene import Scene, builtin_scene, scene_of
from reader.virtual.world import World

SECOND = 1_000_000
ON_PAD = {epc for group in builtin_scene().tags if group.place == "pad" for epc in group.all_epcs}


def play(
    scene: Scene,
    seconds: float = 5.0,
    *,
    mode: int = 2,
    power_dbm: float = 20.0,
    session: int = 1,
    target: Target = Target.DUAL,
    seed: int | None = None,
    selects: Callable[[TagMemory], bool] | None = None,
) -> list[AirRead]:
    air = Air(World(scene), seed)
    drives = [AntennaDrive(a.port, power_dbm, MODES[mode], session, target, selects=selects) for a in scene.antennas]
    return Inventory(air, drives, 0).advance(int(seconds * SECOND))


def shop(site: int, *, on_pad: int = 20, strays: int = 60, **changes: Any) -> Scene:
    """Return a random counter: a basket of ``on_pad`` in a pile, shelves about 2 m away."""
    document = builtin_scene().model_dump()
    document["seed"] = site
    document["tags"] = [
        {"place": "pad", "epcs": [f"30364500{site:04X}0000{n:08X}" for n in range(on_pad)]},
        {"place": "shelf", "epcs": [f"30364500{site:04X}0001{n:08X}" for n in range(strays)]},
    ]
    return scene_of(document | changes)


def strongest(reads: Iterable[AirRead]) -> dict[str, float]:
    best: dict[str, float] = {}
    for read in reads:
        best[read.epc] = max(best.get(read.epc, -999.0), read.rssi_dbm)
    return best


# --- timing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "success_ms"), [(0, 0.57), (1, 1.65), (2, 2.69), (3, 3.76)])
def test_a_success_takes_as_long_as_the_air_protocol_says(mode: int, success_ms: float) -> None:
    assert slot_times(MODES[mode]).success / 1000 == pytest.approx(success_ms, rel=0.02)


def test_a_longer_epc_takes_longer_and_an_empty_slot_is_the_shortest() -> None:
    times = slot_times(MODES[2])

    assert slot_times(MODES[2], epc_bits=208).success > times.success
    assert times.empty < times.collision < times.success


# --- sameness -------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_reads_and_another_seed_others() -> None:
    assert play(builtin_scene()) == play(builtin_scene())
    assert play(builtin_scene()) != play(builtin_scene(), seed=8)


def test_it_does_not_matter_in_what_steps_time_passes() -> None:
    scene = builtin_scene()
    drives = [AntennaDrive(1, 20.0, MODES[2]), AntennaDrive(2, 20.0, MODES[2])]
    inventory = Inventory(Air(World(scene)), drives, 0)
    stepped = [read for step in range(0, 2 * SECOND + 1, 7_000) for read in inventory.advance(step)]

    assert stepped == [read for read in play(scene, 2.0) if read.t_us <= 2 * SECOND // 7_000 * 7_000]


def test_reads_come_in_time_order_and_never_too_late() -> None:
    reads = play(builtin_scene(), 3.0)
    times = [read.t_us for read in reads]

    assert times == sorted(times)
    assert 0 < times[0] < times[-1] <= 3 * SECOND


# --- plausibility (facts measured 2026-11) --------------------------------------------------------


@pytest.mark.parametrize(("mode", "least", "most"), [(0, 300, 1500), (1, 200, 605), (2, 120, 372), (3, 90, 266)])
def test_reads_per_second_are_those_of_the_mode(mode: int, least: int, most: int) -> None:
    assert least < len(play(shop(1), 5.0, mode=mode)) / 5 < most


def test_rssi_spans_and_overlaps_as_in_a_shop() -> None:
    inside: list[float] = []
    outside: list[float] = []
    for site in range(8):
        scene = shop(site)
        best = strongest(play(scene, 3.0, power_dbm=24.0))
        pad = set(scene.tags[0].all_epcs)
        inside += [rssi for epc, rssi in best.items() if epc in pad]
        outside += [rssi for epc, rssi in best.items() if epc not in pad]

    assert -60 < fmean(inside) < -25
    assert -75 < fmean(outside) < -45
    assert min(inside) < max(outside), "a weak item and a strong stray overlap"


def test_a_static_tag_varies_by_about_2_db_in_one_channel() -> None:
    by_link: dict[tuple[str, int, int], list[float]] = {}
    for read in play(builtin_scene(), 5.0):
        by_link.setdefault((read.epc, read.antenna, read.channel), []).append(read.rssi_dbm)
    spreads = [pstdev(values) for values in by_link.values() if len(values) > 20]

    assert 0.3 < fmean(spreads) < 2.5
    assert all(2 * read.rssi_dbm == round(2 * read.rssi_dbm) for read in play(builtin_scene(), 1.0))


def test_with_mixed_goods_few_items_are_never_read_and_few_come_late() -> None:
    never = late = total = 0
    for site in range(40):
        epcs = [f"30364500{site:04X}0002{n:08X}" for n in range(30)]
        tags = [
            {"place": "pad", "epcs": epcs[:28]},
            {"place": "pad", "epcs": epcs[28:29], "material": "liquid"},
            {"place": "pad", "epcs": epcs[29:], "material": "liquid" if site % 2 else "metal"},
        ]
        first: dict[str, int] = {}
        for read in play(shop(site, tags=tags), 5.0, power_dbm=20.0):
            first.setdefault(read.epc, read.t_us)
        total += len(epcs)
        never += sum(1 for epc in epcs if epc not in first)
        late += sum(1 for epc in epcs if first.get(epc, 0) > SECOND)

    assert 0.006 < never / total < 0.10
    assert 0.0 < late / total < 0.05


def test_a_dead_tag_never_answers_and_metal_costs_more_than_textile() -> None:
    def found(**properties: Any) -> int:
        scene = shop(3)
        tags = [{"place": "pad", "epcs": [f"AAAA{n:020X}" for n in range(30)], **properties}]
        return len(strongest(play(scene_of(scene.model_dump() | {"tags": tags}), 3.0, power_dbm=14.0)))

    assert found(dead=True) == 0
    assert found(material="metal") < found(material="liquid") <= found(material="textile")


def test_a_pile_costs_its_tags_something() -> None:
    def best(apart_m: float) -> float:
        tags = [{"epc": f"CCCC{n:020X}", "at": [n * apart_m, 0, 0.1], "orientation": [1, 0, 0]} for n in range(4)]
        return fmean(strongest(play(shop(1, tags=tags), 2.0)).values())

    assert best(0.005) < best(0.05) - 8.0


def test_a_reply_at_the_edge_of_hearing_is_often_lost() -> None:
    def heard(sensitivity_dbm: float) -> tuple[float, float]:
        """Return the share of one tag's replies that are decoded, and its mean RSSI."""
        scene = shop(1, tags=[{"epc": "DDDD", "at": [0.2, -0.5, 0.3], "orientation": [1, 0, 0]}])
        mode = replace(MODES[2], sensitivity_dbm=sensitivity_dbm)
        inventory = Inventory(Air(World(scene)), [AntennaDrive(2, 20.0, mode, session=0)], 0)
        reads = inventory.advance(5 * SECOND)
        return len(reads) / (len(reads) + inventory.slots.collisions), fmean(read.rssi_dbm for read in reads)

    whole, rssi_dbm = heard(-90.0)

    assert whole > 0.99
    assert 0.1 < heard(rssi_dbm)[0] < 0.8


def test_more_power_reads_more() -> None:
    found = [len(strongest(play(shop(2), 3.0, power_dbm=power))) for power in (10.0, 16.0, 22.0, 28.0)]

    assert found == sorted(found)
    assert found[0] < found[-1]


# --- sessions -------------------------------------------------------------------------------------


@pytest.mark.parametrize("session", [2, 3])
def test_single_target_in_a_long_session_reads_each_tag_once(session: int) -> None:
    counts = Counter(read.epc for read in play(builtin_scene(), 3.0, session=session, target=Target.A))

    assert set(counts) >= ON_PAD
    assert all(counts[epc] == 1 for epc in ON_PAD)


def test_a_powered_tag_keeps_its_long_flag_beyond_its_persistence() -> None:
    counts = Counter(read.epc for read in play(builtin_scene(), 30.0, session=2, target=Target.A))

    assert all(counts[epc] == 1 for epc in ON_PAD)


@pytest.mark.parametrize(("session", "target"), [(0, Target.A), (1, Target.DUAL), (2, Target.DUAL)])
def test_other_sessions_read_again_and_again(session: int, target: Target) -> None:
    counts = Counter(read.epc for read in play(builtin_scene(), 3.0, session=session, target=target))

    assert all(counts[epc] > 10 for epc in ON_PAD)


def test_session_1_comes_back_within_its_half_to_five_seconds() -> None:
    counts = Counter(read.epc for read in play(builtin_scene(), 10.0, session=1, target=Target.A))

    assert all(2 <= counts[epc] <= 21 for epc in ON_PAD)


def test_target_b_finds_nobody_where_all_are_a() -> None:
    assert play(builtin_scene(), 1.0, session=2, target=Target.B) == []


def test_only_selected_tags_answer() -> None:
    one = sorted(ON_PAD)[0]

    assert {read.epc for read in play(builtin_scene(), 1.0, selects=lambda tag: tag.epc == one)} == {one}


def test_a_tag_that_is_taken_out_while_the_field_is_looked_at_is_silent_and_no_fault() -> None:
    """The control door's thread takes tags out at any moment."""
    world = World(builtin_scene())
    first, *others = (tag.epc for tag in world.tags())

    def selects(tag: TagMemory) -> bool:
        world.remove(others)
        return tag.epc == first

    air = Air(world)
    reads = Inventory(air, [AntennaDrive(1, 30.0, MODES[2], 1, Target.DUAL, selects=selects)], 0).advance(SECOND)

    assert {read.epc for read in reads} <= {first}


def test_only_a_clearly_stronger_reply_is_captured() -> None:
    """Of the occupied slots of a pile, about a third collide; a fifth would if any difference sufficed."""
    inventory = Inventory(Air(World(shop(1, on_pad=40))), [AntennaDrive(1, 20.0, MODES[2], session=0)], 0)
    reads = inventory.advance(5 * SECOND)

    assert 0.27 < inventory.slots.collisions / (inventory.slots.collisions + len(reads)) < 0.39


# --- a changing world -----------------------------------------------------------------------------


def test_a_tag_that_is_taken_out_is_not_read_again_and_one_that_is_put_in_is() -> None:
    world = World(builtin_scene())
    inventory = Inventory(Air(world), [AntennaDrive(p, 20.0, MODES[2]) for p in (1, 2)], 0)
    inventory.advance(SECOND)
    gone, new = sorted(ON_PAD)[0], "3036451FD400FFFFFFFF0001"

    world.remove([gone])
    world.place([new], "pad")
    reads = inventory.advance(2 * SECOND)

    # One slot may have been played before the world changed.
    assert gone not in {read.epc for read in reads[1:]}
    assert min(read.t_us for read in reads if read.epc == new) < SECOND + 300_000


def test_a_long_round_does_not_go_on_with_tags_that_are_gone() -> None:
    world = World(shop(1, on_pad=400))
    inventory = Inventory(Air(world), [AntennaDrive(1, 20.0, MODES[2], population=400)], 0)
    inventory.advance(20_000)

    world.remove([tag.epc for tag in world.tags()])

    assert len(inventory.advance(SECOND)) <= 1


def test_a_tag_behind_a_wall_of_200_db_is_away() -> None:
    world = World(builtin_scene())
    world.place(ON_PAD, "away")
    reads = Inventory(Air(world), [AntennaDrive(p, 30.0, MODES[4]) for p in (1, 2)], 0).advance(2 * SECOND)

    assert not ON_PAD & {read.epc for read in reads}


def test_an_unplugged_antenna_reads_nothing() -> None:
    inventory = Inventory(Air(World(builtin_scene())), [AntennaDrive(1, 20.0, MODES[2])], 0)
    inventory.silenced = frozenset([1])

    assert inventory.advance(SECOND) == []


# --- channels and antennas ------------------------------------------------------------------------


def test_antennas_take_turns_within_a_tenth_of_a_second_or_so() -> None:
    ports = [read.antenna for read in play(builtin_scene(), 2.0)]
    turns = sum(1 for a, b in itertools.pairwise(ports) if a != b)

    assert 20 <= turns <= 40


def test_etsi_stays_four_seconds_on_one_of_four_channels() -> None:
    reads = play(builtin_scene(), 30.0)
    changes = [b.t_us for a, b in itertools.pairwise(reads) if a.channel != b.channel]

    assert {read.channel_khz for read in reads} <= set(CHANNELS["etsi"].khz)
    assert 6 <= len(changes) <= 8


def test_fcc_hops_five_times_a_second() -> None:
    reads = play(shop(1, region="fcc"), 4.0)
    changes = sum(1 for a, b in itertools.pairwise(reads) if a.channel != b.channel)

    assert 15 <= changes <= 21
    assert all(902_750 <= read.channel_khz <= 927_250 for read in reads)


def test_a_walker_finds_tags_along_its_path() -> None:
    racks = [{"name": f"rack{n}", "at": [2.0 + 2 * n, 1.0, 1.0], "size": [1.6, 0.4, 1.6]} for n in range(6)]
    tags = [{"place": f"rack{n}", "epcs": [f"BB{n:02X}{m:020X}" for m in range(100)]} for n in range(6)]
    scene = scene_of(
        {
            "antennas": [{"port": 1, "at": [0, 0, 0], "facing": [0, 1, 0], "kind": "handheld"}],
            "places": racks,
            "tags": tags,
            "walker": {"path": [[0, 0, 1], [15, 0, 1]], "speed_m_s": 1.0},
        }
    )
    reads = play(scene, 16.0, mode=1, power_dbm=24.0, session=2, target=Target.A)
    first: dict[str, int] = {}
    for read in reads:
        first.setdefault(read.epc[:4], read.t_us)

    assert len({read.epc for read in reads}) > 570
    assert sorted(first, key=lambda rack: first[rack]) == sorted(first)


@pytest.mark.parametrize("channels", [(2,), (1, 4)])
def test_a_drive_may_be_held_to_some_channels(channels: tuple[int, ...]) -> None:
    scene = builtin_scene()
    drives = [AntennaDrive(a.port, 20.0, MODES[2], channels=channels) for a in scene.antennas]

    reads = Inventory(Air(World(scene)), drives, 0).advance(10 * SECOND)

    assert {read.channel for read in reads} == set(channels)
