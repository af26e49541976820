"""The virtual shop floor's page and its JSON, on loopback, in the demo only.

It lives with the supervisor, not in the store service, so that it can switch that one off too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from flask import Flask, Response, abort, jsonify, render_template, request, send_from_directory

from appliance.demo.floor import FloorError, Place, VirtualFloor
from appliance.demo.processes import ProcessGroup
from appliance.errors import ApplianceError

__all__ = ["FloorParts", "ShelfProduct", "create_floor_app"]

_FAULTS = ("silence", "slow", "refuse", "mid_frame", "antenna_gone", "reboot")
_MOST_EPCS = 500


@dataclass(frozen=True, slots=True)
class ShelfProduct:
    """A product as its shelf shows it. ``epcs``: every item of it that this shop ever had."""

    gtin: str
    name: str
    detail: str
    category: str
    price: str  # ready to show
    epcs: tuple[str, ...]


class TerminalSwitch(Protocol):
    """Sets how a demo terminal behaves."""

    def behave(self, lane: str, behaviour: str) -> None:
        """Raises ApplianceError where the terminal is off or knows no such behaviour."""

    def behaviour(self, lane: str) -> str | None:
        """Return the behaviour, or None where the terminal is off."""


@dataclass(frozen=True, slots=True)
class FloorParts:
    """What the page needs. ``visitors``: what other people bring, by name: EPCs that are not this shop's goods."""

    shop_name: str
    floor: VirtualFloor
    products: Sequence[ShelfProduct]
    processes: ProcessGroup
    terminal: TerminalSwitch
    behaviours: Sequence[str]
    faults: Callable[[str, str, bool], None]  # lane, fault, on
    visitors: Mapping[str, Sequence[str]]
    pictures: Path
    store_url: str


def create_floor_app(parts: FloorParts) -> Flask:
    """Return the page's application."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    by_epc = {epc: product for product in parts.products for epc in product.epcs}

    @app.before_request
    def _own_pages_only() -> None:
        origin = request.headers.get("Origin")
        if request.method == "POST" and origin is not None and origin != request.host_url.rstrip("/"):
            abort(403)

    @app.after_request
    def _nothing_from_elsewhere(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = (
            f"default-src 'self'; frame-src {parts.store_url}; frame-ancestors 'none'; base-uri 'none'"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    @app.errorhandler(ApplianceError)
    def _said_plainly(error: ApplianceError) -> tuple[Response, int]:
        return jsonify({"error": str(error)}), 400 if isinstance(error, FloorError) else 409

    @app.get("/")
    def page() -> str:
        categories = list(dict.fromkeys(product.category for product in parts.products))
        return render_template("floor.html", parts=parts, categories=categories, faults=_FAULTS)

    @app.get("/pictures/<path:name>")
    def picture(name: str) -> Response:
        return send_from_directory(parts.pictures, name, mimetype="image/svg+xml", max_age=3600)

    @app.get("/api/floor")
    def state() -> Response:
        return jsonify(_state_of(parts, by_epc))

    @app.post("/api/move")
    def move() -> Response:
        wish = _object()
        place = Place.parse(str(wish.get("to")))
        parts.floor.put(_epcs_of(wish, parts, place), place)
        return state()

    @app.post("/api/visit")
    def visit() -> Response:
        wish = _object()
        visitor = str(wish.get("visitor"))
        if visitor not in parts.visitors:
            raise FloorError(f"expected a visitor out of {', '.join(parts.visitors)}")
        epcs = list(parts.visitors[visitor])
        parts.floor.add(epcs, Place("home"))
        parts.floor.put(epcs, Place.parse(str(wish.get("to"))))
        return state()

    @app.post("/api/undo")
    def undo() -> Response:
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
        if fault not in _FAULTS or lane not in parts.floor.lanes():
            raise FloorError(f"expected a lane and a fault out of {', '.join(_FAULTS)}")
        parts.faults(lane, fault, bool(_object().get("on")))
        return state()

    return app


def _object() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise FloorError("expected a JSON object")
    return body


def _epcs_of(wish: Mapping[str, Any], parts: FloorParts, place: Place) -> list[str]:
    """Return the EPCs that a wish names: outright, all that lie somewhere, or one item of a product."""
    if (epcs := wish.get("epcs")) is not None:
        if not isinstance(epcs, list) or len(epcs) > _MOST_EPCS or not all(isinstance(epc, str) for epc in epcs):
            raise FloorError(f"expected epcs as a list of at most {_MOST_EPCS} texts")
        return epcs
    if (origin := wish.get("all_of")) is not None:
        there = Place.parse(str(origin))
        return parts.floor.lying(there.kind, there.lane)
    gtin = str(wish.get("gtin"))
    for product in parts.products:
        if product.gtin == gtin:
            for epc in product.epcs:
                if parts.floor.place_of(epc).kind == "shelf":
                    return [epc]
            raise FloorError(f"no {product.name} is left on the shelf")
    raise FloorError(f"expected epcs, all_of or the gtin of a product, to move to {place}")


def _state_of(parts: FloorParts, by_epc: Mapping[str, ShelfProduct]) -> dict[str, Any]:
    floor = parts.floor

    def shown(epc: str) -> dict[str, Any]:
        product = by_epc.get(epc)
        return {
            "epc": epc,
            "gtin": product.gtin if product else None,
            "name": product.name if product else "not of this shop",
            "detail": product.detail if product else "",
        }

    on_shelf = set(floor.lying("shelf"))
    return {
        "revision": floor.revision,
        "left": {product.gtin: sum(epc in on_shelf for epc in product.epcs) for product in parts.products},
        "lanes": [
            {
                "lane": lane,
                "behaviour": parts.terminal.behaviour(lane),
                **{kind: [shown(epc) for epc in floor.lying(kind, lane)] for kind in ("pad", "passing", "pocket")},
            }
            for lane in floor.lanes()
        ],
        "taken": len(floor.lying("home")),
        "processes": [
            {"name": name, "state": parts.processes.state(name), "starts": parts.processes.starts(name)}
            for name in parts.processes.names()
        ],
    }
