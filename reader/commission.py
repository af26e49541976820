"""Commissioning: which tag lies there, what it is, and how it gets another EPC without anybody having to hope.

1. Nothing is written while it is not known which tag is meant: either its EPC is given, or one tag alone answers.
2. Blank tags of one roll may share an EPC, and then answer as one. So the chip's own number (TID) is read several times
   before anything is written; if it changes, there are twins, and nothing is written. Twins of which one never answered
   meanwhile are found out afterwards, and told as what they are.
3. Nothing is written where a tag already answers by the new EPC.
4. The TID is read again under the new EPC: the tag that was written is the tag that was meant, and EPC and chip can be
   kept together from then on.
5. A write that may have failed half-way is looked at before it is repeated.
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
_TWIN_LOOKS: Final = 3
_VACANT_S: Final = 1.5  # so long nothing may answer by the new EPC; a module with two antennas needs most of it
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
    """Return the one tag that answered since the last poll, or does within ``look_s``, and where it lies.

    What was read before counts, too: in some sessions a tag is read once and then keeps quiet.

    Raises:
        TagAccessError: None answers.
        SeveralTagsError: More than one does.
    """
    strongest: dict[str, tuple[float, int]] = {}
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
    named: Callable[[TagIdentity], None] | None = None,
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
        named: Hears of the tag as soon as it has its new EPC, whatever becomes of password and lock.

    Raises:
        TagAccessError: The tag refused, fell silent, or holds something else than what was written; says which.
        ReaderError: As `ReaderControls.perform`.
    """
    if lock and not (password if new_password is None else new_password):
        raise TagAccessError(AccessFault.PASSWORD, "a lock without an access password locks nothing: give one")
    tell = told or _tell_nobody
    tell("reading the chip's number")
    before = _alone(reader, target, timeout_s)
    if before.epc != epc.upper():
        _check_vacant(reader, epc.upper())
    tell("writing the EPC")
    after = _rewritten(reader, before, epc, password, timeout_s)
    if named is not None:
        named(after)
    there = TagTarget(after.epc, after.antenna)
    if new_password is not None:
        tell("setting the access password")
        _set_password(reader, there, password, new_password, timeout_s)
        password = new_password
    if lock:
        tell("locking")
        locks = ((LockField.EPC, Lock.LOCKED), (LockField.ACCESS_PASSWORD, Lock.LOCKED))
        _persistently(reader, there, (LockTag(locks, password),), timeout_s)
    return Commissioned(before, after, lock)


def _tell_nobody(step: str) -> None:
    """Nobody waits."""


def _alone(reader: ReaderControls, target: TagTarget, timeout_s: float) -> TagIdentity:
    """Return what the tag is. Raises TagAccessError where two chips answer by its EPC."""
    first = identity_of(reader, target, timeout_s)
    for _ in range(_TWIN_LOOKS - 1):
        again = identity_of(reader, TagTarget(first.epc, target.antenna), timeout_s)
        if again.tid != first.tid:
            raise TagAccessError(
                AccessFault.TAG, f"two tags answer by {first.epc}, the chips {first.tid} and {again.tid}: take one away"
            )
    return first


def _check_vacant(reader: ReaderControls, epc: str) -> None:
    """Raise TagAccessError where a tag answers by ``epc`` already."""
    try:
        reader.perform(TagTarget(epc), (ReadWords(Bank.EPC, 1, 1),), _VACANT_S)
    except TagAccessError as error:
        if error.fault is AccessFault.NO_TAG:
            return
        raise
    raise TagAccessError(AccessFault.TAG, f"another chip already has the EPC {epc}; nothing was written")


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
        found = _named_now(reader, TagTarget(wanted, before.antenna), before, timeout_s)
        if found is not None:
            return found
    reason = f": {last}" if last else ""
    raise TagAccessError(
        last.fault if last else AccessFault.TAG, f"the tag {before.epc} did not take the EPC {wanted}{reason}"
    )


def _named_now(reader: ReaderControls, target: TagTarget, before: TagIdentity, timeout_s: float) -> TagIdentity | None:
    """Return the tag under its new EPC; None where nothing answers by that.

    Raises:
        TagAccessError: It is another chip: there were twins, and the other one was written.
    """
    try:
        found = identity_of(reader, target, timeout_s)
    except TagAccessError as error:
        if error.fault is AccessFault.NO_TAG:
            return None
        raise
    if found.tid != before.tid:
        raise TagAccessError(
            AccessFault.TAG,
            f"two tags answered by {before.epc}: the chip {found.tid} has the EPC {found.epc} now, and not the chip "
            f"{before.tid} that was meant; look at both, one at a time",
        )
    return found


def _set_password(reader: ReaderControls, target: TagTarget, old: int, new: int, timeout_s: float) -> None:
    """Write the access password. Where an answer is lost, the tag has either the old one or the new one."""
    halves = (new >> 16, new & 0xFFFF)
    is_unsure = False
    for left in reversed(range(_TRIES)):
        try:
            reader.perform(target, (WriteWords(Bank.RESERVED, 2, halves, old),), timeout_s)
        except TagAccessError as error:
            if error.fault is AccessFault.PASSWORD and is_unsure:
                _persistently(reader, target, (WriteWords(Bank.RESERVED, 2, halves, new),), timeout_s)
                return
            if not (error.retry_helps and left):
                raise
            is_unsure = True
        else:
            return


def _persistently(
    reader: ReaderControls, target: TagTarget, operations: Sequence[TagOperation], timeout_s: float
) -> tuple[Accessed, ...]:
    """Perform, and again where the tag was lost for a moment and the same does no harm, ``timeout_s`` in all."""
    for left in reversed(range(_TRIES)):
        try:
            return reader.perform(target, operations, timeout_s / _TRIES)
        except TagAccessError as error:
            if not (error.retry_helps and left):
                raise
    raise AssertionError("the last try returns or raises")
