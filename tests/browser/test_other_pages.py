"""The online shop and the staff page, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from checkout.view import Stage
from kiosk_ui.app import UiSettings
from tests.browser.conftest import OpenPage, Shop
from tests.kiosk_ui.fakes import basket_of, gtin_of, lines_of, stock_of

pytestmark = pytest.mark.browser


def test_a_sale_is_seen_in_the_online_shop_as_it_happens(shop: Shop, open_page: OpenPage) -> None:
    page = open_page("/shop").page
    shirt = page.locator(f'[data-gtin="{gtin_of(3)}"]')
    expect(shirt).to_contain_text("3 in store")
    expect(shirt).to_contain_text("checked ")
    shop.relay.tell(stock_of(gtin_of(3), 0, age_s=0.2))

    expect(shirt).to_contain_text("None in store")
    expect(shirt).to_contain_text("checked 0 s ago")


def test_what_nobody_counted_is_not_called_sold_out(open_page: OpenPage) -> None:
    page = open_page("/shop").page

    expect(page.locator(f'[data-gtin="{gtin_of(11)}"]')).to_contain_text("Stock not known")


def test_a_silent_central_is_said_with_the_age_of_what_is_known(shop: Shop, open_page: OpenPage) -> None:
    page = open_page("/shop").page
    expect(page.get_by_text("Live from the store")).to_be_visible()
    shop.relay.fall_silent(130)

    expect(page.get_by_text("The stock service has not answered for 2 min.")).to_be_visible()
    expect(page.locator(f'[data-gtin="{gtin_of(3)}"]')).to_contain_text("as known ")
    expect(page.get_by_text("Live from the store")).to_be_hidden()


def test_a_search_and_a_category_narrow_the_grid(open_page: OpenPage) -> None:
    page = open_page("/shop", "phone").page
    page.get_by_role("button", name="Kitchen").click()
    expect(page.locator(".product:visible")).to_have_count(2)
    page.get_by_role("searchbox").fill("MUG cream")
    expect(page.locator(".product:visible")).to_have_count(1)
    expect(page.get_by_text("1 product", exact=True)).to_be_visible()
    page.get_by_role("searchbox").fill("submarine")
    page.get_by_role("button", name="Show everything").click()

    expect(page.locator(".product:visible")).to_have_count(12)


def test_staff_see_who_waits_and_say_that_they_came(shop: Shop, open_page: OpenPage) -> None:
    page = open_page("/staff", "phone").page
    shop.lane.show(**basket_of(lines_of(3)), help_called=True)
    expect(page.get_by_text("3 items")).to_be_visible()
    page.get_by_role("button", name="I am there").click()
    expect(page.get_by_text("A shopper asks for help")).to_be_hidden()

    assert shop.lane.commands == [("help", False)]


def test_staff_see_what_troubles_a_reader(shop: Shop, open_page: OpenPage) -> None:
    page = open_page("/staff", "phone").page

    expect(page.get_by_text("antenna 2 is disconnected")).to_contain_text("20 dBm · 312 reads/s · ")
    expect(page.get_by_text("antenna 2 is disconnected")).to_contain_text("41 °C")


def test_staff_decide_an_unknown_payment_and_keep_what_they_type(shop: Shop, open_page: OpenPage) -> None:
    page = open_page("/staff", "phone").page
    shop.lane.show(**basket_of(lines_of(1)) | {"stage": Stage.PAYMENT_UNKNOWN})
    page.get_by_label("Your name").fill("Ada Berg")
    shop.lane.show(help_called=True)
    expect(page.get_by_text("A shopper asks for help")).to_be_visible()
    page.get_by_label("What you saw").fill("slip 0042, no entry")
    page.get_by_role("button", name="No money was taken").click()
    expect(page.locator(".resolve")).to_be_hidden()

    assert ("resolve", False, "Ada Berg", "slip 0042, no entry") in shop.lane.commands


def test_a_stocktake_from_start_to_report(shop: Shop, open_page: OpenPage) -> None:
    page = open_page("/staff#count", "phone").page
    page.get_by_label("Zone").fill("back room")
    page.get_by_role("button", name="Start a sweep").click()
    expect(page.get_by_text("Sweeping back room")).to_be_visible()
    expect(page.get_by_text("1873 of 3000 found")).to_be_visible()
    page.get_by_role("button", name="Finish and compare").click()
    expect(page.get_by_text("Swept back room")).to_be_visible()
    missing = page.locator('[data-slot="missing"] li')
    expect(missing).to_have_count(3)
    expect(missing.first.locator("img")).to_be_visible()

    expect(page.locator('[data-slot="unexpected"]')).to_contain_text("E28011606000020F")


def test_a_very_long_list_of_missing_tags_is_cut_on_the_page_and_whole_in_the_json(
    shop: Shop, open_page: OpenPage
) -> None:
    shop.desk.start_stocktake("shop floor")
    shop.desk.finish_stocktake()
    assert shop.desk.sweep is not None
    shop.desk.sweep["missing"] = [
        {"epc": f"30{n:022X}", "gtin": gtin_of(n % 9), "name": "Rain jacket", "detail": f"size {n}", "picture": None}
        for n in range(3000)
    ]
    page = open_page("/staff#count").page
    rows = page.locator('[data-slot="missing"] li')
    expect(rows).to_have_count(51)
    expect(rows.last).to_have_text("and 2950 more")
    expect(page.locator('[data-slot="tally-missing"]')).to_have_text("3000")

    assert len(page.content()) < 100_000
    told = page.request.get(f"{shop.url}/api/staff/stocktake").json()
    assert len(told["stocktake"]["missing"]) == 3000


def test_staff_hear_when_the_box_falls_silent(shop: Shop, open_page: OpenPage) -> None:
    page = open_page("/staff").page
    expect(page.get_by_text("Live")).to_be_visible()
    page.clock.install()
    shop.server.stop()
    page.clock.run_for(20_000)

    expect(page.get_by_text("No answer from the box for ")).to_be_visible()


class TestPin:
    """With a PIN, the page opens for whoever knows it."""

    @pytest.fixture
    def settings(self) -> UiSettings:
        return UiSettings(threads=8, poll_s=0.2, staff_pin="4711")

    def test_the_pin_opens_and_leaving_locks(self, open_page: OpenPage) -> None:
        page = open_page("/staff", "phone").page
        page.get_by_label("Staff PIN").fill("0000")
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_role("alert")).to_contain_text("4 tries left")
        page.get_by_label("Staff PIN").fill("4711")
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_role("heading", name="Lanes")).to_be_visible()
        page.get_by_role("button", name="Lock").click()

        expect(page.get_by_label("Staff PIN")).to_be_visible()
