"""What a ROSpec orders, checked against what the reader can.

Source: LLRP 1.1, section 11 (reader operation). RF surveys are refused, as the capabilities say.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from reader.virtual.llrp.antennas import check_antenna
from reader.virtual.llrp.capabilities import Capabilities
from reader.virtual.llrp.element import Element, make
from reader.virtual.llrp.gpio import InputEdge
from reader.virtual.llrp.refusals import bad_field, missing, too_many, unsupported
from reader.virtual.llrp.status import Status

__all__ = ["AiPlan", "AiStop", "Observation", "RoPlan", "RoState", "Start", "rospec_plan"]


class RoState(IntEnum):
    """ROSpecState."""

    DISABLED = 0
    INACTIVE = 1
    ACTIVE = 2


class Start(IntEnum):
    """ROSpecStartTriggerType."""

    NULL = 0
    IMMEDIATE = 1
    PERIODIC = 2
    INPUT = 3


class Observation(IntEnum):
    """TagObservationTriggerType."""

    N_TAGS = 0
    SILENCE = 1
    N_ATTEMPTS = 2
    N_UNIQUE = 3
    NO_NEW_UNIQUE = 4


@dataclass(frozen=True, slots=True)
class AiStop:
    """When an AISpec ends by itself. duration_us, timeout_us: None for not by time. edge: None for by no input."""

    duration_us: int | None = None
    observation: Observation | None = None
    tags: int = 0
    attempts: int = 0
    quiet_us: int = 0
    timeout_us: int | None = None
    edge: InputEdge | None = None


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
    """A whole ROSpec.

    priority: 0 goes first. start_edge, stop_edge: the inputs that start and stop it. duration_us: after which it
    stops at the latest; None for never. loops: None runs the list once, 0 for ever, else that many times.
    """

    id: int
    priority: int
    element: Element
    start: Start
    offset_us: int
    period_us: int
    start_edge: InputEdge | None
    duration_us: int | None
    stop_edge: InputEdge | None
    specs: tuple[AiPlan, ...]
    loops: int | None
    report: Element | None

    def element_in(self, state: RoState) -> Element:
        """Return the ROSpec as it was added, with its state as it is now."""
        fields = {**self.element.fields, "CurrentState": int(state)}
        return make("ROSpec", *self.element.children, **fields)


_BOUNDARY = ("ROSpec", "ROBoundarySpec")


def rospec_plan(spec: Element, can: Capabilities) -> RoPlan:
    """Check a ROSpec and return what it orders.

    Raises:
        RefusedError: What this reader cannot do, with its place.
    """
    if not spec.number("ROSpecID"):
        raise bad_field(spec, "ROSpecID", "0 means all", code=Status.A_INVALID)
    if spec.number("Priority") >= can.who.max_priorities:
        raise bad_field(spec, "Priority", f"there are {can.who.max_priorities} levels, from 0")
    if spec.number("CurrentState"):
        raise bad_field(spec, "CurrentState", "a ROSpec is added disabled", code=Status.A_INVALID)
    boundary = spec.the("ROBoundarySpec")
    start_trigger = boundary.the("ROSpecStartTrigger")
    start = Start(start_trigger.number("ROSpecStartTriggerType"))
    offset_us, period_us = _period_of(start_trigger) if start is Start.PERIODIC else (0, 0)
    duration_us, stop_edge = _ro_stop(boundary.the("ROSpecStopTrigger"), can)
    specs, loops = _specs_of(spec, can)
    return RoPlan(
        id=spec.number("ROSpecID"),
        priority=spec.number("Priority"),
        element=spec,
        start=start,
        offset_us=offset_us,
        period_us=period_us,
        start_edge=_edge_of(start_trigger, can, *_BOUNDARY) if start is Start.INPUT else None,
        duration_us=duration_us,
        stop_edge=stop_edge,
        specs=specs,
        loops=loops,
        report=spec.first("ROReportSpec"),
    )


def _period_of(trigger: Element) -> tuple[int, int]:
    """Return the offset and the period; a period of 0 means: once, at the offset."""
    value = trigger.first("PeriodicTriggerValue")
    if value is None:
        raise missing("PeriodicTriggerValue", "a periodic trigger has a period", *_BOUNDARY, trigger.name)
    return value.number("Offset") * 1000, value.number("Period") * 1000


def _edge_of(trigger: Element, can: Capabilities, *around: str) -> InputEdge:
    """Return the input that a trigger waits for."""
    value = trigger.first("GPITriggerValue")
    if value is None:
        raise missing("GPITriggerValue", "says which input, and how", *around, trigger.name)
    if not 1 <= value.number("GPIPortNum") <= can.who.inputs:
        raise bad_field(value, "GPIPortNum", f"there are {can.who.inputs} inputs", *around, trigger.name)
    return InputEdge(value.number("GPIPortNum"), bool(value.number("GPIEvent")))


def _timeout_us(trigger: Element) -> int | None:
    """Return after which time a trigger that waits for an input waits no more; 0 says never."""
    return trigger.the("GPITriggerValue").number("Timeout") * 1000 or None


def _ro_stop(trigger: Element, can: Capabilities) -> tuple[int | None, InputEdge | None]:
    match trigger.number("ROSpecStopTriggerType"):
        case 0:
            return None, None
        case 1:
            if not trigger.number("DurationTriggerValue"):
                raise bad_field(trigger, "DurationTriggerValue", "no time at all", *_BOUNDARY, code=Status.A_INVALID)
            return trigger.number("DurationTriggerValue") * 1000, None
        case _:
            edge = _edge_of(trigger, can, *_BOUNDARY)
            return _timeout_us(trigger), edge


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
        elif len(plans) >= can.who.max_specs_per_rospec:
            raise too_many("AISpec", f"at most {can.who.max_specs_per_rospec} specs", "ROSpec")
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
        raise too_many("InventoryParameterSpec", "one air protocol, one InventoryParameterSpec", "ROSpec", "AISpec")
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
        stop=_ai_stop(spec.the("AISpecStopTrigger"), can),
        inventory_id=inventory.number("InventoryParameterSpecID"),
        settings=tuple(settings),
    )


def _ai_stop(trigger: Element, can: Capabilities) -> AiStop:
    here = ("ROSpec", "AISpec")
    match trigger.number("AISpecStopTriggerType"):
        case 0:
            return AiStop()
        case 1:
            if not trigger.number("DurationTrigger"):
                raise bad_field(trigger, "DurationTrigger", "no time at all", *here, code=Status.A_INVALID)
            return AiStop(duration_us=trigger.number("DurationTrigger") * 1000)
        case 2:
            return AiStop(edge=_edge_of(trigger, can, *here), timeout_us=_timeout_us(trigger))
        case _:
            return _observation_stop(trigger, here)


def _observation_stop(trigger: Element, here: tuple[str, ...]) -> AiStop:
    observed = trigger.first("TagObservationTrigger")
    if observed is None:
        raise missing("TagObservationTrigger", "says what to observe", *here, trigger.name)
    waits = observed.number("TriggerType") in (Observation.SILENCE, Observation.NO_NEW_UNIQUE)
    if waits and not observed.number("T"):
        raise bad_field(observed, "T", "no time at all", *here, trigger.name, code=Status.A_INVALID)
    return AiStop(
        observation=Observation(observed.number("TriggerType")),
        tags=max(1, observed.number("NumberOfTags")),
        attempts=max(1, observed.number("NumberOfAttempts")),
        quiet_us=observed.number("T") * 1000,
        timeout_us=observed.number("Timeout") * 1000 or None,
    )
