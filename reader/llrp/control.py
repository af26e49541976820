"""Control messages through sllurp's codec. The only module that imports sllurp (GPL-3.0-only, so it stays replaceable).

sllurp 3.0.5 drops keys that it does not know without a word, so every builder states the length that must come out;
its decoder lets raw exceptions out, so every reading turns them into `ProtocolError` with the frame. What it cannot
encode, or encodes wrongly (GET_READER_CONFIG: fields in the wrong order), is in `handmade`, `rospec` and `accessspec`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sllurp import llrp, llrp_decoder, llrp_proto
from sllurp.llrp import LLRPMessage
from sllurp.llrp_errors import LLRPError
from sllurp.llrp_proto import ConnEvent_Name2Type, decode_all_parameters

from reader.errors import ProtocolError
from reader.llrp import handmade
from reader.llrp.capabilities import AirMode, Capabilities
from reader.llrp.frames import HEADER_BYTES, Frame
from reader.llrp.plan import RadioPlan
from reader.llrp.tlv import with_parameter

__all__ = [
    "FIRST_ROSPEC_ID",
    "Notification",
    "capabilities_of",
    "config_powers_of",
    "notification_of",
    "rospec_powers_of",
    "set_reader_config",
    "simple",
]

FIRST_ROSPEC_ID: Final = 1  # of a connection; each ROSpec that takes another's place has the next number

# sllurp says at WARNING what we turn into errors anyway.
for _module in (llrp, llrp_decoder, llrp_proto):
    _module.logger.disabled = True

_RAW_ERRORS: Final = (
    LLRPError,
    struct.error,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    RecursionError,
)
_EVENTS: Final = ("ROSpecEvent", "ReportBufferFillWarning", "ReaderExceptionEvent", "AntennaEvent")
_PREEMPTED: Final = "Preemption_of_ROSpec"
_MILLER: Final = {0: 1, 1: 2, 2: 4, 3: 8}  # C1G2MValue
_FORWARD_MODULATIONS: Final = {0: "PR-ASK", 1: "SSB-ASK", 2: "DSB-ASK"}
_SPECTRAL_MASKS: Final = {1: "single", 2: "multi", 3: "dense"}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Notification:
    """What a READER_EVENT_NOTIFICATION says, as far as the driver listens; None or False for what it does not say.

    time_us: the reader's clock, UTC where it has one, else since its start.
    connection_attempt: LLRP's ConnectionAttemptStatusType, 0 for success.
    rospec_ended: also one that was pre-empted; then preempting_rospec is the other one.
    input_changed: a general purpose input, and whether it is high now.
    """

    time_us: int | None = None
    connection_attempt: int | None = None
    is_closing: bool = False
    antenna_gone: int | None = None
    antenna_back: int | None = None
    rospec_ended: int | None = None
    buffer_percent: int | None = None
    has_overflowed: bool = False
    exception: str | None = None
    rospec_started: int | None = None
    preempting_rospec: int | None = None
    input_changed: tuple[int, bool] | None = None


def _encoded(name: str, version: int, message_id: int, content: Mapping[str, Any], body_bytes: int) -> bytes:
    try:
        message = bytes(LLRPMessage(msgdict={name: {"Ver": version, "ID": message_id, **content}}).msgbytes)
    except _RAW_ERRORS as error:
        raise ProtocolError(f"{name} cannot be encoded: {error!r}") from error
    if len(message) != HEADER_BYTES + body_bytes:
        raise ProtocolError(f"{name} came out as {len(message)} bytes, expected {HEADER_BYTES + body_bytes}", message)
    return message


def simple(name: str, version: int, message_id: int, **fields: int) -> bytes:
    """Return a message without parameters.

    One of GET_READER_CAPABILITIES, DELETE_ROSPEC, ENABLE_ROSPEC, START_ROSPEC, DELETE_ACCESSSPEC, KEEPALIVE_ACK,
    ENABLE_EVENTS_AND_REPORTS, CLOSE_CONNECTION, IMPINJ_ENABLE_EXTENSIONS, with ``fields`` as sllurp names them.
    """
    sizes = {"GET_READER_CAPABILITIES": 1, "IMPINJ_ENABLE_EXTENSIONS": 9}
    return _encoded(name, version, message_id, fields, sizes.get(name, 4 * len(fields)))


def set_reader_config(version: int, message_id: int, plan: RadioPlan) -> bytes:
    """Return SET_READER_CONFIG: events, keepalive, power of each antenna, inputs, and the hold bit if there is one."""
    events = (*_EVENTS, "GPIEvent") if plan.inputs else _EVENTS
    content: dict[str, Any] = {
        "ResetToFactoryDefaults": False,
        "ReaderEventNotificationSpec": {"EventNotificationState": dict.fromkeys(events, True)},
        "AntennaConfiguration": [
            {
                "AntennaID": antenna.port,
                "RFTransmitter": {
                    "HopTableId": plan.hop_table_id,
                    "ChannelIndex": plan.channel_index,
                    "TransmitPower": antenna.tx_power_index,
                },
            }
            for antenna in plan.antennas
        ],
        "KeepaliveSpec": {"KeepaliveTriggerType": 1, "TimeInterval": plan.keepalive_ms},
    }
    size = 1 + (4 + 7 * len(events)) + 16 * len(plan.antennas) + 9
    message = _encoded("SET_READER_CONFIG", version, message_id, content, size)
    for port in range(1, plan.inputs + 1):
        message = with_parameter(message, handmade.input_enabled(port))
    return with_parameter(message, handmade.events_and_reports(hold=True)) if plan.hold_reports else message


def _decoded(frame: Frame) -> Mapping[str, Any]:
    def decode() -> Mapping[str, Any]:
        content: Mapping[str, Any] = LLRPMessage(msgbytes=frame.raw).msgdict
        return next(iter(content.values()))

    return _reading(frame, decode)


def _reading(frame: Frame, read: Callable[[], _T]) -> _T:
    """Return what ``read`` returns; whatever it trips over is the frame's fault."""
    try:
        return read()
    except ProtocolError:
        raise
    except _RAW_ERRORS as error:
        raise ProtocolError(f"a message of type {frame.type} cannot be read: {error!r}", frame.raw) from error


def capabilities_of(frame: Frame, hop_table_id: int = 1) -> Capabilities:
    """Return the content of a GET_READER_CAPABILITIES_RESPONSE.

    Args:
        frame: The answer, its status already checked.
        hop_table_id: The hop table that the profile uses; ChannelIndex counts in it.

    Raises:
        ProtocolError: It cannot be read, or lacks what a full answer must have.
    """
    content = _decoded(frame)
    return _reading(frame, lambda: _capabilities(content, hop_table_id))


def _capabilities(content: Mapping[str, Any], hop_table_id: int) -> Capabilities:
    device = content["GeneralDeviceCapabilities"]
    limits = content["LLRPCapabilities"]
    regulatory = content["RegulatoryCapabilities"]
    band = regulatory["UHFBandCapabilities"]
    gen2 = content.get("C1G2LLRPCapabilities", {})
    greatest = device.get("MaximumReceiveSensitivity")
    return Capabilities(
        antennas=device["MaxNumberOfAntennaSupported"],
        manufacturer=device["DeviceManufacturerName"],
        model_id=device["ModelName"],
        firmware=device["ReaderFirmwareVersion"].decode("utf-8", errors="replace").strip("\0 "),
        communications_standard=regulatory["CommunicationsStandard"],
        country=regulatory["CountryCode"],
        power_dbm={
            row["Index"]: _signed(row["TransmitPowerValue"]) / 100 for row in band["TransmitPowerLevelTableEntry"]
        },
        channels_mhz=_channels(band["FrequencyInformation"], hop_table_id),
        is_hopping=band["FrequencyInformation"]["Hopping"],
        modes={
            row["ModeIdentifier"]: _air_mode(row)
            for table in _as_list(band["UHFC1G2RFModeTable"])
            for row in table["UHFC1G2RFModeTableEntry"]
        },
        can_hold_reports=limits["SupportsEventAndReportHolding"],
        has_utc_clock=device["HasUTCClockCapability"],
        is_state_aware=limits["CanDoTagInventoryStateAwareSingulation"],
        inputs=device["GPIOCapabilities"]["NumGPIs"],
        outputs=device["GPIOCapabilities"]["NumGPOs"],
        sensitivities_db={
            row["Index"]: _signed(row["ReceiveSensitivityValue"]) for row in device["ReceiveSensitivityTableEntry"]
        },
        greatest_sensitivity_dbm=_signed(greatest["MaximumSensitivityValue"]) if greatest else None,
        max_rospecs=limits["MaxNumROSpec"],
        max_access_specs=limits["MaxNumAccessSpec"],
        max_operations=limits["MaxNumOpSpecsPerAccessSpec"],
        max_filters=gen2.get("MaxNumSelectFiltersPerQuery", 0),
        can_block_write=gen2.get("CanSupportBlockWrite", False),
    )


def _air_mode(row: Mapping[str, int]) -> AirMode:
    """Return a row of the mode table; sllurp calls the tag's modulation Mod, and the spectral mask M."""
    return AirMode(
        identifier=row["ModeIdentifier"],
        miller=_MILLER.get(row["Mod"], 0),
        divide_ratio=64 / 3 if row["DR"] else 8.0,
        bdr_hz=row["BDR"],
        forward_modulation=_FORWARD_MODULATIONS.get(row["FLM"], "unknown"),
        spectral_mask=_SPECTRAL_MASKS.get(row["M"], "unknown"),
        pie=row["PIE"],
        tari_ns=(row["MinTari"], row["MaxTari"], row["StepTari"]),
    )


def _signed(word: int) -> int:
    """sllurp reads s16 as u16, and a reader may go below 0 dBm."""
    return word - 0x10000 if word & 0x8000 else word


def _as_list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _channels(frequencies: Mapping[str, Any], hop_table_id: int) -> dict[int, float]:
    tables = frequencies.get("FrequencyHopTable", []) if frequencies["Hopping"] else []
    chosen = [table for table in tables if table["HopTableId"] == hop_table_id] or list(tables[:1])
    table = chosen[0] if chosen else frequencies.get("FixedFrequencyTable", {})
    return {position: khz / 1000 for position, khz in enumerate(table.get("Frequency", []), start=1)}


def config_powers_of(frame: Frame) -> dict[int, int]:
    """Return antenna → index of transmit power from a GET_READER_CONFIG_RESPONSE."""
    content = _decoded(frame)
    return _reading(frame, lambda: _powers(content.get("AntennaConfiguration", [])))


def rospec_powers_of(frame: Frame, rospec_id: int) -> dict[int, int]:
    """Return antenna → index of transmit power of a ROSpec from a GET_ROSPECS_RESPONSE.

    Raises:
        ProtocolError: It cannot be read, or the ROSpec is not in it.
    """

    def read() -> dict[int, int]:
        content, _ = decode_all_parameters(frame.body, None, None, ["ROSpec"])
        for rospec in content.get("ROSpec", []):
            if rospec["ROSpecID"] == rospec_id:
                return _powers(
                    antenna
                    for aispec in rospec["AISpec"]
                    for inventory in aispec["InventoryParameterSpec"]
                    for antenna in inventory.get("AntennaConfiguration", [])
                )
        raise ProtocolError(f"the reader does not list ROSpec {rospec_id}, which it took", frame.raw)

    return _reading(frame, read)


def _powers(antennas: Any) -> dict[int, int]:
    return {
        antenna["AntennaID"]: antenna["RFTransmitter"]["TransmitPower"]
        for antenna in antennas
        if "RFTransmitter" in antenna
    }


def notification_of(frame: Frame) -> Notification:
    """Return the content of a READER_EVENT_NOTIFICATION.

    Raises:
        ProtocolError: It cannot be read, or holds no ReaderEventNotificationData.
    """
    content = _decoded(frame)
    return _reading(frame, lambda: _notification(content["ReaderEventNotificationData"]))


def _notification(event: Mapping[str, Any]) -> Notification:
    # sllurp puts a parameter that it knows but whose value it does not aside, as if it were missing.
    unread = [parameter["Name"] for parameter in event.get("SllurpDecodeError", []) if parameter["Name"]]
    if unread:
        raise ValueError(f"{unread[0]} with an unknown value")
    time = event.get("UTCTimestamp") or event.get("Uptime")
    attempt = event.get("ConnectionAttemptEvent")
    antenna = event.get("AntennaEvent")
    rospec = event.get("ROSpecEvent")
    exception = event.get("ReaderExceptionEvent")
    changed = event.get("GPIEvent")
    buffer = event.get("ReportBufferLevelWarning")  # sllurp's name for ReportBufferLevelWarningEvent
    return Notification(
        time_us=time["Microseconds"] if time else None,
        connection_attempt=_connection_attempt(attempt) if attempt else None,
        is_closing="ConnectionCloseEvent" in event,
        antenna_gone=antenna["AntennaID"] if antenna and antenna["EventType"] == "Disconnected" else None,
        antenna_back=antenna["AntennaID"] if antenna and antenna["EventType"] == "Connected" else None,
        rospec_started=rospec["ROSpecID"] if rospec and rospec["EventType"] == "Start_of_ROSpec" else None,
        rospec_ended=rospec["ROSpecID"] if rospec and rospec["EventType"] != "Start_of_ROSpec" else None,
        buffer_percent=buffer["ReportBufferPercentageFull"] if buffer else None,
        has_overflowed="ReportBufferOverflowErrorEvent" in event,
        preempting_rospec=rospec["PreemptingROSpecID"] if rospec and rospec["EventType"] == _PREEMPTED else None,
        input_changed=(changed["GPIPortNumber"], changed["GPIEvent"]) if changed else None,
        exception=exception["Message"].decode("utf-8", errors="replace") if exception else None,
    )


def _connection_attempt(event: Mapping[str, Any]) -> int:
    return int(ConnEvent_Name2Type[event["Status"]])
