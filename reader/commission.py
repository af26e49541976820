"""Commissioning: which tag lies there, what it is, and how it gets another EPC without anybody having to hope.

1. Nothing is written while it is not certain which tag is meant: either its EPC is given, or one tag alone answers.
2. The chip's own number (TID) is read before the EPC is written and again afterwards, under the new EPC: so the tag
   that was written is the tag that was meant, and EPC and chip can be kept together from then on.
3. A write that may have failed half-way is looked at before it is repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from reader.access import (
    Accessed,
    AccessFault,
    Bank,
    Lock,
    LockField,
    LockTag,
    ReadWords,
    TagOperation,
    TagTarget,
    WriteWords,
    epc_written,
)
from reader.errors import ReaderError, TagAccessError
from reader.port import Clock, ControlledReader, ReaderControls

__all__ = ["Commissioned", "SeveralTagsError", "TagIdentity", "commission", "identity_of", "single_tag"]

_TID_WORDS: Final = (6, 4, 2)  # with XTID and serial number; without the serial; class, designer and model alone
_TRIES: Final = 3  # a tag at the edge of the field loses a write now and then
_POLL_S: Final = 0.1


class SeveralTagsError(ReaderError, ValueError):
    """More than one tag answers, so nobody knows which is meant; `tags` has each with its strength in dBm."""

    def __init__(self, tags: Sequence[tuple[str, float]]) -> None:
        shown = ", ".join(f"{epc} at {rssi_dbm:.0f} dBm" for epc, rssi_dbm in tags[:5])
        more = f" and {len(tags) - 5} more" if len(tags) > 5 else ""
        super().__init__(f"{len(tags)} tags answer ({shown}{more}): take all but one away, or say which by its EPC")
        self.tags = tuple(tags)


@dataclass(frozen=True, slots=True)
class TagIdentity:
    """What a tag is: its EPC and the chip's own number as upper-case hex, its PC word, and where it was found."""

    epc: str
    pc: int
    tid: str
    antenna: int


@dataclass(frozen=True, slots=True)
class Commissioned:
    """A tag that was given another EPC; ``before`` is what it was, ``after`` was read back."""

    before: TagIdentity
    after: TagIdentity
    is_locked: bool


def single_tag(reader: ControlledReader, clock: Clock, look_s: float = 1.0, antenna: int | None = None) -> TagTarget:
    """Return the one tag that answers within ``look_s``, and where it lies.

    Raises:
        TagAccessError: None answers.
        SeveralTagsError: More than one does.
    """
    strongest: dict[str, tuple[float, int]] = {}
    reader.poll(0.0)  # what came before we looked may be gone
    until_s = clock.monotonic_s() + look_s
    while (left_s := until_s - clock.monotonic_s()) > 0:
        for read in reader.poll(min(_POLL_S, left_s)):
            if antenna in (None, read.antenna):
                strongest[read.epc] = max(strongest.get(read.epc, (-999.0, 0)), (read.rssi_dbm, read.antenna))
    if not strongest:
        raise TagAccessError(AccessFault.NO_TAG, f"no tag answered within {look_s:g} s")
    if len(strongest) > 1:
        by_strength = sorted(strongest.items(), key=lambda each: -each[1][0])
        raise SeveralTagsError([(epc, rssi_dbm) for epc, (rssi_dbm, _) in by_strength])
    ((epc, (_, port)),) = strongest.items()
    return TagTarget(epc, port)


def identity_of(reader: ReaderControls, target: TagTarget, timeout_s: float = 5.0) -> TagIdentity:
    """Return what the tag is. Raises what `ReaderControls.perform` raises."""
    for count in _TID_WORDS:
        operations = (ReadWords(Bank.EPC, 1, 1), ReadWords(Bank.TID, 0, count))
        try:
            pc, tid = _persistently(reader, target, operations, timeout_s)
        except TagAccessError as error:
            if error.fault is AccessFault.OVERRUN and count != _TID_WORDS[-1]:
                continue
            raise
        return TagIdentity(pc.epc, pc.words[0], "".join(f"{word:04X}" for word in tid.words), pc.antenna)
    raise AssertionError("the shortest TID returns or raises")


def commission(
    reader: ReaderControls,
    target: TagTarget,
    epc: str,
    *,
    password: int = 0,
    new_password: int | None = None,
    lock: bool = False,
    timeout_s: float = 5.0,
    told: Callable[[str], None] | None = None,
) -> Commissioned:
    """Give a tag the EPC ``epc`` (hex, whole words), read it back, and lock it where wanted.

    Args:
        reader: Reads already.
        target: The tag; its EPC is given.
        epc: What it shall have.
        password: Its access password now, 0 for none.
        new_password: Its access password from now on, None to leave it.
        lock: Whether EPC and access password shall be written only with the password from now on.
        timeout_s: For each act.
        told: Hears of each step, for whoever waits.

    Raises:
        TagAccessError: The tag refused, fell silent, or holds something else than what was written; says which.
        ReaderError: As `ReaderControls.perform`.
    """
    if lock and not (password if new_password is None else new_password):
        raise TagAccessError(AccessFault.PASSWORD, "a lock without an access password locks nothing: give one")
    tell = told or _tell_nobody
    tell("reading the chip's number")
    before = identity_of(reader, target, timeout_s)
    tell("writing the EPC")
    after = _rewritten(reader, before, epc, password, timeout_s)
    there = TagTarget(after.epc, after.antenna)
    if new_password is not None:
        tell("setting the access password")
        halves = (new_password >> 16, new_password & 0xFFFF)
        _persistently(reader, there, (WriteWords(Bank.RESERVED, 2, halves, password),), timeout_s)
        password = new_password
    if lock:
        tell("locking")
        locks = ((LockField.EPC, Lock.LOCKED), (LockField.ACCESS_PASSWORD, Lock.LOCKED))
        _persistently(reader, there, (LockTag(locks, password),), timeout_s)
    return Commissioned(before, after, lock)


def _tell_nobody(step: str) -> None:
    """Nobody waits."""


def _rewritten(reader: ReaderControls, before: TagIdentity, epc: str, password: int, timeout_s: float) -> TagIdentity:
    wanted = epc.upper()
    writing = epc_written(wanted, before.pc, password)
    target = TagTarget(before.epc, before.antenna)
    last: TagAccessError | None = None
    for _ in range(_TRIES):
        try:
            if target.epc != wanted:
                reader.perform(target, (writing,), timeout_s)
        except TagAccessError as error:
            if not error.retry_helps:
                raise
            last = error
        found = _same_chip(reader, TagTarget(wanted, before.antenna), before.tid, timeout_s)
        if found is not None:
            return found
    reason = f": {last}" if last else ""
    raise TagAccessError(
        last.fault if last else AccessFault.TAG, f"the tag {before.epc} did not take the EPC {wanted}{reason}"
    )


def _same_chip(reader: ReaderControls, target: TagTarget, tid: str, timeout_s: float) -> TagIdentity | None:
    """Return the tag of that EPC if it is the chip ``tid``; None where it is not there.

    Raises:
        TagAccessError: Another chip has that EPC: there are two tags of one name.
    """
    try:
        found = identity_of(reader, target, timeout_s)
    except TagAccessError as error:
        if error.fault is AccessFault.NO_TAG:
            return None
        raise
    if found.tid != tid:
        raise TagAccessError(
            AccessFault.TAG, f"another chip ({found.tid}) already has the EPC {found.epc}; {tid} was left as it is"
        )
    return found


def _persistently(
    reader: ReaderControls, target: TagTarget, operations: Sequence[TagOperation], timeout_s: float
) -> tuple[Accessed, ...]:
    """Perform, and once more where the tag was lost for a moment and the same again does no harm."""
    for left in reversed(range(_TRIES)):
        try:
            return reader.perform(target, operations, timeout_s)
        except TagAccessError as error:
            if not (error.retry_helps and left):
                raise
    raise AssertionError("the last try returns or raises")
