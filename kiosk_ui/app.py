"""The Flask application of the store service: pages, their JSON, their live streams.

`create_app` takes running parts and gives them faces; it starts nothing. `server.PageServer` serves it.
"""

from __future__ import annotations

import secrets
import time

from flask import Flask, Response
from jinja2 import StrictUndefined

from kiosk_ui.api.health import health_blueprint
from kiosk_ui.api.lanes import LaneScreens, lanes_blueprint
from kiosk_ui.api.openapi import openapi_blueprint
from kiosk_ui.api.shop import shop_blueprint
from kiosk_ui.api.staff import staff_blueprint
from kiosk_ui.events import StreamSlots
from kiosk_ui.metrics import install_metrics
from kiosk_ui.problems import install_problems
from kiosk_ui.security import install_security
from kiosk_ui.settings import ShopParts, UiSettings
from kiosk_ui.shopper.pages import shopper_pages
from kiosk_ui.staff.pages import StaffAccess, staff_pages
from kiosk_ui.words import load_words

__all__ = ["ShopParts", "UiSettings", "create_app"]


def create_app(parts: ShopParts, settings: UiSettings) -> Flask:
    """Return the application for ``parts``.

    Raises:
        SettingsError: An address among the settings that cannot be obeyed.
        WordsError: There is no catalogue for the language.
    """
    words = load_words(settings.language)
    app = Flask(__name__)
    # Made anew at each start: a restart locks the staff page, and no key lies on disk.
    app.secret_key = secrets.token_bytes(32)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(t=words, shop=settings.shop, language=words.tag, direction=words.direction)

    slots = StreamSlots(settings.stream_limit)
    app.extensions["tagtill.streams"] = slots
    screens = LaneScreens(parts, settings, words)
    access = StaffAccess(settings, words, time.monotonic)
    install_security(app, settings, words)
    install_problems(app, words)
    install_metrics(app, parts.lanes, parts.relay, slots)
    app.register_blueprint(lanes_blueprint(screens, slots, words))
    app.register_blueprint(staff_blueprint(parts, settings, screens, access, words))
    app.register_blueprint(shop_blueprint(parts, settings, slots, words))
    app.register_blueprint(health_blueprint(parts))
    app.register_blueprint(openapi_blueprint(settings, has_pin=access.has_pin))
    app.register_blueprint(shopper_pages(parts, settings, screens, words))
    app.register_blueprint(staff_pages(app, access, settings))
    app.after_request(_revalidate_static)
    return app


def _revalidate_static(response: Response) -> Response:
    """Let browsers keep our own scripts and styles, and ask each time whether they are still the same."""
    if response.mimetype in {"text/css", "text/javascript"}:
        response.headers["Cache-Control"] = "no-cache"
    return response
