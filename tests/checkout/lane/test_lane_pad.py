"""What a till makes of the reader's basket, and of sold goods that lie there without one."""

from __future__ import annotations

from datetime import UTC, datetime

from checkout.lane_pad import PriceList, pad_of
from checkout.port import SoldIn
from checkout.view import LineKind
from reader.basket import Basket
from tests.checkout.shop_bench import CATALOGUE, bar, sock

PRICES = PriceList(CATALOGUE, (), "EUR")
SOLD = SoldIn("R-9", datetime(2026, 11, 5, tzinfo=UTC))


def test_sold_goods_without_a_basket_are_listed_by_name_and_cost_nothing() -> None:
    pad = pad_of(Basket(sold_only=(sock(1),)), PRICES, {sock(1): SOLD}, has_sold=True)

    assert [(line.epc, line.kind, line.name) for line in pad.lines] == [(sock(1), LineKind.SOLD, "Trail Sock")]
    assert pad.epcs_for_sale == frozenset()


def test_a_sold_item_that_was_returned_since_the_reader_looked_starts_no_purchase_yet() -> None:
    pad = pad_of(Basket(sold_only=(sock(1), bar(2))), PRICES, {bar(2): SOLD}, has_sold=True)

    assert [line.epc for line in pad.lines] == [bar(2)]
    assert pad.epcs_for_sale == frozenset()
