"""The walk once more, nothing faked: five processes on loopback, goods on a pad, real LLRP, a terminal of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from appliance.demo.floor import Place
from appliance.demo.supervisor import DemoShop
from tests.browser.conftest import SCREENS

pytestmark = [pytest.mark.browser, pytest.mark.processes]

PAD = Place("pad", "1")
PATIENCE_S = 30.0


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        viewport=SCREENS["portrait"],  # type: ignore[arg-type]  # a TypedDict of exactly these two numbers
        reduced_motion="reduce",  # so that pictures are of a screen at rest
    )
    context.set_default_timeout(PATIENCE_S * 1000)
    yield context.new_page()
    context.close()


@pytest.fixture
def goods(demo_shop: DemoShop) -> Iterator[list[str]]:
    """Three goods of three products, back on no shelf afterwards: they are sold."""
    chosen = list(demo_shop.floor.lying("shelf")[-900::-300][:3])
    yield chosen
    demo_shop.floor.put(chosen, Place("home"))


def until(shop: DemoShop, holds: Callable[[], bool], what: str) -> None:
    """Tend the shop's processes until ``holds``."""
    until_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < until_s, f"waited for {what}"
        shop.tend(0.05)


def stage(page: Page) -> str | None:
    return page.get_attribute("body", "data-stage")


def test_goods_on_the_pad_become_a_sale_and_a_lower_stock_online(
    demo_shop: DemoShop, page: Page, goods: list[str], keep_picture: Callable[[Page, str], None]
) -> None:
    window = page.context.new_page()
    window.goto(f"{demo_shop.store_url}/shop")
    expect(window.get_by_text("Live from the store")).to_be_visible()
    page.goto(f"{demo_shop.store_url}/kiosk/1")
    until(demo_shop, lambda: stage(page) == "attract", "a free lane")
    demo_shop.floor.put(goods, PAD)
    until(demo_shop, lambda: page.locator(".item").count() == 3 and can_pay(page), "three items")
    pictures = page.locator(".item img").evaluate_all("all => all.map(i => i.getAttribute('src').slice(10, 24))")
    keep_picture(page, "real-basket")
    before = [stock_text(window, gtin) for gtin in pictures]
    page.locator('[data-do="pay"]').click()
    until(demo_shop, lambda: stage(page) == "receipt", "the receipt")
    keep_picture(page, "real-receipt")
    until(demo_shop, lambda: all(stock_text(window, g) != b for g, b in zip(pictures, before, strict=True)), "central")
    keep_picture(window, "real-shop")
    page.get_by_role("button", name="Done").click()
    demo_shop.floor.put(goods, Place("home"))
    until(demo_shop, lambda: stage(page) == "attract", "the next shopper")

    assert page.locator(".item").count() == 0


def can_pay(page: Page) -> bool:
    return page.get_attribute('[data-do="pay"]', "aria-disabled") == "false"


def stock_text(window: Page, gtin: str) -> str:
    return window.locator(f'[data-gtin="{gtin}"] .stock-count').text_content() or ""
