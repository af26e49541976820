from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.errors import ProtocolError
from reader.serial.framing import Direction, FrameError
from reader.serial.mercury import MercuryDecoder, Opcode, encode, message_of, tags_of
from reader.serial.message import Message
from reader.serial.words import frames_in_words
from tests.reader.serial.lines import gen2_crc, mercury, pc_of, vector

EPC = bytes.fromhex("30340242201d8840000003e9")


def said(raw: bytes) -> Message:
    (frame,) = MercuryDecoder().feed(raw)
    return message_of(frame)


def epc_field(epc: bytes, pc: bytes | None = None, xpc: bytes = b"") -> bytes:
    words = (pc or pc_of(epc)) + xpc + epc
    field = words + gen2_crc(words)
    return struct.pack(">H", len(field) * 8) + field


def streamed(metadata_flags: int, record: bytes, head: bytes = b"\x88\x10\x00\x1b", kind: int = 1) -> bytes:
    return mercury(0x22, head + struct.pack(">HB", metadata_flags, kind) + record)


@pytest.mark.parametrize("size", [0, 4, 8, 12, 16, 62])
def test_an_epc_is_as_long_as_its_field(size: int) -> None:
    epc = bytes(range(size))

    (record,) = tags_of(*MercuryDecoder().feed(streamed(0, epc_field(epc)))).records

    assert (record.epc, record.pc, record.tag_crc_valid) == (epc, size // 2 << 11, True)


@pytest.mark.parametrize("field_hex", ["", "30", "3000", "3000ab", "3000abcd", "3200abcd", "f600abcd"])
def test_a_field_too_short_for_what_its_pc_says_has_no_epc(field_hex: str) -> None:
    field = bytes.fromhex(field_hex)

    message = said(streamed(0, struct.pack(">H", len(field) * 8) + field))

    assert (message.kind, message.error, message.fields["epc"]) == ("tag", None, "")
    assert message.fields["epc_field_bits"] == len(field) * 8


def test_xpc_words_are_no_part_of_the_epc() -> None:
    one = said(streamed(0, epc_field(EPC, b"\x3a\x00", b"\x00\x40")))
    two = said(streamed(0, epc_field(EPC, b"\x42\x00", b"\x80\x40\x12\x34")))

    assert (one.fields["xpc_w1"], one.fields["epc"], one.fields["tag_crc_valid"]) == ("0040", EPC.hex(), True)
    assert "xpc_w2" not in one.fields
    assert (two.fields["xpc_w1"], two.fields["xpc_w2"], two.fields["epc"]) == ("8040", "1234", EPC.hex())


def test_all_metadata_in_their_order() -> None:
    metadata = bytes.fromhex("03 c9 2f 0d3a8c 000001f4 0064 05 0010 beef 11 04 40 01 1234")
    message = said(streamed(0x1FFF, metadata + epc_field(EPC)))

    assert message.error is None
    assert message.fields == {
        "opcode": 0x22,
        "status": 0,
        "option": 0x88,
        "option2": 0x10,
        "search_flags": 0x1B,
        "metadata_flags": 0x1FFF,
        "record_type": 1,
        "read_count": 3,
        "rssi_dbm": -55,
        "antenna_tx": 2,
        "antenna_rx": 15,
        "frequency_khz": 866956,
        "timestamp_ms": 500,
        "phase_deg": 100,
        "protocol": 5,
        "embedded_data_bits": 16,
        "embedded_data": "beef",
        "gpio": 0x11,
        "q": 4,
        "link_frequency": 0x40,
        "target": 1,
        "brand_id": 0x1234,
        "epc_field_bits": 128,
        "pc": "3000",
        "epc": EPC.hex(),
        "tag_crc": gen2_crc(b"\x30\x00" + EPC).hex(),
        "tag_crc_valid": True,
    }


@given(flags=st.integers(0, 0x1FFF))
def test_any_set_of_metadata_leaves_the_epc_where_it_is(flags: int) -> None:
    sizes = {0x8: 3, 0x10: 4, 0x20: 2, 0x80: 2, 0x1000: 2}
    metadata = b"".join(bytes(sizes.get(1 << bit, 1)) for bit in range(13) if flags >> bit & 1)

    (record,) = tags_of(*MercuryDecoder().feed(streamed(flags, metadata + epc_field(EPC)))).records

    assert record.epc == EPC
    assert (record.rssi_dbm is None) == (not flags & 2)


def test_an_embedded_operation_that_failed_has_no_data() -> None:
    message = said(streamed(0x0080, b"\x80\x00" + epc_field(EPC)))

    assert (message.fields["embedded_failed"], message.fields["embedded_data_bits"]) == (True, 0)
    assert message.fields["epc"] == EPC.hex()


def test_port_sixteen_is_a_nibble_of_zero() -> None:
    (record,) = tags_of(*MercuryDecoder().feed(streamed(0x0004, b"\x01" + epc_field(EPC)))).records

    assert (record.antenna_tx, record.antenna_rx) == (16, 1)


def test_the_tag_buffer_has_many_and_keeps_those_before_a_broken_one() -> None:
    records = b"".join(bytes((n, 0xC0)) + epc_field(bytes((n,)) * 12) for n in (1, 2, 3))
    whole = said(mercury(0x29, b"\x00\x03\x00\x03" + records))
    (cut,) = MercuryDecoder().feed(mercury(0x29, b"\x00\x03\x00\x03" + records[:-5]))

    assert whole.error is None
    assert [(tag["read_count"], tag["rssi_dbm"], tag["epc"][:2]) for tag in whole.fields["tags"]] == [
        (1, -64, "01"),
        (2, -64, "02"),
        (3, -64, "03"),
    ]
    assert [record.read_count for record in tags_of(cut).records] == [1, 2]
    assert tags_of(cut).error is message_of(cut).error is FrameError.LENGTH


@pytest.mark.parametrize(
    ("raw", "kind", "fields"),
    [
        (mercury(0x22, status=0x0400), "read_multiple", {}),
        (
            mercury(0x22, bytes.fromhex("8810001b001001000003e8"), 0x0400),
            "keep_alive",
            {
                "option": 0x88,
                "option2": 0x10,
                "search_flags": 0x1B,
                "metadata_flags": 0x10,
                "record_type": 1,
                "timestamp_ms": 1000,
            },
        ),
        (
            mercury(0x22, bytes.fromhex("8810001300000007")),
            "read_multiple",
            {"option": 0x88, "option2": 0x10, "search_flags": 0x13, "tag_count": 7},
        ),
        (
            mercury(0x22, bytes.fromhex("10001300000007")),
            "read_multiple",
            {"option": 0x10, "search_flags": 0x13, "tag_count": 7},
        ),
        (
            mercury(0x22, bytes.fromhex("10001b000000")),
            "end_of_cycle",
            {"option": 0x10, "search_flags": 0x1B, "metadata_flags": 0, "record_type": 0},
        ),
        (mercury(0x91, status=0x0503), "set_antenna", {}),
        (mercury(0x03, b"\0\0\x01\x02a.c", 0x7F01), "get_version", {"line": 258, "file": "a.c"}),
        (mercury(0x72, b"\xf6"), "get_temperature", {"temperature_c": -10}),
    ],
)  # fmt: skip
def test_what_a_frame_says_besides_its_opcode_and_status(raw: bytes, kind: str, fields: dict[str, Any]) -> None:
    message = said(raw)

    assert (message.kind, message.error) == (kind, None)
    assert {name: value for name, value in message.fields.items() if name not in ("opcode", "status")} == fields


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (mercury(0x72), FrameError.LENGTH),
        (mercury(0x62, b"\x01\x0a"), FrameError.LENGTH),
        (mercury(0x62, b"\x07\x0a\x0a"), FrameError.UNKNOWN),
        (mercury(0x55, b"\x01"), FrameError.UNKNOWN),
        (mercury(0x55, status=0x0101), FrameError.UNKNOWN),
        (mercury(0x22), FrameError.LENGTH),
        (mercury(0x22, b"\x88"), FrameError.LENGTH),
        (mercury(0x29, b"\x00"), FrameError.LENGTH),
        (streamed(0x4000, epc_field(EPC)), FrameError.UNKNOWN),
        (streamed(0x0001, b""), FrameError.LENGTH),
        (streamed(0, epc_field(EPC)[:-1]), FrameError.LENGTH),
        (streamed(0, epc_field(EPC) + b"\0"), FrameError.LENGTH),
        (streamed(0x80, b"\x00\xff\x01"), FrameError.LENGTH),
        (streamed(0, b"", kind=9), FrameError.UNKNOWN),
    ],
)
def test_a_sound_frame_of_unsound_content_is_told(raw: bytes, error: FrameError) -> None:
    assert said(raw).error is error


def test_runs_of_ff_before_a_command_are_no_frames() -> None:
    request = vector("mercury.ver_req")
    frames = list(frames_in_words("mercury", b"\xff" * 200 + request, Direction.TO_READER))

    assert [(frame.offset, frame.kind, frame.error) for frame in frames] == [(200, "get_version", None)]


def test_a_length_above_the_bound_is_no_length() -> None:
    tag = vector("mercury.stream_tag_sf")
    broken, good = frames_in_words("mercury", b"\xff\xf9\x22" + tag)

    assert (broken.offset, broken.length, broken.error) == (0, 2, FrameError.LENGTH)
    assert (good.offset, good.kind) == (3, "tag")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"opcode": 0x55}, "there is no such request"),
        ({}, "there is no such request"),
        ({"opcode": Opcode.SET_REGION}, "region is missing"),
        ({"opcode": Opcode.SET_REGION, "region": 256}, "expected what 1 bytes hold"),
        ({"opcode": Opcode.SET_REGION, "region": 1, "regoin": 2}, "there is no regoin"),
        ({"opcode": Opcode.SET_READ_POWER, "power_cdbm": 40000}, "expected what 2 bytes hold"),
        ({"opcode": Opcode.SET_ANTENNA, "option": 2, "pairs": [[1]]}, "has 1 values; expected 2"),
        ({"opcode": Opcode.SET_ANTENNA, "option": 2, "pairs": [1]}, "a row of pairs is 1"),
        ({"opcode": Opcode.SET_ANTENNA, "option": 3, "powers": [1]}, "a row of powers is 1"),
        ({"opcode": Opcode.SET_ANTENNA, "option": 2, "pairs": []}, "a list that is not empty"),
        ({"opcode": Opcode.SET_PROTOCOL_PARAMETER, "protocol": 5, "key": 0, "value_hex": "0"}, "expected hex"),
        ({"opcode": Opcode.STREAM, "timeout_ms": 0, "action": "pause"}, "not 'stop'"),
        ({"opcode": Opcode.SILION_STREAM, "data_hex": "00" * 249}, "at most 248 fit"),
    ],
)
def test_a_request_that_cannot_be_is_refused(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        encode(fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"opcode": 0x23, "timeout_ms": 500, "option": 0, "new_epc": EPC.hex()},
        {"opcode": 0x26, "timeout_ms": 500, "option": 0x88, "option2": 1, "kill_password": "11223344",
         "select_bits": 96, "select_mask": EPC.hex()},
        {"opcode": 0x28, "timeout_ms": 500, "option": 0, "bank": 3, "word_address": 2, "words": 4},
        {"opcode": 0x2F, "timeout_ms": 0, "action": "start", "sub_opcode": 0x22, "option": 0x88, "option2": 0x10,
         "search_flags": 0x1B, "on_time_ms": 250, "metadata_flags": 0x1FF},
        {"opcode": 0x91, "option": 3, "powers": [{"port": 1, "read_power_cdbm": 2000, "write_power_cdbm": 2100}]},
        {"opcode": 0x92, "power_cdbm": -100},
    ],
)  # fmt: skip
def test_requests_beyond_the_vectors_are_read_as_they_were_written(fields: dict[str, Any]) -> None:
    (frame,) = frames_in_words("mercury", encode(fields), Direction.TO_READER)

    assert (frame.fields, frame.error) == (fields, None)


@pytest.mark.parametrize("opcode", [0x22, 0x29, 0x2A, 0x28, 0x91])
def test_a_status_without_content_is_a_whole_answer(opcode: int) -> None:
    (frame,) = MercuryDecoder().feed(mercury(opcode, status=0x0105))

    assert message_of(frame).error is None
    assert message_of(frame).fields["status"] == 0x0105
