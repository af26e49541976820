"""From the hex of a tag to what it is: class, scheme and every form of its identity."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reader.epc.fields import Fields
from reader.epc.gtin import Sgtin
from reader.epc.layout import LEGACY_BY_HEADER, PLUS_BY_HEADER, UNDECODED, Kind
from reader.epc.legacy import GID_HEADER, decode_gid, decode_legacy
from reader.epc.plus import decode_plus
from reader.errors import EpcError

__all__ = ["Epc", "EpcClass", "decode", "fields_of"]

_HEX_DIGITS = frozenset("0123456789ABCDEF")
_PC_TOGGLE = 0x0100  # bit 17h: an AFI follows, so the memory is not an EPC (TDS 9.3)
_NO_HEADER = -1
_LEAST_TEXT = 16  # nibbles; a short cut of a GS1 tag is often printable by chance


class EpcClass(StrEnum):
    """What the bits say; what it means at the till is checkout's to say."""

    GS1 = "gs1"
    GS1_BAD = "gs1_bad"  # a GS1 header, and content that breaks the standard
    UNPROGRAMMED = "unprogrammed"  # as it left the chip's factory
    ISO_AFI = "iso_afi"  # another application family than GS1
    ASCII = "ascii"  # somebody's own text
    FOREIGN = "foreign"  # a header that GS1 does not assign


@dataclass(frozen=True, slots=True)
class Epc:
    """One tag, decoded. Everything but `epc` and `tag_class` is None where it does not apply."""

    epc: str
    tag_class: EpcClass
    scheme: str | None = None
    tag_uri: str | None = None
    uri: str | None = None
    gs1_key: str | None = None
    gtin: str | None = None
    serial: str | None = None
    filter: int | None = None
    company_prefix: str | None = None
    element_string: str | None = None
    digital_link: str | None = None
    hostname: str | None = None
    error: str | None = None

    @property
    def item(self) -> Sgtin | None:
        """GTIN and serial, where the tag names an item."""
        return Sgtin(self.gtin, self.serial) if self.gtin and self.serial else None

    def to_json(self) -> dict[str, Any]:
        """Return the object that `tagtill epc decode` prints."""
        return {
            "epc": self.epc,
            "scheme": self.scheme,
            "tag_uri": self.tag_uri,
            "uri": self.uri,
            "gs1_key": self.gs1_key,
            "gtin": self.gtin,
            "serial": self.serial,
            "filter": self.filter,
            "company_prefix": self.company_prefix,
            "element_string": self.element_string,
            "digital_link": self.digital_link,
            "hostname": self.hostname,
            "class": self.tag_class.value,
            "error": self.error,
        }


def decode(text: str) -> Epc:
    """Decode ``text``: hex, or PCHEX:HEX where the PC word is known. Hex of any length is decoded to some class.

    Raises:
        EpcError: ``text`` is not hex.
    """
    pc_hex, _, epc = text.strip().upper().rpartition(":")
    if not _HEX_DIGITS.issuperset(epc + pc_hex) or (not epc and not pc_hex) or len(pc_hex) not in (0, 4):
        raise EpcError(f"an EPC is hex, or PCHEX:HEX with a PC word of 4 digits, not {text!r}")
    pc = int(pc_hex, 16) if pc_hex else None
    if pc is not None and pc & _PC_TOGGLE:
        return Epc(epc, EpcClass.ISO_AFI, error=f"PC word {pc_hex}: application family {pc & 0xFF:02X}, not an EPC")
    try:
        _check_length(epc, pc)
        found = fields_of(epc)
    except EpcError as error:
        return Epc(epc, _class_of_broken(epc), error=str(error))
    if found is not None:
        return _words(epc, found)
    scheme = UNDECODED.get(_header(epc))
    if scheme is not None:
        return Epc(epc, EpcClass.GS1, scheme)
    tag_class = _class_of_unassigned(epc)
    return Epc(epc, tag_class, error=f"header {epc[:2] or 'none'} is not GS1's")


def fields_of(epc: str) -> Fields | None:
    """Return the fields of ``epc`` (upper-case hex); None where no scheme that we take apart has its header.

    Raises:
        EpcError: It breaks its scheme.
    """
    header, value, bits = _header(epc), int(epc or "0", 16), 4 * len(epc)
    if (legacy := LEGACY_BY_HEADER.get(header)) is not None:
        return decode_legacy(legacy, value, bits)
    if (plus := PLUS_BY_HEADER.get(header)) is not None:
        return decode_plus(plus, value, bits)
    return decode_gid(value, bits) if header == GID_HEADER else None


def _words(epc: str, fields: Fields) -> Epc:
    return Epc(
        epc,
        EpcClass.GS1,
        scheme=fields.scheme,
        tag_uri=fields.tag_uri,
        uri=fields.uri,
        gs1_key=fields.key or None,
        gtin=fields.key if fields.kind is Kind.SGTIN else None,
        serial=fields.serial,
        filter=fields.filter,
        company_prefix=None if fields.kind is Kind.GID else fields.prefix,
        element_string=fields.element_string,
        digital_link=fields.digital_link,
        hostname=fields.hostname,
    )


def _header(epc: str) -> int:
    return int(epc[:2], 16) if len(epc) >= 2 else _NO_HEADER


def _check_length(epc: str, pc: int | None) -> None:
    """Compare with the length that the PC word states in words; hex may be cut at the nibble of the last bit."""
    header = _header(epc)
    if pc is None or not (header in LEGACY_BY_HEADER or header in PLUS_BY_HEADER or header == GID_HEADER):
        return
    words = pc >> 11
    if words != -(-len(epc) // 4):
        raise EpcError(f"the PC word says {words} words, the EPC has {4 * len(epc)} bits")


def _class_of_broken(epc: str) -> EpcClass:
    # Digits in ASCII begin like a GS1 header; eight printable bytes by chance are one in 2,700, fewer are no text.
    return EpcClass.ASCII if len(epc) >= _LEAST_TEXT and _is_ascii(epc) else EpcClass.GS1_BAD


def _class_of_unassigned(epc: str) -> EpcClass:
    # E2 begins a TID: chips leave their factory with it as EPC. Header 00 means unprogrammed (TDS 14.2).
    if _header(epc) in (_NO_HEADER, 0x00, 0xE2) or not epc.strip("F"):
        return EpcClass.UNPROGRAMMED
    return EpcClass.ASCII if _is_ascii(epc) else EpcClass.FOREIGN


def _is_ascii(epc: str) -> bool:
    return len(epc) % 2 == 0 and all(0x20 <= byte <= 0x7E for byte in bytes.fromhex(epc))
