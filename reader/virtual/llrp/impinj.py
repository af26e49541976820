"""Impinj's readers: R420 as it was recorded, R700 as far as it is known, and their custom parameters.

1. Nothing of it is taken before IMPINJ_ENABLE_EXTENSIONS, anew after every connect.
2. A parameter in the wrong place is refused at message level with M_UnsupportedParameter (seen on R420 6.4.1).
3. Search modes say what the air does: single target asks A tags only, so each is read once per persistence; dual
   asks A and B in turn; TagFocus keeps tags quiet that were read for as long as they are powered.
4. LowDutyCycle, GPIDebounce, LinkMonitor, ReportBuffer and AdvancedGPO are kept and shown, without effect here.

Source: Impinj's LTK definitions for Octane; GET_READER_CAPABILITIES_RESPONSE and GET_READER_CONFIG_RESPONSE recorded
from an R420 5.14 under FCC (EdgeX device-rfid-llrp-go); facts measured 2026-11.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import replace

from reader.virtual.air import AntennaDrive, Target
from reader.virtual.gen2 import MODES, ChannelPlan, RfMode
from reader.virtual.llrp.element import Element, make
from reader.virtual.llrp.extension import Extension, ReaderFacts, ReportContext, TagAddition
from reader.virtual.llrp.layout import CUSTOM
from reader.virtual.llrp.personality import ListedMode, Personality, report_spec
from reader.virtual.llrp.refusals import bad_field
from reader.virtual.llrp.reports import TagEntry
from reader.virtual.scene import Region

__all__ = ["IMPINJ", "R420", "R700"]

_PEN = 25882
_REGIONS: dict[Region, int] = {"fcc": 0, "etsi": 7}  # FCC part 15.247, ETSI EN 302 208 1.2.1

# ImpinjRequestedData: thousands are groups, the rest one parameter each.
_ALL_CAPABILITIES, _ALL_SETTINGS = 1000, 2000
_CAPABILITIES = {1001: "ImpinjDetailedVersion"}
_SETTINGS = {
    2001: "ImpinjSubRegulatoryRegion",
    2003: "ImpinjGPIDebounceConfiguration",
    2004: "ImpinjReaderTemperature",
    2005: "ImpinjLinkMonitorConfiguration",
    2006: "ImpinjReportBufferConfiguration",
    2009: "ImpinjAdvancedGPOConfiguration",
}

# ImpinjInventorySearchMode; all others read tags again and again, 5 and 6 by names only [unverified].
_SINGLE_TARGET, _TAG_FOCUS = 1, 3
_CHANNEL_LIST = 2  # ImpinjFixedFrequencyMode; 0 is off, 1 leaves the choice to the reader

_SELECTOR = "ImpinjTagReportContentSelector"
_IN_COMMAND, _IN_SETTINGS, _IN_SELECTOR = ("C1G2InventoryCommand",), ("SET_READER_CONFIG",), (_SELECTOR,)
_PLACES = {
    "ImpinjRequestedData": ("GET_READER_CAPABILITIES", "GET_READER_CONFIG"),
    "ImpinjInventorySearchMode": _IN_COMMAND,
    "ImpinjFixedFrequencyList": _IN_COMMAND,
    "ImpinjReducedPowerFrequencyList": _IN_COMMAND,
    "ImpinjLowDutyCycle": _IN_COMMAND,
    "ImpinjGPIDebounceConfiguration": _IN_SETTINGS,
    "ImpinjLinkMonitorConfiguration": _IN_SETTINGS,
    "ImpinjReportBufferConfiguration": _IN_SETTINGS,
    "ImpinjAdvancedGPOConfiguration": _IN_SETTINGS,
    _SELECTOR: ("ROReportSpec",),
    "ImpinjEnableSerializedTID": _IN_SELECTOR,
    "ImpinjEnableRFPhaseAngle": _IN_SELECTOR,
    "ImpinjEnablePeakRSSI": _IN_SELECTOR,
    "ImpinjEnableRFDopplerFrequency": _IN_SELECTOR,
    "ImpinjEnableTxPower": _IN_SELECTOR,
}


def _mode(identifier: int, air: RfMode, modulation: int, mask: int, blf_khz: float, pie: int, tari: int) -> ListedMode:
    m = {1: 0, 2: 1, 4: 2, 8: 3}[air.miller]
    # BDR holds the link frequency, as recorded, where the standard wants bits per second.
    return ListedMode(identifier, air, 1, m, modulation, mask, int(blf_khz * 1000), pie, tari)


def _chosen_by_reader(identifier: int, air: RfMode) -> ListedMode:
    return ListedMode(identifier, air, 0, 0, 0, 0, 40_000, 1500, 6250)  # dummies, as recorded


_FM0 = MODES[0]
_MILLER_2 = RfMode(1, tari_us=6.25, blf_khz=640.0, miller=2, sensitivity_dbm=-73.0, pie=1.5)
_MILLER_4_DENSE = RfMode(2, tari_us=20.0, blf_khz=274.0, miller=4, sensitivity_dbm=-79.0, pie=2.0, dense=True)
_MILLER_8_DENSE = RfMode(3, tari_us=20.0, blf_khz=170.6, miller=8, sensitivity_dbm=-84.0, pie=2.0, dense=True)
_MILLER_4_FAST = RfMode(4, tari_us=7.14, blf_khz=640.0, miller=4, sensitivity_dbm=-76.0, pie=1.5)

_MODES = (
    _mode(0, _FM0, 2, 2, 640.0, 1500, 6250),
    _mode(1, _MILLER_2, 2, 2, 640.0, 1500, 6250),
    _mode(2, _MILLER_4_DENSE, 0, 3, 274.0, 2000, 20_000),
    _mode(3, _MILLER_8_DENSE, 0, 3, 170.6, 2000, 20_000),
    _mode(4, _MILLER_4_FAST, 0, 2, 640.0, 1500, 7140),
    # What the reader then chooses is not told; by the names: dense, deep scan, static fast, static dense, internal.
    _chosen_by_reader(1000, _MILLER_4_DENSE),
    _chosen_by_reader(1002, _MILLER_8_DENSE),
    _chosen_by_reader(1003, _MILLER_4_FAST),
    _chosen_by_reader(1004, _MILLER_4_DENSE),
    _chosen_by_reader(1005, _MILLER_4_DENSE),
)


# --- what is shown --------------------------------------------------------------------------------


def _capability_elements(facts: ReaderFacts, asked: Element | None) -> list[Element]:
    if not _wants(asked, _CAPABILITIES, "ImpinjDetailedVersion"):
        return []
    version = make(
        "ImpinjDetailedVersion",
        ModelName=facts.model_name,
        SerialNumber=facts.serial,
        SoftwareVersion=facts.firmware,
        FirmwareVersion=facts.firmware,
        FPGAVersion="0.0.0.0",
        PCBAVersion="0-0-0",
    )
    return [version]


def _config_elements(facts: ReaderFacts, kept: Sequence[Element], asked: Element | None) -> list[Element]:
    shown = [
        make("ImpinjSubRegulatoryRegion", RegulatoryRegion=_REGIONS[facts.region]),
        make("ImpinjReaderTemperature", Temperature=facts.temperature_c),
        *kept,
    ]
    return [element for element in shown if _wants(asked, _SETTINGS, element.name)]


def _wants(asked: Element | None, singles: dict[int, str], name: str) -> bool:
    """Whether a request is for a parameter.

    Without a request of its own, whoever enabled the extensions gets everything (Octane LLRP guide).
    """
    if asked is None:
        return True
    number = asked.number("RequestedData")
    if number in (_ALL_CAPABILITIES, _ALL_SETTINGS):
        return True
    if number not in _CAPABILITIES and number not in _SETTINGS:
        raise bad_field(asked, "RequestedData", "there is no such group here")
    return singles.get(number) == name


def _factory_settings(inputs: int, outputs: int) -> list[Element]:
    return [
        *[
            make("ImpinjGPIDebounceConfiguration", GPIPortNum=port, GPIDebounceTimerMSec=0)
            for port in range(1, inputs + 1)
        ],
        make("ImpinjLinkMonitorConfiguration", LinkMonitorMode=0, LinkDownThreshold=0),
        make("ImpinjReportBufferConfiguration", ReportBufferMode=0),
        *[
            make("ImpinjAdvancedGPOConfiguration", GPOPortNum=port, GPOMode=0, GPOPulseDurationMSec=0)
            for port in range(1, outputs + 1)
        ],
    ]


# --- what an inventory command does ---------------------------------------------------------------


def _check_command(customs: Sequence[Element], plan: ChannelPlan, around: Sequence[str]) -> None:
    for one in customs:
        if one.name not in ("ImpinjFixedFrequencyList", "ImpinjReducedPowerFrequencyList"):
            continue
        channels = one.numbers("ChannelList")
        if any(not 1 <= channel <= len(plan.khz) for channel in channels):
            raise bad_field(one, "ChannelList", f"there are {len(plan.khz)} channels", *around)
        if one.name == "ImpinjFixedFrequencyList" and one.number("FixedFrequencyMode"):
            if plan.hops:
                raise bad_field(one, "FixedFrequencyMode", "this region obliges to hop", *around)
            if one.number("FixedFrequencyMode") == _CHANNEL_LIST and not channels:
                raise bad_field(one, "ChannelList", "a list of no channels", *around)


def _driven(drive: AntennaDrive, customs: Sequence[Element]) -> AntennaDrive:
    for one in customs:
        if one.name == "ImpinjInventorySearchMode":
            drive = _searching(drive, one.number("InventorySearchMode"))
        elif one.name == "ImpinjFixedFrequencyList" and one.number("FixedFrequencyMode") == _CHANNEL_LIST:
            drive = replace(drive, channels=one.numbers("ChannelList"))
    return drive


def _searching(drive: AntennaDrive, mode: int) -> AntennaDrive:
    if mode == _SINGLE_TARGET:
        return replace(drive, target=Target.A)
    if mode == _TAG_FOCUS:
        # TagFocus renews the S1 flag of powered tags; among the air's sessions it is S2 that does so.
        return replace(drive, target=Target.A, session=2)
    return replace(drive, target=Target.DUAL)


# --- what is reported besides ---------------------------------------------------------------------

_HEAD = struct.Struct(">HHII")
_SERIALIZED_TID, _PHASE, _RSSI, _DOPPLER, _TX_POWER = 55, 56, 57, 68, 73


def _tag_addition(report: Element, context: ReportContext) -> TagAddition | None:
    selector = report.first(_SELECTOR)
    if selector is None:
        return None
    possible: dict[str, TagAddition] = {
        "ImpinjEnableRFPhaseAngle": _number(_PHASE, "H", lambda entry: round(entry.phase_deg / 360 * 4096) % 4096),
        "ImpinjEnablePeakRSSI": _number(_RSSI, "h", lambda entry: round(entry.rssi_dbm * 100)),
        "ImpinjEnableRFDopplerFrequency": _number(_DOPPLER, "h", lambda _entry: 0),  # the air models none
        # [unverified]: an index into the power table, not dBm
        "ImpinjEnableTxPower": _number(_TX_POWER, "H", context.power_index_of),
        "ImpinjEnableSerializedTID": lambda entry: _serialized_tid(context.tid_of(entry)),
    }
    is_on = {child.name for child in selector.children if any(child.fields.values())}
    chosen = [addition for name, addition in possible.items() if name in is_on]
    return (lambda entry: b"".join([addition(entry) for addition in chosen])) if chosen else None


def _number(subtype: int, code: str, value: Callable[[TagEntry], int]) -> TagAddition:
    layout = struct.Struct(f"{_HEAD.format}{code}")
    return lambda entry: layout.pack(CUSTOM, layout.size, _PEN, subtype, value(entry))


def _serialized_tid(tid: str) -> bytes:
    octets = bytes.fromhex(tid)
    head = _HEAD.pack(CUSTOM, _HEAD.size + 2 + len(octets), _PEN, _SERIALIZED_TID)
    return head + struct.pack(">H", len(octets) // 2) + octets


IMPINJ = Extension(
    pen=_PEN,
    enabled_by=(21, 22),
    refuses_flat=True,
    places=_PLACES,
    capability_elements=_capability_elements,
    config_elements=_config_elements,
    factory_settings=_factory_settings,
    check_command=_check_command,
    driven=_driven,
    tag_addition=_tag_addition,
)

_NOT_REPORTED = frozenset(
    {
        "EnableROSpecID",
        "EnableSpecIndex",
        "EnableInventoryParameterSpecID",
        "EnableChannelIndex",
        "EnableLastSeenTimestamp",
        "EnableTagSeenCount",
        "EnableAccessSpecID",
    }
)

R420 = Personality(
    name="impinj-r420",
    pen=_PEN,
    model=2001002,
    model_name="Speedway R420",
    firmware="5.14.0.240",
    ports=4,
    sensitivities=(0, *range(10, 51)),
    best_sensitivity_dbm=-80,  # [unverified]
    shows_sensitivity=False,
    modes=_MODES,
    factory_mode=1000,
    factory_channel=0,
    factory_report=report_spec(2, 1, without=_NOT_REPORTED, pc=0),
    factory_access_trigger=1,
    event_types=frozenset({4, 8}),  # reader exception, antenna
    max_version=1,
    max_rospecs=1,
    max_priorities=1,
    max_specs_per_rospec=32,
    max_filters=2,
    inputs=4,
    outputs=4,
    state_aware=False,
    truncates=False,
    hides_hop_channel=True,
    extension=IMPINJ,
)

R700 = replace(
    R420,
    name="impinj-r700",
    model=2001052,
    model_name="R700",
    firmware="8.2.0.240",  # [unverified]
    powers={index: 975 + 25 * index for index in range(1, 94)},  # to 33.00 dBm [unverified]
    # Modes of the R420 go on under their numbers; of the fixed ones behind them, 1xx in FCC's bands and 2xx in the
    # lower European one, only those that stand for 0 are known.
    modes=(*_MODES, *(_mode(identifier, _FM0, 2, 2, 640.0, 1500, 6250) for identifier in (100, 201))),
    max_version=2,  # [unverified]
    max_filters=5,  # [unverified]
    inputs=2,  # [unverified], as the outputs
    outputs=3,
)
