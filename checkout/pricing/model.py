"""The values of pricing. Amounts are minor units, percentages 0 to 100, tax rates fractions (0.19 is 19 %)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from checkout.errors import PricingError

__all__ = [
    "MAX_MINOR",
    "AmountOff",
    "Bundle",
    "BuyGet",
    "CheapestOff",
    "Per",
    "PercentOff",
    "PriceRequest",
    "PricedBasket",
    "PricedUnit",
    "Prices",
    "Promotion",
    "Rule",
    "Selection",
    "TaxRounding",
    "TaxTotal",
    "Unit",
]

# Thousands of units at this price still add up to a number that every JSON reader keeps exact (2^53).
MAX_MINOR = 10**12


class Prices(StrEnum):
    """Whether the shelf price holds the tax already."""

    INCLUSIVE = "inclusive"
    EXCLUSIVE = "exclusive"


class TaxRounding(StrEnum):
    """What is rounded: the tax of each unit, or that of all units of one rate."""

    LINE = "line"
    RATE_BUCKET = "rate_bucket"


class Per(StrEnum):
    """What a percentage or an amount is taken from: each selected unit, or their sum."""

    UNIT = "unit"
    BASKET = "basket"


@dataclass(frozen=True, slots=True)
class Unit:
    """One item at its shelf price; `id` is the caller's name for it, unique in a basket."""

    id: str
    gtin: str
    price_minor: int
    tax_rate: Decimal
    groups: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.id:
            raise PricingError("id: expected a text that is not empty")
        _check_amount("price_minor", self.price_minor)
        if not 0 <= self.tax_rate <= 1:
            raise PricingError(f'tax_rate: expected a fraction from 0 to 1 such as "0.19", not {self.tax_rate}')


@dataclass(frozen=True, slots=True)
class Selection:
    """Which units a promotion is about: those of a GTIN or of a group; every unit where both are None."""

    gtins: frozenset[str] | None = None
    groups: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if self.gtins is not None and self.groups is not None:
            raise PricingError("select: expected gtins or groups, not both")

    def matches(self, unit: Unit) -> bool:
        """Return whether ``unit`` is meant. An empty set selects nothing."""
        if self.gtins is not None:
            return unit.gtin in self.gtins
        if self.groups is not None:
            return not self.groups.isdisjoint(unit.groups)
        return True


@dataclass(frozen=True, slots=True)
class PercentOff:
    """`percent` off each selected unit or off their sum; `max_minor` caps each such discount."""

    select: Selection
    percent: Decimal
    per: Per
    max_minor: int | None = None

    def __post_init__(self) -> None:
        _check_percent(self.percent)
        if self.max_minor is not None:
            _check_amount("max_minor", self.max_minor)

    def selects(self, unit: Unit) -> bool:
        """Return whether this rule is about ``unit``."""
        return self.select.matches(unit)


@dataclass(frozen=True, slots=True)
class AmountOff:
    """`amount_minor` off each selected unit or off their sum, never below zero."""

    select: Selection
    amount_minor: int
    per: Per

    def __post_init__(self) -> None:
        _check_amount("amount_minor", self.amount_minor)

    def selects(self, unit: Unit) -> bool:
        """Return whether this rule is about ``unit``."""
        return self.select.matches(unit)


@dataclass(frozen=True, slots=True)
class CheapestOff:
    """Of every `for_every` units the `free` cheapest are reduced by `percent`; 100 makes them free."""

    select: Selection
    for_every: int
    free: int = 1
    percent: Decimal = Decimal(100)

    def __post_init__(self) -> None:
        _check_count("for_every", self.for_every)
        _check_count("free", self.free)
        if self.free > self.for_every:
            raise PricingError(f"free: expected at most for_every ({self.for_every}), not {self.free}")
        _check_percent(self.percent)

    def selects(self, unit: Unit) -> bool:
        """Return whether this rule is about ``unit``."""
        return self.select.matches(unit)


@dataclass(frozen=True, slots=True)
class Bundle:
    """`count` units together for `price_minor`."""

    select: Selection
    count: int
    price_minor: int

    def __post_init__(self) -> None:
        _check_count("count", self.count)
        _check_amount("price_minor", self.price_minor)

    def selects(self, unit: Unit) -> bool:
        """Return whether this rule is about ``unit``."""
        return self.select.matches(unit)


@dataclass(frozen=True, slots=True)
class BuyGet:
    """With every `buy_count` units of `buy` come `get_count` other units of `get`, reduced by `percent`."""

    buy: Selection
    buy_count: int
    get: Selection
    get_count: int
    percent: Decimal

    def __post_init__(self) -> None:
        _check_count("buy.count", self.buy_count)
        _check_count("get.count", self.get_count)
        _check_percent(self.percent, "get.percent")

    def selects(self, unit: Unit) -> bool:
        """Return whether this rule is about ``unit``, as bought or as got."""
        return self.buy.matches(unit) or self.get.matches(unit)


Rule = PercentOff | AmountOff | CheapestOff | Bundle | BuyGet


@dataclass(frozen=True, slots=True)
class Promotion:
    """A rule, when it applies and what the receipt calls it.

    min_total_minor: the least sum of the units it is about, as their prices stand before it.
    exclusive: percent and amount consume their units; multi-buys always do.
    """

    name: str
    rule: Rule
    min_total_minor: int | None = None
    exclusive: bool = False

    def __post_init__(self) -> None:
        if self.min_total_minor is not None:
            _check_amount("min_total_minor", self.min_total_minor)


@dataclass(frozen=True, slots=True)
class PriceRequest:
    """A basket to be priced. Raises PricingError when two units have one id.

    cash_rounding_minor: the smallest coin, or None where nobody asks what cash would pay.
    """

    currency: str
    units: tuple[Unit, ...]
    promotions: tuple[Promotion, ...] = ()
    prices: Prices = Prices.INCLUSIVE
    tax_rounding: TaxRounding = TaxRounding.RATE_BUCKET
    cash_rounding_minor: int | None = None

    def __post_init__(self) -> None:
        if len(self.currency) != 3 or not self.currency.isascii() or not self.currency.isupper():
            raise PricingError(f"currency: expected three capital letters (ISO 4217), not {self.currency!r}")
        if self.cash_rounding_minor is not None:
            _check_count("cash.rounding_minor", self.cash_rounding_minor)
        seen: set[str] = set()
        for position, unit in enumerate(self.units):
            if unit.id in seen:
                raise PricingError(f"units[{position}].id: expected an id of its own, {unit.id!r} is used before")
            seen.add(unit.id)


@dataclass(frozen=True, slots=True)
class PricedUnit:
    """What one unit costs.

    gross_minor: paid for it, tax included, after discount. discount_minor: taken off its shelf price, at least 0.
    promotions: the names of those that took something off, in order.
    """

    id: str
    gross_minor: int
    discount_minor: int
    net_minor: int
    tax_minor: int
    promotions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """All units of one tax rate."""

    rate: Decimal
    gross_minor: int
    net_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class PricedBasket:
    """What a basket costs. `tax` is in order of rate; `cash_total_minor` is None where no rounding was asked for."""

    currency: str
    units: tuple[PricedUnit, ...]
    tax: tuple[TaxTotal, ...]
    total_minor: int
    net_minor: int
    tax_minor: int
    discount_minor: int
    cash_total_minor: int | None = None


def _check_amount(field: str, amount_minor: int) -> None:
    if not 0 <= amount_minor <= MAX_MINOR:
        raise PricingError(f"{field}: expected minor units from 0 to {MAX_MINOR}, not {amount_minor}")


def _check_count(field: str, count: int) -> None:
    if not 1 <= count <= MAX_MINOR:
        raise PricingError(f"{field}: expected a whole number from 1 to {MAX_MINOR}, not {count}")


def _check_percent(percent: Decimal, field: str = "percent") -> None:
    if not 0 <= percent <= 100:
        raise PricingError(f'{field}: expected a percentage from 0 to 100 such as "12.5", not {percent}')
