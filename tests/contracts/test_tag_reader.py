"""What every `TagReader` owes the lane. A driver joins by adding a bench of its own to `_BENCHES`."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import pytest

from reader.host_clock import HostClock
from reader.joined import JoinedReader
from reader.llrp.driver import llrp_reader
from reader.model import LinkState, ReaderEventKind, TagRead
from reader.port import TagReader
from reader.profile import load_profile
from reader.split import split_by_antenna
from reader.virtual.faults import Fault
from reader.virtual.llrp_reader import VirtualLlrpReader
from reader.virtual.scene import builtin_scene, scene_of
from reader.virtual.world import World
from tests.contracts.serial_benches import serial_benches
from tests.reader.llrp.line import report, tag
from tests.reader.llrp.tcp_reader import TcpReader

EPCS = ["3034257BF7194E4000001A85", "3034257BF7194E4000001A86"]
PATIENCE_S = 10.0


class Bench(Protocol):
    """A reader under test, and the hand at the other end of its line. `EPCS` lie before it from the start."""

    @property
    def reader(self) -> TagReader:
        """The reader, not started."""

    def cut(self) -> None:
        """Break the link without a word; the device itself stays on."""


class _ScriptedLlrp:
    def __init__(self, line: TcpReader) -> None:
        self.reader: TagReader = llrp_reader(
            load_profile("virtual-pad"), line.address, "lane 1", HostClock(), random.Random(1)
        )
        self._line = line
        line.after_start = lambda _: report(*(tag(bytes.fromhex(epc)) for epc in EPCS))

    def cut(self) -> None:
        self._line.cut()


@contextmanager
def _scripted_llrp() -> Iterator[Bench]:
    with TcpReader() as line:
        yield _ScriptedLlrp(line)


class _VirtualLlrp:
    """The virtual reader's whole server, in this process; its own air decides what is read when."""

    def __init__(self, device: VirtualLlrpReader) -> None:
        host, port = device.address
        profile = load_profile("virtual-pad")
        self.reader: TagReader = llrp_reader(profile, f"{host}:{port}", "lane 1", HostClock(), random.Random(1))
        self._device = device

    def cut(self) -> None:
        self._device.faults.switch_on(Fault.MID_FRAME)  # half of the next report, then the link drops


@contextmanager
def _virtual_llrp() -> Iterator[Bench]:
    tags = {"at": (0.0, 0.0, 0.1), "epcs": tuple(EPCS), "orientation": (1.0, 0.0, 0.0)}
    scene = builtin_scene()
    device = VirtualLlrpReader(World(scene_of({**scene.model_dump(), "tags": [tags]})), seed=1)
    device.start()
    try:
        yield _VirtualLlrp(device)
    finally:
        device.stop()


class _SplitLlrp:
    """One reader for two lanes; the other lane is closed, so that this one's end is the reader's."""

    def __init__(self, line: TcpReader) -> None:
        whole = llrp_reader(load_profile("virtual-pad"), line.address, "pad", HostClock(), random.Random(1))
        shares = split_by_antenna(whole, {"lane 1": [1], "lane 2": [2]}, HostClock())
        shares["lane 2"].stop()
        self.reader = shares["lane 1"]
        self._line = line
        line.after_start = lambda _: report(*(tag(bytes.fromhex(epc)) for epc in EPCS))

    def cut(self) -> None:
        self._line.cut()


@contextmanager
def _split_llrp() -> Iterator[Bench]:
    with TcpReader() as line:
        yield _SplitLlrp(line)


class _JoinedLlrp:
    """Two readers, each of which sees one of the tags."""

    def __init__(self, left: TcpReader, right: TcpReader) -> None:
        profile = load_profile("virtual-pad")
        members = [
            llrp_reader(profile, line.address, side, HostClock(), random.Random(1))
            for side, line in (("left", left), ("right", right))
        ]
        self.reader: TagReader = JoinedReader("lane 1", members, HostClock())
        self._left = left
        left.after_start = lambda _: report(tag(bytes.fromhex(EPCS[0])))
        right.after_start = lambda _: report(tag(bytes.fromhex(EPCS[1])))

    def cut(self) -> None:
        self._left.cut()


@contextmanager
def _joined_llrp() -> Iterator[Bench]:
    with TcpReader() as left, TcpReader() as right:
        yield _JoinedLlrp(left, right)


_BENCHES: dict[str, Callable[[], AbstractContextManager[Bench]]] = {
    "llrp, scripted": _scripted_llrp,
    "llrp, virtual": _virtual_llrp,
    "llrp, split": _split_llrp,
    "llrp, joined": _joined_llrp,
    **serial_benches(EPCS),
}


@pytest.fixture(params=_BENCHES)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with _BENCHES[request.param]() as made:
        yield made
        made.reader.stop()


def reads_until(reader: TagReader, enough: Callable[[list[TagRead]], bool]) -> list[TagRead]:
    reads: list[TagRead] = []
    until_s = time.monotonic() + PATIENCE_S
    while not enough(reads):
        assert time.monotonic() < until_s, reader.health()
        reads += reader.poll(0.2)
    return reads


def both(reads: list[TagRead]) -> bool:
    return {read.epc for read in reads} >= set(EPCS)


def test_it_has_the_name_it_was_given(bench: Bench) -> None:
    assert bench.reader.name == "lane 1"


def test_it_reads_what_lies_before_it(bench: Bench) -> None:
    bench.reader.start()

    for read in reads_until(bench.reader, both):
        assert read.epc == read.epc.upper()
        assert read.antenna >= 1
        assert -130.0 < read.rssi_dbm < 30.0
        assert read.phase_deg is None or 0.0 <= read.phase_deg < 360.0
        assert read.channel_mhz is None or 800.0 < read.channel_mhz < 1000.0
        assert read.seen_count >= 1


def test_its_health_says_what_it_is_and_does(bench: Bench) -> None:
    bench.reader.start()
    reads = reads_until(bench.reader, both)

    health = bench.reader.health()

    assert health.state is LinkState.UP
    assert health.model
    assert health.tx_power_dbm is not None
    assert health.connects == 1
    assert health.reads >= len(reads)
    assert health.last_read_age_s is not None
    assert 0.0 <= health.last_read_age_s < PATIENCE_S


def test_its_clock_is_that_of_its_reads(bench: Bench) -> None:
    bench.reader.start()
    latest = max(read.t_us for read in reads_until(bench.reader, both))

    first = bench.reader.clock_us()
    second = bench.reader.clock_us()

    assert first <= second
    assert -1_000_000 < first - latest < PATIENCE_S * 1e6


def test_events_are_told_once(bench: Bench) -> None:
    bench.reader.start()
    reads_until(bench.reader, both)

    assert ReaderEventKind.LINK_UP in [happened.kind for happened in bench.reader.events()]
    assert ReaderEventKind.LINK_UP not in [happened.kind for happened in bench.reader.events()]


def test_it_reads_again_within_two_seconds_of_a_cut(bench: Bench) -> None:
    bench.reader.start()
    reads_until(bench.reader, both)
    connects = bench.reader.health().connects

    bench.cut()
    cut_s = time.monotonic()
    while bench.reader.health().connects == connects:
        bench.reader.poll(0.05)
        assert time.monotonic() - cut_s < PATIENCE_S
    back_s = time.monotonic()

    assert back_s - cut_s < 2.0
    assert {ReaderEventKind.LINK_LOST, ReaderEventKind.LINK_UP} <= {event.kind for event in bench.reader.events()}


def test_silence_is_no_failure(bench: Bench) -> None:
    assert list(bench.reader.poll(0.0)) == []  # not even started
    assert bench.reader.health().state is not LinkState.UP


def test_stop_is_in_time_final_and_may_come_twice(bench: Bench) -> None:
    bench.reader.start()
    reads_until(bench.reader, both)

    began_s = time.monotonic()
    bench.reader.stop(5.0)
    bench.reader.stop(5.0)

    assert time.monotonic() - began_s < 5.5
    assert bench.reader.health().state is LinkState.CLOSED
    bench.reader.poll(0.0)
    assert list(bench.reader.poll(PATIENCE_S)) == []  # and it does not wait for reads that cannot come


def test_stop_without_start_is_fine(bench: Bench) -> None:
    bench.reader.stop()

    assert bench.reader.health().state is LinkState.CLOSED


def test_start_returns_at_once_and_leaves_no_thread_behind(bench: Bench) -> None:
    before = threading.active_count()
    began_s = time.monotonic()
    bench.reader.start()
    assert time.monotonic() - began_s < 0.5
    reads_until(bench.reader, both)

    bench.reader.stop()

    assert threading.active_count() <= before
