"""Operations on one tag in A0's words: what is asked for each, and what its error codes mean. Pure.

1. An operation goes to every tag before the antenna unless one is matched by its EPC first: so one always is.
2. A request reads or writes at most 32 words, at word addresses of one byte; longer operations are several requests.
3. A lock is of one field; several fields are several requests.
4. The board hands on none of the tag's own codes. "Failed" is all it says of a locked bank, a word that is not there
   and a weak tag.

Sources: Rodinbell UHF RFID reader serial interface protocol (81 to 85, 94; error codes).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from reader.access import AccessFault, KillTag, Lock, LockField, LockTag, ReadWords, TagOperation, WriteWords
from reader.errors import TagAccessError
from reader.serial.access_pieces import pieces
from reader.serial.layout import Fields
from reader.serial.r2000_tables import Command
from reader.serial.status import Meaning, r2000_status

__all__ = ["access_error", "access_requests"]

_MAX_ADDRESS: Final = 0xFF
_FIELD: Final[Mapping[LockField, int]] = {
    LockField.USER: 1,
    LockField.TID: 2,
    LockField.EPC: 3,
    LockField.ACCESS_PASSWORD: 4,
    LockField.KILL_PASSWORD: 5,
}
_LOCK: Final[Mapping[Lock, int]] = {
    Lock.OPEN: 0,
    Lock.LOCKED: 1,
    Lock.ALWAYS_OPEN: 2,
    Lock.ALWAYS_LOCKED: 3,
}
_NO_RN16: Final = 0x50  # the tag fell silent between its EPC and the operation
_FAULTS: Final[Mapping[Meaning, AccessFault]] = {
    Meaning.NO_TAG: AccessFault.NO_TAG,
    Meaning.TAG: AccessFault.TAG,
    Meaning.PASSWORD: AccessFault.PASSWORD,
    Meaning.REQUEST: AccessFault.UNSUPPORTED,
}


def access_requests(operation: TagOperation) -> Iterator[Fields]:
    """Yield the requests of ``operation``, in order.

    Raises:
        TagAccessError: The board cannot do it.
    """
    match operation:
        case ReadWords(address=address, count=count):
            _check_addresses(address, count)
            for fields in pieces(operation):
                yield {"command": Command.READ} | fields
        case WriteWords(address=address, words=words, in_blocks=in_blocks):
            _check_addresses(address, len(words))
            for fields in pieces(operation):
                yield {"command": Command.BLOCK_WRITE if in_blocks else Command.WRITE} | fields
        case LockTag(locks, password):
            for field, lock in locks:
                which = {"bank": _FIELD[field], "lock_type": _LOCK[lock]}
                yield {"command": Command.LOCK, "access_password": f"{password:08x}"} | which
        case KillTag(password):
            yield {"command": Command.KILL, "kill_password": f"{password:08x}"}


def _check_addresses(address: int, count: int) -> None:
    if address + count - 1 > _MAX_ADDRESS:
        raise TagAccessError(AccessFault.UNSUPPORTED, f"word {address + count - 1} is beyond what A0 can address")


def access_error(code: int, operation: TagOperation) -> TagAccessError:
    """Return what error ``code`` means for ``operation``."""
    status = r2000_status(code)
    fault = _FAULTS.get(status.meaning, AccessFault.READER)
    if code == _NO_RN16:
        fault = AccessFault.NO_TAG
    elif fault is AccessFault.TAG and isinstance(operation, KillTag) and operation.password == 0:
        fault = AccessFault.ZERO_KILL_PASSWORD  # whatever else, by Gen2 no tag is killed by it
    return TagAccessError(fault, status.words)
