"""The ROSpecs in the reader: their states, and what their runs have to say.

Disabled, inactive, active, as LLRP 1.1, section 11.2 draws them. What happens is queued, so that a request is
answered before its consequences are told.

One ROSpec is active at a time. One that starts pre-empts an active one of lower priority, which becomes inactive;
against one of the same or a higher priority it does not start. One that starts immediately does so as soon as it may:
also later, when the one that kept it from starting has ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reader.virtual.air import Air
from reader.virtual.llrp.capabilities import Capabilities
from reader.virtual.llrp.element import Element
from reader.virtual.llrp.gpio import InputEdge
from reader.virtual.llrp.refusals import bad_field, too_many
from reader.virtual.llrp.reports import Gatherer, ReportPlan, TagEntry, TagWriter
from reader.virtual.llrp.rospec import RoPlan, RoState, Start
from reader.virtual.llrp.run import Acts, Drives, Notice, RoRun
from reader.virtual.llrp.status import Status

__all__ = ["RoSpec", "RoSpecs"]


@dataclass(slots=True)
class RoSpec:
    """One ROSpec: its plan, its state, what it gathered, and its next periodic start."""

    plan: RoPlan
    gatherer: Gatherer
    writer: TagWriter
    state: RoState = RoState.DISABLED
    run: RoRun | None = None
    starts_at_us: int | None = None


class RoSpecs:
    """All ROSpecs of one reader. Methods that take a request's ``body`` find in it the ROSpecID that it names."""

    def __init__(self, can: Capabilities, air: Air, drives: Drives, acts: Acts) -> None:
        self._can = can
        self._air = air
        self._drives = drives
        self._acts = acts
        self._specs: dict[int, RoSpec] = {}
        self._silenced = self._unplugged = frozenset(range(1, can.antennas + 1)) - can.plugged
        self._ended_reads = 0
        self._told: list[tuple[RoSpec, Notice]] = []

    def __iter__(self) -> Iterator[RoSpec]:
        return iter(self._specs.values())

    @property
    def reads(self) -> int:
        """Singulations so far, of all runs."""
        return self._ended_reads + sum(spec.run.reads for spec in self if spec.run)

    @property
    def active(self) -> RoSpec | None:
        """The one that runs."""
        return next((spec for spec in self if spec.run is not None), None)

    def add(self, plan: RoPlan, report: ReportPlan, writer: TagWriter) -> None:
        """Keep a ROSpec, disabled.

        Raises:
            RefusedError: Its id is taken, or there is no room.
        """
        if plan.id in self._specs:
            raise bad_field(plan.element, "ROSpecID", "this id is taken", code=Status.A_INVALID)
        if len(self._specs) >= self._can.who.max_rospecs:
            raise too_many("ROSpec", f"at most {self._can.who.max_rospecs} ROSpec")
        self._specs[plan.id] = RoSpec(plan, Gatherer(report), writer)

    def delete(self, body: Element, now_us: int) -> None:
        """Forget one ROSpec or all; active ones end first."""
        for spec in self._named(body):
            self._stop(spec, now_us)
            del self._specs[spec.plan.id]

    def enable(self, body: Element, now_us: int) -> None:
        """Make one ROSpec or all ready; those that start immediately do."""
        for spec in self._named(body):
            if spec.state is not RoState.DISABLED:
                continue
            spec.state = RoState.INACTIVE
            if spec.plan.start is Start.IMMEDIATE:
                spec.starts_at_us = now_us
            elif spec.plan.start is Start.PERIODIC:
                spec.starts_at_us = now_us + spec.plan.offset_us
        self._start_due(now_us)

    def disable(self, body: Element, now_us: int) -> None:
        """End one ROSpec or all, and keep them from starting."""
        for spec in self._named(body):
            self._stop(spec, now_us)
            spec.state = RoState.DISABLED
            spec.starts_at_us = None

    def start(self, body: Element, now_us: int) -> None:
        """Start one enabled ROSpec; an active one goes on.

        Raises:
            RefusedError: There is no such ROSpec, it is disabled, or an active one goes before it.
        """
        spec = self._enabled(body)
        if spec.state is RoState.INACTIVE and not self._start(spec, now_us):
            raise bad_field(body, "ROSpecID", "an active ROSpec goes before it", code=Status.A_INVALID)

    def stop(self, body: Element, now_us: int) -> None:
        """End one enabled ROSpec; an inactive one stays so."""
        self._stop(self._enabled(body), now_us)

    def advance(self, now_us: int) -> None:
        """Let time pass."""
        self._start_due(now_us)
        active = self.active
        if active is not None and active.run is not None:
            self._tell(active, active.run.advance(now_us))
            self._settle(active)

    def felt(self, edge: InputEdge, now_us: int) -> None:
        """An enabled input went high or low: what waits for it starts or ends."""
        active = self.active
        if active is not None and active.run is not None:
            self._tell(active, active.run.advance(now_us))
            self._tell(active, active.run.felt(edge, now_us))
            self._settle(active)
        for spec in list(self):
            if spec.state is RoState.INACTIVE and spec.plan.start_edge == edge:
                self._start(spec, now_us)

    def skip_to(self, now_us: int) -> None:
        """Let time pass without air, as when the machine slept."""
        for spec in self:
            if spec.run is not None:
                spec.run.skip_to(now_us)

    def silence(self, ports: frozenset[int]) -> None:
        """Send nothing from ``ports``, nor from those without an antenna; go on with all others."""
        self._silenced = self._unplugged | ports
        for spec in self:
            if spec.run is not None:
                spec.run.silence(self._silenced)

    def lose_gathered(self, now_us: int) -> None:
        """Forget what was gathered, as when the memory is full, and say so."""
        active = self.active
        if active is not None and active.run is not None:
            self._tell(active, active.run.advance(now_us))
            self._tell(active, active.run.lose_gathered(now_us))

    def told(self) -> list[tuple[RoSpec, Notice]]:
        """Return, once, what happened since the last call, in order."""
        told, self._told = self._told, []
        return told

    def gathered(self) -> list[tuple[RoSpec, list[TagEntry]]]:
        """Return, once, what all ROSpecs gathered and did not report yet."""
        return [(spec, spec.gatherer.take()) for spec in self]

    def _named(self, body: Element) -> list[RoSpec]:
        return [self._one(body)] if body.number("ROSpecID") else list(self)

    def _one(self, body: Element) -> RoSpec:
        spec = self._specs.get(body.number("ROSpecID"))
        if spec is None:
            raise bad_field(body, "ROSpecID", "there is no such ROSpec", code=Status.A_INVALID)
        return spec

    def _enabled(self, body: Element) -> RoSpec:
        spec = self._one(body)
        if spec.state is RoState.DISABLED:
            raise bad_field(body, "ROSpecID", "this ROSpec is disabled", code=Status.A_INVALID)
        return spec

    def _start_due(self, now_us: int) -> None:
        """Start what is to start by now, the first in priority first."""
        for spec in sorted(self, key=lambda spec: spec.plan.priority):
            if spec.starts_at_us is None or spec.starts_at_us > now_us or spec.run is not None:
                continue
            if spec.plan.start is Start.PERIODIC:
                self._start(spec, spec.starts_at_us)  # what comes at the wrong time is left out
                # A period of 0 means once.
                spec.starts_at_us = spec.starts_at_us + spec.plan.period_us if spec.plan.period_us else None
            elif self._start(spec, now_us):
                spec.starts_at_us = None

    def _start(self, spec: RoSpec, at_us: int) -> bool:
        """Start a ROSpec unless an active one goes before it; return whether it runs now."""
        active = self.active
        if active is not None:
            if active.plan.priority <= spec.plan.priority:
                return False
            self._stop(active, at_us, preempted_by=spec.plan.id)
            if active.plan.start is Start.IMMEDIATE:
                active.starts_at_us = at_us
        spec.state = RoState.ACTIVE
        spec.run = RoRun(spec.plan, self._air, spec.gatherer, self._drives, self._acts, at_us)
        spec.run.silence(self._silenced)
        return True

    def _stop(self, spec: RoSpec, now_us: int, *, preempted_by: int = 0) -> None:
        if spec.run is not None:
            self._tell(spec, spec.run.advance(now_us))
            self._tell(spec, spec.run.stop(now_us, preempted_by=preempted_by))
            self._settle(spec)

    def _tell(self, spec: RoSpec, notices: Iterable[Notice]) -> None:
        self._told += ((spec, notice) for notice in notices)

    def _settle(self, spec: RoSpec) -> None:
        if spec.run is not None and spec.run.ended:
            self._ended_reads += spec.run.reads
            spec.run = None
            spec.state = RoState.INACTIVE
