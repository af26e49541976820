"""LLRPStatus, read straight from the bytes of an answer.

sllurp's decoder leaves the code out when it does not know it, and says nothing when the whole parameter is missing;
both must count as failure. Source: LLRP 1.1, section 17.2.8.1.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from reader.errors import ProtocolError
from reader.llrp.frames import Frame

__all__ = ["M_SUCCESS", "M_UNEXPECTED_MESSAGE", "Status", "status_of"]

M_SUCCESS: Final = 0
M_UNEXPECTED_MESSAGE: Final = 112

_LLRP_STATUS: Final = 287
_HEADER = struct.Struct(">HHHH")  # type, length, code, bytes of description
_FIELDS_BEFORE: Final = {56: 2, 1023: 5}  # GET_SUPPORTED_VERSION_RESPONSE; vendor and subtype of a custom answer

_NAMES: Final = {
    0: "M_Success",
    100: "M_ParameterError",
    101: "M_FieldError",
    102: "M_UnexpectedParameter",
    103: "M_MissingParameter",
    104: "M_DuplicateParameter",
    105: "M_OverflowParameter",
    106: "M_OverflowField",
    107: "M_UnknownParameter",
    108: "M_UnknownField",
    109: "M_UnsupportedMessage",
    110: "M_UnsupportedVersion",
    111: "M_UnsupportedParameter",
    112: "M_UnexpectedMessage",
    200: "P_ParameterError",
    201: "P_FieldError",
    202: "P_UnexpectedParameter",
    203: "P_MissingParameter",
    204: "P_DuplicateParameter",
    205: "P_OverflowParameter",
    206: "P_OverflowField",
    207: "P_UnknownParameter",
    208: "P_UnknownField",
    209: "P_UnsupportedParameter",
    300: "A_Invalid",
    301: "A_OutOfRange",
    401: "R_DeviceError",
}


class Status(NamedTuple):
    """How a reader answered; `words` has the standard's name of the code and the reader's own description."""

    code: int
    description: str

    @property
    def words(self) -> str:
        """The code by its name, and what the reader said."""
        name = _NAMES.get(self.code, f"unknown code {self.code}")
        return f"{name}, {self.description}" if self.description else name


def status_of(frame: Frame) -> Status:
    """Return the LLRPStatus of an answer.

    Raises:
        ProtocolError: There is none where it has to be, or it is cut off.
    """
    body = frame.body
    at = _FIELDS_BEFORE.get(frame.type, 0)
    if at + _HEADER.size > len(body):
        raise ProtocolError("an answer without LLRPStatus", frame.raw)
    word, length, code, described = _HEADER.unpack_from(body, at)
    if word & 0x3FF != _LLRP_STATUS:
        raise ProtocolError("an answer without LLRPStatus", frame.raw)
    start = at + _HEADER.size
    if at + length > len(body) or start + described > at + length:
        raise ProtocolError("an answer whose LLRPStatus is cut off", frame.raw)
    return Status(code, body[start : start + described].decode("utf-8", errors="replace").strip())
