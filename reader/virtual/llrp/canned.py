"""Reports whose tags are encoded beforehand, for benches: what is measured then is not this reader's air.

1. While a ROSpec is active, reports of a fixed number of tags come at a rate, or as fast as they are taken. Their
   layout is what the ROSpec's selector asks for; EPCs, antennas and RSSI vary; time stamps are the present.
2. The air is not played meanwhile, and report triggers are not looked at. Starts, stops, durations and events are as
   always.
3. A few messages are encoded when the ROSpec starts; from then on only their ids and time stamps are written anew.
   Nothing is kept that was not asked for: who sends says how many bytes there is room for.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

from reader.virtual.llrp.codec import HEADER_BYTES
from reader.virtual.llrp.reports import TagEntry, TagWriter
from reader.virtual.llrp.rospecs import RoSpec
from reader.virtual.llrp.run import RoRun

__all__ = ["CannedFlow", "CannedReports", "CannedSource"]

_MESSAGES = 16  # encoded beforehand, with other tags in each
_RO_ACCESS_REPORT = 61
_HEADER = struct.Struct(">HII")
_STAMP = struct.Struct(">Q")
_SGTIN_96 = bytes.fromhex("3036451FD400")  # of the company prefix that GS1 keeps for examples
_LATE_US = 1_000_000  # what could not be sent for longer than this is left out


@dataclass(frozen=True, slots=True)
class CannedReports:
    """How many tags in a report, and how many reports a second; None for as many as the client takes."""

    tags_per_message: int
    messages_per_s: float | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.tags_per_message <= 2000:
            raise ValueError(f"a report holds 1 to 2000 tags, not {self.tags_per_message}")
        if self.messages_per_s is not None and self.messages_per_s <= 0:
            raise ValueError(f"reports come at a rate above 0 a second, not {self.messages_per_s}")


class CannedSource:
    """The reports of one active ROSpec since ``start_us``.

    ports: of the antennas that read. seed: of the tags' EPCs and RSSI.
    """

    def __init__(
        self, order: CannedReports, writer: TagWriter, ports: tuple[int, ...], start_us: int, seed: int
    ) -> None:
        self._order = order
        self._writer = writer
        self._due_us = float(start_us)
        self._stamps = self._stamp_places(ports[0])
        self._messages = cycle(list(self._encoded(ports, random.Random(f"{seed}/canned"))))
        self.reads = 0

    def frames(self, now_us: int, utc_offset_us: int, version: int, room: int) -> Iterator[bytes]:
        """Yield the reports that are due, as long as they fit into ``room`` bytes; their ids count from 0."""
        rate = self._order.messages_per_s
        self._due_us = max(self._due_us, now_us - _LATE_US)
        while rate is None or self._due_us <= now_us:
            message = next(self._messages)
            room -= len(message)
            if room < 0:
                return
            if rate is not None:
                self._due_us += 1e6 / rate
            self._renew(message, now_us + utc_offset_us, version, self.reads // self._order.tags_per_message)
            self.reads += self._order.tags_per_message
            yield bytes(message)

    def due_us(self, now_us: int) -> int:
        """Return when the next report is due."""
        return now_us if self._order.messages_per_s is None else int(self._due_us)

    def _renew(self, message: bytearray, utc_us: int, version: int, id: int) -> None:
        _HEADER.pack_into(message, 0, version << 10 | _RO_ACCESS_REPORT, len(message), id % (1 << 32))
        size = (len(message) - HEADER_BYTES) // self._order.tags_per_message
        for place in self._stamps:
            for tag, at in enumerate(range(HEADER_BYTES + place, len(message), size)):
                _STAMP.pack_into(message, at, utc_us + tag)

    def _encoded(self, ports: tuple[int, ...], draw: random.Random) -> Iterator[bytearray]:
        for number in range(_MESSAGES):
            tags = b"".join(
                self._writer.write(self._entry(number * self._order.tags_per_message + tag, ports, draw), 0)
                for tag in range(self._order.tags_per_message)
            )
            yield bytearray(HEADER_BYTES) + tags

    def _entry(self, number: int, ports: tuple[int, ...], draw: random.Random) -> TagEntry:
        epc = (_SGTIN_96 + number.to_bytes(6, "big")).hex().upper()
        return TagEntry(
            epc=epc,
            spec_index=1,
            inventory_id=1,
            antenna=ports[number % len(ports)],
            channel=1,
            rssi_dbm=draw.uniform(-65.0, -35.0),
            first_us=0,
            last_us=0,
            phase_deg=draw.uniform(0.0, 360.0),
            chip=epc,
        )

    def _stamp_places(self, port: int) -> list[int]:
        """Return where a tag's time stamps stand: where it differs when only they do."""
        entry = self._entry(0, (port,), random.Random(0))
        never = self._writer.write(entry, 0)
        entry.first_us = entry.last_us = (1 << 64) - 1
        differing = [at for at, (a, b) in enumerate(zip(never, self._writer.write(entry, 0), strict=True)) if a != b]
        return differing[:: _STAMP.size]


class CannedFlow:
    """The reports of whatever ROSpec is active, each run of it from its own start."""

    def __init__(self, order: CannedReports, seed: int) -> None:
        self._order = order
        self._seed = seed
        self._run: RoRun | None = None
        self._source: CannedSource | None = None
        self._ended_reads = 0

    @property
    def reads(self) -> int:
        """Tags sent so far."""
        return self._ended_reads + (self._source.reads if self._source else 0)

    @property
    def is_endless(self) -> bool:
        """Whether there is always one more report, so that only who takes them keeps them from coming."""
        return self._order.messages_per_s is None

    def frames(
        self, active: RoSpec | None, now_us: int, utc_offset_us: int, version: int, room: int
    ) -> Iterator[bytes]:
        """Yield what is due, as `CannedSource.frames` does."""
        source = self._source_of(active, now_us)
        return iter(()) if source is None else source.frames(now_us, utc_offset_us, version, room)

    def due_us(self, active: RoSpec | None, now_us: int) -> int | None:
        """Return when the next report is due; None without an active ROSpec."""
        source = self._source_of(active, now_us)
        return None if source is None else source.due_us(now_us)

    def _source_of(self, active: RoSpec | None, now_us: int) -> CannedSource | None:
        run = None if active is None else active.run
        if run is not self._run:
            self._ended_reads, self._run, self._source = self.reads, run, None
            if active is not None:
                ports = active.plan.specs[0].ports
                self._source = CannedSource(self._order, active.writer, ports, now_us, self._seed)
        return self._source
