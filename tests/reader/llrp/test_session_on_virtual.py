"""Our session against the virtual reader's strict codec, without a socket and on a clock that moves when told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reader.conversation import RetuneErrand
from reader.errors import (
    ProfileError,
    ReaderBusyError,
    ReaderError,
    ReaderGoneError,
    ReaderRefusedError,
    ReaderTimeoutError,
)
from reader.llrp.asking import Patience
from reader.llrp.session import Session
from reader.llrp.words import frames_in_words
from reader.model import ReaderEventKind
from reader.profile import load_profile
from reader.reader_clock import ReaderClock
from reader.virtual.faults import Fault
from tests.reader.llrp.pair import Pair

PAD = load_profile("virtual-pad")


@pytest.mark.parametrize("max_version", [1, 2])
@pytest.mark.parametrize("profile_name", ["virtual-pad", "virtual-sweep"])
def test_a_strict_reader_takes_every_message_of_ours(profile_name: str, max_version: int) -> None:
    pair = Pair(profile_name, max_version=max_version)
    pair.run(3.0)

    assert pair.session.is_reading
    assert pair.session.setup is not None
    assert pair.session.setup.version == max_version
    assert pair.device.rospec_state == "active"
    assert pair.session.found is not None
    assert pair.device.tx_power_dbm == max(pair.session.found.tx_powers_dbm.values())
    assert len({read.epc for read in pair.reads}) >= 7
    assert {read.antenna for read in pair.reads} == {1, 2}
    assert all(read.channel_mhz in (865.7, 866.3, 866.9, 867.5) for read in pair.reads)
    assert ReaderEventKind.MALFORMED not in pair.kinds
    assert {frame.error for frame in frames_in_words(pair.sent)} == {None}


def test_leaving_leaves_silence_in_the_air() -> None:
    pair = Pair()
    pair.run(1.0)
    pair.session.leave(pair.now_us / 1e6)
    pair.run(0.2)

    assert pair.session.is_over
    assert pair.device.rospec_state == "none"


@pytest.mark.parametrize("max_version", [1, 2])
@pytest.mark.parametrize("steps", range(16))  # the set-up takes eleven or so
def test_leaving_in_the_middle_of_the_set_up_leaves_silence_too(steps: int, max_version: int) -> None:
    """What is said in another version than was agreed on is refused: the ROSpec went on for ever."""
    pair = Pair(max_version=max_version)
    pair.run(steps / 100)
    pair.session.leave(pair.now_us / 1e6)
    pair.run(0.3)

    assert pair.session.is_over
    assert pair.device.rospec_state == "none"


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.REFUSED_ADD, ReaderRefusedError),
        (Fault.POWER_NOT_TAKEN, ProfileError),
    ],
)
def test_a_reader_that_does_not_obey_is_refused(fault: Fault, error: type[ReaderError]) -> None:
    pair = Pair("virtual-pad", fault)

    with pytest.raises(error):
        pair.run(1.0)
    assert pair.device.rospec_state != "active"


@pytest.mark.parametrize(
    "refused",
    [
        {"antennas": (1, 2, 3)},
        {"mode": 999},
        {"tx_power_dbm": 1.0},
        {"model": replace(PAD.model, manufacturer=1)},
        {"region": replace(PAD.region, communications_standards=frozenset({1}))},
    ],
    ids=["ports", "mode", "power", "maker", "region"],
)
def test_a_profile_that_is_refused_silences_what_a_killed_till_let_transmit(refused: dict[str, Any]) -> None:
    pair = Pair()
    pair.run(1.0)
    pair.reconnect(replace(PAD, **refused))
    assert pair.device.rospec_state == "active"

    with pytest.raises(ProfileError):
        pair.run(1.0)
    assert pair.device.rospec_state == "none"


def test_a_retune_to_a_power_that_is_not_held_leaves_nothing_transmitting() -> None:
    pair = Pair()
    pair.run(1.0)
    pair.faults.switch_on(Fault.POWER_NOT_TAKEN)

    with pytest.raises(ReaderGoneError, match="does not take back"):
        pair.done(RetuneErrand(replace(PAD, tx_power_dbm=15.0)))
    assert pair.device.rospec_state == "disabled"


def test_a_client_that_comes_second_is_told_plainly() -> None:
    pair = Pair()
    session = Session(load_profile("virtual-pad"), ReaderClock(), 1.0)

    with pytest.raises(ReaderBusyError, match="another client is connected"):
        session.receive(pair.device.refusal(pair.now_us), 1.0)


@pytest.mark.parametrize("fault", [Fault.TRUNCATE, Fault.UNKNOWN_TV])
def test_broken_reports_are_counted_and_reading_goes_on_after_them(fault: Fault) -> None:
    pair = Pair()
    pair.run(1.0)
    pair.faults.switch_on(fault)
    pair.run(0.5)
    broken = pair.kinds.count(ReaderEventKind.MALFORMED)
    pair.faults.switch_off(fault)
    pair.reads.clear()
    pair.run(0.5)

    assert broken > 0
    assert pair.reads
    assert pair.kinds.count(ReaderEventKind.MALFORMED) <= broken + 1
    assert pair.session.is_reading


def test_slow_answers_are_waited_for() -> None:
    patience = Patience()
    with pytest.raises(ReaderTimeoutError):
        Pair("virtual-pad", Fault.SLOW, patience=patience).run(25.0)

    pair = Pair("virtual-pad", Fault.SLOW, patience=patience)
    pair.run(25.0)

    assert pair.session.is_reading
    assert pair.reads


def test_silence_is_noticed_within_three_keepalive_periods() -> None:
    pair = Pair()
    pair.run(2.0)
    pair.faults.switch_on(Fault.SILENCE)
    began_us = pair.now_us

    with pytest.raises(ReaderGoneError, match="no sign of life"):
        pair.run(5.0)
    assert pair.now_us - began_us <= 3_000_000


@pytest.mark.parametrize("fault", [Fault.GARBAGE, Fault.MID_FRAME])
def test_a_stream_out_of_step_ends_in_bounded_time(fault: Fault) -> None:
    pair = Pair()
    pair.run(2.0)
    pair.faults.switch_on(fault)
    began_us = pair.now_us

    while not pair.device.is_broken:  # the device drops the link itself after half a frame
        try:
            pair.step()
        except ReaderError:
            break
        assert pair.now_us - began_us < 4_000_000


def test_twice_the_same_report_is_twice_a_read() -> None:
    pair = Pair()
    pair.run(1.0)
    pair.faults.switch_on(Fault.DUPLICATE)
    pair.reads.clear()
    pair.run(0.5)

    assert pair.reads
    assert all(pair.reads.count(read) % 2 == 0 for read in pair.reads[:-1])


def test_the_clock_follows_a_reader_whose_clock_jumps() -> None:
    pair = Pair()
    pair.run(2.0)
    for jump in (Fault.CLOCK_JUMP, None):
        if jump:
            pair.faults.switch_on(jump)
        else:
            pair.faults.switch_off(Fault.CLOCK_JUMP)
        pair.run(4.0)
        estimated = pair.clock.now_us(pair.now_us / 1e6)
        assert estimated is not None
        assert abs(estimated - max(read.t_us for read in pair.reads[-20:])) < 500_000


def test_an_antenna_that_had_gone_before_we_came_is_told() -> None:
    pair = Pair("virtual-pad", Fault.ANTENNA_GONE)
    pair.run(1.0)

    assert [detail for kind, detail in zip(pair.kinds, pair.details, strict=True) if "antenna" in kind] == ["antenna 2"]


def test_an_antenna_that_had_gone_before_it_was_used_is_told_when_it_is() -> None:
    pair = Pair(replace(PAD, antennas=(1,)), Fault.ANTENNA_GONE)
    pair.run(1.0)
    assert pair.kinds == []

    assert pair.done(RetuneErrand(replace(PAD, tx_power_dbm=19.0, antennas=(1, 2)))).error is None
    pair.run(0.1)

    assert pair.details == ["antenna 2"]


def test_an_antenna_that_is_gone_and_back_is_told() -> None:
    pair = Pair()
    pair.run(1.0)
    pair.faults.switch_on(Fault.ANTENNA_GONE)
    pair.run(0.5)
    pair.faults.switch_off(Fault.ANTENNA_GONE)
    pair.run(0.5)

    assert [kind for kind in pair.kinds if kind.value.startswith("antenna")] == [
        ReaderEventKind.ANTENNA_GONE,
        ReaderEventKind.ANTENNA_BACK,
    ]
