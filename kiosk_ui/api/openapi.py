"""The OpenAPI 3.1 document of all JSON of the store service, made of the shapes that answers are made of."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import orjson
from flask import Blueprint, Response
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from kiosk_ui import shapes
from kiosk_ui.problems import PROBLEM_TYPE
from kiosk_ui.settings import UiSettings

__all__ = ["openapi_blueprint", "openapi_document"]

_REF = "#/components/schemas/{model}"
_LANE = {
    "name": "lane",
    "in": "path",
    "required": True,
    "description": "The lane's name",
    "schema": {"type": "string", "minLength": 1, "pattern": "^[^/]+$"},
}
_REVISION = {
    "name": "rev",
    "in": "query",
    "required": False,
    "description": "The revision that is known already; 204 says that it is still the latest.",
    "schema": {"type": "string"},
}
# path, method, what it does, body, answer, further statuses
_Said = type[BaseModel] | Mapping[str, type[BaseModel]]
_Row = tuple[str, str, str, type[BaseModel] | None, _Said, tuple[int, ...]]
# what each event of a stream carries
_LANE_EVENTS = {"lane": shapes.LaneSnapshot}
_SHOP_EVENTS: dict[str, type[BaseModel]] = {
    "snapshot": shapes.Availability,
    "availability": shapes.ItemStock,
    "central": shapes.CentralState,
}
_ROWS: tuple[_Row, ...] = (
    ("/api/lanes/{lane}", "get", "The lane as it is", None, shapes.LaneSnapshot, (204, 404)),
    ("/api/lanes/{lane}/events", "get", "The lane as it changes", None, _LANE_EVENTS, (404, 503)),
    ("/api/lanes/{lane}/pay", "post", "Arm the terminal for a quote", shapes.PayRequest, shapes.LaneSnapshot, (404,)),
    ("/api/lanes/{lane}/cancel", "post", "Ask the terminal to stop", None, shapes.LaneSnapshot, (404,)),
    ("/api/lanes/{lane}/back", "post", "Back to the basket", None, shapes.LaneSnapshot, (404,)),
    ("/api/lanes/{lane}/finish", "post", "Done with the receipt", None, shapes.LaneSnapshot, (404,)),
    ("/api/lanes/{lane}/help", "post", "Call staff", shapes.HelpRequest, shapes.LaneSnapshot, (404,)),
    ("/api/shop/products", "get", "Every product", None, shapes.Products, ()),
    ("/api/shop/availability", "get", "What is in the store", None, shapes.Availability, ()),
    ("/api/shop/events", "get", "What changes in the store", None, _SHOP_EVENTS, (503,)),
    ("/api/staff/overview", "get", "The box at a glance", None, shapes.Overview, ()),
    ("/api/staff/sales", "get", "The latest sales", None, shapes.Sales, ()),
    ("/api/staff/stocktake", "get", "The latest stocktake", None, shapes.StocktakeAnswer, ()),
    ("/api/staff/stocktake/start", "post", "Begin a sweep", shapes.StartRequest, shapes.StocktakeAnswer, (409,)),
    ("/api/staff/stocktake/finish", "post", "End the sweep", None, shapes.StocktakeAnswer, (409,)),
    (
        "/api/staff/lanes/{lane}/resolve",
        "post",
        "Decide an unknown payment",
        shapes.ResolveRequest,
        shapes.LaneSnapshot,
        (404, 409),
    ),
    ("/healthz", "get", "The process lives", None, shapes.Health, ()),
    ("/readyz", "get", "Whether shoppers can be served", None, shapes.Readiness, (503,)),
)
_SAYS = {
    204: "Nothing newer",
    400: "The request cannot be understood",
    401: "The staff PIN is needed",
    403: "From a page or under a name that is not ours, or staff's and not from this machine",
    404: "No such lane",
    409: "Does not fit what is going on now",
    413: "The body is too big",
    415: "The body is not JSON",
    422: "The body does not fit",
    500: "Our fault; it is in the log",
    503: "Not now",
}


def openapi_document(settings: UiSettings, *, has_pin: bool) -> dict[str, Any]:
    """Return the document; with a staff PIN, staff paths need the session cookie."""
    models = [getattr(shapes, name) for name in shapes.__all__]
    schemas = models_json_schema([(model, "serialization") for model in models], ref_template=_REF)[1]["$defs"]
    paths: dict[str, dict[str, Any]] = {}
    for path, method, text, body, answer, statuses in _ROWS:
        paths.setdefault(path, {})[method] = _operation(path, text, body, answer, statuses, has_pin=has_pin)
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": f"Tagtill store service of {settings.shop}",
            "version": version("tagtill"),
            "description": "Amounts are in minor units of the currency beside them.",
        },
        "paths": paths,
        "components": {"schemas": schemas},
    }
    if has_pin:
        cookie = {"type": "apiKey", "in": "cookie", "name": "tagtill_staff"}
        document["components"]["securitySchemes"] = {"staff": cookie}
    return document


def _operation(
    path: str,
    text: str,
    body: type[BaseModel] | None,
    answer: _Said,
    statuses: tuple[int, ...],
    *,
    has_pin: bool,
) -> dict[str, Any]:
    is_staff = path.startswith("/api/staff/")
    also = {400, 403, *statuses}
    if is_staff and has_pin:
        also |= {401}
    if body is not None:
        also |= {413, 415, 422}
    operation: dict[str, Any] = {
        "summary": text,
        "parameters": [_LANE] if "{lane}" in path else [],
        "responses": {"200": _answer(answer)} | {str(status): _other(path, status) for status in sorted(also)},
    }
    if path == "/api/lanes/{lane}":
        operation["parameters"] = [_LANE, _REVISION]
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(body)}}}
    if is_staff and has_pin:
        operation["security"] = [{"staff": []}]
    return operation


def _answer(answer: _Said) -> dict[str, Any]:
    if isinstance(answer, type):
        return {"description": "As asked", "content": {"application/json": {"schema": _ref(answer)}}}
    return {"description": "A live stream", "content": {"text/event-stream": {"schema": _events(answer)}}}


def _events(bodies: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """Return the schema of one event; JSON bodies travel as the text of `data` (WHATWG HTML 9.2)."""
    return {
        "type": "object",
        "description": "One event of the stream",
        "properties": {
            "event": {"enum": list(bodies)},
            "id": {"type": "string"},
            "data": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": {"oneOf": [_ref(body) for body in bodies.values()]},
            },
        },
        "required": ["event", "data"],
    }


def _other(path: str, status: int) -> dict[str, Any]:
    if status == 204:
        return {"description": _SAYS[status]}
    if path == "/readyz":
        return _answer(shapes.Readiness) | {"description": _SAYS[status]}
    return {"description": _SAYS[status], "content": {PROBLEM_TYPE: {"schema": _ref(shapes.Problem)}}}


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


def openapi_blueprint(settings: UiSettings, *, has_pin: bool) -> Blueprint:
    """Return `/api/openapi.json`."""
    api = Blueprint("openapi", __name__)
    document = orjson.dumps(openapi_document(settings, has_pin=has_pin), option=orjson.OPT_INDENT_2)

    @api.get("/api/openapi.json")
    def openapi() -> Response:
        return Response(document, content_type="application/json")

    return api
