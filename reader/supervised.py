"""A supervised reader, whatever it speaks: one thread owns the link, connects, watches, and connects again.

What to send and what received bytes mean is the `Conversation`'s; here are the link, the thread, the account of both,
and the queue of what other threads ask for.
"""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf
from typing import Final

import structlog

from reader.access import Accessed, TagOperation, TagTarget, act_in_words, fault_in_words
from reader.backoff import Backoff
from reader.conversation import AccessErrand, Conversation, Errand, Found, Outcome, OutputErrand, RetuneErrand
from reader.errors import (
    ProfileError,
    ReaderBusyError,
    ReaderError,
    ReaderGoneError,
    ReaderRefusedError,
    ReaderTimeoutError,
    TagAccessError,
)
from reader.model import LinkState, ReaderEvent, ReaderEventKind, ReaderHealth, TagRead
from reader.port import ByteLink, Clock
from reader.profile import Profile
from reader.read_queue import ReadQueue, ReadRate
from reader.reader_clock import ReaderClock
from reader.waker import Waker

__all__ = ["Connect", "Converse", "SupervisedReader"]

log = structlog.get_logger()

_STEADY_S: Final = 2.0  # a link that was up for less has not recovered: no attempt at once, or both sides would spin
_MAX_EVENTS: Final = 1000  # staff look at the last few; nobody looks at a thousand
_STOP_MARGIN_S: Final = 0.2  # of the deadline, for the thread to end in
# A line that spoils every frame would push everything else out of the events within seconds; `malformed` counts them.
_MALFORMED_AGAIN_S: Final = 10.0
_MAX_REASONS: Final = 16  # why a link is down: attempts that fail in turn for two reasons tell each once
_OUTCOME_MARGIN_S: Final = 0.5  # beyond an errand's deadline, for its conversation to say that it is over

Connect = Callable[[Waker], ByteLink]
"""Opens the link, in bounded time, or raises a ReaderError; a wake-up ends the attempt."""

Converse = Callable[[Profile, ReaderClock, float], Conversation]
"""Begins a conversation by a profile at a monotonic time; the clock outlives conversations."""


class _Asked:
    """An errand on its way, and who waits for it."""

    def __init__(self, errand: Errand, due_s: float) -> None:
        self.errand = errand
        self.due_s = due_s
        self.is_done = threading.Event()
        self.is_abandoned = False
        self._outcome = Outcome()

    def finish(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self.is_done.set()

    def results(self) -> tuple[Accessed, ...]:
        if self._outcome.error is not None:
            raise self._outcome.error
        return self._outcome.results


class SupervisedReader:
    """Implements `reader.port.TagReader` and `ReaderControls` over any link and any protocol.

    Args:
        profile: What the reader is and shall do.
        name: What staff call it.
        connect: Opens the link.
        converse: Begins the conversation on a new link.
        clock: The host's time.
        random: Jitter for reconnecting.
    """

    def __init__(
        self,
        profile: Profile,
        name: str,
        connect: Connect,
        converse: Converse,
        clock: Clock,
        random: random.Random,
    ) -> None:
        self._profile = profile
        self._name = name
        self._connect = connect
        self._converse = converse
        self._clock = clock
        self._backoff = Backoff(random)
        self._reader_clock = ReaderClock()
        self._queue = ReadQueue()
        self._rate = ReadRate()
        self._events: deque[ReaderEvent] = deque(maxlen=_MAX_EVENTS)
        self._reasons: deque[str] = deque(maxlen=_MAX_REASONS)  # told since the link was up the last time
        self._malformed_told_s = -inf
        self._waker = Waker()
        self._thread: threading.Thread | None = None
        self._stop_by_s: float | None = None  # set once, by `stop`
        self._up_since_s: float | None = None  # only the thread's
        self._errand: _Asked | None = None  # under way; only the thread's
        self._is_connecting = False
        self._dropped = 0  # reads, since anybody polled
        self._errands: deque[_Asked] = deque()
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
            self._thread = threading.Thread(target=self._run, name=f"reader {self._name}", daemon=True)
            self._thread.start()

    def poll(self, timeout_s: float) -> Sequence[TagRead]:
        """Return the reads since the last call, waiting at most ``timeout_s`` for the first."""
        reads = self._queue.take(timeout_s)
        if self._dropped:
            with self._account:
                dropped, self._dropped = self._dropped, 0
            self._note(ReaderEventKind.BUFFER_OVERFLOWED, f"{dropped} reads were dropped while nobody polled")
        return reads

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
            return replace(
                self._health,
                last_read_age_s=None if self._last_read_s is None else now_s - self._last_read_s,
                reads_per_s=self._rate.per_s(now_s),
                reads=self._reads,
                connects=self._connects,
                malformed=self._malformed,
                clock_offset_s=self._reader_clock.ahead_of_utc_s(now_s, self._clock.utc_us()),
            )

    def perform(
        self, target: TagTarget, operations: Sequence[TagOperation], timeout_s: float = 5.0
    ) -> tuple[Accessed, ...]:
        """Do ``operations`` in order on one tag; see `ReaderControls.perform`."""
        try:
            return self._ask(AccessErrand(target, tuple(operations)), timeout_s)
        except TagAccessError as error:
            raise _worded(error, target, operations) from error

    def set_output(self, port: int, *, is_on: bool, timeout_s: float = 5.0) -> None:
        """Switch a general purpose output; see `ReaderControls.set_output`."""
        self._ask(OutputErrand(port, is_on), timeout_s)

    def retune(self, profile: Profile, timeout_s: float = 5.0) -> None:
        """Put another profile in force; see `ReaderControls.retune`. Without a link it is kept for the next one."""
        if profile.driver != self._profile.driver or profile.model.name != self._profile.model.name:
            raise ProfileError(
                f"profile {profile.name} is for {profile.model.name} by {profile.driver}, but the reader was opened "
                f"as {self._profile.model.name} by {self._profile.driver}"
            )
        self._ask(RetuneErrand(profile), timeout_s)

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

    def _ask(self, errand: Errand, timeout_s: float) -> tuple[Accessed, ...]:
        if self._thread is None or self._stop_by_s is not None:
            raise ReaderGoneError(f"the reader {self._name} is not started, or stopped")
        asked = _Asked(errand, self._clock.monotonic_s() + timeout_s)
        self._errands.append(asked)
        if not self._is_connecting:  # a wake-up would end the attempt; what is asked is looked at when it is over
            self._waker.wake()
        if self._stop_by_s is not None:  # between the look above and now; nobody may take it any more
            raise ReaderGoneError(f"the reader {self._name} was stopped")
        if not asked.is_done.wait(timeout_s + _OUTCOME_MARGIN_S):
            asked.is_abandoned = True
            words = f"not done within {timeout_s:g} s: the reader {self._name} is {self._state_words()}"
            raise ReaderTimeoutError(words) if self._is_up() else ReaderGoneError(words)
        return asked.results()

    def _is_up(self) -> bool:
        with self._account:
            return self._health.state is LinkState.UP

    def _state_words(self) -> str:
        with self._account:
            health = self._health
        return f"{health.state}, {health.detail}" if health.detail else str(health.state)

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
            self._adopt_profiles()
            self._refuse_overdue()
            left_s = due_s - self._clock.monotonic_s()
            if left_s <= 0:
                return
            self._waker.wait(left_s)
            self._waker.clear()

    def _adopt_profiles(self) -> None:
        """Retune while there is no link: the next connection is made by the new profile, and says what it finds."""
        for asked in tuple(self._errands):
            if isinstance(asked.errand, RetuneErrand):
                self._errands.remove(asked)
                if not asked.is_abandoned:
                    self._take_profile(asked.errand.profile)
                    asked.finish(Outcome())

    def _take_profile(self, profile: Profile) -> None:
        self._profile = profile
        self._note(ReaderEventKind.RETUNED, profile.name)
        log.info("reader_retuned", reader=self._name, profile=profile.name)

    def _end(self) -> None:
        self._set_state(LinkState.CLOSED, "")
        self._queue.close()
        gone = ReaderGoneError(f"the reader {self._name} was stopped")
        if self._errand is not None:
            self._errands.append(self._errand)
        while self._errands:
            self._errands.popleft().finish(Outcome(error=gone))

    def _connection(self) -> None:
        """Live through one connection; return when it was left on purpose."""
        with self._connected() as link:
            talk = self._converse(self._profile, self._reader_clock, self._clock.monotonic_s())
            while not talk.is_over:
                link.send(talk.take_outgoing())
                received = link.wait(self._patience_s(talk))
                now_s = self._clock.monotonic_s()
                was_reading = talk.is_reading
                try:
                    if received is not None:
                        talk.receive(received, now_s)
                    talk.tick(now_s)
                finally:
                    if talk.is_reading and not was_reading:
                        self._up(talk)  # before its first reads are seen
                    self._collect(talk, now_s)
                if self._stop_by_s is not None:
                    talk.leave(now_s)
                    if now_s >= self._stop_by_s:
                        return
                else:
                    self._run_errands(talk, now_s)

    def _connected(self) -> ByteLink:
        self._is_connecting = True
        try:
            return self._connect(self._waker)
        finally:
            self._is_connecting = False

    def _patience_s(self, talk: Conversation) -> float:
        due_s = talk.due_s if self._stop_by_s is None else min(talk.due_s, self._stop_by_s)
        due_s = min([due_s, *(asked.due_s for asked in tuple(self._errands))])
        return due_s - self._clock.monotonic_s()

    def _run_errands(self, talk: Conversation, now_s: float) -> None:
        """Finish the errand that is done, begin the next one."""
        self._refuse_overdue()
        if self._errand is not None:
            outcome = talk.take_outcome()
            if outcome is None:
                return
            self._settle(self._errand, outcome, talk)
            self._errand = None
        while talk.is_reading and self._errand is None and self._errands:
            asked = self._errands.popleft()
            if asked.is_abandoned:
                continue
            self._errand = asked
            talk.begin(asked.errand, now_s, asked.due_s)
            outcome = talk.take_outcome()  # some are over before they began
            if outcome is not None:
                self._settle(asked, outcome, talk)
                self._errand = None

    def _settle(self, asked: _Asked, outcome: Outcome, talk: Conversation) -> None:
        if isinstance(asked.errand, RetuneErrand) and outcome.error is None:
            self._show_found(talk)
            self._take_profile(asked.errand.profile)
        asked.finish(outcome)

    def _refuse_overdue(self) -> None:
        """Tell those who waited in vain: for a link, or for the errands before theirs."""
        now_s = self._clock.monotonic_s()
        for asked in [asked for asked in tuple(self._errands) if asked.due_s <= now_s]:
            self._errands.remove(asked)
            words = f"the reader {self._name} is {self._state_words()}"
            is_busy = self._errand is not None
            asked.finish(Outcome(error=ReaderTimeoutError(f"{words}, and busy") if is_busy else ReaderGoneError(words)))

    def _collect(self, talk: Conversation, now_s: float) -> None:
        """Take over what happened in the conversation."""
        reads = talk.take_reads()
        if reads:
            dropped = self._queue.put(reads)
            with self._account:
                self._reads += len(reads)
                self._last_read_s = now_s
                self._rate.add(len(reads), now_s)
            if dropped:
                with self._account:
                    is_first, self._dropped = not self._dropped, self._dropped + dropped
                if is_first:  # the sum is told when somebody polls again: one event a batch would push out all others
                    self._note(ReaderEventKind.BUFFER_OVERFLOWED, "reads are dropped: nobody polls")
        for noticed in talk.take_noticed():
            with self._account:
                gone = set(self._health.antennas_gone)
                if noticed.kind is ReaderEventKind.MALFORMED:
                    self._malformed += 1
                elif noticed.antenna is not None and noticed.kind is ReaderEventKind.ANTENNA_GONE:
                    self._health = replace(self._health, antennas_gone=tuple(sorted(gone | {noticed.antenna})))
                elif noticed.antenna is not None and noticed.kind is ReaderEventKind.ANTENNA_BACK:
                    self._health = replace(self._health, antennas_gone=tuple(sorted(gone - {noticed.antenna})))
            if noticed.kind is not ReaderEventKind.MALFORMED or self._tells_malformed(now_s):
                self._note(noticed.kind, noticed.detail, noticed.antenna)
        if talk.temperature_c != self._health.temperature_c:
            with self._account:
                self._health = replace(self._health, temperature_c=talk.temperature_c)

    def _tells_malformed(self, now_s: float) -> bool:
        if now_s - self._malformed_told_s < _MALFORMED_AGAIN_S:
            return False
        self._malformed_told_s = now_s
        return True

    def _note(self, kind: ReaderEventKind, detail: str, antenna: int | None = None) -> None:
        self._events.append(ReaderEvent(self._clock.monotonic_s(), kind, detail, antenna))

    def _up(self, talk: Conversation) -> None:
        found = self._show_found(talk)
        with self._account:
            self._connects += 1
        self._up_since_s = self._clock.monotonic_s()
        self._reasons.clear()
        powers = ", ".join(f"antenna {port} {power:.2f} dBm" for port, power in sorted(found.tx_powers_dbm.items()))
        self._note(ReaderEventKind.LINK_UP, f"{found.model}, {powers}")
        log.info("reader_up", reader=self._name, model=found.model, powers=powers)
        if not found.is_expected:
            meant = self._profile.model.device or self._profile.model.name
            self._note(ReaderEventKind.MODEL_DIFFERS, f"the profile is for {meant}, this is {found.model}")
            log.warning("reader_model_differs", reader=self._name, model=found.model, profile=self._profile.name)

    def _show_found(self, talk: Conversation) -> Found:
        found = talk.found
        assert found is not None, "a conversation that reads has found a reader"
        with self._account:
            gone = self._health.antennas_gone if self._up_since_s is not None else ()
            self._health = ReaderHealth(
                LinkState.UP,
                model=found.model,
                firmware=found.firmware,
                tx_power_dbm=max(found.tx_powers_dbm.values(), default=None),
                tx_powers_dbm=found.tx_powers_dbm,
                temperature_c=talk.temperature_c,
                antennas_gone=tuple(port for port in gone if port in found.tx_powers_dbm),
            )
        return found

    def _lost(self, error: ReaderError) -> None:
        if self._errand is not None:
            self._errand.finish(Outcome(error=ReaderGoneError(f"the link broke meanwhile: {error}")))
            self._errand = None
        if self._stop_by_s is not None:
            return
        is_refusal = isinstance(error, ReaderBusyError | ReaderRefusedError | ProfileError)
        state = LinkState.REFUSED if is_refusal else LinkState.DOWN
        reason = str(error)
        self._set_state(state, reason)
        if reason not in self._reasons:
            self._reasons.append(reason)
            self._note(ReaderEventKind.REFUSED if is_refusal else ReaderEventKind.LINK_LOST, reason)
            log.warning("reader_refused" if is_refusal else "reader_down", reader=self._name, reason=reason)

    def _set_state(self, state: LinkState, detail: str) -> None:
        with self._account:
            before = self._health
            self._health = ReaderHealth(state, detail, before.model, before.firmware)


def _worded(error: TagAccessError, target: TagTarget, operations: Sequence[TagOperation]) -> TagAccessError:
    """Return the same failure in the same words on every protocol, with the reader's own behind them."""
    failed = operations[min(len(error.done), len(operations) - 1)]
    tag = f" of {target.epc}" if target.epc else ""
    reason = f"{act_in_words(failed)}{tag}: {fault_in_words(error.fault)} ({error})"
    return TagAccessError(error.fault, reason, error.done)
