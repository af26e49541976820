from __future__ import annotations

from dataclasses import replace

import pytest

from reader.access import Bank
from reader.errors import ProfileError
from reader.llrp import control
from reader.llrp.capabilities import Capabilities
from reader.llrp.frames import Framer
from reader.llrp.plan import is_repeating, plan_for, plan_to_access
from reader.profile import InputTrigger, TagFilter, load_profile
from tests.reader.llrp.line import capabilities, message, status

PAD = load_profile("virtual-pad")
IMPINJ = load_profile("impinj-r420-pad-eu")


def can(**wanted: object) -> Capabilities:
    (frame,) = Framer().feed(message(11, 1, status() + capabilities(**wanted)))  # type: ignore[arg-type]  # passed on
    return control.capabilities_of(frame)


def test_each_port_has_the_power_of_its_own_limit() -> None:
    """ETSI allows 35.15 dBm EIRP: behind 16 dBi there are 19.15 left, whatever is wished for."""
    overrides: dict[int, dict[str, object]] = {
        2: {"antenna_gain_dbi": 16.0},
        3: {"tx_power_dbm": 12.0, "mode": 2, "session": 2, "target": "single"},
    }
    plan = plan_for(replace(PAD, antennas=(1, 2, 3), overrides=overrides), can(powers_dbm=(10.0, 12.0, 19.0, 20.0)))

    assert plan.ports == (1, 2, 3)
    assert [antenna.tx_power_dbm for antenna in plan.antennas] == [20.0, 19.0, 12.0]
    assert [antenna.tx_power_index for antenna in plan.antennas] == [4, 3, 2]
    assert [(one.mode, one.session, one.target) for one in plan.antennas][1:] == [(None, 1, "dual"), (2, 2, "single")]


@pytest.mark.parametrize(("target", "mode"), [("reader", 0), ("single", 1), ("dual", 2)])
def test_impinjs_readers_have_a_search_mode_for_the_target(target: str, mode: int) -> None:
    (antenna, *_) = plan_for(replace(IMPINJ, target=target, mode=None), can(maker=25882, state_aware=True)).antennas

    assert (antenna.impinj_search_mode, antenna.asks_state_a) == (mode, False)


@pytest.mark.parametrize(
    ("target", "aware", "asks"), [("single", True, True), ("single", False, False), ("dual", True, False)]
)
def test_state_aware_readers_are_told_to_ask_each_tag_once(target: str, aware: bool, asks: bool) -> None:
    (antenna, *_) = plan_for(replace(PAD, target=target), can(state_aware=aware)).antennas

    assert (antenna.impinj_search_mode, antenna.asks_state_a) == (None, asks)


def test_fixed_carriers_are_found_in_the_readers_table() -> None:
    impinj = plan_for(replace(IMPINJ, mode=None, fixed_channels_mhz=(867.5, 865.7)), can(maker=25882))
    other = plan_for(replace(PAD, fixed_channels_mhz=(866.9,)), can())

    assert (impinj.fixed_channels, impinj.channel_index) == ((4, 1), IMPINJ.model.channel_index)
    assert (other.fixed_channels, other.channel_index) == ((), 3)


@pytest.mark.parametrize(
    ("changes", "caps", "reason"),
    [
        ({"fixed_channels_mhz": (866.3,)}, {"hopping": True}, "has to hop"),
        ({"fixed_channels_mhz": (866.4,)}, {}, r"wants 866.4 MHz, but the reader lists 865.7, 866.3"),
        ({"fixed_channels_mhz": (866.3, 866.9)}, {}, "can say only one"),
        ({"filters": (TagFilter(Bank.EPC, 32, "30", 8),) * 3}, {}, "3 filters, but the reader takes at most 2"),
        ({"start_input": InputTrigger(2, True, 1.0)}, {"inputs": 1}, "waits for input 2, but the reader has 1"),
    ],
)
def test_what_the_reader_cannot_do_is_refused(changes: dict[str, object], caps: dict[str, object], reason: str) -> None:
    with pytest.raises(ProfileError, match=reason):
        plan_for(replace(PAD, **changes), can(**caps))  # type: ignore[arg-type]  # of the fields that they name


def test_chip_numbers_are_asked_for_only_where_the_reader_has_them_for_nothing() -> None:
    assert plan_for(replace(IMPINJ, mode=None, reads_tid=True), can(maker=25882)).reads_tid
    with pytest.raises(ProfileError, match="only Impinj's extensions"):
        plan_for(replace(PAD, reads_tid=True), can())


@pytest.mark.parametrize(
    ("session", "target", "repeats"),
    [(0, "single", True), (1, "dual", True), (2, "dual", True), (1, "single", False), (2, "reader", False)],
)
def test_a_tag_is_accessed_where_it_answers_again(session: int, target: str, repeats: bool) -> None:
    plan = plan_for(replace(PAD, session=session, target=target), can(state_aware=True))

    assert is_repeating(plan) is repeats
    awake = plan_to_access(plan)
    assert is_repeating(awake)
    assert {(antenna.session, antenna.asks_state_a) for antenna in awake.antennas} == {(0, False)}
    assert [antenna.tx_power_index for antenna in awake.antennas] == [one.tx_power_index for one in plan.antennas]


def test_a_reader_that_waits_for_an_input_does_not_repeat_by_itself() -> None:
    plan = plan_for(replace(PAD, start_input=InputTrigger(1, True, 2.0)), can(inputs=1))

    assert not is_repeating(plan)
    assert plan_to_access(plan).start_input is None
