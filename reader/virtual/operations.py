"""What a reader asks one tag to do, as it comes over a wire: also what no tag can obey. Pure.

Our drivers never ask for the impossible (`reader.access` refuses to say it); others do, and a reader, or the tag, has
to answer for itself: words beyond the memory, a read without an end, no locks at all.

Source: GS1 EPC Gen2 2.1, section 6.3.2.12.3.
"""

from __future__ import annotations

from dataclasses import dataclass

from reader.access import Bank, Lock, LockField

__all__ = ["Kill", "Operation", "Read", "SetLocks", "Write", "epc_write"]

_PC_WORD = 1
_PC_REST = 0x07FF


@dataclass(frozen=True, slots=True)
class Read:
    """Read ``count`` words from ``address`` on; 0: to the end."""

    bank: Bank
    address: int
    count: int
    password: int = 0


@dataclass(frozen=True, slots=True)
class Write:
    """Write ``words`` from ``address`` on; ``in_blocks`` by BlockWrite."""

    bank: Bank
    address: int
    words: tuple[int, ...]
    password: int = 0
    in_blocks: bool = False


@dataclass(frozen=True, slots=True)
class SetLocks:
    """Change the locks of some fields; of a field that is named twice the last counts."""

    locks: tuple[tuple[LockField, Lock], ...]
    password: int = 0


@dataclass(frozen=True, slots=True)
class Kill:
    """Silence the tag for ever."""

    password: int


Operation = Read | Write | SetLocks | Kill


def epc_write(epc: bytes, pc: int, password: int = 0) -> Write:
    """Return what gives a tag another EPC of whole words; of the PC word ``pc`` all but the length stays."""
    words = [int.from_bytes(epc[at : at + 2], "big") for at in range(0, len(epc), 2)]
    return Write(Bank.EPC, _PC_WORD, (len(words) << 11 | pc & _PC_REST, *words), password)
