"""Faults that the reader notices itself: heat, bad antennas, full buffers."""

from __future__ import annotations

import pytest

from reader.virtual.faults import Fault, faults_for
from reader.virtual.llrp.element import Element, Message
from tests.reader.virtual.llrp_bench import BenchClient, frame, report_spec, reports, rospec, running

BUFFER_WARNING, EXCEPTION, ANTENNA = 3, 4, 8  # NotificationEventType
GET_REPORT = 60


def events(said: list[Message], name: str) -> list[Element]:
    told = [one.body.children[0].children[1] for one in said if one.name == "READER_EVENT_NOTIFICATION"]
    return [event for event in told if event.name == name]


def reading(*event_types: int) -> BenchClient:
    client = BenchClient()
    client.events_on(*event_types)
    running(client)
    assert reports(client.wait(300))
    return client


def test_a_reader_that_is_too_hot_says_so_once_and_sends_nothing_until_it_is_cooler() -> None:
    client = reading(EXCEPTION)
    client.faults.switch_on(Fault.OVER_TEMPERATURE)
    client.wait(20)
    client.faults.switch_off(Fault.OVER_TEMPERATURE)
    client.wait(20)
    client.faults.switch_on(Fault.OVER_TEMPERATURE)
    said = client.wait(50)  # a round that has begun ends as it would
    silence = client.wait(500)

    (exception,) = events(said, "ReaderExceptionEvent")
    assert "temperature" in str(exception.fields["Message"])
    assert silence == []
    assert client.device.rospec_state == "active"

    client.faults.switch_off(Fault.OVER_TEMPERATURE)
    assert reports(client.wait(300))


@pytest.mark.parametrize(("fault", "exceptions"), [(Fault.ANTENNA_GONE, 0), (Fault.REFLECTION, 1)])
def test_a_bad_antenna_is_told_of_and_silent_until_it_is_good(fault: Fault, exceptions: int) -> None:
    client = reading(EXCEPTION, ANTENNA)
    client.faults.switch_on(fault)
    said = client.wait(500)

    assert [(e.number("EventType"), e.number("AntennaID")) for e in events(said, "AntennaEvent")] == [(0, 2)]
    told = events(said, "ReaderExceptionEvent")
    assert [e.the("AntennaID").number("AntennaID") for e in told] == [2] * exceptions
    assert {tag.the("AntennaID").number("AntennaID") for tag in reports(said[5:])} == {1}
    answer = client.ask("GET_READER_CONFIG", AntennaID=2, RequestedData=2, GPIPortNum=0, GPOPortNum=0)
    assert answer.body.the("AntennaProperties").number("AntennaConnected") == 0

    client.faults.switch_off(fault)
    said = client.wait(500)
    assert [e.number("EventType") for e in events(said, "AntennaEvent")] == [1]
    assert {tag.the("AntennaID").number("AntennaID") for tag in reports(said)} == {1, 2}


def test_a_buffer_that_fills_warns_once() -> None:
    client = reading(BUFFER_WARNING)
    client.faults.switch_on(Fault.BUFFER_WARNING)

    (warning,) = events(client.wait(100), "ReportBufferLevelWarningEvent")
    assert warning.number("ReportBufferPercentageFull") == 90
    assert not client.faults.is_on(Fault.BUFFER_WARNING)


def test_a_buffer_that_overflows_loses_what_was_gathered_and_says_so() -> None:
    client = BenchClient()
    running(client, rospec(report=report_spec(0)))
    client.wait(500)
    client.faults.switch_on(Fault.BUFFER_OVERFLOW)
    client.device.advance(client.now_us)

    assert len(events(client.heard(), "ReportBufferOverflowErrorEvent")) == 1
    assert reports(client.send(frame(GET_REPORT))) == []
    client.wait(300)
    assert reports(client.send(frame(GET_REPORT)))
    assert not client.faults.is_on(Fault.BUFFER_OVERFLOW)


def test_each_family_of_readers_has_its_faults() -> None:
    assert set(faults_for("llrp")) == set(Fault)
    assert set(Fault) - set(faults_for("serial")) == {Fault.UNKNOWN_TV, Fault.REFUSED_ADD, Fault.BUFFER_WARNING}
