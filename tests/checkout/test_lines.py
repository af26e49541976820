"""From tags to lines: every kind, duplicates, and what they cost."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from checkout.catalogue import Catalogue, Product
from checkout.errors import PricingError
from checkout.lines import Line, ShopKnowledge, lines_of, price_lines
from checkout.port import SoldIn
from checkout.pricing import parse_promotions
from checkout.view import LineKind
from reader.epc import Sgtin, encode, encode_sgtin96, encode_sgtin198
from reader.port import TagStanding

SOCKS = Product("09521321000100", "Trail Sock", "40–42", "Socks", 1190, "EUR", Decimal("0.19"), ("socks",))
BAR = Product("09521321000209", "Oat Bar", "", "Bars", 214, "EUR", Decimal("0.07"), ("food",))
CATALOGUE = Catalogue.of([SOCKS, BAR], 1)

SOCK_1 = encode_sgtin96(SOCKS.gtin, 1, 7)
SOCK_1_LONG = encode_sgtin198(SOCKS.gtin, "1", 7)
SOCK_2 = encode_sgtin96(SOCKS.gtin, 2, 7)
BAR_1 = encode_sgtin96(BAR.gtin, 1, 7)
FOREIGN = encode_sgtin96("04006381333931", 7, 7)
TOTE = encode("sscc-96", "095213210000000018")
UNPROGRAMMED = "E28011700000020F2DB6A9D3"
BROKEN = "3" + "0" + "FF" * 11  # an SGTIN header with a partition that does not exist
SOLD = SoldIn("R-7", datetime(2026, 11, 2, tzinfo=UTC))


class Books:
    """A ledger that knows what it was told."""

    def __init__(self, *sold: str) -> None:
        self.sold_epcs = set(sold)
        self.asked: list[str] = []

    def sold(self, epcs: Collection[str]) -> Mapping[str, SoldIn]:
        self.asked += epcs
        return {epc: SOLD for epc in epcs if epc in self.sold_epcs}


def test_each_kind_in_the_order_of_the_tags() -> None:
    lines = lines_of([FOREIGN, SOCK_1, BROKEN, SOCK_2, TOTE, UNPROGRAMMED, BAR_1, ""], CATALOGUE, {SOCK_2: SOLD})

    assert lines == (
        Line(FOREIGN, LineKind.FOREIGN, Sgtin("04006381333931", "7")),
        Line(SOCK_1, LineKind.SALE, Sgtin(SOCKS.gtin, "1"), SOCKS),
        Line(BROKEN, LineKind.UNREADABLE),
        Line(SOCK_2, LineKind.SOLD, Sgtin(SOCKS.gtin, "2"), SOCKS, SOLD),
        Line(BAR_1, LineKind.SALE, Sgtin(BAR.gtin, "1"), BAR),
    )


def test_one_item_under_two_encodings_is_one_line() -> None:
    (line,) = lines_of([SOCK_1_LONG, SOCK_1, SOCK_1_LONG], CATALOGUE, {})
    assert (line.epc, line.kind) == (SOCK_1_LONG, LineKind.SALE)


def test_sold_under_one_encoding_is_sold_under_the_other() -> None:
    for sold in ({SOCK_1: SOLD}, {SOCK_1_LONG: SOLD}):
        for epcs in ([SOCK_1, SOCK_1_LONG], [SOCK_1_LONG, SOCK_1]):
            (line,) = lines_of(epcs, CATALOGUE, sold)
            assert (line.epc, line.kind, line.sold_in) == (epcs[0], LineKind.SOLD, SOLD)


def test_sold_stays_sold_when_the_product_left_the_catalogue() -> None:
    (line,) = lines_of([SOCK_1], Catalogue.of([]), {SOCK_1: SOLD})
    assert (line.kind, line.product) == (LineKind.SOLD, None)


def test_knowledge_follows_the_books_and_the_catalogue() -> None:
    shelf, books = [CATALOGUE], Books(SOCK_2)
    knowledge = ShopKnowledge(lambda: shelf[0], books)
    epcs = [SOCK_1, SOCK_2, FOREIGN, TOTE, UNPROGRAMMED, BROKEN, ""]

    assert knowledge.standing_of(epcs) == {
        SOCK_1: TagStanding.FOR_SALE,
        SOCK_2: TagStanding.SOLD,
        FOREIGN: TagStanding.FOREIGN,
        TOTE: TagStanding.NOT_GOODS,
        UNPROGRAMMED: TagStanding.NOT_GOODS,
        BROKEN: TagStanding.NOT_GOODS,
        "": TagStanding.NOT_GOODS,
    }
    assert books.asked == [SOCK_1, SOCK_2, FOREIGN]
    books.sold_epcs = {SOCK_1}
    shelf[0] = Catalogue.of([replace(SOCKS, gtin="04006381333931")], 2)
    assert knowledge.standing_of([SOCK_1, SOCK_2, FOREIGN]) == {
        SOCK_1: TagStanding.SOLD,
        SOCK_2: TagStanding.FOREIGN,
        FOREIGN: TagStanding.FOR_SALE,
    }
    assert knowledge.standing_of([]) == {}


def test_only_lines_for_sale_cost_something() -> None:
    lines = lines_of([SOCK_1, FOREIGN, SOCK_2, BAR_1, BROKEN], CATALOGUE, {BAR_1: SOLD})
    second = {"type": "cheapest_percent", "for_every": 2, "percent": "20", "select": {"groups": ["socks"]}}
    basket = price_lines(lines, parse_promotions([second]), "EUR", cash_rounding_minor=5)

    assert [(unit.id, unit.gross_minor) for unit in basket.units] == [(SOCK_1, 1190), (SOCK_2, 952)]
    assert (basket.total_minor, basket.tax_minor, basket.cash_total_minor) == (2142, 342, 2140)
    assert price_lines([], (), "EUR").total_minor == 0


def test_a_price_in_another_currency_is_refused() -> None:
    with pytest.raises(PricingError, match=r"09521321000100: expected a price in CHF, not EUR"):
        price_lines(lines_of([SOCK_1], CATALOGUE, {}), (), "CHF")
