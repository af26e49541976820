"""A Mercury module from power on: its programs, settings, searches and streams."""

from __future__ import annotations

import pytest

from reader.errors import SceneError
from reader.virtual.faults import Fault
from tests.reader.virtual.serial.mercury_bench import STOP, STREAM, Bench, request, signs_in, tags_in

ON_PAD = {f"3036451FD4001{digits}" for digits in ("940000003E9", "980000003EA", "9C0000003EB", "A00000003EC")}
OPEN_SEARCH = "8810001301f40fff"  # captured: 500 ms, both ports, all metadata


# --- programs and settings -------------------------------------------------------------------------------


def test_it_says_what_it_is_and_swallows_wake_ups() -> None:
    bench = Bench()
    bench.say(b"\xff" * 200)

    version = bench.fields(0x03)
    assert (version["hardware"], version["protocol_mask"]) == ("18000001", 0x10)
    assert bench.fields(0x0C)["runs"] == "application"
    assert bench.status(0x04) == 0x0101
    assert Bench(model="nano").fields(0x03)["hardware"] == "30000002"


def test_the_bootloader_knows_little_and_is_left() -> None:
    bench = Bench(is_raw=True, starts_in_bootloader=True)

    assert bench.fields(0x0C)["runs"] == "bootloader"
    assert bench.status(0x62, "00") == 0x0101
    assert bench.status(0x04) == 0
    assert bench.fields(0x0C)["runs"] == "application"
    assert bench.status(0x62, "00") == 0
    assert bench.status(0x09) == 0
    assert bench.fields(0x0C)["runs"] == "bootloader"


@pytest.mark.parametrize(
    ("opcode", "content", "status"),
    [
        (0x92, "0c4f", 0x0103),  # 31.51 dBm
        (0x92, "01f3", 0x0106),  # 4.99 dBm
        (0x92, "0c", 0x0100),
        (0x92, "0c4e00", 0x0100),
        (0x97, "01", 0x010B),  # North America in a European scene
        (0x93, "0003", 0x0105),
        (0x91, "0505", 0x0105),  # four ports
        (0x91, "020105", 0x0105),
        (0x06, "0001c201", 0x010A),
        (0x9B, "050004", 0x0105),  # session 4
        (0x9B, "057700", 0x0105),
        (0x9A, "010e01", 0x0105),  # the transport is what it is
        (0x9A, "017700", 0x0105),
        (0x61, "09", 0x0105),
        (0x5A, "", 0x0101),
        (0x22, "8810001301f4", 0x0100),
        (0x22, "8410001301f40fff", 0x0102),
        (0x2F, "000005", 0x0105),
    ],
)
def test_what_cannot_be_is_refused_by_its_own_status(opcode: int, content: str, status: int) -> None:
    bench = Bench()
    before = [bench.content(0x62, "01"), bench.content(0x61, "03"), bench.content(0x67)]

    refused = bench.answer(opcode, content)

    assert (refused.status, refused.content) == (status, b"")
    assert [bench.content(0x62, "01"), bench.content(0x61, "03"), bench.content(0x67)] == before


@pytest.mark.parametrize(
    ("setting", "value", "getting", "asked", "told"),
    [
        (0x92, "07d0", 0x62, "01", "0107d00c4e01f4"),
        (0x94, "0640", 0x64, "00", "000640"),
        (0x91, "0202", 0x61, "00", "0202"),
        (0x91, "0202020101", 0x61, "02", "0202020101"),
        (0x91, "030107d00640", 0x61, "03", "030107d00640" + "".join(f"0{port}00000000" for port in (2, 3, 4))),
        (0x91, "04020640064000c8", 0x61, "04", "0401000000000000" "0206400640" "00c8" "0300000000000004000000000000"),
        (0x91, "04010107d0", 0x61, "0401", "04010107d0" "020000" "030000" "040000"),
        (0x93, "0000", 0x63, "", "0000"),
        (0x97, "ff", 0x67, "", "ff"),
        (0x98, "02", 0x68, "", "02"),
        (0x9A, "010d000003e8", 0x6A, "010d", "010d000003e8"),
        (0x9B, "050002", 0x6B, "0500", "050002"),
        (0x9B, "05010001", 0x6B, "0501", "05010001"),
        (0x9B, "05120105", 0x6B, "0512", "05120105"),
        (0x96, "0301", 0x66, "01", "01010000020000030101040000"),
    ],
)  # fmt: skip
def test_a_setting_is_read_back(setting: int, value: str, getting: int, asked: str, told: str) -> None:
    bench = Bench()

    assert bench.content(setting, value) == ""
    assert bench.content(getting, asked) == told


def test_pins_are_inputs_until_they_are_driven() -> None:
    bench = Bench()
    bench.module.set_input(2, True)

    assert bench.content(0x66) == "0001"
    assert bench.content(0x96, "02") == "0200"
    bench.content(0x96, "0200")
    assert (bench.content(0x66), bench.content(0x96, "02")) == ("0000", "0201")
    bench.content(0x96, "01020000")
    assert bench.content(0x66) == "0001"
    with pytest.raises(SceneError, match="pins 1 to 4, no 5"):
        bench.module.set_input(5, True)


def test_antennas_are_detected_where_the_scene_has_them() -> None:
    assert Bench().content(0x61, "05") == "050101020103000400"
    assert Bench(Fault.ANTENNA_GONE).content(0x61, "05") == "050101020003000400"
    assert Bench(model="nano").content(0x61, "05") == "050100"  # as a real one says


@pytest.mark.parametrize(
    ("fault", "told"), [(Fault.WRONG_POWER_TABLE, "0103e80c4e01f4"), (Fault.POWER_NOT_TAKEN, "010c4e0c4e01f4")]
)
def test_a_power_that_is_not_what_was_set_is_not_read_back_as_set(fault: Fault, told: str) -> None:
    bench = Bench(fault)
    bench.content(0x92, "07d0")

    assert bench.content(0x62, "01") == told


def test_it_speaks_at_the_new_rate_only_after_its_answer() -> None:
    bench = Bench()
    bench.module.received(request(0x06, "000e1000"), 0)

    assert bench.module.baud == 115_200
    said = bench.module.take(0)
    assert said is not None
    assert bench.module.baud == 115_200
    assert bench.module.take(0) is None
    assert bench.module.baud == 921_600
    bench.module.reboot(0)
    assert bench.module.baud == 115_200


def test_a_reboot_forgets_settings_but_not_what_was_read() -> None:
    bench = Bench()
    bench.ask(0x22, OPEN_SEARCH, 600)
    reads = bench.module.reads
    bench.content(0x92, "07d0")
    bench.module.reboot(700_000)

    assert bench.content(0x62, "00") == "000c4e"
    assert bench.content(0x67) == "00"
    assert bench.module.reads == reads > 0


def test_nothing_is_sent_without_a_region_or_a_protocol() -> None:
    bench = Bench(is_raw=True)
    for opcode, content in ((0x22, OPEN_SEARCH), (0x21, "01f4"), (0x2F, STREAM), (0x26, "01f4000000000700")):
        assert bench.status(opcode, content) == 0x010B
    bench.content(0x97, "08")
    bench.content(0x93, "0000")
    assert bench.status(0x22, OPEN_SEARCH) == 0x0401


# --- buffered searches -------------------------------------------------------------------------------------


def test_a_buffered_search_counts_and_the_buffer_is_fetched_in_pieces() -> None:
    bench = Bench()
    found = bench.fields(0x22, OPEN_SEARCH, 600)
    assert (found["search_flags"], found["option"], found["option2"]) == (0x0013, 0x88, 0x10)

    pieces = [bench.answer(0x29, "0fff00") for _ in range(4)]
    tags = tags_in(pieces)
    assert len(tags) == found["tag_count"] == len({tag.epc for tag in tags}) >= len(ON_PAD)
    assert len(tags_in(pieces[:1])) == 6
    assert {tag.epc.hex().upper() for tag in tags} >= ON_PAD
    assert all(tag.tag_crc_valid and tag.pc == 0x3000 and tag.protocol == 5 for tag in tags)
    assert {tag.antenna_tx for tag in tags} == {1, 2}
    assert {tag.frequency_khz for tag in tags} <= {865_700, 866_300, 866_900, 867_500}
    assert max(tag.read_count or 0 for tag in tags) > 1
    assert all(0 <= (tag.phase_deg or 0) < 180 and 0 <= (tag.timestamp_ms or 0) <= 500 for tag in tags)

    assert bench.content(0x2A) == ""
    assert bench.content(0x29) == "00000000"


def test_older_forms_of_a_search() -> None:
    bench = Bench()
    plain = bench.content(0x22, "01f4", 600)
    assert 0 < int(plain, 16) <= 13
    assert bench.content(0x22, "10001301f40007", 600)[:6] == "100013"
    single = bench.fields(0x21, "01f4", 600)
    assert single["tag_crc_valid_for_pc3000"]


def test_an_empty_air_is_no_tags_and_other_requests_wait_meanwhile() -> None:
    bench = Bench()
    bench.world.remove([tag.epc for tag in bench.world.tags()])
    bench.say(request(0x22, OPEN_SEARCH) + request(0x72))

    assert bench.listen(450) == []
    assert [(frame.opcode, frame.status) for frame in bench.listen(100)] == [(0x22, 0x0400), (0x72, 0)]


def test_a_search_finds_only_what_is_selected() -> None:
    bench = Bench()
    # Bits 32 and on of the EPC bank, extended: 3036451FD4001940…
    bench.content(0x22, "8814001301f40fff0000000000000020403036451fd4001940040000", 600)
    tags = tags_in([bench.answer(0x29, "0fff00")])

    assert {tag.epc.hex().upper() for tag in tags} == {"3036451FD4001940000003E9"}
    bench.content(0x2A)
    # All but those.
    bench.content(0x22, "881c001301f40fff0000000000000020403036451fd4001940040000", 600)
    assert "3036451FD4001940000003E9" not in {
        tag.epc.hex().upper() for _ in range(3) for tag in tags_in([bench.answer(0x29, "0fff00")])
    }


def test_an_embedded_read_brings_the_tid_of_each_tag() -> None:
    bench = Bench()
    # Captured from the vendor's client: flags 0017, one embedded command, TID words 0 to 5.
    counted = bench.content(0x22, "8810001701f40fff01092807d000020000000006", 600)
    good, bad = int(counted[20:24], 16), int(counted[24:28], 16)
    assert counted[16:20] == "0128"
    assert good > 0 <= bad

    tags = tags_in(bench.answer(0x29, "0fff00") for _ in range(4))
    tids = {tag.epc.hex().upper(): tag.embedded for tag in tags if not tag.embedded_failed}
    assert tids
    for epc, tid in tids.items():
        (placed,) = bench.world.tags_of(epc)
        assert (tid or b"").hex().upper() == bench.world.memory(placed.chip).tid


@pytest.mark.parametrize(
    ("fault", "status", "others_read"),
    [
        (Fault.ANTENNA_GONE, 0x0503, True),
        (Fault.REFLECTION, 0x0505, True),
        (Fault.OVER_TEMPERATURE, 0x0504, False),
        (Fault.BUFFER_OVERFLOW, 0x0601, False),
    ],
)
def test_a_search_that_lacks_an_antenna_or_room_says_so(fault: Fault, status: int, others_read: bool) -> None:
    bench = Bench(fault)

    assert bench.status(0x22, OPEN_SEARCH, 600) == status
    if others_read:
        assert {tag.antenna_tx for tag in tags_in([bench.answer(0x29, "0fff00")])} == {1}


# --- streams ---------------------------------------------------------------------------------------------------


def test_a_stream_tells_tags_as_they_come_and_lives_between() -> None:
    bench = Bench()
    began, *frames = bench.ask(0x2F, STREAM, 1020)

    assert (began.opcode, began.status, began.content.hex()) == (0x2F, 0, "01220000")
    assert bench.is_reading()
    assert signs_in(frames) == [0x0400] * 4
    tags = tags_in(frames)
    assert len(tags) == bench.module.reads > 50
    assert all(tag.tag_crc_valid and tag.read_count == 1 for tag in tags)
    assert {tag.antenna_tx for tag in tags} == {1, 2}
    assert all(0 <= (tag.timestamp_ms or 0) <= 260 for tag in tags)  # since the last sign of life

    *_, ended = bench.ask(0x2F, STOP)
    assert (ended.opcode, ended.content) == (0x2F, b"\x02")
    assert not bench.is_reading()
    assert bench.listen(500) == []


def test_only_the_stream_is_heard_while_it_runs() -> None:
    bench = Bench()
    bench.ask(0x2F, STREAM)

    assert {frame.opcode for frame in bench.ask(0x03, "", 100)} == {0x22}
    (wrapped,) = (frame for frame in bench.ask(0x2F, "0000040072") if frame.opcode == 0x2F)
    assert wrapped.content.hex() == "040172000023"
    assert bench.is_reading()
    bench.ask(0x2F, STOP)
    assert bench.status(0x03) == 0


def test_a_stream_without_extended_option_has_bare_signs_of_life() -> None:
    bench = Bench()
    _, *frames = bench.ask(0x2F, "00000122000005072210001b00fa01ff", 300)

    (sign,) = (frame for frame in frames if frame.status)
    assert (sign.status, sign.content) == (0x0400, b"")
    assert all(tag.pc == 0x3000 and tag.q is None for tag in tags_in(frames))


def test_off_time_lies_between_the_cycles() -> None:
    bench = Bench()
    _, *frames = bench.ask(0x2F, "000001220000050a228810041b00fa00fa0fff", 1000)

    assert len(signs_in(frames)) == 2


def test_the_read_filter_tells_a_tag_once() -> None:
    bench = Bench()
    bench.content(0x9A, "010c01")
    _, *frames = bench.ask(0x2F, STREAM, 2000)
    epcs = [tag.epc for tag in tags_in(frames)]

    assert len(epcs) == len(set(epcs))
    assert bench.module.reads > 2 * len(epcs)


def test_a_stream_that_is_to_end_after_some_tags_does() -> None:
    bench = Bench()
    frames = bench.ask(0x2F, "00000122004000000005050c228810005b00fa0fff00000005", 2000)

    assert (len(tags_in(frames)), frames[-1].opcode, frames[-1].content) == (5, 0x2F, b"\x02")
    assert not bench.is_reading()


@pytest.mark.parametrize(
    ("fault", "status", "ports"),
    [
        (Fault.ANTENNA_GONE, 0x0503, {1}),
        (Fault.REFLECTION, 0x0505, {1}),
        (Fault.OVER_TEMPERATURE, 0x0504, set()),
    ],
)
def test_a_trouble_is_told_every_cycle_and_ends_by_itself(fault: Fault, status: int, ports: set[int]) -> None:
    bench = Bench()
    bench.ask(0x2F, STREAM, 260)
    bench.faults.switch_on(fault)
    bench.listen(260)
    frames = bench.listen(1000)
    assert set(signs_in(frames)) == {status}
    assert {tag.antenna_tx for tag in tags_in(frames)} == ports

    bench.faults.switch_off(fault)
    bench.listen(260)
    frames = bench.listen(1000)
    assert set(signs_in(frames)) == {0x0400}
    assert {tag.antenna_tx for tag in tags_in(frames)} == {1, 2}


def test_a_clock_that_jumps_takes_the_time_stamps_with_it() -> None:
    bench = Bench(Fault.CLOCK_JUMP)
    _, *frames = bench.ask(0x2F, STREAM, 200)

    assert all((tag.timestamp_ms or 0) >= 3_600_000 for tag in tags_in(frames))


def test_power_decides_what_is_read() -> None:
    near = Bench()
    near.content(0x92, "01f4")
    far = Bench()

    def found(bench: Bench) -> set[bytes]:
        return {tag.epc for tag in tags_in(bench.ask(0x2F, STREAM, 1000))}

    assert found(near) < found(far)


def test_a_line_that_is_full_stops_the_radio() -> None:
    bench = Bench()
    bench.module.received(request(0x2F, STREAM), 0)
    for now_us in range(0, 5_000_000, 10_000):
        bench.module.advance(now_us)
    waiting = bench.listen(0)

    assert len(waiting) < 60  # the signs of life of five seconds, and a few tags
    assert len(tags_in(waiting)) == bench.module.reads


def test_prepared_tags_come_as_fast_as_they_are_taken() -> None:
    bench = Bench(is_canned=True)
    bench.module.received(request(0x2F, STREAM), 0)
    said = [bench.module.take(0) for _ in range(1001)]

    epcs = [one.frame[-16:-4] for one in said if one is not None and one.is_tag]
    assert (len(epcs), len(set(epcs))) == (1000, 500)
    assert bench.module.reads == 1000
    bench.module.received(request(0x2F, STOP), 0)
    assert bench.module.take(0) is not None
    assert (bench.module.take(0), bench.module.reads) == (None, 1000)
