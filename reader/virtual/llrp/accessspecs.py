"""The AccessSpecs in the reader: their states, and what they do to a tag that was read.

1. A tag that was read meets the first active AccessSpec, in the order in which they were added, that admits it; no
   other one.
2. Its operations are done in order, in one go with the read. The first that fails ends it: what it was to make sure
   of does not hold for those behind it. They have no result.
3. Each tag that was met counts as one execution, whatever came of it. After the last one the AccessSpec is deleted.

Source: LLRP 1.1, section 12; for the end at a failure, see 2: a choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reader.access import AccessFault
from reader.errors import SceneError
from reader.virtual.access import Access, accessed
from reader.virtual.air import Air, AirRead, AntennaDrive
from reader.virtual.llrp.accessspec import AccessPlan, OpPlan
from reader.virtual.llrp.capabilities import Capabilities
from reader.virtual.llrp.configuration import Configuration
from reader.virtual.llrp.element import Element, FieldValue, make
from reader.virtual.llrp.refusals import bad_field, too_many
from reader.virtual.llrp.status import Status

__all__ = ["AccessSpecs", "Executed"]

# C1G2…ResultType by fault, per result parameter; the numbering differs from one to the next (LLRP 1.1, section 16).
_WRITE_CODES = {
    AccessFault.OVERRUN: 1,
    AccessFault.LOCKED: 2,
    AccessFault.WEAK: 3,
    AccessFault.TAG: 4,
    AccessFault.NO_TAG: 5,
    AccessFault.READER: 6,
    AccessFault.PASSWORD: 7,
}
_RESULT_CODES: dict[str, dict[AccessFault, int]] = {
    "C1G2ReadOpSpecResult": {
        AccessFault.TAG: 1,
        AccessFault.NO_TAG: 2,
        AccessFault.READER: 3,
        AccessFault.OVERRUN: 4,
        AccessFault.LOCKED: 5,
        AccessFault.PASSWORD: 6,
    },
    "C1G2WriteOpSpecResult": _WRITE_CODES,
    "C1G2BlockWriteOpSpecResult": _WRITE_CODES,
    "C1G2KillOpSpecResult": {
        AccessFault.ZERO_KILL_PASSWORD: 1,
        AccessFault.WEAK: 2,
        AccessFault.TAG: 3,
        AccessFault.NO_TAG: 4,
        AccessFault.READER: 5,
        AccessFault.PASSWORD: 6,
    },
    "C1G2LockOpSpecResult": {
        AccessFault.WEAK: 1,
        AccessFault.TAG: 2,
        AccessFault.NO_TAG: 3,
        AccessFault.READER: 4,
        AccessFault.PASSWORD: 5,
        AccessFault.OVERRUN: 6,
        AccessFault.LOCKED: 7,
    },
}


@dataclass(frozen=True, slots=True)
class Executed:
    """What an AccessSpec did to one tag. ``at_once``: it is reported now, not with the ROSpec's next report."""

    id: int
    results: tuple[Element, ...]
    took_us: int
    at_once: bool


@dataclass(slots=True)
class _AccessSpec:
    plan: AccessPlan
    executions: int = 0
    is_active: bool = False


class AccessSpecs:
    """All AccessSpecs of one reader. A request's ``body`` names an AccessSpecID, 0 for all."""

    def __init__(self, can: Capabilities, air: Air, config: Configuration) -> None:
        self._can = can
        self._air = air
        self._config = config
        self._specs: dict[int, _AccessSpec] = {}

    def elements(self) -> list[Element]:
        """Return the AccessSpecs as they were added, with their states as they are now."""
        return [spec.plan.element_in(is_active=spec.is_active) for spec in self._specs.values()]

    def add(self, plan: AccessPlan) -> None:
        """Keep an AccessSpec, disabled.

        Raises:
            RefusedError: Its id is taken, or there is no room.
        """
        if plan.id in self._specs:
            raise bad_field(plan.element, "AccessSpecID", "this id is taken", code=Status.A_INVALID)
        if len(self._specs) >= self._can.who.max_access_specs:
            raise too_many("AccessSpec", f"at most {self._can.who.max_access_specs} AccessSpecs")
        self._specs[plan.id] = _AccessSpec(plan)
        self._config.touch()

    def delete(self, body: Element) -> None:
        """Forget one AccessSpec or all."""
        for spec in self._named(body):
            del self._specs[spec.plan.id]
        self._config.touch()

    def switch(self, body: Element, *, on: bool) -> None:
        """Enable or disable one AccessSpec or all."""
        for spec in self._named(body):
            spec.is_active = on

    def executed(self, read: AirRead, drive: AntennaDrive, rospec: int) -> Executed | None:
        """Do to a tag that was just read what is ordered for it; None where nothing is."""
        if not self._specs:
            return None
        spec = self._meant_for(read, rospec)
        if spec is None:
            return None
        results: list[Element] = []
        took_us = 0
        for op in spec.plan.ops:
            access = accessed(self._air, drive, read, op.operation, read.t_us + took_us)
            took_us += access.took_us
            results.append(_result(op, access))
            if access.fault is not None:
                break
        spec.executions += 1
        if spec.executions == spec.plan.count:
            del self._specs[spec.plan.id]
            self._config.touch()
        trigger = spec.plan.report_trigger
        if trigger is None:
            trigger = self._config.access_report.number("AccessReportTrigger")
        return Executed(spec.plan.id, tuple(results), took_us, at_once=trigger == 1)

    def _meant_for(self, read: AirRead, rospec: int) -> _AccessSpec | None:
        try:
            tag = self._air.world.memory(read.chip)
        except SceneError:  # it was taken out of the world since it was read
            return None
        active = (spec for spec in self._specs.values() if spec.is_active)
        return next((spec for spec in active if spec.plan.admits(tag, read.antenna, rospec)), None)

    def _named(self, body: Element) -> Iterator[_AccessSpec]:
        id = body.number("AccessSpecID")
        if not id:
            return iter(list(self._specs.values()))
        if id not in self._specs:
            raise bad_field(body, "AccessSpecID", "there is no such AccessSpec", code=Status.A_INVALID)
        return iter([self._specs[id]])


def _result(op: OpPlan, access: Access) -> Element:
    code = 0 if access.fault is None else _RESULT_CODES[op.result][access.fault]
    fields: dict[str, FieldValue] = {"Result": code, "OpSpecID": op.id}
    match op.result:
        case "C1G2ReadOpSpecResult":
            fields["ReadData"] = access.words
        case "C1G2WriteOpSpecResult" | "C1G2BlockWriteOpSpecResult":
            fields["NumWordsWritten"] = access.words_written
    return make(op.result, **fields)
