"""Operations on one tag in M100's words: what is asked for each, and what its error codes mean. Pure.

1. A request reads or writes at most 32 words; longer operations are several requests.
2. The codes 09 to 15 are "no tag, or a CRC fault" when they stand alone. With a tag's PC and EPC behind them a tag was
   there, and refused.
3. A code from A0 on is the act in the high nibble and the tag's own Gen2 code in the low one.

Sources: MagicRF M100/QM100 firmware manual (commands 39, 49, 65, 82, FF); Gen2 2.1, Annex I (error codes) and
section 6.3.2.12.3.5 (Lock).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from reader.access import (
    AccessFault,
    KillTag,
    Lock,
    LockField,
    LockTag,
    ReadWords,
    TagOperation,
    WriteWords,
)
from reader.errors import TagAccessError
from reader.serial.access_pieces import pieces
from reader.serial.layout import Fields
from reader.serial.m100_tables import Command
from reader.serial.status import m100_status

__all__ = ["access_error", "access_requests"]

_SHIFT: Final[Mapping[LockField, int]] = {
    LockField.KILL_PASSWORD: 8,
    LockField.ACCESS_PASSWORD: 6,
    LockField.EPC: 4,
    LockField.TID: 2,
    LockField.USER: 0,
}
# Mask and action of a field's two bits: 10 "needs the password", 01 "for ever". What is not for ever leaves the
# latter alone: asking a tag to take it back is an error by itself.
_LOCK_BITS: Final[Mapping[Lock, tuple[int, int]]] = {
    Lock.OPEN: (0b10, 0b00),
    Lock.LOCKED: (0b10, 0b10),
    Lock.ALWAYS_OPEN: (0b11, 0b01),
    Lock.ALWAYS_LOCKED: (0b11, 0b11),
}

_WITHOUT_TAG: Final = frozenset({0x09, 0x10, 0x12, 0x13, 0x14, 0x15})
_FIRST_GEN2: Final = 0xA0
_KILL_NO_PASSWORD: Final = 0xD0  # what a tag says whose kill password is 0
_PASSWORD: Final = 0x16
_COMMAND: Final = 0x17
_GEN2_FAULTS: Final[Mapping[int, AccessFault]] = {
    0x1: AccessFault.UNSUPPORTED,
    0x2: AccessFault.PASSWORD,
    0x3: AccessFault.OVERRUN,
    0x4: AccessFault.LOCKED,
    0xB: AccessFault.WEAK,
}


def access_requests(operation: TagOperation) -> Iterator[Fields]:
    """Yield the requests of ``operation``, in order.

    Raises:
        TagAccessError: The module cannot do it.
    """
    match operation:
        case ReadWords():
            for fields in pieces(operation):
                yield {"command": Command.READ} | fields
        case WriteWords(in_blocks=True):
            raise TagAccessError(AccessFault.UNSUPPORTED, "an M100 module has no block write")
        case WriteWords():
            for fields in pieces(operation):
                yield {"command": Command.WRITE} | fields
        case LockTag(locks, password):
            mask = action = 0
            for field, lock in locks:
                mask |= _LOCK_BITS[lock][0] << _SHIFT[field]
                action |= _LOCK_BITS[lock][1] << _SHIFT[field]
            yield {"command": Command.LOCK, "access_password": f"{password:08x}", "mask": mask, "action": action}
        case KillTag(password):
            yield {"command": Command.KILL, "kill_password": f"{password:08x}"}


def access_error(code: int, *, has_tag: bool) -> TagAccessError:
    """Return what error ``code`` means; ``has_tag``: the frame says which tag it was."""
    return TagAccessError(_fault(code, has_tag=has_tag), m100_status(code).words)


def _fault(code: int, *, has_tag: bool) -> AccessFault:
    if code in _WITHOUT_TAG:
        return AccessFault.TAG if has_tag else AccessFault.NO_TAG
    if code == _KILL_NO_PASSWORD:
        return AccessFault.ZERO_KILL_PASSWORD
    if code >= _FIRST_GEN2:
        return _GEN2_FAULTS.get(code & 0xF, AccessFault.TAG)
    return {_PASSWORD: AccessFault.PASSWORD, _COMMAND: AccessFault.UNSUPPORTED}.get(code, AccessFault.READER)
