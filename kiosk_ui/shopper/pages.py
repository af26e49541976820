"""The pages that anybody may open."""

from __future__ import annotations

import hashlib
import json

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.exceptions import NotFound

from checkout.receipts.qr import qr_svg
from kiosk_ui.api.lanes import LaneScreens
from kiosk_ui.present import receipt_page
from kiosk_ui.problems import RefusedError
from kiosk_ui.settings import ShopParts, UiSettings
from kiosk_ui.words import Words

__all__ = ["shopper_pages"]

_SCRIPT_FAMILIES = ("kiosk", "shop", "staff", "age")
_PICTURE_AGE_S = 86_400
_QR_QUIET_MODULES = 2  # the standard asks for 4, the white card around it gives the rest


def shopper_pages(parts: ShopParts, settings: UiSettings, screens: LaneScreens, words: Words) -> Blueprint:
    """Return `/`, `/kiosk/…`, `/shop`, `/receipts/…`, `/pictures/…` and the words for their scripts."""
    pages = Blueprint("shopper", __name__)
    script = _words_script(words)

    @pages.get("/")
    def index() -> str:
        return render_template("index.html", lanes=list(parts.lanes))

    @pages.get("/kiosk/<lane>")
    def kiosk(lane: str) -> str:
        screens.of(lane)
        return render_template("kiosk.html", lane=lane, settings=settings)

    @pages.get("/kiosk/<lane>/receipt.svg")
    def receipt_qr(lane: str) -> Response:
        receipt = screens.of(lane).view().receipt
        if receipt is None or receipt.number != request.args.get("number"):
            raise RefusedError(404, words("problem.no_picture"))
        return Response(qr_svg(receipt.url, _QR_QUIET_MODULES), content_type="image/svg+xml")

    @pages.get("/shop")
    def shop() -> str:
        return render_template("shop.html", settings=settings)

    @pages.get("/receipts/<token>")
    def receipt(token: str) -> str:
        found = parts.window.receipt(token)
        if found is None:
            raise NotFound
        return render_template("receipt.html", receipt=receipt_page(found, words))

    @pages.get("/pictures/<gtin>.svg")
    def picture(gtin: str) -> Response:
        svg = parts.window.picture_svg(gtin) if gtin.isdecimal() and gtin.isascii() and len(gtin) <= 14 else None
        if svg is None:
            raise RefusedError(404, words("problem.no_picture"))
        return _cached(Response(svg, content_type="image/svg+xml"), _PICTURE_AGE_S)

    @pages.get("/words.js")
    def words_script() -> Response:
        return _cached(Response(script, content_type="text/javascript; charset=utf-8"), 0)

    return pages


def _cached(response: Response, age_s: int) -> Response:
    response.headers["Cache-Control"] = f"public, max-age={age_s}" if age_s else "no-cache"
    response.set_etag(hashlib.sha256(response.get_data()).hexdigest()[:32])
    return make_response(response.make_conditional(request))


def _words_script(words: Words) -> str:
    chosen = json.dumps(words.below(*_SCRIPT_FAMILIES), ensure_ascii=False, sort_keys=True)
    return f"export const language = {json.dumps(words.tag)};\nexport const texts = {chosen};\n"
