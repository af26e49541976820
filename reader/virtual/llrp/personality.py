"""Whose reader it is: the figures, limits and habits of one model, as a value.

What a personality says of itself the reader enforces, as real readers do. Figures without a source in the vendors'
modules are marked [unverified] there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reader.virtual.gen2 import MODES, RfMode
from reader.virtual.llrp.element import Element, make
from reader.virtual.llrp.extension import Extension
from reader.virtual.llrp.layout import Version

__all__ = ["PLAIN", "ListedMode", "Personality", "plain_mode", "report_spec"]

_REPORT_CONTENT = (
    "EnableROSpecID",
    "EnableSpecIndex",
    "EnableInventoryParameterSpecID",
    "EnableAntennaID",
    "EnableChannelIndex",
    "EnablePeakRSSI",
    "EnableFirstSeenTimestamp",
    "EnableLastSeenTimestamp",
    "EnableTagSeenCount",
    "EnableAccessSpecID",
)
_NO_ACCESS = frozenset({"EnableAccessSpecID"})


@dataclass(frozen=True, slots=True)
class ListedMode:
    """A line of the reader's mode table, and how the air plays it; the two need not agree.

    dr: 0 is 8, 1 is 64/3. m, modulation, mask: C1G2MValue, C1G2ForwardLinkModulation, C1G2SpectralMaskIndicator.
    bdr: bit/s, or what the vendor puts there. pie: × 1000. tari_ns: the only one there is.
    """

    identifier: int
    air: RfMode
    dr: int
    m: int
    modulation: int
    mask: int
    bdr: int
    pie: int
    tari_ns: int

    def element(self) -> Element:
        """Return the C1G2UHFRFModeTableEntry."""
        return make(
            "C1G2UHFRFModeTableEntry",
            ModeIdentifier=self.identifier,
            DRValue=self.dr,
            EPCHAGTCConformance=0,
            MValue=self.m,
            ForwardLinkModulation=self.modulation,
            SpectralMaskIndicator=self.mask,
            BDRValue=self.bdr,
            PIEValue=self.pie,
            MinTariValue=self.tari_ns,
            MaxTariValue=self.tari_ns,
            StepTariValue=0,
        )


def plain_mode(mode: RfMode) -> ListedMode:
    """Return the line that says of a mode what it is."""
    return ListedMode(
        identifier=mode.identifier,
        air=mode,
        dr=1,
        m={1: 0, 2: 1, 4: 2, 8: 3}[mode.miller],
        modulation=0,  # PR-ASK
        mask=3 if mode.dense else 2,
        bdr=int(mode.blf_khz * 1000 / mode.miller),
        pie=int(mode.pie * 1000),
        tari_ns=int(mode.tari_us * 1000),
    )


def report_spec(trigger: int, n: int, *, without: frozenset[str] = frozenset(), pc: int) -> Element:
    """Return a ROReportSpec that selects everything but what is named in ``without``."""
    content = {name: int(name not in without) for name in _REPORT_CONTENT}
    memory = make("C1G2EPCMemorySelector", EnableCRC=0, EnablePCBits=pc)
    return make("ROReportSpec", make("TagReportContentSelector", memory, **content), ROReportTrigger=trigger, N=n)


@dataclass(frozen=True)
class Personality:
    """One model.

    pen, model: DeviceManufacturerName and ModelName. ports: antenna ports; None: as many as the scene has.
    powers: dBm × 100 by index. sensitivities: dB above the best one, by index from 1.
    best_sensitivity_dbm: what 0 there means. shows_sensitivity: per antenna, and the best one where 1.1 has a place.
    max_version: 1 knows only LLRP 1.0.1. max_*: LLRPCapabilities of that name; they are enforced.
    event_types: NotificationEventTypes that are on from the factory.
    truncates: takes a filter that asks for truncated EPCs. hides_hop_channel: ChannelIndex is 0 where it hops.
    """

    name: str
    pen: int
    model: int
    model_name: str
    firmware: str
    ports: int | None = None
    powers: Mapping[int, int] = field(
        default_factory=lambda: {index: 975 + 25 * index for index in range(1, 82)}  # 10.00 to 30.00 dBm
    )
    sensitivities: tuple[int, ...] = (0,)
    best_sensitivity_dbm: int = -84
    shows_sensitivity: bool = True
    modes: tuple[ListedMode, ...] = tuple(plain_mode(mode) for mode in MODES)
    factory_mode: int = 2
    factory_channel: int = 1
    factory_report: Element = field(default_factory=lambda: report_spec(2, 0, without=_NO_ACCESS, pc=1))
    factory_access_trigger: int = 0
    event_types: frozenset[int] = frozenset()
    max_version: Version = 2
    max_rospecs: int = 4
    max_priorities: int = 8
    max_specs_per_rospec: int = 8
    max_filters: int = 2
    max_access_specs: int = 1508
    max_ops_per_access_spec: int = 8
    inputs: int = 2
    outputs: int = 2
    state_aware: bool = True
    truncates: bool = True
    hides_hop_channel: bool = False
    extension: Extension = field(default_factory=Extension)


# A made-up model under the enterprise number that is reserved for examples (32473, RFC 5612), believable in its
# figures: 81 powers from 10 to 30 dBm, 1508 AccessSpecs of 8 operations as an R420 has them (recorded), two filters.
PLAIN = Personality(name="plain", pen=32473, model=1, model_name="virtual reader", firmware="tagtill-virtual-1.0")
