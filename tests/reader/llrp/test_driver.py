from __future__ import annotations

import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from reader.errors import ProfileError
from reader.host_clock import HostClock
from reader.llrp.driver import llrp_reader
from reader.model import LinkState, ReaderEventKind, TagRead
from reader.profile import load_profile
from reader.registry import open_reader
from reader.supervised import SupervisedReader
from tests.reader.llrp.line import ScriptedReader, capabilities, event, message, report, status, tag, tlv, welcome
from tests.reader.llrp.tcp_reader import TcpReader

PROFILE = load_profile("virtual-pad")


@contextmanager
def driven(address: str) -> Iterator[SupervisedReader]:
    reader = llrp_reader(PROFILE, address, "lane 1", HostClock(), random.Random(1))
    reader.start()
    try:
        yield reader
    finally:
        reader.stop(5.0)


def polled(reader: SupervisedReader, count: int) -> list[TagRead]:
    """Return reads as soon as there are ``count``."""
    reads: list[TagRead] = []
    until_s = time.monotonic() + 10
    while len(reads) < count:
        assert time.monotonic() < until_s, f"{reads}, {reader.health()}"
        reads += reader.poll(1.0)
    return reads


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread brings about."""
    until_s = time.monotonic() + 10
    ready = threading.Event()
    while not condition():
        assert time.monotonic() < until_s
        ready.wait(0.005)


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_reads_arrive_and_the_link_is_left_politely(family: socket.AddressFamily) -> None:
    try:
        line = TcpReader(family)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with line:
        with driven(line.address) as reader:
            (read,) = polled(reader, 1)
            health = reader.health()
            kinds = [happened.kind for happened in reader.events()]
        asked = line.scripts[0].asked

    assert read.epc == "3034257BF7194E4000001A85"
    assert (health.state, health.tx_power_dbm, health.firmware) == (LinkState.UP, 20.0, "1.2.3")
    assert (health.reads, health.connects, health.malformed) == (1, 1, 0)
    assert health.last_read_age_s is not None
    assert kinds == [ReaderEventKind.LINK_UP]
    assert asked[-2:] == [21, 14]
    assert reader.health().state is LinkState.CLOSED


def test_reader_that_is_away_is_no_error_and_is_found_when_it_comes() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    with driven(address) as reader:
        wait_until(lambda: reader.health().state is LinkState.DOWN)
        assert reader.poll(0.0) == []
        assert [happened.kind for happened in reader.events()] == [ReaderEventKind.LINK_LOST]
        assert "does not answer: nothing takes connections there" in reader.health().detail


def test_cut_link_is_made_anew_within_two_seconds() -> None:
    with TcpReader() as line, driven(line.address) as reader:
        polled(reader, 1)
        for connects in (2, 3, 4):
            line.cut()
            cut_s = time.monotonic()
            polled(reader, 1)
            assert time.monotonic() - cut_s < 2.0
            assert reader.health().connects == connects
        kinds = [happened.kind for happened in reader.events()]

    assert kinds == [ReaderEventKind.LINK_UP, *[ReaderEventKind.LINK_LOST, ReaderEventKind.LINK_UP] * 3]


def test_half_a_message_at_the_cut_does_not_harm_the_next_connection() -> None:
    with TcpReader() as line, driven(line.address) as reader:
        polled(reader, 1)
        line.send(report(tag(), tag())[:-7])
        line.cut()

        assert len(polled(reader, 1)) == 1
        assert reader.health().malformed == 0


def test_broken_messages_are_counted_and_cost_only_themselves() -> None:
    with TcpReader() as line:
        line.after_start = lambda _: message(999, 1) + report(b"\xff") + report(tag(antenna=2))
        with driven(line.address) as reader:
            (read,) = polled(reader, 1)
            wait_until(lambda: reader.health().malformed == 2)

            assert read.antenna == 2
            assert reader.health().connects == 1


def test_impossible_length_ends_the_link_with_its_reason() -> None:
    with TcpReader() as line:
        line.after_start = lambda n: report(tag()) + (b"\x04\x3e" + bytes(8) if n == 0 else b"")
        with driven(line.address) as reader:
            polled(reader, 2)
            details = [happened.detail for happened in reader.events()]

    assert any("a message of 0 bytes" in detail for detail in details)


def test_reader_in_use_is_told_plainly_and_tried_again() -> None:
    with TcpReader() as line:
        line.greeting = welcome(2)
        with driven(line.address) as reader:
            wait_until(lambda: reader.health().state is LinkState.REFUSED)
            assert "another client is connected" in reader.health().detail
            line.wait_for_connections(3)
            assert [happened.kind for happened in reader.events()] == [ReaderEventKind.REFUSED]  # once, not each time
            line.greeting = welcome()
            polled(reader, 1)
            assert reader.health().state is LinkState.UP


def test_refused_profile_is_told_and_nothing_transmits() -> None:
    with TcpReader() as line:
        line.new_script = lambda: ScriptedReader(capabilities(powers_dbm=[27.0]))
        with driven(line.address) as reader:
            wait_until(lambda: reader.health().state is LinkState.REFUSED)
            assert "smallest power is 27.00 dBm" in reader.health().detail
        assert all(not {20, 22, 24} & set(script.asked) for script in line.scripts)


def test_refused_request_is_tried_again_until_it_is_taken() -> None:
    with TcpReader() as line:
        refusing = ScriptedReader()
        refusing.answers[20] = lambda message_id: message(30, message_id, status(105))
        scripts = iter([refusing])
        line.new_script = lambda: next(scripts, None) or ScriptedReader()
        with driven(line.address) as reader:
            polled(reader, 1)
            kinds = [happened.kind for happened in reader.events()]

    assert kinds == [ReaderEventKind.REFUSED, ReaderEventKind.LINK_UP]


def test_a_request_that_gets_lost_costs_less_than_two_seconds() -> None:
    with TcpReader() as line:
        deaf = ScriptedReader()
        deaf.answers[24] = lambda _: b""
        scripts = iter([deaf])
        line.new_script = lambda: next(scripts, None) or ScriptedReader()
        began_s = time.monotonic()
        with driven(line.address) as reader:
            polled(reader, 1)
            assert time.monotonic() - began_s < 2.0
            assert [happened.kind for happened in reader.events()] == [
                ReaderEventKind.LINK_LOST,
                ReaderEventKind.LINK_UP,
            ]


def test_reader_event_reaches_the_caller() -> None:
    with TcpReader() as line:
        line.after_start = lambda _: event(tlv(255, struct.pack(">BH", 0, 2))) + report(tag())
        with driven(line.address) as reader:
            seen: set[tuple[ReaderEventKind, str]] = set()

            def has_gone() -> bool:
                seen.update((happened.kind, happened.detail) for happened in reader.events())
                return (ReaderEventKind.ANTENNA_GONE, "antenna 2") in seen

            wait_until(has_gone)


def test_clock_is_the_readers() -> None:
    with TcpReader() as line, driven(line.address) as reader:
        (read,) = polled(reader, 1)

        assert 0 <= reader.clock_us() - read.t_us < 5_000_000


def test_clock_is_the_hosts_before_anything_was_heard() -> None:
    reader = llrp_reader(PROFILE, "127.0.0.1:9", "lane 1", HostClock(), random.Random(1))

    assert abs(reader.clock_us() - time.time_ns() // 1000) < 5_000_000
    reader.stop()


def test_stop_wakes_whoever_polls_and_may_come_twice() -> None:
    with TcpReader() as line, driven(line.address) as reader:
        polled(reader, 1)
        woken = threading.Event()

        def poll_long() -> None:
            while reader.health().state is not LinkState.CLOSED:
                reader.poll(60.0)
            woken.set()

        threading.Thread(target=poll_long, daemon=True).start()
        reader.stop()
        reader.stop()

        assert woken.wait(5.0)


def test_stop_ends_in_time_with_a_reader_that_says_nothing_any_more() -> None:
    with TcpReader() as line:
        mute = ScriptedReader()
        mute.answers[21] = lambda i: b"" if 22 in mute.asked else message(31, i, status())
        mute.answers[14] = lambda _: b""
        line.new_script = lambda: mute
        with driven(line.address) as reader:
            polled(reader, 1)
            began_s = time.monotonic()
            reader.stop(1.0)
            assert time.monotonic() - began_s < 1.5
            assert reader.health().state is LinkState.CLOSED


def test_stop_without_start() -> None:
    reader = llrp_reader(PROFILE, "127.0.0.1:9", "lane 1", HostClock(), random.Random(1))

    reader.stop()
    reader.start()

    assert reader.health().state is LinkState.CLOSED


def test_registry_opens_it_by_profile() -> None:
    with TcpReader() as line:
        reader = open_reader(PROFILE, line.address, "gate")
        reader.start()
        try:
            assert reader.name == "gate"
            wait_until(lambda: reader.health().state is LinkState.UP)
        finally:
            reader.stop()


def test_a_device_is_no_place_for_a_reader_that_speaks_llrp() -> None:
    with pytest.raises(ProfileError, match=r"/dev/ttyUSB0 is a device; LLRP wants HOST:PORT"):
        llrp_reader(PROFILE, "/dev/ttyUSB0", "lane 1", HostClock(), random.Random(1))


@pytest.mark.parametrize("address", ["", ":5084", "host:0x10", "host:70000", "[::1", "[::1]5084"])
def test_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ProfileError, match="is no address"):
        llrp_reader(PROFILE, address, "lane 1", HostClock(), random.Random(1))
