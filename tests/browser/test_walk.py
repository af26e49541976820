"""The shopper's walk in a real browser, with everything that can go wrong on it."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest
import requests
from playwright.sync_api import Page, expect

from checkout.view import LineKind, LineView, PaymentView, Stage
from kiosk_ui.app import ShopParts, UiSettings, create_app
from kiosk_ui.server import PageServer
from tests.browser.conftest import OpenPage, Shop
from tests.kiosk_ui.fakes import aside_lines, basket_of, lines_of, paid

pytestmark = pytest.mark.browser


def screen(page: Page, stage: str) -> None:
    """Wait until ``stage`` is on screen, alone."""
    expect(page.locator(f'[data-screen="{stage}"]')).to_be_visible()
    expect(page.locator("[data-screen]:visible")).to_have_count(1)


def test_the_whole_walk(shop: Shop, open_page: OpenPage) -> None:
    page = open_page("/kiosk/1", "portrait", calm=False).page
    screen(page, "attract")
    goods = lines_of(3, discounts=True)
    for count in (1, 2, 3):
        shop.lane.show(**basket_of(goods[:count], complete=False, quote=""))
        expect(page.locator(".item")).to_have_count(count)
    expect(page.get_by_text("Total so far")).to_be_visible()
    expect(page.get_by_role("button", name="Still reading…")).to_have_attribute("aria-disabled", "true")
    shop.lane.show(**basket_of(goods[:2] + aside_lines()))
    expect(page.locator(".item:not([data-leaving])")).to_have_count(2)
    expect(page.locator(".item")).to_have_count(2)
    expect(page.get_by_role("heading", name="We see 2 items. Is that right?")).to_be_visible()
    expect(page.get_by_role("region", name="Your total")).to_contain_text("€145.82")
    expect(page.locator(".aside-item")).to_have_count(3)
    page.get_by_role("button", name="Pay €145.82").click()
    screen(page, "paying")
    expect(page.get_by_text("Hold your card or phone to the terminal.")).to_be_visible()
    shop.lane.show(payment=PaymentView("01A1", 1, "working"))
    expect(page.get_by_text("Your bank is answering")).to_be_visible()
    shop.lane.show(**paid())
    screen(page, "receipt")
    expect(page.get_by_text("Receipt 2026-000417")).to_be_visible()
    page.wait_for_function("() => document.querySelector('.qr img').naturalWidth > 0")
    page.get_by_role("button", name="Done").click()
    screen(page, "thanks")
    shop.lane.wipe()
    screen(page, "attract")

    assert [command[0] for command in shop.lane.commands] == ["pay", "finish"]


def test_nothing_of_the_last_shopper_is_left(shop: Shop, open_page: OpenPage) -> None:
    page = open_page("/kiosk/1").page
    shop.lane.show(**basket_of(lines_of(2)) | paid())
    screen(page, "receipt")
    shop.lane.wipe()
    screen(page, "attract")

    left = page.content()
    assert all(word not in left for word in ("Rain jacket", "149.80", "2026-000417", "tok-123", "receipt.svg"))


def test_pay_does_nothing_before_the_list_is_whole(shop: Shop, open_page: OpenPage) -> None:
    page = open_page("/kiosk/1").page
    shop.lane.show(**basket_of(lines_of(2), complete=False, quote=""))
    page.get_by_role("button", name="Still reading…").click(force=True)
    shop.lane.show(**basket_of(lines_of(2), terminal_up=False))
    page.get_by_role("button", name="Paying has to wait for the card terminal").click(force=True)
    expect(page.get_by_text("nothing was charged")).to_be_visible()

    assert shop.lane.commands == []


def test_a_list_that_changed_says_so(shop: Shop, open_page: OpenPage) -> None:
    page = open_page("/kiosk/1").page
    shop.lane.show(**basket_of(lines_of(2)))
    expect(page.get_by_role("button", name="Pay €149.80")).to_be_enabled()
    shop.lane.show(**basket_of(lines_of(3)), notices=("basket_changed",))
    expect(page.get_by_role("button", name="Pay €162.70")).to_be_enabled()

    expect(page.get_by_text("Your list changed just now.")).to_be_visible()


def test_a_total_that_just_changed_cannot_be_paid_by_a_finger_on_its_way(shop: Shop, open_page: OpenPage) -> None:
    page = open_page("/kiosk/1").page
    shop.lane.show(**basket_of(lines_of(2)))
    expect(page.get_by_role("button", name="Pay €149.80")).to_be_enabled()
    page.clock.install()
    shop.lane.show(**basket_of(lines_of(3)))
    late = page.get_by_role("button", name="Pay €162.70")
    late.click(force=True)
    assert shop.lane.commands == []
    page.clock.run_for(600)
    late.click()
    screen(page, "paying")

    assert shop.lane.commands == [("pay", shop.lane.view().quote)]


def test_a_declined_card_is_tried_again_or_left(shop: Shop, open_page: OpenPage) -> None:
    page = open_page("/kiosk/1").page
    shop.lane.show(**basket_of(lines_of(1)))
    page.get_by_role("button", name="Pay").click()
    expect(page.get_by_role("heading", name="Please pay at the terminal")).to_be_visible()  # the lane has heard it
    shop.lane.show(stage=Stage.PAYMENT_FAILED, payment=PaymentView("01A1", 1, "declined"))
    expect(page.get_by_role("heading", name="The card was declined")).to_be_visible()
    expect(page.get_by_text("Nothing was charged.")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    screen(page, "paying")
    page.get_by_role("button", name="Cancel payment").click()
    expect(page.get_by_role("heading", name="Payment cancelled")).to_be_visible()
    page.get_by_role("button", name="Back to my goods").click()
    screen(page, "basket")

    assert [command[0] for command in shop.lane.commands] == ["pay", "pay", "cancel", "back"]


def test_an_unknown_payment_offers_no_way_to_pay_again(shop: Shop, open_page: OpenPage) -> None:
    page = open_page("/kiosk/1").page
    shop.lane.show(**basket_of(lines_of(1)) | {"stage": Stage.PAYMENT_UNKNOWN}, payment=PaymentView("A", 1, "unknown"))
    expect(page.get_by_role("heading", name="Please do not pay again")).to_be_visible()

    assert page.locator("button:visible").all_inner_texts() == ["Call staff"]


def test_help_is_called_and_called_off(shop: Shop, open_page: OpenPage) -> None:
    page = open_page("/kiosk/1", "phone").page
    page.get_by_role("button", name="Call staff").click()
    expect(page.get_by_role("button", name="Staff is coming")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Staff is coming").click()
    expect(page.get_by_role("button", name="Call staff")).to_be_visible()

    assert shop.lane.commands == [("help", True), ("help", False)]


def test_the_walk_needs_no_pointer(shop: Shop, open_page: OpenPage) -> None:
    page = open_page("/kiosk/1").page
    shop.lane.show(**basket_of(lines_of(2)))
    expect(page.locator("#basket-title")).to_be_focused()
    expect(page.get_by_role("button", name="Pay €149.80")).to_be_enabled()
    press_until(page, "Pay €149.80")
    outline = page.evaluate("() => getComputedStyle(document.activeElement).outlineWidth")
    page.keyboard.press("Enter")
    expect(page.locator("#paying-title")).to_be_focused()
    shop.lane.show(**paid())
    expect(page.locator("#receipt-title")).to_be_focused()
    press_until(page, "Done")
    page.keyboard.press("Space")
    screen(page, "thanks")

    assert float(outline.removesuffix("px")) >= 2


def press_until(page: Page, name: str) -> None:
    """Press Tab until the control called ``name`` has the focus."""
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.textContent.trim()") == name:
            return
    raise AssertionError(f"Tab does not lead to {name!r}")


def test_the_count_is_said_once_it_is_calm(shop: Shop, open_page: OpenPage) -> None:
    page = open_page("/kiosk/1").page
    for count in (1, 2, 3):
        shop.lane.show(**basket_of(lines_of(count)))

    expect(page.locator('[data-slot="announcer"]')).to_have_text("3 items, €162.70. You can pay now.")


def test_goods_that_stay_do_not_move_in_the_list(shop: Shop, open_page: OpenPage) -> None:
    page = open_page("/kiosk/1").page
    goods = lines_of(4)
    shop.lane.show(**basket_of(goods[:2]))
    expect(page.locator(".item")).to_have_count(2)
    place = page.locator(".item").first.bounding_box()
    page.evaluate("() => { document.querySelector('.item').dataset.mark = 'same'; }")
    shop.lane.show(**basket_of(goods))
    expect(page.locator(".item")).to_have_count(4)

    assert page.locator(".item").first.bounding_box() == place
    assert page.locator(".item").first.get_attribute("data-mark") == "same"


def test_a_late_item_below_the_edge_is_brought_into_view(shop: Shop, open_page: OpenPage) -> None:
    page = open_page("/kiosk/1").page
    goods = lines_of(24)
    shop.lane.show(**basket_of(goods[:23]))
    expect(page.get_by_role("button", name="more below")).to_be_visible()
    expect(page.locator(".item").first).to_be_in_viewport()
    shop.lane.show(**basket_of(goods, notices=("late_item",)))

    expect(page.locator(".item").last).to_be_in_viewport()
    expect(page.get_by_text("One more item was read since you pressed Pay.")).to_be_visible()


def test_names_are_words_and_never_markup(shop: Shop, open_page: OpenPage) -> None:
    opened = open_page("/kiosk/1")
    name = "<img src=x onerror=alert(1)>"
    shop.lane.show(**basket_of([replace(lines_of(1)[0], name=name), LineView("A", LineKind.SOLD, name=name)]))

    expect(opened.page.get_by_text(name, exact=True)).to_be_visible()
    assert opened.complaints == []


def test_a_till_that_goes_and_comes_back(shop: Shop, open_page: OpenPage, settings: UiSettings) -> None:
    page = open_page("/kiosk/1").page
    shop.lane.show(**basket_of(lines_of(2)))
    screen(page, "basket")
    port = shop.server.port
    shop.server.stop()
    screen(page, "offline")
    expect(page.get_by_text("Please do not pay twice.")).to_be_visible()
    app = create_app(ShopParts({"1": shop.lane}, shop.window, shop.desk, shop.relay), settings)
    again = PageServer(app, "127.0.0.1", port, threads=settings.threads)
    again.start()
    try:
        screen(page, "basket")
        expect(page.locator(".item")).to_have_count(2)
    finally:
        again.stop()


def test_without_a_free_stream_the_page_asks_by_itself(shop: Shop, open_page: OpenPage, settings: UiSettings) -> None:
    with contextlib.ExitStack() as others:
        for _ in range(settings.stream_limit):
            stream = others.enter_context(requests.get(f"{shop.url}/api/lanes/1/events", stream=True, timeout=5))
            next(stream.iter_lines())
        opened = open_page("/kiosk/1")
        screen(opened.page, "attract")
        shop.lane.show(**basket_of(lines_of(2)))
        expect(opened.page.locator(".item")).to_have_count(2)

    assert any("?rev=" in url for url in opened.asked)


class TestLinger:
    """A receipt does not wait for the next shopper."""

    @pytest.fixture
    def settings(self) -> UiSettings:
        return UiSettings(threads=8, beat_s=0.5, poll_s=0.2, linger_s=0.4)

    def test_whoever_is_there_gets_more_time(self, shop: Shop, open_page: OpenPage) -> None:
        page = open_page("/kiosk/1").page
        shop.lane.show(**basket_of(lines_of(1)) | paid())
        question = page.get_by_role("dialog", name="Are you still there?")
        expect(question).to_be_visible()
        expect(question).to_contain_text("This receipt leaves the screen in 20 seconds.")
        page.get_by_role("button", name="I need more time").click()
        expect(question).to_be_hidden()
        expect(question).to_be_visible()
        page.get_by_role("button", name="I am done").click()
        screen(page, "thanks")

        assert shop.lane.commands == [("finish",)]

    def test_whoever_is_gone_leaves_nothing_on_screen(self, shop: Shop, open_page: OpenPage) -> None:
        page = open_page("/kiosk/1").page
        screen(page, "attract")
        page.clock.install()
        shop.lane.show(**basket_of(lines_of(1)) | paid())
        screen(page, "receipt")
        page.clock.run_for(1000)
        expect(page.get_by_role("dialog")).to_be_visible()
        page.clock.run_for(21_000)
        screen(page, "thanks")

        assert shop.lane.commands == [("finish",)]
