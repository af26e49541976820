"""Inputs and outputs: who sets them, who is told, and what they start and stop."""

from __future__ import annotations

import pytest

from reader.virtual.llrp.element import Element, Message, make
from reader.virtual.llrp.gpio import InputEdge
from tests.reader.virtual.llrp_bench import (
    BenchClient,
    ai_spec,
    ai_stop,
    antenna,
    code,
    input_edge,
    reports,
    rospec,
    spoken,
    start_trigger,
    transmitter,
)

GPI_EVENT, ROSPEC_EVENT, AISPEC_EVENT = 1, 2, 6


def client_with_inputs(*enabled: int) -> BenchClient:
    client = BenchClient()
    states = [make("GPIPortCurrentState", GPIPortNum=port, Config=1, State=0) for port in enabled]
    assert code(client.ask("SET_READER_CONFIG", *states, ResetToFactoryDefault=0)) == 0
    return client


def feel(client: BenchClient, port: int, high: bool) -> list[Message]:
    client.device.feel(InputEdge(port, high), client.now_us)
    return client.heard()


def shown(client: BenchClient, requested: int, name: str, **ports: int) -> list[tuple[int, ...]]:
    fields = {"AntennaID": 0, "GPIPortNum": 0, "GPOPortNum": 0} | ports
    answer = client.ask("GET_READER_CONFIG", RequestedData=requested, **fields)
    assert code(answer) == 0
    return [tuple(child.number(field) for field in child.fields) for child in answer.body.each(name)]


def state(client: BenchClient) -> str:
    return client.device.rospec_state


def with_trigger(trigger: Element) -> Element:
    """Return a ROSpec that is stopped by an input or after a time."""
    plain = rospec()
    boundary = make(
        "ROBoundarySpec",
        start_trigger(),
        make("ROSpecStopTrigger", trigger, ROSpecStopTriggerType=2, DurationTriggerValue=0),
    )
    return make("ROSpec", boundary, *plain.children[1:], **plain.fields)


# --- levels ---------------------------------------------------------------------------------------


def test_levels_of_inputs_are_shown_whether_they_are_enabled_or_not() -> None:
    client = client_with_inputs(2)
    feel(client, 1, True)
    feel(client, 2, True)

    assert shown(client, 9, "GPIPortCurrentState") == [(1, 0, 1), (2, 1, 1)]
    assert shown(client, 9, "GPIPortCurrentState", GPIPortNum=1) == [(1, 0, 1)]
    assert client.device.inputs == (True, True)


def test_outputs_are_set_and_shown_and_reset() -> None:
    client = BenchClient()
    write = make("GPOWriteData", GPOPortNumber=2, GPOData=1)

    assert code(client.ask("SET_READER_CONFIG", write, ResetToFactoryDefault=0)) == 0
    assert shown(client, 10, "GPOWriteData") == [(1, 0), (2, 1)]
    assert shown(client, 10, "GPOWriteData", GPOPortNum=2) == [(2, 1)]
    assert client.device.outputs == (False, True)
    client.ask("SET_READER_CONFIG", ResetToFactoryDefault=1)
    assert client.device.outputs == (False, False)


@pytest.mark.parametrize("name", ["GPIPortNum", "GPOPortNum"])
def test_ports_that_there_are_not_cannot_be_asked_for(name: str) -> None:
    fields = {"AntennaID": 0, "RequestedData": 0, "GPIPortNum": 0, "GPOPortNum": 0} | {name: 3}

    assert code(BenchClient().ask("GET_READER_CONFIG", **fields)) == 101


# --- events ---------------------------------------------------------------------------------------


def test_an_enabled_input_tells_of_each_change_and_of_nothing_else() -> None:
    client = client_with_inputs(2)
    client.events_on(GPI_EVENT)
    said = [feel(client, port, high) for port, high in ((2, True), (2, True), (1, True), (2, False))]
    events = [one.body.children[0].the("GPIEvent").fields for told in said for one in told]

    assert [len(told) for told in said] == [1, 0, 0, 1]
    assert events == [{"GPIPortNumber": 2, "GPIEvent": 1}, {"GPIPortNumber": 2, "GPIEvent": 0}]


def test_without_the_event_switched_on_an_input_is_silent() -> None:
    assert feel(client_with_inputs(1), 1, True) == []


# --- triggers -------------------------------------------------------------------------------------


def test_an_input_starts_a_rospec_each_time_it_goes_the_right_way() -> None:
    client = client_with_inputs(1, 2)
    trigger = start_trigger(3, input_edge(1, high=1))
    client.ask("ADD_ROSPEC", rospec(start=trigger, stop=1, stop_ms=200))
    feel(client, 1, True)
    assert state(client) == "disabled", "not enabled yet"
    client.ask("ENABLE_ROSPEC", ROSpecID=1)

    for port, high in ((1, False), (2, True)):
        feel(client, port, high)
        assert state(client) == "inactive"
    for _ in range(2):
        feel(client, 1, True)
        assert state(client) == "active"
        assert reports(client.wait(300))
        assert state(client) == "inactive", "its 200 ms are over"
        feel(client, 1, False)


def test_an_input_that_is_not_enabled_starts_nothing() -> None:
    client = BenchClient()
    client.ask("ADD_ROSPEC", rospec(start=start_trigger(3, input_edge(1))))
    client.ask("ENABLE_ROSPEC", ROSpecID=1)
    feel(client, 1, True)

    assert state(client) == "inactive"


@pytest.mark.parametrize("by_input", [True, False])
def test_an_input_or_its_timeout_stops_a_rospec(by_input: bool) -> None:
    client = client_with_inputs(1)
    client.events_on(ROSPEC_EVENT)
    client.ask("ADD_ROSPEC", with_trigger(input_edge(1, high=0, timeout_ms=400)))
    client.ask("ENABLE_ROSPEC", ROSpecID=1)
    feel(client, 1, True)
    client.ask("START_ROSPEC", ROSpecID=1)
    said = client.wait(300)
    assert state(client) == "active"

    said += feel(client, 1, False) if by_input else client.wait(200)

    assert state(client) == "inactive"
    assert spoken(said)[-1] == "ROSpecEvent 1"


@pytest.mark.parametrize("by_input", [True, False])
def test_an_input_or_its_timeout_ends_an_aispec_and_the_next_one_begins(by_input: bool) -> None:
    client = client_with_inputs(1)
    client.events_on(ROSPEC_EVENT, AISPEC_EVENT)
    stop = ai_stop(2, 0, input_edge(1, timeout_ms=400))
    settings = antenna(0, transmitter())
    client.ask("ADD_ROSPEC", rospec(ai_spec(settings, stop=stop), ai_spec(settings, ports=(1,))))
    client.ask("ENABLE_ROSPEC", ROSpecID=1)
    client.ask("START_ROSPEC", ROSpecID=1)
    said = client.wait(300)
    assert "AISpecEvent 0" not in spoken(said)

    said = feel(client, 1, True) if by_input else client.wait(200)

    assert "AISpecEvent 0" in spoken(said)
    assert state(client) == "active", "the second AISpec goes on"
