"""From a basket to what it costs."""

from __future__ import annotations

from collections.abc import Sequence

from checkout.pricing.model import PricedBasket, PricedUnit, PriceRequest, Prices, Promotion, TaxTotal, Unit
from checkout.pricing.rules import Offer, effect_of
from checkout.pricing.tax import positions_by_rate, taxes_of
from checkout.rounding import cash_amount

__all__ = ["price"]


def price(request: PriceRequest) -> PricedBasket:
    """Return what ``request`` costs. The same request always gives the same answer; the package lists the rules."""
    prices_minor, names = _after_promotions(request.units, request.promotions)
    rates = [unit.tax_rate for unit in request.units]
    taxes = taxes_of(prices_minor, rates, request.prices, request.tax_rounding)
    units = tuple(
        _priced(unit, price_minor, tax_minor, request.prices, tuple(given))
        for unit, price_minor, tax_minor, given in zip(request.units, prices_minor, taxes, names, strict=True)
    )
    total_minor = sum(unit.gross_minor for unit in units)
    step_minor = request.cash_rounding_minor
    return PricedBasket(
        currency=request.currency,
        units=units,
        tax=_tax_totals(request.units, units),
        total_minor=total_minor,
        net_minor=sum(unit.net_minor for unit in units),
        tax_minor=sum(unit.tax_minor for unit in units),
        discount_minor=sum(unit.discount_minor for unit in units),
        cash_total_minor=None if step_minor is None else cash_amount(total_minor, step_minor),
    )


def _after_promotions(units: Sequence[Unit], promotions: Sequence[Promotion]) -> tuple[list[int], list[list[str]]]:
    """Return each unit's price after all promotions, and the names of those that reduced it."""
    prices_minor = [unit.price_minor for unit in units]
    names: list[list[str]] = [[] for _ in units]
    consumed: set[int] = set()
    for promotion in promotions:
        offers = [
            Offer(position, unit, prices_minor[position])
            for position, unit in enumerate(units)
            if position not in consumed and promotion.rule.selects(unit)
        ]
        if sum(offer.price_minor for offer in offers) < (promotion.min_total_minor or 0):
            continue
        effect = effect_of(promotion.rule, offers, exclusive=promotion.exclusive)
        for position, discount_minor in effect.discounts.items():
            if discount_minor:
                prices_minor[position] -= discount_minor
                names[position].append(promotion.name)
        consumed |= effect.consumed
    return prices_minor, names


def _priced(unit: Unit, price_minor: int, tax_minor: int, prices: Prices, names: tuple[str, ...]) -> PricedUnit:
    net_minor = price_minor - tax_minor if prices is Prices.INCLUSIVE else price_minor
    return PricedUnit(
        id=unit.id,
        gross_minor=net_minor + tax_minor,
        discount_minor=unit.price_minor - price_minor,
        net_minor=net_minor,
        tax_minor=tax_minor,
        promotions=names,
    )


def _tax_totals(units: Sequence[Unit], priced: Sequence[PricedUnit]) -> tuple[TaxTotal, ...]:
    return tuple(
        TaxTotal(
            rate=rate,
            gross_minor=sum(priced[position].gross_minor for position in positions),
            net_minor=sum(priced[position].net_minor for position in positions),
            tax_minor=sum(priced[position].tax_minor for position in positions),
        )
        for rate, positions in positions_by_rate([unit.tax_rate for unit in units]).items()
    )
