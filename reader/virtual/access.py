"""Acting on one tag in the air: what comes of an access command, and how long it takes. Pure but for the tag's memory.

1. A tag answers while the carrier powers it. To store something it needs more power than to answer; where it gets
   less, it says so (`AccessFault.WEAK`).
2. Every command is one exchange; a weak link may lose the reply. The reader asks up to three times, then it is
   `AccessFault.NO_TAG`. What a tag was told it has done all the same, though nobody heard it say so.
3. Words are written one after the other, or two at a time in blocks; a tag that is carried away meanwhile keeps those
   that were written. What the tag refuses it refuses before the first word.
4. An operation is played at once, at the time it begins; whoever asks lets `Access.took_us` pass before anything else.

Source: Gen2 2.1, section 6.3.2.12.3. The power that writing takes, the tries and the length of a block are
assumptions; see `TagNature.write_margin_db`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from reader.access import AccessFault
from reader.errors import SceneError
from reader.virtual.air import Air, AirRead, AntennaDrive, Inventory
from reader.virtual.gen2 import access_times
from reader.virtual.memory import MemoryFaultError, TagMemory
from reader.virtual.operations import Kill, Operation, Read, SetLocks, Write

__all__ = ["Access", "accessed", "singulated"]

_TRIES = 3
_BLOCK_WORDS = 2  # what a BlockWrite of a common chip takes


@dataclass(frozen=True, slots=True)
class Access:
    """What came of one operation.

    fault: None where it succeeded. words: what was read. words_written: as far as the tag said so, also where it fell
    silent then. took_us: air time. changed_epc: whether the tag has another PC or EPC now.
    """

    fault: AccessFault | None
    words: tuple[int, ...] = ()
    words_written: int = 0
    took_us: int = 0
    changed_epc: bool = False


def accessed(air: Air, drive: AntennaDrive, read: AirRead, operation: Operation, now_us: int) -> Access:
    """Do ``operation`` on the tag of ``read``, which the antenna of ``drive`` has just heard, from ``now_us`` on.

    Never raises for what a tag does. Several operations on one tag are several calls with the time in between.
    """
    try:
        memory = air.world.memory(read.chip)
    except SceneError:  # it was taken out of the world since it was read
        return Access(AccessFault.NO_TAG)
    had = (memory.pc, memory.epc)
    call = _Call(air, drive, read, now_us)
    fault = None
    try:
        call.operate(memory, operation)
    except MemoryFaultError as error:
        fault = error.fault
    air.written(read.chip)
    took_us = int(call.now_us) - now_us
    return Access(fault, call.words, call.words_written, took_us, had != (memory.pc, memory.epc))


def singulated(
    air: Air,
    drive: AntennaDrive,
    now_us: int,
    within_us: int,
    selects: Callable[[TagMemory], bool] | None = None,
) -> AirRead | None:
    """Return the first tag that is heard within a time and that ``selects`` lets pass (None: any); for readers that
    look for a tag anew at every command.

    It is an inventory like any other: tags whose flag is not the one that ``drive`` asks for stay silent.
    """
    return Inventory(air, [replace(drive, selects=selects)], now_us).next_read(now_us + within_us)


class _Call:
    """A tag that is called by its handle. Where it falls silent or refuses, `MemoryFaultError` says why."""

    def __init__(self, air: Air, drive: AntennaDrive, read: AirRead, now_us: int) -> None:
        self.now_us = float(now_us)
        self.words: tuple[int, ...] = ()
        self.words_written = 0
        self._air = air
        self._drive = drive
        self._chip = read.chip
        self._channel = read.channel - 1
        self._times = access_times(drive.mode)

    def operate(self, memory: TagMemory, operation: Operation) -> None:
        """Do one operation."""
        self._exchange(self._times.handle)
        if not isinstance(operation, Kill) and operation.password:
            self._exchange(self._times.password)
        match operation:
            case Read():
                self._read(memory, operation)
            case Write():
                self._write(memory, operation)
            case SetLocks():
                self._can_store()
                self._allowed(lambda: memory.lock(dict(operation.locks), operation.password))
                self._exchange(self._times.lock)
            case Kill():
                self._can_store()
                self._allowed(lambda: memory.kill(operation.password))
                self._exchange(self._times.kill, tries=1)  # a dead tag is not heard by asking again

    def _read(self, memory: TagMemory, operation: Read) -> None:
        words: list[int] = []
        self._allowed(
            lambda: words.extend(memory.read(operation.bank, operation.address, operation.count, operation.password))
        )
        self._exchange(self._times.read + len(words) * self._times.read_word)
        self.words = tuple(words)

    def _write(self, memory: TagMemory, operation: Write) -> None:
        at, words = operation.address, operation.words
        self._allowed(lambda: memory.check_write(operation.bank, at, len(words), operation.password))
        step = _BLOCK_WORDS if operation.in_blocks else 1
        told = 0
        try:
            for start in range(0, len(words), step):
                self._can_store()
                told = min(len(words), start + step)
                if operation.in_blocks:
                    self._exchange(self._times.block + (told - start) * self._times.block_word)
                else:
                    self._exchange(self._times.write)
                self.words_written = told
        finally:
            # In one go: the tag stays in the state in which it was called, also while its password changes.
            memory.write(operation.bank, at, words[:told], operation.password)

    def _allowed(self, ask: Callable[[], None]) -> None:
        try:
            ask()
        except MemoryFaultError:
            self.now_us += self._times.refusal
            raise

    def _can_store(self) -> None:
        reply = self._air.reply_of(self._drive, self._chip, self._channel, self.now_us)
        if reply is None:
            raise MemoryFaultError(AccessFault.NO_TAG)
        if reply.margin_db < reply.nature.write_margin_db:
            self.now_us += self._times.refusal
            raise MemoryFaultError(AccessFault.WEAK)

    def _exchange(self, air_us: float, tries: int = _TRIES) -> None:
        for _ in range(tries):
            reply = self._air.reply_of(self._drive, self._chip, self._channel, self.now_us)
            self.now_us += air_us
            if reply is not None and self._air.random.random() < reply.heard:
                return
        raise MemoryFaultError(AccessFault.NO_TAG)
