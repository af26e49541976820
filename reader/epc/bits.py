"""A cursor over the bits of an EPC, and its counterpart that writes them. Integers, not bit strings: speed."""

from __future__ import annotations

from reader.errors import EpcError

__all__ = ["BitReader", "BitWriter"]


class BitReader:
    """Reads fields from the most significant bit on."""

    def __init__(self, value: int, bits: int) -> None:
        """Begin at the first of ``bits`` bits of ``value``."""
        self._value = value
        self.left = bits

    def take(self, bits: int, field: str) -> int:
        """Return the next ``bits`` bits as an unsigned integer.

        Raises:
            EpcError: Fewer are left; the message names ``field``.
        """
        if bits > self.left:
            raise EpcError(f"truncated: the {field} needs {bits} bits, {self.left} are left")
        self.left -= bits
        return (self._value >> self.left) & ((1 << bits) - 1)

    def rest(self) -> int:
        """Return all that is left, without taking it."""
        return self._value & ((1 << self.left) - 1)


class BitWriter:
    """Collects fields from the most significant bit on."""

    def __init__(self) -> None:
        self._value = 0
        self._bits = 0

    def put(self, value: int, bits: int) -> None:
        """Append ``value`` as ``bits`` bits; the caller has checked its range."""
        self._value = self._value << bits | value
        self._bits += bits

    def hex(self) -> str:
        """Return what was written as upper-case hex, cut at the nibble that holds the last bit."""
        nibbles = -(-self._bits // 4)
        return f"{self._value << 4 * nibbles - self._bits:0{nibbles}X}"
