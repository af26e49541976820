"""From GS1 keys and serials to the bits of a tag."""

from __future__ import annotations

from reader.epc.gtin import gtin14
from reader.epc.layout import LEGACY, PLUS, Kind
from reader.epc.legacy import encode_gid, encode_legacy
from reader.epc.plus import encode_plus
from reader.errors import EpcError

__all__ = ["PREFIX_DIGITS", "SCHEMES", "encode", "encode_sgtin96", "encode_sgtin198", "padded_to_words"]

PREFIX_DIGITS = 7  # most company prefixes in retail; the product master knows better
SCHEMES = (*LEGACY, "gid-96", *PLUS)


def encode(
    scheme: str,
    key: str,
    serial: str | None = None,
    *,
    filter_value: int = 1,
    prefix_digits: int = PREFIX_DIGITS,
    date: tuple[str, str] | None = None,
    hostname: str | None = None,
) -> str:
    """Return an EPC as upper-case hex, cut at the nibble of its last bit.

    scheme: a name of `SCHEMES`, such as "sgtin-96".
    key: the GS1 key with its check digit (a GTIN may be shorter than 14 digits); for GID "manager.class".
    filter_value: 0 to 7; 1 is a point-of-sale item for SGTIN.
    prefix_digits: length of the company prefix, 6 to 12; '+' schemes do not need it.
    date: Application Identifier and YYMMDD, for DSGTIN alone. hostname: for '++' schemes alone.

    Raises:
        EpcError: Something does not fit the scheme.
    """
    if not 0 <= filter_value <= 7:
        raise EpcError(f"a filter value is 0 to 7, not {filter_value}")
    if scheme in PLUS:
        plus = PLUS[scheme]
        plus_key = gtin14(key) if plus.kind is Kind.SGTIN else key
        return encode_plus(plus, plus_key, serial, filter_value, date=date, hostname=hostname)
    if date is not None or hostname is not None:
        raise EpcError(f"{scheme} has neither date nor hostname")
    if scheme == "gid-96":
        return encode_gid(key, serial)
    if scheme not in LEGACY:
        raise EpcError(f"there is no scheme {scheme!r} among {', '.join(SCHEMES)}")
    legacy = LEGACY[scheme]
    legacy_key = gtin14(key) if legacy.kind is Kind.SGTIN else key
    return encode_legacy(legacy, legacy_key, serial, filter_value, prefix_digits)


def encode_sgtin96(gtin: str, serial: int, prefix_digits: int = PREFIX_DIGITS, filter_value: int = 1) -> str:
    """Return an SGTIN-96 as 24 hex digits; ``serial`` is 0 to 274,877,906,943. Raises EpcError."""
    return encode("sgtin-96", gtin, str(serial), filter_value=filter_value, prefix_digits=prefix_digits)


def encode_sgtin198(gtin: str, serial: str, prefix_digits: int = PREFIX_DIGITS, filter_value: int = 1) -> str:
    """Return an SGTIN-198 as a tag's memory holds it: 13 words, 52 hex digits. Raises EpcError."""
    epc = encode("sgtin-198", gtin, serial, filter_value=filter_value, prefix_digits=prefix_digits)
    return padded_to_words(epc)


def padded_to_words(epc: str) -> str:
    """Return ``epc`` with the zero bits that fill its last 16-bit word, as readers deliver it."""
    return epc + "0" * (-len(epc) % 4)
