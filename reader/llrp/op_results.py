"""Results of operations on a tag, out of the body of an RO_ACCESS_REPORT. Pure.

Reports of reads are by far more, so a body is looked into only while an operation is under way, and only where it
holds a header of one of the results that are waited for.

Source: LLRP 1.1, sections 17.3.3 (results) and 17.2.7.3 (TagReportData).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final, NamedTuple

from reader.access import AccessFault
from reader.errors import ProtocolError
from reader.llrp.tag_report import tag_reports

__all__ = ["OpResult", "may_hold_results", "op_results"]

_HEAD = struct.Struct(">BH")
_READ: Final = 349

# What each type of result means by its codes; they are not the same. LLRP 1.1, section 17.3.3; 0 is success.
_F = AccessFault
_WRITE_FAULTS: Final = {
    1: _F.OVERRUN,
    2: _F.LOCKED,
    3: _F.WEAK,
    4: _F.TAG,
    5: _F.NO_TAG,
    6: _F.READER,
    7: _F.PASSWORD,
}
_FAULTS: Final[Mapping[int, Mapping[int, AccessFault]]] = {
    _READ: {1: _F.TAG, 2: _F.NO_TAG, 3: _F.READER, 4: _F.OVERRUN, 5: _F.LOCKED, 6: _F.PASSWORD},
    350: _WRITE_FAULTS,
    351: {1: _F.ZERO_KILL_PASSWORD, 2: _F.WEAK, 3: _F.TAG, 4: _F.NO_TAG, 5: _F.READER, 6: _F.PASSWORD},
    352: {1: _F.WEAK, 2: _F.TAG, 3: _F.NO_TAG, 4: _F.READER, 5: _F.PASSWORD, 6: _F.OVERRUN, 7: _F.LOCKED},
    354: _WRITE_FAULTS,
}
_HEADERS: Final = tuple(struct.pack(">H", kind) for kind in _FAULTS)


class OpResult(NamedTuple):
    """What came of one OpSpec, on the tag that reported ``epc`` to ``antenna`` (0 where the report does not say).

    fault: None for success. words: what was read.
    """

    op_id: int
    epc: str
    antenna: int
    fault: AccessFault | None
    words: tuple[int, ...] = ()


def may_hold_results(body: bytes) -> bool:
    """Return whether it is worth looking for results in ``body``: quick, and never wrongly False."""
    return any(header in body for header in _HEADERS)


def op_results(body: bytes) -> list[OpResult]:
    """Return all results in the body of an RO_ACCESS_REPORT, in order.

    Raises:
        ProtocolError: The body breaks the protocol.
    """
    return [
        _result(kind, content, report.epc or "", report.antenna or 0)
        for report in tag_reports(body)
        for kind, content in report.others
        if kind in _FAULTS
    ]


def _result(kind: int, content: bytes, epc: str, antenna: int) -> OpResult:
    if len(content) < _HEAD.size:
        raise ProtocolError(f"a result of type {kind} is cut off", content)
    code, op_id = _HEAD.unpack_from(content)
    # A code that the standard does not have is no success.
    fault = None if code == 0 else _FAULTS[kind].get(code, AccessFault.READER)
    return OpResult(op_id, epc, antenna, fault, _words(content) if kind == _READ and fault is None else ())


def _words(content: bytes) -> tuple[int, ...]:
    at = _HEAD.size
    if len(content) < at + 2:
        raise ProtocolError("the words that were read are cut off", content)
    count = int.from_bytes(content[at : at + 2], "big")
    if len(content) != at + 2 + 2 * count:
        raise ProtocolError(f"{count} words were read, but the result has {len(content)} bytes", content)
    return struct.unpack_from(f">{count}H", content, at + 2)
