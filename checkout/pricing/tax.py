"""The tax of discounted prices, unit by unit and rate by rate."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from checkout.pricing.model import Prices, TaxRounding
from checkout.rounding import apportion, tax_on, tax_within

__all__ = ["positions_by_rate", "taxes_of"]


def positions_by_rate(rates: Sequence[Decimal]) -> dict[Decimal, list[int]]:
    """Return the positions of each rate, lowest rate first. 0.2 and 0.20 are one rate, spelled as first seen."""
    buckets: dict[Decimal, list[int]] = {}
    for position, rate in enumerate(rates):
        buckets.setdefault(rate, []).append(position)
    return {rate: buckets[rate] for rate in sorted(buckets)}


def taxes_of(prices_minor: Sequence[int], rates: Sequence[Decimal], prices: Prices, rounding: TaxRounding) -> list[int]:
    """Return the tax of each price: within it where prices are inclusive, on top of it where they are exclusive."""
    tax_of = tax_within if prices is Prices.INCLUSIVE else tax_on
    if rounding is TaxRounding.LINE:
        return [tax_of(price, rate) for price, rate in zip(prices_minor, rates, strict=True)]
    taxes = [0] * len(prices_minor)
    for rate, positions in positions_by_rate(rates).items():
        weights = [prices_minor[position] for position in positions]
        for position, part in zip(positions, apportion(tax_of(sum(weights), rate), weights), strict=True):
            taxes[position] = part
    return taxes
