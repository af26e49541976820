"""RO_ACCESS_REPORT, the message that comes a thousand times a second: its body → tag reads. Pure.

1. Every length is checked before it is used; what breaks the protocol is a `ProtocolError`, and costs its message.
2. A message whose structure is that of a learnt layout (`report_layout`) is unpacked as a whole.
3. Whatever does not match one is walked parameter by parameter (`tag_report`). Both ways always give the same reads.
4. A decoder belongs to one connection: it remembers layouts, and it remembers the last value of each optional
   parameter, because LLRP lets a reader leave out what has not changed (LLRP 1.1, section 14.2.3, TagReportData).

Measured 2026-11 on 2 shared cores: see bench/llrp_reports.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from reader.errors import ProtocolError
from reader.llrp.report_layout import PHASE_STEP_DEG, RSSI_STEPS_PER_DBM, Layout
from reader.llrp.tag_report import TagReport, first_report, tag_reports
from reader.model import TagRead

__all__ = ["ReportDecoder"]

_MAX_LAYOUTS: Final = 16  # per connection: some ROSpecs, EPC lengths; a reader that shows more is walked
_PORT_ZERO: Final = "a tag report for antenna 0; ports are counted from 1"


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
        self._layouts: dict[int, list[Layout]] = {}
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
            known = self._layouts.get(stride)
            if known is not None and not len(body) % stride:
                tags = len(body) // stride
                for layout in known:
                    if layout.matches(body, tags):
                        return self._compiled(layout, body)
        return self._walked(body)

    def _compiled(self, layout: Layout, body: bytes) -> list[TagRead]:
        if layout.has_port_zero(body):
            raise ProtocolError(_PORT_ZERO, body)
        assert self._last is not None  # a layout is learnt only from a read
        reads = layout.reads(body, self._last, self._channels)
        self._last = reads[-1]
        return reads

    def _walked(self, body: bytes) -> list[TagRead]:
        self.walked += 1
        reads: list[TagRead] = []
        last = self._last
        for report in tag_reports(body):
            last = self._read_of(report, last, body)
            reads.append(last)
        self._last = last
        # A message of one layout is a whole number of its strides; nothing is to be learnt from another.
        if reads and self._learnt < self._max_layouts and not len(body) % (body[2] << 8 | body[3]):
            self._learn(body)
        return reads

    def _learn(self, body: bytes) -> None:
        """Learn the layout of the first TagReportData of a body that was walked without complaint."""
        first = first_report(body)
        if first is None:
            return
        report, end, marks = first
        if report.others or report.antenna is None:
            return  # of content that is structure to a layout but varies, or a report that leans on the one before
        known = self._layouts.setdefault(end, [])
        if any(layout.matches(body[:end], 1) for layout in known):
            return  # a message of mixed layouts begins with one that is known: it must not use up the room for others
        known.insert(0, Layout(body[:end], marks))
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
            raise ProtocolError(_PORT_ZERO, body)
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
            phase_deg=_phase_deg(report),
            channel_mhz=self._channel_of(report, last),
            seen_count=_seen_count(report, last),
            tid=report.impinj_tid or None,
        )

    def _channel_of(self, report: TagReport, last: TagRead | None) -> float | None:
        if report.channel_index is None:
            return last.channel_mhz if last is not None else None
        return self._channels.get(report.channel_index)


def _rssi_dbm(report: TagReport) -> float | None:
    if report.impinj_rssi is not None:
        return report.impinj_rssi / RSSI_STEPS_PER_DBM
    return None if report.peak_rssi_dbm is None else float(report.peak_rssi_dbm)


def _phase_deg(report: TagReport) -> float | None:
    steps = {"impinj_phase": report.impinj_phase, "zebra_phase": report.zebra_phase}
    return next((count * PHASE_STEP_DEG[name] for name, count in steps.items() if count is not None), None)


def _seen_count(report: TagReport, last: TagRead | None) -> int:
    if report.seen_count is None:
        return last.seen_count if last is not None else 1
    return report.seen_count or 1
