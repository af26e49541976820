"""The EPCglobal conformance cases for readers, as far as this reader goes, on a clock of the test's own.

Numbers are those of "LLRP Conformance Requirements" 1.1 (2010); requests with faults in them are raw bytes.
"""

from __future__ import annotations

import struct
from collections import Counter
from typing import Any

import pytest

from reader.virtual.faults import Fault, Faults
from reader.virtual.llrp.element import Bits, Element, make
from tests.reader.virtual.llrp_bench import (
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
    spoken,
    start_trigger,
    tlv,
    transmitter,
)

KEEPALIVE_5S = tlv(220, struct.pack(">BI", 1, 5000))


def running(client: BenchClient, spec: Element | None = None) -> None:
    """Add, enable and start a ROSpec."""
    assert code(client.ask("ADD_ROSPEC", spec or rospec())) == 0
    assert code(client.ask("ENABLE_ROSPEC", ROSpecID=1)) == 0
    assert code(client.ask("START_ROSPEC", ROSpecID=1)) == 0


def with_stop(stop: Element, **changes: Any) -> Element:
    """Return a ROSpec with one AISpec on all antennas that ends so."""
    return rospec(ai_spec(antenna(0, transmitter()), stop=stop), **changes)


# --- 7.1 connection -------------------------------------------------------------------------------


def test_the_reader_speaks_first_in_version_1_and_says_nothing_else() -> None:
    client = BenchClient()
    (greeting,) = client.greeting
    said = greeting.body.the("ReaderEventNotificationData")

    assert greeting.version == 1
    assert [child.name for child in said.children] == ["UTCTimestamp", "ConnectionAttemptEvent"]
    assert said.the("ConnectionAttemptEvent").number("Status") == 0
    assert said.the("UTCTimestamp").number("Microseconds") == 10**15


def test_closing_is_answered_and_then_there_is_silence() -> None:
    client = BenchClient()
    client.ask(
        "SET_READER_CONFIG",
        make("KeepaliveSpec", KeepaliveTriggerType=1, PeriodicTriggerValue=100),
        ResetToFactoryDefault=0,
    )

    assert code(client.ask("CLOSE_CONNECTION")) == 0
    assert client.device.closing
    assert client.send(frame(1, b"\0")) == []


def test_the_readers_own_closing_is_announced() -> None:
    client = BenchClient()
    client.device.say_goodbye(client.now_us)

    assert spoken(client.heard()) == ["ConnectionCloseEvent"]
    assert client.device.closing


# --- 7.2 versions ---------------------------------------------------------------------------------


def test_versions_are_told_and_agreed_on_once() -> None:
    client = BenchClient()

    (told,) = client.send(frame(46, version=2))
    assert (told.name, told.version) == ("GET_SUPPORTED_VERSION_RESPONSE", 2)
    assert (told.body.number("CurrentVersion"), told.body.number("SupportedVersion")) == (1, 2)
    (agreed,) = client.send(frame(47, b"\1", version=2))
    assert (code(agreed), agreed.version) == (0, 2)
    (told,) = client.send(frame(46, version=2))
    assert told.version == 1
    (again,) = client.send(frame(47, b"\2", version=2))
    assert code(again) == 112
    assert culprits(again) == []


def test_version_2_is_spoken_once_it_is_agreed_on() -> None:
    client = BenchClient()
    client.send(frame(47, b"\2", version=2))

    (answer,) = client.send(frame(1, b"\0", version=2))
    (refused,) = client.send(frame(1, b"\0", version=1))

    assert answer.version == 2
    assert answer.body.the("GeneralDeviceCapabilities").first("MaximumReceiveSensitivity") is not None
    assert (refused.name, refused.version, code(refused)) == ("ERROR_MESSAGE", 1, 110)


def test_a_version_beyond_the_greatest_is_refused_without_details() -> None:
    client = BenchClient()

    (refused,) = client.send(frame(47, b"\3", version=2))

    assert (refused.name, code(refused), culprits(refused)) == ("SET_PROTOCOL_VERSION_RESPONSE", 110, [])


@pytest.mark.parametrize("type", [46, 47])
def test_an_old_reader_does_not_know_about_versions(type: int) -> None:
    client = BenchClient(max_version=1)

    (refused,) = client.send(frame(type, b"\1" if type == 47 else b"", version=2, id=77))

    assert (refused.name, refused.version, refused.id, code(refused)) == ("ERROR_MESSAGE", 1, 77, 110)


def test_a_new_connection_begins_in_version_1() -> None:
    client = BenchClient()
    client.send(frame(47, b"\2", version=2))
    client.device.disconnect()
    client.device.connect(client.now_us)
    client.heard()

    assert client.send(frame(1, b"\0"))[0].name == "GET_READER_CAPABILITIES_RESPONSE"


# --- 7.3 capabilities -----------------------------------------------------------------------------

GROUPS = ("GeneralDeviceCapabilities", "LLRPCapabilities", "RegulatoryCapabilities", "C1G2LLRPCapabilities")


@pytest.mark.parametrize(("requested", "groups"), [(0, GROUPS), *[(n + 1, (name,)) for n, name in enumerate(GROUPS)]])
def test_capabilities_come_as_asked_for(requested: int, groups: tuple[str, ...]) -> None:
    answer = BenchClient().ask("GET_READER_CAPABILITIES", RequestedData=requested)

    assert code(answer) == 0
    assert tuple(child.name for child in answer.body.children[1:]) == groups


def test_the_power_table_is_in_hundredths_and_rises() -> None:
    band = BenchClient().ask("GET_READER_CAPABILITIES", RequestedData=3).body.children[1].the("UHFBandCapabilities")
    table = [entry.number("TransmitPowerValue") for entry in band.each("TransmitPowerLevelTableEntry")]

    assert (table[0], table[40], table[-1], len(table)) == (1000, 2000, 3000, 81)
    assert table == sorted(table)


# --- 7.4 and 7.5 errors ---------------------------------------------------------------------------

CUSTOM = tlv(1023, struct.pack(">II", 25882, 21) + bytes(4))


@pytest.mark.parametrize(
    ("request_frame", "answer", "status", "chain"),
    [
        (frame(1023, struct.pack(">IBI", 25882, 21, 0)), "ERROR_MESSAGE", 109, []),
        (frame(1, b"\0" + CUSTOM), "GET_READER_CAPABILITIES_RESPONSE", 111, [("ParameterError", 1023, 111)]),
        (
            frame(3, b"\0" + tlv(220, struct.pack(">BI", 2, 0))),
            "SET_READER_CONFIG_RESPONSE",
            100,
            [("ParameterError", 220, 201), ("FieldError", 0, 300)],
        ),
        (frame(1, b"\5"), "GET_READER_CAPABILITIES_RESPONSE", 101, [("FieldError", 0, 300)]),
        (frame(3, b"\0" + tlv(217, bytes(4))), "SET_READER_CONFIG_RESPONSE", 102, [("ParameterError", 217, 102)]),
        (frame(3), "SET_READER_CONFIG_RESPONSE", 101, [("FieldError", 0, 300)]),
        (frame(3, b"\0" + 2 * KEEPALIVE_5S), "SET_READER_CONFIG_RESPONSE", 104, [("ParameterError", 220, 104)]),
        (frame(3, b"\0" + tlv(1000)), "SET_READER_CONFIG_RESPONSE", 107, [("ParameterError", 1000, 107)]),
        (frame(1000), "ERROR_MESSAGE", 109, []),
        (
            frame(3, b"\0" + tlv(220, struct.pack(">BI", 1, 5000) + tlv(129, bytes(8)))),
            "SET_READER_CONFIG_RESPONSE",
            100,
            [("ParameterError", 220, 202), ("ParameterError", 129, 202)],
        ),
        (frame(2, struct.pack(">HBHH", 0, 0, 0, 0), version=5), "ERROR_MESSAGE", 110, []),
        (frame(1, b"\0", reserved=1), "ERROR_MESSAGE", 101, [("FieldError", 0, 300)]),
        (frame(3, b"\0\0\0"), "SET_READER_CONFIG_RESPONSE", 100, []),
        (frame(3, b"\x01"), "SET_READER_CONFIG_RESPONSE", 101, [("FieldError", 0, 300)]),
        (frame(20), "ADD_ROSPEC_RESPONSE", 103, [("ParameterError", 177, 103)]),
        (frame(30, tlv(287, bytes(4))), "ERROR_MESSAGE", 109, []),
        (frame(55), "ERROR_MESSAGE", 109, []),
        (frame(64, b"\0"), "ERROR_MESSAGE", 100, []),
        (frame(21, struct.pack(">I", 9)), "DELETE_ROSPEC_RESPONSE", 101, [("FieldError", 0, 300)]),
        (frame(41, struct.pack(">I", 9)), "DELETE_ACCESSSPEC_RESPONSE", 101, [("FieldError", 0, 300)]),
    ],
)
def test_what_is_wrong_is_said_where_it_belongs(
    request_frame: bytes, answer: str, status: int, chain: list[tuple[str, int, int]]
) -> None:
    client = BenchClient()

    (said,) = client.send(request_frame)

    assert (said.name, said.id, code(said), culprits(said)) == (answer, 7, status, chain)
    assert len(said.body.children) == 1, "a refusal holds no data"


def test_an_error_in_a_foreign_version_is_told_in_that_version() -> None:
    (said,) = BenchClient().send(frame(2, bytes(7), version=5, id=99))

    assert (said.version, said.id) == (5, 99)


def test_an_error_message_is_never_answered() -> None:
    assert BenchClient().send(frame(100, tlv(287, struct.pack(">HH", 101, 0)))) == []


def test_a_refused_setting_changes_nothing() -> None:
    client = BenchClient()
    before = client.ask("GET_READER_CONFIG", AntennaID=0, RequestedData=0, GPIPortNum=0, GPOPortNum=0).body.children
    good, bad = antenna(1, transmitter(5)), antenna(2, transmitter(82))

    assert code(client.ask("SET_READER_CONFIG", good, bad, ResetToFactoryDefault=0)) == 100

    after = client.ask("GET_READER_CONFIG", AntennaID=0, RequestedData=0, GPIPortNum=0, GPOPortNum=0).body.children
    assert after == before


# --- what the capabilities promise is enforced ----------------------------------------------------


def mode(identifier: int, tari: int = 0) -> Element:
    control = make("C1G2RFControl", ModeIndex=identifier, Tari=tari)
    return make("C1G2InventoryCommand", control, TagInventoryStateAware=0)


@pytest.mark.parametrize(
    ("changes", "deepest"),
    [
        ({"specs": [ai_spec(antenna(0, transmitter(0)))]}, ("FieldError", 2, 301)),
        ({"specs": [ai_spec(antenna(0, transmitter(82)))]}, ("FieldError", 2, 301)),
        ({"specs": [ai_spec(antenna(0, transmitter(channel=5)))]}, ("FieldError", 1, 301)),
        ({"specs": [ai_spec(antenna(0, transmitter(hop_table=2)))]}, ("FieldError", 0, 301)),
        ({"specs": [ai_spec(antenna(3, transmitter()))]}, ("FieldError", 0, 301)),
        ({"specs": [ai_spec(antenna(0, mode(1002)))]}, ("FieldError", 0, 301)),
        ({"specs": [ai_spec(antenna(0, mode(2, 7000)))]}, ("FieldError", 1, 301)),
        ({"specs": [ai_spec(ports=(1, 3))]}, ("FieldError", 0, 301)),
        ({"specs": [ai_spec(ports=(0, 1))]}, ("FieldError", 0, 300)),
        ({"specs": [ai_spec(ports=())]}, ("FieldError", 0, 300)),
        ({"specs": [ai_spec(protocol=0)]}, ("FieldError", 1, 301)),
        ({"specs": [ai_spec(stop=ai_stop(2))]}, ("FieldError", 0, 301)),
        ({"specs": [ai_spec(stop=ai_stop(3))]}, ("ParameterError", 185, 203)),
        ({"specs": [ai_spec(stop=ai_stop(3, 0, observing(1)))]}, ("FieldError", 3, 300)),
        ({"start": start_trigger(3)}, ("FieldError", 0, 301)),
        ({"start": start_trigger(2)}, ("ParameterError", 180, 203)),
        ({"stop": 2}, ("FieldError", 0, 301)),
        ({"stop": 1}, ("FieldError", 1, 300)),
        ({"priority": 8}, ("FieldError", 1, 301)),
        ({"state": 2}, ("FieldError", 2, 300)),
        ({"id": 0}, ("FieldError", 0, 300)),
    ],
)
def test_what_the_reader_cannot_do_is_refused_with_its_place(
    changes: dict[str, Any], deepest: tuple[str, int, int]
) -> None:
    client = BenchClient()
    specs = changes.get("specs", [])
    rest = {name: value for name, value in changes.items() if name != "specs"}

    refused = client.ask("ADD_ROSPEC", rospec(*specs, **rest))

    assert code(refused) == 100
    assert culprits(refused)[0][:2] == ("ParameterError", 177)
    assert culprits(refused)[-1] == deepest
    assert client.ask("GET_ROSPECS").body.each("ROSpec") == []


def a_filter() -> Element:
    mask = make("C1G2TagInventoryMask", MB=1, Pointer=32, TagMask=Bits(8, b"\x30"))
    return make("C1G2Filter", mask, T=0)


def command(*children: Element, aware: int = 0) -> Element:
    return antenna(0, transmitter(), make("C1G2InventoryCommand", *children, TagInventoryStateAware=aware))


@pytest.mark.parametrize(("count", "status"), [(2, 0), (3, 100)])
def test_more_filters_than_the_reader_has_are_refused(count: int, status: int) -> None:
    wanted = rospec(ai_spec(command(*[a_filter()] * count)))

    assert code(BenchClient().ask("ADD_ROSPEC", wanted)) == status


@pytest.mark.parametrize(
    "setting",
    [
        make("AntennaProperties", AntennaConnected=1, AntennaID=1, AntennaGain=600),
        make("GPOWriteData", GPOPortNumber=1, GPOData=1),
        make("GPIPortCurrentState", GPIPortNum=1, Config=1, State=0),
    ],
)
def test_settings_that_the_reader_does_not_have_are_refused(setting: Element) -> None:
    refused = BenchClient().ask("SET_READER_CONFIG", setting, ResetToFactoryDefault=0)

    assert code(refused) == 111


@pytest.mark.parametrize(("target", "found"), [(0, True), (1, False)])
def test_the_target_is_that_of_the_state_aware_action(target: int, found: bool) -> None:
    client = BenchClient()
    action = make("C1G2TagInventoryStateAwareSingulationAction", I=target, S=0, S_All=0)
    control = make("C1G2SingulationControl", action, Session=2, TagPopulation=8, TagTransitTime=0)
    running(client, rospec(ai_spec(command(control, aware=1))))

    counts = Counter(epc_of(tag) for tag in reports(client.wait(1500)))

    assert (set(counts) >= ON_PAD) is found
    assert all(counts[epc] == 1 for epc in ON_PAD) is found


def test_a_second_rospec_finds_no_room() -> None:
    client = BenchClient()
    client.ask("ADD_ROSPEC", rospec(id=1))

    assert code(client.ask("ADD_ROSPEC", rospec(id=1))) == 100
    assert code(client.ask("ADD_ROSPEC", rospec(id=2))) == 105


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


# --- reports and events while nobody listens ------------------------------------------------------


def test_held_reports_wait_until_they_are_enabled() -> None:
    client = BenchClient()
    client.send(frame(3, b"\0" + tlv(226, b"\x80")))
    running(client)
    client.wait(100)
    client.device.disconnect()
    client.wait(300)
    client.device.connect(client.now_us)

    assert spoken(client.heard()) == ["ConnectionAttemptEvent"]
    assert client.wait(100) == []
    assert len(reports(client.send(frame(64)))) > 20


def test_what_was_lost_while_nobody_listened_is_said() -> None:
    client = BenchClient()
    running(client)
    client.device.disconnect()
    client.wait(6000)
    client.device.connect(client.now_us)

    said = spoken(client.heard())

    assert (said[0], said[-1]) == ("ConnectionAttemptEvent", "ReportBufferOverflowErrorEvent")
    assert said.count("report") == 500


# --- reports hold what is selected ----------------------------------------------------------------


def test_content_is_exactly_what_is_selected() -> None:
    client = BenchClient()
    names = ("ROSpecID", "SpecIndex", "InventoryParameterSpecID", "ChannelIndex", "FirstSeenTimestamp", "AccessSpecID")
    running(client, rospec(report=report_spec(1, 1, **{f"Enable{name}": 1 for name in names})))

    tag = reports(client.wait(500))[0]

    assert [child.name for child in tag.children] == [
        "EPC_96",
        "ROSpecID",
        "SpecIndex",
        "InventoryParameterSpecID",
        "AntennaID",
        "PeakRSSI",
        "ChannelIndex",
        "FirstSeenTimestampUTC",
        "LastSeenTimestampUTC",
        "TagSeenCount",
        "AccessSpecID",
    ]


def test_an_epc_of_another_length_goes_as_epc_data() -> None:
    client = BenchClient()
    long = "36" + "AB" * 25
    client.world.remove([tag.epc for tag in client.world.tags()])
    client.world.place([long], "pad")
    running(client)

    tag = reports(client.wait(1000))[0]

    assert tag.children[0].name == "EPCData"
    assert epc_of(tag) == long


# --- physics and faults through the protocol ------------------------------------------------------


def test_the_power_that_is_set_changes_what_is_read() -> None:
    def seen(power: int) -> set[str]:
        client = BenchClient()
        running(client, rospec(ai_spec(antenna(0, transmitter(power)))))
        return {epc_of(tag) for tag in reports(client.wait(5000))}

    low, middle, high = seen(1), seen(41), seen(81)

    assert ON_PAD <= middle <= high
    assert low < high
    assert len(high - ON_PAD) >= 3, "strays come in at full power"


def test_an_antenna_that_is_gone_reads_nothing_and_says_so() -> None:
    client = BenchClient()
    client.events_on(8)
    running(client)
    client.faults.switch_on(Fault.ANTENNA_GONE)
    gone = client.wait(500)
    client.faults.switch_off(Fault.ANTENNA_GONE)
    back = client.wait(500)

    assert "AntennaEvent 0" in spoken(gone)
    assert {tag.the("AntennaID").number("AntennaID") for tag in reports(gone)} == {1}
    assert "AntennaEvent 1" in spoken(back)
    assert {tag.the("AntennaID").number("AntennaID") for tag in reports(back)} == {1, 2}


def test_a_false_power_is_read_back_as_it_is_kept() -> None:
    client = BenchClient(faults=Faults([Fault.POWER_NOT_TAKEN]))

    assert code(client.ask("ADD_ROSPEC", rospec())) == 0

    (shown,) = client.ask("GET_ROSPECS").body.each("ROSpec")
    kept = shown.the("AISpec").the("InventoryParameterSpec").the("AntennaConfiguration").the("RFTransmitter")
    assert kept.number("TransmitPower") == 81


def test_a_refused_add_leaves_nothing_behind() -> None:
    client = BenchClient(faults=Faults([Fault.REFUSED_ADD]))

    assert code(client.ask("ADD_ROSPEC", rospec())) == 100
    assert client.ask("GET_ROSPECS").body.each("ROSpec") == []


def test_a_slow_reader_answers_late_but_in_order() -> None:
    client = BenchClient(faults=Faults([Fault.SLOW]))
    assert client.send(frame(26, id=1)) == []
    client.now_us += 100 * 1000
    client.faults.switch_off(Fault.SLOW)
    assert client.send(frame(26, id=2)) == []

    assert client.wait(1300) == []
    assert [one.id for one in client.wait(200)] == [1, 2]


def test_a_jumped_clock_is_an_hour_ahead() -> None:
    client = BenchClient(faults=Faults([Fault.CLOCK_JUMP]))
    said = client.greeting[0].body.the("ReaderEventNotificationData")

    assert said.the("UTCTimestamp").number("Microseconds") == 10**15 + 3_600_000_000


def test_a_false_power_table_shows_less_than_is_radiated() -> None:
    client = BenchClient(faults=Faults([Fault.WRONG_POWER_TABLE]))
    band = client.ask("GET_READER_CAPABILITIES", RequestedData=3).body.children[1].the("UHFBandCapabilities")

    assert band.each("TransmitPowerLevelTableEntry")[-1].number("TransmitPowerValue") == 2000
