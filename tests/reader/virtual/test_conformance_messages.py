"""The EPCglobal conformance cases for readers, as far as this one goes: connection, versions, capabilities, errors.

Numbers are those of "LLRP Conformance Requirements" 1.1 (2010); requests with faults in them are raw bytes.
"""

from __future__ import annotations

import struct
from collections import Counter
from typing import Any

import pytest

from reader.virtual.llrp.element import Bits, Element, make
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
    input_edge,
    observing,
    reports,
    rospec,
    running,
    spoken,
    start_trigger,
    tlv,
    transmitter,
)

# --- 7.1 connection -------------------------------------------------------------------------------


def test_the_reader_speaks_first_in_version_1_and_says_nothing_else() -> None:
    client = BenchClient()
    (greeting,) = client.greeting
    said = greeting.body.the("ReaderEventNotificationData")

    assert greeting.version == 1
    assert [child.name for child in said.children] == ["UTCTimestamp", "ConnectionAttemptEvent"]
    assert said.the("ConnectionAttemptEvent").number("Status") == 0
    assert said.the("UTCTimestamp").number("Microseconds") == 10**15


def test_a_keepalive_without_a_period_is_refused() -> None:
    client = BenchClient()
    never = make("KeepaliveSpec", KeepaliveTriggerType=1, PeriodicTriggerValue=0)

    answer = client.ask("SET_READER_CONFIG", never, ResetToFactoryDefault=0)

    assert (code(answer), culprits(answer)[-1][0]) == (100, "FieldError")


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
        ({"specs": [ai_spec(stop=ai_stop(2))]}, ("ParameterError", 181, 203)),
        ({"specs": [ai_spec(stop=ai_stop(2, 0, input_edge(3)))]}, ("FieldError", 0, 301)),
        ({"specs": [ai_spec(stop=ai_stop(3))]}, ("ParameterError", 185, 203)),
        ({"specs": [ai_spec(stop=ai_stop(3, 0, observing(1)))]}, ("FieldError", 3, 300)),
        ({"start": start_trigger(3)}, ("ParameterError", 181, 203)),
        ({"start": start_trigger(3, input_edge(0))}, ("FieldError", 0, 301)),
        ({"start": start_trigger(2)}, ("ParameterError", 180, 203)),
        ({"stop": 2}, ("ParameterError", 181, 203)),
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
    ("setting", "status"),
    [
        (make("AntennaProperties", AntennaConnected=1, AntennaID=1, AntennaGain=600), 111),
        (make("GPOWriteData", GPOPortNumber=3, GPOData=1), 100),
        (make("GPIPortCurrentState", GPIPortNum=0, Config=1, State=0), 100),
    ],
)
def test_settings_that_the_reader_does_not_have_are_refused(setting: Element, status: int) -> None:
    refused = BenchClient().ask("SET_READER_CONFIG", setting, ResetToFactoryDefault=0)

    assert code(refused) == status


@pytest.mark.parametrize(("target", "found"), [(0, True), (1, False)])
def test_the_target_is_that_of_the_state_aware_action(target: int, found: bool) -> None:
    client = BenchClient()
    action = make("C1G2TagInventoryStateAwareSingulationAction", I=target, S=1, S_All=0)
    control = make("C1G2SingulationControl", action, Session=2, TagPopulation=8, TagTransitTime=0)
    running(client, rospec(ai_spec(command(control, aware=1))))

    counts = Counter(epc_of(tag) for tag in reports(client.wait(1500)))

    assert (set(counts) >= ON_PAD) is found
    assert all(counts[epc] == 1 for epc in ON_PAD) is found


def test_one_rospec_too_many_finds_no_room() -> None:
    client = BenchClient()
    for id in range(1, 5):
        assert code(client.ask("ADD_ROSPEC", rospec(id=id))) == 0

    assert code(client.ask("ADD_ROSPEC", rospec(id=1))) == 100
    assert code(client.ask("ADD_ROSPEC", rospec(id=5))) == 105
