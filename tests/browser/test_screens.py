"""Every screen at every size: reachable by everybody, nothing sticks out, every target big enough for a thumb."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from playwright.sync_api import Page, expect

from checkout.view import Stage
from tests.browser.conftest import SCREENS, OpenPage, Shop
from tests.browser.measures import (
    audit,
    main_button_height,
    main_out_of_sight,
    out_of_sight,
    overflowing,
    overlapping_texts,
    small_targets,
)
from tests.browser.states import KIOSK_STATES
from tests.kiosk_ui.fakes import basket_of, lines_of

pytestmark = pytest.mark.browser

KeepPicture = Callable[[Page, str], None]


def show_state(shop: Shop, page: Page, name: str) -> None:
    """Bring the lane into a state of `KIOSK_STATES` and wait until the page shows it."""
    shop.lane.wipe()
    KIOSK_STATES[name](shop.lane)
    stage = name.split("-", 1)[0]
    page.wait_for_function("stage => document.body.dataset.stage === stage", arg=stage)
    view = shop.lane.view()
    if view.stage is Stage.BASKET and view.complete and view.quote and view.reader_up and view.terminal_up:
        expect(page.locator('[data-do="pay"]')).to_be_enabled()
    revision = view.revision
    page.wait_for_function("revision => Number(document.body.dataset.revision) === revision", arg=revision)
    page.wait_for_function("() => [...document.images].every(i => i.loading === 'lazy' || !i.src || i.complete)")


def faults_of(page: Page) -> list[str]:
    """Return everything that is wrong with the size and place of things."""
    low = main_button_height(page)
    return [*small_targets(page), *overflowing(page), *([f"main button {low} px"] if low < 64 else [])]


@pytest.mark.parametrize("screen", SCREENS)
def test_kiosk_states_fit(shop: Shop, open_page: OpenPage, keep_picture: KeepPicture, screen: str) -> None:
    opened = open_page("/kiosk/1", screen)
    faults = {}
    for name in KIOSK_STATES:
        show_state(shop, opened.page, name)
        keep_picture(opened.page, f"kiosk-{screen}-{name}")
        faults[name] = [*faults_of(opened.page), *out_of_sight(opened.page), *overlapping_texts(opened.page)]

    assert {name: found for name, found in faults.items() if found} == {}
    assert opened.complaints == []
    assert {url for url in opened.asked if not url.startswith(shop.url + "/")} == set()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_kiosk_states_are_reachable(shop: Shop, open_page: OpenPage, keep_picture: KeepPicture, dark: bool) -> None:
    page = open_page("/kiosk/1", "landscape", dark=dark).page
    faults = {}
    for name in KIOSK_STATES:
        show_state(shop, page, name)
        faults[name] = audit(page)
        if dark:
            keep_picture(page, f"kiosk-dark-{name}")

    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.parametrize("screen", ["landscape", "phone"])
def test_kiosk_states_fit_with_text_twice_as_large(
    shop: Shop, open_page: OpenPage, keep_picture: KeepPicture, screen: str
) -> None:
    page = open_page("/kiosk/1", screen).page
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    faults = {}
    for name in KIOSK_STATES:
        show_state(shop, page, name)
        keep_picture(page, f"kiosk-{screen}-twice-{name}")
        faults[name] = [*faults_of(page), *main_out_of_sight(page)]
        button = page.locator(f'[data-screen="{name.split("-", 1)[0]}"] .button').first
        if button.count() and button.is_visible():
            button.scroll_into_view_if_needed()
            expect(button).to_be_in_viewport()

    assert {name: found for name, found in faults.items() if found} == {}


def photograph_staff(shop: Shop, page: Page, see: Callable[[str], None]) -> None:
    """Lead the staff page through its states; ``see`` is called at each."""
    shop.lane.show(**basket_of(lines_of(4)), help_called=True)
    expect(page.locator(".lane-help")).to_be_visible()
    see("now")
    shop.lane.show(stage=Stage.PAYMENT_UNKNOWN)
    expect(page.locator(".resolve")).to_be_visible()
    see("unknown")
    page.goto(f"{shop.url}/staff#sales")
    expect(page.locator(".sales tbody tr").first).to_be_visible()
    see("sales")
    page.goto(f"{shop.url}/staff#count")
    shop.desk.start_stocktake("shop floor")
    expect(page.locator("progress")).to_be_visible()
    see("sweeping")
    shop.desk.finish_stocktake()
    expect(page.locator('[data-slot="report"]')).to_be_visible()
    see("swept")


def photograph_shop(shop: Shop, page: Page, see: Callable[[str], None]) -> None:
    """Lead the online shop through its states."""
    expect(page.locator('.pulse[data-state="live"]')).to_be_visible()
    expect(page.locator(".product").first).to_be_visible()
    see("live")
    page.get_by_role("searchbox").fill("no such thing")
    expect(page.locator('[data-slot="nothing"]')).to_be_visible()
    see("nothing")
    page.get_by_role("searchbox").fill("")
    shop.relay.fall_silent(130)
    expect(page.locator('[data-slot="truth"]')).to_be_visible()
    see("central_down")


WALKS: Sequence[tuple[str, Callable[[Shop, Page, Callable[[str], None]], None]]] = (
    ("/staff", photograph_staff),
    ("/shop", photograph_shop),
    ("/", lambda shop, page, see: see("index")),
    ("/receipts/tok-123", lambda shop, page, see: see("receipt")),
    ("/nowhere", lambda shop, page, see: see("error")),
)


@pytest.mark.parametrize(("path", "walk"), WALKS, ids=[path for path, _ in WALKS])
@pytest.mark.parametrize("screen", ["portrait", "landscape", "phone"])
def test_every_other_page_fits_and_is_reachable(
    shop: Shop,
    open_page: OpenPage,
    keep_picture: KeepPicture,
    screen: str,
    path: str,
    walk: Callable[[Shop, Page, Callable[[str], None]], None],
) -> None:
    opened = open_page(path, screen, dark=screen == "portrait")
    faults = {}

    def see(name: str) -> None:
        keep_picture(opened.page, f"{path.strip('/').split('/')[0] or 'index'}-{screen}-{name}")
        faults[name] = faults_of(opened.page) + (audit(opened.page) if screen != "landscape" else [])

    walk(shop, opened.page, see)

    assert {name: found for name, found in faults.items() if found} == {}
    assert [said for said in opened.complaints if "404" not in said] == []
    assert {url for url in opened.asked if not url.startswith(shop.url + "/")} == set()
