"""A tag reader without a link: what the test puts in is what is polled."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from reader.model import LinkState, ReaderEvent, ReaderHealth, TagRead
from reader.read_queue import ReadQueue


class FakeReader:
    """Implements `TagReader`. `state` is what the test makes it; `now_us` is its clock, which stands still."""

    def __init__(self, name: str = "fake", health: ReaderHealth | None = None, now_us: int = 0) -> None:
        self.name = name
        self.now_us = now_us
        self.current = health or ReaderHealth(LinkState.UP)
        self.starts = 0
        self.stops: list[float] = []
        self.is_polled = threading.Event()
        self._queue = ReadQueue()
        self._events: deque[ReaderEvent] = deque()

    def see(self, *reads: TagRead) -> None:
        self._queue.put(list(reads))

    def tell(self, *events: ReaderEvent) -> None:
        self._events.extend(events)
        self.see()  # whoever polls comes by

    def start(self) -> None:
        self.starts += 1

    def poll(self, timeout_s: float) -> Sequence[TagRead]:
        self.is_polled.set()
        return self._queue.take(timeout_s)

    def events(self) -> Sequence[ReaderEvent]:
        return [self._events.popleft() for _ in range(len(self._events))]

    def clock_us(self) -> int:
        return self.now_us

    def health(self) -> ReaderHealth:
        return self.current

    def stop(self, deadline_s: float = 10.0) -> None:
        self.stops.append(deadline_s)
        self.current = ReaderHealth(LinkState.CLOSED)
        self._queue.close()


def read(epc: str, antenna: int = 1, t_us: int = 0) -> TagRead:
    return TagRead(t_us, epc, antenna, -50.0)


def polled(reader: object, count: int) -> list[TagRead]:
    """Poll until ``count`` reads came; a reader that never gives them gives what it had."""
    reads: list[TagRead] = []
    for _ in range(50):
        reads += reader.poll(0.1)  # type: ignore[attr-defined]  # any reader
        if len(reads) >= count:
            break
    return reads
