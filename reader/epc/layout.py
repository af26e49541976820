"""The tables of the EPC schemes: headers, partitions and field widths.

1. A legacy scheme has a fixed width: header 8, filter 3, partition 3, company prefix, reference, serial.
2. The partition says how many digits the company prefix has (12 minus the partition; 7 is invalid), and
   with it how prefix and reference share their bits and digits.
3. A '+' scheme has no partition: header 8, data toggle 1, filter 3, then the key in decimal nibbles.
   A '++' scheme is its '+' scheme followed by a hostname.

Source: GS1 TDS 2.3, table 14-1 (headers), 14.6 (coding tables).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

__all__ = [
    "COMPANY_PREFIX_BITS",
    "LEGACY",
    "LEGACY_BY_HEADER",
    "PLUS",
    "PLUS_BY_HEADER",
    "UNDECODED",
    "Kind",
    "LegacyScheme",
    "PlusScheme",
    "Serial",
]


class Kind(Enum):
    """What a scheme names; the value is its word in EPC URNs."""

    SGTIN = "sgtin"
    SSCC = "sscc"
    SGLN = "sgln"
    GRAI = "grai"
    GIAI = "giai"
    GSRN = "gsrn"
    GSRNP = "gsrnp"
    GDTI = "gdti"
    SGCN = "sgcn"
    GID = "gid"


class Serial(Enum):
    """How a legacy scheme writes what comes after the reference."""

    INTEGER = auto()  # no leading zeros
    TEXT = auto()  # 7-bit characters, zero padded
    DIGITS = auto()  # an integer with a "1" in front, so that leading zeros survive
    RESERVED = auto()  # zero bits


@dataclass(frozen=True, slots=True)
class LegacyScheme:
    """One scheme of fixed width. `shared_bits` is company prefix and reference together."""

    name: str
    header: int
    kind: Kind
    shared_bits: int
    key_digits: int  # company prefix and reference together; 0 for GIAI, whose reference has no fixed length
    serial: Serial
    serial_bits: int

    @property
    def bits(self) -> int:
        """The width of the EPC, padding not counted."""
        return 14 + self.shared_bits + self.serial_bits


# Bits of the company prefix by partition: 12, 11, … 6 digits.
COMPANY_PREFIX_BITS = (40, 37, 34, 30, 27, 24, 20)

# GIAI has no serial: what follows the prefix is one reference, as an integer or as text.
LEGACY = {
    scheme.name: scheme
    for scheme in (
        LegacyScheme("sgtin-96", 0x30, Kind.SGTIN, 44, 13, Serial.INTEGER, 38),
        LegacyScheme("sgtin-198", 0x36, Kind.SGTIN, 44, 13, Serial.TEXT, 140),
        LegacyScheme("sscc-96", 0x31, Kind.SSCC, 58, 17, Serial.RESERVED, 24),
        LegacyScheme("sgln-96", 0x32, Kind.SGLN, 41, 12, Serial.INTEGER, 41),
        LegacyScheme("sgln-195", 0x39, Kind.SGLN, 41, 12, Serial.TEXT, 140),
        LegacyScheme("grai-96", 0x33, Kind.GRAI, 44, 12, Serial.INTEGER, 38),
        LegacyScheme("grai-170", 0x37, Kind.GRAI, 44, 12, Serial.TEXT, 112),
        LegacyScheme("giai-96", 0x34, Kind.GIAI, 82, 0, Serial.INTEGER, 0),
        LegacyScheme("giai-202", 0x38, Kind.GIAI, 188, 0, Serial.TEXT, 0),
        LegacyScheme("gsrn-96", 0x2D, Kind.GSRN, 58, 17, Serial.RESERVED, 24),
        LegacyScheme("gsrnp-96", 0x2E, Kind.GSRNP, 58, 17, Serial.RESERVED, 24),
        LegacyScheme("gdti-96", 0x2C, Kind.GDTI, 41, 12, Serial.INTEGER, 41),
        LegacyScheme("gdti-174", 0x3E, Kind.GDTI, 41, 12, Serial.TEXT, 119),
        LegacyScheme("sgcn-96", 0x3F, Kind.SGCN, 41, 12, Serial.DIGITS, 41),
    )
}
LEGACY_BY_HEADER = {scheme.header: scheme for scheme in LEGACY.values()}


@dataclass(frozen=True, slots=True)
class PlusScheme:
    """One '+' or '++' scheme."""

    name: str
    header: int
    kind: Kind
    key_digits: int  # decimal nibbles, check digit included; 0 for GIAI, which ends by a nibble of its own
    serial_max: int  # characters of the variable field that follows; 0 where none does
    dated: bool = False
    hosted: bool = False


def _plus_pairs() -> list[PlusScheme]:
    rows = (
        ("sgtin", 0xF7, 0xFD, Kind.SGTIN, 14, 20),
        ("dsgtin", 0xFB, 0xFC, Kind.SGTIN, 14, 20),
        ("sscc", 0xF9, 0xEF, Kind.SSCC, 18, 0),
        ("sgln", 0xF2, 0xE9, Kind.SGLN, 13, 20),
        ("grai", 0xF1, 0xEB, Kind.GRAI, 14, 16),
        ("giai", 0xFA, 0xEE, Kind.GIAI, 0, 0),
        ("gsrn", 0xF4, 0xE7, Kind.GSRN, 18, 0),
        ("gsrnp", 0xF5, 0xE8, Kind.GSRNP, 18, 0),
        ("gdti", 0xF6, 0xEA, Kind.GDTI, 13, 17),
        ("sgcn", 0xF8, 0xEC, Kind.SGCN, 13, 12),
    )
    return [
        PlusScheme(name + marks, header, kind, digits, serial_max, dated=name == "dsgtin", hosted=marks == "++")
        for name, plus, plus_plus, kind, digits, serial_max in rows
        for marks, header in (("+", plus), ("++", plus_plus))
    ]


PLUS = {scheme.name: scheme for scheme in _plus_pairs()}
PLUS_BY_HEADER = {scheme.header: scheme for scheme in PLUS.values()}

# GS1 schemes that are no retail item: named, so that they are not taken for damaged tags, but not taken apart.
UNDECODED = {
    0x2F: "usdod-96",
    0x3A: "gdti-113",
    0x3B: "adi-var",
    0x3C: "cpi-96",
    0x3D: "cpi-var",
    0x40: "itip-110",
    0x41: "itip-212",
    0xE6: "cpi++",
    0xED: "itip++",
    0xF0: "cpi+",
    0xF3: "itip+",
}
