from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.llrp.schema import MESSAGES, PARAMETERS, TV_SIZES
from reader.llrp.words import WordedFrame, frames_in_words
from tests.reader.llrp.line import capabilities, custom, message, report, status, tag, tlv, tv, welcome


def one(stream: bytes) -> WordedFrame:
    (frame,) = frames_in_words(stream)
    return frame


def test_every_parameter_that_the_tables_name_is_in_them() -> None:
    known = {layout.name for layout in PARAMETERS.values()}

    named = {name for layout in [*MESSAGES.values(), *PARAMETERS.values()] for name in layout.parameters}

    assert named <= known
    assert (len(MESSAGES), len(PARAMETERS)) == (46, 123)


def test_tv_parameters_are_as_long_as_the_standard_says() -> None:
    # LLRP 1.1, section 17.2.7.3
    sizes = {1: 2, 2: 8, 3: 8, 4: 8, 5: 8, 6: 1, 7: 2, 8: 2, 9: 4, 10: 2, 11: 2, 12: 2, 13: 12, 14: 2}
    assert sizes | {15: 2, 16: 4, 17: 2, 18: 4, 19: 2, 20: 2} == TV_SIZES


def test_tag_report() -> None:
    frame = one(report(tag(rssi=-47, antenna=2, last_us=5, count=3, channel=4)))

    assert (frame.kind, frame.version, frame.message_id, frame.error) == ("RO_ACCESS_REPORT", 1, 7, None)
    assert frame.fields == {
        "TagReportData": [
            {
                "EPC_96": {"EPC": "3034257BF7194E4000001A85"},
                "AntennaID": {"AntennaID": 2},
                "PeakRSSI": {"PeakRSSI": -47},
                "ChannelIndex": {"ChannelIndex": 4},
                "LastSeenTimestampUTC": {"Microseconds": 5},
                "TagSeenCount": {"TagCount": 3},
            }
        ]
    }


def test_bit_arrays_say_how_many_bits_count() -> None:
    frame = one(message(61, 1, tlv(240, tlv(241, b"\x00\x0c\xab\xc0"))))

    assert frame.fields == {"TagReportData": [{"EPCData": {"EPC": "ABC0", "EPC_BitCount": 12}}]}


def test_packed_bits_text_and_signed_fields() -> None:
    body = status(101, "no") + tlv(221, b"\x80" + struct.pack(">Hh", 3, -250))

    frame = one(message(12, 1, body))

    assert frame.fields["LLRPStatus"] == {"StatusCode": 101, "ErrorDescription": "no"}
    assert frame.fields["AntennaProperties"] == [{"AntennaConnected": 1, "AntennaID": 3, "AntennaGain": -250}]


def test_capabilities_nest_as_deep_as_they_are() -> None:
    frame = one(message(11, 1, status() + capabilities(antennas=2)))

    band = frame.fields["RegulatoryCapabilities"]["UHFBandCapabilities"]
    assert frame.error is None
    assert band["TransmitPowerLevelTableEntry"][-1] == {"Index": 5, "TransmitPowerValue": 3000}
    assert band["FrequencyInformation"]["FixedFrequencyTable"]["Frequency"] == [865700, 866300, 866900, 867500]
    assert band["C1G2UHFRFModeTable"][0]["C1G2UHFRFModeTableEntry"][1]["ModeIdentifier"] == 2
    assert frame.fields["GeneralDeviceCapabilities"]["ReaderFirmwareVersion"] == "1.2.3"
    assert frame.fields["GeneralDeviceCapabilities"]["PerAntennaAirProtocol"][1] == {"AntennaID": 2, "ProtocolID": [1]}


def test_gpi_and_periodic_triggers_are_told_apart() -> None:
    gpi = tlv(179, b"\x03" + tlv(181, struct.pack(">HBI", 1, 0x80, 9)))
    periodic = tlv(179, b"\x02" + tlv(180, struct.pack(">II", 1, 2)))

    for start, expected in [
        (gpi, {"GPITriggerValue": {"GPIPortNum": 1, "GPIEvent": 1, "Timeout": 9}}),
        (periodic, {"PeriodicTriggerValue": {"Offset": 1, "Period": 2}}),
    ]:
        boundary = tlv(178, start + tlv(182, bytes(5)))
        frame = one(message(20, 1, tlv(177, struct.pack(">IBB", 1, 0, 0) + boundary)))
        found = frame.fields["ROSpec"]["ROBoundarySpec"]["ROSpecStartTrigger"]
        assert expected.items() <= found.items()


def test_custom_parameters_and_messages() -> None:
    frames = list(
        frames_in_words(report(tag(extra=custom(56, b"\x04\x00"))) + message(1023, 2, b"\0\0e\x1a\x15\0\0\0\0"))
    )

    assert frames[0].fields["TagReportData"][0]["Custom"] == [
        {"VendorIdentifier": 25882, "ParameterSubtype": 56, "Data": "0400"}
    ]
    assert frames[1].kind == "CUSTOM_MESSAGE"
    assert frames[1].fields == {"VendorIdentifier": 25882, "MessageSubtype": 21, "Data": "00000000"}


def test_broken_frames_are_shown_between_good_ones() -> None:
    unknown = message(999, 1, b"\xab")
    short_field = message(21, 2, b"\0\0")
    bad_tv = message(61, 3, tlv(240, tv(13, "12s", bytes(12)) + b"\xf0\x01"))
    overlong = message(61, 4, b"\x00\xf0\x00\x63" + bytes(5))
    cut = welcome()[:-1]

    frames = list(frames_in_words(welcome() + unknown + short_field + bad_tv + overlong + message(62, 5) + cut))

    assert [(frame.kind, frame.error) for frame in frames] == [
        ("READER_EVENT_NOTIFICATION", None),
        ("UNKNOWN_999", "unknown"),
        ("DELETE_ROSPEC", "length"),
        ("RO_ACCESS_REPORT", "unknown"),
        ("RO_ACCESS_REPORT", "length"),
        ("KEEPALIVE", None),
        ("READER_EVENT_NOTIFICATION", "truncated"),
    ]
    assert frames[1].fields == {"Data": "AB"}
    assert frames[3].fields["TagReportData"][0]["EPC_96"] == {"EPC": "00" * 12}
    assert frames[6].length == len(cut)


@pytest.mark.parametrize("length", [0, 9, 0xFFFFFFFF])
def test_nothing_is_found_behind_a_length_that_cannot_be_true(length: int) -> None:
    stream = message(62, 1) + b"\x04\x3e" + length.to_bytes(4, "big") + bytes(4) + message(62, 2)

    frames = list(frames_in_words(stream))

    assert [(frame.offset, frame.length, frame.error) for frame in frames] == [(0, 10, None), (10, 20, "length")]


def test_unknown_parameter_does_not_hide_what_follows() -> None:
    frame = one(message(63, 1, tlv(246, tlv(900, b"\x01") + tlv(256, b"\0\0"))))

    assert frame.error == "unknown"
    assert frame.fields["ReaderEventNotificationData"] == {
        "Unknown": [{"Type": 900, "Data": "01"}],
        "ConnectionAttemptEvent": {"Status": 0},
    }


def test_nesting_without_end_is_refused() -> None:
    nested = b""
    for _ in range(200):
        nested = tlv(289, struct.pack(">HH", 1, 100) + nested)

    assert one(message(4, 1, status() + nested)).error == "length"


@given(st.lists(st.one_of(st.binary(max_size=40), st.builds(message, st.integers(0, 1023), st.just(1), st.binary()))))
def test_every_byte_belongs_to_exactly_one_frame(parts: list[bytes]) -> None:
    stream = b"".join(parts)
    at = 0
    for frame in frames_in_words(stream):
        assert frame.offset == at
        assert frame.length > 0
        at += frame.length
    assert at == len(stream)
