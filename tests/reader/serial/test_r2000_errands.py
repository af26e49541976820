"""What is done to single tags by an A0 board, and by its outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
from reader.conversation import AccessErrand, OutputErrand
from reader.errors import ReaderGoneError, ReaderRefusedError, TagAccessError
from tests.reader.serial.lines import r2000, vector
from tests.reader.serial.r2000_script import (
    CONFIRMED,
    EPC,
    TARGET,
    TWO_PORTS,
    Board,
    always,
    end,
    notice,
    read_row,
    reading,
    row,
)
from tests.reader.serial.talks import Talk


def errand(talk: Talk, target: TagTarget, *operations: TagOperation) -> Any:
    """Let the inventory that runs end, and return what came of an access."""
    talk.said.begin(AccessErrand(target, operations), talk.now_s, talk.now_s + 5)
    talk.hear(end())
    for _ in range(100):
        outcome = talk.said.take_outcome()
        if outcome is not None:
            return outcome
        talk.wait(0.05)
    raise AssertionError("an errand without an outcome")


def test_the_tag_is_matched_and_everybody_is_asked_again_afterwards() -> None:
    board = Board()
    board.says[0x81] = lambda _: (vector("r2000.read_rsp_inv"),)

    talk = reading(board)

    outcome = errand(talk, TARGET, ReadWords(Bank.TID, 0, 4))

    assert [done.words for done in outcome.results] == [(0xE280, 0x6890, 0x2000, 0x5001)]
    assert talk.take_asked() == [
        r2000(0x85, b"\x00\x0c" + EPC).hex(),
        CONFIRMED,
        r2000(0x81, b"\x02\x00\x04\x00\x00\x00\x00").hex(),
        r2000(0x85, b"\x01").hex(),
        CONFIRMED,
        r2000(0x8B, b"\x01\x00\x01").hex(),
    ]


@pytest.mark.parametrize(
    ("operation", "requests"),
    [
        (
            WriteWords(Bank.EPC, 2, (0xCCDD,), in_blocks=True),
            [vector("r2000.blockwrite")],
        ),
        (WriteWords(Bank.USER, 1, (0x1234,), 5), [r2000(0x82, b"\x00\x00\x00\x05\x03\x01\x01\x12\x34")]),
        (
            LockTag(((LockField.USER, Lock.LOCKED), (LockField.KILL_PASSWORD, Lock.ALWAYS_LOCKED)), 5),
            [r2000(0x83, b"\x00\x00\x00\x05\x01\x01"), r2000(0x83, b"\x00\x00\x00\x05\x05\x03")],
        ),
        (KillTag(0xDEADBEEF), [r2000(0x84, b"\xde\xad\xbe\xef")]),
    ],
)
@pytest.mark.parametrize("has_row", [True, False])
def test_operations_are_what_the_manual_says(operation: TagOperation, requests: list[bytes], has_row: bool) -> None:
    board = Board()
    for command in (0x82, 0x83, 0x84, 0x94):
        board.says[command] = always(row(command, b"\x10") if has_row else board.said(command, b"\x10"))
    talk = reading(board)

    assert errand(talk, TARGET, operation).error is None

    asked = talk.take_asked()
    assert [frame for frame in asked if frame[6:8] in ("82", "83", "84", "94")] == [one.hex() for one in requests]


def test_where_any_tag_will_do_the_first_that_is_heard_is_matched() -> None:
    board = Board()
    board.says[0x89] = lambda _: (notice(command=0x89), notice(b"\x01" * 12, command=0x89), end(0x89, 2))
    board.says[0x81] = lambda _: (read_row(b"\x00\x07"),)
    talk = reading(board)

    outcome = errand(talk, TagTarget(), ReadWords(Bank.USER, 0, 1))

    assert [(done.epc, done.words) for done in outcome.results] == [(EPC.hex().upper(), (7,))]
    assert len(talk.said.take_reads()) == 2
    assert r2000(0x85, b"\x00\x0c" + EPC).hex() in talk.take_asked()


def test_with_nobody_there_nothing_is_matched_and_nothing_written() -> None:
    board = Board()
    board.says[0x89] = lambda _: (end(0x89),)
    talk = reading(board)

    outcome = errand(talk, TagTarget(), WriteWords(Bank.USER, 0, (1,)))

    assert outcome.error.fault is AccessFault.NO_TAG
    asked = talk.take_asked()
    assert [frame for frame in asked if frame[6:8] in ("82", "85")] == [r2000(0x85, b"\x01").hex()]  # for the reading


def test_it_is_looked_for_on_every_port_and_found_there_again() -> None:
    board, port = Board(), bytearray(b"\x00")

    def choose(content: bytes) -> Sequence[bytes]:
        port[:] = content
        return (board.said(0x74, b"\x10"),)

    board.says[0x74] = choose
    board.says[0x81] = lambda _: (read_row(b"\x00\x07") if port == b"\x01" else board.said(0x81, b"\x36"),)
    talk = reading(board, TWO_PORTS)

    outcome = errand(talk, TARGET, ReadWords(Bank.USER, 0, 1), ReadWords(Bank.USER, 1, 1))

    assert [done.antenna for done in outcome.results] == [2, 2]


def test_behind_a_new_epc_the_same_tag_is_matched_by_it() -> None:
    board = Board()
    board.says[0x82] = lambda _: (row(0x82, b"\x10"),)
    board.says[0x81] = lambda _: (read_row(b"\x00\x07", bytes(8)),)
    talk = reading(board)

    outcome = errand(talk, TARGET, epc_written("00" * 8), ReadWords(Bank.USER, 0, 1))

    assert [done.epc for done in outcome.results] == [EPC.hex().upper(), "00" * 8]
    assert r2000(0x85, b"\x00\x08" + bytes(8)).hex() in talk.take_asked()


@pytest.mark.parametrize(
    "operation", [WriteWords(Bank.USER, 0, (1,)), LockTag(((LockField.USER, Lock.LOCKED),)), KillTag(5)]
)
@pytest.mark.parametrize("both_tell", [True, False])
def test_nothing_is_changed_while_two_tags_answer_by_the_epc(both_tell: bool, operation: TagOperation) -> None:
    board = Board()

    def match(content: bytes) -> Sequence[bytes]:
        board.answering = [EPC, EPC] if content[0] == 0 else []
        return (board.said(0x85, b"\x10"),)

    board.says[0x85] = match
    talk = reading(board)
    if not both_tell:
        board.says[0x81] = always(read_row(b"\x30\x00", count=2))
        board.says[0x85] = always(board.said(0x85, b"\x10"))

    error = errand(talk, TARGET, operation).error

    assert isinstance(error, TagAccessError)
    assert (error.fault, "two tags" in str(error)) == (AccessFault.TAG, True)
    assert not {0x82, 0x83, 0x84} & set(talk.take_commands())


def test_nothing_is_changed_where_another_tag_answers() -> None:
    board = Board()
    board.says[0x85] = always(board.said(0x85, b"\x10"))
    board.says[0x81] = always(read_row(b"\x30\x00", bytes(12)))
    talk = reading(board)

    assert errand(talk, TARGET, KillTag(5)).error.fault is AccessFault.NO_TAG
    assert 0x84 not in talk.take_commands()


def test_words_of_two_tags_are_nobodys() -> None:
    board = Board()
    board.says[0x81] = always(read_row(b"\x00\x01", count=2), read_row(b"\x00\x02", count=2))

    assert errand(reading(board), TARGET, ReadWords(Bank.USER, 0, 1)).error.fault is AccessFault.TAG


def test_words_that_are_missing_in_an_answer_are_no_success() -> None:
    board = Board()
    board.says[0x81] = always(read_row(b"\x00\x01"))

    assert errand(reading(board), TARGET, ReadWords(Bank.USER, 0, 2)).error.fault is AccessFault.READER


def test_several_rows_are_waited_for_and_the_tags_own_is_taken() -> None:
    board = Board()
    board.says[0x81] = lambda _: (read_row(b"\x00\x01", bytes(12), 2), read_row(b"\x00\x02", count=2))

    assert errand(reading(board), TARGET, ReadWords(Bank.USER, 0, 1)).results[0].words == (2,)


def test_long_reads_are_cut_into_32_words() -> None:
    board = Board()
    board.says[0x81] = lambda content: (read_row(b"".join(bytes((0, content[1])) for _ in range(content[2]))),)

    outcome = errand(reading(board), TARGET, ReadWords(Bank.USER, 1, 40))

    assert outcome.results[0].words == (1,) * 32 + (33,) * 8


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (0x36, AccessFault.NO_TAG),
        (0x50, AccessFault.NO_TAG),
        (0x33, AccessFault.TAG),
        (0x37, AccessFault.TAG),
        (0x40, AccessFault.PASSWORD),
        (0x43, AccessFault.UNSUPPORTED),
        (0x53, AccessFault.READER),
        (0x99, AccessFault.READER),
    ],
)
def test_error_codes(code: int, fault: AccessFault) -> None:
    board = Board()
    board.says[0x82] = lambda _: (board.said(0x82, bytes((code,))),)
    talk = reading(board)

    error = errand(talk, TARGET, WriteWords(Bank.USER, 0, (1,))).error

    assert isinstance(error, TagAccessError)
    assert error.fault is fault
    assert talk.take_commands()[-1] == 0x8B


def test_no_tag_is_killed_by_the_password_0() -> None:
    board = Board()
    board.says[0x84] = lambda _: (board.said(0x84, b"\x35"),)

    assert errand(reading(board), TARGET, KillTag(0)).error.fault is AccessFault.ZERO_KILL_PASSWORD


@pytest.mark.parametrize(
    ("target", "operation", "fault"),
    [
        (TagTarget(antenna=3), ReadWords(Bank.TID, 0, 1), AccessFault.NO_TAG),
        (TARGET, ReadWords(Bank.USER, 0xFF, 2), AccessFault.UNSUPPORTED),
        (TagTarget(""), WriteWords(Bank.USER, 0, (1,)), AccessFault.UNSUPPORTED),
    ],
)
def test_what_cannot_be_is_not_even_sent(target: TagTarget, operation: TagOperation, fault: AccessFault) -> None:
    talk = reading(Board())

    assert errand(talk, target, operation).error.fault is fault
    assert not {0x81, 0x82} & set(talk.take_commands())


def test_a_board_that_was_reset_is_not_let_transmit() -> None:
    board = Board()
    talk = reading(board)
    board.power = b"\x21"

    with pytest.raises(ReaderGoneError, match="was reset"):
        errand(talk, TARGET, WriteWords(Bank.USER, 0, (1,)))

    assert not {0x81, 0x82, 0x8B} & set(talk.take_commands())


def test_outputs_are_the_boards_third_and_fourth_pin() -> None:
    talk = reading(Board())
    talk.said.begin(OutputErrand(2, is_on=True), talk.now_s, talk.now_s + 5)
    talk.hear(end())

    assert r2000(0x61, b"\x04\x01").hex() in talk.take_asked()
    talk.said.take_outcome()
    talk.said.begin(OutputErrand(3, is_on=True), talk.now_s, talk.now_s + 5)
    talk.hear(end())
    outcome = talk.said.take_outcome()
    assert outcome is not None
    assert isinstance(outcome.error, ReaderRefusedError)
