from __future__ import annotations

import threading

import pytest

from reader.host_clock import HostClock
from reader.model import LinkState, ReaderEvent, ReaderEventKind, ReaderHealth
from reader.port import TagReader
from reader.split import split_by_antenna
from tests.reader.fake_reader import FakeReader, polled, read

UP = ReaderHealth(
    LinkState.UP,
    model="M",
    tx_power_dbm=25.0,
    tx_powers_dbm={1: 20.0, 2: 25.0},
    antennas_gone=(2,),
    connects=3,
    reads=9,
)


def split(whole: FakeReader) -> tuple[TagReader, TagReader]:
    shares = split_by_antenna(whole, {"a": [1], "b": [2, 3]}, HostClock())
    return shares["a"], shares["b"]


def test_each_lane_sees_its_own_ports_only() -> None:
    whole = FakeReader()
    a, b = split(whole)
    a.start()
    b.start()

    whole.see(read("A1", 1), read("B2", 2), read("A2", 1), read("B3", 3), read("nobody's", 4))

    assert [each.epc for each in polled(a, 2)] == ["A1", "A2"]
    assert [each.epc for each in polled(b, 2)] == ["B2", "B3"]
    a.stop()
    b.stop()


def test_it_is_started_once_and_stopped_with_the_last() -> None:
    whole = FakeReader()
    a, b = split(whole)
    a.start()
    b.start()
    a.start()
    assert whole.starts == 1

    a.stop()
    a.stop()
    assert whole.stops == []
    assert a.health().state is LinkState.CLOSED
    assert b.health().state is LinkState.UP
    whole.see(read("A", 1), read("B", 2))
    assert [each.epc for each in polled(b, 1)] == ["B"]
    assert list(a.poll(10.0)) == []

    b.stop(5.0)
    assert len(whole.stops) == 1
    assert whole.stops[0] <= 5.0


def test_a_lane_that_is_not_started_sees_nothing_of_before() -> None:
    whole = FakeReader()
    a, b = split(whole)
    a.start()
    whole.see(read("A", 1), read("too early", 2))
    polled(a, 1)
    assert b.health().state is LinkState.CONNECTING

    b.start()
    whole.see(read("B", 2))

    assert [each.epc for each in polled(b, 1)] == ["B"]
    a.stop()
    b.stop()


def test_its_health_is_that_of_its_ports() -> None:
    whole = FakeReader(health=UP)
    a, b = split(whole)
    a.start()
    b.start()
    whole.see(read("A", 1))
    polled(a, 1)

    health = a.health()
    assert (health.state, health.model, health.connects) == (LinkState.UP, "M", 3)
    assert (health.tx_power_dbm, dict(health.tx_powers_dbm), health.antennas_gone) == (20.0, {1: 20.0}, ())
    assert health.reads == 1
    assert health.last_read_age_s is not None
    assert b.health().antennas_gone == (2,)
    assert (b.health().reads, b.health().last_read_age_s) == (0, None)
    a.stop()
    b.stop()


def test_events_go_to_whom_they_concern() -> None:
    whole = FakeReader()
    a, b = split(whole)
    a.start()
    b.start()
    up = ReaderEvent(1.0, ReaderEventKind.LINK_UP, "M")
    gone = ReaderEvent(2.0, ReaderEventKind.ANTENNA_GONE, "antenna 3", 3)
    whole.tell(up, gone)
    whole.see(read("A", 1), read("B", 2))
    polled(a, 1)
    polled(b, 1)

    assert list(a.events()) == [up]
    assert list(a.events()) == []
    assert list(b.events()) == [up, gone]
    a.stop()
    b.stop()


def test_a_port_belongs_to_one() -> None:
    with pytest.raises(ValueError, match=r"belongs to two lanes: \[1, 2, 2\]"):
        split_by_antenna(FakeReader(), {"a": [1, 2], "b": [2]}, HostClock())


def test_lanes_that_start_and_stop_from_many_threads_start_and_stop_once() -> None:
    whole = FakeReader()
    shares = split_by_antenna(whole, {str(port): [port] for port in range(1, 9)}, HostClock())
    gate = threading.Barrier(len(shares))

    def live(share: TagReader) -> None:
        gate.wait(10)
        share.start()
        share.poll(0.0)
        share.stop()

    threads = [threading.Thread(target=live, args=(share,)) for share in shares.values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert (whole.starts, len(whole.stops)) == (1, 1)
