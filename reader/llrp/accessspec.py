"""ADD_ACCESSSPEC, by hand: what is done to one tag when it is met. Its results are read by `op_results`.

sllurp 3.0.5 encodes most operations, but has no C1G2Kill; one way for all of them is easier to trust than two.
Source: LLRP 1.1, sections 17.2.5 (AccessSpec) and 17.3.2 (operations of Gen2).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import Final

from reader.access import Bank, KillTag, Lock, LockField, LockTag, ReadWords, TagOperation, WriteWords
from reader.llrp.tlv import bits, message, parameter

__all__ = ["add_accessspec"]

_ADD_ACCESSSPEC: Final = 40
_GEN2: Final = 1
_ANY_ROSPEC: Final = 0
_DISABLED: Final = 0
_AFTER_OPERATIONS: Final = 1  # AccessSpecStopTrigger
_AT_ONCE: Final = 1  # AccessReportTrigger: at the end of the AccessSpec, not with the next report of reads
_MATCH: Final = 1 << 5
_PC_LENGTH_AT: Final = 16  # bit address of the PC's count of words in the EPC bank
_PC_LENGTH_BITS: Final = 5
_EPC_AT: Final = 32
_PRIVILEGES: Final = {Lock.LOCKED: 0, Lock.ALWAYS_LOCKED: 1, Lock.ALWAYS_OPEN: 2, Lock.OPEN: 3}
_FIELDS: Final = {
    LockField.KILL_PASSWORD: 0,
    LockField.ACCESS_PASSWORD: 1,
    LockField.EPC: 2,
    LockField.TID: 3,
    LockField.USER: 4,
}


def add_accessspec(
    version: int,
    message_id: int,
    spec_id: int,
    *,
    epc: str | None,
    antenna: int | None,
    operations: Sequence[TagOperation],
    first_op_id: int,
) -> bytes:
    """Return ADD_ACCESSSPEC, disabled: ``operations`` in order, once, whichever ROSpec meets the tag.

    Args:
        version: LLRP's, of the connection.
        message_id: Of the request.
        spec_id: Of the AccessSpec.
        epc: The tag's whole EPC as hex; None for whichever comes first.
        antenna: The port before which it has to be; None for any.
        operations: At least one.
        first_op_id: OpSpecID of the first operation; the others count on from it.
    """
    specs = [_operation(first_op_id + place, one) for place, one in enumerate(operations)]
    accessspec = parameter(
        207,
        struct.pack(">IHBBI", spec_id, antenna or 0, _GEN2, _DISABLED << 7, _ANY_ROSPEC),
        parameter(208, struct.pack(">BH", _AFTER_OPERATIONS, 1)),
        parameter(209, parameter(338, *_targets(epc)), *specs),
        parameter(239, bytes([_AT_ONCE])),
    )
    return message(_ADD_ACCESSSPEC, version, message_id, accessspec)


def _targets(epc: str | None) -> Iterable[bytes]:
    """One or two C1G2TargetTag, joined by "and".

    The EPC alone would match every longer one that begins like it, too; the second one holds the length that the tag
    itself counts in its PC word.
    """
    if epc is None:
        return [_target(0, b"", 0)]
    content = bytes.fromhex(epc)
    length = _target(_PC_LENGTH_AT, bytes([len(content) // 2 << 3]), _PC_LENGTH_BITS)
    return [_target(_EPC_AT, content, 8 * len(content)), length] if content else [length]


def _target(pointer: int, content: bytes, count: int) -> bytes:
    mask = bits(b"\xff" * len(content), count)
    return parameter(339, struct.pack(">BH", Bank.EPC << 6 | _MATCH, pointer), mask, bits(content, count))


def _operation(op_id: int, operation: TagOperation) -> bytes:
    match operation:
        case ReadWords(bank, address, count, password):
            return parameter(341, struct.pack(">HIBHH", op_id, password, bank << 6, address, count))
        case WriteWords(bank, address, words, password, in_blocks):
            fields = struct.pack(f">HIBHH{len(words)}H", op_id, password, bank << 6, address, len(words), *words)
            return parameter(347 if in_blocks else 342, fields)
        case LockTag(locks, password):
            payloads = [parameter(345, bytes([_PRIVILEGES[lock], _FIELDS[field]])) for field, lock in locks]
            return parameter(344, struct.pack(">HI", op_id, password), *payloads)
        case KillTag(password):
            return parameter(343, struct.pack(">HI", op_id, password))
