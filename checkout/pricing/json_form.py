"""Pricing's JSON: strict on the way in, since a misspelt field would be a wrong price.

Every refusal names the field's path and what was expected there. Fields that nobody knows are refused as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from checkout.errors import PricingError
from checkout.pricing.fields import Fields, located, unexpected, without_repeated_keys
from checkout.pricing.model import (
    AmountOff,
    Bundle,
    BuyGet,
    CheapestOff,
    Per,
    PercentOff,
    PricedBasket,
    PriceRequest,
    Prices,
    Promotion,
    Rule,
    Selection,
    TaxRounding,
    Unit,
)

__all__ = ["load_request", "parse_promotions", "parse_request", "promotion_to_json", "to_json"]

_GTIN_LENGTHS = (8, 12, 13, 14)


def load_request(text: str) -> PriceRequest:
    """Return the request that ``text`` holds as JSON. Raises PricingError, for text that is no JSON as well."""
    try:
        document = json.loads(text, object_pairs_hook=without_repeated_keys)
    except RecursionError:
        raise PricingError("expected a JSON object, not one nested without end") from None
    except ValueError as error:
        if isinstance(error, PricingError):
            raise
        raise PricingError(f"expected JSON: {error}") from None
    return parse_request(document)


def parse_request(document: object) -> PriceRequest:
    """Return the request that ``document`` (parsed JSON) describes.

    Absent `prices` are inclusive, absent `tax_rounding` is by rate_bucket; `promotions`, `cash` and a unit's `groups`
    may be absent too. A GTIN of 8, 12 or 13 digits is the one of 14 with zeros in front.

    Raises:
        PricingError: Names the path of the first field that is not as expected.
    """
    fields = Fields(document, "")
    currency = fields.text("currency")
    units = tuple(_unit(unit) for unit in fields.objects("units"))
    promotions = parse_promotions(fields.take("promotions", ()))
    prices = fields.choice("prices", Prices, Prices.INCLUSIVE)
    tax_rounding = fields.choice("tax_rounding", TaxRounding, TaxRounding.RATE_BUCKET)
    cash_rounding_minor = None
    if fields.has("cash"):
        cash = fields.object("cash")
        cash_rounding_minor = cash.whole("rounding_minor")
        cash.finish()
    fields.finish()
    return PriceRequest(currency, units, promotions, prices, tax_rounding, cash_rounding_minor)


def parse_promotions(document: object, path: str = "promotions") -> tuple[Promotion, ...]:
    """Return the promotions that ``document`` (a parsed JSON array) lists; ``path`` is what errors call it.

    Raises:
        PricingError: Names the path of the first field that is not as expected.
    """
    if not isinstance(document, list | tuple):
        raise unexpected(path, "a list", document)
    return tuple(_promotion(Fields(item, f"{path}[{position}]")) for position, item in enumerate(document))


def promotion_to_json(promotion: Promotion) -> dict[str, Any]:
    """Return ``promotion`` as `parse_promotions` reads it."""
    document = _rule_to_json(promotion.rule) | {"name": promotion.name, "exclusive": promotion.exclusive}
    if promotion.min_total_minor is not None:
        document["min_total_minor"] = promotion.min_total_minor
    return document


def to_json(basket: PricedBasket) -> dict[str, Any]:
    """Return ``basket`` as plain JSON: integers of minor units, rates as decimal text."""
    return {
        "units": [
            {
                "id": unit.id,
                "gross_minor": unit.gross_minor,
                "discount_minor": unit.discount_minor,
                "net_minor": unit.net_minor,
                "tax_minor": unit.tax_minor,
                "promotions": list(unit.promotions),
            }
            for unit in basket.units
        ],
        "tax": [
            {
                "rate": _decimal_text(total.rate),
                "gross_minor": total.gross_minor,
                "net_minor": total.net_minor,
                "tax_minor": total.tax_minor,
            }
            for total in basket.tax
        ],
        "total_minor": basket.total_minor,
        "net_minor": basket.net_minor,
        "tax_minor": basket.tax_minor,
        "discount_minor": basket.discount_minor,
        "cash_total_minor": basket.cash_total_minor,
    }


def _unit(fields: Fields) -> Unit:
    identity, gtin = fields.text("id"), _gtin_14(fields.text("gtin"))
    price_minor, tax_rate = fields.whole("price_minor"), fields.decimal("tax_rate")
    groups = frozenset(fields.texts("groups"))
    fields.finish()
    with located(fields.path):
        return Unit(identity, gtin, price_minor, tax_rate, groups)


def _promotion(fields: Fields) -> Promotion:
    kind = fields.text("type")
    make_rule = _RULES.get(kind)
    if make_rule is None:
        raise unexpected(fields.at("type"), "one of " + ", ".join(_RULES), kind)
    name = fields.text("name", kind)
    min_total_minor = fields.optional_whole("min_total_minor")
    exclusive = fields.flag("exclusive")
    rule = make_rule(fields)
    fields.finish()
    with located(fields.path):
        return Promotion(name, rule, min_total_minor, exclusive)


def _percent_off(fields: Fields) -> PercentOff:
    select, percent = _selection(fields), fields.decimal("percent")
    per, max_minor = fields.choice("per", Per), fields.optional_whole("max_minor")
    with located(fields.path):
        return PercentOff(select, percent, per, max_minor)


def _amount_off(fields: Fields) -> AmountOff:
    select, amount_minor, per = _selection(fields), fields.whole("amount_minor"), fields.choice("per", Per)
    with located(fields.path):
        return AmountOff(select, amount_minor, per)


def _cheapest_free(fields: Fields) -> CheapestOff:
    select, for_every, free = _selection(fields), fields.whole("for_every"), fields.whole("free", 1)
    with located(fields.path):
        return CheapestOff(select, for_every, free)


def _cheapest_percent(fields: Fields) -> CheapestOff:
    select, for_every, free = _selection(fields), fields.whole("for_every"), fields.whole("free", 1)
    percent = fields.decimal("percent")
    with located(fields.path):
        return CheapestOff(select, for_every, free, percent)


def _bundle(fields: Fields) -> Bundle:
    select, count, price_minor = _selection(fields), fields.whole("count"), fields.whole("price_minor")
    with located(fields.path):
        return Bundle(select, count, price_minor)


def _buy_get(fields: Fields) -> BuyGet:
    buy = fields.object("buy")
    buy_select, buy_count = _selection(buy), buy.whole("count")
    buy.finish()
    get = fields.object("get")
    get_select, get_count, percent = _selection(get), get.whole("count"), get.decimal("percent")
    get.finish()
    with located(fields.path):
        return BuyGet(buy_select, buy_count, get_select, get_count, percent)


_RULES: dict[str, Callable[[Fields], Rule]] = {
    "percent": _percent_off,
    "amount": _amount_off,
    "cheapest_free": _cheapest_free,
    "cheapest_percent": _cheapest_percent,
    "bundle": _bundle,
    "buy_get": _buy_get,
}


def _selection(fields: Fields) -> Selection:
    select = fields.object("select")
    ways = [key for key in ("all", "gtins", "groups") if select.has(key)]
    if len(ways) != 1 or (ways == ["all"] and not select.flag("all")):
        raise PricingError(f'{select.path}: expected exactly one of "all": true, "gtins" or "groups"')
    gtins = frozenset(_gtin_14(gtin) for gtin in select.texts("gtins")) if ways == ["gtins"] else None
    groups = frozenset(select.texts("groups")) if ways == ["groups"] else None
    select.finish()
    return Selection(gtins, groups)


def _rule_to_json(rule: Rule) -> dict[str, Any]:
    match rule:
        case PercentOff(select, percent, per, max_minor):
            document = {"type": "percent", "select": _selection_to_json(select), "percent": _decimal_text(percent)}
            return document | {"per": per.value} | ({} if max_minor is None else {"max_minor": max_minor})
        case AmountOff(select, amount_minor, per):
            return {
                "type": "amount",
                "select": _selection_to_json(select),
                "amount_minor": amount_minor,
                "per": per.value,
            }
        case CheapestOff(select, for_every, free, percent):
            return {
                "type": "cheapest_percent",
                "select": _selection_to_json(select),
                "for_every": for_every,
                "free": free,
                "percent": _decimal_text(percent),
            }
        case Bundle(select, count, price_minor):
            return {
                "type": "bundle",
                "select": _selection_to_json(select),
                "count": count,
                "price_minor": price_minor,
            }
        case BuyGet(buy, buy_count, get, get_count, percent):
            return {
                "type": "buy_get",
                "buy": {"select": _selection_to_json(buy), "count": buy_count},
                "get": {
                    "select": _selection_to_json(get),
                    "count": get_count,
                    "percent": _decimal_text(percent),
                },
            }


def _selection_to_json(selection: Selection) -> dict[str, Any]:
    if selection.gtins is not None:
        return {"gtins": sorted(selection.gtins)}
    if selection.groups is not None:
        return {"groups": sorted(selection.groups)}
    return {"all": True}


def _gtin_14(text: str) -> str:
    # The check digit is the catalogue's business: a basket is priced whatever its numbers are worth.
    return text.zfill(14) if len(text) in _GTIN_LENGTHS and text.isascii() and text.isdigit() else text


def _decimal_text(number: Decimal) -> str:
    return format(number, "f")
