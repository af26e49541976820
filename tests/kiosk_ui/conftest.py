"""A shop of fakes, and its application without a server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient

from kiosk_ui.api.openapi import openapi_document
from kiosk_ui.app import ShopParts, UiSettings, create_app
from tests.kiosk_ui.fakes import FakeDesk, FakeLane, FakeRelay, FakeWindow

_WATCHES: list[Undescribed] = []


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
    _WATCHES.append(Undescribed(app, settings))
    return Shop(app, app.test_client(), lane, window, desk, relay)


class Undescribed:
    """Watches an application, and remembers answers that its own OpenAPI document does not know."""

    def __init__(self, app: Flask, settings: UiSettings) -> None:
        self._paths = openapi_document(settings, has_pin=settings.staff_pin is not None)["paths"]
        self.found: list[str] = []
        app.after_request(self._look)

    def _look(self, response: Response) -> Response:
        rule = request.url_rule
        path = re.sub(r"<(\w+)>", r"{\1}", rule.rule) if rule else ""
        # 405 belongs to no operation, and 500 is what no operation should do. HEAD and OPTIONS are Flask's own.
        if path in self._paths and response.status_code not in {405, 500} and request.method not in {"HEAD", "OPTIONS"}:
            described = self._paths[path].get(request.method.lower(), {}).get("responses", {})
            if str(response.status_code) not in described:
                self.found.append(f"{request.method} {path}: {response.status_code}")
        return response


@pytest.fixture(autouse=True)
def no_undescribed_answer() -> Iterator[None]:
    """Every answer that any test gets is one that the OpenAPI document describes."""
    yield
    found = [what for watch in _WATCHES for what in watch.found]
    _WATCHES.clear()
    assert found == []


@pytest.fixture
def shop() -> Shop:
    return open_shop(UiSettings(shop="Fjord & Field", stream_life_s=0.05, beat_s=0.02))
