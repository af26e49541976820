"""What is done to single tags by a Mercury module, and by its pins."""

from __future__ import annotations

from itertools import pairwise

import pytest

from reader.access import (
    Accessed,
    AccessFault,
    Bank,
    KillTag,
    Lock,
    LockField,
    LockTag,
    ReadWords,
    TagTarget,
    WriteWords,
    epc_written,
)
from reader.conversation import AccessErrand, Outcome, OutputErrand
from reader.errors import (
    ReaderGoneError,
    ReaderTimeoutError,
    TagAccessError,
)
from tests.reader.serial.lines import gen2_crc, pc_of
from tests.reader.serial.mercury_script import (
    EPC,
    M6E,
    Script,
    connected,
    error_of,
    tag_frame,
)

TAG = TagTarget(EPC.hex().upper())
TO_TAG = bytes.fromhex("00000010 70 3000") + EPC  # 14 bytes of the EPC bank, from the PC word on


def test_words_are_read() -> None:
    script = Script()
    # As firmware may answer: option, flags, protocol, bits, words.
    script.answers[0x28] = bytes.fromhex("11 00C0 05 0020 E2801105")
    line = connected(script)

    operation = ReadWords(Bank.TID, 0, 2, password=0x11223344)
    outcome = line.run(AccessErrand(TAG, (operation,)))

    assert outcome == Outcome((Accessed(operation, TAG.epc or "", 1, (0xE280, 0x1105)),))
    assert script.last(0x28) == bytes.fromhex("012C 14 00C0 02 00000000 02 11223344") + TO_TAG
    assert script.looked == [bytes.fromhex("012C 11 00C0 01 00000001 07 00000000 60") + EPC]
    assert script.is_streaming, "it reads again"
    line.say(tag_frame())
    assert len(line.reads) == 1
    assert script.last(0x91) == b"\x02\x01\x01"


def test_operations_behind_a_new_epc_go_to_the_same_tag() -> None:
    line = connected()
    new = "E2" * 8
    operations = (epc_written(new), WriteWords(Bank.USER, 1, (0xABCD,)), WriteWords(Bank.EPC, 3, (0x1234,)))

    outcome = line.run(AccessErrand(TAG, (*operations, KillTag(7))))

    assert [done.epc for done in outcome.results] == [TAG.epc, new, new, "E2E21234E2E2E2E2"]
    assert line.script.last(0x23) == bytes.fromhex("012C 04 00000000") + TO_TAG + bytes.fromhex(new)
    writes = [content for opcode, content in line.script.asked if opcode == 0x24]
    assert writes[0] == bytes.fromhex("012C 04 00000001 03 00000000 00000010 50 2000" + new + "ABCD")
    assert line.script.last(0x26) == bytes.fromhex("012C 04 00000007 00 00000010 50 2000 E2E21234E2E2E2E2")


def test_a_pc_with_other_bits_is_written_as_it_is() -> None:
    line = connected()

    line.run(AccessErrand(TAG, (epc_written("E2" * 4, pc=0x0100),)))

    assert line.script.last(0x24)[-6:] == bytes.fromhex("1100 E2E2E2E2")


def test_locks_have_two_bits_each() -> None:
    line = connected(Script(hardware="38000001"))
    locks = ((LockField.KILL_PASSWORD, Lock.ALWAYS_LOCKED), (LockField.EPC, Lock.LOCKED), (LockField.USER, Lock.OPEN))

    line.run(AccessErrand(TAG, (LockTag(locks, 0x11223344),)))

    assert line.script.last(0x25) == bytes.fromhex("012C 88 04 11223344 0333 0320") + TO_TAG


def test_any_tag_is_looked_for_on_each_port() -> None:
    words = pc_of(EPC) + EPC
    words += gen2_crc(words)
    script = Script(hardware=M6E, has_antenna={1: True, 2: True})
    script.answers = {
        0x22: bytes.fromhex("10 0013 00000001"),
        0x29: bytes.fromhex("0004 00 01 11") + (8 * len(words)).to_bytes(2, "big") + words,
        0x28: bytes.fromhex("0001"),
    }
    line = connected(script, antennas=(1, 2))

    outcome = line.run(AccessErrand(TagTarget(), (ReadWords(Bank.USER, 0, 1),)))

    assert [(done.epc, done.antenna, done.words) for done in outcome.results] == [(TAG.epc, 1, (1,))]


@pytest.mark.parametrize(
    "answers",
    [
        bytes.fromhex("4000") + EPC,  # two words longer, and begins alike
        bytes.fromhex("2000") + EPC,  # shorter; its memory still holds what it was called before
        bytes.fromhex("3000") + bytes(12),
    ],
)
def test_nothing_is_done_to_a_tag_that_only_begins_like_the_one_that_is_meant(answers: bytes) -> None:
    script = Script(tag=answers)
    line = connected(script)

    failed = error_of(line.run(AccessErrand(TAG, (WriteWords(Bank.USER, 0, (1,)),))))

    assert isinstance(failed, TagAccessError)
    assert failed.fault is AccessFault.NO_TAG
    assert (len(script.looked), script.opcodes().count(0x24)) == (3, 0)


def test_a_tag_is_selected_with_all_the_bits_of_its_pc() -> None:
    script = Script(tag=bytes.fromhex("3400") + EPC)
    connected(script).run(AccessErrand(TAG, (KillTag(7),)))

    assert script.last(0x26) == bytes.fromhex("012C 04 00000007 00 00000010 70 3400") + EPC


def test_a_tag_without_an_epc_is_selected_by_its_length() -> None:
    script = Script()
    connected(script).run(AccessErrand(TagTarget(""), (KillTag(7),)))

    assert script.looked == [bytes.fromhex("012C 14 00C0 01 00000001 01 00000000 00000010 05 00")]
    assert script.last(0x26) == bytes.fromhex("012C 04 00000007 00 00000010 10 0000")


def test_the_longest_epc_is_selected_by_31_bytes_and_compared_whole() -> None:
    epc = bytes(range(62))
    script = Script(tag=bytes.fromhex("F800") + epc)
    connected(script).run(AccessErrand(TagTarget(epc.hex().upper()), (KillTag(7),)))

    assert script.last(0x26) == bytes.fromhex("012C 04 00000007 00 00000010 F8 F800") + epc[:29]


def test_a_tag_is_looked_for_before_all_ports_but_only_there() -> None:
    script = Script(hardware=M6E, has_antenna={1: True, 2: True}, refuses={0x24: 0x0400})
    line = connected(script, antennas=(1, 2))

    outcome = line.run(AccessErrand(TAG, (WriteWords(Bank.USER, 0, (1,)),)))

    failed = error_of(outcome)
    assert isinstance(failed, TagAccessError)
    assert failed.fault is AccessFault.NO_TAG
    puts = [content for opcode, content in script.asked if opcode == 0x91 and len(content) == 2]
    assert puts == [b"\x01\x01", b"\x02\x02"]


@pytest.mark.parametrize("port", [2, 3, 9])
def test_an_antenna_that_is_not_in_use_is_not_transmitted_on(port: int) -> None:
    script = Script(hardware=M6E, has_antenna={1: True, 2: True, 3: False})
    line = connected(script, antennas=(1, 3))
    asked = len(script.asked)

    failed = error_of(line.run(AccessErrand(TagTarget(TAG.epc, port), (ReadWords(Bank.TID, 0, 1),))))

    assert isinstance(failed, TagAccessError)
    assert failed.fault is AccessFault.NO_TAG
    assert [content for opcode, content in script.asked[asked:] if opcode == 0x91] == [b"\x02\x01\x01"]


@pytest.mark.parametrize(
    ("status", "password", "fault"),
    [
        (0x0424, 0, AccessFault.LOCKED),
        (0x0423, 0, AccessFault.OVERRUN),
        (0x042B, 0, AccessFault.WEAK),
        (0x042F, 0, AccessFault.TAG),
        (0x0404, 0, AccessFault.TAG),
        (0x0406, 5, AccessFault.TAG),  # the tag lets itself be read with that password
        (0x0101, 0, AccessFault.UNSUPPORTED),
        (0x7F00, 0, AccessFault.READER),
        (0x1234, 0, AccessFault.READER),
    ],
)
def test_each_refusal_has_its_fault(status: int, password: int, fault: AccessFault) -> None:
    script = Script(refuses={0x24: status})
    line = connected(script)
    first = ReadWords(Bank.USER, 0, 1)
    script.answers[0x28] = bytes(2)

    outcome = line.run(AccessErrand(TAG, (first, WriteWords(Bank.USER, 0, (1,), password))))

    failed = error_of(outcome)
    assert isinstance(failed, TagAccessError)
    assert failed.fault is fault
    assert [done.operation for done in failed.done] == [first]
    assert script.is_streaming


@pytest.mark.parametrize(
    ("operation", "check", "fault"),
    [
        (WriteWords(Bank.USER, 0, (1,), 5), 0x0404, AccessFault.PASSWORD),
        (LockTag(((LockField.EPC, Lock.LOCKED),), 5), 0x0400, AccessFault.NO_TAG),
        (KillTag(5), 0x0424, AccessFault.PASSWORD),  # locked: nobody else can tell
        (KillTag(5), bytes(4), AccessFault.ZERO_KILL_PASSWORD),
        (KillTag(5), bytes.fromhex("00000006"), AccessFault.PASSWORD),
        (KillTag(5), bytes.fromhex("00000005"), AccessFault.TAG),
    ],
)
def test_a_tag_that_falls_silent_is_asked_why(
    operation: KillTag | LockTag | WriteWords, check: int | bytes, fault: AccessFault
) -> None:
    script = Script(refuses={0x24: 0x0406, 0x25: 0x040A, 0x26: 0x040E})
    line = connected(script)
    if isinstance(check, int):
        script.refuses[0x28] = check
    else:
        script.answers[0x28] = check

    failed = error_of(line.run(AccessErrand(TAG, (operation,))))

    assert isinstance(failed, TagAccessError)
    assert failed.fault is fault


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        (KillTag(0), AccessFault.ZERO_KILL_PASSWORD),
        (WriteWords(Bank.USER, 0, (1,), in_blocks=True), AccessFault.UNSUPPORTED),
        (ReadWords(Bank.USER, 0, 200), AccessFault.UNSUPPORTED),
    ],
)
def test_what_cannot_succeed_is_not_tried(operation: KillTag | WriteWords | ReadWords, fault: AccessFault) -> None:
    failed = error_of(connected().run(AccessErrand(TAG, (operation,))))

    assert isinstance(failed, TagAccessError)
    assert failed.fault is fault


def test_an_operation_is_not_done_twice_for_a_lost_answer() -> None:
    line = connected(Script(mute={0x24}))
    line.talk.begin(AccessErrand(TAG, (WriteWords(Bank.USER, 0, (1,)),)), line.now_s, line.now_s + 5.0)
    line.exchange()
    line.wait(2.0)

    outcome = line.talk.take_outcome()
    assert outcome is not None
    assert isinstance(outcome.error, ReaderTimeoutError)
    assert line.script.opcodes().count(0x24) == 1
    assert line.script.is_streaming


def test_an_output_is_switched() -> None:
    line = connected()

    assert line.run(OutputErrand(2, is_on=True)) == Outcome()
    assert line.script.last(0x96) == b"\x02\x01"


TRANSMITTING = {0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x28}


def test_nothing_transmits_unless_the_powers_were_read_back_just_before() -> None:
    line = connected(Script(refuses={0x24: 0x0406}))
    operations = (ReadWords(Bank.TID, 0, 1), WriteWords(Bank.USER, 0, (1,), 5))
    line.run(AccessErrand(TagTarget(), operations[:1]))
    line.run(AccessErrand(TAG, operations))

    asked = line.script.asked
    behind = [
        before
        for before, (opcode, content) in pairwise(asked)
        if opcode in TRANSMITTING or (opcode == 0x2F and content[2] == 1)
    ]
    assert len(behind) > 4
    assert set(behind) == {(0x61, b"\x04")}


def test_a_module_that_was_reset_does_not_transmit() -> None:
    line = connected()
    line.script.port_powers = bytes.fromhex("01 0000 0000")
    started = line.script.opcodes().count(0x2F)

    with pytest.raises(ReaderGoneError, match="was reset"):
        line.run(AccessErrand(TAG, (WriteWords(Bank.USER, 0, (1,)),)))

    assert line.script.opcodes().count(0x2F) == started + 1, "it was stopped, and not started again"
    assert 0x24 not in line.script.opcodes()
