"""The serial driver from end to end, on a scripted Mercury module behind a pty or TCP."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from reader.errors import ProfileError
from reader.host_clock import HostClock
from reader.model import LinkState, ReaderEventKind, TagRead
from reader.registry import open_reader
from reader.serial.driver import serial_reader
from reader.supervised import SupervisedReader
from reader.virtual.air import Air
from reader.virtual.faults import Faults
from reader.virtual.scene import builtin_scene
from reader.virtual.serial.r2000 import R2000Module
from reader.virtual.serial_module import VirtualSerialReader
from reader.virtual.world import World
from tests.reader.serial.mercury_script import EPC, Script, profile_of
from tests.reader.serial.served import ServedTcp, ServedTty, Tty

PATIENCE_S = 10.0


def started(address: str, stack: ExitStack, baud: int = 115_200) -> SupervisedReader:
    profile = profile_of()
    profile = replace(profile, model=replace(profile.model, baud=baud))
    reader = serial_reader(profile, address, "lane 1", HostClock(), random.Random(1))
    stack.callback(reader.stop, 5.0)
    reader.start()
    return reader


def until(reader: SupervisedReader, is_so: Callable[[], bool]) -> list[TagRead]:
    reads: list[TagRead] = []
    until_s = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < until_s, reader.health()
        reads += reader.poll(0.02)
    return reads


def is_up(reader: SupervisedReader) -> Callable[[], bool]:
    return lambda: reader.health().state is LinkState.UP and reader.health().reads > 0


def test_it_reads_over_a_device(tmp_path: Path) -> None:
    with ServedTty(tmp_path / "module", Script()), ExitStack() as stack:
        reader = started(str(tmp_path / "module"), stack)
        reads = until(reader, is_up(reader)) + list(reader.poll(1.0))

        assert {read.epc for read in reads} == {EPC.hex().upper()}
        assert abs(reader.clock_us() - reads[-1].t_us) < 1_000_000
        assert reader.health().tx_powers_dbm == {1: 20.0}
        assert reader.health().temperature_c == 30.0


def test_it_reads_over_tcp_and_again_after_a_cut() -> None:
    with ServedTcp(Script()) as module, ExitStack() as stack:
        reader = started(f"127.0.0.1:{module.port}", stack)
        until(reader, is_up(reader))
        module.cut()
        cut_s = time.monotonic()
        until(reader, lambda: reader.health().connects == 2)

        assert time.monotonic() - cut_s < 2.0


def test_unplugged_and_plugged_in_again(tmp_path: Path) -> None:
    with ServedTty(tmp_path / "module", Script()) as module, ExitStack() as stack:
        reader = started(str(tmp_path / "module"), stack)
        until(reader, is_up(reader))
        module.unplug()
        until(reader, lambda: "there is no device" in reader.health().detail)
        module.plug()
        back_s = time.monotonic()
        until(reader, lambda: reader.health().connects == 2)

        assert time.monotonic() - back_s < 2.0
        until(reader, is_up(reader))


def test_a_wrong_rate_is_found_and_named(tmp_path: Path) -> None:
    with ServedTty(tmp_path / "module", Script(), baud=57_600) as module, ExitStack() as stack:
        reader = started(str(tmp_path / "module"), stack)
        until(reader, is_up(reader))
        told = [event.detail for event in reader.events() if event.kind is ReaderEventKind.BAUD_DIFFERS]
        assert told == ["answers at 57600, the profile says 115200"]

        module.unplug()
        until(reader, lambda: reader.health().state is LinkState.DOWN)
        module.plug()
        until(reader, lambda: reader.health().connects == 2)
        assert ReaderEventKind.BAUD_DIFFERS not in [event.kind for event in reader.events()]


def test_something_else_at_the_other_end_is_told(tmp_path: Path) -> None:
    with ServedTty(tmp_path / "module", Script(), baud=None), ExitStack() as stack:
        reader = started(str(tmp_path / "module"), stack)
        until(reader, lambda: "something speaks at 115200, 9600" in reader.health().detail)

        assert "but not Mercury" in reader.health().detail


def test_nothing_at_the_other_end_is_told(tmp_path: Path) -> None:
    with Tty(tmp_path / "module"), ExitStack() as stack:
        reader = started(str(tmp_path / "module"), stack)
        until(reader, lambda: "no answer at 115200, 9600" in reader.health().detail)


def test_a_module_of_another_family_is_named(tmp_path: Path) -> None:
    faults = Faults()
    board = VirtualSerialReader(
        R2000Module(Air(World(builtin_scene())), faults), pty_link=tmp_path / "module", faults=faults
    )
    board.start()
    try:
        with ExitStack() as stack:
            reader = started(str(tmp_path / "module"), stack)
            until(reader, lambda: "it is not Mercury: it is A0 (R2000)" in reader.health().detail)
    finally:
        board.stop()


def test_it_stops_in_the_middle_of_the_search(tmp_path: Path) -> None:
    with Tty(tmp_path / "module"), ExitStack() as stack:
        reader = started(str(tmp_path / "module"), stack)
        reader.poll(0.1)
        began_s = time.monotonic()
        reader.stop(5.0)

        assert time.monotonic() - began_s < 1.0


def test_errands_are_done_while_it_reads(tmp_path: Path) -> None:
    script = Script()
    with ServedTty(tmp_path / "module", script), ExitStack() as stack:
        reader = started(str(tmp_path / "module"), stack)
        reader.set_output(1, is_on=True)
        assert script.last(0x96) == b"\x01\x01"
        reader.retune(replace(profile_of(), tx_power_dbm=15.0))
        assert reader.health().tx_power_dbm == 15.0
        until(reader, is_up(reader))


def test_the_registry_knows_the_family() -> None:
    open_reader(profile_of(), "/dev/serial/by-id/module").stop()

    with pytest.raises(ProfileError, match="no address of a serial module"):
        open_reader(profile_of(), "nonsense")
