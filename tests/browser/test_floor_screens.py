"""The floor's page on laptops: nothing is cut, what is said fits what happened, the kiosk's frame follows the lane."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import waitress  # type: ignore[import-untyped]  # waitress publishes no types
from playwright.sync_api import Browser, Page, ViewportSize, expect

from appliance.demo.processes import ProcessPlan
from tests.appliance.floor_stage import LANE, NOBODY, SHOES_GTIN, SOCKS, SOCKS_GTIN, FloorStage, line

pytestmark = pytest.mark.browser

LAPTOPS = {"1280x800": ViewportSize(width=1280, height=800), "1440x900": ViewportSize(width=1440, height=900)}
PROCESSES = ("central", "terminal-1", "reader-1", "sweep-reader", "store", "sync")
# Every text of a choice, each in a copy of its select that is as wide as that text wants.
_CUT_CHOICES = """() => [...document.querySelectorAll('select')].filter(e => e.checkVisibility()).flatMap(select =>
  [...select.options].map(option => {
    const copy = select.cloneNode(false);
    copy.append(option.cloneNode(true));
    copy.style.cssText = 'position: absolute; width: max-content; flex: none';
    select.after(copy);
    const wanted = copy.offsetWidth;
    copy.remove();
    return [option, wanted, select.offsetWidth];
  }).filter(([option, wanted, has]) => wanted > has + 1 && (option.value === '' || !select.dataset.visitorTo))
    .map(([option, wanted, has]) => `${option.text}: ${has} of ${wanted} px`))"""
_BELOW_THE_EDGE = """() => [...document.querySelectorAll('#power li *')].filter(e => e.checkVisibility())
  .filter(e => e.getBoundingClientRect().bottom > innerHeight || e.scrollHeight > e.clientHeight + 2)
  .filter(e => getComputedStyle(e).display !== 'inline').map(e => e.textContent)"""


@pytest.fixture
def stage(tmp_path: Path) -> FloorStage:
    stage = FloorStage(tmp_path, lanes=("1", "2"), store_url=NOBODY)
    for name in PROCESSES:
        stage.processes.add(ProcessPlan(name, ()))  # wished for, and never tended: none is started
    return stage


@pytest.fixture
def floor_url(stage: FloorStage) -> Iterator[str]:
    server = waitress.create_server(stage.app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=3)


@pytest.fixture(params=LAPTOPS)
def page(request: pytest.FixtureRequest, browser: Browser, floor_url: str) -> Iterator[Page]:
    context = browser.new_context(viewport=LAPTOPS[request.param], reduced_motion="reduce")
    page = context.new_page()
    page.goto(floor_url)
    expect(page.locator("#power li")).to_have_count(len(PROCESSES))
    yield page
    context.close()


def test_a_laptop_shows_the_power_switches_whole(page: Page) -> None:
    assert page.evaluate(_BELOW_THE_EDGE) == []
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_no_choice_is_cut(page: Page) -> None:
    assert page.evaluate(_CUT_CHOICES) == []


def test_what_to_watch_for_is_said_at_the_latest_when_a_plug_is_pulled(page: Page) -> None:
    row = page.locator('[data-process="sync"]')
    row.locator(".toggle").click()
    watch = "Sales go on and wait in the outbox. Central hears of them when it is back."

    if not row.locator(".observe").is_visible():
        expect(page.locator("#said")).to_have_text(watch)
    else:
        expect(row.locator(".observe")).to_have_text(watch)


def test_the_kiosks_frame_and_link_follow_the_lane(page: Page) -> None:
    frame, link = page.locator("iframe"), page.locator("#kiosk-alone")
    for lane in ("2", "1"):
        page.get_by_role("button", name=f"Lane {lane}").click()
        expect(page.locator(f'.lane[data-lane="{lane}"]')).to_be_visible()
        expect(frame).to_have_attribute("src", f"{NOBODY}/kiosk/{lane}")
        expect(frame).to_have_attribute("title", f"Kiosk {lane}")
        expect(link).to_have_attribute("href", f"{NOBODY}/kiosk/{lane}")
        expect(link).to_have_text(f"Kiosk {lane}")

    page.get_by_role("button", name="Lane 2").click()
    page.locator(f'.good[data-gtin="{SOCKS_GTIN}"]').click()
    expect(page.locator('.lane[data-lane="2"] .tray .thing')).to_have_count(1)


def test_what_is_sold_goes_home_and_the_page_says_so(stage: FloorStage, page: Page) -> None:
    lane = page.locator('.lane[data-lane="1"]')
    back, home = lane.locator(".back"), lane.locator(".home")
    page.locator(f'.good[data-gtin="{SOCKS_GTIN}"]').click()
    expect(back).to_be_enabled()
    stage.central.view = {**LANE, "stage": "receipt", "lines": [line(SOCKS)]}

    expect(back).to_be_disabled()
    expect(back).to_have_attribute("title", "Paid for: what is sold can only be taken home.")
    home.click()
    expect(lane.locator(".thing")).to_have_count(0)


def test_a_loose_tag_leaves_with_the_rest(page: Page) -> None:
    lane = page.locator('.lane[data-lane="1"]')
    page.locator(f'.good[data-gtin="{SHOES_GTIN}"]').focus()
    page.keyboard.press("b")
    expect(lane.locator(".thing")).to_have_count(1)
    lane.get_by_role("button", name="Back to the shelf").click()
    expect(lane.locator(".thing")).to_have_count(0)

    expect(page.locator(f'[data-left="{SHOES_GTIN}"]')).to_have_text("1 on the shelf")
