"""What is said to an M100 module, byte by byte, and what is made of its answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.access import (
    AccessFault,
    Bank,
    KillTag,
    Lock,
    LockField,
    LockTag,
    ReadWords,
    TagOperation,
    TagTarget,
    WriteWords,
    epc_written,
)
from reader.conversation import OutputErrand, RetuneErrand
from reader.errors import (
    ProfileError,
    ReaderError,
    ReaderGoneError,
    ReaderRefusedError,
    ReaderTimeoutError,
    TagAccessError,
)
from reader.model import ReaderEventKind, TagRead
from reader.profile import Profile, TagFilter, load_profile
from reader.serial.m100 import M100Decoder, M100Frame
from reader.serial.m100_conversation import M100
from reader.serial.red_rcp import QUESTION as RED_RCP_FRAME
from tests.reader.serial.lines import gen2_crc, m100, pc_of, vector
from tests.reader.serial.talks import Talk

PROFILE = replace(load_profile("m100-pad-eu"), session=0)
EPC = bytes.fromhex("30751feb705c5904e3d50d70")
ABOUT_TAG = b"\x0e\x30\x00" + EPC
EMPTY_ROUND = vector("m100.single_none")
DONE = b"\x00"


def notice(epc: bytes = EPC, rssi: int = 0xC9, marks: bytes = b"\xbb\x7e") -> bytes:
    words = pc_of(epc) + epc
    return m100(0x22, bytes((rssi,)) + words + gen2_crc(words), kind=2, marks=marks)


class Module:
    """Keeps power and query; ``says`` replaces the answer to a command by contents, None for silence."""

    def __init__(self, marks: bytes = b"\xbb\x7e") -> None:
        self.marks = marks
        self.power = self.query = b"\x00\x00"
        self.says: dict[int, Callable[[bytes], Sequence[bytes]]] = {}

    def answer(self, request: Any) -> Sequence[bytes]:
        frame: M100Frame = request
        command, content = frame.command or 0, frame.content
        if frame.build != self.marks[0]:
            return ()
        if command in self.says:
            return self.says[command](content)
        match command:
            case 0x03:
                return (self.said(command, content + {0: b"M100 26dBm V1.0 ", 1: b"V2.3.5"}[content[0]]),)
            case 0xB6:
                self.power = content
            case 0xB7:
                return (self.said(command, self.power),)
            case 0x0E:
                self.query = content
            case 0x0D:
                return (self.said(command, self.query),)
            case 0x27:
                return ()
            case 0x39 | 0x49 | 0x65 | 0x82:
                return (self.failed(0x09),)
        return (self.said(command, DONE),)

    def said(self, command: int, content: bytes) -> bytes:
        return m100(command, content, marks=self.marks)

    def failed(self, code: int, about: bytes = b"") -> bytes:
        return m100(0xFF, bytes((code,)) + about, marks=self.marks)

    def talk(self, profile: Profile = PROFILE) -> Talk:
        return Talk(M100, profile, lambda sent: M100Decoder().feed(sent), self.answer)


def reading(module: Module, profile: Profile = PROFILE) -> Talk:
    talk = module.talk(profile)
    talk.hear(m100(0xFF, b"\x15", marks=module.marks))
    assert talk.said.is_reading
    talk.take_asked()
    return talk


# --- the beginning ----------------------------------------------------------------------------------------------------


def test_it_is_stopped_asked_tuned_and_started_in_this_order() -> None:
    talk = Module().talk()

    asked = talk.take_asked()

    assert asked[:2] == [vector("m100.stop").hex(), "aa0028000028dd"]  # both builds, while it is not known
    assert asked[2] == vector("m100.info_req").hex()
    assert asked[4:] == [
        m100(0x03, b"\x01", 0).hex(),
        m100(0x07, b"\x03", 0).hex(),
        m100(0xA9, b"\x04\x03\x06\x09\x0c", 0).hex(),  # 865.7, 866.3, 866.9 and 867.5 MHz
        m100(0xAD, b"\xff", 0).hex(),
        vector("m100.setpow20").hex(),
        vector("m100.getpow").hex(),
        m100(0x12, b"\x01", 0).hex(),
        m100(0x0E, b"\x10\x28", 0).hex(),  # S0, A, Q 5: the pad's population is 32
        vector("m100.getquery").hex(),
        vector("m100.multi_65535").hex(),
    ]


def test_what_was_found_is_told_once_it_reads() -> None:
    talk = Module().talk()
    is_reading = [talk.said.is_reading]  # nothing was heard since it was started

    talk.hear(EMPTY_ROUND)

    found = talk.said.found
    assert [*is_reading, talk.said.is_reading] == [False, True]
    assert found is not None
    assert (found.model, found.firmware, found.tx_powers_dbm) == ("M100 26dBm V1.0", "V2.3.5", {1: 20.0})


def test_the_other_build_is_spoken_to_by_its_own_marks() -> None:
    talk = Module(b"\xaa\xdd").talk()
    talk.hear(notice(marks=b"\xaa\xdd"))

    assert talk.take_asked()[-1] == m100(0x27, b"\x22\xff\xff", 0, b"\xaa\xdd").hex()
    assert [read.epc for read in talk.said.take_reads()] == [EPC.hex().upper()]


def test_what_it_read_for_somebody_else_is_not_ours() -> None:
    module = Module()
    module.says[0x28] = lambda _: (notice(), module.said(0x28, DONE))

    assert module.talk().said.take_reads() == []


def test_left_before_it_is_tuned_it_is_stopped_all_the_same() -> None:
    module = Module()
    module.says[0x28] = lambda _: ()
    talk = module.talk()
    module.says.clear()

    talk.said.leave(talk.now_s)
    talk.hear(notice())
    talk.go_on()

    assert talk.said.is_over
    assert talk.said.take_reads() == []


def test_a_module_that_was_asleep_loses_the_first_byte_and_is_asked_again() -> None:
    module, lost = Module(), []

    def stop(_: bytes) -> Sequence[bytes]:
        lost.append(1)
        return () if len(lost) == 1 else (module.said(0x28, DONE),)

    module.says[0x28] = stop
    talk = module.talk()
    talk.wait(1.1)

    talk.hear(EMPTY_ROUND)
    assert talk.said.is_reading


@pytest.mark.parametrize("held", [b"\x0a\x28", b"\x07\xd1"])
def test_a_power_that_is_not_held_is_no_start(held: bytes) -> None:
    module = Module()
    module.says[0xB7] = lambda _: (module.said(0xB7, held),)

    with pytest.raises(ProfileError, match="power 2000"):
        module.talk()


def test_a_query_that_is_not_held_is_no_start() -> None:
    module = Module()
    module.says[0x0D] = lambda _: (module.said(0x0D, b"\x11\x28"),)

    with pytest.raises(ProfileError, match="session 1 instead of 0"):
        module.talk()


def test_a_refused_power_names_the_table_that_should_know() -> None:
    module = Module()
    module.says[0xB6] = lambda _: (module.failed(0x17),)

    with pytest.raises(ProfileError, match="power_table"):
        module.talk()


def test_another_refusal_says_what_was_asked() -> None:
    module = Module()
    module.says[0x07] = lambda _: (module.failed(0x17),)

    with pytest.raises(ReaderRefusedError, match="set region: command is wrong"):
        module.talk()


def test_silence_from_the_start_ends_in_a_timeout() -> None:
    module = Module(b"\xcc\x7e")  # nobody speaks this
    talk = module.talk()

    with pytest.raises(ReaderTimeoutError, match="get module"):
        talk.wait(10.0)


def test_the_answer_to_a_select_mode_may_have_the_number_of_the_select() -> None:
    module = Module()
    module.says[0x12] = lambda _: (vector("m100.select_ok"),)

    reading(module)


# --- reading ----------------------------------------------------------------------------------------------------------


def test_a_notice_is_a_read() -> None:
    talk = reading(Module())

    talk.hear(notice())

    assert talk.said.take_reads() == [TagRead(100_000_000, EPC.hex().upper(), 1, -55.0)]


def test_a_storm_of_empty_rounds_is_life_and_nothing_to_tell() -> None:
    talk = reading(Module())

    for _ in range(100):
        talk.wait(0.25)
        talk.hear(EMPTY_ROUND)

    assert talk.said.take_noticed() == []
    assert talk.take_asked() == []


def test_a_notice_whose_tag_crc_is_wrong_is_malformed_and_costs_itself() -> None:
    talk = reading(Module())
    words = pc_of(EPC) + EPC

    talk.hear(m100(0x22, b"\xc9" + words + b"\x00\x00", kind=2), notice())

    assert len(talk.said.take_reads()) == 1
    assert [noticed.kind for noticed in talk.said.take_noticed()] == [ReaderEventKind.MALFORMED]


@given(st.binary(max_size=200), st.integers(1, 40))
def test_no_bytes_whatever_cost_more_than_themselves(noise: bytes, step: int) -> None:
    talk = reading(Module())
    for at in range(0, len(noise), step):
        talk.hear(noise[at : at + step])
    talk.said.take_reads()

    talk.hear(notice())
    talk.wait(0.6)  # a header among the noise may have claimed what follows; a quiet line gives it back

    assert [read.epc for read in talk.said.take_reads()] == [EPC.hex().upper()]


def test_an_error_that_is_no_empty_round_is_told() -> None:
    talk = reading(Module())

    talk.hear(m100(0xFF, b"\x20"))

    (noticed,) = talk.said.take_noticed()
    assert (noticed.kind, "taken" in noticed.detail) == (ReaderEventKind.EXCEPTION, True)


def test_when_the_rounds_ran_out_it_is_looked_after_and_started_again() -> None:
    talk = reading(Module())

    talk.wait(0.6)

    commands = talk.take_commands()
    assert commands[0] == 0x28
    assert (commands[-1], 0xB6 in commands, 0xB7 in commands) == (0x27, True, True)  # a reset forgets the power
    talk.hear(notice())
    assert len(talk.said.take_reads()) == 1


def test_a_module_that_is_gone_is_noticed_within_three_signs_of_life() -> None:
    talk = reading(Module())
    talk.is_mute = True

    with pytest.raises(ReaderGoneError):
        talk.wait(2.75 * PROFILE.keepalive_ms / 1000)


def test_both_targets_are_taken_in_turn_when_nobody_is_left_to_ask() -> None:
    talk = reading(Module(), replace(PROFILE, session=1))  # that one empty round is the first

    talk.hear(notice(), EMPTY_ROUND)
    assert talk.take_asked() == []  # one alone may be a collision

    talk.hear(EMPTY_ROUND)
    assert talk.take_asked() == [
        vector("m100.stop").hex(),
        m100(0x0E, b"\x11\xa8", 0).hex(),
        vector("m100.multi_65535").hex(),
    ]
    talk.hear(EMPTY_ROUND, EMPTY_ROUND)
    assert talk.take_asked()[1] == m100(0x0E, b"\x11\x28", 0).hex()


def test_it_leaves_a_silent_module() -> None:
    talk = reading(Module())

    talk.said.leave(talk.now_s)
    talk.go_on()

    assert talk.said.is_over
    assert talk.take_asked() == [vector("m100.stop").hex()]


# --- profiles ---------------------------------------------------------------------------------------------------------


def test_a_filter_is_a_select_on_sl() -> None:
    module = Module()
    talk = module.talk(replace(PROFILE, filters=(TagFilter(Bank.EPC, 32, "3034", 12),)))

    asked = talk.take_asked()

    assert m100(0x0C, b"\x81\x00\x00\x00\x20\x0c\x00\x30\x34", 0).hex() in asked
    assert m100(0x12, b"\x00", 0).hex() in asked
    assert module.query == b"\x1c\x28"  # SL only


def test_an_excluding_filter_asks_those_without_sl() -> None:
    module = Module()
    module.talk(replace(PROFILE, filters=(TagFilter(Bank.EPC, 32, "30", 8, is_excluding=True),)))

    assert module.query == b"\x18\x28"


def test_one_fixed_carrier_is_stayed_on() -> None:
    asked = Module().talk(replace(PROFILE, fixed_channels_mhz=(866.9,))).take_asked()

    assert asked.index(m100(0xAD, b"\x00", 0).hex()) + 1 == asked.index(m100(0xAB, b"\x09", 0).hex())


def test_america_hops_over_all_it_has() -> None:
    commands = Module().talk(load_profile("m100-pad-us")).take_commands()

    assert (0xAD in commands, 0xA9 in commands, 0xAB in commands) == (True, False, False)


def retuned(talk: Talk, profile: Profile) -> ReaderError | None:
    return talk.do(RetuneErrand(profile)).error


def test_a_retune_goes_on_with_the_new_power() -> None:
    module = Module()
    talk = reading(module)

    assert retuned(talk, replace(PROFILE, tx_power_dbm=14.2)) is None

    assert module.power == (1400).to_bytes(2, "big")
    assert talk.said.found is not None
    assert talk.said.found.tx_powers_dbm == {1: 14.0}
    assert talk.take_commands()[-1] == 0x27


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"antennas": (1, 2)}, "one antenna port"),
        ({"reads_tid": True}, "TID"),
        ({"tx_power_dbm": 10.0}, "smallest power is 12.50 dBm"),
        ({"fixed_channels_mhz": (865.2,)}, "none of the module's channels"),
        ({"mode": 3}, "no mode"),
        ({"filters": (TagFilter(Bank.TID, 0, "E2", 8),) * 2}, "one filter"),
        ({"filters": (TagFilter(Bank.RESERVED, 0, "E2", 8),)}, "reserved"),
        ({"region": replace(PROFILE.region, name="cn")}, "not in cn"),
    ],
)
def test_what_it_cannot_obey_leaves_the_profile_before_in_force(change: dict[str, Any], words: str) -> None:
    module = Module()
    talk = reading(module)

    error = retuned(talk, replace(PROFILE, **change))

    assert isinstance(error, ProfileError)
    assert words in str(error)
    assert module.power == (2000).to_bytes(2, "big")
    assert talk.take_commands()[-1] == 0x27


# --- one tag ----------------------------------------------------------------------------------------------------------

TARGET = TagTarget(EPC.hex().upper())


def test_the_tag_is_called_by_sl_and_everybody_is_asked_again_afterwards() -> None:
    module = Module()
    module.says[0x39] = lambda _: (module.said(0x39, ABOUT_TAG + b"\x12\x34\x56\x78"),)
    talk = reading(module)

    outcome = talk.access(TARGET, ReadWords(Bank.USER, 0, 2, 0xFFFF))

    assert [done.words for done in outcome.results] == [(0x1234, 0x5678)]
    assert talk.take_asked() == [
        vector("m100.stop").hex(),
        m100(0x0C, b"\x81\x00\x00\x00\x20\x60\x00" + EPC, 0).hex(),
        m100(0x12, b"\x00", 0).hex(),
        m100(0x0E, b"\x1c\x00", 0).hex(),
        vector("m100.read_user").hex(),
        m100(0x12, b"\x01", 0).hex(),
        m100(0x0E, b"\x10\x28", 0).hex(),
        vector("m100.multi_65535").hex(),
    ]


def test_notices_under_way_when_it_is_stopped_are_not_lost() -> None:
    module = Module()
    talk = reading(module)
    module.says[0x28] = lambda _: (notice(), EMPTY_ROUND, module.said(0x28, DONE))

    talk.access(TARGET, ReadWords(Bank.USER, 0, 2))

    assert len(talk.said.take_reads()) == 1


def test_whichever_tag_answers_first_tells_its_epc_and_keeps_the_rest() -> None:
    module = Module()
    module.says[0x39] = lambda _: (module.said(0x39, ABOUT_TAG + b"\x12\x34"),)
    talk = reading(module)

    outcome = talk.access(TagTarget(), ReadWords(Bank.TID, 0, 1), ReadWords(Bank.TID, 1, 1))

    assert [done.epc for done in outcome.results] == [EPC.hex().upper()] * 2
    commands = talk.take_commands()
    assert commands.index(0x39) < commands.index(0x0C)  # aimed at for the second one


def test_behind_a_new_epc_the_same_tag_is_called_by_it() -> None:
    module = Module()
    module.says[0x49] = lambda _: (module.said(0x49, ABOUT_TAG + DONE),)
    module.says[0x39] = lambda _: (module.said(0x39, b"\x0a\x20\x00" + bytes(8) + b"\x00\x07"),)
    talk = reading(module)

    outcome = talk.access(TARGET, epc_written("00" * 8), ReadWords(Bank.USER, 0, 1))

    assert [done.epc for done in outcome.results] == [EPC.hex().upper(), "00" * 8]
    assert m100(0x0C, b"\x81\x00\x00\x00\x20\x40\x00" + bytes(8), 0).hex() in talk.take_asked()


def test_a_tag_without_an_epc_is_called_by_its_length() -> None:
    module = Module()
    module.says[0x39] = lambda _: (module.said(0x39, b"\x02\x00\x00" + b"\x00\x01"),)
    talk = reading(module)

    outcome = talk.access(TagTarget(""), ReadWords(Bank.USER, 0, 1))

    assert [(done.epc, done.words) for done in outcome.results] == [("", (1,))]
    assert m100(0x0C, b"\x81\x00\x00\x00\x10\x05\x00\x00", 0).hex() in talk.take_asked()


@pytest.mark.parametrize(
    ("operation", "requests"),
    [
        (WriteWords(Bank.USER, 0, (0x1234, 0x5678), 0xFFFF), ["m100.write_user"]),
        (WriteWords(Bank.USER, 0, (0x0102, 0x0304, 0x0506, 0x0708)), ["m100.write_user4"]),
        (LockTag(((LockField.ACCESS_PASSWORD, Lock.LOCKED),), 0xFFFF), ["m100.lock"]),
    ],
)
def test_operations_are_what_the_manual_prints(operation: TagOperation, requests: list[str]) -> None:
    module = Module()
    module.says[0x49] = lambda _: (module.said(0x49, ABOUT_TAG + DONE),)
    module.says[0x82] = lambda _: (module.said(0x82, ABOUT_TAG + DONE),)
    talk = reading(module)

    assert talk.access(TARGET, operation).error is None

    asked = talk.take_asked()
    assert [frame for frame in asked if frame[4:6] in ("49", "82")] == [vector(name).hex() for name in requests]


def test_locks_of_several_fields_are_one_request() -> None:
    module = Module()
    module.says[0x82] = lambda _: (module.said(0x82, ABOUT_TAG + DONE),)
    talk = reading(module)
    locks = (
        (LockField.KILL_PASSWORD, Lock.ALWAYS_LOCKED),
        (LockField.EPC, Lock.OPEN),
        (LockField.USER, Lock.ALWAYS_OPEN),
    )

    talk.access(TARGET, LockTag(locks, 1))

    # mask 11 00 10 00 11, action 11 00 00 00 01: Gen2's order kill, access, EPC, TID, USER
    bits = 0b1100100011 << 10 | 0b1100000001
    assert m100(0x82, b"\x00\x00\x00\x01" + bits.to_bytes(3, "big"), 0).hex() in talk.take_asked()


def test_long_reads_and_writes_are_cut_into_32_words() -> None:
    module = Module()
    module.says[0x39] = lambda content: (
        module.said(0x39, ABOUT_TAG + b"".join(content[5:7] for _ in range(content[8]))),
    )
    talk = reading(module)

    outcome = talk.access(TARGET, ReadWords(Bank.USER, 2, 40))

    assert outcome.results[0].words == (2,) * 32 + (34,) * 8


@pytest.mark.parametrize(
    ("code", "has_tag", "fault"),
    [
        (0x09, False, AccessFault.NO_TAG),
        (0x09, True, AccessFault.TAG),
        (0x15, False, AccessFault.NO_TAG),
        (0x16, True, AccessFault.PASSWORD),
        (0x17, False, AccessFault.UNSUPPORTED),
        (0x20, False, AccessFault.READER),
        (0xA0, True, AccessFault.TAG),
        (0xA1, True, AccessFault.UNSUPPORTED),
        (0xA3, True, AccessFault.OVERRUN),
        (0xB4, True, AccessFault.LOCKED),
        (0xBB, True, AccessFault.WEAK),
        (0xCF, True, AccessFault.TAG),
        (0xD0, True, AccessFault.ZERO_KILL_PASSWORD),
        (0x77, False, AccessFault.READER),
    ],
)
def test_error_codes(code: int, has_tag: bool, fault: AccessFault) -> None:
    module = Module()
    module.says[0x65] = lambda _: (module.failed(code, ABOUT_TAG if has_tag else b""),)
    talk = reading(module)

    error = talk.access(TARGET, KillTag(5)).error

    assert isinstance(error, TagAccessError)
    assert error.fault is fault
    talk.hear(notice())
    assert talk.said.is_reading


def test_a_tag_that_comes_back_is_tried_again() -> None:
    module, tries = Module(), []

    def read(_: bytes) -> Sequence[bytes]:
        tries.append(1)
        return (module.failed(0x09) if len(tries) < 3 else module.said(0x39, ABOUT_TAG + b"\x00\x01"),)

    module.says[0x39] = read
    assert reading(module).access(TARGET, ReadWords(Bank.USER, 0, 1)).error is None


def test_another_tag_that_answers_is_not_taken_for_the_one_that_was_meant() -> None:
    module = Module()
    module.says[0x39] = lambda _: (module.said(0x39, b"\x06\x10\x00\xab\xcd\xef\x01" + b"\x00\x01"),)

    error = reading(module).access(TARGET, ReadWords(Bank.USER, 0, 1)).error

    assert isinstance(error, TagAccessError)
    assert "instead of" in str(error)


def test_no_answer_to_an_operation_is_a_timeout_and_reading_goes_on() -> None:
    module = Module()
    module.says[0x49] = lambda _: ()
    talk = reading(module)

    error = talk.access(TARGET, WriteWords(Bank.USER, 0, (1,))).error

    assert isinstance(error, ReaderTimeoutError)
    assert talk.take_commands()[-1] == 0x27


@pytest.mark.parametrize(
    ("target", "operation", "fault"),
    [
        (TagTarget(antenna=2), ReadWords(Bank.TID, 0, 1), AccessFault.NO_TAG),
        (TARGET, WriteWords(Bank.USER, 0, (1,), in_blocks=True), AccessFault.UNSUPPORTED),
        (TARGET, ReadWords(Bank.USER, 0xFFFF, 2), AccessFault.OVERRUN),
    ],
)
def test_what_cannot_be_is_not_even_sent(target: TagTarget, operation: TagOperation, fault: AccessFault) -> None:
    talk = reading(Module())

    error = talk.access(target, operation).error

    assert isinstance(error, TagAccessError)
    assert error.fault is fault
    assert not {0x39, 0x49} & set(talk.take_commands())


def test_a_pin_is_made_an_output_and_set() -> None:
    module = Module()
    module.says[0x1A] = lambda content: (module.said(0x1A, content[:2] + b"\x01"),)
    talk = reading(module)

    assert talk.do(OutputErrand(4, is_on=True)).error is None

    asked = talk.take_asked()
    assert asked[1:3] == [m100(0x1A, b"\x00\x04\x01", 0).hex(), m100(0x1A, b"\x01\x04\x01", 0).hex()]
    assert isinstance(talk.do(OutputErrand(5, is_on=True)).error, ReaderRefusedError)


# --- who is there -----------------------------------------------------------------------------------------------------


def test_the_question_is_one_for_either_build() -> None:
    frames = M100Decoder().feed(M100.question(PROFILE))

    assert [(frame.build, frame.command) for frame in frames if frame.error is None] == [(0xBB, 3), (0xAA, 3)]


@pytest.mark.parametrize("name", ["m100.tag_r200", "m100.single_none", "m100.aa_single_tag"])
def test_its_frames_are_recognised(name: str) -> None:
    (frame,) = M100Decoder().feed(vector(name))

    assert M100.recognises(frame)


def test_a_look_alike_is_called_by_its_name() -> None:
    assert M100.stranger(b"\x00\xbb" + RED_RCP_FRAME) == "RED-RCP"
    assert M100.stranger(vector("m100.tag_doc") * 3) is None
    assert M100.stranger(RED_RCP_FRAME[:-1]) is None
    assert M100.stranger(RED_RCP_FRAME[:-1] + b"\x00") is None
