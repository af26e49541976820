from __future__ import annotations

from typing import Any

import pytest

from reader.errors import ProtocolError
from reader.serial.framing import FrameError
from reader.serial.m100 import Build, Command, M100Decoder, encode, message_of, tag_of
from reader.serial.words import frames_in_words
from tests.reader.serial.lines import gen2_crc, m100, pc_of, vector

EPC = bytes.fromhex("30340242201d8840000003e9")


def notice(epc: bytes, rssi: int = 0xC4, marks: bytes = b"\xbb\x7e") -> bytes:
    words = pc_of(epc) + epc
    return m100(0x22, bytes((rssi,)) + words + gen2_crc(words), kind=2, marks=marks)


@pytest.mark.parametrize("size", [0, 4, 8, 12, 16, 62])
def test_an_epc_is_as_long_as_its_frame_says(size: int) -> None:
    epc = bytes(range(size))

    (frame,) = M100Decoder().feed(notice(epc))
    tag = tag_of(frame)

    assert tag is not None
    assert (tag.rssi_dbm, tag.epc, tag.tag_crc_valid, tag.is_whole) == (-60, epc, True, True)


def test_an_epc_shorter_than_its_pc_is_told() -> None:
    (frame,) = M100Decoder().feed(m100(0x22, b"\xc4\x30\x00\x12\x34\x56\x78", kind=2))
    tag = tag_of(frame)

    assert tag is not None
    assert (tag.epc, tag.tag_crc_valid, tag.is_whole) == (b"\x12\x34", False, False)


def test_marks_inside_an_epc_are_payload() -> None:
    epc = b"\xbb\x02\x22\x7e\xaa\xdd" * 2

    frames = list(frames_in_words("m100", notice(epc) * 2))

    assert [(frame.fields["epc"], frame.error) for frame in frames] == [(epc.hex(), None)] * 2


def test_both_builds_in_one_stream_unless_one_is_named() -> None:
    stream = notice(EPC) + notice(EPC, marks=b"\xaa\xdd")

    assert [frame.build for frame in M100Decoder().feed(stream)] == [Build.BB, Build.AA]
    assert [frame.build for frame in M100Decoder(Build.AA).feed(stream)] == [Build.AA]


def test_a_request_of_the_other_build_has_its_marks() -> None:
    assert encode({"command": Command.GET_MODULE, "selector": 0}, Build.AA).hex() == "aa000300010004dd"


def test_a_storm_of_empty_rounds_hides_no_tag() -> None:
    empty = vector("m100.single_none")

    (*_, last) = frames = list(frames_in_words("m100", empty * 50 + notice(EPC)))

    assert len(frames) == 51
    assert {(frame.kind, frame.error, frame.fields["error"]) for frame in frames[:-1]} == {("error", None, 0x15)}
    assert last.fields["epc"] == EPC.hex()


@pytest.mark.parametrize(
    ("at", "error"),
    [
        (-1, FrameError.CHECKSUM),  # the tail: sum and length agree, so the frame was damaged in place
        (-2, FrameError.CHECKSUM),
        (9, FrameError.CHECKSUM),
    ],
)
def test_what_was_damaged_in_place(at: int, error: FrameError) -> None:
    raw = bytearray(notice(EPC))
    raw[at] ^= 0x01

    assert [(frame.length, frame.error) for frame in frames_in_words("m100", bytes(raw))] == [(len(raw), error)]


def test_a_length_that_nothing_can_have_costs_the_header() -> None:
    broken, good = frames_in_words("m100", b"\xbb\x02\x22\xff\xff" + notice(EPC))

    assert (broken.offset, broken.length, broken.error) == (0, 5, FrameError.LENGTH)
    assert (good.offset, good.error) == (5, None)


@pytest.mark.parametrize(
    ("raw", "kind", "fields"),
    [
        (m100(0x03, b"\x00M100 26dBm V1.0"), "get_module", {"selector": 0, "text": "M100 26dBm V1.0"}),
        (m100(0x12, b"\x00"), "set_select_mode", {"result": 0}),
        (m100(0xAA, b"\x07"), "get_channel", {"channel_index": 7}),
        (m100(0xF1, b"\x03\x06\x01\xb0"), "get_modem", {"mixer_gain": 3, "if_gain": 6, "threshold": 0x1B0}),
        (m100(0x39, b"\x02\x00\x00\xbe\xef"), "read", {"pc": "0000", "epc": "", "data": "beef"}),
        (m100(0xFF, b"\xa4\x02\x00\x00"), "error", {"error": 0xA4, "pc": "0000", "epc": ""}),
        (m100(0xFF, b"\x09\x0e\x30"), "error", {"error": 9, "param_hex": "0e30"}),
    ],
)
def test_what_an_answer_says(raw: bytes, kind: str, fields: dict[str, Any]) -> None:
    (frame,) = frames_in_words("m100", raw)

    assert (frame.kind, frame.error) == (kind, None)
    assert frame.fields == {"type": 1, "command": raw[2], **fields}


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (m100(0x99), FrameError.UNKNOWN),
        (m100(0x99, kind=2), FrameError.UNKNOWN),
        (m100(0xB7, b"\x07"), FrameError.LENGTH),
        (m100(0xFF), FrameError.LENGTH),
        (m100(0x39, b"\x0e\x30\x00"), FrameError.LENGTH),
        (m100(0x39, b"\x01\x30\x00"), FrameError.LENGTH),
        (m100(0x22, b"\xc4\x00\x00", kind=2), FrameError.LENGTH),
        (m100(0xA9, b"\x03\x01\x02", kind=0), FrameError.LENGTH),
        (m100(0x28, b"\x00", kind=0), FrameError.UNKNOWN),
    ],
)
def test_a_sound_frame_of_unsound_content_is_told(raw: bytes, error: FrameError) -> None:
    (frame,) = frames_in_words("m100", raw)

    assert (frame.length, frame.error) == (len(raw), error)


def test_only_a_notice_has_a_tag() -> None:
    frames = M100Decoder().feed(vector("m100.read_rsp4") + vector("m100.single_none"))

    assert [tag_of(frame) for frame in frames] == [None, None]
    assert [message_of(frame).kind for frame in frames] == ["read", "error"]


def test_a_query_is_written_whole_or_in_parts() -> None:
    parts = {"dr": 0, "m": 0, "trext": 1, "sel": 0, "session": 1, "target": 0, "q": 5}

    assert encode({"command": Command.SET_QUERY, **parts}) == encode({"command": 0x0E, "query": 0x1128})


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"command": 0x99}, "there is no M100 request"),
        ({"type": 1, "command": Command.STOP}, "of type 0"),
        ({"command": Command.SET_BAUD_RATE, "baud": 19250}, "baud is 19250"),
        ({"command": Command.SET_QUERY, "query": 0x1020, "q": 5}, "would be read back as 4"),
        ({"command": Command.INSERT_CHANNELS, "count": 2, "channels": [1]}, "1 channels of 2"),
        ({"command": Command.WRITE, "access_password": "00000000", "bank": 1, "word_address": 2, "words": 1,
          "data": "00"}, "data has 1 bytes"),
        ({"command": Command.GPIO, "param_hex": "00" * 600}, "at most 575 fit"),
        ({"command": Command.LOCK, "access_password": "00000000", "mask": 1024, "action": 0}, "what 10 bits hold"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_is_refused(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        encode(fields)
