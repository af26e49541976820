"""What a shopper is asked to pay, and the hash that names it."""

from __future__ import annotations

import json
from dataclasses import replace

from checkout.canonical import canonical_json
from checkout.lines import lines_of
from checkout.quote import Quote, line_views
from checkout.view import LineKind
from tests.checkout.shop_bench import CATALOGUE, bar, quote_for, sock


def test_it_survives_the_disk() -> None:
    quote = quote_for(sock(1), sock(2), bar(1))

    assert Quote.from_json(json.loads(canonical_json(quote.to_json()))) == quote


def test_the_hash_is_of_goods_and_money_not_of_the_order_of_reading() -> None:
    quote = quote_for(sock(1), bar(1))

    assert quote_for(bar(1), sock(1)).hash() == quote.hash()
    assert quote_for(sock(2), bar(1)).hash() != quote.hash()
    assert replace(quote, total_minor=quote.total_minor - 1).hash() != quote.hash()
    cheaper = replace(quote.lines[0], gross_minor=1000, discount_minor=190)
    assert replace(quote, lines=(cheaper, *quote.lines[1:])).hash() != quote.hash()


def test_what_is_not_for_sale_is_shown_beside_the_bill_and_costs_nothing() -> None:
    foreign = "3034257BF400" + "00" * 6
    lines = lines_of([foreign, sock(1)], CATALOGUE, {})

    views = line_views(quote_for(sock(1)), lines)

    assert [(view.epc, view.kind, view.gross_minor) for view in views] == [
        (sock(1), LineKind.SALE, 1190),
        (foreign, LineKind.FOREIGN, 0),
    ]
    assert views[0].picture == f"/pictures/{views[0].gtin}.svg"
