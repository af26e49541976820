"""The Flask application of the central inventory, and its way of saying no to everything."""

from __future__ import annotations

import os
import traceback

import orjson
import structlog
from flask import Flask, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from werkzeug.exceptions import HTTPException

from reader.host_clock import HostClock
from reader.port import Clock
from stocksync.central.availability import availability_blueprint
from stocksync.central.capture import capture_blueprint
from stocksync.central.changes import changes_blueprint
from stocksync.central.events import events_blueprint
from stocksync.central.exceptions import exceptions_blueprint
from stocksync.central.keys import KeyRing
from stocksync.central.metrics import CentralMetrics
from stocksync.central.openapi import openapi_document
from stocksync.central.parts import CentralParts, json_answer
from stocksync.central.problems import ProblemError, problem_of
from stocksync.central.receipts import receipts_blueprint
from stocksync.central.settings import CentralSettings
from stocksync.central.storage.port import CentralStorage
from stocksync.central.storage.sqlite import SqliteCentralStorage
from stocksync.central.storage.writer import CentralStorageError

__all__ = ["PARTS", "create_app"]

log = structlog.get_logger()

PARTS = "tagtill.central"  # where the application keeps its `CentralParts` among Flask's extensions
_LONGEST_ADDRESS = 16_384  # octets of path and query; a query of 2,000 values is better asked in parts


def create_app(
    settings: CentralSettings, *, clock: Clock | None = None, storage: CentralStorage | None = None
) -> Flask:
    """Return the application. Who made it closes ``app.extensions[PARTS].storage`` in the end.

    clock: the host's where None. storage: by default the SQLite file that ``settings`` name, opened or created.

    Raises:
        CentralStorageError: The database cannot be opened.
    """
    if storage is None:
        storage = SqliteCentralStorage(settings.database, round(settings.ahead_s * 1e6))
    keys = KeyRing(settings.keys)
    parts = CentralParts(settings, storage, clock or HostClock(), os.urandom, keys, CentralMetrics())
    app = Flask(__name__, static_folder=None)
    app.extensions[PARTS] = parts
    # An id in a path may be a URI, and its // is not ours to tidy.
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False  # where the standard asks for OPTIONS, it says more than Allow
    for blueprint in (
        capture_blueprint,
        events_blueprint,
        availability_blueprint,
        changes_blueprint,
        exceptions_blueprint,
        receipts_blueprint,
    ):
        app.register_blueprint(blueprint(parts))
    _add_operation(app, parts)
    _add_refusals(app, parts)
    return app


def _add_operation(app: Flask, parts: CentralParts) -> None:
    @app.get("/healthz")
    def healthz() -> Response:
        return json_answer({"alive": True})

    @app.get("/readyz")
    def readyz() -> Response:
        try:
            parts.storage.levels((), ())
        except CentralStorageError:
            return json_answer({"storage": False}, 503)
        return json_answer({"storage": True})

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(parts.metrics.registry), content_type=CONTENT_TYPE_LATEST)

    @app.get("/openapi.json")
    def openapi() -> Response:
        return json_answer(openapi_document())


def _add_refusals(app: Flask, parts: CentralParts) -> None:
    def answered(status: int, body: dict[str, object], headers: dict[str, str]) -> Response:
        parts.metrics.refused.labels(str(status)).inc()
        return Response(orjson.dumps(body), status, headers, content_type="application/problem+json")

    @app.before_request
    def refuse_long_addresses() -> None:
        if len(request.query_string) + len(request.path) > _LONGEST_ADDRESS:
            raise ProblemError(414, f"path and query have more than {_LONGEST_ADDRESS} characters")

    @app.errorhandler(ProblemError)
    def problem(error: ProblemError) -> Response:
        return answered(error.status, error.body(), error.headers)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        status = error.code or 500
        headers = {name: value for name, value in error.get_headers() if name not in ("Content-Type", "Content-Length")}
        return answered(status, problem_of(status, error.description or ""), headers)

    @app.errorhandler(CentralStorageError)
    def storage_error(error: CentralStorageError) -> Response:
        log.error("central.storage_failed", error=str(error))
        detail = "the database cannot be used just now; nothing of the request was stored"
        return answered(503, problem_of(503, detail), {"Retry-After": "5"})

    @app.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        # The trace as text: a pretty one would print the locals, and with them bodies and keys.
        trace = "".join(traceback.format_exception(error))
        log.error("central.failed", path=request.path, error=repr(error), trace=trace)
        return answered(500, problem_of(500, "a fault of ours; it was logged"), {})
