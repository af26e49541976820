"""Tags as an A0 board writes them: PC, EPC and CRC, frequency and port in one byte, RSSI in another. Pure."""

from __future__ import annotations

import binascii
from dataclasses import dataclass
from typing import Final

from reader.virtual.air import AirRead
from reader.virtual.memory import TagMemory

__all__ = ["HeardTag", "heard_tag"]

_RSSI_OFFSET_DB: Final = 129
_MOST_EPC_WORDS: Final = 31


@dataclass(frozen=True, slots=True)
class HeardTag:
    """One singulation as the board knows it. ``phase_deg``: whole degrees."""

    pc: int
    epc: bytes
    rssi: int
    freqant: int
    phase_deg: int

    @property
    def pc_and_epc(self) -> bytes:
        """What a tag frame has."""
        return self.pc.to_bytes(2, "big") + self.epc

    @property
    def pc_epc_crc(self) -> bytes:
        """What buffer and access answers have: the tag's own CRC-16 behind it (Gen2 2.1, Annex F.2)."""
        said = self.pc_and_epc
        return said + (binascii.crc_hqx(said, 0xFFFF) ^ 0xFFFF).to_bytes(2, "big")


def heard_tag(read: AirRead, memory: TagMemory, frequency_index: int, *, with_tid: bool) -> HeardTag:
    """Return the tag that was read. ``with_tid``: it sent its TID behind its EPC, and a PC that counts both."""
    pc, epc = memory.pc, bytes.fromhex(memory.epc)
    tid = bytes.fromhex(memory.tid)
    words = pc >> 11
    if with_tid and words + len(tid) // 2 <= _MOST_EPC_WORDS:
        epc += tid
        pc = words + len(tid) // 2 << 11 | pc & 0x07FF
    rssi = min(0xFF, max(0, round(read.rssi_dbm) + _RSSI_OFFSET_DB))
    freqant = frequency_index << 2 | read.antenna - 1
    return HeardTag(pc, epc, rssi, freqant, round(read.phase_deg) % 360)
