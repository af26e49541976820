"""The '+' and '++' schemes (TDS 2.x): key in decimal nibbles, then a variable serial, then perhaps a hostname.

1. A nibble above 9, a wrong check digit, a length above the maximum or a field past the end is an error.
2. What follows the EPC is zero padding, unless the data toggle says that more data follows; that is skipped.
3. The hostname is no part of the identity: where it has codes reserved for later, it is None and the rest stays.

Source: GS1 TDS 2.3, 14.5 and 14.6.
"""

from __future__ import annotations

from calendar import monthrange

from reader.epc.bits import BitReader, BitWriter
from reader.epc.fields import Fields
from reader.epc.gtin import check_digit, has_check_digit
from reader.epc.hostname import put_hostname, take_hostname
from reader.epc.layout import Kind, PlusScheme
from reader.epc.variable import integer_bits, put_variable, take_variable
from reader.errors import EpcError

__all__ = ["decode_plus", "encode_plus"]

# Application Identifiers by date type (TDS 14.5.3).
_DATE_AIS = ("11", "13", "15", "16", "17", "7006", "7007")
_GIAI_CHARACTERS = 30
_GIAI_DELIMITER = 0xE
_GIAI_TERMINATOR = 0xF


def decode_plus(scheme: PlusScheme, value: int, bits: int) -> Fields:
    """Take apart ``value``, an EPC of ``bits`` bits whose header is that of ``scheme``. Raises EpcError."""
    reader = BitReader(value, bits)
    reader.take(8, "header")
    more_follows = reader.take(1, "data toggle")
    filter_value = reader.take(3, "filter")
    date = _take_date(reader) if scheme.dated else None
    if scheme.kind is Kind.GIAI:
        key, serial = _take_giai(reader), None
    else:
        key, serial = _take_key(scheme, reader), _take_serial(scheme, reader)
    hostname = take_hostname(reader) if scheme.hosted else None
    if not more_follows and reader.rest():
        raise EpcError("bits are set after the end of the EPC")
    if scheme.kind is Kind.SGLN and serial == "0":
        serial = None
    return Fields(scheme.name, scheme.kind, key, serial, filter_value, date=date, hostname=hostname)


def encode_plus(
    scheme: PlusScheme,
    key: str,
    serial: str | None,
    filter_value: int,
    *,
    date: tuple[str, str] | None = None,
    hostname: str | None = None,
) -> str:
    """Return the EPC as hex; the inverse of `decode_plus`. ``date`` is an Application Identifier and YYMMDD.

    Raises:
        EpcError: A value does not fit the scheme.
    """
    writer = BitWriter()
    writer.put(scheme.header, 8)
    writer.put(0, 1)
    writer.put(filter_value, 3)
    if scheme.dated:
        _put_date(writer, date)
    elif date is not None:
        raise EpcError(f"{scheme.name} has no date")
    if scheme.kind is Kind.GIAI:
        _put_giai(writer, key)
    else:
        _put_key(scheme, writer, key)
        _put_serial(scheme, writer, serial)
    if scheme.hosted:
        put_hostname(writer, hostname)
    elif hostname is not None:
        raise EpcError(f"{scheme.name} has no hostname")
    return writer.hex()


def _take_key(scheme: PlusScheme, reader: BitReader) -> str:
    digits = f"{reader.take(4 * scheme.key_digits, 'key'):0{scheme.key_digits}X}"
    if not digits.isdigit():
        raise EpcError(f"the key {digits} is not decimal")
    if not has_check_digit(digits):
        raise EpcError(f"the check digit of {digits} should be {check_digit(digits[:-1])}")
    if scheme.kind is Kind.GRAI and digits[0] != "0":
        raise EpcError(f"the GRAI {digits} does not begin with 0")
    return digits


def _put_key(scheme: PlusScheme, writer: BitWriter, key: str) -> None:
    if not (key.isascii() and key.isdigit()) or len(key) != scheme.key_digits:
        raise EpcError(f"the key of {scheme.name} has {scheme.key_digits} digits, not {key!r}")
    if not has_check_digit(key):
        raise EpcError(f"the check digit of {key} should be {check_digit(key[:-1])}")
    if scheme.kind is Kind.GRAI and key[0] != "0":
        raise EpcError(f"the GRAI {key} does not begin with 0")
    writer.put(int(key, 16), 4 * len(key))


def _take_serial(scheme: PlusScheme, reader: BitReader) -> str | None:
    if not scheme.serial_max:
        return None
    if scheme.kind is not Kind.SGCN:
        return take_variable(reader, scheme.serial_max)
    count = reader.take(4, "serial length")
    if not 1 <= count <= scheme.serial_max:
        raise EpcError(f"the serial has {count} digits instead of 1 to {scheme.serial_max}")
    value = reader.take(integer_bits(count), "serial")
    if value >= 10**count:
        raise EpcError(f"the serial {value} has more than {count} digits")
    return f"{value:0{count}d}"


def _put_serial(scheme: PlusScheme, writer: BitWriter, serial: str | None) -> None:
    if not scheme.serial_max:
        if serial is not None:
            raise EpcError(f"{scheme.name} has no serial")
        return
    if serial is None:
        if scheme.kind is not Kind.SGLN:
            raise EpcError(f"{scheme.name} needs a serial")
        serial = "0"
    if scheme.kind is not Kind.SGCN:
        put_variable(writer, serial, scheme.serial_max)
        return
    if not (serial.isascii() and serial.isdigit()) or len(serial) > scheme.serial_max:
        raise EpcError(f"the serial of {scheme.name} is 1 to {scheme.serial_max} digits, not {serial!r}")
    writer.put(len(serial), 4)
    writer.put(int(serial), integer_bits(len(serial)))


def _take_date(reader: BitReader) -> tuple[str, str]:
    kind = reader.take(4, "date type")
    year, month, day = reader.take(7, "year"), reader.take(4, "month"), reader.take(5, "day")
    if kind >= len(_DATE_AIS):
        raise EpcError(f"the date type {kind} is reserved")
    _check_date(year, month, day)
    return _DATE_AIS[kind], f"{year:02d}{month:02d}{day:02d}"


def _put_date(writer: BitWriter, date: tuple[str, str] | None) -> None:
    if date is None or date[0] not in _DATE_AIS:
        raise EpcError(f"a dated scheme needs one of the dates {', '.join(_DATE_AIS)}")
    ai, text = date
    if len(text) != 6 or not (text.isascii() and text.isdigit()):
        raise EpcError(f"a date is YYMMDD, not {text!r}")
    year, month, day = int(text[:2]), int(text[2:4]), int(text[4:])
    _check_date(year, month, day)
    for value, width in ((_DATE_AIS.index(ai), 4), (year, 7), (month, 4), (day, 5)):
        writer.put(value, width)


def _check_date(year: int, month: int, day: int) -> None:
    # Day 0 means the whole month (GS1 General Specifications 3.4). The century does not matter: 2000 has a 29 February.
    if year > 99 or not 1 <= month <= 12 or day > monthrange(2000 + year, month)[1]:
        raise EpcError(f"{year:02d}-{month:02d}-{day:02d} is no date")


def _take_giai(reader: BitReader) -> str:
    digits = ""
    while (nibble := reader.take(4, "asset identifier")) <= 9:
        digits += str(nibble)
        if len(digits) > _GIAI_CHARACTERS:
            raise EpcError(f"a GIAI has at most {_GIAI_CHARACTERS} characters")
    if not digits or nibble not in (_GIAI_DELIMITER, _GIAI_TERMINATOR):
        raise EpcError(f"nibble {nibble:X} in a GIAI")
    if nibble == _GIAI_TERMINATOR:
        return digits
    return digits + take_variable(reader, _GIAI_CHARACTERS - len(digits))


def _put_giai(writer: BitWriter, key: str) -> None:
    rest = key.lstrip("0123456789")
    digits = key[: len(key) - len(rest)]
    if not digits or len(key) > _GIAI_CHARACTERS:
        raise EpcError(f"a GIAI begins with digits and has at most {_GIAI_CHARACTERS} characters, not {key!r}")
    writer.put(int(digits, 16), 4 * len(digits))
    if rest:
        writer.put(_GIAI_DELIMITER, 4)
        put_variable(writer, rest, _GIAI_CHARACTERS - len(digits))
    else:
        writer.put(_GIAI_TERMINATOR, 4)
