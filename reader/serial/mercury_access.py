"""Operations on one tag by a Mercury module that is silent. Pure: generators of acts.

1. The module does them by one port at a time: where the target names none, the ports are asked in order until the
   tag answers. A status of 0400 says that nothing was done.
2. A tag whose EPC begins like the one that is meant is selected with it. So the tag is read first, which harms
   nobody: whose length and EPC are the right ones is selected by its PC word, where the length is, and its EPC, at
   most 248 bits of both: their count is one byte.
3. A tag answers a wrong password with silence, and the module then only says that the operation failed. One harmless
   read tells whether it was the password.
4. What a read answers ends with the words that were asked for; what stands before them differs from firmware to
   firmware.

Sources: ThingMagic Mercury API; captures of its SDK (facts measured 2026-11).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reader.access import (
    Accessed,
    AccessFault,
    Bank,
    KillTag,
    Lock,
    LockField,
    LockTag,
    ReadWords,
    TagOperation,
    TagTarget,
    WriteWords,
)
from reader.errors import TagAccessError
from reader.serial.acts import Acts
from reader.serial.mercury import MercuryFrame, Metadata, Opcode, tags_of
from reader.serial.mercury_asking import asked, settled, words_of
from reader.serial.status import Meaning, mercury_status

__all__ = ["AccessWay", "accessed"]

_TAG_MS: Final = 300  # for the module to find the tag and do it
_MARGIN_S: Final = 0.5  # beyond that, for the answer
_EXTENDED: Final = 0x88
_BY_EPC, _BY_EPC_BANK = 1, 4
_PC_BIT, _EPC_BIT = 16, 32
_WITH_METADATA: Final = 0x10
_SEARCH_FLAGS: Final = 0x0013  # by the configured list of ports, any population
_RECORD: Final = Metadata.ANTENNA
_MAX_MASK_BYTES: Final = 31
_PC_WORD: Final = 1
_LENGTH_BITS: Final = 5  # of the PC, in front: how many words of EPC follow
_LOOKS: Final = 3  # at whoever answers: of two whose EPCs begin alike either may
_PASSWORD_WORDS: Final = 2
_PC_LENGTH_SHIFT: Final = 11
_MAX_READ_BYTES: Final = 0xF0
_MAX_WRITE_BYTES: Final = 0xC0

_FIELDS: Final = (
    LockField.KILL_PASSWORD,
    LockField.ACCESS_PASSWORD,
    LockField.EPC,
    LockField.TID,
    LockField.USER,
)
_LOCKS: Final = {Lock.OPEN: 0b00, Lock.ALWAYS_OPEN: 0b01, Lock.LOCKED: 0b10, Lock.ALWAYS_LOCKED: 0b11}

_FAULTS: Final = {
    0x0400: AccessFault.NO_TAG,
    0x0407: AccessFault.UNSUPPORTED,
    0x0409: AccessFault.OVERRUN,
    0x040B: AccessFault.OVERRUN,
    0x0423: AccessFault.OVERRUN,
    0x0424: AccessFault.LOCKED,
    0x042B: AccessFault.WEAK,
}
_NO_TAGS: Final = 0x0400
_NO_DATA: Final = 0x0404
# No data, write failed, tag error, kill password, kill failed: the tag was there, and then silent.
_FELL_SILENT: Final = frozenset({_NO_DATA, 0x0406, 0x040A, 0x040C, 0x040E})
_WHY_SILENT: Final = {
    AccessFault.NO_TAG: "the tag is gone",
    AccessFault.PASSWORD: "the password is wrong",
    AccessFault.TAG: "the tag takes the password, and still does not do it",
    AccessFault.ZERO_KILL_PASSWORD: "the tag has no kill password",
}


@dataclass(frozen=True, slots=True)
class AccessWay:
    """How one module is spoken to.

    is_extended: in the newer form (option byte 88).
    confirm: makes sure, before each request that transmits, that the module has not been reset.
    """

    is_extended: bool
    confirm: Callable[[], Acts[MercuryFrame, None]]


@dataclass(frozen=True, slots=True)
class _Selection:
    """Tags whose EPC bank holds ``bits`` bits of ``mask`` from ``bit_address`` on."""

    bit_address: int
    mask: bytes
    bits: int

    @classmethod
    def of_epc(cls, epc: bytes) -> _Selection:
        """Return what selects the tag of ``epc``, and those whose EPCs begin like it."""
        mask = epc[:_MAX_MASK_BYTES]
        # No bits would be every tag.
        return cls(_EPC_BIT, mask, 8 * len(mask)) if mask else cls(_PC_BIT, b"\0", _LENGTH_BITS)

    @classmethod
    def of_tag(cls, pc: int, epc: bytes) -> _Selection:
        """Return what selects the tag that has both, and nobody else."""
        mask = (pc.to_bytes(2, "big") + epc)[:_MAX_MASK_BYTES]
        return cls(_PC_BIT, mask, 8 * len(mask))

    @property
    def option(self) -> int:
        """How a request says that it has this."""
        return _BY_EPC if self.bit_address == _EPC_BIT else _BY_EPC_BANK

    @property
    def fields(self) -> dict[str, Any]:
        """Return it by the names of the codec."""
        at = {} if self.option == _BY_EPC else {"select_address": self.bit_address}
        return {**at, "select_bits": self.bits, "select_mask": self.mask.hex()}


def accessed(
    target: TagTarget, operation: TagOperation, ports: Sequence[int], way: AccessWay
) -> Acts[MercuryFrame, Accessed]:
    """Do ``operation`` on the tag that is meant, before one of ``ports``.

    Args:
        target: Which tag.
        operation: What to do.
        ports: Where antennas are.
        way: How the module is spoken to.

    Raises:
        TagAccessError: It failed.
    """
    _check(operation)
    if target.antenna not in (None, *ports):  # nobody worked out what power its antenna and cable allow
        raise TagAccessError(AccessFault.NO_TAG, f"antenna {target.antenna} is not in use, or not there")
    for port in ports if target.antenna is None else (target.antenna,):
        yield from _put_on(port)
        epc = target.epc
        if epc is None:
            epc = yield from _any_tag(way)
            if epc is None:
                continue
        selection = yield from _identified(bytes.fromhex(epc), way)
        if selection is None:
            continue
        frame = yield from _performed(operation, selection, way)
        if not frame.status:
            return Accessed(operation, epc, port, _words_read(operation, frame))
        fault, words = _fault_of(frame.status), words_of(frame)
        if frame.status in _FELL_SILENT and operation.password:
            fault = yield from _why_silent(operation, selection, way)
            words += f": {_WHY_SILENT[fault]}"
        if fault is not AccessFault.NO_TAG:
            raise TagAccessError(fault, words)
    raise TagAccessError(AccessFault.NO_TAG, "no such tag answered")


def _check(operation: TagOperation) -> None:
    """Refuse what the protocol has no words for, before anything is sent."""
    if isinstance(operation, WriteWords) and operation.in_blocks:
        raise TagAccessError(AccessFault.UNSUPPORTED, "this driver writes word by word only")
    if isinstance(operation, ReadWords) and not 0 < 2 * operation.count <= _MAX_READ_BYTES:
        raise TagAccessError(AccessFault.UNSUPPORTED, f"1 to {_MAX_READ_BYTES // 2} words can be read at a time")
    if isinstance(operation, WriteWords) and not 0 < 2 * len(operation.words) <= _MAX_WRITE_BYTES:
        raise TagAccessError(AccessFault.UNSUPPORTED, f"1 to {_MAX_WRITE_BYTES // 2} words can be written at a time")
    if isinstance(operation, KillTag) and not operation.password:
        raise TagAccessError(AccessFault.ZERO_KILL_PASSWORD, "a tag cannot be killed by a password of zero")


def _put_on(port: int) -> Acts[MercuryFrame, None]:
    frame = yield from asked(Opcode.SET_ANTENNA, tx=port, rx=port)
    if mercury_status(frame.status or 0).meaning is Meaning.REQUEST:
        raise TagAccessError(AccessFault.READER, f"the module has no antenna port {port}: {words_of(frame)}")
    settled(frame)


def _any_tag(way: AccessWay) -> Acts[MercuryFrame, str | None]:
    """Return the EPC of a tag before the port that is on; None where there is none."""
    yield from asked(Opcode.CLEAR_TAG_BUFFER)
    yield from way.confirm()
    frame = yield from asked(
        Opcode.READ_MULTIPLE,
        deadline_s=_TAG_MS / 1000 + _MARGIN_S,
        tries=1,
        transmits=True,
        search_flags=_SEARCH_FLAGS,
        timeout_ms=_TAG_MS,
        metadata_flags=int(_RECORD),
        **_option(_WITH_METADATA, is_extended=way.is_extended),
    )
    if mercury_status(frame.status or 0).meaning is Meaning.NO_TAG:
        return None
    settled(frame)
    frame = yield from asked(Opcode.GET_TAG_BUFFER, metadata_flags=int(_RECORD), read_option=0, tries=1)
    return next((record.epc.hex().upper() for record in tags_of(frame).records if record.tag_crc_valid), None)


def _identified(epc: bytes, way: AccessWay) -> Acts[MercuryFrame, _Selection | None]:
    """Return what selects the tag of ``epc`` and nobody else; None where it does not answer."""
    look = ReadWords(Bank.EPC, _PC_WORD, 1 + len(epc) // 2)
    for _ in range(_LOOKS):
        frame = yield from _performed(look, _Selection.of_epc(epc), way)
        if frame.status == _NO_TAGS:
            return None
        if frame.status:
            failure = TagAccessError(_fault_of(frame.status), words_of(frame))
            if failure.retry_helps:
                continue
            raise failure
        pc, *words = _words_read(look, frame)
        if pc >> _PC_LENGTH_SHIFT == len(words) and b"".join(word.to_bytes(2, "big") for word in words) == epc:
            return _Selection.of_tag(pc, epc)
    return None


def _performed(operation: TagOperation, selection: _Selection, way: AccessWay) -> Acts[MercuryFrame, MercuryFrame]:
    fields = {
        "timeout_ms": _TAG_MS,
        **selection.fields,
        **_fields_of(operation, selection.option, is_extended=way.is_extended),
    }
    opcode = fields.pop("opcode")
    yield from way.confirm()
    return (yield from asked(opcode, deadline_s=_TAG_MS / 1000 + _MARGIN_S, tries=1, transmits=True, **fields))


def _fields_of(operation: TagOperation, selected_by: int, *, is_extended: bool) -> dict[str, Any]:
    """Return the request of an operation, by the names of the codec; newer modules lock and kill by the newer form."""
    if isinstance(operation, ReadWords):
        return {
            "opcode": Opcode.READ_TAG,
            "option": _WITH_METADATA | selected_by,
            "metadata_flags": int(Metadata.PROTOCOL | Metadata.EMBEDDED),
            "bank": int(operation.bank),
            "word_address": operation.address,
            "words": operation.count,
            "access_password": f"{operation.password:08x}",
        }
    if isinstance(operation, WriteWords):
        return _writing(operation, selected_by)
    if isinstance(operation, LockTag):
        mask, action = _lock_bits(operation)
        return {
            "opcode": Opcode.LOCK_TAG,
            **_option(selected_by, is_extended=is_extended),
            "access_password": f"{operation.password:08x}",
            "mask": mask,
            "action": action,
        }
    return {
        "opcode": Opcode.KILL_TAG,
        **_option(selected_by, is_extended=is_extended),
        "kill_password": f"{operation.password:08x}",
    }


def _option(option: int, *, is_extended: bool) -> dict[str, Any]:
    return {"option": _EXTENDED, "option2": option} if is_extended else {"option": option}


def _writing(operation: WriteWords, selected_by: int) -> dict[str, Any]:
    """Return the request that writes; a whole EPC by the operation that the module verifies."""
    content = b"".join(word.to_bytes(2, "big") for word in operation.words)
    fields = {"option": selected_by, "access_password": f"{operation.password:08x}"}
    length_word = len(operation.words) - 1 << _PC_LENGTH_SHIFT
    # A PC with any other bit set has to be written as it is.
    is_whole_epc = (operation.bank, operation.address, operation.words[0]) == (Bank.EPC, _PC_WORD, length_word)
    if is_whole_epc and len(operation.words) > 1:
        return {"opcode": Opcode.WRITE_EPC, **fields, "new_epc": content[2:].hex()}
    return {
        "opcode": Opcode.WRITE_TAG,
        **fields,
        "bank": int(operation.bank),
        "word_address": operation.address,
        "data": content.hex(),
    }


def _lock_bits(operation: LockTag) -> tuple[int, int]:
    """Return mask and action: two bits for each field, from the kill password at bits 9 and 8 down to USER."""
    mask = action = 0
    for locked, lock in operation.locks:
        shift = 2 * (len(_FIELDS) - 1 - _FIELDS.index(locked))
        mask |= 0b11 << shift
        action |= _LOCKS[lock] << shift
    return mask, action


def _fault_of(status: int) -> AccessFault:
    """Return why an operation failed, as far as its status says."""
    if status in _FAULTS:
        return _FAULTS[status]
    meaning = mercury_status(status).meaning
    if meaning in (Meaning.TAG, Meaning.PASSWORD):
        return AccessFault.TAG
    return AccessFault.UNSUPPORTED if meaning is Meaning.REQUEST else AccessFault.READER


def _why_silent(operation: TagOperation, selection: _Selection, way: AccessWay) -> Acts[MercuryFrame, AccessFault]:
    """Find out why a tag fell silent in the middle of an operation with a password."""
    check = (
        ReadWords(Bank.RESERVED, 0, _PASSWORD_WORDS)  # can be read while it is not locked
        if isinstance(operation, KillTag)
        else ReadWords(Bank.EPC, _PC_WORD, 1, operation.password)  # can be read by all, but not with a wrong one
    )
    frame = yield from _performed(check, selection, way)
    if frame.status == _NO_TAGS:
        return AccessFault.NO_TAG
    if not isinstance(operation, KillTag):
        return AccessFault.PASSWORD if frame.status == _NO_DATA else AccessFault.TAG
    if frame.status:
        return AccessFault.PASSWORD
    high, low = _words_read(check, frame)
    held = high << 16 | low
    if not held:
        return AccessFault.ZERO_KILL_PASSWORD
    return AccessFault.TAG if held == operation.password else AccessFault.PASSWORD


def _words_read(operation: TagOperation, frame: MercuryFrame) -> tuple[int, ...]:
    if not isinstance(operation, ReadWords):
        return ()
    content = frame.content[-2 * operation.count :]
    if len(content) != 2 * operation.count:
        raise TagAccessError(AccessFault.READER, f"{operation.count} words were asked for, {len(content)} bytes came")
    return tuple(int.from_bytes(content[at : at + 2], "big") for at in range(0, len(content), 2))
