"""The conversation with a Mercury module, against a scripted one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reader.access import (
    Bank,
)
from reader.conversation import Outcome, OutputErrand, RetuneErrand
from reader.errors import (
    ProfileError,
    ReaderGoneError,
    ReaderRefusedError,
    ReaderTimeoutError,
)
from reader.model import ReaderEventKind, TagRead
from reader.profile import InputTrigger, TagFilter, load_profile
from tests.reader.serial.lines import gen2_crc, mercury, pc_of, vector
from tests.reader.serial.mercury_script import (
    EPC,
    KEEP_ALIVE,
    M6E,
    Line,
    Script,
    connected,
    error_of,
    profile_of,
    tag_frame,
)


def test_it_is_tuned_by_the_profile_before_it_streams() -> None:
    line = connected(reads_tid=False)

    found = line.talk.found
    assert found is not None
    assert (found.model, found.firmware) == ("M6e Nano", "1.11.1.37")
    assert found.tx_powers_dbm == {1: 20.0}
    script = line.script
    assert script.last(0x97) == b"\x08"  # EU3
    assert script.last(0x93) == b"\0\x05"
    assert script.last(0x92) == script.last(0x94) == (2000).to_bytes(2, "big")
    assert script.last(0x91) == b"\x02\x01\x01"
    gen2 = [content for opcode, content in script.asked if opcode == 0x9B]
    assert gen2 == [b"\x05\x00\x01", b"\x05\x01\x00\x00", b"\x05\x12\x01\x05"]  # S1; A, then B; Q 5 for 32 tags
    assert script.last(0x9A) == b"\x01\x0c\x00"
    assert script.last(0x2F) == bytes.fromhex("0000012200000507 2210001B03E8003F")
    assert line.talk.temperature_c == 30.0


def test_the_newest_modules_are_asked_in_the_newer_form() -> None:
    line = connected(Script(hardware="38000001"))

    assert line.script.last(0x2F) == bytes.fromhex("0000012200000508 228810001B03E8003F")


@pytest.mark.parametrize("cut", [1, 2, 7, 4096])
def test_reads_come_whatever_the_chunks(cut: int) -> None:
    line = Line(Script(), cut=cut)
    line.connect()

    line.say(tag_frame(ms=10) + KEEP_ALIVE + b"\x13\xff\x00garbage" + tag_frame(bytes(4), ms=0, port=2))
    line.say(tag_frame(bytes.fromhex("AA" * 62)))

    assert [read.epc for read in line.reads] == [EPC.hex().upper(), "00000000", "AA" * 62]
    first = line.reads[0]
    assert first[1:] == TagRead(0, EPC.hex().upper(), 1, -50.0, 90.0, 866.3, 1)[1:]
    assert line.reads[1].antenna == 2


def test_a_broken_frame_costs_itself_and_is_counted() -> None:
    line = connected()
    broken = bytearray(tag_frame())
    broken[20] ^= 1

    line.say(bytes(broken) + tag_frame() + tag_frame(crc=b"\0\0"))

    assert len(line.reads) == 1
    kinds = [noticed.kind for noticed in line.talk.take_noticed()]
    assert kinds == [ReaderEventKind.MALFORMED, ReaderEventKind.MALFORMED]


def test_an_epc_field_too_short_for_what_it_promises_is_no_read() -> None:
    line = connected()

    line.say(vector("mercury.stream_tag_sf"))
    line.say(mercury(0x22, bytes.fromhex("10001B000201C40010 3000")))

    assert [read.epc for read in line.reads] == ["0000000000000000000015 45".replace(" ", "").zfill(24)]
    assert [noticed.kind for noticed in line.talk.take_noticed()] == [ReaderEventKind.MALFORMED]


def test_the_tid_comes_with_each_read_where_it_is_wanted() -> None:
    line = connected(reads_tid=True)

    assert line.script.last(0x2F) == bytes.fromhex("0000012200000513 2210001F03E800BF 010928000000 02 00000000 06")
    tid = bytes.fromhex("E28011052000")
    line.say(tag_frame(embedded=tid, head=b"\x10\x00\x1f") + tag_frame(embedded=b"", head=b"\x10\x00\x1f"))

    assert [read.tid for read in line.reads] == [tid.hex().upper(), None]


def test_times_are_the_host_s_made_finer_by_the_module_s() -> None:
    line = connected()
    began_us = round(line.now_s * 1e6)

    line.now_s += 0.100
    line.say(tag_frame(ms=80) + tag_frame(ms=90))  # both arrived late, by the line's backlog
    line.now_s += 0.900
    line.say(KEEP_ALIVE)
    line.now_s += 0.050
    line.say(tag_frame(ms=45))

    assert [read.t_us - began_us for read in line.reads] == [80_000, 90_000, 1_045_000]
    assert line.clock.now_us(line.now_s) == round(line.now_s * 1e6)


def test_a_sleeping_module_is_woken_and_kept_awake() -> None:
    line = Line(Script(power_mode=3, mute={0x2F, 0x0C}))
    first = line.talk.take_outgoing()
    line.script.hear(first)
    line.wait(0.7)  # nothing answers yet
    line.script.mute.clear()
    line.wait(0.6)

    assert first.startswith(b"\xff" * 200)
    assert line.talk.is_reading
    assert line.script.last(0x98) == b"\0"


def test_a_module_in_its_bootloader_is_booted() -> None:
    line = connected(Script(program=0x11))

    assert line.script.opcodes()[:4] == [0x2F, 0x0C, 0x04, 0x03]


def test_a_stream_of_whoever_was_here_before_is_stopped_and_not_read() -> None:
    script = Script(is_streaming=True)
    line = Line(script)
    line.say(tag_frame() + KEEP_ALIVE)
    line.connect()

    assert line.reads == []
    line.say(tag_frame())
    assert len(line.reads) == 1


@pytest.mark.parametrize(
    ("limit", "limits", "sent"),
    [
        ({"tx_power_dbm": 23.456}, (0, 2700), 2345),  # never rounded up
        ({"tx_power_dbm": 36.0}, (0, 2700), 2700),  # the module's greatest
        ({"tx_power_dbm": 36.0, "antenna_gain_dbi": 9.0}, (0, 3150), 2615),  # 33 dBm ERP, less the gain
    ],
)
def test_the_power_is_the_greatest_that_is_allowed(limit: dict[str, float], limits: tuple[int, int], sent: int) -> None:
    line = connected(Script(limits=limits), **limit)

    assert line.script.last(0x92) == sent.to_bytes(2, "big")
    assert line.talk.found is not None
    assert line.talk.found.tx_powers_dbm == {1: sent / 100}


def test_each_port_has_a_power_of_its_own() -> None:
    script = Script(hardware=M6E, has_antenna={1: True, 2: True}, limits=(500, 3150))
    line = connected(script, antennas=(1, 2), overrides={2: {"tx_power_dbm": 15.5}})

    assert script.port_powers == bytes.fromhex("01 07D0 07D0  02 060E 060E")
    assert script.last(0x92) == script.last(0x94) == (1550).to_bytes(2, "big")  # for all: the least
    assert line.talk.found is not None
    assert line.talk.found.tx_powers_dbm == {1: 20.0, 2: 15.5}


@pytest.mark.parametrize(
    ("script", "changes", "words"),
    [
        (Script(held_off_cdbm=100), {}, "was set for all ports, but the module holds 21.00"),
        (Script(limits=(2200, 2700)), {}, "smallest power is 22.00 dBm"),
        (Script(refuses={0x97: 0x010B}), {}, "not made for region eu"),
        (Script(answers={0x67: b"\x01"}), {}, "region 08 was set, but the module holds 01"),
        (Script(answers={0x61: bytes.fromhex("04 01 0834 0834 0000")}), {}, "antenna 1: 20.00 dBm was set"),
        (Script(), {"mode": 4}, "mode 4"),
        (Script(), {"filters": (TagFilter(Bank.TID, 0, "E2", 8),)}, "filters"),
        (Script(), {"start_input": InputTrigger(1, True, 1.0)}, "start input"),
        (Script(), {"overrides": {1: {"session": 2}}}, "antenna 1: a Mercury module has one session"),
        (Script(answers={0x65: b""}), {"fixed_channels_mhz": (866.3,)}, "the module holds none"),
    ],
)
def test_a_profile_that_is_not_obeyed_is_refused(script: Script, changes: dict[str, Any], words: str) -> None:
    line = Line(script, profile_of(**changes))

    with pytest.raises(ProfileError, match=words):
        line.connect()
    assert 0x2F not in script.opcodes()[1:], "it streams at a power that nobody read back"


def test_a_region_without_a_code_is_refused() -> None:
    line = Line(Script(), replace(profile_of(), region=replace(load_profile("virtual-pad").region, name="cn")))

    with pytest.raises(ProfileError, match="region cn"):
        line.connect()


def test_a_module_with_one_power_for_all_ports_is_fine_while_all_have_the_same() -> None:
    line = connected(Script(has_port_powers=False))
    assert line.script.last(0x92) == (2000).to_bytes(2, "big")

    line = Line(
        Script(hardware=M6E, has_port_powers=False), profile_of(antennas=(1, 2), overrides={2: {"tx_power_dbm": 15.0}})
    )
    with pytest.raises(ProfileError, match="power for each port"):
        line.connect()


def test_a_nano_has_no_second_port() -> None:
    line = Line(Script(), load_profile("jadak-m6e-pad-eu"))

    with pytest.raises(ProfileError, match="uses antenna port 2, but the reader has 1"):
        line.connect()


def test_a_module_that_another_profile_is_for_is_told_by_its_own_name() -> None:
    line = Line(Script(M6E), load_profile("jadak-nano-pad-eu"))
    line.connect()

    assert line.talk.found is not None
    assert (line.talk.found.model, line.talk.found.is_expected) == ("M6e", False)


def test_fixed_channels_are_set_and_read_back() -> None:
    line = connected(fixed_channels_mhz=(865.7, 866.3))

    assert line.script.hops == (865_700).to_bytes(4, "big") + (866_300).to_bytes(4, "big")


def test_one_power_for_all_ports_is_read_back_before_it_streams() -> None:
    line = connected(Script(has_port_powers=False))
    assert line.script.opcodes()[-3:] == [0x62, 0x64, 0x2F]

    line.script.power[0x64] = 2300
    with pytest.raises(ReaderGoneError, match="was reset"):
        line.run(OutputErrand(1, is_on=True))


def test_silence_is_noticed_within_three_periods_and_keep_alives_prevent_it() -> None:
    line = connected()
    for _ in range(5):
        line.wait(0.99)
        line.say(KEEP_ALIVE)

    with pytest.raises(ReaderGoneError, match="no sign of life"):
        line.wait(2.9)


def test_a_module_that_never_answers_is_given_up_in_time() -> None:
    line = Line(Script(mute=set(range(256))))

    with pytest.raises(ReaderTimeoutError, match="GET_PROGRAM was not answered"):
        line.wait(4.0)


def test_a_closed_line_ends_it() -> None:
    line = connected()

    with pytest.raises(ReaderGoneError, match="closed"):
        line.talk.receive(b"", line.now_s)


def test_missing_antennas_are_told_looked_for_and_told_again_when_they_are_back() -> None:
    script = Script(hardware=M6E, has_antenna={1: True, 2: False}, limits=(500, 3150))
    line = connected(script, antennas=(1, 2))

    gone = line.talk.take_noticed()
    assert [(noticed.kind, noticed.antenna) for noticed in gone] == [(ReaderEventKind.ANTENNA_GONE, 2)]
    assert script.last(0x91) == b"\x02\x01\x01"

    script.has_antenna[2] = True
    for _ in range(6):
        line.wait(1.0)
        line.say(KEEP_ALIVE)
    back = line.talk.take_noticed()
    assert [(noticed.kind, noticed.antenna) for noticed in back] == [(ReaderEventKind.ANTENNA_BACK, 2)]
    assert script.last(0x91) == b"\x02\x01\x01\x02\x02"
    assert script.is_streaming


def test_an_antenna_that_goes_while_it_reads_is_named_and_the_others_read_on() -> None:
    script = Script(hardware=M6E, has_antenna={1: True, 2: True}, limits=(500, 3150))
    line = connected(script, antennas=(1, 2))
    script.has_antenna[2] = False
    line.say(mercury(0x22, status=0x0503))
    line.exchange()
    line.wait(0.6)

    assert [noticed.antenna for noticed in line.talk.take_noticed()] == [None, 2]
    assert script.last(0x91) == b"\x02\x01\x01"
    assert script.is_streaming


def test_a_nano_s_antenna_detector_is_not_believed() -> None:
    line = connected(Script(has_antenna={1: False}))

    assert line.talk.take_noticed() == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (0x0503, ReaderEventKind.ANTENNA_GONE),
        (0x0504, ReaderEventKind.HOT),
        (0x0505, ReaderEventKind.REFLECTION),
        (0x0501, ReaderEventKind.EXCEPTION),
    ],
)
def test_a_fault_is_told_and_the_stream_begins_again_where_it_ended(status: int, kind: ReaderEventKind) -> None:
    line = connected()
    line.say(mercury(0x22, status=status))
    line.script.is_streaming = False  # the module gave up
    starts = line.script.opcodes().count(0x2F)
    line.wait(3.0)

    assert [noticed.kind for noticed in line.talk.take_noticed()] == [kind]
    assert line.script.opcodes().count(0x2F) > starts
    assert line.script.is_streaming
    line.say(tag_frame())
    assert len(line.reads) == 1


def test_a_fault_that_the_module_gets_over_costs_no_read_and_is_told_now_and_then() -> None:
    line = connected()
    starts = line.script.opcodes().count(0x2F)
    for _ in range(12):
        line.say(mercury(0x22, status=0x0505) + tag_frame())
        line.wait(1.0)

    assert len(line.reads) == 12
    assert line.script.opcodes().count(0x2F) == starts
    assert len(line.talk.take_noticed()) == 2


def test_an_assertion_says_where_the_firmware_gave_up() -> None:
    line = connected()
    line.say(mercury(0x22, (123).to_bytes(4, "big") + b"gen2.c", 0x7F01))

    assert "gen2.c line 123" in line.talk.take_noticed()[0].detail


@pytest.mark.parametrize("status", [0x7F00, 0x010B, 0x0105])  # firmware, no region, parameter
def test_a_start_that_is_refused_is_no_success(status: int) -> None:
    line = Line(Script(refuses={0x2F: status}))

    with pytest.raises(ReaderRefusedError, match="STREAM"):
        line.connect()
    assert not line.talk.is_reading


def test_a_module_without_streams_is_read_round_by_round() -> None:
    record = bytes((1, 0xCE, 0x11)) + (866_300).to_bytes(3, "big") + bytes((0, 0, 0, 9)) + bytes((0, 90))
    words = pc_of(EPC) + EPC
    words += gen2_crc(words)
    record += (8 * len(words)).to_bytes(2, "big") + words
    script = Script(refuses={0x2F: 0x0101})
    script.answers = {0x22: bytes.fromhex("10 0013 00000001"), 0x29: bytes.fromhex("003F 00 01") + record}
    line = Line(script)
    for _ in range(60):
        line.say(script.hear(line.talk.take_outgoing()))
    script.refuses[0x22] = 0x0400

    assert line.talk.is_reading
    assert [read.epc for read in line.reads][:2] == [EPC.hex().upper()] * 2


def test_an_errand_waits_until_the_tags_of_a_round_are_fetched() -> None:
    script = Script(refuses={0x2F: 0x0101})
    script.answers = {0x22: bytes.fromhex("10 0013 00000001"), 0x29: bytes.fromhex("003F 00 00")}
    line = Line(script)
    while script.opcodes()[-1:] != [0x22]:
        heard = script.hear(line.talk.take_outgoing())
        if script.opcodes()[-1] != 0x22:
            line.say(heard)
    line.talk.begin(OutputErrand(1, is_on=True), line.now_s, line.now_s + 5.0)
    line.say(heard)
    line.say(script.hear(line.talk.take_outgoing()))
    line.say(script.hear(line.talk.take_outgoing()))

    assert script.opcodes()[-3:] == [0x22, 0x29, 0x96]


def test_leaving_stops_the_stream() -> None:
    line = connected()
    line.talk.leave(line.now_s)
    line.exchange()

    assert line.talk.is_over
    assert not line.script.is_streaming


def test_leaving_a_module_that_is_gone_ends_all_the_same() -> None:
    line = connected()
    line.script.mute = set(range(256))
    line.talk.leave(line.now_s)
    line.wait(1.0)

    assert line.talk.is_over


def test_a_retune_keeps_the_reads_that_were_under_way() -> None:
    line = connected()
    line.talk.begin(RetuneErrand(profile_of(tx_power_dbm=10.0)), line.now_s, line.now_s + 5.0)
    line.say(tag_frame())  # behind the request to stop, before its answer
    line.exchange()

    assert line.talk.take_outcome() == Outcome()
    assert len(line.reads) == 1
    assert line.talk.found is not None
    assert line.talk.found.tx_powers_dbm == {1: 10.0}
    assert line.script.is_streaming


def test_a_retune_that_is_refused_puts_the_old_profile_back() -> None:
    line = connected()

    outcome = line.run(RetuneErrand(profile_of(session=2, tx_power_dbm=-5.0)))

    assert isinstance(error_of(outcome), ProfileError)
    assert line.talk.found is not None
    assert line.talk.found.tx_powers_dbm == {1: 20.0}
    assert line.script.last(0x92) == (2000).to_bytes(2, "big")
    assert line.script.is_streaming
