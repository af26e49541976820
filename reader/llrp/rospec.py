"""ADD_ROSPEC, by hand: sllurp 3.0.5 has no encoder for half of what may lie in it (filters' actions, state-aware
singulation, input triggers, Impinj's frequency list), and they lie too deep to be added afterwards.

One AISpec over all antennas that never stops, each with settings of its own; reports by the ROReportSpec. Reporting by
the AISpec's stop trigger instead would restart the radio at each report.

Source: LLRP 1.1, sections 17.2.4 (ROSpec), 17.3.1 (Gen2) and 17.2.7.1 (ROReportSpec).
"""

from __future__ import annotations

import struct
from typing import Final

from reader.access import Bank
from reader.llrp.makers import (
    impinj_fixed_frequencies,
    impinj_report_selector,
    impinj_search_mode,
    zebra_report_selector,
)
from reader.llrp.plan import AntennaPlan, RadioPlan
from reader.llrp.tlv import bits, message, parameter
from reader.profile import TagFilter

__all__ = ["add_rospec"]

_ADD_ROSPEC: Final = 20
_DISABLED: Final = 0
_NULL, _DURATION, _ON_INPUT = 0, 1, 3  # triggers of start and stop
_GEN2: Final = 1
_AFTER_TAGS, _AFTER_MS = 2, 6  # ROReportTrigger: that much, or the end of the ROSpec
_V1_1: Final = 2
# TagReportContentSelector, from the top: AntennaID, ChannelIndex, PeakRSSI, LastSeenTimestamp, TagSeenCount.
_WANTED: Final = 0b0001_1101_1000_0000
# Action of a filter → number, for the first filter and for those behind it, that have to leave alone what the first
# one ruled out. Section 17.3.1.2.1.1: C1G2TagInventoryStateUnawareFilterAction, …StateAwareFilterAction.
_UNAWARE_KEEPING, _UNAWARE_EXCLUDING = (0, 2), (4, 3)
_AWARE_KEEPING, _AWARE_EXCLUDING = (0, 2), (4, 5)
_SELECTED_FLAG: Final = 0  # target of a state-aware filter
_EVERY_TAG: Final = TagFilter(Bank.EPC, 0, "", 0)


def add_rospec(version: int, message_id: int, rospec_id: int, plan: RadioPlan) -> bytes:
    """Return ADD_ROSPEC for ``plan``, disabled."""
    rospec = parameter(
        177,
        struct.pack(">IBB", rospec_id, 0, _DISABLED),
        parameter(178, _start_trigger(plan), _stop_trigger(plan)),
        _aispec(version, plan),
        _report_spec(plan),
    )
    return message(_ADD_ROSPEC, version, message_id, rospec)


def _start_trigger(plan: RadioPlan) -> bytes:
    trigger = plan.start_input
    if trigger is None:
        return parameter(179, bytes([_NULL]))
    return parameter(
        179, bytes([_ON_INPUT]), parameter(181, struct.pack(">HBI", trigger.port, trigger.is_high << 7, 0))
    )


def _stop_trigger(plan: RadioPlan) -> bytes:
    trigger = plan.start_input
    if trigger is None:
        return parameter(182, struct.pack(">BI", _NULL, 0))
    return parameter(182, struct.pack(">BI", _DURATION, round(trigger.seconds * 1000)))


def _aispec(version: int, plan: RadioPlan) -> bytes:
    ports = plan.ports
    return parameter(
        183,
        struct.pack(f">H{len(ports)}H", len(ports), *ports),
        parameter(184, struct.pack(">BI", _NULL, 0)),
        parameter(186, struct.pack(">HB", 1, _GEN2), *(_antenna(version, plan, one) for one in plan.antennas)),
    )


def _antenna(version: int, plan: RadioPlan, antenna: AntennaPlan) -> bytes:
    transmitter = struct.pack(">HHH", plan.hop_table_id, plan.channel_index, antenna.tx_power_index)
    return parameter(
        222, struct.pack(">H", antenna.port), parameter(224, transmitter), _inventory(version, plan, antenna)
    )


def _inventory(version: int, plan: RadioPlan, antenna: AntennaPlan) -> bytes:
    """C1G2InventoryCommand."""
    content = [_filter(one, place, antenna) for place, one in enumerate(_filters(version, plan, antenna))]
    if antenna.mode is not None:
        content.append(parameter(335, struct.pack(">HH", antenna.mode, 0)))  # Tari 0: what the mode has by itself
    content.append(_singulation(version, plan, antenna))
    if antenna.impinj_search_mode is not None:
        content.append(impinj_search_mode(antenna.impinj_search_mode))
    if plan.fixed_channels:
        content.append(impinj_fixed_frequencies(plan.fixed_channels))
    return parameter(330, bytes([antenna.asks_state_a << 7]), *content)


def _filters(version: int, plan: RadioPlan, antenna: AntennaPlan) -> tuple[TagFilter, ...]:
    """Return what selects the tags. A state-aware query of 1.0.1 asks the selected or the others, never both, and a tag
    keeps what an earlier filter made of it while it has power: so every tag is selected where none is filtered."""
    if plan.filters or not antenna.asks_state_a or version >= _V1_1 or not plan.can_filter:
        return plan.filters
    return (_EVERY_TAG,)


def _singulation(version: int, plan: RadioPlan, antenna: AntennaPlan) -> bytes:
    fields = struct.pack(">BHI", antenna.session << 6, antenna.population, 0)
    if not antenna.asks_state_a:
        return parameter(336, fields)
    if _filters(version, plan, antenna):
        action = 0b000  # state A, and selected by the filters
    elif version >= _V1_1:
        action = 0b011  # state A, selected or not
    else:
        action = 0b010  # state A, not selected: a reader without filters cannot have selected any
    return parameter(336, fields, parameter(337, bytes([action << 5])))


def _filter(wanted: TagFilter, place: int, antenna: AntennaPlan) -> bytes:
    pattern = bytes.fromhex(wanted.mask + "0" * (len(wanted.mask) % 2))
    mask = parameter(332, struct.pack(">BH", wanted.bank << 6, wanted.bit_address), bits(pattern, wanted.bits))
    later = min(place, 1)
    if antenna.asks_state_a:
        number = (_AWARE_EXCLUDING if wanted.is_excluding else _AWARE_KEEPING)[later]
        action = parameter(333, bytes([_SELECTED_FLAG, number]))
    else:
        number = (_UNAWARE_EXCLUDING if wanted.is_excluding else _UNAWARE_KEEPING)[later]
        action = parameter(334, bytes([number]))
    return parameter(331, b"\0", mask, action)


def _report_spec(plan: RadioPlan) -> bytes:
    fields = struct.pack(">BH", _AFTER_MS if plan.report_ms else _AFTER_TAGS, plan.report_ms or plan.report_tags)
    makers = [impinj_report_selector(with_tid=plan.reads_tid)] if plan.is_impinj else []
    if plan.is_zebra:
        makers.append(zebra_report_selector())
    return parameter(237, fields, parameter(238, struct.pack(">H", _WANTED)), *makers)
