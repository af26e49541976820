"""What keeps a Mercury module busy: a stream, a buffered search, the search for one tag, an access."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

from reader.virtual.serial.mercury_access import AccessWish, Acting
from reader.virtual.serial.mercury_buffer import TagBuffer
from reader.virtual.serial.mercury_frames import answer
from reader.virtual.serial.mercury_radio import Radio, Sweep
from reader.virtual.serial.mercury_search import Search
from reader.virtual.serial.mercury_settings import Config
from reader.virtual.serial.mercury_status import Status
from reader.virtual.serial.mercury_tags import MetadataFlag, record_octets, single_octets
from reader.virtual.serial.module import Said

__all__ = ["STOPPED", "AccessTask", "BufferedTask", "SingleTask", "StreamTask", "Task"]

STOPPED: Final = b"\x02"
_READ_SINGLE: Final = 0x21
_READ_MULTIPLE: Final = 0x22
_READ_DATA: Final = 0x28
_STREAM: Final = 0x2F
_TAG: Final = b"\x01"
_TICK_US: Final = 10_000
# What is embedded into a search is counted behind its tags.
_EMBEDDED_READ: Final = bytes((1, _READ_DATA))


class Task(Protocol):
    """Something that goes on in time. Must implement: everything here."""

    @property
    def is_over(self) -> bool:
        """Whether the module is free again."""

    def advance(self, now_us: int) -> Iterator[Said]:
        """Play up to ``now_us``, yielding what is said on the way."""

    def due_us(self, now_us: int) -> int:
        """Return when `advance` should be called next at the latest."""

    def skip_to(self, now_us: int) -> None:
        """Let time pass without air."""


class StreamTask:
    """Tag after tag, and a sign of life at the end of every cycle, until it is stopped."""

    def __init__(self, radio: Radio, search: Search, now_us: int) -> None:
        self.is_over = False
        self._radio = radio
        self._search = search
        self._sweep = Sweep(radio, search, now_us)
        self._begins_us = now_us
        self._told_at_us: dict[tuple[str, int], int] = {}
        self._told = 0

    def advance(self, now_us: int) -> Iterator[Said]:
        """Play up to ``now_us``: tags, and a keep-alive or the reason of silence after each cycle."""
        while not self.is_over:
            ends_us = self._begins_us + self._search.on_us
            yield from self._tags(min(now_us, ends_us))
            if now_us < ends_us or self.is_over:
                return
            yield self._sign_of_life(ends_us)
            self._begins_us = ends_us + self._search.off_us
            self._sweep.skip_to(self._begins_us)

    def due_us(self, now_us: int) -> int:
        """Return when reads may have come: a tick on."""
        return now_us + _TICK_US

    def skip_to(self, now_us: int) -> None:
        """Let time pass without air or keep-alives."""
        self._begins_us = now_us
        self._sweep.skip_to(now_us)

    def _tags(self, until_us: int) -> Iterator[Said]:
        search = self._search
        for read in self._sweep.reads(until_us):
            if self._was_told(read.epc, read.antenna, read.t_us):
                continue
            report = self._sweep.report(read, self._begins_us)
            if report is None:
                continue
            metadata = search.metadata.to_bytes(2, "big")
            content = search.head + metadata + _TAG + record_octets(report, search.metadata)
            yield Said(answer(_READ_MULTIPLE, Status.OK, content), is_tag=True)
            self._told += 1
            if self._told == search.stop_after:
                self.is_over = True
                yield Said(answer(_STREAM, Status.OK, STOPPED))
                return

    def _was_told(self, epc: str, antenna: int, t_us: int) -> bool:
        filter_us = self._radio.settings.read_filter_us
        if filter_us is None:
            return False
        key = (epc, 0 if self._radio.settings.flag(Config.UNIQUE_BY_ANTENNA) else antenna)
        told_at_us = self._told_at_us.get(key)
        if told_at_us is not None and t_us - told_at_us < filter_us:
            return True
        self._told_at_us[key] = t_us
        return False

    def _sign_of_life(self, now_us: int) -> Said:
        status = self._radio.trouble(self._radio.settings.antennas.ports(self._search.flags)) or Status.NO_TAGS
        content = b""
        if self._search.is_extended:
            time_ms = self._radio.timestamp_ms(self._begins_us, now_us)
            content = self._search.head + MetadataFlag.TIMESTAMP.to_bytes(2, "big") + _TAG + time_ms.to_bytes(4, "big")
        return Said(answer(_READ_MULTIPLE, status, content))


class BufferedTask:
    """Fills the tag buffer for a while, then says how many tags it found."""

    def __init__(self, radio: Radio, search: Search, buffer: TagBuffer, now_us: int) -> None:
        self.is_over = False
        self._radio = radio
        self._search = search
        self._buffer = buffer
        self._sweep = Sweep(radio, search, now_us)
        self._began_us = now_us
        self._before = len(buffer)
        self._embedded_good = self._embedded_bad = 0

    def advance(self, now_us: int) -> Iterator[Said]:
        """Play up to ``now_us``; answer when the time is up, or the radio has nothing to send with."""
        ends_us = self._began_us + self._search.on_us
        status = self._fill(min(now_us, ends_us))
        if status is None and not self._radio.drives(self._search):
            ends_us = now_us  # why not is told at once
        found = len(self._buffer) - self._before
        has_enough = bool(self._search.stop_after) and found >= self._search.stop_after
        if status is None and not has_enough and now_us < ends_us:
            return
        self.is_over = True
        status = status or self._radio.trouble(self._radio.settings.antennas.ports(self._search.flags))
        if status is None and not found:
            status = Status.NO_TAGS
        yield Said(answer(_READ_MULTIPLE, status or Status.OK, b"" if status else self._counted(found)))

    def due_us(self, now_us: int) -> int:
        """Return when the time is up."""
        return min(now_us + 5 * _TICK_US, self._began_us + self._search.on_us)

    def skip_to(self, now_us: int) -> None:
        """Let time pass without air."""
        self._sweep.skip_to(now_us)

    def _fill(self, until_us: int) -> Status | None:
        settings = self._radio.settings
        by_antenna = not settings.flag(Config.UNIQUE_BY_ANTENNA)
        highest = settings.flag(Config.RECORD_HIGHEST_RSSI)
        for read in self._sweep.reads(until_us):
            report = self._sweep.report(read, self._began_us)
            if report is None:
                continue
            self._embedded_good += bool(report.embedded)
            self._embedded_bad += report.embedded is None
            is_full = self._radio.takes_buffer_overflow()
            if is_full or not self._buffer.add(report, by_antenna=by_antenna, keeps_highest_rssi=highest):
                return Status.BUFFER_FULL
        return None

    def _counted(self, found: int) -> bytes:
        search = self._search
        if search.counts_in_four_bytes:
            content = search.head + found.to_bytes(4, "big")
        else:
            content = search.head + bytes((min(found, 0xFF),))
        if search.embedded is not None:
            counts = (self._embedded_good, self._embedded_bad)
            content += _EMBEDDED_READ + b"".join(min(count, 0xFFFF).to_bytes(2, "big") for count in counts)
        return content


class SingleTask:
    """Looks for one tag and says its EPC."""

    def __init__(self, radio: Radio, search: Search, now_us: int) -> None:
        self.is_over = False
        self._radio = radio
        self._search = search
        self._sweep = Sweep(radio, search, now_us)
        self._began_us = now_us

    def advance(self, now_us: int) -> Iterator[Said]:
        """Play up to ``now_us``; answer with the first tag, or that there was none."""
        ends_us = self._began_us + self._search.on_us
        for read in self._sweep.reads(min(now_us, ends_us)):
            report = self._sweep.report(read, self._began_us)
            if report is not None:
                self.is_over = True
                yield Said(answer(_READ_SINGLE, Status.OK, single_octets(report)))
                return
        trouble = self._radio.trouble(self._radio.settings.antennas.ports(self._search.flags))
        if trouble is not None or now_us >= ends_us:
            self.is_over = True
            yield Said(answer(_READ_SINGLE, trouble or Status.NO_TAGS))

    def due_us(self, now_us: int) -> int:
        """Return when a tag may have come."""
        return now_us + _TICK_US

    def skip_to(self, now_us: int) -> None:
        """Let time pass without air."""
        self._sweep.skip_to(now_us)


class AccessTask:
    """Acts on one tag and says what came of it."""

    def __init__(self, radio: Radio, opcode: int, wish: AccessWish, now_us: int) -> None:
        self.is_over = False
        self._radio = radio
        self._opcode = opcode
        self._trouble = radio.trouble((radio.settings.antennas.access_port,))
        self._acting = None if self._trouble is not None else Acting(radio, wish, now_us)

    def advance(self, now_us: int) -> Iterator[Said]:
        """Play up to ``now_us``; answer when it is done, or could not be."""
        if self._acting is None:
            self.is_over = True
            yield Said(answer(self._opcode, self._trouble or Status.ANTENNA))
            return
        outcome = self._acting.advance(now_us)
        if outcome is not None:
            self.is_over = True
            yield Said(answer(self._opcode, *outcome))

    def due_us(self, now_us: int) -> int:
        """Return when it may be done."""
        return self._acting.due_us(now_us) if self._acting is not None else now_us

    def skip_to(self, now_us: int) -> None:
        """Time that a tag did not see is none; the search for it goes on."""
