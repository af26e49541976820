"""Canned reports: the right layout, new tags and times, at the asked rate, and never more than there is room for."""

from __future__ import annotations

import pytest

from reader.virtual.faults import Fault
from reader.virtual.llrp.canned import CannedReports
from reader.virtual.llrp.codec import encode_parameter
from reader.virtual.llrp.device import LlrpDevice
from reader.virtual.llrp.element import Message, make
from tests.reader.virtual.llrp_bench import (
    SECOND,
    BenchClient,
    code,
    epc_of,
    frame,
    report_spec,
    reports,
    rospec,
    running,
)

ROOM = 100_000
UTC_US = 10**15


def client_of(order: CannedReports) -> BenchClient:
    client = BenchClient()
    client.device = LlrpDevice(client.world, client.faults, utc_base_us=UTC_US, canned=order)
    client.device.connect(0)
    client.heard()
    return client


def filled(client: BenchClient, room: int = ROOM) -> list[Message]:
    client.device.advance(client.now_us)
    client.device.fill(client.now_us, room)
    return [one for one in client.heard() if one.name == "RO_ACCESS_REPORT"]


def test_nothing_comes_before_a_rospec_is_active_and_after_it_ended() -> None:
    client = client_of(CannedReports(5))
    assert filled(client) == []
    assert client.device.fills_at_us(0) is None
    running(client)
    assert filled(client)
    client.ask("STOP_ROSPEC", ROSpecID=1)

    assert filled(client) == []


def test_tags_differ_and_the_layout_is_what_was_selected() -> None:
    client = client_of(CannedReports(10))
    everything = report_spec(EnableFirstSeenTimestamp=1, EnableROSpecID=1, EnableChannelIndex=1)
    running(client, rospec(report=everything))
    client.now_us = SECOND
    tags = reports(filled(client))

    names = ["EPC_96", "ROSpecID", "AntennaID", "PeakRSSI", "ChannelIndex"]
    names += ["FirstSeenTimestampUTC", "LastSeenTimestampUTC", "TagSeenCount"]
    assert {tuple(child.name for child in tag.children) for tag in tags} == {tuple(names)}
    assert len({epc_of(tag) for tag in tags[:160]}) == 160
    assert {tag.the("AntennaID").number("AntennaID") for tag in tags} == {1, 2}
    stamps = [tag.the("LastSeenTimestampUTC").number("Microseconds") for tag in tags]
    assert stamps[:10] == [UTC_US + SECOND + n for n in range(10)]
    first = [tag.the("FirstSeenTimestampUTC").number("Microseconds") for tag in tags]
    assert first == stamps


def test_times_go_on() -> None:
    client = client_of(CannedReports(1))
    running(client)
    stamps = []
    for client.now_us in (SECOND, 2 * SECOND):
        stamps += [tag.the("LastSeenTimestampUTC").number("Microseconds") for tag in reports(filled(client, 500))]

    assert set(stamps) == {UTC_US + SECOND, UTC_US + 2 * SECOND}


@pytest.mark.parametrize("tags", [1, 10, 200])
def test_as_much_comes_as_there_is_room_for(tags: int) -> None:
    client = client_of(CannedReports(tags))
    running(client)
    client.raw.clear()
    for room in (0, 9_000, ROOM):
        before = sum(map(len, client.raw))
        said = filled(client, room)
        size = sum(map(len, client.raw)) - before
        assert size <= room
        assert room - size < 10 + tags * len(encode_parameter(said[0].body.children[0])) if said else room < 10_000
    assert client.device.reads == sum(len(reports_of(raw)) for raw in client.raw)


def reports_of(raw: bytes) -> range:
    """Return as many as there are tags in a report of this layout, all of one size."""
    size = int.from_bytes(raw[12:14], "big")
    return range((len(raw) - 10) // size)


def test_a_rate_is_kept_and_what_was_missed_for_long_is_left_out() -> None:
    client = client_of(CannedReports(3, messages_per_s=100))
    running(client)
    filled(client)
    counts = []
    for client.now_us in (SECOND // 2, SECOND, 60 * SECOND):
        counts.append(len(filled(client, 10 * ROOM)))

    assert counts == [50, 50, 101]
    due_us = client.device.fills_at_us(client.now_us)
    assert due_us is not None
    assert 0 < due_us - client.now_us <= 10_000


@pytest.mark.parametrize("rate", [None, 100.0])
@pytest.mark.parametrize("fault", [Fault.SILENCE, Fault.OVER_TEMPERATURE])
def test_a_fault_that_lets_nothing_out_costs_no_processor(fault: Fault, rate: float | None) -> None:
    """Nothing ever fills the socket then: whoever asks when there is more to send would be told "now" for ever."""
    client = client_of(CannedReports(10, rate))
    running(client)
    assert filled(client)
    client.faults.switch_on(fault)

    client.now_us += 10_000
    assert filled(client) == []
    due_us = client.device.fills_at_us(client.now_us)
    assert due_us is None or due_us > client.now_us

    client.faults.switch_off(fault)
    client.now_us += 10_000
    assert filled(client)


def test_reports_that_are_held_do_not_pile_up_at_full_rate() -> None:
    client = client_of(CannedReports(10))
    hold = make("EventsAndReports", HoldEventsAndReportsUponReconnect=1)
    assert code(client.ask("SET_READER_CONFIG", hold, ResetToFactoryDefault=0)) == 0
    running(client)
    client.device.disconnect()
    client.device.connect(client.now_us)
    client.heard()
    reads = client.device.reads

    assert filled(client) == []
    assert (client.device.reads, client.device.fills_at_us(client.now_us)) == (reads, None)
    client.send(frame(64))
    assert filled(client)


@pytest.mark.parametrize(("tags", "rate"), [(0, None), (2001, None), (1, 0.0)])
def test_an_order_that_makes_no_sense_is_refused(tags: int, rate: float | None) -> None:
    with pytest.raises(ValueError, match="not"):
        CannedReports(tags, rate)
