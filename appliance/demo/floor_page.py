"""The virtual shop floor's page and its JSON, on loopback, in the demo only.

It lives with the supervisor, not in the store service, so that it can switch that one off too.
Because it can, it believes only its own pages and a loopback ``Host`` (DNS rebinding).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import requests
from flask import Flask, Response, abort, jsonify, render_template, request, send_from_directory
from werkzeug.exceptions import HTTPException

import kiosk_ui
from appliance.demo.floor import FloorError, Place
from appliance.demo.floor_health import floor_health
from appliance.demo.floor_state import FloorParts, ShelfProduct, floor_state, look_at_lanes
from appliance.demo.pictures import cut_out
from appliance.demo.touched import Touched
from appliance.errors import ApplianceError

__all__ = ["create_floor_app"]

# What each of the reader's faults is called on the page.
_FAULTS: Mapping[str, str] = {
    "silence": "falls silent",
    "slow": "answers slowly",
    "refuse": "refuses new clients",
    "mid_frame": "drops the line mid-frame",
    "antenna_gone": "loses an antenna",
    "reboot": "reboots",
}
# What each way of the demo terminal is called on the page.
_BEHAVIOURS: Mapping[str, str] = {
    "approve": "approves",
    "decline": "declines",
    "slow": "approves, late",
    "reply_lost": "charges, loses the reply",
    "approve_after_cancel": "beats a cancel",
    "offline": "answers nobody",
}
_MOST_EPCS = 500
_HOSTS = ["127.0.0.1", "localhost"]
_LOOK = Path(kiosk_ui.__file__).parent / "static"  # colours, type and buttons are the kiosk's own


def create_floor_app(parts: FloorParts) -> Flask:
    """Return the page's application."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    app.config["TRUSTED_HOSTS"] = _HOSTS
    _guard(app, parts.store_url)
    _add_page(app, parts)
    _add_wishes(app, parts)
    app.register_blueprint(floor_health(parts.processes))
    return app


def _guard(app: Flask, store_url: str) -> None:
    @app.before_request
    def _own_pages_only() -> None:
        origin = request.headers.get("Origin")
        if request.method == "POST" and origin is not None and origin != request.host_url.rstrip("/"):
            abort(403, "Only the floor's own page may do that.")

    @app.after_request
    def _nothing_from_elsewhere(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = (
            f"default-src 'self'; frame-src {store_url}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    @app.errorhandler(ApplianceError)
    def _said_plainly(error: ApplianceError) -> tuple[Response, int]:
        return jsonify({"error": str(error)}), 400 if isinstance(error, FloorError) else 409

    @app.errorhandler(HTTPException)
    def _said_as_json(error: HTTPException) -> tuple[Response, int]:
        return jsonify({"error": error.description}), error.code or 500


def _add_page(app: Flask, parts: FloorParts) -> None:
    @app.get("/")
    def page() -> str:
        first_of: dict[str, ShelfProduct] = {}
        for product in parts.products:
            first_of.setdefault(product.category, product)
        behaviours = {name: _BEHAVIOURS.get(name, name) for name in parts.behaviours}
        return render_template("floor.html", parts=parts, first_of=first_of, faults=_FAULTS, behaviours=behaviours)

    @app.get("/favicon.ico")
    def favicon() -> Response:
        return send_from_directory(_LOOK, "icon.svg", max_age=3600)

    @app.get("/look/<path:name>")
    def look(name: str) -> Response:
        return send_from_directory(_LOOK, name)

    known = frozenset(product.gtin for product in parts.products)

    @app.get("/goods/<gtin>.svg")
    def goods(gtin: str) -> Response:
        if gtin not in known:
            abort(404, "There is no such product.")
        svg = (parts.pictures / f"{gtin}.svg").read_text(encoding="utf-8")
        answer = Response(cut_out(svg), content_type="image/svg+xml")
        answer.cache_control.max_age = 3600
        return answer


def _add_wishes(app: Flask, parts: FloorParts) -> None:
    by_epc = {epc: product for product in parts.products for epc in product.epcs}
    touched = Touched()

    @app.get("/api/floor")
    def state() -> Response:
        return jsonify(floor_state(parts, by_epc, touched))

    @app.post("/api/move")
    def move() -> Response:
        wish = _object()
        place = Place.parse(str(wish.get("to")))
        if place.kind == "shelf":
            look_at_lanes(parts)  # a sale may have settled since the page last asked
        epcs = _epcs_of(wish, parts, place)
        if place.kind == "shelf":
            parts.floor.require_unsold(epcs)
        leaving = [by_epc[epc].gtin for epc in epcs if epc in by_epc and parts.floor.place_of(epc).kind == "shelf"]
        before = _available(parts, leaving if place.kind != "shelf" else [])
        parts.floor.put(epcs, place)
        touched.touch(before)
        return state()

    @app.post("/api/visit")
    def visit() -> Response:
        wish = _object()
        visitor = str(wish.get("visitor"))
        place = Place.parse(str(wish.get("to")))
        if visitor not in parts.visitors:
            raise FloorError(f"expected a visitor out of {', '.join(parts.visitors)}")
        epcs = list(parts.visitors[visitor])
        parts.floor.add(epcs, Place("home"))
        parts.floor.put(epcs, place)
        return state()

    @app.post("/api/undo")
    def undo() -> Response:
        look_at_lanes(parts)
        if not parts.floor.undo():
            raise FloorError("nothing was moved yet")
        return state()

    @app.post("/api/processes/<name>")
    def switch(name: str) -> Response:
        wish = _object().get("action")
        if wish == "kill":
            parts.processes.kill(name)
        elif wish in ("on", "off"):
            parts.processes.switch(name, wish == "on")
        else:
            raise FloorError("expected an action: on, off or kill")
        return state()

    @app.post("/api/terminal/<lane>")
    def behave(lane: str) -> Response:
        parts.terminal.behave(lane, str(_object().get("behaviour")))
        return state()

    @app.post("/api/faults/<lane>/<fault>")
    def fault(lane: str, fault: str) -> Response:
        on = _object().get("on")
        if fault not in _FAULTS or lane not in parts.floor.lanes() or not isinstance(on, bool):
            raise FloorError(f"expected a lane, a fault out of {', '.join(_FAULTS)}, and on as true or false")
        try:
            parts.faults(lane, fault, on)
        except requests.RequestException as error:
            raise FloorError(f"the reader of lane {lane} is off and has no faults to switch") from error
        return state()


def _object() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise FloorError("expected a JSON object")
    return body


def _available(parts: FloorParts, gtins: Iterable[str]) -> Mapping[str, int | None]:
    """Return what central has of each product; None where it does not answer."""
    wanted = list(dict.fromkeys(gtins))
    stock = parts.witness.stock(wanted) if wanted else {}
    return {gtin: found.available if (found := (stock or {}).get(gtin)) else None for gtin in wanted}


def _epcs_of(wish: Mapping[str, Any], parts: FloorParts, place: Place) -> list[str]:
    """Return the EPCs that a wish names: outright, all that lie at some places, or one item of a product.

    Of all that lies somewhere, a wish for the shelf means what may go there: what is not sold.

    Raises:
        FloorError: It names none of these, or what is not on the floor.
    """
    if (epcs := wish.get("epcs")) is not None:
        if not isinstance(epcs, list) or len(epcs) > _MOST_EPCS or not all(isinstance(epc, str) for epc in epcs):
            raise FloorError(f"expected epcs as a list of at most {_MOST_EPCS} texts")
        for epc in epcs:
            parts.floor.place_of(epc)
        return epcs
    if (origin := wish.get("all_of")) is not None:
        origins = [Place.parse(str(one)) for one in (origin if isinstance(origin, list) else [origin])]
        lying = [epc for there in origins for epc in parts.floor.lying(there.kind, there.lane)]
        unsold = [epc for epc in lying if not parts.floor.is_sold(epc)]
        return unsold if place.kind == "shelf" and unsold else lying
    gtin, on_sale = str(wish.get("gtin")), parts.floor.on_sale()
    for product in parts.products:
        if product.gtin == gtin:
            for epc in product.epcs:
                if epc in on_sale:
                    return [epc]
            raise FloorError(f"no {product.name} is left on the shelf")
    raise FloorError("expected epcs, all_of or the gtin of a product")
