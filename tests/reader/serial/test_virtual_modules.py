"""The whole way: driver, conversation, port, the wire's pace, and a virtual module with tags in its air."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reader.access import (
    AccessFault,
    Bank,
    KillTag,
    Lock,
    LockField,
    LockTag,
    ReadWords,
    TagOperation,
    TagTarget,
    WriteWords,
    epc_written,
)
from reader.errors import ProfileError, TagAccessError
from reader.host_clock import HostClock
from reader.model import LinkState, ReaderEventKind, TagRead
from reader.profile import Profile, TagFilter, load_profile
from reader.serial.driver import serial_reader
from reader.supervised import SupervisedReader
from reader.virtual.air import Air
from reader.virtual.faults import Fault, Faults
from reader.virtual.scene import builtin_scene, scene_of
from reader.virtual.serial.m100 import M100Module
from reader.virtual.serial.m100_line import Build
from reader.virtual.serial.module import SerialModule
from reader.virtual.serial.r2000 import R2000Module
from reader.virtual.serial_module import VirtualSerialReader
from reader.virtual.world import World

PATIENCE_S = 10.0
EPC, OTHER = "3036451FD4001940000003E9", "3036451FD4001940000003EA"
NEW = "30F6451FD40019400000000000007777"  # longer than before: the PC word changes, too
PASSWORD, KILL = 0x1234_5678, 0xDEAD_BEEF
PROFILES = {
    "m100": load_profile("m100-pad-eu"),
    "m100, other build": load_profile("m100-pad-eu"),
    "r2000": replace(load_profile("r2000-pad-eu"), antennas=(1, 2)),
}


def module_of(kind: str, air: Air, faults: Faults) -> SerialModule:
    if kind == "r2000":
        return R2000Module(air, faults)
    return M100Module(air, faults, build=Build.AA if "other" in kind else Build.BB)


class Bench:
    """A driver on a virtual module; two tags lie close before antenna 1, the first of them with passwords."""

    def __init__(self, kind: str, tty: Path) -> None:
        document = builtin_scene().model_dump(exclude_unset=True)
        near = {"orientation": [1, 0, 0]}
        passwords = {"access_password": f"{PASSWORD:08X}", "kill_password": f"{KILL:08X}"}
        document["tags"] = [
            {"epc": EPC, "at": [0.0, 0.0, 0.1], **near, **passwords},
            {"epc": OTHER, "at": [0.05, 0.0, 0.1], **near},
        ]
        self.profile = PROFILES[kind]
        self.faults = Faults()
        self.world = World(scene_of(document))
        self.module = VirtualSerialReader(
            module_of(kind, Air(self.world), self.faults), pty_link=tty, faults=self.faults
        )
        self.module.start()
        self.reader: SupervisedReader = serial_reader(self.profile, str(tty), "lane 1", HostClock(), random.Random(1))
        self.events: list[ReaderEventKind] = []

    def until(self, is_so: Callable[[list[TagRead]], bool]) -> list[TagRead]:
        """Collect reads and events until ``is_so`` of the reads."""
        reads: list[TagRead] = []
        until_s = time.monotonic() + PATIENCE_S
        while not is_so(reads):
            assert time.monotonic() < until_s, self.reader.health()
            reads += self.reader.poll(0.02)
            self.events += [event.kind for event in self.reader.events()]
        return reads

    def see(self, *epcs: str) -> list[TagRead]:
        return self.until(lambda reads: {read.epc for read in reads} >= set(epcs))

    def do(self, *operations: TagOperation, epc: str | None = EPC) -> tuple[int, ...]:
        """Do operations on a tag and return the words of the last one."""
        return self.reader.perform(TagTarget(epc), operations)[-1].words

    def fault_of(self, operation: TagOperation, epc: str = EPC) -> AccessFault:
        with pytest.raises(TagAccessError) as caught:
            self.do(operation, epc=epc)
        return caught.value.fault

    def retune(self, profile: Profile) -> None:
        self.reader.retune(profile)

    def stop(self) -> None:
        self.reader.stop()
        self.module.stop()


@pytest.fixture(params=PROFILES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(request.param, tmp_path / "module")
    made.reader.start()
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Bench]:
    made = Bench("r2000", tmp_path / "module")
    made.reader.start()
    try:
        yield made
    finally:
        made.stop()


def test_tags_are_read_and_the_power_is_what_was_asked_for(bench: Bench) -> None:
    reads = bench.see(EPC, OTHER)

    health = bench.reader.health()
    assert {read.antenna for read in reads} <= set(bench.profile.antennas)
    assert all(-80.0 < read.rssi_dbm < -10.0 for read in reads)
    assert set(health.tx_powers_dbm.values()) == {20.0}
    assert (health.state, health.malformed, bench.events) == (LinkState.UP, 0, [ReaderEventKind.LINK_UP])


def test_memory_is_read_written_locked_and_the_tag_killed_while_reads_flow(bench: Bench) -> None:
    bench.see(EPC, OTHER)

    tid = bench.world.memory(EPC).tid
    assert "".join(f"{word:04X}" for word in bench.do(ReadWords(Bank.TID, 0, 6))) == tid
    assert bench.do(WriteWords(Bank.USER, 1, (1, 2, 3), PASSWORD), ReadWords(Bank.USER, 0, 5, PASSWORD)) == (
        0,
        1,
        2,
        3,
        0,
    )
    assert bench.do(epc_written(NEW, password=PASSWORD), ReadWords(Bank.EPC, 2, 8, PASSWORD))[-1] == 0x7777
    bench.see(NEW, OTHER)
    bench.do(LockTag(((LockField.EPC, Lock.LOCKED), (LockField.USER, Lock.ALWAYS_OPEN)), PASSWORD), epc=NEW)
    assert bench.world.memory(EPC).locks[LockField.EPC] is Lock.LOCKED
    assert bench.world.memory(EPC).locks[LockField.USER] is Lock.ALWAYS_OPEN
    bench.do(KillTag(KILL), epc=NEW)
    assert bench.world.memory(EPC).is_killed
    bench.see(OTHER)


def test_what_a_tag_refuses_is_told_and_nothing_is_changed(bench: Bench) -> None:
    bench.see(EPC, OTHER)
    bench.do(LockTag(((LockField.EPC, Lock.LOCKED),), PASSWORD))

    assert bench.fault_of(WriteWords(Bank.EPC, 2, (1,), 7)) is AccessFault.PASSWORD
    assert bench.fault_of(ReadWords(Bank.TID, 0, 1), "3036451FD400194000000FFF") is AccessFault.NO_TAG
    assert bench.fault_of(ReadWords(Bank.USER, 60, 2)) in (AccessFault.OVERRUN, AccessFault.TAG)
    bench.see(EPC, OTHER)


def test_it_goes_on_with_another_power_and_refuses_what_it_cannot(bench: Bench) -> None:
    bench.see(EPC, OTHER)
    higher = bench.profile.model.power_table[max(bench.profile.model.power_table)] > 20.0
    wish_dbm = 23.4 if higher else 17.4

    bench.retune(replace(bench.profile, tx_power_dbm=wish_dbm))
    assert set(bench.reader.health().tx_powers_dbm.values()) == {float(int(wish_dbm))}
    with pytest.raises(ProfileError):
        bench.retune(replace(bench.profile, tx_power_dbm=3.0))

    bench.see(EPC, OTHER)
    assert bench.module.status().tx_power_dbm == float(int(wish_dbm))


def test_it_leaves_the_module_quiet(bench: Bench) -> None:
    bench.see(EPC, OTHER)

    bench.reader.stop()

    before = bench.module.status().reads
    bench.until(lambda _: bench.module.status().rospec == "inactive")
    assert bench.module.status().reads - before < 20


def test_garbage_and_cut_frames_cost_themselves(bench: Bench) -> None:
    bench.see(EPC, OTHER)
    bench.faults.switch_on(Fault.GARBAGE)
    bench.until(lambda _: not bench.faults.is_on(Fault.GARBAGE))
    bench.faults.switch_on(Fault.TRUNCATE)
    bench.until(lambda _: bench.reader.health().malformed > 3)
    bench.faults.switch_off(Fault.TRUNCATE)

    bench.see(EPC, OTHER)
    assert bench.reader.health().connects == 1


@pytest.mark.parametrize("bench", ["m100", "r2000"], indirect=True)
def test_a_silent_module_is_lost_and_found_again(bench: Bench) -> None:
    bench.see(EPC, OTHER)
    bench.faults.switch_on(Fault.SILENCE)
    began_s = time.monotonic()
    bench.until(lambda _: bench.reader.health().state is LinkState.DOWN)
    assert time.monotonic() - began_s < 3.0

    bench.faults.switch_off(Fault.SILENCE)
    bench.see(EPC, OTHER)
    assert bench.reader.health().state is LinkState.UP


def test_a_power_that_is_not_taken_is_no_start(tmp_path: Path) -> None:
    for kind in ("m100", "r2000"):
        made = Bench(kind, tmp_path / "module")
        made.faults.switch_on(Fault.POWER_NOT_TAKEN)
        made.reader.start()
        made.until(lambda _, made=made: made.reader.health().state is LinkState.REFUSED)  # type: ignore[misc]  # mypy cannot infer a lambda's default

        assert made.reader.health().reads == 0
        made.stop()


def test_a_filter_is_obeyed(tmp_path: Path) -> None:
    made = Bench("m100", tmp_path / "module")
    made.reader.start()
    made.see(EPC, OTHER)
    made.retune(replace(made.profile, filters=(TagFilter(Bank.EPC, 32, OTHER, 96),)))
    made.reader.poll(0.0)

    reads = made.until(lambda reads: len(reads) > 10)
    made.stop()

    assert {read.epc for read in reads} == {OTHER}


def test_a_missing_antenna_is_told_and_the_other_goes_on(board: Bench) -> None:
    board.see(EPC, OTHER)
    board.faults.switch_on(Fault.ANTENNA_GONE)
    board.until(lambda _: board.reader.health().antennas_gone == (2,))
    board.until(lambda reads: len(reads) > 10)
    board.faults.switch_off(Fault.ANTENNA_GONE)
    board.until(lambda _: board.reader.health().antennas_gone == ())

    assert board.events[1:] == [ReaderEventKind.ANTENNA_GONE, ReaderEventKind.ANTENNA_BACK]


def test_a_board_tells_its_temperature_and_its_carriers(board: Bench) -> None:
    reads = board.until(lambda reads: len(reads) > 10 and board.reader.health().temperature_c is not None)

    assert {read.channel_mhz for read in reads} <= {865.7, 866.3, 866.9, 867.5}
