"""RO_ACCESS_REPORT, the message that comes a thousand times a second: its body → tag reads. Pure.

1. Every length is checked before it is used; what breaks the protocol is a `ProtocolError`, and costs its message.
2. The reports of one ROSpec repeat one layout of parameters. What was learnt from the first report of a message
   is compared with later messages as a whole: all bytes that are structure (headers, types, lengths, vendor ids)
   must be the same. Then one struct takes the values of all tags out at once.
3. Whatever does not match a learnt layout is walked parameter by parameter. Both ways always give the same reads.
4. A decoder belongs to one connection: it remembers layouts, and it remembers the last value of each optional
   parameter, because LLRP lets a reader leave out what has not changed (LLRP 1.1, section 14.2.3, TagReportData).

Measured 2026-11 on 2 shared cores: see bench/llrp_reports.py.
"""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable, Iterable, Mapping
from itertools import repeat
from typing import Any, Final, NamedTuple

from reader.errors import ProtocolError
from reader.model import TagRead

__all__ = ["ReportDecoder", "TagReport", "tag_reports"]

_TAG_REPORT_DATA: Final = 240
_EPC_DATA: Final = 241
_CUSTOM: Final = 1023
_IMPINJ: Final = 25882
_TV: Final = 0x80
_TLV_HEADER = struct.Struct(">HH")
_MAX_LAYOUTS: Final = 16  # per connection: some ROSpecs, EPC lengths; a reader that shows more is walked
_MAX_COUNTS: Final = 32  # numbers of tags per message for which a layout keeps its masks
_DEGREES_PER_PHASE_STEP: Final = 360.0 / 4096.0
_RSSI_STEPS_PER_DBM: Final = 100.0


class TagReport(NamedTuple):
    """One TagReportData, all of it; None for what the reader left out.

    epc: upper-case hex. Timestamps in µs. peak_rssi_dbm in whole dBm.
    impinj_phase: 0 to 4095 for a full turn; impinj_rssi: 1/100 dBm; impinj_doppler: 1/16 Hz.
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
    others: tuple[tuple[int, bytes], ...] = ()


class _Mark(NamedTuple):
    """Where a value lies: counted from the start of its TagReportData."""

    slot: int
    offset: int
    size: int
    code: str


_SLOT: Final = {name: position for position, name in enumerate(TagReport._fields)}
_EPC: Final = _SLOT["epc"]
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
_IMPINJ_FIELDS: Final = {56: ("impinj_phase", "H"), 57: ("impinj_rssi", "h"), 68: ("impinj_doppler", "h")}

_Unpack = Callable[[bytes, int], tuple[Any, ...]]
# first byte -> slot, whole size, unpack, struct code
_TV_WALK: Final[dict[int, tuple[int, int, _Unpack, str]]] = {
    _TV | number: (_SLOT[name], 1 + struct.calcsize(f">{code}"), struct.Struct(f">{code}").unpack_from, code)
    for number, (name, code) in _TV_FIELDS.items()
}
# content of a custom parameter up to its value -> slot, whole content size, unpack, struct code
_IMPINJ_WALK: Final[dict[bytes, tuple[int, int, _Unpack, str]]] = {
    struct.pack(">II", _IMPINJ, subtype): (_SLOT[name], 10, struct.Struct(f">{code}").unpack_from, code)
    for subtype, (name, code) in _IMPINJ_FIELDS.items()
}


def tag_reports(body: bytes) -> list[TagReport]:
    """Return every TagReportData in the body of an RO_ACCESS_REPORT; other parameters are stepped over.

    Raises:
        ProtocolError: A length that does not fit, a TV of unknown type (nothing says how long it is), no EPC.
    """
    return [_report(body, start, end, None) for kind, start, end in _tlvs(body) if kind == _TAG_REPORT_DATA]


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


def _report(body: bytes, start: int, end: int, marks: list[_Mark] | None) -> TagReport:
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
                marks.append(_Mark(slot, at + 1 - start, size - 1, code))
            at += size
        elif body[at] & _TV:
            raise ProtocolError(f"a TV parameter of unknown type {body[at] & 0x7F} at byte {at}", body)
        else:
            at = _walk_tlv(body, at, end, start, values, others, marks)
    epc = values[_EPC]
    if epc is None:
        raise ProtocolError("a tag report without an EPC", body)
    values[_EPC] = epc.hex().upper()
    return TagReport._make((*values, tuple(others)))


def _walk_tlv(
    body: bytes,
    at: int,
    limit: int,
    start: int,
    values: list[Any],
    others: list[tuple[int, bytes]],
    marks: list[_Mark] | None,
) -> int:
    kind, end = _tlv(body, at, limit)
    content = at + 4
    if kind == _EPC_DATA:
        bits = int.from_bytes(body[content : content + 2], "big")
        if content + 2 + (bits + 7) // 8 != end:
            raise ProtocolError(f"an EPC of {bits} bits in {end - content} bytes", body)
        values[_EPC] = body[content + 2 : end]
        if marks is not None:
            marks.append(_Mark(_EPC, content + 2 - start, end - content - 2, f"{end - content - 2}s"))
        return end
    impinj = _IMPINJ_WALK.get(body[content : content + 8]) if kind == _CUSTOM else None
    if impinj is None:
        others.append((kind, body[content:end]))
        return end
    slot, size, unpack, code = impinj
    if end - content != size:
        raise ProtocolError(f"an Impinj parameter of {end - content} bytes at byte {at}, expected {size}", body)
    values[slot] = unpack(body, content + 8)[0]
    if marks is not None:
        marks.append(_Mark(slot, content + 8 - start, size - 8, code))
    return end


class _Layout:
    """The layout of one TagReportData: which bytes are structure, and where the wanted values lie.

    stride: bytes of one whole TagReportData, its header included.
    columns: the wanted fields in the order in which the struct yields them.
    """

    def __init__(self, sample: bytes, marks: Iterable[_Mark]) -> None:
        self.stride = len(sample)
        wanted = {_SLOT[name] for name in _wanted_fields({TagReport._fields[mark.slot] for mark in marks})}
        mask = bytearray(b"\xff" * self.stride)
        code = [">"]
        self.columns: list[str] = []
        at = 0
        for mark in sorted(marks, key=lambda mark: mark.offset):
            offset = mark.offset + 4  # marks count from behind the header of TagReportData
            mask[offset : offset + mark.size] = bytes(mark.size)
            if mark.slot == _EPC:
                self.epc_from, self.epc_to = offset * 2, (offset + mark.size) * 2  # in hex digits
            elif mark.slot in wanted:
                code.append(f"{offset - at}x{mark.code}")
                at = offset + mark.size
                self.columns.append(TagReport._fields[mark.slot])
        code.append(f"{self.stride - at}x")
        self._rows = struct.Struct("".join(code))
        self._mask = bytes(mask)
        self._sample = sample
        self._expected: dict[int, tuple[int, int]] = {}

    def matches(self, body: bytes, tags: int) -> bool:
        """Whether the structure of ``body`` is that of ``tags`` reports of this layout."""
        if tags not in self._expected:
            if len(self._expected) >= _MAX_COUNTS:
                self._expected.clear()
            mask = int.from_bytes(self._mask * tags, "big")
            self._expected[tags] = mask, mask & int.from_bytes(self._sample * tags, "big")
        mask, structure = self._expected[tags]
        return int.from_bytes(body, "big") & mask == structure

    def values(self, body: bytes) -> dict[str, tuple[Any, ...]]:
        """Return the wanted values of all tags, by field."""
        return dict(zip(self.columns, zip(*self._rows.iter_unpack(body), strict=True), strict=True))

    def row(self, body: bytes) -> tuple[str, dict[str, Any]]:
        """Return EPC and wanted values of a body that holds one tag: cheaper than columns of one."""
        epc = body[self.epc_from // 2 : self.epc_to // 2].hex().upper()
        return epc, dict(zip(self.columns, self._rows.unpack(body), strict=True))

    def epcs(self, body: bytes, tags: int) -> list[str]:
        """Return the EPCs of all tags, as upper-case hex."""
        digits = body.hex().upper()
        step, width, first = self.stride * 2, self.epc_to - self.epc_from, self.epc_from
        return [digits[at : at + width] for at in range(first, first + step * tags, step)]


def _wanted_fields(present: set[str]) -> set[str]:
    """Return the fields of ``present`` that a read is made of: the finer of two RSSI, UTC before uptime."""
    wanted = present & {"antenna", "channel_index", "seen_count", "impinj_phase"}
    wanted.add("impinj_rssi" if "impinj_rssi" in present else "peak_rssi_dbm")
    wanted.add("last_seen_utc_us" if "last_seen_utc_us" in present else "last_seen_uptime_us")
    return wanted & present


_read_of_row: Final = functools.partial(tuple.__new__, TagRead)


class ReportDecoder:
    """Decodes the reports of one connection.

    Args:
        channels_mhz: Carrier by ChannelIndex, which counts from 1. A channel that is not in it (R420 under FCC
            shows 0) gives None.
        max_layouts: How many layouts to learn at most; 0 walks every message.

    Attributes:
        walked: Messages that no layout fitted.
    """

    def __init__(self, channels_mhz: Mapping[int, float] | None = None, max_layouts: int = _MAX_LAYOUTS) -> None:
        self._channels = dict(channels_mhz or {})
        self._max_layouts = max_layouts
        self._layouts: dict[int, list[_Layout]] = {}
        self._learnt = 0
        self._last: TagRead | None = None
        self.walked = 0

    def decode(self, body: bytes) -> list[TagRead]:
        """Return the reads in the body of one RO_ACCESS_REPORT.

        Raises:
            ProtocolError: The body breaks the protocol, or a read lacks antenna, time or RSSI and none came before.
        """
        if len(body) >= 4:
            stride = body[2] << 8 | body[3]
            for layout in self._layouts.get(stride, ()):
                tags, rest = divmod(len(body), stride)
                if not rest and layout.matches(body, tags):
                    return self._unpacked(layout, body, tags) if tags > 1 else self._unpacked_one(layout, body)
        return self._walked(body)

    def _walked(self, body: bytes) -> list[TagRead]:
        self.walked += 1
        reads: list[TagRead] = []
        last = self._last
        for report in tag_reports(body):
            last = self._read_of(report, last, body)
            reads.append(last)
        self._last = last
        if reads and self._learnt < self._max_layouts:
            self._learn(body)
        return reads

    def _learn(self, body: bytes) -> None:
        """Learn the layout of the first TagReportData of a body that was walked without complaint."""
        kind, end = _tlv(body, 0, len(body))
        if kind != _TAG_REPORT_DATA:
            return
        marks: list[_Mark] = []
        report = _report(body, 4, end, marks)
        if report.others or report.antenna is None:
            return  # of content that is structure to a layout but varies, or a report that leans on the one before
        self._layouts.setdefault(end, []).insert(0, _Layout(body[:end], marks))
        self._learnt += 1

    def _read_of(self, report: TagReport, last: TagRead | None, body: bytes) -> TagRead:
        t_us = report.last_seen_utc_us if report.last_seen_utc_us is not None else report.last_seen_uptime_us
        rssi_dbm = _rssi_dbm(report)
        antenna = report.antenna
        if last is None and (t_us is None or rssi_dbm is None or antenna is None):
            raise ProtocolError(
                "a tag report without antenna, time or RSSI, and none before it to take them from", body
            )
        if antenna == 0:
            raise ProtocolError("a tag report for antenna 0; ports are counted from 1", body)
        if last is not None:
            t_us = last.t_us if t_us is None else t_us
            rssi_dbm = last.rssi_dbm if rssi_dbm is None else rssi_dbm
            antenna = last.antenna if antenna is None else antenna
        assert report.epc is not None
        assert t_us is not None
        assert rssi_dbm is not None
        assert antenna is not None
        return TagRead(
            t_us=t_us,
            epc=report.epc,
            antenna=antenna,
            rssi_dbm=rssi_dbm,
            phase_deg=None if report.impinj_phase is None else report.impinj_phase * _DEGREES_PER_PHASE_STEP,
            channel_mhz=self._channel_of(report, last),
            seen_count=_seen_count(report, last),
        )

    def _channel_of(self, report: TagReport, last: TagRead | None) -> float | None:
        if report.channel_index is None:
            return last.channel_mhz if last is not None else None
        return self._channels.get(report.channel_index)

    def _unpacked_one(self, layout: _Layout, body: bytes) -> list[TagRead]:
        """What `_unpacked` gives for one tag, at half the price: readers that report at once send one at a time."""
        epc, value = layout.row(body)
        last = self._last
        assert last is not None  # a layout is learnt only from a read
        antenna = value["antenna"]
        if antenna == 0:
            raise ProtocolError("a tag report for antenna 0; ports are counted from 1", body)
        t_us = value.get("last_seen_utc_us")
        if t_us is None:
            t_us = value.get("last_seen_uptime_us", last.t_us)
        if "impinj_rssi" in value:
            rssi_dbm = value["impinj_rssi"] / _RSSI_STEPS_PER_DBM
        else:
            rssi_dbm = float(value.get("peak_rssi_dbm", last.rssi_dbm))
        phase_deg = value["impinj_phase"] * _DEGREES_PER_PHASE_STEP if "impinj_phase" in value else None
        channel_mhz = self._channels.get(value["channel_index"]) if "channel_index" in value else last.channel_mhz
        seen_count = value["seen_count"] or 1 if "seen_count" in value else last.seen_count
        read = TagRead(t_us, epc, antenna, rssi_dbm, phase_deg, channel_mhz, seen_count)
        self._last = read
        return [read]

    def _unpacked(self, layout: _Layout, body: bytes, tags: int) -> list[TagRead]:
        values = layout.values(body)
        last = self._last
        assert last is not None  # a layout is learnt only from a read
        antennas = values["antenna"]
        if 0 in antennas:
            raise ProtocolError("a tag report for antenna 0; ports are counted from 1", body)
        times = values.get("last_seen_utc_us") or values.get("last_seen_uptime_us") or (last.t_us,) * tags
        rssi: Iterable[float]
        if "impinj_rssi" in values:
            rssi = [step / _RSSI_STEPS_PER_DBM for step in values["impinj_rssi"]]
        elif "peak_rssi_dbm" in values:
            rssi = map(float, values["peak_rssi_dbm"])
        else:
            rssi = repeat(last.rssi_dbm, tags)
        phases: Iterable[float | None] = (
            [step * _DEGREES_PER_PHASE_STEP for step in values["impinj_phase"]]
            if "impinj_phase" in values
            else repeat(None, tags)
        )
        channels: Iterable[float | None] = (
            map(self._channels.get, values["channel_index"])
            if "channel_index" in values
            else repeat(last.channel_mhz, tags)
        )
        counts: Iterable[int] = (
            [count or 1 for count in values["seen_count"]] if "seen_count" in values else repeat(last.seen_count, tags)
        )
        rows = zip(
            times, layout.epcs(body, tags), antennas, rssi, phases, channels, counts, repeat(None, tags), strict=True
        )
        reads = list(map(_read_of_row, rows))
        self._last = reads[-1]
        return reads


def _rssi_dbm(report: TagReport) -> float | None:
    if report.impinj_rssi is not None:
        return report.impinj_rssi / _RSSI_STEPS_PER_DBM
    return None if report.peak_rssi_dbm is None else float(report.peak_rssi_dbm)


def _seen_count(report: TagReport, last: TagRead | None) -> int:
    if report.seen_count is None:
        return last.seen_count if last is not None else 1
    return report.seen_count or 1
