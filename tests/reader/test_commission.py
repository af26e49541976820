"""Commissioning on real memories: a fake of the reader's port, whose field loses what the test says."""

from __future__ import annotations

from collections.abc import Sequence

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
    TagOperation,
    TagTarget,
    WriteWords,
)
from reader.commission import SeveralTagsError, TagIdentity, commission, identity_of, single_tag
from reader.errors import TagAccessError
from reader.model import ReaderEvent, ReaderHealth, TagRead
from reader.profile import Profile
from reader.virtual.memory import MemoryFaultError, TagMemory

BLANK, WANTED = "E2801160AABBCCDD11223344", "3036451FD40C0E4000000001"


class Field:
    """Implements `ControlledReader` over tags that lie there."""

    name = "station"

    def __init__(self, *tags: TagMemory) -> None:
        self.tags = list(tags)
        self.lose_before = 0  # so many operations do not reach the tag
        self.lose_after = 0  # so many are done, and their answer is lost
        self.lose_password_writes = 0  # so many of those are done, and their answer is lost
        self.turns = False  # tags of one EPC answer in turn
        self.other_writes = False  # the last tag of an EPC is the one that is written
        self.polls: list[list[TagRead]] = []  # what each poll returns, in turn

    def perform(
        self, target: TagTarget, operations: Sequence[TagOperation], timeout_s: float = 5.0
    ) -> tuple[Accessed, ...]:
        tags = [tag for tag in self.tags if target.epc in (None, tag.epc) and not tag.is_killed]
        if not tags:
            raise TagAccessError(AccessFault.NO_TAG, "nothing answers")
        tag = tags[-1] if self.other_writes and isinstance(operations[0], WriteWords) else tags[0]
        if self.turns:
            self.tags.reverse()
        return tuple(self._one(tag, operation) for operation in operations)

    def _one(self, tag: TagMemory, operation: TagOperation) -> Accessed:
        began_as = tag.epc
        if self.lose_before:
            self.lose_before -= 1
            raise TagAccessError(AccessFault.NO_TAG, "lost on the way there")
        words: tuple[int, ...] = ()
        try:
            match operation:
                case ReadWords(bank, address, count, password):
                    words = tag.read(bank, address, count, password)
                case WriteWords(bank, address, written, password):
                    tag.write(bank, address, written, password)
                case LockTag(locks, password):
                    tag.lock(dict(locks), password)
                case KillTag(password):
                    tag.kill(password)
        except MemoryFaultError as fault:
            raise TagAccessError(fault.fault, "refused") from fault
        if self.lose_after and not isinstance(operation, ReadWords):
            self.lose_after -= 1
            raise TagAccessError(AccessFault.NO_TAG, "lost on the way back")
        if self.lose_password_writes and isinstance(operation, WriteWords) and operation.bank is Bank.RESERVED:
            self.lose_password_writes -= 1
            raise TagAccessError(AccessFault.NO_TAG, "lost on the way back")
        return Accessed(operation, began_as, 1, words)

    def poll(self, timeout_s: float) -> Sequence[TagRead]:
        return self.polls.pop(0) if self.polls else []

    def start(self) -> None: ...
    def stop(self, deadline_s: float = 10.0) -> None: ...
    def set_output(self, port: int, *, is_on: bool, timeout_s: float = 5.0) -> None: ...
    def retune(self, profile: Profile, timeout_s: float = 5.0) -> None: ...
    def events(self) -> Sequence[ReaderEvent]:
        return ()

    def clock_us(self) -> int:
        return 0

    def health(self) -> ReaderHealth:
        raise AssertionError("nobody asks")


class Ticking:
    """A clock that a poll moves on by itself."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def monotonic_s(self) -> float:
        self.now_s += 0.3
        return self.now_s

    def utc_us(self) -> int:
        return 0


def test_a_tag_gets_its_epc_and_keeps_its_chip() -> None:
    tag = TagMemory("chip", BLANK)
    tid = tag.tid

    made = commission(Field(tag), TagTarget(BLANK), WANTED.lower())

    assert tag.epc == WANTED
    assert (made.before.epc, made.after.epc) == (BLANK, WANTED)
    assert made.before.tid == made.after.tid == tid
    assert not made.is_locked


@pytest.mark.parametrize("epc", ["3034", WANTED, "36" * 26])
def test_the_pc_word_counts_what_was_written(epc: str) -> None:
    tag = TagMemory("chip", BLANK)

    assert commission(Field(tag), TagTarget(BLANK), epc).after.pc >> 11 == len(epc) // 4
    assert tag.epc == epc


@pytest.mark.parametrize(("before", "after"), [(1, 0), (0, 1), (2, 0), (0, 2), (1, 1)])
def test_a_write_whose_fate_is_unknown_is_looked_at_and_repeated(before: int, after: int) -> None:
    tag = TagMemory("chip", BLANK)
    field = Field(tag)
    identity_of(field, TagTarget(BLANK))
    field.lose_before, field.lose_after = before, after

    assert commission(field, TagTarget(BLANK), WANTED).after.epc == WANTED


def test_a_tag_that_never_answers_again_is_said_to_have_failed() -> None:
    field = Field(TagMemory("chip", BLANK))
    field.lose_after = 99
    field.tags[0].lock({LockField.EPC: Lock.ALWAYS_LOCKED})

    with pytest.raises(TagAccessError) as refused:
        commission(field, TagTarget(BLANK), WANTED)

    assert refused.value.fault is AccessFault.LOCKED
    assert field.tags[0].epc == BLANK


def test_two_tags_of_one_name_are_never_made() -> None:
    first, second = TagMemory("one", WANTED), TagMemory("two", BLANK)

    with pytest.raises(TagAccessError, match=r"another chip .* nothing was written"):
        commission(Field(first, second), TagTarget(BLANK), WANTED)
    assert second.epc == BLANK


def test_twins_are_seen_before_anything_is_written() -> None:
    field = Field(TagMemory("one", BLANK), TagMemory("two", BLANK))
    field.turns = True

    with pytest.raises(TagAccessError, match="two tags answer by"):
        commission(field, TagTarget(BLANK), WANTED)
    assert [tag.epc for tag in field.tags] == [BLANK, BLANK]


def test_a_twin_that_kept_quiet_until_the_write_is_told_as_what_it_is() -> None:
    field = Field(TagMemory("one", BLANK), TagMemory("two", BLANK))
    field.other_writes = True

    with pytest.raises(TagAccessError, match=r"two tags answered by .* that was meant; look at both"):
        commission(field, TagTarget(BLANK), WANTED)


def test_what_is_named_is_known_even_if_its_lock_fails() -> None:
    tag = TagMemory("chip", BLANK)
    tag.lock({LockField.ACCESS_PASSWORD: Lock.ALWAYS_OPEN})
    named: list[TagIdentity] = []

    with pytest.raises(TagAccessError):
        commission(Field(tag), TagTarget(BLANK), WANTED, new_password=0xBEEF, lock=True, named=named.append)
    assert [each.epc for each in named] == [WANTED]


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_password_whose_answer_was_lost_is_set_all_the_same(lost: int) -> None:
    tag = TagMemory("chip", BLANK, access_password=0x1111)
    tag.lock({LockField.ACCESS_PASSWORD: Lock.LOCKED}, 0x1111)
    field = Field(tag)
    field.lose_password_writes = lost

    commission(field, TagTarget(BLANK), WANTED, password=0x1111, new_password=0x2222)

    assert tag.access_password == 0x2222


def test_a_locked_tag_is_written_only_with_its_password() -> None:
    tag = TagMemory("chip", BLANK)
    field = Field(tag)
    commission(field, TagTarget(BLANK), WANTED, new_password=0xBEEF, lock=True)

    with pytest.raises(TagAccessError) as refused:
        commission(field, TagTarget(WANTED), BLANK)
    assert refused.value.fault is AccessFault.LOCKED
    assert commission(field, TagTarget(WANTED), BLANK, password=0xBEEF).after.epc == BLANK


def test_a_lock_that_would_lock_nothing_is_refused_before_anything_is_written() -> None:
    tag = TagMemory("chip", BLANK)

    with pytest.raises(TagAccessError, match="locks nothing"):
        commission(Field(tag), TagTarget(BLANK), WANTED, lock=True)
    assert tag.epc == BLANK


@pytest.mark.parametrize(("tid", "read_as"), [("E2801100", "E2801100"), ("E200341201021304", "E200341201021304")])
def test_short_chip_numbers_are_read_as_they_are(tid: str, read_as: str) -> None:
    assert identity_of(Field(TagMemory("chip", BLANK, tid=tid)), TagTarget(BLANK)).tid == read_as


def test_one_tag_alone_is_taken_with_its_antenna() -> None:
    field = Field()
    clock = Ticking()

    def reads(*each: TagRead) -> Field:
        field.polls = [[], list(each)]
        return field

    weak, strong = TagRead(1, BLANK, 2, -60.0), TagRead(2, BLANK, 1, -40.0)
    assert single_tag(reads(weak, strong), clock) == TagTarget(BLANK, 1)
    with pytest.raises(SeveralTagsError, match=f"2 tags answer .*{WANTED} at -30 dBm, {BLANK} at -60 dBm"):
        single_tag(reads(weak, TagRead(3, WANTED, 1, -30.0)), clock)
    assert single_tag(reads(weak, TagRead(3, WANTED, 1, -30.0)), clock, antenna=2) == TagTarget(BLANK, 2)
    with pytest.raises(TagAccessError, match="no tag answered"):
        single_tag(reads(), clock)
