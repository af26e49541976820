"""Every rounding of money: half up, symmetric in sign, exact.

Rates and percentages come as `Decimal` and are taken apart into whole numbers here. Decimal's own arithmetic rounds
to 28 digits first, so a long rate would be rounded twice; a ratio of integers is rounded once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

__all__ = ["apportion", "cash_amount", "exact_decimal", "half_up", "share_of", "tax_on", "tax_within"]

_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")
_MAX_DECIMAL_TEXT = 40  # a tax rate of 38 decimals is no tax rate, but still computed exactly


def half_up(numerator: int, denominator: int) -> int:
    """Return ``numerator`` / ``denominator`` (> 0) as a whole number; halves go away from zero."""
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude


def share_of(amount_minor: int, percent: Decimal) -> int:
    """Return ``percent`` (10 is a tenth) of ``amount_minor``."""
    numerator, denominator = percent.as_integer_ratio()
    return half_up(amount_minor * numerator, 100 * denominator)


def tax_within(gross_minor: int, rate: Decimal) -> int:
    """Return the tax that ``gross_minor`` contains, at ``rate`` (0.19 is 19 %).

    Tax first, net by subtraction: 52.50 at 12 % is 5.63 + 46.87, where net first would give 5.62 + 46.88.
    """
    numerator, denominator = rate.as_integer_ratio()
    return half_up(gross_minor * numerator, denominator + numerator)


def tax_on(net_minor: int, rate: Decimal) -> int:
    """Return the tax to add to ``net_minor`` at ``rate`` (0.19 is 19 %)."""
    numerator, denominator = rate.as_integer_ratio()
    return half_up(net_minor * numerator, denominator)


def cash_amount(amount_minor: int, step_minor: int) -> int:
    """Return ``amount_minor`` as coins can pay it: the nearest multiple of ``step_minor`` (> 0), halves up."""
    return half_up(amount_minor, step_minor) * step_minor


def apportion(amount: int, weights: Sequence[int]) -> list[int]:
    """Split ``amount`` (≥ 0) over ``weights`` (≥ 0) by largest remainder; equal remainders favour the earlier one.

    The parts always add up to ``amount``. No part exceeds its weight while ``amount`` does not exceed their sum.
    Weights that are all zero count as equal.

    Raises:
        ValueError: There is an amount and nothing to split it over.
    """
    if not weights:
        if amount:
            raise ValueError(f"{amount} cannot be split over nothing")
        return []
    total = sum(weights)
    if total == 0:
        weights, total = [1] * len(weights), len(weights)
    parts = [amount * weight // total for weight in weights]
    missing = amount - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda i: -(amount * weights[i] % total))
    for i in by_remainder[:missing]:
        parts[i] += 1
    return parts


def exact_decimal(text: str) -> Decimal:
    """Return ``text`` (digits, perhaps a decimal point and more digits) as it stands, however many digits it has.

    Raises:
        ValueError: ``text`` is anything else, or longer than 40 characters. A sign, an exponent, NaN and infinity
            are refused: no rate or percentage needs them.
    """
    if len(text) > _MAX_DECIMAL_TEXT or not _DECIMAL.fullmatch(text):
        raise ValueError(f"{text[:_MAX_DECIMAL_TEXT]!r} is not a plain decimal number")
    return Decimal(text)
