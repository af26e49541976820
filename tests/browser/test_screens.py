"""Every screen, at every size: reachable by everybody, nothing overflows, every target big enough for a thumb."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SCREENS, OpenPage, Shop
from tests.browser.states import KIOSK_STATES

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
