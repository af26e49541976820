"""Commissioning on real memories: a fake of the reader's port, whose field loses what the test says."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from reader.access import (
    Accessed,
    AccessFault,
    KillTag,
    Lock,
    LockField,
    LockTag,
    ReadWords,
    TagOperation,
    TagTarget,
    WriteWords,
)
from reader.commission import SeveralTagsError, commission, identity_of, single_tag
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
        self.polls: list[list[TagRead]] = []  # what each poll returns, in turn

    def perform(
        self, target: TagTarget, operations: Sequence[TagOperation], timeout_s: float = 5.0
    ) -> tuple[Accessed, ...]:
        tag = next((tag for tag in self.tags if target.epc in (None, tag.epc) and not tag.is_killed), None)
        if tag is None:
            raise TagAccessError(AccessFault.NO_TAG, "nothing answers")
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

    with pytest.raises(TagAccessError, match="another chip"):
        commission(Field(first, second), TagTarget(BLANK), WANTED)


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
        field.polls = [[TagRead(0, "30FF", 1, -20.0)], list(each)]  # the first came before anybody looked
        return field

    weak, strong = TagRead(1, BLANK, 2, -60.0), TagRead(2, BLANK, 1, -40.0)
    assert single_tag(reads(weak, strong), clock) == TagTarget(BLANK, 1)
    with pytest.raises(SeveralTagsError, match=f"2 tags answer .*{WANTED} at -30 dBm, {BLANK} at -60 dBm"):
        single_tag(reads(weak, TagRead(3, WANTED, 1, -30.0)), clock)
    assert single_tag(reads(weak, TagRead(3, WANTED, 1, -30.0)), clock, antenna=2) == TagTarget(BLANK, 2)
    with pytest.raises(TagAccessError, match="no tag answered"):
        single_tag(reads(), clock)
