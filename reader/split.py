"""One reader, its reads divided by antenna port among several lanes.

1. A port belongs to one lane; reads of a port that belongs to none are dropped.
2. One thread polls the reader and deals out; each lane has a queue, events and an account of its own.
3. The reader is started with the first lane and stopped when the last has stopped, whether it was started or not.
4. What is about no port (the link went down, the reader restarted) is every lane's to know.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Final

import structlog

from reader.model import LinkState, ReaderEvent, ReaderEventKind, ReaderHealth, TagRead
from reader.port import Clock, TagReader
from reader.read_queue import ReadQueue, ReadRate

__all__ = ["split_by_antenna"]

log = structlog.get_logger()

_TURN_S: Final = 0.1  # how late the end is noticed; reads wake the thread at once
_RETRY_S: Final = 1.0
_MAX_EVENTS: Final = 1000


def split_by_antenna(reader: TagReader, ports: Mapping[str, Collection[int]], clock: Clock) -> dict[str, TagReader]:
    """Return a reader for each name, which sees what ``reader`` reads at its ports.

    Args:
        reader: Not started. Its `health` and `clock_us` are asked while it is polled, which a supervised reader bears.
        ports: Antenna ports by the name of the lane's share.
        clock: The host's time.

    Raises:
        ValueError: A port belongs to two.
    """
    owned = [port for own in ports.values() for port in own]
    if len(set(owned)) < len(owned):
        raise ValueError(f"an antenna port of reader {reader.name} belongs to two lanes: {sorted(owned)}")
    dealer = _Dealer(reader, clock)
    for name, own in ports.items():
        dealer.shares.append(_Share(name, frozenset(own), dealer, clock))
    return {share.name: share for share in dealer.shares}


class _Share:
    """Implements `TagReader`: what one lane sees of the reader."""

    def __init__(self, name: str, ports: frozenset[int], dealer: _Dealer, clock: Clock) -> None:
        self.ports = ports
        self.is_started = False
        self.is_stopped = False
        self._name = name
        self._dealer = dealer
        self._clock = clock
        self._queue = ReadQueue()
        self._events: deque[ReaderEvent] = deque(maxlen=_MAX_EVENTS)
        self._account = threading.Lock()  # guards what follows
        self._rate = ReadRate()
        self._reads = 0
        self._last_read_s: float | None = None

    @property
    def name(self) -> str:
        """The name of the share."""
        return self._name

    def start(self) -> None:
        """Begin to see; the reader begins to connect with the first share."""
        self._dealer.start(self)

    def poll(self, timeout_s: float) -> Sequence[TagRead]:
        """Return the reads of its ports since the last call, waiting at most ``timeout_s`` for the first."""
        return self._queue.take(timeout_s)

    def events(self) -> Sequence[ReaderEvent]:
        """Return, once, what happened to the reader or to its own ports."""
        return [self._events.popleft() for _ in range(len(self._events))]

    def clock_us(self) -> int:
        """Return the reader's clock now."""
        return self._dealer.reader.clock_us()

    def health(self) -> ReaderHealth:
        """Return the reader's health; reads, powers and antennas are its own ports'."""
        whole = self._dealer.reader.health()
        powers = {port: power for port, power in whole.tx_powers_dbm.items() if port in self.ports}
        now_s = self._clock.monotonic_s()
        with self._account:
            own = replace(
                whole,
                tx_powers_dbm=powers,
                tx_power_dbm=max(powers.values(), default=whole.tx_power_dbm),
                antennas_gone=tuple(port for port in whole.antennas_gone if port in self.ports),
                last_read_age_s=None if self._last_read_s is None else now_s - self._last_read_s,
                reads_per_s=self._rate.per_s(now_s),
                reads=self._reads,
            )
        if self.is_stopped:
            return replace(own, state=LinkState.CLOSED, detail="")
        return own if self.is_started else replace(own, state=LinkState.CONNECTING, detail="not started")

    def stop(self, deadline_s: float = 10.0) -> None:
        """See no more; the last share stops the reader, within ``deadline_s`` at most."""
        self._dealer.stop(self, deadline_s)

    def take(self, reads: list[TagRead]) -> None:
        """Queue the reads of its ports; those of before its start are nobody's."""
        if not self.is_started or self.is_stopped:
            return
        now_s = self._clock.monotonic_s()
        dropped = self._queue.put(reads)
        with self._account:
            self._reads += len(reads)
            self._last_read_s = now_s
            self._rate.add(len(reads), now_s)
        if dropped:
            self.note(ReaderEvent(now_s, ReaderEventKind.BUFFER_OVERFLOWED, f"{dropped} reads dropped: nobody polls"))

    def note(self, event: ReaderEvent) -> None:
        """Keep an event until it is asked for."""
        self._events.append(event)

    def close(self) -> None:
        """Let nobody wait any more."""
        self.is_stopped = True
        self._queue.close()


class _Dealer:
    """Polls the reader and deals out to the shares."""

    def __init__(self, reader: TagReader, clock: Clock) -> None:
        self.reader = reader
        self.shares: list[_Share] = []
        self._clock = clock
        self._turn = threading.Lock()  # guards starting and stopping
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, share: _Share) -> None:
        with self._turn:
            if share.is_stopped:
                return
            share.is_started = True
            if self._thread is None:
                self.reader.start()
                self._thread = threading.Thread(target=self._run, name=f"split {self.reader.name}", daemon=True)
                self._thread.start()

    def stop(self, share: _Share, deadline_s: float) -> None:
        with self._turn:
            if share.is_stopped:
                return
            share.close()
            if not all(other.is_stopped for other in self.shares):
                return
            self._over.set()
            due_s = self._clock.monotonic_s() + deadline_s
            self.reader.stop(max(0.0, deadline_s - 2 * _TURN_S))
            if self._thread is not None:
                self._thread.join(max(0.0, due_s - self._clock.monotonic_s()))

    def _run(self) -> None:
        owner = {port: share for share in self.shares for port in share.ports}
        while not self._over.is_set():
            try:
                self._deal(owner)
            except Exception:  # a bug of ours must not leave every lane of this reader blind
                log.exception("reader_split_failed", reader=self.reader.name)
                self._over.wait(_RETRY_S)

    def _deal(self, owner: Mapping[int, _Share]) -> None:
        hands: dict[_Share, list[TagRead]] = {}
        for read in self.reader.poll(_TURN_S):
            share = owner.get(read.antenna)
            if share is not None:
                hands.setdefault(share, []).append(read)
        for event in self.reader.events():
            for share in self.shares:
                if event.antenna is None or event.antenna in share.ports:
                    share.note(event)
        for share, reads in hands.items():
            share.take(reads)
