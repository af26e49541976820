"""The supervisor alone: fakes of its two ports, a link that carries nothing and a conversation that obeys the test."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

import pytest

from reader.access import Bank, ReadWords, TagTarget
from reader.conversation import Errand, Found, Noticed, Outcome, RetuneErrand
from reader.errors import ProfileError, ReaderError, ReaderGoneError, ReaderTimeoutError
from reader.host_clock import HostClock
from reader.model import LinkState, ReaderEventKind, TagRead
from reader.profile import Profile, load_profile
from reader.reader_clock import ReaderClock
from reader.supervised import SupervisedReader
from reader.waker import Waker

PROFILE = load_profile("virtual-pad")
READ = (ReadWords(Bank.USER, 0, 1),)
PATIENCE_S = 10.0


class Quiet:
    """A link on which nothing comes; counts how often it was waited on."""

    def __init__(self, waker: Waker) -> None:
        self.waits = 0
        self._waker = waker

    def send(self, data: bytes) -> None: ...

    def wait(self, timeout_s: float) -> bytes | None:
        self.waits += 1
        self._waker.wait(max(0.0, min(timeout_s, 0.5)))
        self._waker.clear()
        return None

    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


class Talk:
    """A conversation that reads at once; errands end when the test says so, or never."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._noticed: list[Noticed] = []
        self.is_over = False
        self.is_reading = False
        self.temperature_c: float | None = None
        self.due_s = 0.0

    @property
    def found(self) -> Found | None:
        return Found("fake", "1.0", {1: 20.0, 2: 20.0})

    def take_outgoing(self) -> bytes:
        return b""

    def take_reads(self) -> list[TagRead]:
        taken, self._bench.reads = self._bench.reads, []
        return taken

    def take_noticed(self) -> Sequence[Noticed]:
        taken, self._bench.noticed = self._bench.noticed, []
        return taken

    def receive(self, received: bytes, now_s: float) -> None: ...

    def tick(self, now_s: float) -> None:
        self.is_reading = True
        self.due_s = now_s + 0.05
        if self._bench.breaks:
            raise self._bench.breaks.pop()

    def leave(self, now_s: float) -> None:
        self.is_over = True

    def begin(self, errand: Errand, now_s: float, due_s: float) -> None:
        self._bench.begun.append(errand)

    def take_outcome(self) -> Outcome | None:
        return self._bench.outcomes.pop() if self._bench.outcomes else None


class Bench:
    """A supervised reader between the two fakes, and the test's hand on both."""

    def __init__(self) -> None:
        self.reads: list[TagRead] = []
        self.noticed: list[Noticed] = []
        self.begun: list[Errand] = []
        self.outcomes: list[Outcome] = []
        self.breaks: list[Exception] = []
        self.links: list[Quiet] = []
        self.profiles: list[Profile] = []
        self.is_away = False
        self.attempts = 0
        self.reader = SupervisedReader(PROFILE, "r", self._connect, self._converse, HostClock(), random.Random(1))

    def _connect(self, waker: Waker) -> Quiet:
        self.attempts += 1
        if self.is_away:
            waker.wait(0.3)  # as a connect that nobody answers: a wake-up ends it
            raise ReaderGoneError("nobody there")
        self.links.append(Quiet(waker))
        return self.links[-1]

    def _converse(self, profile: Profile, clock: ReaderClock, now_s: float) -> Talk:
        self.profiles.append(profile)
        return Talk(self)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.reader.stop(2.0)


def until(condition: Callable[[], bool]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    ready = threading.Event()
    while not condition():
        assert time.monotonic() < until_s
        ready.wait(0.005)


def up(bench: Bench) -> None:
    bench.reader.start()
    until(lambda: bench.reader.health().state is LinkState.UP)


def outcome_of(call: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Start ``call`` on a thread; return it, and where its result or error will be."""
    said: list[object] = []

    def run() -> None:
        try:
            said.append(call())
        except ReaderError as error:
            said.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, said


def test_an_errand_behind_a_long_one_is_refused_in_time_and_costs_no_processor(bench: Bench) -> None:
    up(bench)
    first, first_said = outcome_of(lambda: bench.reader.perform(TagTarget(), READ, 3.0))
    until(lambda: len(bench.begun) == 1)
    waits = bench.links[0].waits

    with pytest.raises(ReaderTimeoutError, match="busy"):
        bench.reader.perform(TagTarget(), READ, 0.2)
    with pytest.raises(ReaderTimeoutError):
        bench.reader.perform(TagTarget(), READ, 0.1)

    assert bench.links[0].waits - waits < 60  # 0.05 s each, and the wake-ups; spinning makes tens of thousands
    assert len(bench.begun) == 1
    bench.outcomes.append(Outcome())
    first.join(PATIENCE_S)
    assert first_said == [()]


def test_asking_does_not_end_an_attempt_to_connect(bench: Bench) -> None:
    bench.is_away = True
    bench.reader.start()
    until(lambda: bench.attempts >= 1)
    before, began_s = bench.attempts, time.monotonic()

    while time.monotonic() - began_s < 0.6:
        with pytest.raises(ReaderGoneError, match=r"nobody there|connecting"):
            bench.reader.perform(TagTarget(), READ, 0.01)

    assert bench.attempts - before <= 4  # 0.3 s each, not one per question


def test_what_is_asked_without_a_link_is_answered_in_time(bench: Bench) -> None:
    bench.is_away = True
    bench.reader.start()
    began_s = time.monotonic()

    with pytest.raises(ReaderGoneError):
        bench.reader.perform(TagTarget(), READ, 0.4)

    assert time.monotonic() - began_s < 1.5


def test_a_link_that_breaks_ends_its_errand(bench: Bench) -> None:
    up(bench)
    thread, said = outcome_of(lambda: bench.reader.perform(TagTarget(), READ, PATIENCE_S))
    until(lambda: bench.begun != [])

    bench.breaks.append(ReaderGoneError("pulled"))
    thread.join(PATIENCE_S)

    assert isinstance(said[0], ReaderGoneError)
    assert "pulled" in str(said[0])
    until(lambda: bench.reader.health().state is LinkState.UP)


def test_a_bug_of_ours_is_said_and_the_reader_connects_again(bench: Bench) -> None:
    up(bench)

    bench.breaks.append(KeyError("oh"))
    until(lambda: len(bench.links) == 2 and bench.reader.health().state is LinkState.UP)

    told = [event for event in bench.reader.events() if event.kind is ReaderEventKind.LINK_LOST]
    assert "the driver failed: KeyError" in told[0].detail


def test_stop_answers_whoever_waits(bench: Bench) -> None:
    up(bench)
    running, first = outcome_of(lambda: bench.reader.perform(TagTarget(), READ, PATIENCE_S))
    until(lambda: bench.begun != [])
    waiting, second = outcome_of(lambda: bench.reader.set_output(1, is_on=True, timeout_s=PATIENCE_S))

    bench.reader.stop(2.0)
    running.join(PATIENCE_S)
    waiting.join(PATIENCE_S)

    assert isinstance(first[0], ReaderGoneError)
    assert isinstance(second[0], ReaderGoneError)
    with pytest.raises(ReaderGoneError, match="stopped"):
        bench.reader.perform(TagTarget(), READ)


def test_a_profile_is_kept_for_the_next_connection(bench: Bench) -> None:
    bench.is_away = True
    bench.reader.start()
    other = replace(PROFILE, name="other")

    bench.reader.retune(other)
    bench.is_away = False
    until(lambda: bench.reader.health().state is LinkState.UP)

    assert bench.profiles[-1] is other
    assert not any(isinstance(errand, RetuneErrand) for errand in bench.begun)
    assert ReaderEventKind.RETUNED in [event.kind for event in bench.reader.events()]


def test_a_profile_of_another_model_is_refused_at_once(bench: Bench) -> None:
    with pytest.raises(ProfileError, match="was opened as virtual by llrp"):
        bench.reader.retune(load_profile("m100-pad-eu"))


def test_dropped_reads_are_told_twice_however_many_they_are(bench: Bench) -> None:
    up(bench)
    batch = [TagRead(1, "30AA", 1, -40.0)] * 50_000
    bench.reader.events()

    for count in range(1, 13):
        bench.reads = list(batch)
        until(lambda count=count: bench.reader.health().reads >= count * len(batch))  # type: ignore[misc]  # bound now
    bench.reader.poll(0.0)

    told = [event.detail for event in bench.reader.events() if event.kind is ReaderEventKind.BUFFER_OVERFLOWED]
    assert told[0] == "reads are dropped: nobody polls"
    assert len(told) == 2
    assert "reads were dropped while nobody polled" in told[1]
