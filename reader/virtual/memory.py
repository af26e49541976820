"""A tag's memory as Gen2 has it: four banks, two passwords, locks, and the end. Pure.

1. Every operation first passes the access password where one is set and given; a wrong one fails everything.
2. A locked bank is written only with the access password (a tag whose access password is 0 is always in the secured
   state: Gen2 leaves it open). A locked password can neither be read nor written without it.
3. A permanent lock can never be changed; a killed tag never answers again, and refuses to be killed without a kill
   password.
4. The PC word's top five bits say how many words of EPC are sent; the stored CRC covers PC and EPC.

Source: GS1 EPC Gen2 2.1, sections 6.3.2.1 (memory), 6.3.2.12.3 (access commands), Tables 6.16 to 6.58 (locks).
"""

from __future__ import annotations

import hashlib

from reader.access import AccessFault, Bank, Lock, LockField

__all__ = ["MemoryFaultError", "TagMemory"]

_PC_WORD = 1
_EPC_WORD = 2
_EPC_BANK_WORDS = 2 + 31  # CRC, PC, and as many as the PC can count
_TID_HEAD = "E2801160"  # class "EPCglobal", XTID, a designer's and model's number as of common 96-bit-TID chips
_XTID = "2000"  # a serial number of 48 bits follows; Tag Data Standard, section 16.2


class MemoryFaultError(Exception):
    """The tag refuses; `fault` says why."""

    def __init__(self, fault: AccessFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


class TagMemory:
    """One chip. ``chip`` names it for ever and seeds its TID; what is read and written is in words of 16 bits."""

    def __init__(
        self,
        chip: str,
        epc: str,
        *,
        tid: str | None = None,
        user_words: int = 8,
        access_password: int = 0,
        kill_password: int = 0,
    ) -> None:
        self.chip = chip
        self.is_killed = False
        self.locks: dict[LockField, Lock] = dict.fromkeys(LockField, Lock.OPEN)
        self.locks[LockField.TID] = Lock.ALWAYS_LOCKED  # written at the factory
        serial = hashlib.sha256(f"tid/{chip}".encode()).hexdigest()[:12]
        self._banks: dict[Bank, list[int]] = {
            Bank.RESERVED: [*_halves(kill_password), *_halves(access_password)],
            Bank.EPC: [0] * _EPC_BANK_WORDS,
            Bank.TID: _words(tid or _TID_HEAD + _XTID + serial),
            Bank.USER: [0] * user_words,
        }
        content = _words(epc)
        self._banks[Bank.EPC][_PC_WORD : _EPC_WORD + len(content)] = [len(content) << 11, *content]

    @property
    def pc(self) -> int:
        """The PC word."""
        return self._banks[Bank.EPC][_PC_WORD]

    @property
    def epc(self) -> str:
        """The EPC that it sends, as upper-case hex: as many words as its PC counts."""
        count = self.pc >> 11
        return "".join(f"{word:04X}" for word in self._banks[Bank.EPC][_EPC_WORD : _EPC_WORD + count])

    @property
    def tid(self) -> str:
        """The chip's own number as upper-case hex."""
        return "".join(f"{word:04X}" for word in self._banks[Bank.TID])

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


def _halves(password: int) -> tuple[int, int]:
    return password >> 16, password & 0xFFFF


def _words(hex_text: str) -> list[int]:
    return [int(hex_text[at : at + 4], 16) for at in range(0, len(hex_text), 4)]
