"""What a reader can, and how it says so: a personality in a scene. What it says here it enforces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reader.virtual.gen2 import CHANNELS, ChannelPlan
from reader.virtual.llrp.element import Element, make
from reader.virtual.llrp.personality import PLAIN, ListedMode, Personality
from reader.virtual.scene import Region

__all__ = ["Capabilities", "capability_elements"]

_COUNTRY: dict[Region, int] = {"etsi": 276, "fcc": 840}  # ISO 3166-1: Germany, United States
_STANDARD: dict[Region, int] = {"etsi": 2, "fcc": 1}

_GENERAL, _LLRP, _REGULATORY, _AIR = 1, 2, 3, 4  # GetReaderCapabilitiesRequestedData; 0 is all


@dataclass(frozen=True, slots=True)
class Capabilities:
    """The figures that requests are held against.

    gains: of the antennas that are there, on ports 1 to as many, dBi × 100.
    """

    gains: tuple[int, ...]
    region: Region
    who: Personality = PLAIN
    max_inventory_specs_per_aispec: int = 1

    @property
    def antennas(self) -> int:
        """How many ports there are."""
        return len(self.gains) if self.who.ports is None else self.who.ports

    @property
    def plugged(self) -> frozenset[int]:
        """The ports that have an antenna."""
        return frozenset(range(1, len(self.gains) + 1))

    @property
    def powers(self) -> Mapping[int, int]:
        """The power table: dBm × 100 by index."""
        return self.who.powers

    @property
    def plan(self) -> ChannelPlan:
        """The region's channels."""
        return CHANNELS[self.region]

    def gain(self, port: int) -> int:
        """Return the gain of a port's antenna in dBi × 100, 0 where there is none."""
        return self.gains[port - 1] if port in self.plugged else 0

    def mode(self, identifier: int) -> ListedMode | None:
        """Return the mode of that identifier, if it is in the table."""
        return next((mode for mode in self.who.modes if mode.identifier == identifier), None)


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
                CanSupportBlockWrite=1,
                CanSupportBlockPermalock=0,
                CanSupportTagRecommissioning=0,
                CanSupportUMIMethod2=0,
                CanSupportXPC=0,
                MaxNumSelectFiltersPerQuery=can.who.max_filters,
            )
        )
    return elements


def _general(can: Capabilities, version: int) -> Element:
    who = can.who
    ports = range(1, can.antennas + 1)
    ranges = [
        make(
            "PerAntennaReceiveSensitivityRange",
            AntennaID=port,
            ReceiveSensitivityIndexMin=1,
            ReceiveSensitivityIndexMax=len(who.sensitivities),
        )
        for port in ports
    ]
    best = make("MaximumReceiveSensitivity", MaximumSensitivityValue=who.best_sensitivity_dbm)
    return make(
        "GeneralDeviceCapabilities",
        *[
            make("ReceiveSensitivityTableEntry", Index=index, ReceiveSensitivityValue=value)
            for index, value in enumerate(who.sensitivities, start=1)
        ],
        *(ranges if who.shows_sensitivity else []),
        make("GPIOCapabilities", NumGPIs=who.inputs, NumGPOs=who.outputs),
        *[make("PerAntennaAirProtocol", AntennaID=port, ProtocolID=(1,)) for port in ports],
        *([best] if who.shows_sensitivity and version >= 2 else []),  # only 1.1 has a place for it
        MaxNumberOfAntennaSupported=can.antennas,
        CanSetAntennaProperties=0,
        HasUTCClockCapability=1,
        DeviceManufacturerName=who.pen,
        ModelName=who.model,
        ReaderFirmwareVersion=who.firmware,
    )


def _llrp(can: Capabilities) -> Element:
    return make(
        "LLRPCapabilities",
        CanDoRFSurvey=0,
        CanReportBufferFillWarning=1,
        SupportsClientRequestOpSpec=0,
        CanDoTagInventoryStateAwareSingulation=int(can.who.state_aware),
        SupportsEventAndReportHolding=1,
        MaxNumPriorityLevelsSupported=can.who.max_priorities,
        ClientRequestOpSpecTimeout=0,
        MaxNumROSpecs=can.who.max_rospecs,
        MaxNumSpecsPerROSpec=can.who.max_specs_per_rospec,
        MaxNumInventoryParameterSpecsPerAISpec=can.max_inventory_specs_per_aispec,
        MaxNumAccessSpecs=can.who.max_access_specs,
        MaxNumOpSpecsPerAccessSpec=can.who.max_ops_per_access_spec,
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
                for index, value in can.powers.items()
            ],
            frequencies,
            make("C1G2UHFRFModeTable", *[mode.element() for mode in can.who.modes]),
        ),
        CountryCode=_COUNTRY[can.region],
        CommunicationsStandard=_STANDARD[can.region],
    )
