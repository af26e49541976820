"""Tag records as a Mercury module writes them: the metadata that was asked for, then the EPC field.

The EPC field is a count of bits and as many bytes: PC, EPC and the CRC-16 over both, as the tag sent them.
"""

from __future__ import annotations

import binascii
from typing import NamedTuple

__all__ = ["MetadataFlag", "TagReport", "metadata_octets", "record_octets", "single_octets"]

_GEN2 = 5
_EMBEDDED_FAILED = 0x8000
_MAX_ANTENNA_NIBBLE = 15


class MetadataFlag:
    """Bits of the metadata word, in the order in which a record has them."""

    READ_COUNT = 0x0001
    RSSI = 0x0002
    ANTENNA = 0x0004
    FREQUENCY = 0x0008
    TIMESTAMP = 0x0010
    PHASE = 0x0020
    PROTOCOL = 0x0040
    EMBEDDED = 0x0080
    GPIO = 0x0100
    Q = 0x0200
    LINK_FREQUENCY = 0x0400
    TARGET = 0x0800
    ALL = 0x0FFF


class TagReport(NamedTuple):
    """What is known of one singulation, or of several that a buffer made one.

    pc, epc: as the tag sent them. phase_deg: 0 to 179. timestamp_ms: since the command, or the last keep-alive.
    embedded: what an embedded operation read; None where it failed, empty where there was none.
    link_frequency, target: Gen2 settings by their Mercury numbers.
    """

    pc: int
    epc: bytes
    rssi_dbm: int
    antenna: int
    frequency_khz: int
    timestamp_ms: int
    phase_deg: int
    read_count: int = 1
    embedded: bytes | None = b""
    gpio: int = 0
    q: int = 4
    link_frequency: int = 0
    target: int = 0


def metadata_octets(report: TagReport, flags: int) -> bytes:
    """Return the metadata that ``flags`` ask for."""
    written = bytearray()
    if flags & MetadataFlag.READ_COUNT:
        written.append(min(report.read_count, 0xFF))
    if flags & MetadataFlag.RSSI:
        written += max(-128, min(127, report.rssi_dbm)).to_bytes(1, "big", signed=True)
    if flags & MetadataFlag.ANTENNA:
        nibble = report.antenna if report.antenna <= _MAX_ANTENNA_NIBBLE else 0
        written.append(nibble << 4 | nibble)
    if flags & MetadataFlag.FREQUENCY:
        written += report.frequency_khz.to_bytes(3, "big")
    if flags & MetadataFlag.TIMESTAMP:
        written += (report.timestamp_ms & 0xFFFFFFFF).to_bytes(4, "big")
    if flags & MetadataFlag.PHASE:
        written += report.phase_deg.to_bytes(2, "big")
    if flags & MetadataFlag.PROTOCOL:
        written.append(_GEN2)
    if flags & MetadataFlag.EMBEDDED:
        written += _EMBEDDED_FAILED.to_bytes(2, "big") if report.embedded is None else _counted(report.embedded)
    for flag, value in (
        (MetadataFlag.GPIO, report.gpio),
        (MetadataFlag.Q, report.q),
        (MetadataFlag.LINK_FREQUENCY, report.link_frequency),
        (MetadataFlag.TARGET, report.target),
    ):
        if flags & flag:
            written.append(value)
    return bytes(written)


def record_octets(report: TagReport, flags: int) -> bytes:
    """Return a whole record: metadata and EPC field."""
    sent = report.pc.to_bytes(2, "big") + report.epc
    return metadata_octets(report, flags) + _counted(sent + _tag_crc(sent))


def single_octets(report: TagReport) -> bytes:
    """Return EPC and CRC, which is all that READ_SINGLE without options says."""
    return report.epc + _tag_crc(report.pc.to_bytes(2, "big") + report.epc)


def _counted(octets: bytes) -> bytes:
    return (8 * len(octets)).to_bytes(2, "big") + octets


def _tag_crc(sent: bytes) -> bytes:
    # Gen2's CRC-16: CCITT, preset to ones, inverted (Gen2 2.1, annex F.2).
    return (binascii.crc_hqx(sent, 0xFFFF) ^ 0xFFFF).to_bytes(2, "big")
