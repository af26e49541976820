"""GTINs and serialised GTINs: the identity of an item, whatever its tag's scheme."""

from __future__ import annotations

from typing import NamedTuple

from reader.epc.characters import link_escaped
from reader.errors import EpcError

__all__ = ["Sgtin", "check_digit", "gtin14", "has_check_digit"]

_GTIN_LENGTHS = (8, 12, 13, 14)
_DIGITS = "0123456789"


def check_digit(body: str) -> str:
    """Return the GS1 check digit that belongs after ``body`` (decimal digits, any length).

    Source: GS1 General Specifications, 7.9.1: weights 3, 1, 3, … from the right.
    """
    codes = body.encode("ascii")
    # Sums of codes are quicker than sums of digits. Each is 48 too great, which makes 192 for every two digits.
    too_great = 96 * len(codes) + (48 if len(codes) % 2 else 0)
    return _DIGITS[(too_great - 3 * sum(codes[::-2]) - sum(codes[-2::-2])) % 10]


def has_check_digit(key: str) -> bool:
    """Return whether the last digit of ``key`` is the check digit of those before it."""
    return check_digit(key[:-1]) == key[-1]


def gtin14(text: str) -> str:
    """Return ``text``, a GTIN of 8, 12, 13 or 14 digits, as 14 digits.

    Raises:
        EpcError: It is no such number, or its check digit is wrong.
    """
    if len(text) not in _GTIN_LENGTHS or not (text.isascii() and text.isdigit()):
        raise EpcError(f"a GTIN has 8, 12, 13 or 14 digits, not {text!r}")
    padded = text.rjust(14, "0")
    if not has_check_digit(padded):
        raise EpcError(f"the check digit of GTIN {text} should be {check_digit(padded[:-1])}")
    return padded


class Sgtin(NamedTuple):
    """One item: its product's GTIN (14 digits) and its serial (1 to 20 characters of GS1 set 82)."""

    gtin: str
    serial: str

    @property
    def digital_link(self) -> str:
        """The canonical GS1 Digital Link, by which every room knows the item."""
        return f"https://id.gs1.org/01/{self.gtin}/21/{link_escaped(self.serial)}"
