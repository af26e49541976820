"""The EPCglobal conformance cases for readers, as far as this one goes: settings, states, loops, triggers, keepalive.

Numbers are those of "LLRP Conformance Requirements" 1.1 (2010); requests with faults in them are raw bytes.
"""

from __future__ import annotations

import struct

import pytest

from reader.virtual.llrp.element import make
from tests.reader.virtual.llrp_bench import (
    KEEPALIVE_5S,
    ON_PAD,
    BenchClient,
    ai_spec,
    ai_stop,
    antenna,
    code,
    culprits,
    epc_of,
    frame,
    observing,
    report_spec,
    reports,
    rospec,
    running,
    spoken,
    start_trigger,
    tlv,
    transmitter,
    with_stop,
)

# --- 7.6 settings and states ----------------------------------------------------------------------


def config(client: BenchClient, requested: int, antenna_id: int = 0) -> list[str]:
    answer = client.ask("GET_READER_CONFIG", AntennaID=antenna_id, RequestedData=requested, GPIPortNum=0, GPOPortNum=0)
    assert code(answer) == 0
    return [child.name for child in answer.body.children[1:]]


def test_request_0_has_every_mandatory_part() -> None:
    assert config(BenchClient(), 0) == [
        "Identification",
        "AntennaProperties",
        "AntennaProperties",
        "AntennaConfiguration",
        "AntennaConfiguration",
        "ReaderEventNotificationSpec",
        "ROReportSpec",
        "AccessReportSpec",
        "LLRPConfigurationStateValue",
        "KeepaliveSpec",
        *["GPIPortCurrentState"] * 2,
        *["GPOWriteData"] * 2,
        "EventsAndReports",
    ]
    assert config(BenchClient(), 3, antenna_id=2) == ["AntennaConfiguration"]


def test_settings_are_read_back_as_they_were_set() -> None:
    client = BenchClient()
    keepalive = make("KeepaliveSpec", KeepaliveTriggerType=1, PeriodicTriggerValue=1234)
    wanted = report_spec(2, 3)

    client.ask("SET_READER_CONFIG", antenna(2, transmitter(17)), wanted, keepalive, ResetToFactoryDefault=0)

    answer = client.ask("GET_READER_CONFIG", AntennaID=0, RequestedData=0, GPIPortNum=0, GPOPortNum=0).body
    powers = [one.the("RFTransmitter").number("TransmitPower") for one in answer.each("AntennaConfiguration")]
    assert powers == [81, 17]
    assert answer.the("ROReportSpec") == wanted
    assert answer.the("KeepaliveSpec") == keepalive
    client.ask("SET_READER_CONFIG", ResetToFactoryDefault=1)
    answer = client.ask("GET_READER_CONFIG", AntennaID=2, RequestedData=3, GPIPortNum=0, GPOPortNum=0).body
    assert answer.the("AntennaConfiguration").the("RFTransmitter").number("TransmitPower") == 81


def test_the_state_value_changes_with_every_change() -> None:
    client = BenchClient()

    def value() -> int:
        answer = client.ask("GET_READER_CONFIG", AntennaID=0, RequestedData=7, GPIPortNum=0, GPOPortNum=0)
        return answer.body.the("LLRPConfigurationStateValue").number("LLRPConfigurationStateValue")

    values = [value()]
    for name, children, fields in (
        ("ADD_ROSPEC", [rospec()], {}),
        ("DELETE_ROSPEC", [], {"ROSpecID": 0}),
        ("SET_READER_CONFIG", [], {"ResetToFactoryDefault": 1}),
    ):
        client.ask(name, *children, **fields)
        values.append(value())

    assert len(set(values)) == 4


def test_rospecs_are_shown_as_added_with_their_state() -> None:
    client = BenchClient()
    added = rospec()
    states = []

    client.ask("ADD_ROSPEC", added)
    for name in ("ENABLE_ROSPEC", "START_ROSPEC", "STOP_ROSPEC", "DISABLE_ROSPEC"):
        (shown,) = client.ask("GET_ROSPECS").body.each("ROSpec")
        assert shown.children == added.children
        states.append(shown.number("CurrentState"))
        assert code(client.ask(name, ROSpecID=1)) == 0
    client.ask("DELETE_ROSPEC", ROSpecID=0)

    assert states == [0, 1, 2, 1]
    assert client.ask("GET_ROSPECS").body.each("ROSpec") == []


@pytest.mark.parametrize("name", ["START_ROSPEC", "STOP_ROSPEC"])
def test_a_disabled_rospec_neither_starts_nor_stops(name: str) -> None:
    client = BenchClient()
    client.ask("ADD_ROSPEC", rospec())

    assert code(client.ask(name, ROSpecID=1)) == 101
    assert code(client.ask(name, ROSpecID=0)) == 101


def test_the_story_of_a_run_with_a_report_at_the_end_of_the_rospec() -> None:
    client = BenchClient()
    client.events_on(2, 6)
    client.ask("ADD_ROSPEC", rospec(report=report_spec(2, 0), stop=1, stop_ms=500, start=start_trigger(1)))
    enabled = client.send(frame(24, struct.pack(">I", 1)))

    assert spoken([*enabled, *client.wait(800)]) == [
        "ENABLE_ROSPEC_RESPONSE",
        "ROSpecEvent 0",
        "AISpecEvent 0",
        "report",
        "ROSpecEvent 1",
    ]


def test_a_stop_request_is_answered_before_its_consequences() -> None:
    client = BenchClient()
    client.events_on(2, 6)
    running(client, rospec(report=report_spec(2, 0)))
    client.wait(300)

    assert spoken(client.send(frame(23, struct.pack(">I", 1)))) == [
        "STOP_ROSPEC_RESPONSE",
        "AISpecEvent 0",
        "report",
        "ROSpecEvent 1",
    ]


def test_a_report_at_the_end_of_the_aispec_precedes_its_end() -> None:
    client = BenchClient()
    client.events_on(2, 6, 7)
    running(client, rospec(report=report_spec(1, 0), stop=1, stop_ms=300))

    assert spoken(client.wait(500)) == ["ROSpecEvent 0", "report", "AISpecEvent 0", "AISpecEvent 0", "ROSpecEvent 1"]


# --- 7.7 loops ------------------------------------------------------------------------------------


@pytest.mark.parametrize("loops", [1, 3])
def test_a_loop_counts_up_and_ends(loops: int) -> None:
    client = BenchClient()
    client.send(frame(47, b"\2", version=2))
    client.version = 2
    client.events_on(2, 9)
    spec = rospec(
        ai_spec(antenna(0, transmitter()), stop=ai_stop(1, 200)),
        make("LoopSpec", LoopCount=loops),
        report=report_spec(1, 0),
    )
    running(client, spec)

    said = spoken(client.wait(1500))

    assert said == ["ROSpecEvent 0", *["report", "SpecLoopEvent"] * loops, "ROSpecEvent 1"]


def test_a_loop_is_unknown_to_llrp_101() -> None:
    client = BenchClient()
    loop = tlv(355, struct.pack(">I", 1))
    boundary = tlv(178, tlv(179, b"\0") + tlv(182, bytes(5)))

    (refused,) = client.send(frame(20, tlv(177, struct.pack(">IBB", 1, 0, 0) + boundary + loop)))

    assert culprits(refused) == [("ParameterError", 177, 207), ("ParameterError", 355, 207)]


# --- 7.9 to 7.13 triggers -------------------------------------------------------------------------


def test_an_aispec_ends_after_n_tags_and_counts_sum_up() -> None:
    client = BenchClient()
    stop = ai_stop(3, 0, observing(0, tags=2, timeout_ms=5000))
    running(client, with_stop(stop, report=report_spec(1, 0)))

    tags = reports(client.wait(1000))

    assert sum(tag.the("TagSeenCount").number("TagCount") for tag in tags) == 2


def test_with_n_1_every_read_is_a_report() -> None:
    client = BenchClient()
    running(client)

    said = client.wait(1000)

    assert {epc_of(tag) for tag in reports(said)} >= ON_PAD
    assert all(len(one.body.children) == 1 for one in said)
    assert all(tag.the("TagSeenCount").number("TagCount") == 1 for tag in reports(said))


def test_an_immediate_start_without_stop_goes_on_when_its_list_is_through() -> None:
    client = BenchClient()
    client.events_on(2)
    stop = ai_stop(3, 0, observing(0, tags=1, timeout_ms=500))
    spec = rospec(ai_spec(antenna(0, transmitter()), stop=stop), start=start_trigger(1))
    client.ask("ADD_ROSPEC", spec)
    client.ask("ENABLE_ROSPEC", ROSpecID=1)

    said = client.wait(1000)

    assert {epc_of(tag) for tag in reports(said)} >= ON_PAD
    assert spoken(said)[1:4] == ["report", "ROSpecEvent 1", "ROSpecEvent 0"]


def test_silence_ends_an_aispec_after_its_time() -> None:
    client = BenchClient()
    client.events_on(6)
    stop = ai_stop(3, 0, observing(1, t_ms=400, timeout_ms=10_000))
    running(client, with_stop(stop))

    assert "AISpecEvent 0" not in spoken(client.wait(1500))
    client.world.remove([tag.epc for tag in client.world.tags()])
    assert "AISpecEvent 0" not in spoken(client.wait(380))
    assert "AISpecEvent 0" in spoken(client.wait(60))


def test_without_any_tag_the_timeout_ends_an_aispec_and_nothing_is_reported() -> None:
    client = BenchClient()
    client.events_on(6)
    client.world.remove([tag.epc for tag in client.world.tags()])
    stop = ai_stop(3, 0, observing(0, tags=2, timeout_ms=300))
    running(client, with_stop(stop, report=report_spec(1, 0)))

    assert spoken(client.wait(400)) == ["AISpecEvent 0"]


@pytest.mark.parametrize(("kind", "unique"), [(2, None), (3, 3), (4, None)])
def test_the_other_observations_end_an_aispec(kind: int, unique: int | None) -> None:
    client = BenchClient()
    client.send(frame(47, b"\2", version=2))
    client.version = 2
    client.events_on(6)
    observed = observing(kind, tags=3, attempts=4, t_ms=300, timeout_ms=60_000)
    running(client, with_stop(ai_stop(3, 0, observed)))

    said = client.wait(3000)

    assert "AISpecEvent 0" in spoken(said)
    assert unique is None or len({epc_of(tag) for tag in reports(said)}) == unique


def test_an_aispec_of_one_round_that_begins_again_at_once_takes_its_time() -> None:
    client = BenchClient()
    client.events_on(6)
    stop = ai_stop(3, 0, observing(2, attempts=1, timeout_ms=500))
    client.ask("ADD_ROSPEC", with_stop(stop, start=start_trigger(1)))
    client.ask("ENABLE_ROSPEC", ROSpecID=1)

    assert 5 < spoken(client.wait(500)).count("AISpecEvent 0") < 60


def test_a_periodic_start_comes_again() -> None:
    client = BenchClient()
    client.events_on(2)
    period = make("PeriodicTriggerValue", Offset=100, Period=500)
    client.ask("ADD_ROSPEC", rospec(start=start_trigger(2, period), stop=1, stop_ms=200, report=report_spec(2, 0)))
    client.ask("ENABLE_ROSPEC", ROSpecID=1)

    assert spoken(client.wait(1050)) == ["ROSpecEvent 0", "report", "ROSpecEvent 1"] * 2


def test_polled_reports_come_only_when_asked_for() -> None:
    client = BenchClient()
    running(client, rospec(report=report_spec(0, 0)))

    assert client.wait(1000) == []
    assert {epc_of(tag) for tag in reports(client.send(frame(60)))} >= ON_PAD
    assert reports(client.send(frame(60))) == []


def test_a_timed_report_comes_every_so_often() -> None:
    client = BenchClient()
    client.send(frame(47, b"\2", version=2))
    client.version = 2
    running(client, rospec(report=report_spec(5, 200)))

    assert len(client.wait(1000)) == 5


# --- 7.14 keepalive -------------------------------------------------------------------------------


def test_keepalives_come_at_their_period_and_stop() -> None:
    client = BenchClient()
    client.send(frame(3, b"\0" + KEEPALIVE_5S))

    assert 2 <= len(client.wait(11_000, step_ms=50)) <= 3
    assert client.send(frame(72)) == []
    client.send(frame(3, b"\0" + tlv(220, bytes(5))))
    assert client.wait(11_000, step_ms=50) == []
