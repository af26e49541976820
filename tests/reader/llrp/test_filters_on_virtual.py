"""Filters, target and session of a profile, as a reader takes them: by tags' flags where it can, else its own way."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import pytest

from reader.access import Bank
from reader.conversation import RetuneErrand
from reader.profile import TagFilter, load_profile
from reader.virtual.llrp.codec import FrameCutter, decode
from tests.reader.llrp.pair import Pair
from tests.reader.virtual.llrp_bench import ON_PAD

PAD = load_profile("virtual-pad")
FIRST = min(ON_PAD)
GOODS = TagFilter(Bank.EPC, 32, "3036451FD4001", 52)  # the article number of the basket's goods
NOT_GOODS = replace(GOODS, is_excluding=True)
ONE = TagFilter(Bank.EPC, 32, FIRST, 96)
NOT_ONE = replace(ONE, is_excluding=True)
_VENDORS = {25882}
_AWARE, _UNAWARE = (f"C1G2TagInventoryState{how}FilterAction" for how in ("Aware", "Unaware"))
FILTERS: dict[tuple[TagFilter, ...], set[str]] = {
    (): ON_PAD,
    (GOODS,): ON_PAD,
    (ONE,): {FIRST},
    (NOT_ONE,): ON_PAD - {FIRST},
    (GOODS, NOT_ONE): ON_PAD - {FIRST},
    (NOT_ONE, GOODS): ON_PAD - {FIRST},
    (NOT_GOODS, ONE): set(),
    (ONE, GOODS): {FIRST},
}


def action_names(sent: bytes) -> set[str]:
    """Return which kinds of actions the filters had that a session sent."""
    names = set()
    for raw in FrameCutter().feed(sent):
        spec = decode(raw, _VENDORS).body.first("ROSpec")
        for setting in [] if spec is None else spec.the("AISpec").the("InventoryParameterSpec").children:
            for one in setting.the("C1G2InventoryCommand").each("C1G2Filter"):
                names |= {child.name for child in one.children if child.name.endswith("FilterAction")}
    return names


@pytest.mark.parametrize("max_version", [1, 2])
@pytest.mark.parametrize("session", [0, 1, 2, 3])
@pytest.mark.parametrize("target", ["single", "dual"])
@pytest.mark.parametrize("filters", FILTERS)
def test_a_reader_reads_what_the_filters_let_pass_as_often_as_the_target_says(
    filters: tuple[TagFilter, ...], target: str, session: int, max_version: int
) -> None:
    pair = Pair(replace(PAD, filters=filters, target=target, session=session), max_version=max_version)
    pair.run(2.0)
    counts = Counter(read.epc for read in pair.reads)

    assert pair.session.is_reading
    assert set(counts) & ON_PAD == FILTERS[filters]
    if target == "single" and session >= 2:
        assert set(counts.values()) <= {1}
    elif target == "dual" or session == 0:
        assert all(counts[epc] > 5 for epc in FILTERS[filters])
    is_selecting = bool(filters) or (target == "single" and max_version == 1)  # which cannot ask "selected or not"
    assert action_names(pair.sent) == ({_AWARE if target == "single" else _UNAWARE} if is_selecting else set())


@pytest.mark.parametrize(
    ("profile", "personality"),
    [("impinj-r420-pad-eu", "impinj-r420"), ("impinj-r700-sweep-eu", "impinj-r700")],
)
@pytest.mark.parametrize("target", ["single", "dual"])
def test_a_reader_that_is_not_state_aware_filters_without(profile: str, personality: str, target: str) -> None:
    wanted = replace(load_profile(profile), antennas=(1, 2), filters=(GOODS, NOT_ONE), target=target)
    pair = Pair(wanted, personality=personality)
    pair.run(2.0)

    assert {read.epc for read in pair.reads} == ON_PAD - {FIRST}
    assert action_names(pair.sent) == {_UNAWARE}


@pytest.mark.parametrize(("before", "now"), list(itertools.permutations([(ONE,), (NOT_ONE,), (GOODS,)], 2)))
def test_other_filters_let_others_pass_whatever_the_ones_before_left_behind(
    before: tuple[TagFilter, ...], now: tuple[TagFilter, ...]
) -> None:
    wanted = replace(PAD, target="single", session=0)
    pair = Pair(replace(wanted, filters=before))
    pair.run(1.0)
    assert pair.done(RetuneErrand(replace(wanted, filters=now))).error is None
    pair.reads.clear()
    pair.run(1.0)

    assert {read.epc for read in pair.reads} & ON_PAD == FILTERS[now]


@pytest.mark.parametrize("session", [1, 2])
def test_a_reader_of_1_0_1_reads_all_again_once_nothing_is_filtered_any_more(session: int) -> None:
    """Such a reader can be asked for tags with SL or for tags without it, but not for both."""
    wanted = replace(PAD, target="single", session=session)
    pair = Pair(replace(wanted, filters=(GOODS,)), max_version=1)
    pair.run(0.1)
    pair.reads.clear()
    assert pair.done(RetuneErrand(replace(wanted, session=3))).error is None
    pair.run(1.0)

    assert {read.epc for read in pair.reads} >= ON_PAD
