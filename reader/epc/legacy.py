"""Schemes of fixed width (TDS 1.x): bits to fields and back, driven by `layout`.

Every range check of TDS 14.4 is made, since half of all random 96-bit values with an SGTIN header pass the
remaining structure (measured 2026-11).
"""

from __future__ import annotations

from reader.epc.bits import BitReader, BitWriter
from reader.epc.characters import SET_82
from reader.epc.fields import Fields
from reader.epc.gtin import check_digit, has_check_digit
from reader.epc.layout import COMPANY_PREFIX_BITS, Kind, LegacyScheme, Serial
from reader.errors import EpcError

__all__ = ["GID_HEADER", "decode_gid", "decode_legacy", "encode_gid", "encode_legacy", "gtin_of_head"]

GID_HEADER = 0x35
_GID_BITS = (28, 24, 36)
_INDICATOR_FIRST = (Kind.SGTIN, Kind.SSCC)  # the key begins with the first digit of the reference
_KEYS_WITH_ZERO = (Kind.GRAI,)  # AI 8003 has a zero in front that the tag does not carry
_SGCN_DIGITS = 12
_GIAI_CHARACTERS = 30
_SGTIN_96 = 0x30
_TOO_GREAT = 48 * (3 * 7 + 6)  # by as much are the weighted codes of 13 digits greater than the digits
_SGTIN_SHARED = (1 << 44) - 1
# By partition: bits and mask of the item reference, the ends of both ranges, what a GTIN multiplies the prefix by.
_SGTIN_PARTITIONS = [
    (44 - bits, (1 << 44 - bits) - 1, 10 ** (12 - p), 10 ** (p + 1), 10**p)
    for p, bits in enumerate(COMPANY_PREFIX_BITS)
]


def decode_legacy(scheme: LegacyScheme, value: int, bits: int) -> Fields:
    """Take apart ``value``, an EPC of ``bits`` bits whose header is that of ``scheme``.

    Raises:
        EpcError: A field is out of range, or the width is not the scheme's.
    """
    _check_width(scheme.bits, value, bits)
    reader = BitReader(value >> bits - scheme.bits, scheme.bits)
    reader.take(8, "header")
    filter_value = reader.take(3, "filter")
    prefix, reference = _take_key(scheme, reader)
    serial = _take_serial(scheme, reader)
    if scheme.kind is Kind.SGLN and serial == "0":
        serial = None
    key = _key(scheme.kind, prefix, reference)
    return Fields(scheme.name, scheme.kind, key, serial, filter_value, prefix, reference)


def encode_legacy(scheme: LegacyScheme, key: str, serial: str | None, filter_value: int, prefix_digits: int) -> str:
    """Return the EPC as hex; the inverse of `decode_legacy`. ``prefix_digits`` is the company prefix's length.

    Raises:
        EpcError: A value does not fit the scheme.
    """
    if not 6 <= prefix_digits <= 12:
        raise EpcError(f"a company prefix has 6 to 12 digits, not {prefix_digits}")
    prefix, reference = _split_key(scheme, key, prefix_digits)
    writer = BitWriter()
    writer.put(scheme.header, 8)
    writer.put(filter_value, 3)
    writer.put(12 - prefix_digits, 3)
    prefix_bits = COMPANY_PREFIX_BITS[12 - prefix_digits]
    writer.put(int(prefix), prefix_bits)
    reference_bits = scheme.shared_bits - prefix_bits
    if scheme.kind is not Kind.GIAI:
        writer.put(int(reference or "0"), reference_bits)
    elif scheme.serial is Serial.INTEGER:
        writer.put(_integer(reference, reference_bits, "asset reference"), reference_bits)
    else:
        writer.put(_text_bits(reference, reference_bits, "asset reference"), reference_bits)
    _put_serial(scheme, writer, serial)
    return writer.hex()


def decode_gid(value: int, bits: int) -> Fields:
    """Take apart a GID-96: manager, class and serial as integers; no filter. Source: TDS 14.6.15."""
    _check_width(96, value, bits)
    reader = BitReader(value >> bits - 96, 96)
    reader.take(8, "header")
    manager, object_class, serial = (str(reader.take(width, "GID field")) for width in _GID_BITS)
    return Fields("gid-96", Kind.GID, "", serial, None, manager, object_class)


def encode_gid(key: str, serial: str | None) -> str:
    """Return a GID-96 as hex; ``key`` is manager and class with a dot between. Raises EpcError."""
    manager, _, object_class = key.partition(".")
    writer = BitWriter()
    writer.put(GID_HEADER, 8)
    for text, width, field in zip(
        (manager, object_class, serial or ""), _GID_BITS, ("manager", "class", "serial"), strict=True
    ):
        writer.put(_integer(text, width, field), width)
    return writer.hex()


def gtin_of_head(head: int) -> str | None:
    """Return the GTIN of an SGTIN-96 by its first 58 bits; None where they are no SGTIN-96's, or out of range.

    The same as the way through `decode_legacy`, in a third of the time: it is taken for every product at every start.
    """
    partition = head >> 44 & 7
    if head >> 50 != _SGTIN_96 or partition == 7:
        return None
    reference_bits, reference_mask, prefix_end, reference_end, scale = _SGTIN_PARTITIONS[partition]
    shared = head & _SGTIN_SHARED
    prefix, reference = shared >> reference_bits, shared & reference_mask
    if prefix >= prefix_end or reference >= reference_end:
        return None
    # The reference's first digit, the indicator, goes to the front. A 1 before it keeps its zeros.
    body = str(10**13 + reference // scale * (10**12 - scale) + prefix * scale + reference)[1:]
    codes = body.encode()
    return body + "0123456789"[(_TOO_GREAT - 3 * sum(codes[::2]) - sum(codes[1::2])) % 10]  # as `check_digit`


def _decode_text(value: int, bits: int, field: str) -> str:
    """Return the 7-bit characters in ``bits`` bits of ``value``: at least one, then only zeros. Source: TDS 14.4.2."""
    characters = []
    left = bits
    while left >= 7:
        left -= 7
        code = value >> left & 0x7F
        if not code:
            break
        characters.append(chr(code))
    if value & ((1 << left) - 1):
        raise EpcError(f"the {field} goes on after its end")
    if not characters:
        raise EpcError(f"the {field} is empty")
    if not SET_82.issuperset(characters):
        raise EpcError(f"the {field} has a character outside GS1's set of 82")
    return "".join(characters)


def _check_width(expected: int, value: int, bits: int) -> None:
    # Readers deliver whole words, so up to 15 zero bits may follow; a longer "EPC" is something else,
    # such as an EPC with its PC word still in front.
    padding = bits - expected
    if padding < 0:
        raise EpcError(f"truncated: {bits} of {expected} bits")
    if padding > 15:
        raise EpcError(f"too long: {bits} bits instead of {expected}")
    if value & ((1 << padding) - 1):
        raise EpcError("bits are set in the padding")


def _take_key(scheme: LegacyScheme, reader: BitReader) -> tuple[str, str]:
    partition = reader.take(3, "partition")
    shared = reader.take(scheme.shared_bits, "key")
    if scheme.kind is not Kind.GIAI:
        return _shared(shared, scheme.shared_bits, scheme.key_digits, partition)
    prefix, reference_bits = _prefix(shared, scheme.shared_bits, partition)
    reference = shared & ((1 << reference_bits) - 1)
    if scheme.serial is Serial.INTEGER:
        return prefix, str(reference)
    text = _decode_text(reference, reference_bits, "asset reference")
    if len(prefix) + len(text) > _GIAI_CHARACTERS:
        raise EpcError(f"a GIAI has at most {_GIAI_CHARACTERS} characters")
    return prefix, text


def _shared(shared: int, bits: int, digits: int, partition: int) -> tuple[str, str]:
    prefix, reference_bits = _prefix(shared, bits, partition)
    reference = shared & ((1 << reference_bits) - 1)
    reference_digits = digits - len(prefix)
    if reference >= 10**reference_digits:
        raise EpcError(f"the reference {reference} has more than {reference_digits} digits")
    return prefix, f"{reference:0{reference_digits}d}" if reference_digits else ""


def _prefix(shared: int, bits: int, partition: int) -> tuple[str, int]:
    if partition == 7:
        raise EpcError("the partition is 7")
    reference_bits = bits - COMPANY_PREFIX_BITS[partition]
    prefix = shared >> reference_bits
    digits = 12 - partition
    if prefix >= 10**digits:
        raise EpcError(f"the company prefix {prefix} has more than {digits} digits")
    return f"{prefix:0{digits}d}", reference_bits


def _take_serial(scheme: LegacyScheme, reader: BitReader) -> str | None:
    if not scheme.serial_bits:
        return None
    value = reader.take(scheme.serial_bits, "serial")
    match scheme.serial:
        case Serial.INTEGER:
            return str(value)
        case Serial.TEXT:
            return _decode_text(value, scheme.serial_bits, "serial")
        case Serial.DIGITS:
            digits = str(value)
            if digits[0] != "1" or not 1 < len(digits) <= 1 + _SGCN_DIGITS:
                raise EpcError(f"the serial {digits} lacks the digit 1 in front")
            return digits[1:]
        case Serial.RESERVED:
            if value:
                raise EpcError("reserved bits are set")
            return None


def _put_serial(scheme: LegacyScheme, writer: BitWriter, serial: str | None) -> None:
    if not scheme.serial_bits or scheme.serial is Serial.RESERVED:
        if serial is not None:
            raise EpcError(f"{scheme.name} has no serial")
        writer.put(0, scheme.serial_bits)
        return
    if serial is None:
        if scheme.kind is not Kind.SGLN:
            raise EpcError(f"{scheme.name} needs a serial")
        serial = "0"
    match scheme.serial:
        case Serial.INTEGER:
            writer.put(_integer(serial, scheme.serial_bits, "serial"), scheme.serial_bits)
        case Serial.TEXT:
            writer.put(_text_bits(serial, scheme.serial_bits, "serial"), scheme.serial_bits)
        case Serial.DIGITS:
            if not _is_digits(serial) or len(serial) > _SGCN_DIGITS:
                raise EpcError(f"the serial of {scheme.name} is 1 to {_SGCN_DIGITS} digits, not {serial!r}")
            writer.put(int("1" + serial), scheme.serial_bits)


def _key(kind: Kind, prefix: str, reference: str) -> str:
    if kind is Kind.GIAI:
        return prefix + reference
    body = reference[0] + prefix + reference[1:] if kind in _INDICATOR_FIRST else prefix + reference
    zero = "0" if kind in _KEYS_WITH_ZERO else ""
    return zero + body + check_digit(body)


def _split_key(scheme: LegacyScheme, key: str, prefix_digits: int) -> tuple[str, str]:
    """Return company prefix and reference of ``key``, whose length and check digit are verified."""
    if scheme.kind is Kind.GIAI:
        if not _is_digits(key[:prefix_digits]) or not prefix_digits < len(key) <= _GIAI_CHARACTERS:
            raise EpcError(f"a GIAI is a company prefix and a reference, at most 30 characters, not {key!r}")
        return key[:prefix_digits], key[prefix_digits:]
    zero = scheme.kind in _KEYS_WITH_ZERO
    length = scheme.key_digits + 1 + zero
    if not _is_digits(key) or len(key) != length or (zero and key[0] != "0"):
        raise EpcError(f"the key of {scheme.name} has {length} digits, not {key!r}")
    if not has_check_digit(key):
        raise EpcError(f"the check digit of {key} should be {check_digit(key[:-1])}")
    body = key[zero:-1]
    if scheme.kind in _INDICATOR_FIRST:
        return body[1 : 1 + prefix_digits], body[0] + body[1 + prefix_digits :]
    return body[:prefix_digits], body[prefix_digits:]


def _integer(text: str, bits: int, field: str) -> int:
    if not _is_digits(text) or (text[0] == "0" and text != "0") or int(text) >= 1 << bits:
        raise EpcError(f"the {field} is an integer below {1 << bits} without leading zeros, not {text!r}")
    return int(text)


def _text_bits(text: str, bits: int, field: str) -> int:
    if not 1 <= len(text) <= bits // 7 or not SET_82.issuperset(text):
        raise EpcError(f"the {field} is 1 to {bits // 7} characters of GS1's set of 82, not {text!r}")
    value = 0
    for character in text:
        value = value << 7 | ord(character)
    return value << bits - 7 * len(text)


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
