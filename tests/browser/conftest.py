"""A real Chromium on a real server, whose parts are fakes that the test holds in its hand."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from kiosk_ui.app import ShopParts, UiSettings, create_app
from kiosk_ui.server import PageServer
from tests.kiosk_ui.fakes import FakeDesk, FakeLane, FakeRelay, FakeWindow

FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
SCREENS = {
    "portrait": {"width": 1080, "height": 1920},
    "landscape": {"width": 1366, "height": 768},
    "phone": {"width": 390, "height": 844},
    "frame": {"width": 390, "height": 690},  # a kiosk in the demo floor's frame, on a laptop
}


@dataclass
class Shop:
    """A served shop of fakes."""

    url: str
    lane: FakeLane
    window: FakeWindow
    desk: FakeDesk
    relay: FakeRelay
    server: PageServer


@dataclass
class Opened:
    """A page, and everything it asked for or complained about."""

    page: Page
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


OpenPage = Callable[..., Opened]


def chromium_path() -> str:
    """Return where Chromium is; without one CI fails and everybody else is told what to install."""
    found = os.environ.get("TAGTILL_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found:
        return found
    what = "no Chromium: install the package 'chromium', or name one in TAGTILL_CHROMIUM"
    if os.environ.get("CI") == "true":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium_path()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS, headless=True)
        yield started
        started.close()


@pytest.fixture
def settings() -> UiSettings:
    """Return the settings of `shop`; a test that needs others overrides this."""
    return UiSettings(shop="Fjord & Field", threads=8, beat_s=0.5, poll_s=0.2)


@pytest.fixture
def shop(settings: UiSettings) -> Iterator[Shop]:
    lane, window, desk, relay = FakeLane("1"), FakeWindow(), FakeDesk(), FakeRelay()
    app = create_app(ShopParts({"1": lane}, window, desk, relay), settings)
    server = PageServer(app, "127.0.0.1", 0, threads=settings.threads)
    server.start()
    yield Shop(server.url, lane, window, desk, relay, server)
    server.stop()


@pytest.fixture
def open_page(browser: Browser, shop: Shop) -> Iterator[OpenPage]:
    """Return a function that opens a path at a screen size: `open_page("/kiosk/1", "phone")`."""
    contexts: list[BrowserContext] = []

    def open_it(path: str, screen: str = "landscape", *, calm: bool = True, dark: bool = False) -> Opened:
        context = browser.new_context(
            viewport=SCREENS[screen],  # type: ignore[arg-type]  # a TypedDict of exactly these two numbers
            reduced_motion="reduce" if calm else "no-preference",
            color_scheme="dark" if dark else "light",
            has_touch=screen != "landscape",
        )
        contexts.append(context)
        opened = Opened(context.new_page())
        opened.page.on("request", lambda request: opened.asked.append(request.url))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        opened.page.on(
            "console", lambda said: opened.complaints.append(said.text) if said.type in {"error", "warning"} else None
        )
        opened.page.goto(shop.url + path)
        return opened

    yield open_it
    for context in contexts:
        context.close()


@pytest.fixture
def keep_picture(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Return a function that photographs a page into $TAGTILL_SCREENSHOTS, or does nothing where that is unset."""
    folder = os.environ.get("TAGTILL_SCREENSHOTS")

    def keep(page: Page, name: str) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{folder}/{name}.png")

    return keep
