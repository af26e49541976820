"""The reader's clock, estimated on the host. Pure: host times are passed in.

1. A timestamp is made before it arrives, so host time − reader time is never less than the true offset; the smallest
   one of the last `_WINDOW_S` is the best estimate. The window lets the estimate follow the drift of the two clocks.
2. A reader's clock that jumps forward gives a smaller offset at once: nothing to do.
3. One that jumps back gives only greater offsets. When all of at least `_PROOF_COUNT` timestamps within `_PROOF_S`
   are late by more than `_JUMP_US`, the old ones are forgotten. Reports that a reader had held back look the same for
   a moment, but are followed by fresh ones.
"""

from __future__ import annotations

from collections import deque
from typing import Final

__all__ = ["ReaderClock"]

_WINDOW_S: Final = 60.0
_BUCKET_S: Final = 1.0
_PROOF_S: Final = 2.0
_PROOF_COUNT: Final = 5
_JUMP_US: Final = 250_000
_EARLIEST_UTC_US: Final = 1_000_000_000_000_000  # 2001-09; no reader is switched on for 30 years


class ReaderClock:
    """Relates the reader's clock (µs, any origin) to the host's monotonic one (s).

    One thread tells what it `saw`; any may ask `now_us`.
    """

    def __init__(self) -> None:
        self._buckets: deque[tuple[float, int]] = deque()  # (host time of its first, smallest offset in µs)
        self._smallest_us: int | None = None  # of all buckets; read by other threads, so one plain value
        self._late_since_s: float | None = None
        self._late_count = 0
        self._late_offset_us = 0

    @property
    def is_known(self) -> bool:
        """Whether any timestamp was seen."""
        return self._smallest_us is not None

    def saw(self, reader_us: int, host_s: float) -> None:
        """Take notice of a reader timestamp that arrived at ``host_s``."""
        offset_us = round(host_s * 1e6) - reader_us
        if self._is_proof_of_a_jump(offset_us, host_s):
            self._buckets.clear()
            offset_us = self._late_offset_us
            self._late_since_s = None
        if self._buckets and host_s - self._buckets[-1][0] < _BUCKET_S:
            began_s, smallest = self._buckets[-1]
            self._buckets[-1] = began_s, min(smallest, offset_us)
        else:
            self._buckets.append((host_s, offset_us))
        while len(self._buckets) > 1 and host_s - self._buckets[0][0] > _WINDOW_S:
            self._buckets.popleft()
        self._smallest_us = min(smallest for _, smallest in self._buckets)

    def _is_proof_of_a_jump(self, offset_us: int, host_s: float) -> bool:
        if self._smallest_us is None or offset_us - self._smallest_us <= _JUMP_US:
            self._late_since_s = None
            return False
        if self._late_since_s is None:
            self._late_since_s, self._late_count, self._late_offset_us = host_s, 0, offset_us
        self._late_count += 1
        self._late_offset_us = min(self._late_offset_us, offset_us)
        return self._late_count >= _PROOF_COUNT and host_s - self._late_since_s >= _PROOF_S

    def now_us(self, host_s: float) -> int | None:
        """Return the reader's clock at ``host_s``, or None while nothing was seen."""
        smallest_us = self._smallest_us
        return None if smallest_us is None else round(host_s * 1e6) - smallest_us

    def ahead_of_utc_s(self, host_s: float, utc_us: int) -> float | None:
        """Return how far the reader's clock is ahead of the host's UTC; None where it counts from another origin.

        A reader without a clock of its own counts from when it was switched on: that is never UTC.
        """
        reader_us = self.now_us(host_s)
        return None if reader_us is None or reader_us < _EARLIEST_UTC_US else (reader_us - utc_us) / 1e6
