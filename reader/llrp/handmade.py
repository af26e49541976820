"""The few messages and parameters that sllurp 3.0.5 cannot encode, by hand. LLRP 1.1, sections 16 and 17."""

from __future__ import annotations

import struct
from typing import Final

from reader.errors import ProtocolError
from reader.llrp.frames import HEADER_BYTES, Frame

__all__ = [
    "events_and_reports",
    "get_antenna_configuration",
    "get_rospecs",
    "get_supported_version",
    "set_protocol_version",
    "versions_of",
    "with_parameter",
]

_GET_READER_CONFIG: Final = 2
_GET_ROSPECS: Final = 26
_GET_SUPPORTED_VERSION: Final = 46
_SET_PROTOCOL_VERSION: Final = 47
_ANTENNA_CONFIGURATION: Final = 3  # value of RequestedData
_EVENTS_AND_REPORTS: Final = 226
_VERSION_1_1: Final = 2  # 46 and 47 always carry it, whatever was negotiated
_HEADER = struct.Struct(">HII")


def _message(number: int, version: int, message_id: int, body: bytes = b"") -> bytes:
    return _HEADER.pack(version << 10 | number, HEADER_BYTES + len(body), message_id) + body


def get_rospecs(version: int, message_id: int) -> bytes:
    """Return GET_ROSPECS."""
    return _message(_GET_ROSPECS, version, message_id)


def get_antenna_configuration(version: int, message_id: int) -> bytes:
    """Return GET_READER_CONFIG for the antenna configuration of all antennas.

    sllurp puts RequestedData before AntennaID; the standard has it behind (section 16.1.3).
    """
    return _message(_GET_READER_CONFIG, version, message_id, struct.pack(">HBHH", 0, _ANTENNA_CONFIGURATION, 0, 0))


def get_supported_version(message_id: int) -> bytes:
    """Return GET_SUPPORTED_VERSION."""
    return _message(_GET_SUPPORTED_VERSION, _VERSION_1_1, message_id)


def set_protocol_version(version: int, message_id: int) -> bytes:
    """Return SET_PROTOCOL_VERSION for ``version`` (1 is LLRP 1.0.1, 2 is LLRP 1.1)."""
    return _message(_SET_PROTOCOL_VERSION, _VERSION_1_1, message_id, bytes([version]))


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
    return struct.pack(">HHB", _EVENTS_AND_REPORTS, 5, hold << 7)


def with_parameter(message: bytes, parameter: bytes) -> bytes:
    """Return ``message`` with ``parameter`` behind everything else in it."""
    word, length, message_id = _HEADER.unpack_from(message)
    return _HEADER.pack(word, length + len(parameter), message_id) + message[HEADER_BYTES:] + parameter
