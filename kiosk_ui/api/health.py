"""Whether the process lives, and whether shoppers can be served."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response

from checkout.view import LaneView, Stage
from kiosk_ui.api.answers import json_of
from kiosk_ui.settings import ShopParts
from kiosk_ui.shapes import Health, Readiness

__all__ = ["health_blueprint"]


def health_blueprint(parts: ShopParts) -> Blueprint:
    """Return `/healthz` and `/readyz`. Central does not count: nothing needs it to sell."""
    api = Blueprint("health", __name__)

    @api.get("/healthz")
    def healthz() -> Response:
        return json_of(Health(status="ok"))

    @api.get("/readyz")
    def readyz() -> Response:
        problems = [text for name, lane in parts.lanes.items() for text in _against(name, lane.view())]
        problems += [f"{name}: {wrong}" for name, check in parts.checks.items() if (wrong := check()) is not None]
        return json_of(Readiness(ready=not problems, problems=problems), 503 if problems else 200)

    return api


def _against(name: str, view: LaneView) -> Iterator[str]:
    if not view.reader_up:
        yield f"lane {name}: the reader is down"
    if not view.terminal_up:
        yield f"lane {name}: the terminal does not answer"
    if view.stage is Stage.CLOSED:
        yield f"lane {name}: closed"
