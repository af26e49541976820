"""From values to what a page prints."""

from __future__ import annotations

import pytest

from checkout.view import LaneView, LineKind, LineView, PaymentView, Stage
from kiosk_ui.present import availability_of, lane_snapshot, own_path, products_of
from kiosk_ui.shapes import LaneSnapshot
from kiosk_ui.words import load_words
from tests.kiosk_ui.fakes import aside_lines, basket_of, lines_of, paid, stock_of

WORDS = load_words("en")


def shown(**changes: object) -> LaneSnapshot:
    view = LaneView(lane="1", revision=7, **changes)  # type: ignore[arg-type]  # the fields of a view, by name
    return lane_snapshot(view, WORDS, central_up=True)


def test_a_basket_carries_its_texts_and_its_figures() -> None:
    snapshot = shown(**basket_of(lines_of(2, discounts=True)))

    assert (snapshot.count, snapshot.total_minor, snapshot.total_text) == (2, 14582, "€145.82")
    assert (snapshot.subtotal_text, snapshot.discount_text) == ("€149.80", "-€3.98")
    assert [tax.text for tax in snapshot.tax] == ["19% VAT €23.28"]
    assert snapshot.lines[1].promotions == ["Autumn days"]


@pytest.mark.parametrize("kind", [LineKind.SOLD, LineKind.FOREIGN, LineKind.UNREADABLE])
def test_what_is_not_for_sale_shows_no_amount_and_says_why(kind: LineKind) -> None:
    snapshot = shown(**basket_of(aside_lines(), quote=""))
    line = next(line for line in snapshot.lines if line.kind is kind)

    assert (line.price_text, line.gross_text, line.discount_text) == ("", "", "")
    assert line.note
    assert line.hint
    assert snapshot.total_minor == 0


def test_a_code_that_nobody_worded_still_says_something() -> None:
    failed = shown(stage=Stage.PAYMENT_FAILED, payment=PaymentView("A", 1, "martian"), notices=("martian",))

    assert failed.payment is not None
    assert failed.payment.text == WORDS("failed.other")
    assert "Nothing was charged" in failed.payment.hint
    assert failed.notices[0].text == WORDS("notice.other")


def test_an_unknown_payment_is_never_called_failed() -> None:
    unknown = shown(stage=Stage.PAYMENT_UNKNOWN, payment=PaymentView("A", 1, "unknown"))

    assert unknown.payment is not None
    assert "Nothing was charged" not in unknown.payment.text + unknown.payment.hint


def test_the_address_of_a_qr_code_survives_every_name() -> None:
    view = LaneView(lane="a/b", revision=1, **paid("12/3 &x"))

    receipt = lane_snapshot(view, WORDS, central_up=True).receipt

    assert receipt is not None
    assert receipt.qr == "/kiosk/a%2Fb/receipt.svg?number=12%2F3+%26x"


@pytest.mark.parametrize(
    "path", ["http://elsewhere/x.svg", "//elsewhere/x.svg", "/\\elsewhere", "x.svg", "data:image/svg+xml,", "", None]
)
def test_a_picture_of_another_host_is_left_out(path: str | None) -> None:
    assert own_path(path) is None


def test_a_picture_of_ours_is_kept() -> None:
    assert own_path("/pictures/1.svg") == "/pictures/1.svg"
    assert LineView("E", LineKind.SALE).picture is None


def test_categories_come_in_the_order_of_their_first_product() -> None:
    product = {"gtin": "1", "name": "n", "price_minor": 100, "currency": "EUR"}
    listed = products_of([{**product, "category": name} for name in ("B", "A", "B", "")], WORDS)

    assert listed.categories == ["B", "A"]
    assert listed.products[0].price_text == "€1.00"


def test_only_the_stock_of_this_store_counts() -> None:
    items = [stock_of("1", 3, location="here"), stock_of("1", 5, location="there")]
    known = {"central_up": True, "silent_s": 0.0, "items": items}

    assert [item.available for item in availability_of(known, "here").items] == [3]
    assert [item.available for item in availability_of(known, "").items] == [3, 5]
