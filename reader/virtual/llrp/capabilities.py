"""What this reader can, and how it says so.

A made-up model under the enterprise number that is reserved for examples (32473, RFC 5612), believable in its
figures: 81 powers from 10 to 30 dBm as an R420 has them (recorded, facts 2026-11), one ROSpec, two filters.
What it says here it enforces.
"""

from __future__ import annotations

from dataclasses import dataclass

from reader.virtual.gen2 import CHANNELS, MODES, ChannelPlan, RfMode
from reader.virtual.llrp.element import Element, make
from reader.virtual.scene import Region

__all__ = ["Capabilities", "capability_elements"]

FIRMWARE = "tagtill-virtual-1.0"
_MANUFACTURER = 32473
_MODEL = 1
_COUNTRY: dict[Region, int] = {"etsi": 276, "fcc": 840}  # ISO 3166-1: Germany, United States
_STANDARD: dict[Region, int] = {"etsi": 2, "fcc": 1}

_GENERAL, _LLRP, _REGULATORY, _AIR = 1, 2, 3, 4  # GetReaderCapabilitiesRequestedData; 0 is all


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The figures that requests are held against.

    gains: of the antennas on ports 1 to as many as there are, dBi × 100. powers: dBm × 100 by index from 1.
    max_*: LLRPCapabilities of that name. No AccessSpec is ever taken: this reader does inventory only.
    """

    gains: tuple[int, ...]
    region: Region
    powers: tuple[int, ...] = tuple(range(1000, 3001, 25))
    modes: tuple[RfMode, ...] = MODES
    max_rospecs: int = 1
    max_priorities: int = 8
    max_specs_per_rospec: int = 8
    max_inventory_specs_per_aispec: int = 1
    max_filters: int = 2

    @property
    def antennas(self) -> int:
        """How many ports there are."""
        return len(self.gains)

    @property
    def plan(self) -> ChannelPlan:
        """The region's channels."""
        return CHANNELS[self.region]

    def mode(self, identifier: int) -> RfMode | None:
        """Return the mode of that identifier, if it is in the table."""
        return next((mode for mode in self.modes if mode.identifier == identifier), None)


def capability_elements(can: Capabilities, requested: int, version: int, shown_offset: int = 0) -> list[Element]:
    """Return the groups that a request of that kind asks for. ``shown_offset`` falsifies the power table."""
    elements: list[Element] = []
    if requested in (0, _GENERAL):
        elements.append(_general(can, version))
    if requested in (0, _LLRP):
        elements.append(_llrp(can))
    if requested in (0, _REGULATORY):
        elements.append(_regulatory(can, shown_offset))
    if requested in (0, _AIR):
        elements.append(
            make(
                "C1G2LLRPCapabilities",
                CanSupportBlockErase=0,
                CanSupportBlockWrite=0,
                CanSupportBlockPermalock=0,
                CanSupportTagRecommissioning=0,
                CanSupportUMIMethod2=0,
                CanSupportXPC=0,
                MaxNumSelectFiltersPerQuery=can.max_filters,
            )
        )
    return elements


def _general(can: Capabilities, version: int) -> Element:
    ports = range(1, can.antennas + 1)
    # Only 1.1 has a place for it; dBm of the most patient mode.
    sensitivity = [make("MaximumReceiveSensitivity", MaximumSensitivityValue=-84)] if version >= 2 else []
    return make(
        "GeneralDeviceCapabilities",
        make("ReceiveSensitivityTableEntry", Index=1, ReceiveSensitivityValue=0),
        *[
            make(
                "PerAntennaReceiveSensitivityRange",
                AntennaID=port,
                ReceiveSensitivityIndexMin=1,
                ReceiveSensitivityIndexMax=1,
            )
            for port in ports
        ],
        make("GPIOCapabilities", NumGPIs=0, NumGPOs=0),
        *[make("PerAntennaAirProtocol", AntennaID=port, ProtocolID=(1,)) for port in ports],
        *sensitivity,
        MaxNumberOfAntennaSupported=can.antennas,
        CanSetAntennaProperties=0,
        HasUTCClockCapability=1,
        DeviceManufacturerName=_MANUFACTURER,
        ModelName=_MODEL,
        ReaderFirmwareVersion=FIRMWARE,
    )


def _llrp(can: Capabilities) -> Element:
    return make(
        "LLRPCapabilities",
        CanDoRFSurvey=0,
        CanReportBufferFillWarning=0,
        SupportsClientRequestOpSpec=0,
        CanDoTagInventoryStateAwareSingulation=1,
        SupportsEventAndReportHolding=1,
        MaxNumPriorityLevelsSupported=can.max_priorities,
        ClientRequestOpSpecTimeout=0,
        MaxNumROSpecs=can.max_rospecs,
        MaxNumSpecsPerROSpec=can.max_specs_per_rospec,
        MaxNumInventoryParameterSpecsPerAISpec=can.max_inventory_specs_per_aispec,
        MaxNumAccessSpecs=0,
        MaxNumOpSpecsPerAccessSpec=0,
    )


def _regulatory(can: Capabilities, shown_offset: int) -> Element:
    plan = can.plan
    if plan.hops:
        frequencies = make(
            "FrequencyInformation", make("FrequencyHopTable", HopTableID=1, Frequency=plan.khz), Hopping=1
        )
    else:
        frequencies = make("FrequencyInformation", make("FixedFrequencyTable", Frequency=plan.khz), Hopping=0)
    return make(
        "RegulatoryCapabilities",
        make(
            "UHFBandCapabilities",
            *[
                make("TransmitPowerLevelTableEntry", Index=index, TransmitPowerValue=value + shown_offset)
                for index, value in enumerate(can.powers, start=1)
            ],
            frequencies,
            make("C1G2UHFRFModeTable", *[_mode_entry(mode) for mode in can.modes]),
        ),
        CountryCode=_COUNTRY[can.region],
        CommunicationsStandard=_STANDARD[can.region],
    )


def _mode_entry(mode: RfMode) -> Element:
    tari_ns = int(mode.tari_us * 1000)
    return make(
        "C1G2UHFRFModeTableEntry",
        ModeIdentifier=mode.identifier,
        DRValue=1,  # 64/3
        EPCHAGTCConformance=0,
        MValue={1: 0, 2: 1, 4: 2, 8: 3}[mode.miller],
        ForwardLinkModulation=0,  # PR-ASK
        SpectralMaskIndicator=3 if mode.dense else 2,
        BDRValue=int(mode.blf_khz * 1000 / mode.miller),
        PIEValue=int(mode.pie * 1000),
        MinTariValue=tari_ns,
        MaxTariValue=tari_ns,
        StepTariValue=0,
    )
