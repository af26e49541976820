"""EPCIS 2.0's query interface: GET /events and the resources that are shorthands for one filter of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, request

from stocksync.central.documents import query_document
from stocksync.central.model import StoredEvent
from stocksync.central.parts import CentralParts, json_answer, parameters_of
from stocksync.central.problems import ProblemError
from stocksync.central.query import SHORTHANDS, EventQuery, PageMark, mark_of_token, query_of, size_of, token_of

__all__ = ["events_blueprint"]


def events_blueprint(parts: CentralParts) -> Blueprint:
    """Return the routes of the query interface."""
    routes = Blueprint("events", __name__)

    @routes.get("/events")
    def events() -> Response:
        return _page(parts, {})

    @routes.get("/events/<path:event_id>")
    def event(event_id: str) -> Response:
        parts.let_read()
        parts.check_versions()
        query = EventQuery(equals={"event_id": frozenset((event_id,))})
        found = parts.storage.events(query, None, 2)  # the event, and the declaration that takes it back
        if not found:
            raise ProblemError(404, "there is no such event")
        return json_answer(query_document(found, parts.clock.utc_us()))

    @routes.get(f"/<any({', '.join(SHORTHANDS)}):resource>/<path:value>/events")
    def shorthand(resource: str, value: str) -> Response:
        return _page(parts, {SHORTHANDS[resource]: value})

    @routes.route("/events", methods=["OPTIONS"])
    def options() -> Response:
        return parts.discovery("OPTIONS, GET, POST")

    @routes.route("/events/<path:event_id>", methods=["OPTIONS"])
    def event_options(event_id: str) -> Response:  # noqa: ARG001 - Flask passes what the path holds
        return parts.discovery("OPTIONS, GET")

    @routes.route(f"/<any({', '.join(SHORTHANDS)}):resource>/<path:value>/events", methods=["OPTIONS"])
    def shorthand_options(resource: str, value: str) -> Response:  # noqa: ARG001 - as above
        return parts.discovery("OPTIONS, GET")

    return routes


def _page(parts: CentralParts, stated: Mapping[str, str]) -> Response:
    parts.let_read()
    parts.check_versions()
    parameters = parameters_of(stated)
    query, size, mark = query_of(parameters), size_of(parameters), mark_of_token(parameters)
    if query.most is not None and parts.storage.count(query, query.most + 1) > query.most:
        raise ProblemError(413, f"more than {query.most} events match", kind="QueryTooLargeException")
    given = mark.given if mark is not None else 0
    left = size if query.limit is None else min(size, query.limit - given)
    # One more than is shown says whether there is another page.
    found = parts.storage.events(query, mark, left + 1) if left > 0 else []
    shown = found[: max(0, left)]
    is_last = len(found) <= left or query.limit == given + left
    headers = {} if is_last else {"Link": _next_link(query, parameters, stated, shown[-1], given + left)}
    return json_answer(query_document(shown, parts.clock.utc_us()), headers=headers)


def _next_link(
    query: EventQuery,
    parameters: Mapping[str, Sequence[str]],
    stated: Mapping[str, str],
    last: StoredEvent,
    given: int,
) -> str:
    value: Any = getattr(last, query.order) if query.order else last.number
    token = token_of(parameters, PageMark(value, last.number, given))
    kept = [(name, text) for name, texts in parameters.items() if name not in stated for text in texts]
    query_text = urlencode([pair for pair in kept if pair[0] != "nextPageToken"] + [("nextPageToken", token)])
    return f'<{request.host_url.rstrip("/")}{quote(request.path)}?{query_text}>; rel="next"'
