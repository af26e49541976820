"""The whole walk in a real Chromium on real processes: floor, kiosk, online shop, staff page."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Browser, Locator, Page, expect

from appliance.demo.floor import Place
from appliance.demo.site import FloorSite
from appliance.demo.supervisor import DemoShop
from checkout.terminals.demo_ledger import charges
from tests.browser.measures import audit

pytestmark = [pytest.mark.browser, pytest.mark.processes, pytest.mark.timeout(300)]

LANE = "1"
PATIENCE_S = 40.0
LOOK_MS = 250  # one look of `expect`; between two looks the shop's processes are tended
SWEEP_S = 150.0  # the virtual walker needs about 35 s for nearly the whole floor, on a busy machine
_PICTURES_IN_SIGHT = """() => [...document.images].every((image) => {
    const { top, bottom } = image.getBoundingClientRect();
    return !image.src || !image.offsetParent || bottom < 0 || top > innerHeight || image.complete;
})"""


class Walk:
    """A visitor with four windows open: the virtual floor, the kiosk, the online shop, the staff page."""

    def __init__(self, shop: DemoShop, site: FloorSite, browser: Browser) -> None:
        self.shop = shop
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.seconds: dict[str, float] = {}
        self._browser = browser
        self._pictures = os.environ.get("TAGTILL_SCREENSHOTS")
        self.floor = self._open(site.url, 1500, 950)
        self.kiosk = self._open(f"{shop.store_url}/kiosk/{LANE}", 1366, 900)
        self.online = self._open(f"{shop.store_url}/shop", 1366, 900)
        self.staff = self._open(f"{shop.store_url}/staff", 1366, 900)

    def _open(self, url: str, width: int, height: int) -> Page:
        context = self._browser.new_context(viewport={"width": width, "height": height})
        page = context.new_page()
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.complaints.append(f"{url}: {error}"))
        page.on(
            "console",
            lambda said: self.complaints.append(f"{url}: {said.text}") if said.type in ("error", "warning") else None,
        )
        page.goto(url)
        return page

    def close(self) -> None:
        """Close every window."""
        for page in (self.floor, self.kiosk, self.online, self.staff):
            page.context.close()
        if self._pictures:
            (Path(self._pictures) / "seconds.json").write_text(json.dumps(self.seconds, indent=1) + "\n")

    # --- looking ---

    def see(self, look: Callable[[], None], patience_s: float = PATIENCE_S) -> float:
        """Look again and again, tending the shop, until ``look`` finds nothing wrong; return the seconds it took."""
        began_s = time.monotonic()
        while True:
            try:
                look()
            except AssertionError:
                if time.monotonic() - began_s > patience_s:
                    raise
                self.shop.tend(0.02)
            else:
                return time.monotonic() - began_s

    def see_shown(self, there: Locator, patience_s: float = PATIENCE_S) -> float:
        return self.see(lambda: expect(there).to_be_visible(timeout=LOOK_MS), patience_s)

    def see_text(self, there: Locator, text: str | re.Pattern[str], patience_s: float = PATIENCE_S) -> float:
        return self.see(lambda: expect(there).to_have_text(text, timeout=LOOK_MS), patience_s)

    def see_count(self, there: Locator, count: int, patience_s: float = PATIENCE_S) -> float:
        return self.see(lambda: expect(there).to_have_count(count, timeout=LOOK_MS), patience_s)

    def keep(self, page: Page, name: str) -> None:
        """Photograph a page into $TAGTILL_SCREENSHOTS, where that is set."""
        if self._pictures:
            Path(self._pictures).mkdir(parents=True, exist_ok=True)
            page.wait_for_function(_PICTURES_IN_SIGHT)
            page.screenshot(path=f"{self._pictures}/{name}.png")

    # --- the floor ---

    @property
    def tray(self) -> Locator:
        return self.floor.locator(".lane:not([hidden]) .tray")

    def goods(self, category: str) -> Locator:
        """Return the goods of a shelf, brought into view."""
        self.floor.locator(f'button[data-category="{category}"]').click()
        return self.floor.locator(".good:visible")

    def lay_down(self, category: str, count: int) -> None:
        """Press goods onto the pad, and wait until the kiosk believes them whole."""
        goods = self.goods(category)
        for number in range(count):
            goods.nth(number).click()
        self.see_count(self.tray.locator(".thing"), count)
        self.see_payable()

    def see_payable(self) -> float:
        return self.see(lambda: expect(self.pay).to_have_attribute("aria-disabled", "false", timeout=LOOK_MS))

    def terminal(self, behaviour: str) -> None:
        """Choose how the terminal plays its part, and wait until it does."""
        with self.floor.expect_response(lambda answer: "/api/terminal/" in answer.url) as answered:
            self.floor.locator(f'[data-terminal="{LANE}"]').select_option(behaviour)
        assert answered.value.ok

    def power(self, process: str) -> Locator:
        return self.floor.locator(f'[data-process="{process}"]')

    def press_power(self, process: str, state: str) -> None:
        """Press a power switch and wait until the process is ``state``."""
        self.power(process).locator(".toggle").click()
        self.see(lambda: expect(self.power(process)).to_have_attribute("data-state", state, timeout=LOOK_MS))

    # --- the kiosk ---

    def screen(self, name: str) -> Locator:
        return self.kiosk.locator(f'[data-screen="{name}"]')

    @property
    def items(self) -> Locator:
        return self.kiosk.locator('[data-slot="items"] > li:not([data-leaving])')

    @property
    def pay(self) -> Locator:
        return self.kiosk.locator('[data-do="pay"]')

    def leave(self) -> None:
        """Take all home as the page urges, and make room for the next shopper."""
        self.floor.locator(".home[data-urged]").click()
        self.see_count(self.tray.locator(".thing"), 0)
        self.kiosk.locator('[data-screen="receipt"] [data-do="finish"]').click()
        self.see_shown(self.screen("thanks"))
        self.see_shown(self.screen("attract"))

    def make_room(self) -> None:
        """Leave nothing behind for the next test, however this one ended."""
        floor = self.shop.floor
        floor.put([epc for kind in ("pad", "passing", "pocket") for epc in floor.lying(kind, LANE)], Place("home"))
        for name in self.shop.processes.names():
            self.shop.processes.switch(name, True)
        self.shop.processes.tend_until_ready(PATIENCE_S)
        self.shop.behave(LANE, "approve")

    # --- the rest ---

    def in_store(self, gtin: str) -> Locator:
        return self.online.locator(f'.product[data-gtin="{gtin}"] .stock-count')

    def stock_of(self, gtin: str) -> int:
        """Return how many the online shop says are in the store, once it says so."""
        self.see_text(self.in_store(gtin), re.compile(r"\d+ in store"))
        return number_in(self.in_store(gtin).text_content() or "")  # off screen nothing is laid out: no inner text

    def charge_count(self) -> int:
        return len(charges(self.shop.terminal_ledger(LANE)))

    @property
    def sold(self) -> frozenset[str]:
        """Return the tags that the shop's books have as sold."""
        with closing(sqlite3.connect(f"{(self.shop.plan.folder / 'store.db').as_uri()}?mode=ro", uri=True)) as books:
            return frozenset(epc for (epc,) in books.execute("SELECT epc FROM tag_state WHERE state = 'sold'"))

    def stranger_count(self) -> int:
        """Return how many tags the running sweep heard that the books do not have there."""
        answer = requests.get(f"{self.shop.store_url}/api/staff/stocktake", timeout=5)
        return int(answer.json()["stocktake"]["strangers"])

    def is_all_told(self) -> bool:
        answer = requests.get(f"{self.shop.store_url}/api/staff/overview", timeout=5)
        return bool(answer.json()["outbox"]["depth"] == 0)


@pytest.fixture(scope="module")
def visitor(demo_shop: DemoShop, browser: Browser) -> Iterator[Walk]:
    site = FloorSite(demo_shop)
    site.start()
    walk = Walk(demo_shop, site, browser)
    try:
        yield walk
    finally:
        walk.close()
        site.stop()


@pytest.fixture
def walk(visitor: Walk) -> Iterator[Walk]:
    """Return the visitor in front of a free lane; whatever a test does, no page may complain or ask elsewhere."""
    visitor.see(lambda: _require(visitor.is_all_told(), "movements still wait for central"))
    visitor.see_shown(visitor.screen("attract"))
    yield visitor
    visitor.make_room()
    own = {urlsplit(url).netloc for url in (visitor.floor.url, visitor.kiosk.url)}
    assert {url for url in visitor.asked if urlsplit(url).netloc not in own} == set()
    complaints, visitor.complaints[:] = list(visitor.complaints), []
    assert complaints == []


def _require(is_so: bool, otherwise: str) -> None:
    assert is_so, otherwise


def drag(page: Page, thing: Locator, place: Locator) -> None:
    """Carry a thing with the mouse, in several steps as a hand does."""
    start, end = thing.bounding_box(), place.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + start["width"] / 2, start["y"] + start["height"] / 3)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + end["height"] / 2, steps=8)
    page.mouse.up()


def number_in(text: str) -> int:
    found = re.search(r"\d+", text)
    assert found is not None, text
    return int(found[0])


def test_goods_become_a_sale_and_a_lower_number_in_the_online_shop(walk: Walk) -> None:
    walk.keep(walk.kiosk, "01-attract")
    walk.keep(walk.floor, "02-floor")
    goods = walk.goods("Backpacks")
    chosen = [goods.nth(number) for number in (0, 3, 6)]
    gtins = [good.get_attribute("data-gtin") or "" for good in chosen]
    labels = [[good.locator(part).inner_text() for part in (".name", ".detail", ".price")] for good in chosen]
    before = [walk.stock_of(gtin) for gtin in gtins]
    walk.online.evaluate("window.neverReloaded = true")

    for good in chosen[:2]:
        drag(walk.floor, good, walk.tray)
    chosen[2].click()
    assert walk.floor.evaluate("getSelection().isCollapsed")
    walk.seconds["laid down to all three on the kiosk"] = walk.see_count(walk.items, 3)
    walk.seconds["then whole and payable"] = walk.see_payable()
    for label in labels:
        assert any(all(word in item for word in label) for item in walk.items.all_inner_texts()), label
    walk.see(lambda: _require(_all_pictures_shown(walk.items), "not every picture is there"))
    walk.keep(walk.kiosk, "03-basket")
    walk.keep(walk.floor, "04-floor-basket")

    back = walk.tray.locator(f'.thing:has(img[src*="{gtins[1]}"])')
    drag(walk.floor, back, walk.floor.locator("#shelves .goods"))
    walk.seconds["taken out to gone from the kiosk"] = walk.see_count(walk.items, 2)
    walk.see_payable()

    total = walk.kiosk.locator('[data-slot="total"]').inner_text()
    walk.see_text(walk.floor.locator('.lane:not([hidden]) [data-slot="total"]'), total)
    expect(walk.pay).to_contain_text(total)
    walk.pay.click()
    walk.seconds["pay pressed to receipt"] = walk.see_shown(walk.screen("receipt"))
    walk.seconds["receipt to the lower number in the online shop"] = walk.see_text(
        walk.in_store(gtins[0]), f"{before[0] - 1} in store"
    )
    walk.see_text(walk.in_store(gtins[2]), f"{before[2] - 1} in store")
    walk.see_text(walk.in_store(gtins[1]), f"{before[1]} in store")  # it was put back
    assert walk.online.evaluate("window.neverReloaded")
    assert walk.kiosk.locator('[data-slot="receipt-qr"]').evaluate("image => image.naturalWidth > 0")
    expect(walk.screen("receipt")).to_contain_text(total)
    walk.see_text(walk.floor.locator(f'#central [data-gtin="{gtins[0]}"] b'), f"{before[0]} → {before[0] - 1}")
    walk.keep(walk.kiosk, "05-receipt")
    walk.keep(walk.floor, "06-floor-paid")
    walk.in_store(gtins[0]).scroll_into_view_if_needed()
    walk.keep(walk.online, "07-online-shop")

    walk.leave()


def _all_pictures_shown(items: Locator) -> bool:
    return bool(items.evaluate_all("all => all.every(item => item.querySelector('img')?.naturalWidth > 0)"))


@pytest.mark.parametrize("width", [1500, 390])
def test_the_floor_is_open_to_everybody(walk: Walk, browser: Browser, width: int) -> None:
    # A window of its own: the auditor calls out to the kiosk's frame, and Chromium says that it may not.
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(walk.floor.url)
    expect(page.locator("#power li").first).to_be_visible()

    assert audit(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    context.close()


def test_things_go_everywhere_by_key_and_come_back(walk: Walk) -> None:
    good = walk.goods("Bottles").first
    good.focus()
    walk.floor.keyboard.press("Enter")
    thing = walk.tray.locator(".thing")
    walk.see_count(thing, 1)
    walk.see_payable()

    thing.focus()
    walk.floor.keyboard.press("p")
    passing = walk.floor.locator(f':not(button)[data-to="passing:{LANE}"]')
    walk.see_count(passing.locator(".thing"), 1)
    walk.see_count(walk.items, 0)
    drag(walk.floor, passing.locator(".thing"), walk.floor.locator(f':not(button)[data-to="pocket:{LANE}"]'))
    pocket = walk.floor.locator(f'[data-to="pocket:{LANE}"] .thing')
    walk.see_count(pocket, 1)

    pocket.focus()
    walk.floor.keyboard.press("Enter")
    walk.see_count(walk.floor.locator(".thing"), 0)


def test_a_declined_card_is_not_charged_and_the_next_one_is(walk: Walk) -> None:
    booked = walk.charge_count()
    walk.terminal("decline")
    walk.lay_down("Socks", 2)
    walk.pay.click()
    walk.see_shown(walk.screen("payment_failed"))
    expect(walk.screen("payment_failed")).to_contain_text("Nothing was charged")
    walk.keep(walk.kiosk, "08-declined")
    assert walk.charge_count() == booked

    walk.terminal("approve")
    walk.kiosk.locator('[data-do="again"]').click()
    walk.see_shown(walk.screen("receipt"))
    assert walk.charge_count() == booked + 1
    walk.leave()


def test_a_lost_reply_is_looked_up_and_charged_once(walk: Walk) -> None:
    booked = walk.charge_count()
    walk.terminal("reply_lost")
    walk.lay_down("Rackets", 1)
    walk.kiosk.evaluate(
        """() => {
            window.stages = [document.body.dataset.stage];
            new MutationObserver(() => window.stages.push(document.body.dataset.stage))
                .observe(document.body, { attributeFilter: ["data-stage"] });
        }"""
    )
    walk.pay.click()
    walk.seconds["pay pressed, reply lost, to receipt"] = walk.see_shown(walk.screen("receipt"))

    assert walk.charge_count() == booked + 1
    assert "payment_failed" not in walk.kiosk.evaluate("window.stages")
    walk.terminal("approve")
    walk.leave()


def test_a_terminal_that_is_away_is_said_kindly(walk: Walk) -> None:
    booked = walk.charge_count()
    walk.lay_down("Balls", 1)
    walk.terminal("offline")
    note = walk.kiosk.locator(".note", has_text="The card terminal does not answer")
    walk.seconds["terminal gone to said on the kiosk"] = walk.see_shown(note)
    expect(note).to_contain_text("nothing was charged")
    expect(walk.pay).to_have_attribute("aria-disabled", "true")
    walk.keep(walk.kiosk, "09-terminal-away")
    walk.see_count(walk.items, 1)

    walk.terminal("approve")
    walk.seconds["terminal back to payable"] = walk.see_payable()
    assert walk.charge_count() == booked
    walk.tray.locator(".thing").click()
    walk.see_count(walk.tray.locator(".thing"), 0)


def test_a_reader_that_is_off_is_said_kindly_and_comes_back(walk: Walk) -> None:
    walk.lay_down("Shoes", 2)
    walk.press_power("reader-1", "off")
    note = walk.kiosk.locator(".note", has_text="The reader is taking a short break")
    walk.seconds["reader off to said on the kiosk"] = walk.see_shown(note)
    expect(walk.pay).to_have_attribute("aria-disabled", "true")
    walk.keep(walk.kiosk, "10-reader-off")
    walk.keep(walk.floor, "11-floor-reader-off")

    walk.press_power("reader-1", "up")
    walk.seconds["reader on to payable"] = walk.see_payable()
    walk.see_count(walk.items, 2)
    expect(note).to_be_hidden()
    expect(walk.power("reader-1").locator(".state")).to_contain_text("restart")
    walk.floor.get_by_role("button", name="Back to the shelf").click()
    walk.see_count(walk.tray.locator(".thing"), 0)


def test_a_sale_needs_no_central_and_arrives_afterwards(walk: Walk) -> None:
    gtin = walk.goods("Tents").first.get_attribute("data-gtin") or ""
    before = walk.stock_of(gtin)
    walk.press_power("central", "off")
    truth = walk.online.locator('[data-slot="truth"]')
    walk.seconds["central off to said in the online shop"] = walk.see_shown(truth)
    walk.see(lambda: expect(truth).to_contain_text(re.compile(r"not answered for .*\d+ (s|min)\b"), timeout=LOOK_MS))
    walk.see_text(walk.online.locator(f'[data-gtin="{gtin}"] .stock-age'), re.compile(r"[Aa]s known|known"))
    walk.keep(walk.online, "12-online-shop-central-off")

    walk.lay_down("Tents", 1)
    walk.pay.click()
    walk.see_shown(walk.screen("receipt"))
    walk.leave()
    expect(walk.in_store(gtin)).to_have_text(f"{before} in store")

    walk.press_power("central", "up")
    walk.seconds["central on to the lower number in the online shop"] = walk.see_text(
        walk.in_store(gtin), f"{before - 1} in store"
    )
    walk.see(lambda: expect(truth).to_be_hidden(timeout=LOOK_MS))


def test_a_stocktake_finds_what_is_missing_and_what_should_not_be_there(walk: Walk) -> None:
    walk.lay_down("T-shirts", 1)
    sold = walk.tray.locator(".thing").get_attribute("data-epc") or ""
    walk.pay.click()
    walk.see_shown(walk.screen("receipt"))
    walk.leave()
    walk.shop.floor.put([sold], Place("shelf"))  # paid for, and left behind on its old shelf
    stolen = next(epc for epc in walk.shop.floor.lying("home") if epc not in walk.sold)

    expect(walk.staff.locator("#zone")).to_have_value("floor")  # the zone of the sample shop's stock
    walk.staff.locator('[data-slot="count-start"] button').click()
    bar = walk.staff.locator('[data-slot="sweep-bar"]')
    walk.see_shown(bar)
    walk.keep(walk.staff, "13-stocktake")
    walk.seconds["stocktake until 97 % are found"] = walk.see(
        lambda: _require(bool(bar.evaluate("bar => bar.value > 0.97 * bar.max")), "the sweep still walks"), SWEEP_S
    )
    walk.see(lambda: _require(walk.stranger_count() > 0, "the one that was left behind is not heard yet"), SWEEP_S)
    walk.staff.locator('[data-slot="count-finish"]').click()
    walk.see_shown(walk.staff.locator('[data-slot="report"]'))
    missing = walk.staff.locator('[data-slot="missing"]')
    walk.see(lambda: expect(walk.staff.locator('[data-slot="unexpected"]')).to_contain_text(sold, timeout=LOOK_MS))
    assert number_in(walk.staff.locator('[data-slot="tally-missing"]').inner_text()) >= 1
    expect(missing).to_contain_text(stolen)
    walk.keep(walk.staff, "14-stocktake-report")
    walk.shop.floor.put([sold], Place("home"))
