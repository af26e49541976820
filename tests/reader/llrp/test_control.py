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

from reader.errors import ProtocolError
from reader.llrp import control, handmade
from reader.llrp.capabilities import RadioPlan
from reader.llrp.frames import Frame, Framer
from reader.llrp.status import status_of
from reader.llrp.words import frames_in_words
from tests.reader.llrp.line import capabilities, event, message, status, tlv, welcome

PLAN = RadioPlan(
    antennas=(1, 3),
    tx_power_index=41,
    tx_power_dbm=20.0,
    hop_table_id=1,
    channel_index=1,
    session=1,
    population=32,
    mode=None,
    impinj_search_mode=None,
    report_tags=1,
    report_ms=0,
    keepalive_ms=1000,
    hold_reports=False,
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
        (handmade.get_rospecs(1, 5), {}),
        (handmade.get_supported_version(5), {}),
        (handmade.set_protocol_version(2, 5), {"ProtocolVersion": 2}),
        (
            handmade.get_antenna_configuration(1, 5),
            {"AntennaID": 0, "RequestedData": 3, "GPIPortNum": 0, "GPOPortNum": 0},
        ),
    ],
)
def test_plain_messages_say_what_they_should(encoded: bytes, expected: dict[str, int]) -> None:
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


def test_rospec_in_full() -> None:
    plan = replace(PLAN, mode=1002, impinj_search_mode=2, antennas=(2,))
    command = {
        "TagInventoryStateAware": 0,
        "C1G2RFControl": {"ModeIndex": 1002, "Tari": 0},
        "C1G2SingulationControl": {"Session": 1, "TagPopulation": 32, "TagTransitTime": 0},
        "Custom": [{"VendorIdentifier": 25882, "ParameterSubtype": 23, "Data": "0002"}],
    }
    rospec = words(control.add_rospec(1, 9, plan))["ADD_ROSPEC"]["ROSpec"]

    assert rospec["CurrentState"] == 0
    assert rospec["ROBoundarySpec"]["ROSpecStartTrigger"] == {"ROSpecStartTriggerType": 0}
    assert rospec["AISpec"] == [
        {
            "AntennaIDs": [2],
            "AISpecStopTrigger": {"AISpecStopTriggerType": 0, "DurationTrigger": 0},
            "InventoryParameterSpec": [
                {
                    "InventoryParameterSpecID": 1,
                    "ProtocolID": 1,
                    "AntennaConfiguration": [
                        {
                            "AntennaID": 2,
                            "RFTransmitter": {"HopTableID": 1, "ChannelIndex": 1, "TransmitPower": 41},
                            "C1G2InventoryCommand": [command],
                        }
                    ],
                }
            ],
        }
    ]
    assert (rospec["ROReportSpec"]["ROReportTrigger"], rospec["ROReportSpec"]["N"]) == (2, 1)
    selector = rospec["ROReportSpec"]["TagReportContentSelector"]
    assert {name for name, on in selector.items() if on} == {
        "EnableAntennaID",
        "EnableChannelIndex",
        "EnablePeakRSSI",
        "EnableLastSeenTimestamp",
        "EnableTagSeenCount",
    }


def test_reports_by_time() -> None:
    spec = words(control.add_rospec(2, 9, replace(PLAN, report_tags=0, report_ms=50)))["ADD_ROSPEC"]["ROSpec"]

    assert (spec["ROReportSpec"]["ROReportTrigger"], spec["ROReportSpec"]["N"]) == (6, 50)


@settings(max_examples=60)
@given(
    st.lists(st.integers(1, 64), min_size=1, max_size=8, unique=True),
    st.one_of(st.none(), st.integers(0, 65535)),
    st.one_of(st.none(), st.integers(0, 5)),
    st.integers(0, 3),
)
def test_every_plan_comes_out_at_the_expected_length(
    antennas: list[int], mode: int | None, search: int | None, session: int
) -> None:
    plan = replace(PLAN, antennas=tuple(antennas), mode=mode, impinj_search_mode=search, session=session)

    words(control.add_rospec(1, 1, plan))
    words(control.set_reader_config(1, 1, plan))


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
    assert seen.modes == {0, 2, 1002}
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
        (message(36, 1, status() + control.add_rospec(1, 1, PLAN)[10:]), control.rospec_powers_of),
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
    rospecs = message(36, 1, status() + control.add_rospec(1, 1, PLAN)[10:])

    assert control.config_powers_of(framed(config)) == {1: 41, 3: 41}
    assert control.rospec_powers_of(framed(rospecs)) == {1: 41, 3: 41}
    with pytest.raises(ProtocolError, match="does not list ROSpec 1"):
        control.rospec_powers_of(framed(message(36, 1, status())))


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
