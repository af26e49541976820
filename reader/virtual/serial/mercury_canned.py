"""A stream whose tags are encoded beforehand, for benches: it costs nothing, and fills any line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Final

from reader.virtual.serial.canned import CANNED_PC, CANNED_TAGS, canned_epc, canned_rssi_dbm
from reader.virtual.serial.mercury_frames import answer
from reader.virtual.serial.mercury_search import Search
from reader.virtual.serial.mercury_status import Status
from reader.virtual.serial.mercury_tags import TagReport, record_octets
from reader.virtual.serial.module import Said

__all__ = ["CannedStream"]

_READ_MULTIPLE: Final = 0x22


class CannedStream:
    """Keep-alives as in any stream; tags whenever the line has room."""

    def __init__(self, search: Search, now_us: int, antennas: int) -> None:
        self.is_over = False
        self.reads = 0
        self._search = search
        self._ends_us = now_us + search.on_us
        self._frames = cycle([_frame(search, number, antennas) for number in range(CANNED_TAGS)])

    def next_tag(self) -> Said:
        """Return the next tag; there is always one."""
        self.reads += 1
        return next(self._frames)

    def advance(self, now_us: int) -> Iterator[Said]:
        """Yield the keep-alives that are due."""
        while now_us >= self._ends_us:
            self._ends_us += self._search.on_us + self._search.off_us
            content = self._search.head + bytes.fromhex("00100100000000") if self._search.is_extended else b""
            yield Said(answer(_READ_MULTIPLE, Status.NO_TAGS, content))

    def due_us(self, now_us: int) -> int:  # noqa: ARG002 - a stream of the air needs to know
        """Return when the next keep-alive is due."""
        return self._ends_us

    def skip_to(self, now_us: int) -> None:
        """Leave keep-alives out that nobody could hear."""
        self._ends_us = max(self._ends_us, now_us)


def _frame(search: Search, number: int, antennas: int) -> Said:
    report = TagReport(
        pc=CANNED_PC,
        epc=canned_epc(number),
        rssi_dbm=canned_rssi_dbm(number),
        antenna=1 + number % antennas,
        frequency_khz=866_300,
        timestamp_ms=number,
        phase_deg=7 * number % 180,
    )
    metadata = search.metadata
    content = search.head + metadata.to_bytes(2, "big") + b"\x01" + record_octets(report, metadata)
    return Said(answer(_READ_MULTIPLE, Status.OK, content), is_tag=True)
