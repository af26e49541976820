"""Ten minutes of each driver at full speed: memory stays flat, the link holds, and no serial frame is lost.

`TAGTILL_SOAK_S` says how long, in seconds; 600 unless it is set. The readers are processes of their own that send
prepared reports; the memory is this process's.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from bench._full_line import BYTES_PER_TAG, TAGS
from bench.llrp_stream import PROMISED_READS_PER_S, reader_process
from bench.serial_wire import BITS_PER_BYTE, LEAST_OF_LINE, full_line, profile_of
from reader.model import LinkState, ReaderEventKind, TagRead
from reader.port import TagReader
from reader.profile import load_profile
from reader.registry import open_reader

SOAK_S = float(os.environ.get("TAGTILL_SOAK_S", "600"))
GROWTH_BYTES = 4 << 20  # allocators breathe; a leak of one byte for a hundred reads would be more in ten minutes
SAMPLE_S = SOAK_S / 60
FAST_BAUD = 921_600

pytestmark = [pytest.mark.deep, pytest.mark.processes, pytest.mark.timeout(SOAK_S + 120)]


class Soak:
    """What a consumer saw in `SOAK_S` of reading. ``is_numbered``: tags say in the end of their EPC which they are."""

    def __init__(self, reader: TagReader, *, is_numbered: bool) -> None:
        self.reads = 0
        self.lost = 0
        self._is_numbered = is_numbered
        self._last: int | None = None
        held: list[int] = []
        reader.start()
        began_s = sampled_s = time.monotonic()
        while reader.health().state is not LinkState.UP:
            reader.poll(0.05)
            assert time.monotonic() - began_s < 30, reader.health()
        reader.events()
        began_s = sampled_s = time.monotonic()
        while (now_s := time.monotonic()) - began_s < SOAK_S:
            self._take(reader.poll(0.2))
            if now_s - sampled_s >= SAMPLE_S:
                held.append(_resident_bytes())
                sampled_s = now_s
        self.reads_per_s = self.reads / (now_s - began_s)
        self.health = reader.health()
        self.events = reader.events()
        reader.stop()
        # From a tenth of the time on, when all that is ever needed was needed once, to its last tenth; the least of
        # each, because what waits for the consumer comes and goes.
        self.growth_bytes = min(held[-6:]) - min(held[6:12])

    def _take(self, reads: Sequence[TagRead]) -> None:
        self.reads += len(reads)
        if not self._is_numbered:
            return
        numbers = [int(read.epc[-6:], 16) for read in reads]
        if self._last is not None:
            numbers.insert(0, self._last)
        self.lost += sum((after - before - 1) % TAGS for before, after in pairwise(numbers))
        self._last = numbers[-1] if numbers else None


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_llrp_at_full_speed() -> None:
    with reader_process(200) as address:
        soak = Soak(open_reader(load_profile("virtual-pad"), address), is_numbered=False)

    assert soak.reads_per_s >= PROMISED_READS_PER_S
    assert soak.growth_bytes < GROWTH_BYTES
    assert (soak.health.state, soak.health.connects, soak.health.malformed) == (LinkState.UP, 1, 0)
    # It is a thousand times what a reader sends: a consumer that is held up for a moment loses the oldest, and is told.
    assert {event.kind for event in soak.events} <= {ReaderEventKind.BUFFER_OVERFLOWED}


@pytest.mark.parametrize("family", sorted(BYTES_PER_TAG))
def test_a_serial_line_at_full_speed(family: str) -> None:
    with full_line(family, FAST_BAUD) as device:
        soak = Soak(open_reader(profile_of(family, FAST_BAUD), device), is_numbered=True)

    assert soak.reads_per_s >= LEAST_OF_LINE * FAST_BAUD / BITS_PER_BYTE / BYTES_PER_TAG[family]
    assert soak.lost == 0
    assert soak.growth_bytes < GROWTH_BYTES
    assert (soak.health.state, soak.health.connects, soak.health.malformed) == (LinkState.UP, 1, 0)
    assert soak.events == []
