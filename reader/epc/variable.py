"""The variable-length field of '+' schemes: encoding indicator 3 bits, length 5 bits, characters.

Source: GS1 TDS 2.3, 14.5.6 and table E.
"""

from __future__ import annotations

from collections.abc import Iterator

from reader.epc.bits import BitReader, BitWriter
from reader.epc.characters import CODE_40, FILE_SAFE_64, SET_82
from reader.errors import EpcError

__all__ = ["integer_bits", "put_code_40", "put_variable", "take_code_40", "take_variable"]

_INTEGER, _HEX_UPPER, _HEX_LOWER, _BASE_64, _ASCII, _CODE_40 = range(6)
_HEX = {_HEX_UPPER: "0123456789ABCDEF", _HEX_LOWER: "0123456789abcdef"}


def integer_bits(digits: int) -> int:
    """Return how many bits an integer of ``digits`` decimal digits takes (TDS table B, column integer encoding)."""
    largest: int = 10**digits - 1
    return largest.bit_length()


def take_variable(reader: BitReader, longest: int) -> str:
    """Return the variable field that begins at ``reader``: 1 to ``longest`` characters. Raises EpcError."""
    indicator = reader.take(3, "encoding indicator")
    length = reader.take(5, "length")
    if not 1 <= length <= longest:
        raise EpcError(f"a field of {length} characters instead of 1 to {longest}")
    if indicator == _INTEGER:
        value = reader.take(integer_bits(length), "serial")
        if value >= 10**length:
            raise EpcError(f"{value} has more than {length} digits")
        return f"{value:0{length}d}"
    if indicator in _HEX:
        return "".join(_HEX[indicator][reader.take(4, "serial")] for _ in range(length))
    if indicator == _BASE_64:
        return "".join(FILE_SAFE_64[reader.take(6, "serial")] for _ in range(length))
    if indicator == _ASCII:
        text = "".join(chr(reader.take(7, "serial")) for _ in range(length))
        if not SET_82.issuperset(text):
            raise EpcError("the serial has a character outside GS1's set of 82")
        return text
    if indicator == _CODE_40:
        return take_code_40(reader, length)
    raise EpcError(f"the encoding indicator {indicator} is reserved")


def put_variable(writer: BitWriter, text: str, longest: int) -> None:
    """Append ``text`` in the encoding that takes the fewest bits. Raises EpcError."""
    if not 1 <= len(text) <= longest or not SET_82.issuperset(text):
        raise EpcError(f"a field of 1 to {longest} characters of GS1's set of 82 cannot hold {text!r}")
    _, indicator = min(_costs(text))
    writer.put(indicator, 3)
    writer.put(len(text), 5)
    if indicator == _INTEGER:
        writer.put(int(text), integer_bits(len(text)))
    elif indicator in _HEX:
        writer.put(int(text, 16), 4 * len(text))
    elif indicator == _CODE_40:
        put_code_40(writer, text)
    else:
        for character in text:
            if indicator == _BASE_64:
                writer.put(FILE_SAFE_64.index(character), 6)
            else:
                writer.put(ord(character), 7)


def take_code_40(reader: BitReader, length: int) -> str:
    """Return ``length`` characters of URN Code 40: three in 16 bits, the last group padded. Raises EpcError."""
    text = ""
    while len(text) < length:
        group = reader.take(16, "Code 40 group") - 1
        first, second, third = group // 1600, group // 40 % 40, group % 40
        if not 0 <= group < 64000:
            raise EpcError(f"{group + 1} is no group of Code 40")
        indices = (first, second, third)[: length - len(text)]
        if 0 in indices or any((first, second, third)[len(indices) :]):
            raise EpcError("Code 40 padding in the wrong place")
        text += "".join(CODE_40[index - 1] for index in indices)
    return text


def put_code_40(writer: BitWriter, text: str) -> None:
    """Append ``text``, whose characters are all in `CODE_40`."""
    for start in range(0, len(text), 3):
        indices = [CODE_40.index(character) + 1 for character in text[start : start + 3]] + [0, 0]
        writer.put(1600 * indices[0] + 40 * indices[1] + indices[2] + 1, 16)


def _costs(text: str) -> Iterator[tuple[int, int]]:
    """Yield (bits, indicator) of each encoding that can hold ``text``."""
    length = len(text)
    characters = set(text)
    if characters <= set("0123456789"):
        yield integer_bits(length), _INTEGER
    for indicator, alphabet in _HEX.items():
        if characters <= set(alphabet):
            yield 4 * length, indicator
    if characters <= set(CODE_40):
        yield 16 * -(-length // 3), _CODE_40
    if characters <= set(FILE_SAFE_64):
        yield 6 * length, _BASE_64
    yield 7 * length, _ASCII
