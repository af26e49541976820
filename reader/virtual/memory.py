"""A tag's memory as Gen2 has it: four banks, two passwords, locks, and the end. Pure.

1. An operation that gives a password other than 0 first passes the Access command: a wrong one fails it, whatever
   it wanted. One that gives 0 meets the tag in the open state, or in the secured state where the tag's access
   password is 0.
2. A locked bank is written only in the secured state. A locked password can neither be read nor written outside of it.
   Locks are changed in the secured state only.
3. A permanent lock can never be changed; a killed tag never answers again, and refuses to be killed without a kill
   password.
4. The PC word's top five bits say how many words of EPC are sent; the stored CRC covers PC and those words, and is
   the tag's own to write.
5. Each call happens whole or not at all.

Source: GS1 EPC Gen2 2.1, sections 6.3.2.1 (memory), 6.3.2.12.3 (access commands), Tables 6.16 to 6.58 (locks).
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Iterable, Mapping

from reader.access import AccessFault, Bank, Lock, LockField

__all__ = ["MemoryFaultError", "TagMemory"]

_CRC_WORD = 0
_PC_WORD = 1
_EPC_WORD = 2
_EPC_BANK_WORDS = 2 + 31  # CRC, PC, and as many as the PC can count
_PASSWORD_WORDS = 2
_TID_HEAD = "E2801160"  # class "EPCglobal", XTID, a designer's and model's number as of common 96-bit-TID chips
_XTID = "2000"  # a serial number of 48 bits follows; Tag Data Standard, section 16.2
_BANK_FIELDS = {Bank.EPC: LockField.EPC, Bank.TID: LockField.TID, Bank.USER: LockField.USER}
_NEVER_CHANGED = (Lock.ALWAYS_OPEN, Lock.ALWAYS_LOCKED)


class MemoryFaultError(Exception):
    """The tag refuses; `fault` says why."""

    def __init__(self, fault: AccessFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class TagMemory:
    """One chip. ``chip`` names it for ever and seeds its TID; what is read and written is in words of 16 bits.

    tid: upper-case hex of whole words. locks: those that are not open (the TID's is, always, locked) from the start.
    """

    def __init__(
        self,
        chip: str,
        epc: str,
        *,
        tid: str | None = None,
        user_words: int = 8,
        access_password: int = 0,
        kill_password: int = 0,
        locks: Mapping[LockField, Lock] | None = None,
    ) -> None:
        self.chip = chip
        self.is_killed = False
        self.locks: dict[LockField, Lock] = dict.fromkeys(LockField, Lock.OPEN)
        self.locks[LockField.TID] = Lock.ALWAYS_LOCKED  # written at the factory
        self.locks.update(locks or {})
        serial = hashlib.sha256(f"tid/{chip}".encode()).hexdigest()[:12]
        self._banks: dict[Bank, list[int]] = {
            Bank.RESERVED: [*_halves(kill_password), *_halves(access_password)],
            Bank.EPC: [0] * _EPC_BANK_WORDS,
            Bank.TID: _words(tid or _TID_HEAD + _XTID + serial),
            Bank.USER: [0] * user_words,
        }
        content = _words(epc)
        self._banks[Bank.EPC][_PC_WORD : _EPC_WORD + len(content)] = [len(content) << 11, *content]
        self._protect()

    # --- what it is -----------------------------------------------------------------------------------

    @property
    def pc(self) -> int:
        """The PC word."""
        return self._banks[Bank.EPC][_PC_WORD]

    @property
    def epc(self) -> str:
        """The EPC that it sends, as upper-case hex: as many words as its PC counts."""
        return _hex(self._banks[Bank.EPC][_EPC_WORD : self._epc_end])

    @property
    def crc(self) -> int:
        """The stored CRC over PC and EPC, as the tag sends it after them."""
        return self._banks[Bank.EPC][_CRC_WORD]

    @property
    def tid(self) -> str:
        """The chip's own number as upper-case hex."""
        return _hex(self._banks[Bank.TID])

    @property
    def access_password(self) -> int:
        """0 where it has none."""
        high, low = self._banks[Bank.RESERVED][2:4]
        return high << 16 | low

    @property
    def kill_password(self) -> int:
        """0 where it cannot be killed."""
        high, low = self._banks[Bank.RESERVED][0:2]
        return high << 16 | low

    def content(self, bank: Bank) -> tuple[int, ...]:
        """Return a whole bank as it is, locked or not: what the maker of the tag would see, not a reader."""
        return tuple(self._banks[bank])

    def bits(self, bank: Bank, pointer: int, length: int) -> int | None:
        """Return ``length`` bits from bit ``pointer`` on, as a filter compares them; None where there are no such bits.

        Of the EPC bank there are CRC, PC and the EPC; of the reserved bank nothing may be compared.
        """
        words = self._banks[bank]
        end = self._epc_end if bank is Bank.EPC else len(words)
        if bank is Bank.RESERVED or pointer + length > 16 * end:
            return None
        if not length:
            return 0
        first, last = pointer // 16, (pointer + length - 1) // 16
        value = 0
        for word in words[first : last + 1]:
            value = value << 16 | word
        return value >> 16 * (last + 1) - pointer - length & (1 << length) - 1

    # --- what a reader can do -------------------------------------------------------------------------

    def read(self, bank: Bank, address: int, count: int, password: int = 0) -> tuple[int, ...]:
        """Return ``count`` words from ``address`` on; 0 means all that follow.

        Raises:
            MemoryFaultError: NO_TAG, PASSWORD, OVERRUN, or LOCKED for a locked password.
        """
        is_secured = self._is_secured(password)
        words = self._banks[bank]
        if not count:
            # Of the EPC bank: what the PC counts, and beyond that what there is (Gen2, Read, WordCount 0).
            end = self._epc_end if bank is Bank.EPC and address < self._epc_end else len(words)
            count = max(1, end - address)
        if address + count > len(words):
            raise MemoryFaultError(AccessFault.OVERRUN)
        if bank is Bank.RESERVED:
            self._check_locks(bank, range(address, address + count), is_secured=is_secured)
        return tuple(words[address : address + count])

    def write(self, bank: Bank, address: int, words: Iterable[int], password: int = 0) -> None:
        """Put ``words`` from ``address`` on.

        Raises:
            MemoryFaultError: NO_TAG, PASSWORD, OVERRUN or LOCKED; nothing was changed.
        """
        content = tuple(words)
        self.check_write(bank, address, len(content), password)
        self._banks[bank][address : address + len(content)] = content
        self._protect()

    def check_write(self, bank: Bank, address: int, count: int, password: int = 0) -> None:
        """Do what `write` does with ``count`` words, but for the writing.

        Raises:
            MemoryFaultError: As `write` would.
        """
        is_secured = self._is_secured(password)
        words = range(address, address + count)
        if words.stop > len(self._banks[bank]):
            raise MemoryFaultError(AccessFault.OVERRUN)
        if bank is Bank.EPC and _CRC_WORD in words:
            raise MemoryFaultError(AccessFault.LOCKED)
        self._check_locks(bank, words, is_secured=is_secured)

    def lock(self, locks: Mapping[LockField, Lock], password: int = 0) -> None:
        """Change some locks; the others stay.

        Raises:
            MemoryFaultError: NO_TAG; PASSWORD, also where a password is needed and none was given; LOCKED where a
                lock is permanent and another one was asked for. Nothing was changed.
        """
        if not self._is_secured(password):
            raise MemoryFaultError(AccessFault.PASSWORD)
        if any(self.locks[name] in _NEVER_CHANGED and self.locks[name] is not wanted for name, wanted in locks.items()):
            raise MemoryFaultError(AccessFault.LOCKED)
        self.locks.update(locks)

    def kill(self, password: int) -> None:
        """End this tag.

        Raises:
            MemoryFaultError: NO_TAG, ZERO_KILL_PASSWORD or PASSWORD.
        """
        if self.is_killed:
            raise MemoryFaultError(AccessFault.NO_TAG)
        if not self.kill_password:
            raise MemoryFaultError(AccessFault.ZERO_KILL_PASSWORD)
        if password != self.kill_password:
            raise MemoryFaultError(AccessFault.PASSWORD)
        self.is_killed = True

    @property
    def _epc_end(self) -> int:
        return _EPC_WORD + (self.pc >> 11)

    def _is_secured(self, password: int) -> bool:
        """Return whether an operation that gives this password meets the tag in the secured state."""
        if self.is_killed:
            raise MemoryFaultError(AccessFault.NO_TAG)
        if password and password != self.access_password:
            raise MemoryFaultError(AccessFault.PASSWORD)
        return password == self.access_password

    def _check_locks(self, bank: Bank, words: Iterable[int], *, is_secured: bool) -> None:
        for name in {_field_of(bank, word) for word in words}:
            lock = self.locks[name]
            if lock is Lock.ALWAYS_LOCKED or (lock is Lock.LOCKED and not is_secured):
                raise MemoryFaultError(AccessFault.LOCKED)

    def _protect(self) -> None:
        bank = self._banks[Bank.EPC]
        octets = b"".join(word.to_bytes(2, "big") for word in bank[_PC_WORD : self._epc_end])
        # Gen2's CRC-16: CCITT, preset to ones, inverted (Annex F.2).
        bank[_CRC_WORD] = binascii.crc_hqx(octets, 0xFFFF) ^ 0xFFFF


def _field_of(bank: Bank, word: int) -> LockField:
    if bank is not Bank.RESERVED:
        return _BANK_FIELDS[bank]
    return LockField.KILL_PASSWORD if word < _PASSWORD_WORDS else LockField.ACCESS_PASSWORD


def _halves(password: int) -> tuple[int, int]:
    return password >> 16, password & 0xFFFF


def _words(hex_text: str) -> list[int]:
    return [int(hex_text[at : at + 4], 16) for at in range(0, len(hex_text), 4)]


def _hex(words: Iterable[int]) -> str:
    return "".join(f"{word:04X}" for word in words)
