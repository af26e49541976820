"""What the online shop asks: products, and how many of each are in the store."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response

from kiosk_ui.api.answers import json_of
from kiosk_ui.events import StreamSlots, event, stream_response
from kiosk_ui.present import availability_of, central_of, item_stock_of, products_of
from kiosk_ui.settings import ShopParts, UiSettings
from kiosk_ui.words import Words

__all__ = ["shop_blueprint"]


def shop_blueprint(parts: ShopParts, settings: UiSettings, slots: StreamSlots, words: Words) -> Blueprint:
    """Return `/api/shop/…`."""
    api = Blueprint("shop", __name__, url_prefix="/api/shop")

    @api.get("/products")
    def products() -> Response:
        return json_of(products_of(parts.window.products(), words))

    @api.get("/availability")
    def availability() -> Response:
        return json_of(availability_of(parts.relay.availability(), settings.location))

    @api.get("/events")
    def follow() -> Response:
        return stream_response(slots, _follow(parts, settings, slots), words("problem.too_many_streams"))

    return api


def _follow(parts: ShopParts, settings: UiSettings, slots: StreamSlots) -> Iterator[str]:
    """Yield all that is known, then what changes; changes are listened for first, so none falls between."""
    changes = parts.relay.changes(settings.stream_life_s)
    yield event("snapshot", availability_of(parts.relay.availability(), settings.location))
    for change in changes:
        if slots.closing:
            return
        if "gtin" not in change:
            yield event("central", central_of(change))
        elif settings.location in ("", change["location"]):
            yield event("availability", item_stock_of(change))
