"""The JSON of pricing: what is refused, where, and in which words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.errors import PricingError
from checkout.pricing import Prices, TaxRounding, load_request, parse_request

UNIT: dict[str, Any] = {"id": "u1", "gtin": "4006381333931", "price_minor": 100, "tax_rate": "0.19", "groups": ["a"]}
PERCENT: dict[str, Any] = {"type": "percent", "percent": "10", "per": "unit", "select": {"all": True}}
BUY_GET: dict[str, Any] = {
    "type": "buy_get",
    "buy": {"select": {"all": True}, "count": 5},
    "get": {"select": {"all": True}, "count": 1, "percent": "100"},
}


def _request(
    unit: dict[str, Any] | None = None, promotion: dict[str, Any] | None = None, **rest: Any
) -> dict[str, Any]:
    return {"currency": "EUR", "units": [UNIT | (unit or {})], "promotions": [promotion or PERCENT]} | rest


def _without(fields: dict[str, Any], key: str) -> dict[str, Any]:
    return {k: v for k, v in fields.items() if k != key}


def test_defaults() -> None:
    request = parse_request({"currency": "EUR", "units": [_without(UNIT, "groups")]})
    assert request.prices is Prices.INCLUSIVE
    assert request.tax_rounding is TaxRounding.RATE_BUCKET
    assert request.promotions == ()
    assert request.cash_rounding_minor is None
    assert request.units[0].gtin == "04006381333931"


def test_null_is_absent() -> None:
    request = parse_request(_request(promotion=PERCENT | {"max_minor": None, "min_total_minor": None}, cash=None))
    assert request.cash_rounding_minor is None
    assert request.promotions[0].min_total_minor is None


@pytest.mark.parametrize(
    ("document", "path", "expected"),
    [
        ([], "the request", "an object"),
        (_without(_request(), "currency"), "currency", "a text, not nothing"),
        (_request(currency="eur"), "currency", "three capital letters"),
        (_request(currency="€UR"), "currency", "three capital letters"),
        (_request(prices="net"), "prices", '"inclusive" or "exclusive"'),
        (_request(tax_rounding=1), "tax_rounding", '"line" or "rate_bucket"'),
        (_without(_request(), "units"), "units", "a list"),
        (_request(units={}), "units", "a list"),
        (_request(units=[1]), "units[0]", "an object"),
        (_request(units=[UNIT, UNIT]), "units[1].id", "an id of its own"),
        (_request(promotions={}), "promotions", "a list"),
        (_request(promotions=["x"]), "promotions[0]", "an object"),
        (_request(cash={}), "cash.rounding_minor", "a whole number"),
        (_request(cash={"rounding_minor": 0}), "cash.rounding_minor", "from 1"),
        (_request(cash={"rounding_minor": 5, "x": 1}), "cash.'x'", "no such field"),
        (_request(coupon="x"), "'coupon'", "no such field"),
        (_request({"id": ""}), "units[0].id", "not empty"),
        (_request({"id": 7}), "units[0].id", "a text"),
        (_request({"id": "\ud800"}), "units[0].id", "a text"),
        (_request({"price_minor": -1}), "units[0].price_minor", "from 0"),
        (_request({"price_minor": 10**13}), "units[0].price_minor", "from 0"),
        (_request({"price_minor": 1.0}), "units[0].price_minor", "a whole number, not 1.0"),
        (_request({"price_minor": True}), "units[0].price_minor", "a whole number"),
        (_request({"price_minor": "100"}), "units[0].price_minor", "a whole number"),
        (_request({"tax_rate": 0.19}), "units[0].tax_rate", "a decimal number as a text"),
        (_request({"tax_rate": "19"}), "units[0].tax_rate", "from 0 to 1"),
        (_request({"tax_rate": "-0.19"}), "units[0].tax_rate", "a decimal number"),
        (_request({"tax_rate": "NaN"}), "units[0].tax_rate", "a decimal number"),
        (_request({"tax_rate": "1e-2"}), "units[0].tax_rate", "a decimal number"),
        (_request({"groups": "socks"}), "units[0].groups", "a list of texts"),
        (_request({"groups": [1]}), "units[0].groups", "a list of texts"),
        (_request({"quantity": 2}), "units[0].'quantity'", "no such field"),
        (_request(promotion=PERCENT | {"type": "half"}), "promotions[0].type", "one of percent"),
        (_request(promotion=_without(PERCENT, "type")), "promotions[0].type", "a text"),
        (_request(promotion=PERCENT | {"percent": "101"}), "promotions[0].percent", "from 0 to 100"),
        (_request(promotion=PERCENT | {"percent": 10}), "promotions[0].percent", "as a text"),
        (_request(promotion=_without(PERCENT, "per")), "promotions[0].per", '"unit" or "basket"'),
        (_request(promotion=PERCENT | {"max_minor": -1}), "promotions[0].max_minor", "from 0"),
        (_request(promotion=PERCENT | {"min_total_minor": "1"}), "promotions[0].min_total_minor", "a whole number"),
        (_request(promotion=PERCENT | {"min_total_minor": -1}), "promotions[0].min_total_minor", "from 0"),
        (_request(promotion=PERCENT | {"exclusive": 1}), "promotions[0].exclusive", "true or false"),
        (_request(promotion=PERCENT | {"amount_minor": 1}), "promotions[0].'amount_minor'", "no such field"),
        (_request(promotion=_without(PERCENT, "select")), "promotions[0].select", "an object"),
        (_request(promotion=PERCENT | {"select": {}}), "promotions[0].select", "exactly one"),
        (_request(promotion=PERCENT | {"select": {"all": False}}), "promotions[0].select", "exactly one"),
        (_request(promotion=PERCENT | {"select": {"all": True, "gtins": []}}), "promotions[0].select", "exactly one"),
        (_request(promotion=PERCENT | {"select": {"gtins": "1"}}), "promotions[0].select.gtins", "a list of texts"),
        (_request(promotion=PERCENT | {"select": {"all": True, "x": 1}}), "promotions[0].select.'x'", "no such field"),
        (
            _request(promotion={"type": "amount", "per": "unit", "select": {"all": True}}),
            "promotions[0].amount_minor",
            "a whole number",
        ),
        (
            _request(promotion={"type": "cheapest_free", "for_every": 2, "free": 3, "select": {"all": True}}),
            "promotions[0].free",
            "at most for_every",
        ),
        (
            _request(promotion={"type": "cheapest_free", "for_every": 0, "select": {"all": True}}),
            "promotions[0].for_every",
            "from 1",
        ),
        (
            _request(promotion={"type": "bundle", "count": 0, "price_minor": 1, "select": {"all": True}}),
            "promotions[0].count",
            "from 1",
        ),
        (_request(promotion=BUY_GET | {"buy": {"count": 1}}), "promotions[0].buy.select", "an object"),
        (
            _request(promotion=BUY_GET | {"get": BUY_GET["get"] | {"count": 0}}),
            "promotions[0].get.count",
            "from 1",
        ),
        (
            _request(promotion=BUY_GET | {"get": BUY_GET["get"] | {"percent": "100.1"}}),
            "promotions[0].get.percent",
            "from 0 to 100",
        ),
    ],
)
def test_refusals_name_the_field_and_what_was_expected(document: object, path: str, expected: str) -> None:
    with pytest.raises(PricingError) as refusal:
        parse_request(document)

    assert str(refusal.value).startswith(f"{path}: expected ")
    assert expected in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected JSON"),
        ("{", "expected JSON"),
        ("NaN", "an object"),
        ('{"currency":"EUR","currency":"USD","units":[]}', "'currency' is there twice"),
        ("[" * 100_000, "without end"),
        ('{"currency":"EUR","units":[],"x":' + "9" * 5000 + "}", "expected JSON"),
    ],
)
def test_text_that_is_no_request(text: str, said: str) -> None:
    with pytest.raises(PricingError, match=said):
        load_request(text)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from([*UNIT, *PERCENT, "units", "promotions", "cash", "currency"]), inner, max_size=5
        )
    ),
)


@given(anything, st.sampled_from(["units", "promotions", "cash", "prices", "currency"]))
def test_whatever_it_is_it_is_parsed_or_refused_in_words(value: object, key: str) -> None:
    for document in (value, _request() | {key: value}):
        refusal = ""
        try:
            parse_request(document)
        except PricingError as error:
            refusal = str(error)
        assert refusal == "" or "expected" in refusal
        assert refusal.encode().decode() == refusal


def test_the_example_of_the_interface() -> None:
    document = json.loads(
        """{"currency":"EUR","prices":"inclusive","tax_rounding":"line",
        "units":[{"id":"u1","gtin":"04006381333931","price_minor":10000,"tax_rate":"0.19","groups":["socks"]}],
        "promotions":[
          {"type":"percent","percent":"10","select":{"all":true},"per":"basket","max_minor":50,"min_total_minor":1},
          {"type":"amount","amount_minor":500,"select":{"gtins":["4006381333931"]},"per":"unit","exclusive":false},
          {"type":"cheapest_free","for_every":3,"free":1,"select":{"groups":["socks"]}},
          {"type":"cheapest_percent","for_every":2,"percent":"20","select":{"all":true}},
          {"type":"bundle","count":2,"price_minor":1500,"select":{"all":true}},
          {"type":"buy_get","buy":{"select":{"all":true},"count":5},
           "get":{"select":{"all":true},"count":1,"percent":"100"},"name":"Six"}],
        "cash":{"rounding_minor":5}}"""
    )
    assert len(parse_request(document).promotions) == 6
