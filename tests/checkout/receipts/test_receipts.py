"""What the shopper takes home, and what central does not have yet."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from checkout.receipts.qr import qr_svg
from checkout.receipts.receipt import receipt_by_token, receipt_of_sale
from checkout.receipts.upload import mark_uploaded, pending_uploads
from checkout.sale import Receipt
from checkout.tender import Captured
from tests.checkout.shop_bench import ShopBench, bar, quote_for, sock


def settled(bench: ShopBench, *epcs: str) -> Receipt:
    attempt = bench.settlement.arm("lane-1", "terminal-1", quote_for(*epcs))
    return bench.settlement.settle(attempt, Captured("D7", "visa"))


def test_it_says_what_was_bought_paid_and_taxed(bench: ShopBench) -> None:
    content = settled(bench, sock(1), bar(2)).content

    assert content["shop"] == "Tagtill Sample Shop"
    assert content["number"] == "s12-lane-1-1"
    assert [(line["name"], line["gross_minor"]) for line in content["lines"]] == [
        ("Trail Sock", 1190),
        ("Oat Bar", 214),
    ]
    assert content["tax"] == [
        {"rate": "0.07", "gross_minor": 214, "net_minor": 200, "tax_minor": 14},
        {"rate": "0.19", "gross_minor": 1190, "net_minor": 1000, "tax_minor": 190},
    ]
    assert content["total_minor"] == content["net_minor"] + content["tax_minor"] == 1404
    assert content["tender"]["scheme"] == "visa"
    assert content["tender"]["reference"] == "D7"
    assert content["time"].endswith(("+01:00", "+02:00"))


def test_it_is_found_by_its_token_and_by_its_sale(bench: ShopBench) -> None:
    receipt = settled(bench, sock(1))

    with bench.store.read() as connection:
        assert receipt_by_token(connection, receipt.token) == receipt
        assert receipt_of_sale(connection, receipt.content["sale"]) == receipt
        assert receipt_by_token(connection, "no such token") is None
    assert receipt.url == f"https://central.example/receipts/{receipt.token}"


def test_no_tag_can_be_traced_by_it(bench: ShopBench) -> None:
    assert sock(1) not in str(settled(bench, sock(1)).content)


def test_uploads_are_offered_oldest_first_until_marked(bench: ShopBench) -> None:
    receipts = [settled(bench, sock(serial)) for serial in (1, 2, 3)]

    with bench.store.read() as connection:
        first, second = pending_uploads(connection, 2)
        assert (first.token, second.token) == (receipts[0].token, receipts[1].token)
        assert first.content == receipts[0].content
        bench.store.write(lambda transaction: mark_uploaded(transaction, first.token))
        bench.store.write(lambda transaction: mark_uploaded(transaction, first.token))
        assert [pending.token for pending in pending_uploads(connection, 9)] == [r.token for r in receipts[1:]]


def test_the_code_is_one_picture_that_scales() -> None:
    picture = ElementTree.fromstring(qr_svg("https://central.example/receipts/abcdefghijklmnopqrstuv"))

    assert picture.tag == "{http://www.w3.org/2000/svg}svg"
    assert picture.get("viewBox")
    assert picture.get("width") is None
