"""The small messages and parameters that sllurp 3.0.5 cannot encode, by hand. LLRP 1.1, sections 16 and 17."""

from __future__ import annotations

import struct
from typing import Final

from reader.errors import ProtocolError
from reader.llrp.frames import Frame
from reader.llrp.makers import impinj_requested
from reader.llrp.tlv import message, parameter, parameters_of

__all__ = [
    "events_and_reports",
    "get_antenna_configuration",
    "get_antenna_properties",
    "get_impinj_configuration",
    "get_report",
    "get_rospecs",
    "get_supported_version",
    "input_enabled",
    "set_output",
    "set_protocol_version",
    "unconnected_of",
    "versions_of",
]

_GET_READER_CONFIG: Final = 2
_SET_READER_CONFIG: Final = 3
_GET_ROSPECS: Final = 26
_GET_SUPPORTED_VERSION: Final = 46
_SET_PROTOCOL_VERSION: Final = 47
_GET_REPORT: Final = 60
_IDENTIFICATION, _ANTENNA_PROPERTIES, _ANTENNA_CONFIGURATION = 1, 2, 3  # values of RequestedData
_ANTENNA_PROPERTY: Final = 221
_GPO_WRITE_DATA: Final = 219
_GPI_PORT_CURRENT_STATE: Final = 225
_STATE_UNKNOWN: Final = 2
_EVENTS_AND_REPORTS: Final = 226
_PROPERTIES = struct.Struct(">BHh")  # AntennaConnected, AntennaID, AntennaGain
_VERSION_1_1: Final = 2  # 46 and 47 always carry it, whatever was negotiated


def get_rospecs(version: int, message_id: int) -> bytes:
    """Return GET_ROSPECS."""
    return message(_GET_ROSPECS, version, message_id)


def get_report(version: int, message_id: int) -> bytes:
    """Return GET_REPORT; what the reader has gathered comes as reports, there is no other answer."""
    return message(_GET_REPORT, version, message_id)


def get_antenna_configuration(version: int, message_id: int) -> bytes:
    """Return GET_READER_CONFIG for the antenna configuration of all antennas.

    sllurp puts RequestedData before AntennaID; the standard has it behind (section 16.1.3).
    """
    return message(_GET_READER_CONFIG, version, message_id, struct.pack(">HBHH", 0, _ANTENNA_CONFIGURATION, 0, 0))


def get_antenna_properties(version: int, message_id: int) -> bytes:
    """Return GET_READER_CONFIG for whether antennas are connected, of all ports."""
    return message(_GET_READER_CONFIG, version, message_id, struct.pack(">HBHH", 0, _ANTENNA_PROPERTIES, 0, 0))


def unconnected_of(answer: Frame) -> frozenset[int]:
    """Return the ports without an antenna, from the answer to `get_antenna_properties`.

    Raises:
        ProtocolError: It cannot be read.
    """
    gone = set()
    for number, content in parameters_of(answer.body):
        if number == _ANTENNA_PROPERTY:
            if len(content) != _PROPERTIES.size:
                raise ProtocolError(f"AntennaProperties of {len(content)} bytes", answer.raw)
            flags, port, _gain = _PROPERTIES.unpack(content)
            if not flags & 0x80:
                gone.add(port)
    return frozenset(gone)


def get_impinj_configuration(version: int, message_id: int) -> bytes:
    """Return GET_READER_CONFIG for what Impinj's readers have of their own, and as little else as can be asked for."""
    body = struct.pack(">HBHH", 0, _IDENTIFICATION, 0, 0) + impinj_requested()
    return message(_GET_READER_CONFIG, version, message_id, body)


def set_output(version: int, message_id: int, port: int, *, is_on: bool) -> bytes:
    """Return SET_READER_CONFIG that switches one general purpose output, counted from 1."""
    written = parameter(_GPO_WRITE_DATA, struct.pack(">HB", port, is_on << 7))
    return message(_SET_READER_CONFIG, version, message_id, b"\0" + written)


def get_supported_version(message_id: int) -> bytes:
    """Return GET_SUPPORTED_VERSION."""
    return message(_GET_SUPPORTED_VERSION, _VERSION_1_1, message_id)


def set_protocol_version(version: int, message_id: int) -> bytes:
    """Return SET_PROTOCOL_VERSION for ``version`` (1 is LLRP 1.0.1, 2 is LLRP 1.1)."""
    return message(_SET_PROTOCOL_VERSION, _VERSION_1_1, message_id, bytes([version]))


def versions_of(answer: Frame) -> tuple[int, int]:
    """Return the current and the greatest version from a GET_SUPPORTED_VERSION_RESPONSE.

    Raises:
        ProtocolError: It is too short.
    """
    body = answer.body
    if len(body) < 2:
        raise ProtocolError("GET_SUPPORTED_VERSION_RESPONSE is too short", answer.raw)
    return body[0], body[1]


def events_and_reports(*, hold: bool) -> bytes:
    """Return the EventsAndReports parameter: whether the reader keeps reports for a client that is away."""
    return parameter(_EVENTS_AND_REPORTS, bytes([hold << 7]))


def input_enabled(port: int) -> bytes:
    """Return the GPIPortCurrentState that makes a reader listen to an input; the state in it means nothing."""
    return parameter(_GPI_PORT_CURRENT_STATE, struct.pack(">HBB", port, 1 << 7, _STATE_UNKNOWN))
