"""Every screen, at every size: reachable by everybody, nothing overflows, every target big enough for a thumb."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from checkout.view import Stage
from tests.browser.conftest import SCREENS, OpenPage, Shop
from tests.browser.states import KIOSK_STATES
from tests.kiosk_ui.fakes import basket_of, lines_of

pytestmark = pytest.mark.browser


def show_state(shop: Shop, page: Page, name: str) -> None:
    """Bring the lane into a state of `KIOSK_STATES` and wait until the page shows it."""
    shop.lane.wipe()
    KIOSK_STATES[name](shop.lane)
    stage = name.split("-", 1)[0]
    page.wait_for_function("stage => document.body.dataset.stage === stage", arg=stage)
    revision = shop.lane.view().revision
    page.wait_for_function("revision => Number(document.body.dataset.revision) === revision", arg=revision)
    page.wait_for_function("[...document.images].every(i => i.loading === 'lazy' || i.complete)")


@pytest.mark.parametrize("screen", SCREENS)
def test_photograph_every_kiosk_state(
    shop: Shop, open_page: OpenPage, keep_picture: Callable[[Page, str], None], screen: str
) -> None:
    page = open_page("/kiosk/1", screen).page
    for name in KIOSK_STATES:
        show_state(shop, page, name)
        expect(page.locator(f'[data-screen="{name.split("-", 1)[0]}"] h1')).to_be_visible()
        keep_picture(page, f"kiosk-{screen}-{name}")


@pytest.mark.parametrize("screen", SCREENS)
def test_photograph_the_other_pages(
    shop: Shop, open_page: OpenPage, keep_picture: Callable[[Page, str], None], screen: str
) -> None:
    shop.lane.show(**basket_of(lines_of(4)), help_called=True)
    page = open_page("/staff", screen).page
    expect(page.locator(".lane-help")).to_be_visible()
    keep_picture(page, f"staff-{screen}-now")
    shop.lane.show(stage=Stage.PAYMENT_UNKNOWN)
    expect(page.locator(".resolve")).to_be_visible()
    keep_picture(page, f"staff-{screen}-unknown")
    page.goto(shop.url + "/staff#count")
    shop.desk.start_stocktake("shop floor")
    expect(page.locator("progress")).to_be_visible()
    keep_picture(page, f"staff-{screen}-sweeping")
    shop.desk.finish_stocktake()
    expect(page.locator('[data-slot="report"]')).to_be_visible()
    keep_picture(page, f"staff-{screen}-swept")
    page = open_page("/shop", screen).page
    expect(page.locator('[data-state="live"]')).to_be_visible()
    expect(page.locator(".product").first).to_be_visible()
    keep_picture(page, f"shop-{screen}")
    shop.relay.fall_silent(130)
    expect(page.locator('[data-slot="truth"]')).to_be_visible()
    keep_picture(page, f"shop-{screen}-central_down")
    for path, name in (("/", "index"), ("/receipts/tok-123", "receipt_page"), ("/nowhere", "error")):
        page.goto(shop.url + path)
        keep_picture(page, f"{name}-{screen}")
