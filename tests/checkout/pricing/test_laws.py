"""What holds for every basket and every promotion."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from checkout.pricing import (
    AmountOff,
    Bundle,
    BuyGet,
    CheapestOff,
    Per,
    PercentOff,
    PricedUnit,
    PriceRequest,
    Prices,
    Promotion,
    Selection,
    TaxRounding,
    TaxTotal,
    Unit,
    parse_promotions,
    price,
    promotion_to_json,
)

GTINS = ("1", "2", "3")
GROUPS = ("socks", "balls")
RATES = tuple(map(Decimal, ("0", "0.07", "0.19", "0.190", "0.0825", "0.3333333333333333333333333333333333333", "1")))

percents = st.decimals(0, 100, places=2)
counts = st.integers(1, 4)
amounts = st.integers(0, 3000)
selections = st.one_of(
    st.just(Selection()),
    st.builds(lambda gtins: Selection(gtins=gtins), st.frozensets(st.sampled_from(GTINS))),
    st.builds(lambda groups: Selection(groups=groups), st.frozensets(st.sampled_from(GROUPS))),
)
rules = st.one_of(
    st.builds(PercentOff, selections, percents, st.sampled_from(Per), st.none() | amounts),
    st.builds(AmountOff, selections, amounts, st.sampled_from(Per)),
    counts.flatmap(lambda n: st.builds(CheapestOff, selections, st.just(n), st.integers(1, n), percents)),
    st.builds(Bundle, selections, counts, amounts),
    st.builds(BuyGet, selections, counts, selections, counts, percents),
)
promotions = st.builds(Promotion, st.text(max_size=5), rules, st.none() | amounts, st.booleans())
units = st.lists(
    st.tuples(
        st.sampled_from(GTINS), st.integers(0, 4000), st.sampled_from(RATES), st.frozensets(st.sampled_from(GROUPS))
    ),
    max_size=12,
).map(lambda rows: tuple(Unit(f"u{n}", *row) for n, row in enumerate(rows)))
requests = st.builds(
    PriceRequest,
    st.just("EUR"),
    units,
    st.lists(promotions, max_size=5).map(tuple),
    st.sampled_from(Prices),
    st.sampled_from(TaxRounding),
    st.none() | st.integers(1, 100),
)


@given(requests)
def test_net_and_tax_are_gross_everywhere(request: PriceRequest) -> None:
    basket = price(request)

    parts: list[PricedUnit | TaxTotal] = [*basket.units, *basket.tax]
    for part in parts:
        assert part.net_minor + part.tax_minor == part.gross_minor
        assert min(part.net_minor, part.tax_minor) >= 0
    assert basket.net_minor + basket.tax_minor == basket.total_minor
    for whole, field in (
        (basket.total_minor, "gross_minor"),
        (basket.net_minor, "net_minor"),
        (basket.tax_minor, "tax_minor"),
    ):
        assert whole == sum(getattr(unit, field) for unit in basket.units)
        assert whole == sum(getattr(total, field) for total in basket.tax)


@given(requests)
def test_a_discount_is_what_is_missing_from_the_price(request: PriceRequest) -> None:
    basket = price(request)

    assert [unit.id for unit in basket.units] == [unit.id for unit in request.units]
    for unit, priced in zip(request.units, basket.units, strict=True):
        paid = priced.gross_minor if request.prices is Prices.INCLUSIVE else priced.net_minor
        assert 0 <= priced.discount_minor <= unit.price_minor
        assert paid + priced.discount_minor == unit.price_minor
        assert bool(priced.promotions) == bool(priced.discount_minor)
    assert basket.discount_minor == sum(unit.discount_minor for unit in basket.units)


@given(requests)
def test_the_same_again_gives_the_same(request: PriceRequest) -> None:
    assert price(request) == price(request)


@given(requests)
def test_tax_rounding_never_changes_what_inclusive_shoppers_pay(request: PriceRequest) -> None:
    if request.prices is Prices.INCLUSIVE:
        other = next(rounding for rounding in TaxRounding if rounding is not request.tax_rounding)
        swapped = PriceRequest(request.currency, request.units, request.promotions, request.prices, other)
        assert [u.gross_minor for u in price(swapped).units] == [u.gross_minor for u in price(request).units]


@given(requests, promotions)
def test_another_promotion_at_the_end_never_makes_it_dearer(request: PriceRequest, last: Promotion) -> None:
    more = PriceRequest(request.currency, request.units, (*request.promotions, last), request.prices)

    assert price(more).discount_minor >= price(request).discount_minor


@given(st.lists(promotions, max_size=4))
def test_promotions_survive_json(given_promotions: list[Promotion]) -> None:
    assert parse_promotions([promotion_to_json(promotion) for promotion in given_promotions]) == tuple(given_promotions)


@given(units, counts, counts, selections, selections)
def test_buy_get_forms_as_many_groups_as_can_be(
    basket: tuple[Unit, ...], buy_count: int, get_count: int, buy: Selection, get: Selection
) -> None:
    """Against the slow way: try every set of units that could be got."""
    basket = tuple(Unit(u.id, u.gtin, u.price_minor + 1, u.tax_rate, u.groups) for u in basket[:7])
    rule = BuyGet(buy, buy_count, get, get_count, Decimal(100))
    got = [u for u in price(PriceRequest("EUR", basket, (Promotion("p", rule),))).units if u.gross_minor == 0]

    assert len(got) == get_count * max(
        groups
        for groups in range(len(basket) + 1)
        if any(
            sum(buy.matches(unit) for unit in basket if unit not in taken) >= groups * buy_count
            for taken in combinations([unit for unit in basket if get.matches(unit)], groups * get_count)
        )
    )
