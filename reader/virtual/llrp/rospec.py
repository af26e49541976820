"""What a ROSpec orders, checked against what the reader can.

Source: LLRP 1.1, section 11 (reader operation); the triggers that need GPI ports, and RF surveys, are refused
because the capabilities say that there are none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from reader.virtual.llrp.capabilities import Capabilities
from reader.virtual.llrp.configuration import bad_field, check_antenna, unsupported
from reader.virtual.llrp.element import Element, make
from reader.virtual.llrp.layout import ALL_PARAMETERS
from reader.virtual.llrp.status import Problem, RefusedError, Status

__all__ = ["AiPlan", "AiStop", "Observation", "RoPlan", "RoState", "Start", "refuse_customs", "rospec_plan"]


class RoState(IntEnum):
    """ROSpecState."""

    DISABLED = 0
    INACTIVE = 1
    ACTIVE = 2


class Start(IntEnum):
    """ROSpecStartTriggerType, those that this reader knows."""

    NULL = 0
    IMMEDIATE = 1
    PERIODIC = 2


class Observation(IntEnum):
    """TagObservationTriggerType."""

    N_TAGS = 0
    SILENCE = 1
    N_ATTEMPTS = 2
    N_UNIQUE = 3
    NO_NEW_UNIQUE = 4


@dataclass(frozen=True, slots=True)
class AiStop:
    """When an AISpec ends by itself. ``duration_us`` and ``timeout_us`` None: not by time."""

    duration_us: int | None = None
    observation: Observation | None = None
    tags: int = 0
    attempts: int = 0
    quiet_us: int = 0
    timeout_us: int | None = None


@dataclass(frozen=True, slots=True)
class AiPlan:
    """One AISpec: its place in the list from 1, ports, and how the antennas are set for it."""

    index: int
    ports: tuple[int, ...]
    stop: AiStop
    inventory_id: int
    settings: tuple[Element, ...]  # AntennaConfiguration, port 0 for all


@dataclass(frozen=True, slots=True)
class RoPlan:
    """A whole ROSpec. ``loops``: None runs the list once, 0 for ever, else that many times."""

    id: int
    element: Element
    start: Start
    offset_us: int
    period_us: int
    duration_us: int | None
    specs: tuple[AiPlan, ...]
    loops: int | None
    report: Element | None

    def element_in(self, state: RoState) -> Element:
        """Return the ROSpec as it was added, with its state as it is now."""
        fields = {**self.element.fields, "CurrentState": int(state)}
        return make("ROSpec", *self.element.children, **fields)


def refuse_customs(element: Element, *around: str) -> None:
    """Refuse vendor parameters, which this reader has none of.

    Raises:
        RefusedError: Names the place of the first one.
    """
    for child in element.children:
        if child.name == "Custom":
            raise unsupported("Custom", f"vendor {child.number('VendorIdentifier')} is not known", *around)
        refuse_customs(child, *around, child.name)


def rospec_plan(spec: Element, can: Capabilities) -> RoPlan:
    """Check a ROSpec and return what it orders.

    Raises:
        RefusedError: What this reader cannot do, with its place.
    """
    if not spec.number("ROSpecID"):
        raise bad_field(spec, "ROSpecID", "0 means all", code=Status.A_INVALID)
    if spec.number("Priority") >= can.max_priorities:
        raise bad_field(spec, "Priority", f"there are {can.max_priorities} levels, from 0")
    if spec.number("CurrentState"):
        raise bad_field(spec, "CurrentState", "a ROSpec is added disabled", code=Status.A_INVALID)
    boundary = spec.the("ROBoundarySpec")
    start, offset_us, period_us = _start_of(boundary.the("ROSpecStartTrigger"))
    specs, loops = _specs_of(spec, can)
    return RoPlan(
        id=spec.number("ROSpecID"),
        element=spec,
        start=start,
        offset_us=offset_us,
        period_us=period_us,
        duration_us=_duration_of(boundary.the("ROSpecStopTrigger")),
        specs=specs,
        loops=loops,
        report=spec.first("ROReportSpec"),
    )


def _missing(name: str, reason: str, *around: str) -> RefusedError:
    path = tuple(ALL_PARAMETERS[n].type for n in around)
    return RefusedError(Problem.MISSING_PARAMETER, reason, path=path, culprit=ALL_PARAMETERS[name].type)


def _start_of(trigger: Element) -> tuple[Start, int, int]:
    here = ("ROSpec", "ROBoundarySpec")
    kind = trigger.number("ROSpecStartTriggerType")
    if kind not in (Start.NULL, Start.IMMEDIATE, Start.PERIODIC):
        raise bad_field(trigger, "ROSpecStartTriggerType", "there are no GPI ports", *here)
    if kind != Start.PERIODIC:
        return Start(kind), 0, 0
    value = trigger.first("PeriodicTriggerValue")
    if value is None:
        raise _missing("PeriodicTriggerValue", "a periodic trigger has a period", *here, "ROSpecStartTrigger")
    # Period 0 means: once, at the offset.
    return Start.PERIODIC, value.number("Offset") * 1000, value.number("Period") * 1000


def _duration_of(trigger: Element) -> int | None:
    here = ("ROSpec", "ROBoundarySpec")
    match trigger.number("ROSpecStopTriggerType"):
        case 0:
            return None
        case 1:
            if not trigger.number("DurationTriggerValue"):
                raise bad_field(trigger, "DurationTriggerValue", "no time at all", *here, code=Status.A_INVALID)
            return trigger.number("DurationTriggerValue") * 1000
        case _:
            raise bad_field(trigger, "ROSpecStopTriggerType", "there are no GPI ports", *here)


def _specs_of(spec: Element, can: Capabilities) -> tuple[tuple[AiPlan, ...], int | None]:
    plans: list[AiPlan] = []
    loops: int | None = None
    for child in spec.children:
        if child.name == "RFSurveySpec":
            raise unsupported("RFSurveySpec", "this reader cannot survey", "ROSpec")
        if child.name not in ("AISpec", "LoopSpec"):
            continue
        if loops is not None or (child.name == "LoopSpec" and not plans):
            raise unsupported("LoopSpec", "a loop stands last, after a spec", "ROSpec")
        if child.name == "LoopSpec":
            loops = child.number("LoopCount")
        elif len(plans) >= can.max_specs_per_rospec:
            raise RefusedError(
                Problem.OVERFLOW_PARAMETER,
                f"at most {can.max_specs_per_rospec} specs",
                path=(ALL_PARAMETERS["ROSpec"].type,),
                culprit=ALL_PARAMETERS["AISpec"].type,
            )
        else:
            plans.append(_ai_plan(child, len(plans) + 1, can))
    return tuple(plans), loops


def _ai_plan(spec: Element, index: int, can: Capabilities) -> AiPlan:
    ports = spec.numbers("AntennaIDs")
    if not ports or (0 in ports and len(ports) > 1) or len(set(ports)) < len(ports):
        raise bad_field(spec, "AntennaIDs", "name each antenna once, or 0 for all", "ROSpec", code=Status.A_INVALID)
    if max(ports) > can.antennas:
        raise bad_field(spec, "AntennaIDs", f"there are {can.antennas} antennas", "ROSpec")
    inventories = spec.each("InventoryParameterSpec")
    if len(inventories) > can.max_inventory_specs_per_aispec:
        raise RefusedError(
            Problem.OVERFLOW_PARAMETER,
            "one air protocol, one InventoryParameterSpec",
            path=(ALL_PARAMETERS["ROSpec"].type, ALL_PARAMETERS["AISpec"].type),
            culprit=ALL_PARAMETERS["InventoryParameterSpec"].type,
        )
    inventory = inventories[0]
    around = ("ROSpec", "AISpec")
    if not inventory.number("InventoryParameterSpecID"):
        raise bad_field(inventory, "InventoryParameterSpecID", "0 is no id", *around, code=Status.A_INVALID)
    if inventory.number("ProtocolID") != 1:
        raise bad_field(inventory, "ProtocolID", "this reader speaks Gen2, 1", *around)
    settings = inventory.each("AntennaConfiguration")
    for one in settings:
        check_antenna(one, can, *around, "InventoryParameterSpec")
    return AiPlan(
        index=index,
        ports=tuple(range(1, can.antennas + 1)) if ports == (0,) else ports,
        stop=_ai_stop(spec.the("AISpecStopTrigger")),
        inventory_id=inventory.number("InventoryParameterSpecID"),
        settings=tuple(settings),
    )


def _ai_stop(trigger: Element) -> AiStop:
    here = ("ROSpec", "AISpec")
    match trigger.number("AISpecStopTriggerType"):
        case 0:
            return AiStop()
        case 1:
            if not trigger.number("DurationTrigger"):
                raise bad_field(trigger, "DurationTrigger", "no time at all", *here, code=Status.A_INVALID)
            return AiStop(duration_us=trigger.number("DurationTrigger") * 1000)
        case 3:
            observed = trigger.first("TagObservationTrigger")
            if observed is None:
                raise _missing("TagObservationTrigger", "says what to observe", *here, "AISpecStopTrigger")
            waits = observed.number("TriggerType") in (Observation.SILENCE, Observation.NO_NEW_UNIQUE)
            if waits and not observed.number("T"):
                raise bad_field(observed, "T", "no time at all", *here, "AISpecStopTrigger", code=Status.A_INVALID)
            return AiStop(
                observation=Observation(observed.number("TriggerType")),
                tags=max(1, observed.number("NumberOfTags")),
                attempts=max(1, observed.number("NumberOfAttempts")),
                quiet_us=observed.number("T") * 1000,
                timeout_us=observed.number("Timeout") * 1000 or None,
            )
        case _:
            raise bad_field(trigger, "AISpecStopTriggerType", "there are no GPI ports", *here)
