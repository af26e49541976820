"""A conversation as a file that Wireshark reads: pcap, with IPv4 and TCP headers made by hand."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

_RAW_IPV4 = 101  # link type: packets begin with their IP header
_SEGMENT_BYTES = 1448  # what a segment carries on Ethernet, so that messages lie across segments as on a real line
_CLIENT, _READER = ("10.0.0.1", 50_000), ("10.0.0.2", 5084)
_PUSH_ACK = 0x18


def write_capture(path: Path, tape: Iterable[tuple[int, bool, bytes]]) -> None:
    """Write what a tape holds: when (µs), whether to the reader, and what was said."""
    records = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, _RAW_IPV4)]
    sent = {True: 1, False: 1}  # TCP's sequence numbers
    for when_us, to_reader, said in tape:
        for at in range(0, len(said), _SEGMENT_BYTES):
            piece = said[at : at + _SEGMENT_BYTES]
            packet = _packet(piece, to_reader, sent[to_reader], sent[not to_reader])
            sent[to_reader] += len(piece)
            records.append(struct.pack("<IIII", *divmod(when_us, 1_000_000), len(packet), len(packet)) + packet)
    path.write_bytes(b"".join(records))


def _packet(piece: bytes, to_reader: bool, sequence: int, acknowledged: int) -> bytes:
    (source, from_port), (target, to_port) = (_CLIENT, _READER) if to_reader else (_READER, _CLIENT)
    # Checksums are left out: tshark checks none unless it is told to.
    tcp = struct.pack(">HHIIBBHHH", from_port, to_port, sequence, acknowledged, 5 << 4, _PUSH_ACK, 65535, 0, 0)
    addresses = b"".join(bytes(map(int, address.split("."))) for address in (source, target))
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 40 + len(piece), 0, 0, 64, 6, 0) + addresses
    return ip + tcp + piece
