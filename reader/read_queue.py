"""Reads on their way from a reader's thread to whoever polls."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

from reader.model import TagRead

__all__ = ["ReadQueue", "ReadRate"]

# About a minute of the fastest reader (1,100 reads/s, vendor claim), 15 MB; who is away longer has lost the shopper.
_DEFAULT_LIMIT: Final = 65_536
_BUCKET_S: Final = 0.5
_BUCKETS: Final = 4


class ReadQueue:
    """A bounded queue: when it is full the oldest reads give way, and are counted."""

    def __init__(self, limit: int = _DEFAULT_LIMIT) -> None:
        self._reads: deque[TagRead] = deque(maxlen=limit)
        self._limit = limit
        self._ready = threading.Condition()
        self._is_closed = False
        self.dropped = 0

    def put(self, reads: list[TagRead]) -> int:
        """Append ``reads``; return how many older ones were dropped for them."""
        with self._ready:
            dropped = max(0, len(self._reads) + len(reads) - self._limit)
            self._reads.extend(reads)
            self.dropped += dropped
            self._ready.notify_all()
        return dropped

    def take(self, timeout_s: float) -> list[TagRead]:
        """Return all that waits, oldest first; wait for the first at most ``timeout_s``."""
        with self._ready:
            self._ready.wait_for(lambda: self._reads or self._is_closed, timeout=max(0.0, timeout_s))
            taken = list(self._reads)
            self._reads.clear()
        return taken

    def close(self) -> None:
        """Let nobody wait any more; what is in it can still be taken."""
        with self._ready:
            self._is_closed = True
            self._ready.notify_all()


class ReadRate:
    """How many reads came per second, over the last two. Times are passed in."""

    def __init__(self) -> None:
        self._buckets: deque[tuple[int, int]] = deque(maxlen=_BUCKETS + 1)

    def add(self, count: int, now_s: float) -> None:
        """Count reads that arrived now."""
        bucket = int(now_s / _BUCKET_S)
        if self._buckets and self._buckets[-1][0] == bucket:
            self._buckets[-1] = bucket, self._buckets[-1][1] + count
        else:
            self._buckets.append((bucket, count))

    def per_s(self, now_s: float) -> float:
        """Return the rate over the whole half-seconds that are over, at most four."""
        current = int(now_s / _BUCKET_S)
        counted = sum(count for bucket, count in tuple(self._buckets) if current - _BUCKETS <= bucket < current)
        return counted / (_BUCKETS * _BUCKET_S)
