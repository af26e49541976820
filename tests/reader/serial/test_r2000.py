from __future__ import annotations

from typing import Any

import pytest

from reader.errors import ProtocolError
from reader.serial.framing import Direction, FrameError
from reader.serial.r2000 import BROADCAST, Command, R2000Decoder, encode, frequency_mhz, tag_of
from reader.serial.words import frames_in_words
from tests.reader.serial.lines import gen2_crc, pc_of, r2000, vector

EPC = bytes.fromhex("30340242201d8840000003e9")


def notice(epc: bytes, command: int = 0x89, behind: bytes = b"\x45") -> bytes:
    return r2000(command, b"\x04" + pc_of(epc) + epc + behind)


@pytest.mark.parametrize("command", [0x89, 0x8A, 0x8B])
@pytest.mark.parametrize("size", [0, 4, 8, 12, 16, 62])
def test_an_epc_is_as_long_as_its_frame_says(size: int, command: int) -> None:
    epc = bytes(range(0xA0, 0xA0 + size))

    (frame,) = R2000Decoder().feed(notice(epc, command))
    tag = tag_of(frame)

    assert tag is not None
    assert (tag.freq_index, tag.antenna, tag.epc, tag.rssi_raw, tag.phase_raw) == (1, 1, epc, 0x45, None)
    assert tag.is_whole


def test_a_phase_stands_behind_the_rssi_where_a_session_inventory_asked_for_it() -> None:
    (frame,) = frames_in_words("r2000", notice(EPC, 0x8B, b"\x45\x01\x02"))

    assert (frame.fields["epc"], frame.fields["rssi_raw"], frame.fields["phase_raw"]) == (EPC.hex(), 0x45, 0x0102)


def test_an_epc_shorter_than_its_pc_is_told() -> None:
    (frame,) = R2000Decoder().feed(r2000(0x89, b"\x04\x30\x00\x12\x34\x45"))
    tag = tag_of(frame)

    assert tag is not None
    assert (tag.epc, tag.is_whole) == (b"\x12\x34", False)


ROW = b"\x30\x00" + EPC + gen2_crc(b"\x30\x00" + EPC)
ROW_FIELDS = {"pc": "3000", "epc": EPC.hex(), "tag_crc": ROW[-2:].hex(), "tag_crc_valid": True}
PORT_2 = {"freq_index": 1, "frequency_mhz": 865.5, "antenna": 2}


@pytest.mark.parametrize(
    ("raw", "kind", "fields"),
    [
        (r2000(0x89, b"\x02\x00\x1d\x00\x00\x00\x01"), "end", {"antenna": 3, "read_rate": 29, "total_reads": 1}),
        (r2000(0x8B, bytes(7)), "end", {"antenna": 1, "read_rate": 0, "total_reads": 0}),
        (r2000(0x8A, b"\x00\x00\x05\x00\x00\x01\xf4"), "end", {"total_reads": 5, "duration_ms": 500}),
        (r2000(0x8A, b"\x03\x22"), "error", {"antenna": 4, "error": 0x22}),
        (r2000(0x8B, b"\x22"), "error", {"error": 0x22}),
        (r2000(0x81, b"\x36"), "error", {"error": 0x36}),
        (r2000(0x90, b"\x38"), "error", {"error": 0x38}),
        (r2000(0x80, b"\x00\x00\x03\x00\x1d\x00\x00\x00\x09"), "end",
         {"antenna": 1, "tag_count": 3, "read_rate": 29, "total_reads": 9}),
        (r2000(0x90, b"\x00\x03\x10" + ROW + b"\x45\x05\x07"), "get_buffer",
         {"tag_count": 3, "data_len": 16, **ROW_FIELDS, "rssi_raw": 0x45, **PORT_2, "read_count": 7}),
        (r2000(0x82, b"\x00\x01\x10" + ROW + b"\x10\x05\x01"), "write",
         {"tag_count": 1, "data_len": 16, **ROW_FIELDS, "result": 0x10, **PORT_2, "access_count": 1}),
        (r2000(0x84, b"\x00\x01\x10" + ROW + b"\x40\x05\x01"), "error",
         {"tag_count": 1, "data_len": 16, **ROW_FIELDS, "error": 0x40, **PORT_2, "access_count": 1}),
        # 32 dBm looks like "controller reset failed", a detector of 34 dB like "antenna missing".
        (r2000(0x77, b"\x20"), "get_power", {"power_dbm": [32]}),
        (r2000(0x77, b"\x14\x15\x16\x17"), "get_power", {"power_dbm": [20, 21, 22, 23]}),
        (r2000(0x63, b"\x22"), "get_antenna_detector", {"return_loss_db": 34}),
        (r2000(0x75, b"\x03"), "get_working_antenna", {"antenna": 4}),
        (r2000(0x75, b"\x22"), "error", {"error": 0x22}),
        (r2000(0x7B, b"\x00\x05"), "get_temperature", {"sign": 0, "temperature_c": -5}),
        (r2000(0x79, b"\x01\x07\x39"), "get_region", {"region": 1, "start_index": 7, "end_index": 57}),
        (r2000(0x79, b"\x04\x32\x05\x0d\x35\xa4"), "get_region",
         {"region": 4, "step_10khz": 50, "channels": 5, "start_khz": 865700}),
        (r2000(0x86, b"\x01"), "get_epc_match", {"mode": 1}),
        (r2000(0x92, b"\x01\x02"), "count_buffer", {"tag_count": 258}),
    ],
)  # fmt: skip
def test_what_an_answer_says(raw: bytes, kind: str, fields: dict[str, Any]) -> None:
    (frame,) = frames_in_words("r2000", raw)

    assert (frame.kind, frame.error) == (kind, None)
    assert frame.fields == {"address": 1, "command": raw[3], **fields}


@pytest.mark.parametrize(
    ("raw", "error"),
    [
        (r2000(0xEE), FrameError.UNKNOWN),
        (r2000(0x72), FrameError.LENGTH),
        (r2000(0x89), FrameError.LENGTH),
        (r2000(0x90, b"\x00\x03\x11" + ROW + b"\x45\x05\x07"), FrameError.LENGTH),
        (r2000(0x81, b"\x00\x01\x04\x30\x00\x12\x34\x08\x05\x01"), FrameError.LENGTH),
    ],
)
def test_a_sound_frame_of_unsound_content_is_told(raw: bytes, error: FrameError) -> None:
    (frame,) = frames_in_words("r2000", raw)

    assert (frame.length, frame.error) == (len(raw), error)


def test_a_length_that_nothing_can_have_costs_the_header() -> None:
    broken, good = frames_in_words("r2000", b"\xa0\x02" + vector("r2000.fw_rsp"))

    assert (broken.offset, broken.length, broken.error) == (0, 2, FrameError.LENGTH)
    assert (good.offset, good.error) == (2, None)


def test_frequencies_are_of_two_bands() -> None:
    mhz = [frequency_mhz(index) for index in (0, 6, 7, 59, 60)]

    assert mhz == [865.0, 868.0, 902.0, 928.0, None]


@pytest.mark.parametrize(
    "fields",
    [
        {"address": BROADCAST, "command": 0x66, "power_dbm": [20, 21, 22, 23]},
        {"address": 1, "command": 0x8B, "session": 1, "target": 0, "sl": 0, "phase": 1, "repeat": 1},
        {"address": 1, "command": 0x8A, "interval_ms": 0, "repeat": 1, "ports": [
            {"antenna": 1, "rounds": 1}, {"antenna": 2, "rounds": 3},
            {"antenna": None, "rounds": 0}, {"antenna": None, "rounds": 0}]},
        {"address": 1, "command": 0x78, "region": 2, "start_index": 0, "end_index": 6},
        {"address": 1, "command": 0x78, "region": 4, "step_10khz": 50, "channels": 5, "start_khz": 865700},
        {"address": 1, "command": 0x85, "mode": 1},
    ],
)  # fmt: skip
def test_requests_beyond_the_vectors_are_read_as_they_were_written(fields: dict[str, Any]) -> None:
    (frame,) = frames_in_words("r2000", encode(fields), Direction.TO_READER)

    assert (frame.fields, frame.error) == (fields, None)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"command": Command.GET_VERSION}, "an A0 address is 0 to 255"),
        ({"address": 1, "command": 0xEE}, "there is no A0 request"),
        ({"address": 1, "command": Command.SET_WORKING_ANTENNA, "antenna": 0}, "expected what 1 bytes hold"),
        ({"address": 1, "command": Command.SET_EPC_MATCH, "mode": 0, "epc_len": 2, "epc": "aa"}, "1 bytes of EPC"),
        ({"address": 1, "command": Command.SET_TEMPORARY_POWER, "power_dbm": "20"}, "a list that is not empty"),
        ({"address": 1, "command": Command.FAST_SWITCH_INVENTORY, "ports": 3, "interval_ms": 0, "repeat": 1},
         "ports is 3"),
        ({"address": 1, "command": Command.FAST_SWITCH_INVENTORY, "ports": [3], "interval_ms": 0, "repeat": 1},
         "a row of ports is 3"),
        ({"address": 1, "command": Command.SET_FAST_TID, "data_hex": "00" * 253}, "at most 252 fit"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_is_refused(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        encode(fields)
