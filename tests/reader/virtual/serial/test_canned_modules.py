"""Prepared tags instead of the air: on every family real frames, counted, as many rounds as asked, as fast as taken."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import pytest

from reader.serial.m100 import M100Decoder
from reader.serial.m100 import message_of as m100_message
from reader.serial.r2000 import R2000Decoder
from reader.serial.r2000 import message_of as r2000_message
from reader.virtual.air import Air
from reader.virtual.faults import Fault, Faults
from reader.virtual.scene import builtin_scene
from reader.virtual.serial.m100 import BAUDS as M100_BAUDS
from reader.virtual.serial.m100 import M100Module
from reader.virtual.serial.m100_line import Build
from reader.virtual.serial.mercury import MercuryModule
from reader.virtual.serial.mercury_models import BAUDS as MERCURY_BAUDS
from reader.virtual.serial.module import Said, SerialModule
from reader.virtual.serial.r2000 import BAUDS as R2000_BAUDS
from reader.virtual.serial.r2000 import R2000Module
from reader.virtual.serial_module import VirtualSerialReader
from reader.virtual.world import World
from tests.reader.serial.lines import m100, r2000
from tests.reader.virtual.serial.mercury_bench import STREAM, request
from tests.reader.virtual.serial.module_bench import ModuleBench

ROUND = 500
PATIENCE_S = 10.0
SINGLE, ENDLESS, STOP = (m100(0x22, b"", kind=0), m100(0x27, b"\x22\0\0", kind=0), m100(0x28, b"", kind=0))


def air() -> Air:
    return Air(World(builtin_scene()))


def m100_bench(build: Build = Build.BB) -> ModuleBench:
    return ModuleBench(M100Module(air(), Faults(), build=build, is_canned=True))


def r2000_bench() -> ModuleBench:
    return ModuleBench(R2000Module(air(), Faults(), is_canned=True))


def taken(bench: ModuleBench, most: int) -> list[Said]:
    said: list[Said] = []
    while len(said) < most and (one := bench.module.take(bench.now_us)) is not None:
        said.append(one)
    return said


@pytest.mark.parametrize(("asked", "rounds"), [(SINGLE, 1), (m100(0x27, b"\x22\0\3", kind=0), 3)])
def test_an_m100_tells_as_many_rounds_as_it_was_asked_for(asked: bytes, rounds: int) -> None:
    bench = m100_bench()
    bench.say(asked)
    assert bench.module.is_reading
    said = taken(bench, 10_000)

    messages = [m100_message(frame) for one in said for frame in M100Decoder().feed(one.frame)]
    assert len(messages) == rounds * ROUND == bench.module.reads
    assert all(one.is_tag for one in said)
    assert len({one.frame for one in said}) == ROUND
    assert not bench.module.is_reading


def test_an_m100_goes_on_until_it_is_told_to_stop_and_answers_in_between() -> None:
    bench = m100_bench(Build.AA)
    bench.say(m100_as_aa(ENDLESS))
    assert len(taken(bench, 3000)) == 3000

    bench.say(m100_as_aa(m100(0xB7, b"", kind=0)))
    answer, tag = taken(bench, 2)
    assert (answer.is_tag, answer.frame[2], tag.is_tag) == (False, 0xB7, True)

    bench.say(m100_as_aa(STOP))
    assert [one.is_tag for one in taken(bench, 10)] == [False]


def m100_as_aa(frame: bytes) -> bytes:
    return b"\xaa" + frame[1:-1] + b"\xdd"


def test_an_r2000_ends_its_inventory_with_what_it_told() -> None:
    bench = r2000_bench()
    bench.say(r2000(0x8B, bytes((1, 0, 2))))
    bench.now_us = 2_000_000
    said = taken(bench, 10_000)

    assert [one.is_tag for one in said] == [True] * 2 * ROUND + [False]
    frames = [frame for one in said for frame in R2000Decoder().feed(one.frame)]
    assert [r2000_message(frame) is not None for frame in frames] == [True] * len(said)
    end = said[-1].frame
    assert (end[4], int.from_bytes(end[5:7], "big"), int.from_bytes(end[7:11], "big")) == (0, 500, 1000)
    assert bench.module.reads == 2 * ROUND


def test_an_r2000_that_switches_ports_says_on_which_one_it_heard_each_tag() -> None:
    bench = r2000_bench()
    bench.say(r2000(0x8A, bytes((0, 1, 2, 1, 0xFF, 0, 0xFF, 0, 0, 1))))
    said = taken(bench, 10_000)

    assert [one.frame[4] & 3 for one in said[:-1]] == [0] * ROUND + [2] * ROUND
    assert int.from_bytes(said[-1].frame[4:7], "big") == 2 * ROUND


def test_an_r2000_that_keeps_its_tags_keeps_prepared_ones_and_the_next_request_waits_for_the_end() -> None:
    bench = r2000_bench()
    bench.say(r2000(0x80, b"\2") + r2000(0x92, b""))
    end, count = taken(bench, 10)

    assert int.from_bytes(end.frame[5:7], "big") == ROUND
    assert int.from_bytes(end.frame[9:13], "big") == 2 * ROUND
    assert int.from_bytes(count.frame[4:6], "big") == ROUND


@pytest.mark.parametrize("baud", [min, max])
@pytest.mark.parametrize(
    ("made", "bauds"), [(M100Module, M100_BAUDS), (R2000Module, R2000_BAUDS), (MercuryModule, MERCURY_BAUDS)]
)
def test_a_module_begins_and_begins_anew_at_the_rate_it_was_made_with(
    made: Callable[..., SerialModule], bauds: tuple[int, ...], baud: Callable[[tuple[int, ...]], int]
) -> None:
    module = made(air(), Faults(), baud=baud(bauds))
    assert module.baud == baud(bauds)

    module.reboot(1_000_000)
    assert module.baud == baud(bauds)


# --- over a line ----------------------------------------------------------------------------------

INVENTORY = {
    "m100": ENDLESS,
    "r2000": r2000(0x8B, bytes((1, 0, 255))),
    "mercury": request(0x97, b"\x02") + request(0x2F, STREAM),
}
MODULES: dict[str, Callable[..., SerialModule]] = {"m100": M100Module, "r2000": R2000Module, "mercury": MercuryModule}


def until(is_so: Callable[[], bool]) -> None:
    """Wait for another thread; the time only bounds a failure."""
    end_s, pause = time.monotonic() + PATIENCE_S, threading.Event()
    while not is_so():
        assert time.monotonic() < end_s
        pause.wait(0.005)


@pytest.mark.parametrize("kind", MODULES)
@pytest.mark.parametrize("is_paced", [True, False])
def test_prepared_tags_fill_a_line_and_silence_neither_floods_nor_hangs_it(kind: str, is_paced: bool) -> None:
    faults = Faults()
    module = MODULES[kind](air(), faults, baud=115_200, is_canned=True)
    reader = VirtualSerialReader(module, address=("127.0.0.1", 0), faults=faults, is_paced=is_paced)
    reader.start()
    try:
        with socket.create_connection(reader.address, timeout=PATIENCE_S) as client:
            client.sendall(INVENTORY[kind])
            client.recv(1)
            began_s, heard = time.monotonic(), 0
            while heard < 4000:
                heard += len(client.recv(4096))
            took_s = time.monotonic() - began_s
            assert not is_paced or took_s > 0.9 * (4000 / 11_520 - 0.03)  # the line keeps 30 ms of bytes ready

            faults.switch_on(Fault.SILENCE)
            reads = reader.status().reads
            until(lambda: reader.status().reads > reads)  # the thread goes round: what it says is lost
            faults.switch_off(Fault.SILENCE)
            client.settimeout(PATIENCE_S)
            heard = 0
            while heard < 4000:
                heard += len(client.recv(4096))
    finally:
        reader.stop()
    assert not reader.is_serving
