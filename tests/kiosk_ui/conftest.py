"""A shop of fakes, and its application without a server."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kiosk_ui.app import ShopParts, UiSettings, create_app
from tests.kiosk_ui.fakes import FakeDesk, FakeLane, FakeRelay, FakeWindow


@dataclass
class Shop:
    """An application and the parts that it shows."""

    app: Flask
    client: FlaskClient
    lane: FakeLane
    window: FakeWindow
    desk: FakeDesk
    relay: FakeRelay


def open_shop(settings: UiSettings) -> Shop:
    """Return a shop with lane "1" and ``settings``."""
    lane, window, desk, relay = FakeLane("1"), FakeWindow(), FakeDesk(), FakeRelay()
    app = create_app(ShopParts({"1": lane}, window, desk, relay), settings)
    return Shop(app, app.test_client(), lane, window, desk, relay)


@pytest.fixture
def shop() -> Shop:
    return open_shop(UiSettings(shop="Fjord & Field", stream_life_s=0.05, beat_s=0.02))
