"""Every driver against every fault: what was read stays read, what failed is said, the next reads come.

The whole matrix is `deep`; what runs always is each fault on one driver of each protocol, except where it takes
seconds to be noticed.
"""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Callable, Collection, Iterable

import pytest
from _pytest.mark import ParameterSet

from reader.model import LinkState, ReaderEventKind, ReaderHealth
from reader.virtual.faults import Fault
from tests.contracts.fault_benches import BENCHES, EPCS, FaultBench, Watch
from tests.contracts.fault_table import OF_READING, Link, Owed, Reads, owed_at_connect, owed_while_reading

BACK_S = 2.0  # within which a reader is read again once it can be
BUSY_S = 1.0  # for a machine that has other things to do
SPARE = 5  # reads that make sure that they flow
STOP_S = 2.0
MOST_EVENTS = 60  # nobody finds the one that matters among more

_ONE_OF_EACH = ("llrp", "mercury pty", "m100 pty", "r2000 pty")
_FLUENT = ("llrp", "mercury pty")  # so many reads a second that it is soon seen that they flow
_TAKES_LONG = {
    *((bench, fault) for bench in BENCHES for fault in (Fault.SILENCE, Fault.SLOW, Fault.REBOOT)),
    ("mercury pty", Fault.ANTENNA_GONE),
}
_ALWAYS = {
    ("llrp", Fault.SILENCE),
    ("r2000 pty", Fault.REBOOT),
    ("llrp impinj", Fault.ANTENNA_GONE),
    ("llrp zebra", Fault.MID_FRAME),
    ("mercury tcp", Fault.MID_FRAME),
    ("m100 tcp", Fault.REFUSE),
}
_ALWAYS_AT_CONNECT = _ALWAYS - {("llrp", Fault.SILENCE), ("r2000 pty", Fault.REBOOT)} | {("m100 pty", Fault.SILENCE)}
# Of an A0 frame only a sum of one byte tells whether it is whole: one broken frame in 256 is taken for a sound one.
_WEAK_SUM = {("r2000", Fault.TRUNCATE)}


def _pairs(
    faults: Iterable[Fault], owed_under: Callable[[str, Fault], Owed], always: Collection[tuple[str, Fault]]
) -> list[ParameterSet]:
    """Return every bench with every fault; what takes long, or is like another one, is deep."""
    pairs = []
    for fault in faults:
        for bench in BENCHES:
            owed, pair = owed_under(bench, fault), (bench, fault)
            is_slow = pair in _TAKES_LONG or (owed.tells is None and owed.reads is Reads.FLOW and bench not in _FLUENT)
            is_deep = pair not in always and (is_slow or bench not in _ONE_OF_EACH)
            pairs.append(pytest.param(*pair, id=f"{bench}, {fault}", marks=[pytest.mark.deep] if is_deep else []))
    return pairs


_WHILE_READING = _pairs(Fault, owed_while_reading, _ALWAYS)
_AT_CONNECT = _pairs((fault for fault in Fault if fault not in OF_READING), owed_at_connect, _ALWAYS_AT_CONNECT)


@pytest.mark.parametrize(("bench", "fault"), _WHILE_READING)
def test_a_fault_that_befalls_a_reader_that_reads(bench: str, fault: Fault) -> None:
    owed = owed_while_reading(bench, fault)
    with BENCHES[bench]() as made:
        watch = Watch(made.reader)
        made.reader.start()
        watch.until_all_are_seen()
        connects = made.reader.health().connects
        watch.until(lambda: made.reader.health().reads >= len(watch.reads) + SPARE, polls=False)
        arrived = made.reader.health().reads

        made.device.faults.switch_on(fault)
        _is_said(made, watch, owed, polls=False)
        watch.look()
        assert len(watch.reads) >= arrived, "what was read stays read"
        _reads_are_as_owed(watch, owed)
        if owed.link is Link.UP:
            assert made.reader.health().connects == connects
        made.device.faults.switch_off(fault)
        _next_reads_come(made, watch, owed)

        _stops_in_time(made, watch, fault)
        _nothing_was_made_up(made, watch, (bench.split()[0], fault) in _WEAK_SUM)


@pytest.mark.parametrize(("bench", "fault"), _AT_CONNECT)
def test_a_fault_that_is_there_before_the_reader_is(bench: str, fault: Fault) -> None:
    owed = owed_at_connect(bench, fault)
    with BENCHES[bench]() as made:
        watch = Watch(made.reader)
        made.device.faults.switch_on(fault)
        if bench.endswith("pty") and fault is Fault.REFUSE:
            watch.until(lambda: _is_taken(made.device.spoken))
        made.reader.start()
        _is_said(made, watch, owed, polls=True)
        _reads_are_as_owed(watch, owed)
        if owed.is_unheard:
            assert made.device.status().reads == 0, "nothing is sent before everything is as it has to be"
        made.device.faults.switch_off(fault)
        _next_reads_come(made, watch, owed)
        watch.until_all_are_seen()

        _stops_in_time(made, watch, fault)
        _nothing_was_made_up(made, watch, is_weak=False)


@pytest.mark.parametrize("bench", ["llrp", "mercury pty"])  # the others have no clock, or the same
def test_times_stay_comparable_when_a_readers_clock_jumps(bench: str) -> None:
    with BENCHES[bench]() as made:
        watch = Watch(made.reader)

        def is_comparable() -> bool:
            watch.look()
            return abs(made.reader.clock_us() - watch.reads[-1].t_us) < 1e6

        def jumped_s() -> float:
            return abs(made.reader.health().clock_offset_s or 0.0)

        has_utc = bench.startswith("llrp")
        made.reader.start()
        watch.until_all_are_seen()
        assert is_comparable()

        made.device.faults.switch_on(Fault.CLOCK_JUMP)
        watch.until(lambda: (jumped_s() > 3500) is has_utc)
        arrived = len(watch.reads)
        watch.until(lambda: is_comparable() and len(watch.reads) > arrived, BACK_S)

        made.device.faults.switch_off(Fault.CLOCK_JUMP)
        # Back is harder to believe than forward: for two seconds it may be reports that were held back.
        arrived = len(watch.reads)
        watch.until(lambda: is_comparable() and jumped_s() < 1 and len(watch.reads) > arrived, 2.0 + BACK_S)


def test_a_line_that_spoils_every_frame_is_told_once_and_counted() -> None:
    with BENCHES["llrp"]() as made:
        watch = Watch(made.reader)
        made.device.faults.switch_on(Fault.TRUNCATE)
        made.reader.start()

        watch.until(lambda: made.reader.health().malformed > 20)
        assert [event.kind for event in watch.events].count(ReaderEventKind.MALFORMED) == 1


@pytest.mark.parametrize("bench", ["llrp impinj", "mercury pty", "r2000 pty"])
def test_who_measures_its_temperature_shows_that_it_is_too_hot(bench: str) -> None:
    with BENCHES[bench]() as made:
        watch = Watch(made.reader)
        made.device.faults.switch_on(Fault.OVER_TEMPERATURE)
        made.reader.start()

        watch.until(lambda: (made.reader.health().temperature_c or 0.0) > 80.0)


def test_a_board_that_stops_sending_is_asked_whether_it_is_too_hot() -> None:
    with BENCHES["r2000 pty"]() as made:
        watch = Watch(made.reader)
        made.reader.start()
        watch.until(lambda: (made.reader.health().temperature_c or 99.0) < 80.0)

        made.device.faults.switch_on(Fault.OVER_TEMPERATURE)
        watch.until(lambda: (made.reader.health().temperature_c or 0.0) > 80.0, BACK_S)
        made.device.faults.switch_off(Fault.OVER_TEMPERATURE)
        watch.until(lambda: (made.reader.health().temperature_c or 99.0) < 80.0, BACK_S)


def test_every_fault_has_its_row() -> None:
    for bench in BENCHES:
        for fault in Fault:
            owed = [owed_while_reading(bench, fault)]
            if fault not in OF_READING:
                owed.append(owed_at_connect(bench, fault))
            for one in owed:
                assert bool(one.tells) != bool(one.because), (bench, fault)


def _is_said(made: FaultBench, watch: Watch, owed: Owed, *, polls: bool) -> None:
    """Wait until the fault was told as it has to be."""
    if owed.tells is None:
        if owed.reads is Reads.FLOW:
            enough = made.reader.health().reads + 2 * SPARE
            watch.until(lambda: made.reader.health().reads >= enough, polls=polls)
        return

    def is_told() -> bool:
        return any(
            event.kind is owed.tells
            and event.antenna in (None, owed.antenna)
            and (owed.antenna is None or event.antenna == owed.antenna)
            and re.search(owed.words, event.detail)
            for event in watch.events
        )

    watch.until(is_told, owed.within_s + BUSY_S, polls=polls)
    health = made.reader.health()
    if owed.antenna is not None:
        assert owed.antenna in health.antennas_gone
    if owed.tells is ReaderEventKind.MALFORMED:
        assert health.malformed > 0
    if owed.link is Link.BROKEN:
        watch.until(lambda: _is_broken(made.reader.health(), owed), polls=polls)


def _is_broken(health: ReaderHealth, owed: Owed) -> bool:
    state = LinkState.REFUSED if owed.tells is ReaderEventKind.REFUSED else LinkState.DOWN
    return health.state is state and bool(health.detail)


def _reads_are_as_owed(watch: Watch, owed: Owed) -> None:
    if owed.link is Link.UP:
        watch.until(lambda: watch.is_up)
    if owed.reads is Reads.STOP:
        watch.until_it_is_silent()
    elif owed.reads is Reads.FLOW:
        enough = len(watch.reads) + SPARE
        watch.until(lambda: len(watch.reads) >= enough)
    if owed.link is Link.UP:
        lost = {ReaderEventKind.LINK_LOST, ReaderEventKind.REFUSED}
        assert not [event for event in watch.events if event.kind in lost]


def _next_reads_come(made: FaultBench, watch: Watch, owed: Owed) -> None:
    within_s = owed.recovers_s + BACK_S + BUSY_S
    began_s = time.monotonic()
    before = len(watch.reads)
    watch.until(lambda: watch.is_up and len(watch.reads) > before, within_s)
    watch.until(lambda: not made.reader.health().antennas_gone, within_s - (time.monotonic() - began_s))
    assert made.reader.health().detail == ""


def _stops_in_time(made: FaultBench, watch: Watch, fault: Fault) -> None:
    """Stop with the fault in force."""
    made.device.faults.switch_on(fault)
    began_s = time.monotonic()
    made.reader.stop(STOP_S)

    assert time.monotonic() - began_s < STOP_S + BUSY_S / 2
    assert made.reader.health().state is LinkState.CLOSED
    watch.look(0.0)


def _nothing_was_made_up(made: FaultBench, watch: Watch, is_weak: bool) -> None:
    assert made.reader.health().reads == len(watch.reads), "every read is delivered, once"
    assert is_weak or {read.epc for read in watch.reads} == set(EPCS)
    assert len(watch.events) < MOST_EVENTS
    assert made.device.is_serving


def _is_taken(tty: str) -> bool:
    """Whether somebody holds the lock on a tty."""
    descriptor = os.open(tty, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
