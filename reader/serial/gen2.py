"""The words of a tag's EPC bank that readers hand on: PC, EPC, CRC.

Source: GS1 EPC Gen2 2.1, sections 6.3.2.1.2.1 (StoredCRC) and 6.3.2.1.2.2 (PC); Annex F (CRC-16).
"""

from __future__ import annotations

from binascii import crc_hqx

__all__ = ["epc_bytes_of", "tag_crc"]


def tag_crc(words: bytes) -> int:
    """Return the Gen2 CRC-16 over ``words``, PC to the end of the EPC (ISO/IEC 13239: preset FFFF, complemented)."""
    return crc_hqx(words, 0xFFFF) ^ 0xFFFF


def epc_bytes_of(pc: int) -> int:
    """Return how many bytes follow the PC word in a tag's reply by its top five bits, XPC words included."""
    return (pc >> 11) * 2
