"""Rounding: the known cases, and the laws that hold for every amount."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.rounding import apportion, cash_amount, exact_decimal, half_up, share_of, tax_on, tax_within

amounts = st.integers(0, 10**12)
rates = st.decimals(0, 1, places=6) | st.sampled_from([Decimal("0.19"), Decimal("0." + "3" * 38)])


@pytest.mark.parametrize(("n", "d", "rounded"), [(5, 2, 3), (-5, 2, -3), (4, 3, 1), (-4, 3, -1), (0, 7, 0), (7, 2, 4)])
def test_halves_go_away_from_zero(n: int, d: int, rounded: int) -> None:
    assert half_up(n, d) == rounded


@given(st.integers(-(10**20), 10**20), st.integers(1, 10**9))
def test_half_up_is_the_nearest_and_symmetric(numerator: int, denominator: int) -> None:
    rounded, exact = half_up(numerator, denominator), Fraction(numerator, denominator)

    assert abs(rounded - exact) < Fraction(1, 2) or (
        abs(rounded - exact) == Fraction(1, 2) and abs(rounded) > abs(exact)
    )
    assert half_up(-numerator, denominator) == -rounded


@pytest.mark.parametrize(
    ("gross_minor", "rate", "net_minor", "tax_minor"),
    [
        (5250, "0.12", 4687, 563),  # facts measured 2026-11, case 3: tax first
        (1190, "0.21", 983, 207),  # case 4
        (280, "0.21", 231, 49),
        (27000, "0.19", 22689, 4311),  # case 5, a currency without decimals
        (10920, "0.19", 9176, 1744),
        (2300, "0.07", 2150, 150),
        (999, "0", 999, 0),
    ],
)
def test_tax_within(gross_minor: int, rate: str, net_minor: int, tax_minor: int) -> None:
    assert tax_within(gross_minor, Decimal(rate)) == tax_minor
    assert gross_minor - tax_within(gross_minor, Decimal(rate)) == net_minor
    assert tax_within(-gross_minor, Decimal(rate)) == -tax_minor


def test_tax_on_top_and_what_coins_pay() -> None:
    # facts measured 2026-11, case 6: 13.67 + 15 %, coins of 0.05, the refund mirrors the sale
    assert tax_on(1367, Decimal("0.15")) == 205
    assert cash_amount(1572, 5) == 1570
    assert cash_amount(-1572, 5) == -1570
    assert [cash_amount(minor, 5) for minor in (1572, 1573, 1575, 1577, 1578)] == [1570, 1575, 1575, 1575, 1580]
    assert cash_amount(15, 10) == 20
    assert cash_amount(7, 1) == 7


def test_a_long_rate_is_rounded_once() -> None:
    # To 28 digits each of these is a clean half, which would go up.
    assert tax_on(1, Decimal("0.4" + "9" * 37)) == 0
    assert share_of(1, Decimal("49." + "9" * 36)) == 0
    assert share_of(1, Decimal(50)) == 1


@given(amounts, rates)
def test_tax_is_never_more_than_the_gross(gross_minor: int, rate: Decimal) -> None:
    tax_minor = tax_within(gross_minor, rate)
    assert 0 <= tax_minor <= gross_minor
    exact = Fraction(gross_minor) * Fraction(rate) / (1 + Fraction(rate))
    assert abs(tax_minor - exact) <= Fraction(1, 2)


@pytest.mark.parametrize(
    ("amount", "weights", "parts"),
    [
        (299, [4300, 1400, 2300], [161, 52, 86]),  # facts measured 2026-11, case 7
        (299, [1000, 1000, 1000], [100, 100, 99]),
        (40, [10, 0], [40, 0]),
        (10, [0, 0], [5, 5]),
        (10, [0, 0, 0], [4, 3, 3]),
        (1, [5, 5], [1, 0]),
        (0, [], []),
        (0, [3, 4], [0, 0]),
    ],
)
def test_apportioning(amount: int, weights: list[int], parts: list[int]) -> None:
    assert apportion(amount, weights) == parts


def test_nothing_to_split_over_is_said() -> None:
    with pytest.raises(ValueError, match="over nothing"):
        apportion(1, [])


@given(st.lists(amounts, min_size=1, max_size=40), st.data())
def test_parts_add_up_and_stay_within_their_weights(weights: list[int], data: st.DataObject) -> None:
    amount = data.draw(st.integers(0, sum(weights)))
    parts = apportion(amount, weights)

    assert sum(parts) == amount
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))
    assert all(abs(part - Fraction(amount * w, sum(weights) or 1)) < 1 for part, w in zip(parts, weights, strict=True))


@pytest.mark.parametrize("text", ["", "-1", "+1", "1e2", "NaN", "Infinity", ".5", "1.", " 1", "1_0", "١", "1" * 41])
def test_only_plain_decimals_are_numbers(text: str) -> None:
    with pytest.raises(ValueError, match="plain decimal"):
        exact_decimal(text)


def test_a_decimal_keeps_its_spelling() -> None:
    assert format(exact_decimal("0.20"), "f") == "0.20"
