"""Acting on one tag: READ, WRITE, LOCK and KILL of a Mercury module.

    28 read        TIMEOUT16 [88] OPTION [MD16] BANK8 WORDADDR32 WORDS8 SELECTION
    23 write EPC   TIMEOUT16 [88] OPTION SELECTION EPC            (without selection a byte 00 may stand before it)
    24 write       TIMEOUT16 [88] OPTION WORDADDR32 BANK8 SELECTION DATA
    25 lock        TIMEOUT16 [88] OPTION PW32 MASK16 ACTION16 SELECTION
    26 kill        TIMEOUT16 [88] OPTION PW32 RFU8 SELECTION

The tag is looked for on the transmitting port, in session 0 and whatever its flag, until the time is up; a tag that
falls silent in the middle is looked for again.

Source: facts measured 2026-11 (read, write EPC and lock captured).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from reader.access import AccessFault, Bank, Lock, LockField
from reader.errors import SceneError
from reader.virtual.access import Access, accessed
from reader.virtual.air import AirRead, Inventory, Target
from reader.virtual.memory import TagMemory
from reader.virtual.operations import Kill, Operation, Read, SetLocks, Write, epc_write
from reader.virtual.serial.mercury_frames import MAX_DATA_BYTES
from reader.virtual.serial.mercury_radio import Radio
from reader.virtual.serial.mercury_select import ANY, WANTS_METADATA, Selection, option_of, selection_of
from reader.virtual.serial.mercury_status import RefusedError, Status, status_of_fault
from reader.virtual.serial.mercury_tags import MetadataFlag, TagReport, metadata_octets
from reader.virtual.serial.octets import Octets

__all__ = ["ACCESS_OPCODES", "AccessWish", "Acting", "access_wish"]

_MAX_EPC_BYTES: Final = 62
_LONGEST_READ_HEAD: Final = 26  # option, flags and all metadata
_FIELDS: Final = (  # from bit 9 down, two bits each: locked, for ever
    LockField.KILL_PASSWORD,
    LockField.ACCESS_PASSWORD,
    LockField.EPC,
    LockField.TID,
    LockField.USER,
)
_LOCKS: Final = (Lock.OPEN, Lock.ALWAYS_OPEN, Lock.LOCKED, Lock.ALWAYS_LOCKED)


@dataclass(frozen=True, slots=True)
class AccessWish:
    """What a request asks of a tag; what exactly is done may depend on the tag that is found.

    head: with what the answer to a read begins, up to its metadata flags; empty for the short answer.
    """

    within_us: int
    selection: Selection
    operation: Callable[[TagMemory], Operation]
    writes: bool = True
    head: bytes = b""
    metadata: int = 0


def access_wish(opcode: int, content: bytes) -> AccessWish:
    """Return what a request wants.

    Raises:
        RefusedError, ShortError: It cannot be understood, or is impossible whatever the tag.
    """
    octets = Octets(content)
    within_us = 1000 * octets.number(2)
    wish = ACCESS_OPCODES[opcode](within_us, octets)
    if len(octets):
        raise RefusedError(Status.LENGTH)
    return wish


def _read_wish(within_us: int, octets: Octets) -> AccessWish:
    prefix, option = option_of(octets)
    wants_metadata = bool(option & WANTS_METADATA)
    metadata = octets.number(2) & MetadataFlag.ALL if wants_metadata else 0
    bank, address, count = _bank(octets), octets.number(4), octets.number(1)
    selection = selection_of(octets, option, is_extended=bool(prefix))
    if not count:
        raise RefusedError(Status.PARAMETER)
    if 2 * count + _LONGEST_READ_HEAD > MAX_DATA_BYTES:
        raise RefusedError(Status.TAG_TOO_LARGE)
    operation = Read(bank, address, count, selection.password)
    head = prefix + bytes((option,)) + metadata.to_bytes(2, "big") if wants_metadata else b""
    return AccessWish(within_us, selection, lambda _: operation, writes=False, head=head, metadata=metadata)


def _write_epc_wish(within_us: int, octets: Octets) -> AccessWish:
    prefix, option = option_of(octets)
    selection = selection_of(octets, option, is_extended=bool(prefix))
    epc = octets.rest()
    if selection is ANY and len(epc) % 2:
        epc = epc[1:]
    if len(epc) % 2 or not 0 < len(epc) <= _MAX_EPC_BYTES:
        raise RefusedError(Status.PARAMETER)
    return AccessWish(within_us, selection, lambda tag: epc_write(epc, tag.pc, selection.password))


def _write_wish(within_us: int, octets: Octets) -> AccessWish:
    prefix, option = option_of(octets)
    address, bank = octets.number(4), _bank(octets)
    selection = selection_of(octets, option, is_extended=bool(prefix))
    written = octets.rest()
    if not written or len(written) % 2:
        raise RefusedError(Status.PARAMETER)
    words = tuple(int.from_bytes(written[at : at + 2], "big") for at in range(0, len(written), 2))
    operation = Write(bank, address, words, selection.password)
    return AccessWish(within_us, selection, lambda _: operation)


def _lock_wish(within_us: int, octets: Octets) -> AccessWish:
    prefix, option = option_of(octets)
    password, mask, action = octets.number(4), octets.number(2), octets.number(2)
    selection = selection_of(octets, option, is_extended=bool(prefix), has_password=False)
    if mask >> 10 or action >> 10:
        raise RefusedError(Status.PARAMETER)
    return AccessWish(within_us, selection, lambda tag: SetLocks(_locks(tag, mask, action), password))


def _kill_wish(within_us: int, octets: Octets) -> AccessWish:
    prefix, option = option_of(octets)
    password = octets.number(4)
    octets.take(1)
    selection = selection_of(octets, option, is_extended=bool(prefix), has_password=False)
    return AccessWish(within_us, selection, lambda _: Kill(password))


ACCESS_OPCODES: Final[dict[int, Callable[[int, Octets], AccessWish]]] = {
    0x23: _write_epc_wish,
    0x24: _write_wish,
    0x25: _lock_wish,
    0x26: _kill_wish,
    0x28: _read_wish,
}


def _bank(octets: Octets) -> Bank:
    bank = octets.number(1)
    if bank not in tuple(Bank):
        raise RefusedError(Status.PARAMETER)
    return Bank(bank)


def _locks(tag: TagMemory, mask: int, action: int) -> tuple[tuple[LockField, Lock], ...]:
    """Return the locks that are asked for; a bit that the mask leaves out stays as it is on the tag."""
    locks = []
    for position, field in enumerate(_FIELDS):
        shift = 8 - 2 * position
        masked = mask >> shift & 3
        if masked:
            locks.append((field, _LOCKS[_LOCKS.index(tag.locks[field]) & ~masked | action >> shift & masked]))
    return tuple(locks)


class Acting:
    """One access under way, from ``now_us`` on."""

    def __init__(self, radio: Radio, wish: AccessWish, now_us: int) -> None:
        self._radio = radio
        self._wish = wish
        self._began_us = now_us
        self._gives_up_at_us = now_us + wish.within_us
        settings = radio.settings
        drive = settings.drive(settings.antennas.access_port, writes=wish.writes)
        self._drive = replace(drive, session=0, target=Target.DUAL, selects=wish.selection)
        self._inventory = Inventory(radio.air, [self._drive], now_us)
        self._outcome: tuple[int, Status, bytes] | None = None

    def advance(self, now_us: int) -> tuple[Status, bytes] | None:
        """Play up to ``now_us``; return status and content of the answer once it is time for it."""
        while self._outcome is None:
            read = self._inventory.next_read(min(now_us, self._gives_up_at_us))
            if read is not None:
                self._act(read)
            elif now_us < self._gives_up_at_us:
                return None
            else:
                self._outcome = self._gives_up_at_us, Status.NO_TAGS, b""
        due_us, status, content = self._outcome
        return (status, content) if now_us >= due_us else None

    def due_us(self, now_us: int) -> int:
        """Return when `advance` should be called next."""
        return self._outcome[0] if self._outcome is not None else now_us + 5000

    def _act(self, read: AirRead) -> None:
        radio = self._radio
        try:
            operation = self._wish.operation(radio.air.world.memory(read.chip))
        except SceneError:
            return  # it was taken away in this very moment
        done = accessed(radio.air, self._drive, read, operation, read.t_us)
        if done.fault is AccessFault.NO_TAG:
            self._inventory.skip_to(read.t_us + done.took_us)
            return
        ends_us = read.t_us + done.took_us
        if done.fault is not None:
            self._outcome = ends_us, status_of_fault(done.fault, operation), b""
        else:
            self._outcome = ends_us, Status.OK, self._content(read, done)

    def _content(self, read: AirRead, done: Access) -> bytes:
        words = b"".join(word.to_bytes(2, "big") for word in done.words)
        if not self._wish.head:
            return words
        report = TagReport(
            pc=0,
            epc=b"",
            rssi_dbm=round(read.rssi_dbm),
            antenna=read.antenna,
            frequency_khz=read.channel_khz,
            timestamp_ms=self._radio.timestamp_ms(self._began_us, read.t_us),
            phase_deg=int(read.phase_deg) % 180,
            gpio=self._radio.settings.pins.levels,
        )
        return self._wish.head + metadata_octets(report, self._wish.metadata) + words
