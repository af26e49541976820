from __future__ import annotations

import logging
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.access import Bank
from reader.errors import ProtocolError
from reader.llrp import control, handmade
from reader.llrp.frames import Frame, Framer
from reader.llrp.plan import AntennaPlan, RadioPlan
from reader.llrp.rospec import add_rospec
from reader.llrp.status import status_of
from reader.llrp.words import frames_in_words
from reader.profile import InputTrigger, TagFilter
from tests.reader.llrp.line import capabilities, event, message, status, tlv, welcome

PLAN = RadioPlan(
    antennas=tuple(AntennaPlan(port, 41, 20.0, session=1, population=32, target="dual") for port in (1, 3)),
    hop_table_id=1,
    channel_index=1,
    report_tags=1,
    report_ms=0,
    keepalive_ms=1000,
)


def words(encoded: bytes) -> dict[str, Any]:
    (frame,) = frames_in_words(encoded)
    assert frame.error is None
    return {frame.kind: frame.fields}


def framed(raw: bytes) -> Frame:
    (frame,) = Framer().feed(raw)
    return frame


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        (control.simple("GET_READER_CAPABILITIES", 1, 5, RequestedData=0), {"RequestedData": 0}),
        (control.simple("DELETE_ROSPEC", 1, 5, ROSpecID=0), {"ROSpecID": 0}),
        (control.simple("ENABLE_ROSPEC", 2, 5, ROSpecID=1), {"ROSpecID": 1}),
        (control.simple("START_ROSPEC", 1, 5, ROSpecID=1), {"ROSpecID": 1}),
        (control.simple("DELETE_ACCESSSPEC", 1, 5, AccessSpecID=0), {"AccessSpecID": 0}),
        (control.simple("KEEPALIVE_ACK", 1, 5), {}),
        (control.simple("ENABLE_EVENTS_AND_REPORTS", 1, 5), {}),
        (control.simple("CLOSE_CONNECTION", 1, 5), {}),
        (control.simple("STOP_ROSPEC", 1, 5, ROSpecID=1), {"ROSpecID": 1}),
        (control.simple("ENABLE_ACCESSSPEC", 1, 5, AccessSpecID=3), {"AccessSpecID": 3}),
        (handmade.get_rospecs(1, 5), {}),
        (handmade.get_report(1, 5), {}),
        (
            handmade.set_output(1, 5, 3, is_on=True),
            {"ResetToFactoryDefault": 0, "GPOWriteData": [{"GPOPortNumber": 3, "GPOData": 1}]},
        ),
        (
            handmade.get_impinj_configuration(1, 5),
            {
                "AntennaID": 0,
                "RequestedData": 1,
                "GPIPortNum": 0,
                "GPOPortNum": 0,
                "Custom": [{"VendorIdentifier": 25882, "ParameterSubtype": 21, "Data": "000007D0"}],
            },
        ),
        (handmade.get_supported_version(5), {}),
        (handmade.set_protocol_version(2, 5), {"ProtocolVersion": 2}),
        (
            handmade.get_antenna_configuration(1, 5),
            {"AntennaID": 0, "RequestedData": 3, "GPIPortNum": 0, "GPOPortNum": 0},
        ),
    ],
)
def test_plain_messages_say_what_they_should(encoded: bytes, expected: dict[str, Any]) -> None:
    (frame,) = frames_in_words(encoded)
    assert (frame.message_id, frame.error, frame.fields) == (5, None, expected)


def test_version_questions_always_carry_version_2() -> None:
    assert framed(handmade.get_supported_version(1)).version == 2
    assert framed(handmade.set_protocol_version(1, 1)).version == 2


def test_reader_config_in_full() -> None:
    transmitter = {"HopTableID": 1, "ChannelIndex": 1, "TransmitPower": 41}

    assert words(control.set_reader_config(1, 9, replace(PLAN, hold_reports=True))) == {
        "SET_READER_CONFIG": {
            "ResetToFactoryDefault": 0,
            "ReaderEventNotificationSpec": {
                "EventNotificationState": [{"EventType": kind, "NotificationState": 1} for kind in (2, 3, 4, 8)]
            },
            "AntennaConfiguration": [
                {"AntennaID": 1, "RFTransmitter": transmitter},
                {"AntennaID": 3, "RFTransmitter": transmitter},
            ],
            "KeepaliveSpec": {"KeepaliveTriggerType": 1, "PeriodicTriggerValue": 1000},
            "EventsAndReports": {"HoldEventsAndReportsUponReconnect": 1},
        }
    }
    assert "EventsAndReports" not in words(control.set_reader_config(1, 9, PLAN))["SET_READER_CONFIG"]


def test_inputs_are_listened_to_where_there_are_any() -> None:
    config = words(control.set_reader_config(1, 9, replace(PLAN, inputs=2, hold_reports=True)))["SET_READER_CONFIG"]

    states = config["ReaderEventNotificationSpec"]["EventNotificationState"]
    assert [state["EventType"] for state in states] == [2, 3, 4, 8, 1]
    assert config["GPIPortCurrentState"] == [
        {"GPIPortNum": 1, "Config": 1, "State": 2},
        {"GPIPortNum": 2, "Config": 1, "State": 2},
    ]
    assert list(config)[-1] == "EventsAndReports"


@pytest.mark.parametrize(
    ("name", "fields"), [("DELETE_ROSPEC", {"RospecID": 1}), ("START_ROSPEC", {}), ("NO_SUCH_MESSAGE", {})]
)
def test_what_sllurp_would_drop_or_choke_on_is_refused(name: str, fields: dict[str, int]) -> None:
    with pytest.raises(ProtocolError):
        control.simple(name, 1, 1, **fields)


def test_capabilities_are_read() -> None:
    seen = control.capabilities_of(framed(message(11, 1, status() + capabilities(powers_dbm=(-3.0, 0.0, 30.25)))))

    assert seen.antennas == 4
    assert (seen.manufacturer, seen.firmware, seen.communications_standard) == (4711, "1.2.3", 2)
    assert dict(seen.power_dbm) == {1: -3.0, 2: 0.0, 3: 30.25}
    assert dict(seen.channels_mhz) == {1: 865.7, 2: 866.3, 3: 866.9, 4: 867.5}
    assert set(seen.modes) == {0, 2, 1002}
    assert seen.can_hold_reports


def test_capabilities_with_a_part_missing_are_a_protocol_error() -> None:
    whole = capabilities()
    without_general = whole[int.from_bytes(whole[2:4], "big") :]

    with pytest.raises(ProtocolError, match="GeneralDeviceCapabilities") as caught:
        control.capabilities_of(framed(message(11, 1, status() + without_general)))
    assert caught.value.frame


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_mutated_answers_raise_nothing_but_the_typed_error(data: st.DataObject) -> None:
    samples: list[tuple[bytes, Callable[[Frame], object]]] = [
        (message(11, 1, status() + capabilities(antennas=1)), control.capabilities_of),
        (welcome(), control.notification_of),
        (event(tlv(255, b"\0\0\1"), tlv(252, b"\0\2no")), control.notification_of),
        (message(36, 1, status() + add_rospec(1, 1, 1, PLAN)[10:]), lambda answer: control.rospec_powers_of(answer, 1)),
        (message(12, 1, status() + control.set_reader_config(1, 1, PLAN)[11:]), control.config_powers_of),
    ]
    raw, read = data.draw(st.sampled_from(samples))
    body = bytearray(raw[10:])
    for _ in range(data.draw(st.integers(0, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    del body[data.draw(st.integers(0, len(body))) :]
    with suppress(ProtocolError):
        read(framed(message(int.from_bytes(raw[:2], "big") & 0x3FF, 1, bytes(body))))


def test_powers_are_read_back() -> None:
    config = message(12, 1, status() + control.set_reader_config(1, 1, PLAN)[11:])
    rospecs = message(36, 1, status() + add_rospec(1, 1, 1, PLAN)[10:])

    assert control.config_powers_of(framed(config)) == {1: 41, 3: 41}
    assert control.rospec_powers_of(framed(rospecs), 1) == {1: 41, 3: 41}
    with pytest.raises(ProtocolError, match="does not list ROSpec 1"):
        control.rospec_powers_of(framed(message(36, 1, status())), 1)


def test_powers_are_read_back_whatever_else_is_in_the_rospec() -> None:
    filters = (TagFilter(Bank.EPC, 32, "30", 8), TagFilter(Bank.TID, 0, "E280", 16, is_excluding=True))
    antennas = (
        AntennaPlan(2, 7, 11.5, session=2, population=9, target="single", mode=1002, asks_state_a=True),
        AntennaPlan(4, 9, 12.0, session=0, population=1, target="dual", impinj_search_mode=2),
    )
    plan = replace(
        PLAN,
        antennas=antennas,
        filters=filters,
        is_impinj=True,
        is_zebra=True,
        reads_tid=True,
        fixed_channels=(1, 4),
        start_input=InputTrigger(1, is_high=True, seconds=2.5),
    )
    others = add_rospec(1, 1, 6, PLAN)[10:]
    answer = framed(message(36, 1, status() + others + add_rospec(1, 1, 7, plan)[10:]))

    assert control.rospec_powers_of(answer, 7) == {2: 7, 4: 9}


def test_notifications_are_read() -> None:
    said = control.notification_of(
        framed(
            event(
                tlv(249, struct.pack(">BII", 1, 1, 0)),
                tlv(250, b"\x50"),
                tlv(251),
                tlv(252, b"\x00\x03hot"),
                tlv(255, struct.pack(">BH", 0, 2)),
                tlv(257),
                utc_us=123,
            )
        )
    )

    assert said == control.Notification(
        time_us=123,
        is_closing=True,
        antenna_gone=2,
        rospec_ended=1,
        buffer_percent=80,
        has_overflowed=True,
        exception="hot",
    )
    assert control.notification_of(framed(welcome(2))).connection_attempt == 2


def test_inputs_and_pre_emption_are_heard() -> None:
    said = control.notification_of(
        framed(event(tlv(248, struct.pack(">HB", 2, 0x80)), tlv(249, struct.pack(">BII", 2, 1, 9)), utc_us=5))
    )

    assert said == control.Notification(time_us=5, rospec_ended=1, preempting_rospec=9, input_changed=(2, True))


def test_uptime_counts_as_time() -> None:
    assert control.notification_of(framed(message(63, 0, tlv(246, tlv(129, struct.pack(">Q", 7)))))).time_us == 7


@pytest.mark.parametrize(
    ("answer", "code", "text"),
    [
        (message(30, 1, status(0)), 0, "M_Success"),
        (message(30, 1, status(101, "bad field")), 101, "M_FieldError, bad field"),
        (message(30, 1, status(999)), 999, "unknown code 999"),
        (message(56, 1, b"\1\2" + status(110)), 110, "M_UnsupportedVersion"),
        (message(1023, 1, b"\0\0e\x1a\x16" + status(0)), 0, "M_Success"),
    ],
)
def test_status_is_read_from_the_bytes(answer: bytes, code: int, text: str) -> None:
    found = status_of(framed(answer))

    assert (found.code, found.words) == (code, text)


@pytest.mark.parametrize("body", [b"", b"\x00", tlv(128, bytes(8)), status(1, "some text")[:-3]])
def test_answer_without_a_whole_status_is_a_protocol_error(body: bytes) -> None:
    with pytest.raises(ProtocolError, match="LLRPStatus"):
        status_of(framed(message(30, 1, body)))


def test_sllurp_keeps_quiet(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(ProtocolError):
        control.capabilities_of(framed(message(11, 1, status(999) + tlv(999))))

    assert caplog.records == []
