"""Baskets whose price is known: the acceptance cases, and one per rule and edge."""

from __future__ import annotations

from typing import Any

import pytest

from checkout.pricing import parse_request, price, to_json

ALL = {"all": True}


def _priced(*prices_minor: int, rate: str = "0.19", **rest: Any) -> dict[str, Any]:
    units = [
        {
            "id": f"u{n}",
            "gtin": f"{n}",
            "price_minor": minor,
            "tax_rate": rate,
            "groups": ["even" if n % 2 == 0 else "odd"],
        }
        for n, minor in enumerate(prices_minor)
    ]
    return to_json(price(parse_request({"currency": "EUR", "units": units} | rest)))


def _gross(*prices_minor: int, promotions: list[dict[str, Any]], **rest: Any) -> list[int]:
    return [unit["gross_minor"] for unit in _priced(*prices_minor, promotions=promotions, **rest)["units"]]


class TestAcceptance:
    """Facts measured 2026-11; the origin of each case in brackets."""

    def test_1_tax_by_line(self) -> None:  # pretix
        basket = _priced(*[10000] * 5, tax_rounding="line")
        assert (basket["tax_minor"], basket["total_minor"]) == (7985, 50000)

    def test_2_tax_by_rate(self) -> None:  # pretix
        basket = _priced(*[10000] * 5, tax_rounding="rate_bucket")
        assert (basket["tax_minor"], basket["net_minor"], basket["total_minor"]) == (7983, 42017, 50000)
        assert [unit["tax_minor"] for unit in basket["units"]] == [1597, 1597, 1597, 1596, 1596]
        assert _priced(*[9998] * 5, tax_rounding="line")["tax_minor"] == 7980
        basket = _priced(*[9998] * 5)
        assert (basket["tax_minor"], basket["net_minor"]) == (7982, 42008)

    @pytest.mark.parametrize(
        ("gross_minor", "rate", "net_minor", "tax_minor"),
        [(5250, "0.12", 4687, 563), (1190, "0.21", 983, 207), (280, "0.21", 231, 49)],
    )
    def test_3_and_4_tax_within(self, gross_minor: int, rate: str, net_minor: int, tax_minor: int) -> None:  # Odoo
        basket = _priced(gross_minor, rate=rate)
        assert (basket["net_minor"], basket["tax_minor"]) == (net_minor, tax_minor)

    @pytest.mark.parametrize(("gross", "net", "tax"), [(27000, 22689, 4311), (10920, 9176, 1744)])
    def test_5_no_decimals(self, gross: int, net: int, tax: int) -> None:  # Odoo
        basket = _priced(gross, currency="CLP")
        assert (basket["net_minor"], basket["tax_minor"]) == (net, tax)

    def test_6_cash(self) -> None:  # Odoo
        basket = _priced(1367, rate="0.15", prices="exclusive", cash={"rounding_minor": 5})
        assert (basket["tax_minor"], basket["total_minor"], basket["cash_total_minor"]) == (205, 1572, 1570)

    def test_7_a_discount_is_capped_at_the_price_before_it_is_apportioned(self) -> None:  # Vendure
        off = {"type": "amount", "per": "basket", "select": ALL}
        basket = _priced(4300, 1400, 2300, promotions=[off | {"amount_minor": 299}])
        assert [unit["discount_minor"] for unit in basket["units"]] == [161, 52, 86]
        basket = _priced(1000, 1000, 1000, promotions=[off | {"amount_minor": 299}])
        assert [unit["discount_minor"] for unit in basket["units"]] == [100, 100, 99]
        assert _gross(10, 0, promotions=[off | {"amount_minor": 40}]) == [0, 0]
        assert _gross(0, 0, promotions=[off | {"amount_minor": 10}]) == [0, 0]

    def test_8_one_of_three_is_free(self) -> None:  # pretix
        basket = _priced(*[12000] * 5, promotions=[{"type": "cheapest_free", "for_every": 3, "free": 1, "select": ALL}])
        assert (basket["total_minor"], basket["discount_minor"]) == (48000, 12000)
        assert [unit["gross_minor"] for unit in basket["units"]] == [12000, 12000, 12000, 12000, 0]

    def test_9_a_fifth_off_from_500(self) -> None:  # pretix
        off = {"type": "percent", "percent": "20", "per": "unit", "select": ALL, "min_total_minor": 50000}
        assert _gross(*[12000] * 4, promotions=[off]) == [12000] * 4
        assert _gross(*[12000] * 5, promotions=[off]) == [9600] * 5

    def test_10_tax_on_top_of_the_discounted_price(self) -> None:  # Odoo
        basket = _priced(
            32000,
            rate="0.15",
            prices="exclusive",
            promotions=[{"type": "percent", "percent": "20", "per": "unit", "select": ALL}],
        )
        assert (basket["net_minor"], basket["tax_minor"], basket["total_minor"]) == (25600, 3840, 29440)
        assert basket["discount_minor"] == 6400


class TestPercentAndAmount:
    def test_percent_is_of_the_price_as_it_stands(self) -> None:
        ten = {"type": "percent", "percent": "10", "per": "unit", "select": ALL}
        assert _gross(10000, promotions=[ten, ten]) == [8100]

    def test_halves_of_a_discount_go_up(self) -> None:
        ten = {"type": "percent", "percent": "10", "select": ALL}
        assert _gross(5, 15, promotions=[ten | {"per": "unit"}]) == [4, 13]
        assert _gross(5, 15, promotions=[ten | {"per": "basket"}]) == [4, 14]  # 2 off; 0.5 and 1.5: the tie is early

    def test_the_cap_is_per_unit_or_of_the_basket(self) -> None:
        half = {"type": "percent", "percent": "50", "max_minor": 299, "select": ALL}
        assert _gross(4300, 100, promotions=[half | {"per": "unit"}]) == [4001, 50]
        capped = _priced(4300, 1400, 2300, promotions=[half | {"per": "basket"}])
        assert [unit["discount_minor"] for unit in capped["units"]] == [161, 52, 86]

    def test_an_amount_never_takes_more_than_the_price(self) -> None:
        off = {"type": "amount", "amount_minor": 500, "per": "unit", "select": ALL}
        assert _gross(300, 700, 0, promotions=[off]) == [0, 200, 0]
        assert _gross(300, 700, promotions=[off, off]) == [0, 0]

    def test_the_basket_is_what_is_selected(self) -> None:
        off = {"type": "amount", "amount_minor": 300, "per": "basket", "select": {"groups": ["even"]}}
        assert _gross(1000, 1000, 2000, promotions=[off]) == [900, 1000, 1800]

    def test_one_group_in_common_is_enough(self) -> None:
        unit = {"id": "u", "gtin": "1", "price_minor": 100, "tax_rate": "0", "groups": ["socks", "winter"]}
        off = {"type": "amount", "amount_minor": 1, "per": "unit", "select": {"groups": ["winter", "balls"]}}
        request = parse_request({"currency": "EUR", "units": [unit], "promotions": [off]})
        assert price(request).total_minor == 99

    def test_a_selection_of_nothing_changes_nothing(self) -> None:
        nothing: list[dict[str, Any]] = [{"gtins": []}, {"groups": ["none"]}, {"gtins": ["9"]}]
        for select in nothing:
            off = {"type": "amount", "amount_minor": 300, "per": "basket", "select": select, "exclusive": True}
            basket = _priced(1000, 2000, promotions=[off])
            assert basket["discount_minor"] == 0
            assert [unit["promotions"] for unit in basket["units"]] == [[], []]

    def test_exclusive_consumes_what_it_selects_and_only_that(self) -> None:
        even = {"type": "percent", "percent": "10", "per": "unit", "select": {"groups": ["even"]}, "exclusive": True}
        then = {"type": "amount", "amount_minor": 50, "per": "unit", "select": ALL}
        assert _gross(1000, 1000, promotions=[even, then]) == [900, 950]
        assert _gross(1000, 1000, promotions=[even | {"exclusive": False}, then]) == [850, 950]

    def test_exclusive_that_does_not_apply_consumes_nothing(self) -> None:
        first = {"type": "percent", "percent": "10", "per": "unit", "select": ALL, "exclusive": True}
        then = {"type": "amount", "amount_minor": 50, "per": "unit", "select": ALL}
        assert _gross(1000, promotions=[first | {"min_total_minor": 1001}, then]) == [950]

    def test_the_least_total_is_of_the_selected_as_they_stand(self) -> None:
        first = {"type": "amount", "amount_minor": 100, "per": "unit", "select": {"groups": ["even"]}}
        then = {"type": "percent", "percent": "10", "per": "unit", "select": {"groups": ["even"]}}
        assert _gross(1000, 9000, 1000, promotions=[first, then | {"min_total_minor": 1801}]) == [900, 9000, 900]
        assert _gross(1000, 9000, 1000, promotions=[first, then | {"min_total_minor": 1800}]) == [810, 9000, 810]

    def test_names_are_of_those_that_took_something_off(self) -> None:
        named = {"type": "percent", "percent": "10", "per": "unit", "select": ALL, "name": "Spring"}
        nameless = {"type": "amount", "amount_minor": 1, "per": "unit", "select": ALL}
        basket = _priced(1000, 0, promotions=[named, nameless])
        assert [unit["promotions"] for unit in basket["units"]] == [["Spring", "amount"], []]


class TestMultiBuys:
    def test_the_rest_stays_for_the_next(self) -> None:
        three = {"type": "cheapest_free", "for_every": 3, "select": ALL}
        off = {"type": "amount", "amount_minor": 1, "per": "unit", "select": ALL}
        # One group: 100 is free, 500 and 400 pay for it, 200 and 300 stay.
        assert _gross(500, 100, 300, 200, 400, promotions=[three, off]) == [500, 0, 299, 199, 400]

    def test_equal_prices_give_the_later_and_charge_the_earlier(self) -> None:
        two = {"type": "cheapest_free", "for_every": 2, "select": ALL}
        off = {"type": "amount", "amount_minor": 1, "per": "unit", "select": ALL}
        assert _gross(100, 100, 100, promotions=[two, off]) == [100, 99, 0]

    def test_several_free_in_a_group(self) -> None:
        assert _gross(
            1, 2, 3, 4, 5, 6, promotions=[{"type": "cheapest_free", "for_every": 3, "free": 2, "select": ALL}]
        ) == [
            0,
            0,
            0,
            0,
            5,
            6,
        ]
        assert _gross(7, 8, promotions=[{"type": "cheapest_free", "for_every": 2, "free": 2, "select": ALL}]) == [0, 0]

    def test_too_few_form_no_group_and_are_not_consumed(self) -> None:
        three = {"type": "cheapest_free", "for_every": 3, "select": ALL}
        half = {"type": "percent", "percent": "50", "per": "unit", "select": ALL}
        assert _gross(100, 100, promotions=[three, half]) == [50, 50]

    def test_a_fifth_off_the_second(self) -> None:
        second = {"type": "cheapest_percent", "for_every": 2, "percent": "20", "select": ALL}
        assert _gross(5000, 3000, 4000, 1000, promotions=[second]) == [5000, 2400, 4000, 800]
        assert _gross(3333, 3333, promotions=[second]) == [3333, 2666]

    def test_cheapest_goes_by_the_price_as_it_stands(self) -> None:
        off = {"type": "amount", "amount_minor": 900, "per": "unit", "select": {"groups": ["even"]}}
        two = {"type": "cheapest_free", "for_every": 2, "select": ALL}
        assert _gross(1000, 500, promotions=[off, two]) == [0, 500]

    def test_a_consumed_unit_is_not_offered_again(self) -> None:
        two = {"type": "cheapest_free", "for_every": 2, "select": ALL}
        assert _gross(400, 300, 200, 100, 50, promotions=[two, two]) == [400, 300, 200, 0, 0]

    def test_a_bundle_costs_its_price_apportioned(self) -> None:
        bundle = {"type": "bundle", "count": 2, "price_minor": 1500, "select": ALL}
        assert _gross(1000, 1000, promotions=[bundle]) == [750, 750]
        assert _gross(1200, 600, promotions=[bundle]) == [1000, 500]
        # 1200 and 900 are the dearest pair; 600 stays alone.
        assert _gross(600, 900, 1200, promotions=[bundle]) == [600, 643, 857]

    def test_a_bundle_never_makes_dearer_and_then_consumes_nothing(self) -> None:
        bundle = {"type": "bundle", "count": 2, "price_minor": 1500, "select": ALL}
        half = {"type": "percent", "percent": "50", "per": "unit", "select": ALL}
        assert _gross(1000, 1000, 100, 200, promotions=[bundle, half]) == [750, 750, 50, 100]
        assert _gross(700, 800, promotions=[bundle, half]) == [350, 400]

    def test_a_bundle_spreads_ties_to_the_earlier_unit(self) -> None:
        bundle = {"type": "bundle", "count": 3, "price_minor": 1000, "select": ALL}
        assert _gross(500, 500, 500, promotions=[bundle]) == [333, 333, 334]
        # 2 off 100 + 300 is 0.5 and 1.5: the tie goes to the earlier unit, not to the dearer one.
        pair = {"type": "bundle", "count": 2, "price_minor": 398, "select": ALL}
        assert _gross(100, 300, promotions=[pair]) == [99, 299]

    def test_buy_five_get_one(self) -> None:
        get = {
            "type": "buy_get",
            "buy": {"select": ALL, "count": 5},
            "get": {"select": ALL, "count": 1, "percent": "100"},
        }
        assert _gross(*[100] * 5, promotions=[get]) == [100] * 5
        assert _gross(6, 5, 4, 3, 2, 1, promotions=[get]) == [6, 5, 4, 3, 2, 0]

    def test_what_is_bought_and_got_is_consumed(self) -> None:
        get = {
            "type": "buy_get",
            "buy": {"select": {"groups": ["odd"]}, "count": 1},
            "get": {"select": {"groups": ["even"]}, "count": 1, "percent": "50"},
        }
        off = {"type": "amount", "amount_minor": 1, "per": "unit", "select": ALL}
        # Even: 10 and 20 (the cheaper is got); odd: 100 is bought.
        assert _gross(20, 100, 10, promotions=[get, off]) == [19, 100, 5]

    def test_the_dearest_are_bought_and_the_rest_stays(self) -> None:
        get = {
            "type": "buy_get",
            "buy": {"select": {"gtins": ["1", "2"]}, "count": 1},
            "get": {"select": {"gtins": ["0"]}, "count": 1, "percent": "50"},
        }
        off = {"type": "amount", "amount_minor": 1, "per": "unit", "select": ALL}
        assert _gross(20, 60, 100, promotions=[get, off]) == [10, 59, 100]

    def test_the_least_total_of_buy_get_is_of_all_that_it_is_about(self) -> None:
        get = {
            "type": "buy_get",
            "buy": {"select": {"groups": ["odd"]}, "count": 1},
            "get": {"select": {"groups": ["even"]}, "count": 1, "percent": "100"},
        }
        assert _gross(20, 60, promotions=[get | {"min_total_minor": 80}]) == [0, 60]
        assert _gross(20, 60, promotions=[get | {"min_total_minor": 81}]) == [20, 60]

    def test_a_unit_that_could_be_both_serves_where_it_is_needed(self) -> None:
        get = {
            "type": "buy_get",
            "buy": {"select": {"gtins": ["0", "1"]}, "count": 1},
            "get": {"select": {"gtins": ["1", "2"]}, "count": 1, "percent": "100"},
        }
        assert _gross(900, 100, 300, promotions=[get]) == [900, 0, 300]  # 0 is bought, so the cheap 1 may be got
        assert _gross(900, 100, promotions=[get]) == [900, 0]
        assert _gross_of_both_and_get(get) == [100, 0]


def _gross_of_both_and_get(promotion: dict[str, Any]) -> list[int]:
    """Only a unit that could be both, and one that can only be got: the first has to be bought."""
    units = [
        {"id": "both", "gtin": "1", "price_minor": 100, "tax_rate": "0"},
        {"id": "get", "gtin": "2", "price_minor": 300, "tax_rate": "0"},
    ]
    request = parse_request({"currency": "EUR", "units": units, "promotions": [promotion]})
    return [unit.gross_minor for unit in price(request).units]


class TestTax:
    def test_mixed_rates_in_order_of_rate(self) -> None:
        units = [
            {"id": "a", "gtin": "1", "price_minor": 1190, "tax_rate": "0.19"},
            {"id": "b", "gtin": "2", "price_minor": 1070, "tax_rate": "0.07"},
            {"id": "c", "gtin": "3", "price_minor": 1000, "tax_rate": "0"},
            {"id": "d", "gtin": "4", "price_minor": 1070, "tax_rate": "0.070"},
        ]
        basket = to_json(price(parse_request({"currency": "EUR", "units": units})))
        assert basket["tax"] == [
            {"rate": "0", "gross_minor": 1000, "net_minor": 1000, "tax_minor": 0},
            {"rate": "0.07", "gross_minor": 2140, "net_minor": 2000, "tax_minor": 140},
            {"rate": "0.19", "gross_minor": 1190, "net_minor": 1000, "tax_minor": 190},
        ]

    def test_exclusive_by_rate(self) -> None:
        basket = _priced(10, 10, 10, rate="0.15", prices="exclusive")
        assert basket["tax_minor"] == 5  # 4.5
        assert [unit["gross_minor"] for unit in basket["units"]] == [12, 12, 11]
        assert _priced(10, 10, 10, rate="0.15", prices="exclusive", tax_rounding="line")["tax_minor"] == 6

    def test_nothing_at_all(self) -> None:
        basket = _priced(cash={"rounding_minor": 5})
        assert basket == {
            "units": [],
            "tax": [],
            "total_minor": 0,
            "net_minor": 0,
            "tax_minor": 0,
            "discount_minor": 0,
            "cash_total_minor": 0,
        }
