"""One active ROSpec: plays its AISpecs on the air and says what happened, in the standard's order.

ROSpec start, tag data, AISpec end, ROSpec end; with "end of ROSpec" the last report comes between the two
ends, else before the AISpec's (LLRP 1.1, section 14.1; facts measured 2026-11).

A ROSpec whose list is through ends, unless a LoopSpec says otherwise. One that starts immediately and has no
stop trigger begins again at once: that is how readers treat clients who put "N tags" into the AISpec's trigger
and expect to go on reading (seen with sllurp and pyllrp on several makes).

What an AccessSpec orders for a tag is done at once when it is read; the air waits meanwhile, and its results are told
when that time is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reader.errors import SceneError
from reader.virtual.air import Air, AirRead, AntennaDrive, Inventory
from reader.virtual.llrp.accessspecs import Executed
from reader.virtual.llrp.codec import encode_parameter
from reader.virtual.llrp.element import Element, make
from reader.virtual.llrp.gpio import InputEdge
from reader.virtual.llrp.reports import Gatherer, TagEntry, entry_of
from reader.virtual.llrp.rospec import AiPlan, AiStop, Observation, RoPlan, Start

__all__ = ["Acts", "Drives", "Event", "Notice", "RoRun", "TagsReported"]

_WARNED_PERCENT = 80  # of the gatherer's room


@dataclass(frozen=True, slots=True)
class Event:
    """Something to notify; ``type`` is the NotificationEventType that switches it, None for what always is."""

    at_us: int
    type: int | None
    element: Element


@dataclass(frozen=True, slots=True)
class TagsReported:
    """Entries to send in a report."""

    at_us: int
    entries: list[TagEntry]


Notice = Event | TagsReported

# What a run needs to know of the reader: how its antennas are driven for an AISpec, now.
Drives = Callable[[AiPlan], list[AntennaDrive]]
# Does to a tag that was just read what is ordered for it; the last argument is the ROSpecID.
Acts = Callable[[AirRead, AntennaDrive, int], Executed | None]


@dataclass(frozen=True, slots=True)
class _Act:
    """An AccessSpec that is being executed on a tag, and what is told of it then."""

    until_us: int
    entry: TagEntry
    at_once: bool


class RoRun:
    """Plays one ROSpec from ``start_us`` until `ended`."""

    def __init__(self, plan: RoPlan, air: Air, gatherer: Gatherer, drives: Drives, acts: Acts, start_us: int) -> None:
        self.plan = plan
        self.ended = False
        self.reads = 0
        self.silenced: frozenset[int] = frozenset()
        self._air = air
        self._gatherer = gatherer
        self._drives = drives
        self._acts = acts
        self._act: _Act | None = None
        self._now_us = start_us
        self._ends_at_us = None if plan.duration_us is None else start_us + plan.duration_us
        self._laps = 0
        self._position = 0
        self._ai: _AiRun | None = None
        self._started = False
        self._overflowed = False
        self._warned = False
        self._report_at_us: int | None = None

    def advance(self, now_us: int) -> Iterator[Notice]:
        """Play up to ``now_us``, yielding what happens as it happens."""
        if not self._started:
            self._started = True
            yield self._ro_event(0)
            self._arm_report_timer()
        while not self.ended:
            ai = self._ai or self._begin_ai()
            acted_us = None if self._act is None else self._act.until_us
            ends = (self._ends_at_us, ai.due_us(), self._report_at_us, acted_us)
            due_us = min([now_us, *(end_us for end_us in ends if end_us is not None)])
            read = ai.next_read(due_us)
            if read is not None:
                self._now_us = read.t_us
                yield from self._gather(read, ai)
                if ai.is_over(read.t_us):
                    yield from self._end_ai()
                continue
            self._now_us = max(self._now_us, due_us)
            if acted_us is not None and due_us >= acted_us:
                yield from self._finish_act()
            elif self._ends_at_us is not None and due_us >= self._ends_at_us:
                yield from self.stop(due_us)
            elif ai.is_over(due_us):
                yield from self._end_ai()
            elif self._report_at_us is not None and due_us >= self._report_at_us:
                yield from self._report()
                self._arm_report_timer()
            else:
                return

    def stop(self, now_us: int, *, preempted_by: int = 0) -> Iterator[Notice]:
        """End the ROSpec now, as STOP_ROSPEC, DISABLE_ROSPEC, its duration or another ROSpec do."""
        self._now_us = max(self._now_us, now_us)
        if self._ai is not None:
            yield from self._end_ai(goes_on=False)
        if not self.ended:
            yield from self._end(preempted_by)

    def felt(self, edge: InputEdge, now_us: int) -> Iterator[Notice]:
        """End what an input ends; to be played up to ``now_us`` before."""
        if self.ended:
            return
        if self.plan.stop_edge == edge:
            yield from self.stop(now_us)
        elif self._ai is not None and self._ai.plan.stop.edge == edge:
            self._now_us = max(self._now_us, now_us)
            yield from self._end_ai()

    def lose_gathered(self, now_us: int) -> Iterator[Notice]:
        """Forget what was gathered, as when the memory is full."""
        self._now_us = max(self._now_us, now_us)
        self._gatherer.take()
        yield Event(self._now_us, None, make("ReportBufferOverflowErrorEvent"))

    def skip_to(self, now_us: int) -> None:
        """Let time pass without air, as when the machine slept."""
        if self._ai is not None:
            self._ai.inventory.skip_to(now_us)

    def silence(self, ports: frozenset[int]) -> None:
        """Unplug the antennas of ``ports``."""
        self.silenced = ports
        if self._ai is not None:
            self._ai.inventory.silenced = ports

    def _begin_ai(self) -> _AiRun:
        plan = self.plan.specs[self._position]
        self._ai = _AiRun(plan, self._air, self._drives(plan), self._now_us)
        self._ai.inventory.silenced = self.silenced
        return self._ai

    def _gather(self, read: AirRead, ai: _AiRun) -> Iterator[Notice]:
        self.reads += 1
        pc = self._pc_of(read)
        executed = self._acts(read, ai.drive_of(read.antenna), self.plan.id)
        if executed is None:
            yield from self._taken(self._gatherer.add(read, ai.plan.index, ai.plan.inventory_id, pc))
            return
        entry = entry_of(read, ai.plan.index, ai.plan.inventory_id, pc)
        entry.access_id = executed.id
        entry.results = b"".join(encode_parameter(result) for result in executed.results)
        until_us = read.t_us + executed.took_us
        ai.inventory.skip_to(until_us)
        self._act = _Act(until_us, entry, executed.at_once)

    def _pc_of(self, read: AirRead) -> int | None:
        try:
            return self._air.world.memory(read.chip).pc
        except SceneError:  # it was taken out of the world since it was read
            return None

    def _finish_act(self) -> Iterator[Notice]:
        act, self._act = self._act, None
        if act is None:
            return
        self._now_us = max(self._now_us, act.until_us)
        if act.at_once:
            yield TagsReported(self._now_us, [act.entry])
        else:
            yield from self._taken(self._gatherer.add_apart(act.entry))

    def _taken(self, has_room: bool) -> Iterator[Notice]:
        """Say what follows from an entry that was taken, or for which there was no room."""
        if has_room:
            self._overflowed = False
        elif not self._overflowed:
            self._overflowed = True
            yield Event(self._now_us, None, make("ReportBufferOverflowErrorEvent"))
        if self._gatherer.percent_full < _WARNED_PERCENT:
            self._warned = False
        elif not self._warned:
            self._warned = True
            warning = make("ReportBufferLevelWarningEvent", ReportBufferPercentageFull=self._gatherer.percent_full)
            yield Event(self._now_us, 3, warning)
        if self._gatherer.is_full():
            yield from self._report()

    def _end_ai(self, *, goes_on: bool = True) -> Iterator[Notice]:
        ai = self._ai
        assert ai is not None, "an AISpec runs"
        yield from self._finish_act()
        self._ai = None
        # A slot that had begun is played to its end; the next AISpec cannot begin before.
        self._now_us = max(self._now_us, ai.inventory.now_us)
        if self._gatherer.plan.at == "ai":
            yield from self._report()
        yield from self._ai_events(ai)
        if not goes_on:
            return
        self._position += 1
        if self._position < len(self.plan.specs):
            return
        self._position = 0
        self._laps += 1
        if self.plan.loops is not None:
            yield Event(self._now_us, 9, make("SpecLoopEvent", ROSpecID=self.plan.id, LoopCount=self._laps % (1 << 32)))
            if self.plan.loops == 0 or self._laps < self.plan.loops:
                return
        if self.plan.loops is None and self._goes_on_for_ever():
            yield from self._report_at_ro_end()
            yield self._ro_event(1)
            yield self._ro_event(0)
            return
        yield from self._end()

    def _goes_on_for_ever(self) -> bool:
        return self.plan.start is Start.IMMEDIATE and self.plan.duration_us is None

    def _end(self, preempted_by: int = 0) -> Iterator[Notice]:
        self.ended = True
        yield from self._report_at_ro_end()
        yield self._ro_event(2 if preempted_by else 1, preempted_by)

    def _report_at_ro_end(self) -> Iterator[Notice]:
        if self._gatherer.plan.at == "ro":
            yield from self._report()

    def _report(self) -> Iterator[Notice]:
        if len(self._gatherer):
            yield TagsReported(self._now_us, self._gatherer.take())

    def _arm_report_timer(self) -> None:
        period_us = self._gatherer.plan.period_us
        self._report_at_us = None if period_us is None else self._now_us + period_us

    def _ro_event(self, kind: int, preempted_by: int = 0) -> Event:
        event = make("ROSpecEvent", EventType=kind, ROSpecID=self.plan.id, PreemptingROSpecID=preempted_by)
        return Event(self._now_us, 2, event)

    def _ai_events(self, ai: _AiRun) -> Iterator[Notice]:
        fields = {"EventType": 0, "ROSpecID": self.plan.id, "SpecIndex": ai.plan.index}
        slots = make(
            "C1G2SingulationDetails",
            NumCollisionSlots=min(0xFFFF, ai.inventory.slots.collisions),
            NumEmptySlots=min(0xFFFF, ai.inventory.slots.empties),
        )
        yield Event(self._now_us, 6, make("AISpecEvent", **fields))
        yield Event(self._now_us, 7, make("AISpecEvent", slots, **fields))


class _AiRun:
    """One AISpec in force, and when it is over."""

    def __init__(self, plan: AiPlan, air: Air, drives: list[AntennaDrive], start_us: int) -> None:
        self.plan = plan
        self.drives = drives
        self.inventory = Inventory(air, drives, start_us)
        self._start_us = start_us
        self._tags = 0
        self._unique: set[str] = set()
        self._last_us = start_us
        self._last_unique_us = start_us

    def next_read(self, until_us: int) -> AirRead | None:
        read = self.inventory.next_read(until_us)
        if read is not None:
            self._tags += 1
            self._last_us = read.t_us
            if self.plan.stop.observation is not None and read.epc not in self._unique:
                self._unique.add(read.epc)
                self._last_unique_us = read.t_us
        return read

    def drive_of(self, port: int) -> AntennaDrive:
        """Return how the antenna of a port is driven."""
        return next(drive for drive in self.drives if drive.port == port)

    def due_us(self) -> int | None:
        """Return when it would be over by time alone."""
        stop = self.plan.stop
        ends = [self._start_us + span_us for span_us in (stop.duration_us, stop.timeout_us) if span_us is not None]
        if stop.observation is Observation.SILENCE:
            ends.append(self._last_us + stop.quiet_us)
        if stop.observation is Observation.NO_NEW_UNIQUE:
            ends.append(self._last_unique_us + stop.quiet_us)
        return min(ends, default=None)

    def is_over(self, now_us: int) -> bool:
        due_us = self.due_us()
        return (due_us is not None and now_us >= due_us) or self._has_observed(self.plan.stop)

    def _has_observed(self, stop: AiStop) -> bool:
        match stop.observation:
            case Observation.N_TAGS:
                return self._tags >= stop.tags
            case Observation.N_UNIQUE:
                return len(self._unique) >= stop.tags
            case Observation.N_ATTEMPTS:
                return self.inventory.slots.rounds >= stop.attempts
            case _:
                return False
