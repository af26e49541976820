"""Zebra's FX9600 as far as it is known, and the custom parameters that shops meet.

1. Customs need no permission. Capabilities come unasked: a version and one byte of flags each, as recorded; the
   flags are 0 here, because this reader does none of what they promise.
2. The report selector's phase is obeyed; zones, GPS and the others are refused, for nothing here has them.
3. Session S0 is driven as an A/B flip, whatever target is asked for.
4. Its 36 RF modes are not known by number; the plain reader's stand for them [unverified].

Source: recordings of an FX9600 3.32.37 (LLRP 1.0.1, manufacturer 161, model 96008); facts measured 2026-11.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import replace

from reader.virtual.air import AntennaDrive, Target
from reader.virtual.llrp.element import Element, make
from reader.virtual.llrp.extension import Extension, ReaderFacts, ReportContext, TagAddition
from reader.virtual.llrp.layout import CUSTOM
from reader.virtual.llrp.personality import Personality

__all__ = ["FX9600", "ZEBRA"]

_PEN = 161  # not the one that IANA lists for Zebra, 10642
_SELECTOR = "MotoTagReportContentSelector"
_CAPABILITIES = (
    "MotoGeneralCapabilities",
    "MotoAutonomousCapabilities",
    "MotoAdvancedCapabilities",
    "MotoTagEventsGenerationCapabilities",
    "MotoFilterCapabilities",
    "MotoPersistenceCapabilities",
    "MotoC1G2LLRPCapabilities",
)
_PHASE = struct.Struct(">HHIIh")
_TAG_PHASE = 709
_STEPS_PER_TURN = 1 << 16  # [unverified]: 0x4000 is a quarter of a turn to a client that was used with one


def _capability_elements(_facts: ReaderFacts, _asked: Element | None) -> list[Element]:
    return [make(name, Version=1, Flags=0) for name in _CAPABILITIES]


def _driven(drive: AntennaDrive, _customs: Sequence[Element]) -> AntennaDrive:
    return replace(drive, target=Target.DUAL) if drive.session == 0 else drive


def _tag_addition(report: Element, _context: ReportContext) -> TagAddition | None:
    selector = report.first(_SELECTOR)
    if selector is None or not selector.number("EnablePhase"):
        return None

    def phase(entry_phase_deg: float) -> int:
        steps = round(entry_phase_deg / 360 * _STEPS_PER_TURN) % _STEPS_PER_TURN
        return steps - _STEPS_PER_TURN if steps >= _STEPS_PER_TURN // 2 else steps

    return lambda entry: _PHASE.pack(CUSTOM, _PHASE.size, _PEN, _TAG_PHASE, phase(entry.phase_deg))


ZEBRA = Extension(
    pen=_PEN,
    places={_SELECTOR: ("ROReportSpec",)},
    capability_elements=_capability_elements,
    driven=_driven,
    tag_addition=_tag_addition,
)

FX9600 = Personality(
    name="zebra-fx9600",
    pen=_PEN,
    model=96008,
    model_name="FX9600-8",
    firmware="3.32.37.0",
    ports=8,
    # Indices count from 0, unlike elsewhere: 0 is 10.00 dBm, 47 is 14.70 (recorded, sllurp issue 115). Where the table
    # ends depends on how it is fed: 200 was the last one seen, 30.00 dBm.
    powers={index: 1000 + 10 * index for index in range(201)},
    shows_sensitivity=False,  # 1.0.1 has no place for the best one
    max_version=1,
    max_rospecs=8,  # [unverified]
    max_filters=4,  # [unverified]
    inputs=4,  # [unverified], as the outputs
    outputs=4,
    extension=ZEBRA,
)
