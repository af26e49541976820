"""What an M100 module does to one tag: find whichever answers first, act, and say what came of it.

The answer carries UL (bytes of PC and EPC), PC and EPC as they were when the tag was found. So do errors, but for
those of a module that found nobody. The chips of our scenes know neither BlockPermalock nor the customs of NXP and
Impinj: to those they are silent, as most chips are.

Sources: MagicRF M100/QM100 firmware manual; R200 user protocol 2.3.3.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from reader.access import AccessFault, Bank, Lock, LockField
from reader.virtual.access import Access, accessed, singulated
from reader.virtual.air import Air, AirRead, AntennaDrive
from reader.virtual.memory import TagMemory
from reader.virtual.operations import Kill, Operation, Read, SetLocks, Write
from reader.virtual.serial.m100_settings import DONE, WRONG_COMMAND, RefusedError
from reader.virtual.serial.memories import memory_of

__all__ = ["ACCESS_COMMANDS", "AccessDone", "M100Access"]

_READ, _WRITE, _KILL, _LOCK = 0x39, 0x49, 0x65, 0x82
# What the module says when the tag gave no answer; and, of refusals with a reason of the tag's, the high nibble.
_SILENT: Final = {_READ: 0x09, _WRITE: 0x10, _KILL: 0x12, _LOCK: 0x13}
_REFUSED: Final = {_READ: 0xA0, _WRITE: 0xB0, _KILL: 0xD0, _LOCK: 0xC0}
_REASON: Final = {
    AccessFault.ZERO_KILL_PASSWORD: 0x0,
    AccessFault.OVERRUN: 0x3,
    AccessFault.LOCKED: 0x4,
    AccessFault.WEAK: 0xB,
}
_NON_SPECIFIC: Final = 0xF
_WRONG_PASSWORD: Final = 0x16
# Commands that our chips do not know: least length of their parameters, and the module's word for silence.
_UNKNOWN_TO_CHIPS: Final = {
    0xD3: (9, 0x14),
    0xE0: (6, 0x1A),
    0xE1: (5, 0x2A),
    0xE3: (5, 0x1B),
    0xE4: (0, 0x1D),
    0xE5: (4, 0x2E),
    0xE6: (4, 0x2E),
}
ACCESS_COMMANDS: Final = frozenset(_SILENT) | frozenset(_UNKNOWN_TO_CHIPS)
_MOST_WORDS_READ: Final = 255  # Gen2's WordCount has eight bits
_MOST_WORDS_WRITTEN: Final = 32
_SEARCH_US: Final = 100_000
_BANKS: Final = frozenset(Bank)
# From the top of the ten bits, two each: Gen2 2.1, Table 6.54.
_LOCK_FIELDS: Final = (LockField.KILL_PASSWORD, LockField.ACCESS_PASSWORD, LockField.EPC, LockField.TID, LockField.USER)
_LOCKS: Final = (Lock.OPEN, Lock.ALWAYS_OPEN, Lock.LOCKED, Lock.ALWAYS_LOCKED)  # by password bit and permanent bit


@dataclass(frozen=True, slots=True)
class AccessDone:
    """What to say, and when. ``error``: the error code, with ``content`` about the tag; None: an answer."""

    at_us: int
    command: int
    content: bytes
    error: int | None = None


class M100Access:
    """Acts on the tags of one air."""

    def __init__(self, air: Air) -> None:
        self._air = air

    def do(self, command: int, content: bytes, drive: AntennaDrive, now_us: int) -> AccessDone:
        """Do what a request of `ACCESS_COMMANDS` asks, from ``now_us`` on.

        Raises:
            RefusedError: The parameters make no sense; nothing was sent.
        """
        if command in _UNKNOWN_TO_CHIPS:
            return self._ignored(command, content, drive, now_us)
        wanted = _wanted(command, content)
        read, memory = self._found(drive, now_us)
        if read is None or memory is None:
            return AccessDone(now_us + _SEARCH_US, command, b"", _SILENT[command])
        about_tag = _about(memory)
        operation = _lock(wanted, memory) if isinstance(wanted, _LockBits) else wanted
        access = accessed(self._air, drive, read, operation, read.t_us)
        ended_us = read.t_us + access.took_us
        if access.fault is not None:
            return AccessDone(ended_us, command, about_tag, _error_of(command, access.fault))
        return AccessDone(ended_us, command, about_tag + _result(command, access))

    def _ignored(self, command: int, content: bytes, drive: AntennaDrive, now_us: int) -> AccessDone:
        least, silent = _UNKNOWN_TO_CHIPS[command]
        if len(content) < least:
            raise RefusedError(WRONG_COMMAND)
        read, memory = self._found(drive, now_us)
        if read is None or memory is None:
            return AccessDone(now_us + _SEARCH_US, command, b"", silent)
        return AccessDone(read.t_us, command, _about(memory), silent)

    def _found(self, drive: AntennaDrive, now_us: int) -> tuple[AirRead | None, TagMemory | None]:
        read = singulated(self._air, drive, now_us, _SEARCH_US, drive.selects)
        return read, None if read is None else memory_of(self._air, read.chip)


@dataclass(frozen=True, slots=True)
class _LockBits:
    """A lock as it is on the wire: which of the ten bits to change, and to what."""

    password: int
    mask: int
    action: int


def _wanted(command: int, content: bytes) -> Operation | _LockBits:
    """Return the operation that a request asks for.

    Raises:
        RefusedError: Its parameters make no sense.
    """
    match command, len(content):
        case 0x39, 9:
            password, bank, address, count = struct.unpack(">IBHH", content)
            if bank in _BANKS and 1 <= count <= _MOST_WORDS_READ:
                return Read(Bank(bank), address, count, password)
        case 0x49, size if size > 9:
            password, bank, address, count = struct.unpack_from(">IBHH", content)
            words = content[9:]
            if bank in _BANKS and 1 <= count <= _MOST_WORDS_WRITTEN and len(words) == 2 * count:
                return Write(Bank(bank), address, struct.unpack(f">{count}H", words), password)
        case 0x82, 7:
            bits = int.from_bytes(content[4:], "big")
            return _LockBits(int.from_bytes(content[:4], "big"), bits >> 10 & 0x3FF, bits & 0x3FF)
        case 0x65, 4:
            return Kill(int.from_bytes(content, "big"))
    raise RefusedError(WRONG_COMMAND)


def _lock(wanted: _LockBits, memory: TagMemory) -> SetLocks:
    """Return the locks that the bits make of the present ones: a bit whose mask is 0 stays."""
    locks = []
    for position, name in enumerate(_LOCK_FIELDS):
        shift = 2 * (len(_LOCK_FIELDS) - 1 - position)
        mask, action = wanted.mask >> shift & 3, wanted.action >> shift & 3
        if mask:
            present = _LOCKS.index(memory.locks[name])
            locks.append((name, _LOCKS[present & ~mask | action & mask]))
    return SetLocks(tuple(locks), wanted.password)


def _error_of(command: int, fault: AccessFault) -> int:
    if fault is AccessFault.NO_TAG or (command == _KILL and fault is AccessFault.PASSWORD):
        return _SILENT[command]  # a tag does not say that the kill password was wrong
    if fault is AccessFault.PASSWORD:
        return _WRONG_PASSWORD
    return _REFUSED[command] | _REASON.get(fault, _NON_SPECIFIC)


def _result(command: int, access: Access) -> bytes:
    if command == _READ:
        return struct.pack(f">{len(access.words)}H", *access.words)
    return DONE


def _about(memory: TagMemory) -> bytes:
    epc = bytes.fromhex(memory.epc)
    return bytes((2 + len(epc),)) + memory.pc.to_bytes(2, "big") + epc
