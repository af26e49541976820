"""Tags' flags: what Select does to them (Gen2, table of actions), how long they last, and whom a round is for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.access import Bank
from reader.virtual.air import Air, AirRead, AntennaDrive, Inventory, Target
from reader.virtual.flags import Flag, Flags, Mask, Select
from reader.virtual.gen2 import MODES
from reader.virtual.memory import TagMemory
from reader.virtual.placed import PlacedTag
from reader.virtual.propagation import TagNature, nature_of
from reader.virtual.scene import builtin_scene
from reader.virtual.world import World

SECOND = 1_000_000
ON_PAD = [epc for group in builtin_scene().tags if group.place == "pad" for epc in group.all_epcs]
FIRST = ON_PAD[0]
TAG = PlacedTag(FIRST, FIRST, None, (0.0, 0.0, 0.1), (1.0, 0.0, 0.0))
NATURE = nature_of(TAG, 7)
MEMORY = TagMemory(FIRST, FIRST)
ANY = Mask(Bank.EPC, 0, 0, 0)
NONE = Mask(Bank.EPC, 32, 8, 0xFF)
ONE = Mask(Bank.EPC, 32, 96, int(FIRST, 16))
# By action, from the standard's table: what becomes of SL that was (up, down), for tags that match and that do not.
ASSERTED = {
    0: ((True, True), (False, False)),
    1: ((True, True), (True, False)),
    2: ((True, False), (False, False)),
    3: ((False, True), (True, False)),
    4: ((False, False), (True, True)),
    5: ((False, False), (True, False)),
    6: ((True, False), (True, True)),
    7: ((True, False), (False, True)),
}


class Held(NamedTuple):
    """A tag that has power."""

    nature: TagNature


def after(select: Select, *, up: bool) -> bool:
    flags = Flags()
    flags.put(select.flag, FIRST, NATURE, 0, up=up)
    flags.obey(select, FIRST, MEMORY, NATURE, 1)
    return flags.is_up(select.flag, FIRST, 2)


@pytest.mark.parametrize("action", range(8))
@pytest.mark.parametrize("up", [True, False])
def test_an_action_does_to_sl_what_the_table_says(action: int, up: bool) -> None:
    match, other = ASSERTED[action]

    assert after(Select(ANY, Flag.SL, action), up=up) is match[0 if up else 1]
    assert after(Select(NONE, Flag.SL, action), up=up) is other[0 if up else 1]


@given(st.sampled_from([Flag.S0, Flag.S1, Flag.S2, Flag.S3]), st.integers(0, 7), st.booleans(), st.booleans())
def test_to_assert_sl_is_to_a_session_to_go_to_a(flag: Flag, action: int, up: bool, matches: bool) -> None:
    mask = ANY if matches else NONE

    assert after(Select(mask, flag, action), up=up) is not after(Select(mask, Flag.SL, action), up=not up)


@pytest.mark.parametrize(
    ("flag", "held", "lasting_us"),
    [
        (Flag.S1, False, NATURE.s1_persistence_us),
        (Flag.S2, True, NATURE.s2_persistence_us),
        (Flag.S3, True, NATURE.s2_persistence_us),
        (Flag.SL, True, NATURE.s2_persistence_us),
    ],
)
def test_a_flag_lasts_for_its_time_and_while_power_holds_it(flag: Flag, held: bool, lasting_us: int) -> None:
    flags = Flags()
    flags.put(flag, FIRST, NATURE, 0, up=True)
    assert flags.is_up(flag, FIRST, lasting_us - 1)
    assert not flags.is_up(flag, FIRST, lasting_us)

    flags.hold({FIRST: Held(NATURE)}, lasting_us - 1)
    assert flags.is_up(flag, FIRST, lasting_us + 1) is held


def test_session_0_lasts_under_power_and_forgets_at_once_without() -> None:
    flags = Flags()
    for flag in Flag:
        flags.put(flag, FIRST, NATURE, 0, up=True)
    assert flags.is_up(Flag.S0, FIRST, 10**12)

    flags.carrier_off()

    assert [flag for flag in Flag if not flags.is_up(flag, FIRST, 1)] == [Flag.S0]


def test_the_standards_spans_are_kept_by_every_tag() -> None:
    natures = [nature_of(replace(TAG, chip=f"{n:024X}"), 7) for n in range(200)]

    def spans(nature: TagNature) -> bool:
        return 0.5 <= nature.s1_persistence_us / SECOND <= 5.0 and nature.s2_persistence_us > 2.0 * SECOND

    assert all(spans(nature) for nature in natures)


# --- in the air -----------------------------------------------------------------------------------


def air() -> Air:
    return Air(World(builtin_scene()))


def drive(*commands: Select, session: int = 2, target: Target = Target.A, asks_sl: bool | None = None) -> AntennaDrive:
    return AntennaDrive(1, 20.0, MODES[2], session, target, commands=commands, asks_sl=asks_sl)


def counted(reads: list[AirRead]) -> Counter[str]:
    return Counter(read.epc for read in reads)


@pytest.mark.parametrize(("asks_sl", "asked"), [(True, {FIRST}), (False, set(ON_PAD) - {FIRST}), (None, set(ON_PAD))])
def test_a_round_is_for_tags_with_sl_without_it_or_for_both(asks_sl: bool | None, asked: set[str]) -> None:
    reads = Inventory(air(), [drive(Select(ONE, Flag.SL, 0), asks_sl=asks_sl)], 0).advance(SECOND)

    assert set(counted(reads)) & set(ON_PAD) == asked


def test_nobody_has_sl_from_the_factory() -> None:
    assert Inventory(air(), [drive(asks_sl=True)], 0).advance(SECOND) == []


def test_a_session_that_each_round_sets_to_a_reads_again_and_again() -> None:
    counts = counted(Inventory(air(), [drive(Select(ONE, Flag.S2, 1))], 0).advance(SECOND))

    assert counts[FIRST] > 10
    assert all(counts[epc] == 1 for epc in ON_PAD[1:])


def test_tags_that_a_select_sends_to_b_are_read_by_who_asks_for_b() -> None:
    """Each round sends them to B again, so they are read again and again; the others stay A."""
    counts = counted(Inventory(air(), [drive(Select(ONE, Flag.S3, 5), session=3, target=Target.B)], 0).advance(SECOND))

    assert set(counts) == {FIRST}
    assert counts[FIRST] > 10


def test_a_select_on_another_session_changes_nobody_s_turn() -> None:
    counts = counted(Inventory(air(), [drive(Select(ANY, Flag.S3, 4), session=2)], 0).advance(SECOND))

    assert all(counts[epc] == 1 for epc in ON_PAD)


@pytest.mark.parametrize(("away_s", "is_selected"), [(1.9, True), (21.0, False)])
def test_sl_outlives_two_seconds_without_power_but_not_for_ever(away_s: float, is_selected: bool) -> None:
    one_air = air()
    Inventory(one_air, [drive(Select(ANY, Flag.SL, 0))], 0).advance(SECOND // 2)

    later = Inventory(one_air, [drive(session=0, asks_sl=True)], SECOND // 2 + int(away_s * SECOND))

    assert (counted(later.advance(later.now_us + SECOND // 2)).keys() >= set(ON_PAD)) is is_selected


def test_power_in_one_session_holds_the_flags_of_the_others() -> None:
    one_air = air()
    Inventory(one_air, [drive(session=2)], 0).advance(SECOND)
    Inventory(one_air, [drive(session=0, target=Target.DUAL)], SECOND).advance(40 * SECOND)

    reads = Inventory(one_air, [drive(session=2)], 40 * SECOND).advance(41 * SECOND)

    assert not set(counted(reads)) & set(ON_PAD)


def test_a_tag_that_was_taken_out_comes_back_without_flags() -> None:
    one_air = air()
    Inventory(one_air, [drive(Select(ANY, Flag.SL, 0))], 0).advance(SECOND)
    one_air.world.remove([FIRST])
    one_air.changed()
    one_air.world.place([FIRST], "pad")

    reads = Inventory(one_air, [drive(session=0, asks_sl=True)], SECOND).advance(2 * SECOND)

    assert FIRST not in counted(reads)
    assert ON_PAD[1] in counted(reads)
