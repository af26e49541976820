"""Several readers as one: a lane whose pad, or a doorway whose two sides, have a reader each.

1. The first reader's antenna ports keep their numbers, the second's begin at 1001: no clash, whatever a reader says it
   has, and `reader.basket` can see whose turns are whose.
2. Times are brought to one clock, the host's, by what each reader's clock is believed to show at the same moment.
3. The health is that of the worst: half a pad reads half a basket, and must not sell it. A reader that is away does
   not stop the others; they go on and are heard.
4. One thread per reader waits for its reads, so that none waits for another.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

import structlog

from reader.model import JOINED_STEP, LinkState, ReaderEvent, ReaderEventKind, ReaderHealth, TagRead
from reader.port import Clock, TagReader
from reader.read_queue import ReadQueue

__all__ = ["JoinedReader"]

log = structlog.get_logger()

_TURN_S: Final = 0.1  # how late the end is noticed; reads wake the thread at once
_RETRY_S: Final = 1.0
_MAX_EVENTS: Final = 1000
_QUICK_US: Final = 1_000  # two clocks that were looked at within this are looked at together
_WORSE: Final = (LinkState.UP, LinkState.CONNECTING, LinkState.DOWN, LinkState.REFUSED, LinkState.CLOSED)


class JoinedReader:
    """Implements `TagReader`.

    Args:
        name: What staff call the whole.
        readers: At least one, not started. Their `health` and `clock_us` are asked while they are polled, which a
            supervised reader bears.
        clock: The host's time.
    """

    def __init__(self, name: str, readers: Sequence[TagReader], clock: Clock) -> None:
        self._name = name
        self._clock = clock
        self._origin_us = clock.utc_us() - round(clock.monotonic_s() * 1e6)
        self._members = [_Member(place, reader) for place, reader in enumerate(readers)]
        self._queue = ReadQueue()
        self._events: deque[ReaderEvent] = deque(maxlen=_MAX_EVENTS)
        self._turn = threading.Lock()  # guards starting and stopping
        self._over = threading.Event()
        self._deadline_s = 0.0
        self._threads: list[threading.Thread] = []

    @property
    def name(self) -> str:
        """The name of the whole."""
        return self._name

    def start(self) -> None:
        """Begin to connect all; returns at once. Nothing happens the second time."""
        with self._turn:
            if self._threads or self._over.is_set():
                return
            for member in self._members:
                member.reader.start()
                title = f"joined {self._name} {member.reader.name}"
                self._threads.append(threading.Thread(target=self._run, args=(member,), name=title, daemon=True))
            for thread in self._threads:
                thread.start()

    def poll(self, timeout_s: float) -> Sequence[TagRead]:
        """Return the reads of all since the last call, oldest first, waiting at most ``timeout_s`` for the first."""
        return sorted(self._queue.take(timeout_s), key=lambda read: read.t_us)

    def events(self) -> Sequence[ReaderEvent]:
        """Return, once, what happened to any of them; the detail says to which."""
        return [self._events.popleft() for _ in range(len(self._events))]

    def clock_us(self) -> int:
        """Return the common clock now: the host's UTC as of when they were joined, and steady since."""
        return self._origin_us + round(self._clock.monotonic_s() * 1e6)

    def health(self) -> ReaderHealth:
        """Return the state of the worst, and the sum of what they read; the detail names those that are not up."""
        each = [(member, member.reader.health()) for member in self._members]
        every = [health for _, health in each]
        powers = {member.label(port): power for member, health in each for port, power in health.tx_powers_dbm.items()}
        gone = [member.label(port) for member, health in each for port in health.antennas_gone]
        return ReaderHealth(
            state=max((health.state for health in every), key=_WORSE.index),
            detail="; ".join(
                f"{member.reader.name}: {health.detail or health.state}"
                for member, health in each
                if health.state is not LinkState.UP and not self._over.is_set()
            ),
            model=_listed(health.model for health in every),
            firmware=_listed(health.firmware for health in every),
            tx_power_dbm=max((h.tx_power_dbm for h in every if h.tx_power_dbm is not None), default=None),
            last_read_age_s=min((h.last_read_age_s for h in every if h.last_read_age_s is not None), default=None),
            reads_per_s=sum(health.reads_per_s for health in every),
            reads=sum(health.reads for health in every),
            connects=max(health.connects for health in every),
            malformed=sum(health.malformed for health in every),
            tx_powers_dbm=powers,
            antennas_gone=tuple(sorted(gone)),
            clock_offset_s=max(
                (h.clock_offset_s for h in every if h.clock_offset_s is not None), key=abs, default=None
            ),
            temperature_c=max((h.temperature_c for h in every if h.temperature_c is not None), default=None),
        )

    def stop(self, deadline_s: float = 10.0) -> None:
        """Stop all, side by side, within ``deadline_s`` at most."""
        with self._turn:
            if self._over.is_set():
                return
            self._deadline_s = max(0.0, deadline_s - 2 * _TURN_S)
            self._over.set()
        due_s = self._clock.monotonic_s() + deadline_s
        if not self._threads:
            for member in self._members:
                member.reader.stop(max(0.0, due_s - self._clock.monotonic_s()))
        for thread in self._threads:
            thread.join(max(0.0, due_s - self._clock.monotonic_s()))
        self._queue.close()

    def _run(self, member: _Member) -> None:
        while not self._over.is_set():
            try:
                self._take(member)
            except Exception:  # a bug of ours must not leave a lane with half of its readers
                log.exception("reader_join_failed", reader=member.reader.name)
                self._over.wait(_RETRY_S)
        member.reader.stop(self._deadline_s)

    def _take(self, member: _Member) -> None:
        reads = member.reader.poll(_TURN_S)
        if reads:
            shift_us = member.shift_us(self)
            taken = [read._replace(t_us=read.t_us + shift_us, antenna=member.label(read.antenna)) for read in reads]
            dropped = self._queue.put(taken)
            if dropped:
                words = f"{dropped} reads dropped: nobody polls"
                self._events.append(ReaderEvent(self._clock.monotonic_s(), ReaderEventKind.BUFFER_OVERFLOWED, words))
        for event in member.reader.events():
            antenna = None if event.antenna is None else member.label(event.antenna)
            detail = f"{member.reader.name}: {event.detail}" if event.detail else member.reader.name
            self._events.append(event._replace(detail=detail, antenna=antenna))


def _listed(words: Iterable[str]) -> str:
    return " + ".join(dict.fromkeys(word for word in words if word))


class _Member:
    """One of the readers."""

    def __init__(self, place: int, reader: TagReader) -> None:
        self.reader = reader
        self._first = place * JOINED_STEP
        self._shift_us: int | None = None  # only its thread's

    def label(self, port: int) -> int:
        """Return the number of its port in the whole. Rule 1."""
        return self._first + port

    def shift_us(self, whole: JoinedReader) -> int:
        """Return how far the common clock is ahead of the reader's."""
        before_us = whole.clock_us()
        theirs_us = self.reader.clock_us()
        # Whoever was interrupted between the two looks would shift a whole batch by as much.
        if self._shift_us is None or whole.clock_us() - before_us <= _QUICK_US:
            self._shift_us = before_us - theirs_us
        return self._shift_us
