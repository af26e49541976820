"""Which tags a Mercury request means: the selection that many of them carry.

    option & 07   0 any tag · 1 this EPC · 2, 3, 4 bits of TID, USER, EPC bank · 5 any tag, with a password
    option & 08   all but those
    option & 10   metadata is wanted (not a matter of selection)
    option & 20   the count of bits has two bytes

    [PASSWORD32] [BITADDR32] BITS MASK [TARGET8 ACTION8 00]

PASSWORD stands there only in requests that have none of their own, BITADDR not for option 1, the last three only where
the option followed a byte 88. One selection is obeyed; the 00 that ends the list must come.

Source: facts measured 2026-11; the tail behind a mask by the vendor's client.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reader.access import Bank
from reader.virtual.memory import TagMemory
from reader.virtual.serial.mercury_status import RefusedError, Status
from reader.virtual.serial.octets import Octets

__all__ = ["ANY", "EXTENDED", "WANTS_METADATA", "Selection", "option_of", "selection_of"]

EXTENDED: Final = 0x88
WANTS_METADATA: Final = 0x10
_INVERTED: Final = 0x08
_LONG: Final = 0x20
_KIND: Final = 0x07
_THIS_EPC: Final = 1
_PASSWORD_ONLY: Final = 5
_BANKS: Final = {_THIS_EPC: Bank.EPC, 2: Bank.TID, 3: Bank.USER, 4: Bank.EPC}
_EPC_BIT: Final = 32  # behind CRC and PC
_KNOWN: Final = _INVERTED | WANTS_METADATA | _LONG | _KIND


@dataclass(frozen=True, slots=True)
class Selection:
    """Tags whose bits are these (or not these); without a ``bank``, every tag. ``password``: to access them."""

    bank: Bank | None = None
    pointer: int = 0
    length: int = 0
    mask: int = 0
    is_inverted: bool = False
    password: int = 0

    def __call__(self, memory: TagMemory) -> bool:
        """Whether a tag is meant."""
        if self.bank is None:
            return True
        return (memory.bits(self.bank, self.pointer, self.length) == self.mask) != self.is_inverted


ANY = Selection()


def option_of(octets: Octets) -> tuple[bytes, int]:
    """Take the option, with the byte before it where there is one; return that byte, or none, and the option.

    Raises:
        RefusedError: An option that this module does not know.
    """
    first = octets.number(1)
    prefix = b""
    if first & 0x80:
        if first != EXTENDED:
            raise RefusedError(Status.NOT_IMPLEMENTED)
        prefix, first = bytes((first,)), octets.number(1)
    if first & ~_KNOWN or first & _KIND > _PASSWORD_ONLY:
        raise RefusedError(Status.NOT_IMPLEMENTED)
    return prefix, first


def selection_of(octets: Octets, option: int, *, is_extended: bool, has_password: bool = True) -> Selection:
    """Take the selection that ``option`` announces.

    Raises:
        RefusedError: It is longer than one selection.
        ShortError: It ends too early.
    """
    kind = option & _KIND
    if not kind:
        return ANY
    password = octets.number(4) if has_password else 0
    if kind == _PASSWORD_ONLY:
        selection = Selection(password=password)
    else:
        pointer = _EPC_BIT if kind == _THIS_EPC else octets.number(4)
        length = octets.number(2 if option & _LONG else 1)
        mask = int.from_bytes(octets.take((length + 7) // 8), "big") >> -length % 8
        selection = Selection(_BANKS[kind], pointer, length, mask, bool(option & _INVERTED), password)
    if is_extended:
        octets.take(2)  # target and action: the one select that matters here
        if octets.number(1):
            raise RefusedError(Status.NOT_IMPLEMENTED)
    return selection
