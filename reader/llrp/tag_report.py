"""One TagReportData, walked parameter by parameter: any layout, every length checked. Pure.

Source: LLRP 1.1, sections 14.2.3 and 17.2.7.3; Impinj's and Zebra's custom parameters (facts measured 2026-11).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from reader.errors import ProtocolError

__all__ = ["TAG_REPORT_DATA", "Mark", "TagReport", "first_report", "tag_reports"]

TAG_REPORT_DATA: Final = 240
_EPC_DATA: Final = 241
_CUSTOM: Final = 1023
_IMPINJ: Final = 25882
_ZEBRA: Final = 161  # the number that Motorola used
_TV: Final = 0x80
_TLV_HEADER = struct.Struct(">HH")
_SERIALIZED_TID: Final = struct.pack(">II", _IMPINJ, 55)


class TagReport(NamedTuple):
    """One TagReportData, all of it; None for what the reader left out.

    epc: upper-case hex. Timestamps in µs. peak_rssi_dbm in whole dBm.
    impinj_tid: upper-case hex of the words that FastID read, empty where the tag did not answer.
    impinj_phase: 0 to 4095 for a full turn; impinj_rssi: 1/100 dBm; impinj_doppler: 1/16 Hz.
    zebra_phase: 0 to 65535 for a full turn [never seen on hardware by us].
    others: type and content of everything else, in order: results of access operations, other custom parameters.
    """

    epc: str | None = None
    antenna: int | None = None
    first_seen_utc_us: int | None = None
    first_seen_uptime_us: int | None = None
    last_seen_utc_us: int | None = None
    last_seen_uptime_us: int | None = None
    peak_rssi_dbm: int | None = None
    channel_index: int | None = None
    seen_count: int | None = None
    rospec_id: int | None = None
    inventory_parameter_spec_id: int | None = None
    crc: int | None = None
    pc: int | None = None
    spec_index: int | None = None
    client_request_op_spec_id: int | None = None
    access_spec_id: int | None = None
    op_spec_id: int | None = None
    xpc_w1: int | None = None
    xpc_w2: int | None = None
    impinj_phase: int | None = None
    impinj_rssi: int | None = None
    impinj_doppler: int | None = None
    impinj_tid: str | None = None
    zebra_phase: int | None = None
    others: tuple[tuple[int, bytes], ...] = ()


class Mark(NamedTuple):
    """Where a value lies: counted from the start of its TagReportData."""

    slot: int
    offset: int
    size: int
    code: str


_SLOT: Final = {name: position for position, name in enumerate(TagReport._fields)}
_EPC: Final = _SLOT["epc"]
_TID: Final = _SLOT["impinj_tid"]
_OTHERS: Final = _SLOT["others"]
# TV type -> field, struct code. LLRP 1.1, section 17.2.7.3; 18 (singulation details) belongs to events.
_TV_FIELDS: Final = {
    1: ("antenna", "H"),
    2: ("first_seen_utc_us", "Q"),
    3: ("first_seen_uptime_us", "Q"),
    4: ("last_seen_utc_us", "Q"),
    5: ("last_seen_uptime_us", "Q"),
    6: ("peak_rssi_dbm", "b"),
    7: ("channel_index", "H"),
    8: ("seen_count", "H"),
    9: ("rospec_id", "I"),
    10: ("inventory_parameter_spec_id", "H"),
    11: ("crc", "H"),
    12: ("pc", "H"),
    13: ("epc", "12s"),
    14: ("spec_index", "H"),
    15: ("client_request_op_spec_id", "H"),
    16: ("access_spec_id", "I"),
    17: ("op_spec_id", "H"),
    19: ("xpc_w1", "H"),
    20: ("xpc_w2", "H"),
}
_VENDOR_FIELDS: Final = {
    (_IMPINJ, 56): ("impinj_phase", "H"),
    (_IMPINJ, 57): ("impinj_rssi", "h"),
    (_IMPINJ, 68): ("impinj_doppler", "h"),
    (_ZEBRA, 709): ("zebra_phase", "H"),  # signed there; half a turn back is the same as half a turn on
}

_Unpack = Callable[[bytes, int], tuple[Any, ...]]
# first byte -> slot, whole size, unpack, struct code
_TV_WALK: Final[dict[int, tuple[int, int, _Unpack, str]]] = {
    _TV | number: (_SLOT[name], 1 + struct.calcsize(f">{code}"), struct.Struct(f">{code}").unpack_from, code)
    for number, (name, code) in _TV_FIELDS.items()
}
# content of a custom parameter up to its value -> slot, whole content size, unpack, struct code
_VENDOR_WALK: Final[dict[bytes, tuple[int, int, _Unpack, str]]] = {
    struct.pack(">II", vendor, subtype): (_SLOT[name], 10, struct.Struct(f">{code}").unpack_from, code)
    for (vendor, subtype), (name, code) in _VENDOR_FIELDS.items()
}


def tag_reports(body: bytes) -> list[TagReport]:
    """Return every TagReportData in the body of an RO_ACCESS_REPORT; other parameters are stepped over.

    Raises:
        ProtocolError: A length that does not fit, a TV of unknown type (nothing says how long it is), no EPC.
    """
    return [_report(body, start, end, None) for kind, start, end in _tlvs(body) if kind == TAG_REPORT_DATA]


def _tlvs(body: bytes) -> list[tuple[int, int, int]]:
    """Return type, start and end of the content of each parameter of the message."""
    found: list[tuple[int, int, int]] = []
    at, size = 0, len(body)
    while at < size:
        kind, end = _tlv(body, at, size)
        found.append((kind, at + 4, end))
        at = end
    return found


def _tlv(body: bytes, at: int, limit: int) -> tuple[int, int]:
    """Return the type of the TLV at ``at`` and the position behind it."""
    if at + 4 > limit:
        raise ProtocolError(f"a parameter header is cut off at byte {at}", body)
    word, length = _TLV_HEADER.unpack_from(body, at)
    if word & 0x8000:
        raise ProtocolError(f"a TV parameter at byte {at}, where none may be", body)
    if length < 4 or at + length > limit:
        raise ProtocolError(f"a parameter of {length} bytes at byte {at} does not fit", body)
    return word & 0x3FF, at + length


def _report(body: bytes, start: int, end: int, marks: list[Mark] | None) -> TagReport:
    """Walk one TagReportData; note where its values lie in ``marks`` where that is wanted."""
    values: list[Any] = [None] * _OTHERS
    others: list[tuple[int, bytes]] = []
    at = start
    while at < end:
        known = _TV_WALK.get(body[at])
        if known is not None:
            slot, size, unpack, code = known
            if at + size > end:
                raise ProtocolError(f"a TV parameter at byte {at} is cut off", body)
            values[slot] = unpack(body, at + 1)[0]
            if marks is not None:
                marks.append(Mark(slot, at + 1 - start, size - 1, code))
            at += size
        elif body[at] & _TV:
            raise ProtocolError(f"a TV parameter of unknown type {body[at] & 0x7F} at byte {at}", body)
        else:
            at = _walk_tlv(body, at, end, start, values, others, marks)
    epc = values[_EPC]
    if epc is None:
        raise ProtocolError("a tag report without an EPC", body)
    values[_EPC] = epc.hex().upper()
    if values[_TID] is not None:
        values[_TID] = values[_TID].hex().upper()
    return TagReport._make((*values, tuple(others)))


def _walk_tlv(
    body: bytes,
    at: int,
    limit: int,
    start: int,
    values: list[Any],
    others: list[tuple[int, bytes]],
    marks: list[Mark] | None,
) -> int:
    kind, end = _tlv(body, at, limit)
    content = at + 4
    if kind == _EPC_DATA:
        bits = int.from_bytes(body[content : content + 2], "big")
        if content + 2 + (bits + 7) // 8 != end:
            raise ProtocolError(f"an EPC of {bits} bits in {end - content} bytes", body)
        values[_EPC] = body[content + 2 : end]
        if marks is not None:
            marks.append(Mark(_EPC, content + 2 - start, end - content - 2, f"{end - content - 2}s"))
        return end
    name = body[content : content + 8] if kind == _CUSTOM else b""
    if name == _SERIALIZED_TID:
        values[_TID] = _tid(body, content + 8, end)
        if marks is not None:
            marks.append(Mark(_TID, content + 10 - start, end - content - 10, f"{end - content - 10}s"))
        return end
    known = _VENDOR_WALK.get(name)
    if known is None:
        others.append((kind, body[content:end]))
        return end
    slot, size, unpack, code = known
    if end - content != size:
        raise ProtocolError(f"a vendor's parameter of {end - content} bytes at byte {at}, expected {size}", body)
    values[slot] = unpack(body, content + 8)[0]
    if marks is not None:
        marks.append(Mark(slot, content + 8 - start, size - 8, code))
    return end


def _tid(body: bytes, at: int, end: int) -> bytes:
    """Return the words of an ImpinjSerializedTID, whose count is at ``at``."""
    words = int.from_bytes(body[at : at + 2], "big")
    if at + 2 + 2 * words != end:
        raise ProtocolError(f"a TID of {words} words in {end - at} bytes", body)
    return body[at + 2 : end]


def first_report(body: bytes) -> tuple[TagReport, int, list[Mark]] | None:
    """Return the TagReportData that a message begins with, where it ends, and where its values lie.

    None when it begins with another parameter. ``body`` was walked without complaint before.
    """
    kind, end = _tlv(body, 0, len(body))
    if kind != TAG_REPORT_DATA:
        return None
    marks: list[Mark] = []
    return _report(body, 4, end, marks), end, marks
