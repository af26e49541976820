"""A reader that speaks LLRP, supervised: one thread owns its socket, connects, watches, and connects again.

What to send and what received bytes mean is `session`'s; here are the socket, the thread and the account of both.
"""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Sequence
from typing import Final

import structlog

from reader.backoff import Backoff
from reader.errors import ProfileError, ReaderBusyError, ReaderError, ReaderRefusedError
from reader.host_clock import HostClock
from reader.llrp.clock import ReaderClock
from reader.llrp.link import Link, Waker, host_and_port
from reader.llrp.session import Session
from reader.model import LinkState, ReaderEvent, ReaderEventKind, ReaderHealth, TagRead
from reader.port import Clock
from reader.profile import Profile
from reader.read_queue import ReadQueue, ReadRate

__all__ = ["LlrpReader", "open_llrp_reader"]

log = structlog.get_logger()

_CONNECT_S: Final = 1.5  # one retransmission of SYN (at 1 s) and its way back
_STEADY_S: Final = 2.0  # a link that was up for less has not recovered: no attempt at once, or both sides would spin
_MAX_EVENTS: Final = 1000  # staff look at the last few; nobody looks at a thousand
_STOP_MARGIN_S: Final = 0.2  # of the deadline, for the thread to end in


def open_llrp_reader(profile: Profile, address: str, name: str) -> LlrpReader:
    """Return a reader on the host's own clock, not started."""
    return LlrpReader(profile, address, name, HostClock(), random.Random())


class LlrpReader:
    """Implements `reader.port.TagReader` over LLRP.

    Args:
        profile: What the reader is and shall do.
        address: host:port or [v6]:port; 5084 where the port is left out.
        name: What staff call it.
        clock: The host's time.
        random: Jitter for reconnecting.

    Raises:
        ProfileError: The address is none.
    """

    def __init__(self, profile: Profile, address: str, name: str, clock: Clock, random: random.Random) -> None:
        self._profile = profile
        self._host, self._port = host_and_port(address)
        self._name = name
        self._clock = clock
        self._backoff = Backoff(random)
        self._reader_clock = ReaderClock()
        self._queue = ReadQueue()
        self._rate = ReadRate()
        self._events: deque[ReaderEvent] = deque(maxlen=_MAX_EVENTS)
        self._waker = Waker()
        self._thread: threading.Thread | None = None
        self._stop_by_s: float | None = None  # set once, by `stop`
        self._up_since_s: float | None = None  # only the thread's
        self._health = ReaderHealth(LinkState.CONNECTING)
        self._account = threading.Lock()  # guards what follows and `_health`
        self._last_read_s: float | None = None
        self._reads = 0
        self._connects = 0
        self._malformed = 0

    @property
    def name(self) -> str:
        """The name the configuration gives it."""
        return self._name

    def start(self) -> None:
        """Begin to connect; returns at once. Nothing happens the second time."""
        if self._thread is None and self._stop_by_s is None:
            self._thread = threading.Thread(target=self._run, name=f"llrp {self._name}", daemon=True)
            self._thread.start()

    def poll(self, timeout_s: float) -> Sequence[TagRead]:
        """Return the reads since the last call, waiting at most ``timeout_s`` for the first."""
        return self._queue.take(timeout_s)

    def events(self) -> Sequence[ReaderEvent]:
        """Return, once, what happened besides tags."""
        taken: list[ReaderEvent] = []
        while self._events:
            taken.append(self._events.popleft())
        return taken

    def clock_us(self) -> int:
        """Return the reader's clock now; the host's UTC while nothing was heard of the reader's."""
        known = self._reader_clock.now_us(self._clock.monotonic_s())
        return self._clock.utc_us() if known is None else known

    def health(self) -> ReaderHealth:
        """Return the state of the link and of the reader."""
        now_s = self._clock.monotonic_s()
        with self._account:
            health = self._health
            return ReaderHealth(
                state=health.state,
                detail=health.detail,
                model=health.model,
                firmware=health.firmware,
                tx_power_dbm=health.tx_power_dbm,
                last_read_age_s=None if self._last_read_s is None else now_s - self._last_read_s,
                reads_per_s=self._rate.per_s(now_s),
                reads=self._reads,
                connects=self._connects,
                malformed=self._malformed,
            )

    def stop(self, deadline_s: float = 10.0) -> None:
        """Silence the reader and close the link, within ``deadline_s`` at most."""
        if self._stop_by_s is not None:
            return
        self._stop_by_s = self._clock.monotonic_s() + max(0.0, deadline_s - _STOP_MARGIN_S)
        if self._thread is None:
            self._end()
        else:
            self._waker.wake()
            self._thread.join(deadline_s)
            if self._thread.is_alive():
                # Only the system's name lookup can hold it; it is a daemon, and ends with the process.
                log.warning("reader_thread_left_behind", reader=self._name)
                return
        self._waker.close()

    def _run(self) -> None:
        while self._stop_by_s is None:
            began_s = self._clock.monotonic_s()
            try:
                self._connection()
            except ReaderError as error:
                self._lost(error)
            except Exception as error:  # a bug of ours must not leave a lane with a silent reader
                log.exception("reader_driver_failed", reader=self._name)
                self._lost(ReaderError(f"the driver failed: {error!r}"))
            if self._up_since_s is not None and self._clock.monotonic_s() - self._up_since_s >= _STEADY_S:
                self._backoff.reset()
            self._up_since_s = None
            if self._stop_by_s is None:
                self._rest_until(began_s + self._backoff.next_s())
        self._end()

    def _rest_until(self, due_s: float) -> None:
        while self._stop_by_s is None:
            left_s = due_s - self._clock.monotonic_s()
            if left_s <= 0:
                return
            self._waker.wait(left_s)

    def _end(self) -> None:
        self._set_state(LinkState.CLOSED, "")
        self._queue.close()

    def _connection(self) -> None:
        """Live through one connection; return when it was left on purpose."""
        with Link.connect(self._host, self._port, _CONNECT_S, self._waker) as link:
            session = Session(self._profile, self._reader_clock, self._clock.monotonic_s())
            while not session.is_over:
                link.send(session.take_outgoing())
                received = link.wait(self._patience_s(session))
                now_s = self._clock.monotonic_s()
                was_reading = session.is_reading
                try:
                    if received is not None:
                        session.receive(received, now_s)
                    session.tick(now_s)
                finally:
                    if session.is_reading and not was_reading:
                        self._up(session)  # before its first reads are seen
                    self._collect(session, now_s)
                if self._stop_by_s is not None:
                    session.leave(now_s)
                    if now_s >= self._stop_by_s:
                        return

    def _patience_s(self, session: Session) -> float:
        due_s = session.due_s if self._stop_by_s is None else min(session.due_s, self._stop_by_s)
        return due_s - self._clock.monotonic_s()

    def _collect(self, session: Session, now_s: float) -> None:
        """Take over what happened in the session."""
        reads = session.take_reads()
        if reads:
            dropped = self._queue.put(reads)
            with self._account:
                self._reads += len(reads)
                self._last_read_s = now_s
                self._rate.add(len(reads), now_s)
            if dropped:
                self._note(ReaderEventKind.BUFFER_OVERFLOWED, f"{dropped} reads dropped: nobody polls")
        for noticed in session.take_noticed():
            if noticed.kind is ReaderEventKind.MALFORMED:
                with self._account:
                    self._malformed += 1
            self._note(noticed.kind, noticed.detail)

    def _note(self, kind: ReaderEventKind, detail: str) -> None:
        self._events.append(ReaderEvent(self._clock.monotonic_s(), kind, detail))

    def _up(self, session: Session) -> None:
        assert session.setup is not None
        seen, plan = session.setup.capabilities, session.setup.plan
        known = self._profile.model
        is_known = seen.model_id in known.model_ids
        model = self._profile.origin.device if is_known else f"maker {seen.manufacturer}, model {seen.model_id}"
        with self._account:
            self._connects += 1
            self._health = ReaderHealth(
                LinkState.UP, model=model, firmware=seen.firmware, tx_power_dbm=plan.tx_power_dbm
            )
        self._up_since_s = self._clock.monotonic_s()
        self._note(ReaderEventKind.LINK_UP, f"{model}, {plan.tx_power_dbm:.2f} dBm on {list(plan.antennas)}")
        log.info("reader_up", reader=self._name, model=model, tx_power_dbm=plan.tx_power_dbm)
        if known.model_ids and not is_known:
            log.warning("reader_model_differs", reader=self._name, model=model, profile=self._profile.name)

    def _lost(self, error: ReaderError) -> None:
        if self._stop_by_s is not None:
            return
        is_refusal = isinstance(error, ReaderBusyError | ReaderRefusedError | ProfileError)
        state = LinkState.REFUSED if is_refusal else LinkState.DOWN
        if self._set_state(state, str(error)):
            self._note(ReaderEventKind.REFUSED if is_refusal else ReaderEventKind.LINK_LOST, str(error))
            log.warning("reader_refused" if is_refusal else "reader_down", reader=self._name, reason=str(error))

    def _set_state(self, state: LinkState, detail: str) -> bool:
        """Set the state of the link; return whether anything changed, so that retries stay quiet."""
        with self._account:
            before = self._health
            self._health = ReaderHealth(state, detail, before.model, before.firmware)
        return (before.state, before.detail) != (state, detail)
