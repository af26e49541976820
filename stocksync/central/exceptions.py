"""Contradictions for people to look at: GET /exceptions."""

from __future__ import annotations

from flask import Blueprint, Response

from stocksync.central.parts import CentralParts, json_answer, moment_text, parameters_of
from stocksync.central.problems import ProblemError
from stocksync.central.query import size_of

__all__ = ["exceptions_blueprint"]


def exceptions_blueprint(parts: CentralParts) -> Blueprint:
    """Return the route of the list, oldest first; `next` goes into `after` for the following page."""
    routes = Blueprint("exceptions", __name__)

    @routes.get("/exceptions")
    def exceptions() -> Response:
        parts.author()
        parameters = parameters_of()
        if unknown := set(parameters) - {"after", "perPage"}:
            raise ProblemError(400, f"{min(unknown)[:60]}: no parameter of this", kind="QueryParameterException")
        after = parameters.get("after", ["0"])[0]
        if not (after.isascii() and after.isdigit() and len(after) < 19):
            raise ProblemError(400, "after: expected the `next` of another page", kind="QueryParameterException")
        size = size_of(parameters)
        found = parts.storage.exceptions(int(after), size + 1)
        items = [
            {
                "number": record.number,
                "kind": record.kind.value,
                "eventID": record.event_id,
                "epc": record.tag,
                "detail": record.detail,
                "noticed_at": moment_text(record.noticed_us),
            }
            for record in found[:size]
        ]
        return json_answer({"items": items, "next": found[size - 1].number if len(found) > size else None})

    return routes
