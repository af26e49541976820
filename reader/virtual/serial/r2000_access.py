"""What an A0 board does to tags: to every one that it finds, or to the one that was matched.

Each tag that obeyed has a frame of its own: how many there were, PC, EPC, CRC, what was read, then the outcome (for a
read its length), frequency and port, and how often it was done. Where nobody obeyed there is one frame with the reason
of the first who did not; where nobody was found, error 36.

Source: Rodinbell UHF RFID reader serial interface protocol; facts measured 2026-11. Unverified: that a tag that failed
beside one that obeyed has a frame with its own reason.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from reader.access import AccessFault, Bank, Lock, LockField
from reader.virtual.access import Access, accessed
from reader.virtual.air import Air, AirRead, AntennaDrive
from reader.virtual.operations import Kill, Operation, Read, SetLocks, Write
from reader.virtual.serial.memories import memory_of
from reader.virtual.serial.one_round import OneRound
from reader.virtual.serial.r2000_settings import RefusedError
from reader.virtual.serial.r2000_tags import HeardTag, heard_tag

__all__ = ["ACCESS_COMMANDS", "AccessDone", "access"]

_READ, _WRITE, _LOCK, _KILL, _WRITE_BLOCKS = 0x81, 0x82, 0x83, 0x84, 0x94
ACCESS_COMMANDS: Final = frozenset((_READ, _WRITE, _LOCK, _KILL, _WRITE_BLOCKS))
_SUCCEEDED: Final = 0x10
_FAILED: Final = {_READ: 0x32, _WRITE: 0x33, _WRITE_BLOCKS: 0x33, _LOCK: 0x34, _KILL: 0x35}
_NO_TAG: Final = 0x36
_FOUND_BUT_FAILED: Final = 0x37
_WRONG_PASSWORD: Final = 0x40
_PARAMETER_INVALID: Final = 0x41
_TOO_MANY_WORDS: Final = 0x42
_BANK_OUT_OF_RANGE: Final = 0x43
_LOCK_FIELD_OUT_OF_RANGE: Final = 0x44
_LOCK_OUT_OF_RANGE: Final = 0x45
_MOST_WORDS_READ: Final = 90  # so that the longest EPC and they fit into one frame
_MOST_WORDS_WRITTEN: Final = 32
_SEARCH_US: Final = 500_000
_BANKS: Final = frozenset(Bank)
_LOCK_FIELDS: Final = {
    1: LockField.USER,
    2: LockField.TID,
    3: LockField.EPC,
    4: LockField.ACCESS_PASSWORD,
    5: LockField.KILL_PASSWORD,
}
_LOCKS: Final = (Lock.OPEN, Lock.LOCKED, Lock.ALWAYS_OPEN, Lock.ALWAYS_LOCKED)


@dataclass(frozen=True, slots=True)
class AccessDone:
    """The data of the frames to say, and when."""

    at_us: int
    contents: tuple[bytes, ...]


def access(
    air: Air, command: int, content: bytes, drive: AntennaDrive, now_us: int, index_of: Callable[[int], int]
) -> AccessDone:
    """Do what a request of `ACCESS_COMMANDS` asks to the tags that ``drive`` finds, from ``now_us`` on.

    index_of: the index that a carrier in kHz is told by.

    Raises:
        RefusedError: The data make no sense; nothing was sent.
    """
    operation = _operation(command, content)
    search = OneRound(air, drive, now_us)
    reads = list(_found(search, now_us + _SEARCH_US))
    done: list[tuple[HeardTag, Access]] = []
    at_us = max(now_us, search.played_us)
    for read in reads:
        memory = memory_of(air, read.chip)
        if memory is None:
            continue
        # PC and EPC as they were when the tag was found, not as they were written.
        tag = heard_tag(read, memory, index_of(read.channel_khz), with_tid=False)
        outcome = accessed(air, drive, read, operation, at_us)
        at_us += outcome.took_us
        done.append((tag, outcome))
    return AccessDone(at_us, tuple(_contents(command, done)))


def _found(search: OneRound, until_us: int) -> Iterator[AirRead]:
    known = set()
    while (read := search.next_read(until_us)) is not None:
        if read.chip not in known:
            known.add(read.chip)
            yield read


def _contents(command: int, done: Sequence[tuple[HeardTag, Access]]) -> Iterator[bytes]:
    count = sum(1 for _, outcome in done if outcome.fault is None)
    if not count:
        yield bytes((_code(command, done[0][1]) if done else _NO_TAG,))
        return
    for tag, outcome in done:
        words = struct.pack(f">{len(outcome.words)}H", *outcome.words)
        if command == _READ:
            if outcome.fault is not None:
                continue  # a read has no place for a reason
            result = len(words)
        else:
            result = _code(command, outcome)
        said = tag.pc_epc_crc + words
        yield struct.pack(">HB", count, len(said)) + said + bytes((result, tag.freqant, 1))


def _code(command: int, outcome: Access) -> int:
    match outcome.fault:
        case None:
            return _SUCCEEDED
        case AccessFault.PASSWORD:
            return _WRONG_PASSWORD
        case AccessFault.NO_TAG | AccessFault.WEAK:
            return _FOUND_BUT_FAILED
        case _:
            return _FAILED[command]


def _operation(command: int, content: bytes) -> Operation:
    """Return the operation that a request asks for.

    Raises:
        RefusedError: Its data make no sense.
    """
    match command, len(content):
        case 0x81, (3 | 7):  # old boards have no password here
            bank, address, count = content[:3]
            _check(bank in _BANKS, _BANK_OUT_OF_RANGE)
            _check(1 <= count <= _MOST_WORDS_READ, _TOO_MANY_WORDS)
            return Read(Bank(bank), address, count, int.from_bytes(content[3:], "big"))
        case ((0x82 | 0x94), size) if size > 7:
            password, bank, address, count = struct.unpack_from(">IBBB", content)
            _check(bank in _BANKS, _BANK_OUT_OF_RANGE)
            _check(count <= _MOST_WORDS_WRITTEN, _TOO_MANY_WORDS)
            _check(count > 0 and size == 7 + 2 * count)
            words = struct.unpack(f">{count}H", content[7:])
            return Write(Bank(bank), address, words, password, in_blocks=command == _WRITE_BLOCKS)
        case 0x83, 6:
            password, field, lock = struct.unpack(">IBB", content)
            _check(field in _LOCK_FIELDS, _LOCK_FIELD_OUT_OF_RANGE)
            _check(lock < len(_LOCKS), _LOCK_OUT_OF_RANGE)
            return SetLocks(((_LOCK_FIELDS[field], _LOCKS[lock]),), password)
        case 0x84, 4:
            return Kill(int.from_bytes(content, "big"))
    raise RefusedError(_PARAMETER_INVALID)


def _check(makes_sense: bool, code: int = _PARAMETER_INVALID) -> None:
    if not makes_sense:
        raise RefusedError(code)
