from __future__ import annotations

from reader.joined import JoinedReader
from reader.model import LinkState, ReaderEvent, ReaderEventKind, ReaderHealth
from tests.reader.fake_reader import FakeReader, polled, read


class Clock:
    """The host's time, which stands still."""

    def monotonic_s(self) -> float:
        return 100.0

    def utc_us(self) -> int:
        return 1_700_000_000_000_000


def joined(left: FakeReader, right: FakeReader) -> JoinedReader:
    return JoinedReader("pad", [left, right], Clock())


def test_ports_are_numbered_without_a_clash() -> None:
    left, right = FakeReader("left"), FakeReader("right")
    whole = joined(left, right)
    whole.start()

    left.see(read("L1", 1), read("L16", 16))
    right.see(read("R1", 1), read("R2", 2))

    antennas = {each.epc: each.antenna for each in polled(whole, 4)}
    assert antennas == {"L1": 1, "L16": 16, "R1": 1001, "R2": 1002}
    whole.stop()


def test_times_are_on_one_clock() -> None:
    """The left reader counts from its start, the right one has a clock of 2001."""
    left, right = FakeReader("left", now_us=5_000_000), FakeReader("right", now_us=1_000_000_000_000_000)
    whole = joined(left, right)
    whole.start()

    right.see(read("R", t_us=1_000_000_000_000_000 - 200_000))
    reads = polled(whole, 1)
    left.see(read("L", t_us=4_900_000))
    reads += polled(whole, 1)

    now_us = whole.clock_us()
    assert {each.epc: now_us - each.t_us for each in reads} == {"R": 200_000, "L": 100_000}
    whole.stop()


def test_reads_come_oldest_first() -> None:
    left, right = FakeReader("left", now_us=1_000), FakeReader("right", now_us=1_000)
    whole = joined(left, right)
    left.see(read("late", t_us=900))
    right.see(read("early", t_us=100))
    whole.start()
    for reader in (left, right):
        assert reader.is_polled.wait(10)
    left.is_polled.clear()
    right.is_polled.clear()
    for reader in (left, right):
        assert reader.is_polled.wait(10)  # the second time: what was read is queued

    assert [each.epc for each in whole.poll(1.0)] == ["early", "late"]
    whole.stop()


def test_health_is_that_of_the_worst_and_says_whose() -> None:
    left = FakeReader(
        "left", ReaderHealth(LinkState.UP, model="R700", tx_power_dbm=20.0, tx_powers_dbm={1: 20.0}, reads=3)
    )
    right = FakeReader("right", ReaderHealth(LinkState.DOWN, "no route", model="R420", antennas_gone=(2,), reads=4))
    whole = joined(left, right)

    health = whole.health()

    assert (health.state, health.detail) == (LinkState.DOWN, "right: no route")
    assert (health.model, health.reads, health.antennas_gone) == ("R700 + R420", 7, (1002,))
    assert dict(health.tx_powers_dbm) == {1: 20.0}

    right.current = ReaderHealth(LinkState.UP, tx_power_dbm=25.0, tx_powers_dbm={1: 25.0})
    assert (whole.health().state, whole.health().detail) == (LinkState.UP, "")
    assert dict(whole.health().tx_powers_dbm) == {1: 20.0, 1001: 25.0}
    assert whole.health().tx_power_dbm == 25.0
    right.current = ReaderHealth(LinkState.REFUSED, "another client")
    assert whole.health().state is LinkState.REFUSED


def test_a_reader_that_is_away_does_not_stop_the_others() -> None:
    left, right = FakeReader("left", ReaderHealth(LinkState.DOWN, "no route")), FakeReader("right")
    whole = joined(left, right)
    whole.start()

    right.see(read("R"))

    assert [each.epc for each in polled(whole, 1)] == ["R"]
    assert (left.starts, right.starts) == (1, 1)
    whole.stop()


def test_events_say_of_which_reader_they_are() -> None:
    left, right = FakeReader("left"), FakeReader("right")
    whole = joined(left, right)
    whole.start()
    right.tell(ReaderEvent(1.0, ReaderEventKind.ANTENNA_GONE, "antenna 2", 2))
    right.see(read("R"))
    polled(whole, 1)
    events = list(whole.events())
    while not events:
        whole.poll(0.05)
        events = list(whole.events())

    assert events == [ReaderEvent(1.0, ReaderEventKind.ANTENNA_GONE, "right: antenna 2", 1002)]
    whole.stop()


def test_stop_stops_each_once_and_may_come_before_start() -> None:
    left, right = FakeReader("left"), FakeReader("right")
    whole = joined(left, right)
    whole.stop(3.0)
    whole.stop(3.0)
    whole.start()

    assert len(left.stops) == len(right.stops) == 1
    assert (left.starts, whole.health().state) == (0, LinkState.CLOSED)
    assert list(whole.poll(10.0)) == []
