"""What is done to single tags by an M100 module, and by its pins."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

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
from reader.conversation import OutputErrand
from reader.errors import (
    ReaderGoneError,
    ReaderRefusedError,
    ReaderTimeoutError,
    TagAccessError,
)
from tests.reader.serial.lines import m100, vector
from tests.reader.serial.m100_script import ABOUT_TAG, CONFIRMED, DONE, EMPTY_ROUND, EPC, Module, notice, reading

TARGET = TagTarget(EPC.hex().upper())
LOOK = m100(0x39, b"\x00\x00\x00\x00\x01\x00\x01\x00\x01", 0).hex()  # at the PC word


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
        *CONFIRMED,
        LOOK,
        m100(0x0C, b"\x81\x00\x00\x00\x10\x70\x00\x30\x00" + EPC, 0).hex(),
        m100(0x12, b"\x00", 0).hex(),
        m100(0x0E, b"\x1c\x00", 0).hex(),
        *CONFIRMED,
        vector("m100.read_user").hex(),
        m100(0x12, b"\x01", 0).hex(),
        m100(0x0E, b"\x10\x28", 0).hex(),
        *CONFIRMED,
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
    assert commands.index(0x39) < commands.index(0x0C)  # a look, and from then on it alone


def test_behind_a_new_epc_the_same_tag_is_called_by_it() -> None:
    module = Module()

    def write(_: bytes) -> Sequence[bytes]:
        module.tag = b"\x20\x00" + bytes(8)
        return (module.said(0x49, ABOUT_TAG + DONE),)

    module.says[0x49] = write
    module.says[0x39] = lambda _: (module.said(0x39, b"\x0a\x20\x00" + bytes(8) + b"\x00\x07"),)
    talk = reading(module)

    outcome = talk.access(TARGET, epc_written("00" * 8), ReadWords(Bank.USER, 0, 1))

    assert [done.epc for done in outcome.results] == [EPC.hex().upper(), "00" * 8]
    assert m100(0x0C, b"\x81\x00\x00\x00\x10\x50\x00\x20\x00" + bytes(8), 0).hex() in talk.take_asked()


def test_a_tag_without_an_epc_is_called_by_its_length() -> None:
    module = Module()
    module.tag = b"\x04\x00"
    module.says[0x39] = lambda _: (module.said(0x39, b"\x02\x04\x00" + b"\x00\x01"),)
    talk = reading(module)

    outcome = talk.access(TagTarget(""), ReadWords(Bank.USER, 0, 1))

    assert [(done.epc, done.words) for done in outcome.results] == [("", (1,))]
    asked = talk.take_asked()
    assert asked.index(m100(0x0C, b"\x81\x00\x00\x00\x10\x05\x00\x00", 0).hex()) < asked.index(LOOK)
    assert m100(0x0C, b"\x81\x00\x00\x00\x10\x10\x00\x04\x00", 0).hex() in asked


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


@pytest.mark.parametrize("operation", [ReadWords(Bank.USER, 0, 1), WriteWords(Bank.USER, 0, (1,)), KillTag(5)])
@pytest.mark.parametrize("answers", [b"\x40\x00" + EPC + b"\x12\x34\x56\x78", b"\x10\x00\xab\xcd\xef\x01"])
def test_nothing_is_done_to_a_tag_that_is_not_the_one_that_was_meant(answers: bytes, operation: TagOperation) -> None:
    module = Module()
    module.tag = answers
    talk = reading(module)

    error = talk.access(TARGET, operation).error

    assert isinstance(error, TagAccessError)
    assert error.fault is AccessFault.NO_TAG
    assert "instead of" in str(error)
    acts = [frame for frame in talk.take_asked() if frame[4:6] in ("39", "49", "65")]
    assert acts == [LOOK] * 3


def test_where_any_tag_will_do_all_requests_are_to_the_one_that_answered_first() -> None:
    module = Module()
    module.says[0x39] = lambda content: (module.said(0x39, ABOUT_TAG + bytes(2 * content[8])),)
    talk = reading(module)

    (done,) = talk.access(TagTarget(), ReadWords(Bank.USER, 0, 40)).results

    assert done.epc == EPC.hex().upper()
    acts = [frame[4:6] for frame in talk.take_asked() if frame[4:6] in ("0c", "39")]
    assert acts == ["39", "0c", "39", "39"]


def test_words_that_are_missing_in_an_answer_are_no_success() -> None:
    module = Module()
    module.says[0x39] = lambda _: (module.said(0x39, ABOUT_TAG + b"\x00\x01"),)

    error = reading(module).access(TARGET, ReadWords(Bank.USER, 0, 2)).error

    assert isinstance(error, TagAccessError)
    assert error.fault is AccessFault.READER


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
    ],
)
def test_what_cannot_be_is_not_even_sent(target: TagTarget, operation: TagOperation, fault: AccessFault) -> None:
    talk = reading(Module())

    error = talk.access(target, operation).error

    assert isinstance(error, TagAccessError)
    assert error.fault is fault
    assert not {0x39, 0x49} & set(talk.take_commands())


def test_a_module_that_was_reset_is_not_let_transmit() -> None:
    module = Module()
    talk = reading(module)
    module.power = (2600).to_bytes(2, "big")

    with pytest.raises(ReaderGoneError, match="was reset"):
        talk.access(TARGET, WriteWords(Bank.USER, 0, (1,)))

    assert not {0x27, 0x39, 0x49} & set(talk.take_commands())


def test_a_pin_is_made_an_output_and_set() -> None:
    module = Module()
    module.says[0x1A] = lambda content: (module.said(0x1A, content[:2] + b"\x01"),)
    talk = reading(module)

    assert talk.do(OutputErrand(4, is_on=True)).error is None

    asked = talk.take_asked()
    assert asked[1:3] == [m100(0x1A, b"\x00\x04\x01", 0).hex(), m100(0x1A, b"\x01\x04\x01", 0).hex()]
    assert isinstance(talk.do(OutputErrand(5, is_on=True)).error, ReaderRefusedError)
