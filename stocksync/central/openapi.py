"""What is built here, as an OpenAPI 3.1 document: EPCIS 2.0's own parts as the standard has them, and ours."""

from __future__ import annotations

from functools import cache
from typing import Any

from stocksync.central.query import FILTERS, SHORTHANDS

__all__ = ["openapi_document"]

_Json = dict[str, Any]

_TIME: _Json = {"type": "string", "format": "date-time"}
_COUNT: _Json = {"type": "integer", "minimum": 0}
_FROM_ONE: _Json = {"type": "integer", "minimum": 1}
_TEXT: _Json = {"type": "string"}
_URI: _Json = {"type": "string", "format": "uri"}
_LINKED: _Json = {"anyOf": [_URI, {"type": "object"}]}
_CONTEXT: _Json = {"anyOf": [_URI, {"type": "object"}, {"type": "array", "items": _LINKED, "uniqueItems": True}]}
_GTIN: _Json = {"type": "string", "pattern": r"^(\d{8}|\d{12,14})$", "examples": ["09506000134352"]}
_PROBLEM_WORDS = {
    400: "The request is not valid; nothing of it was done.",
    401: "A store's key is needed.",
    403: "The key may not do that.",
    404: "There is no such thing.",
    406: "Asked for what this server does not speak.",
    409: "It exists already.",
    413: "Too large; the headers say what the limits are.",
    414: "The address is too long.",
    415: "Content-Type or Content-Encoding is not supported.",
    503: "Too busy, or the database cannot be used; ask again later.",
}


@cache
def openapi_document() -> _Json:
    """Return the document; not to be changed."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tagtill central inventory",
            "version": "1",
            "description": "EPCIS 2.0 capture and query (GS1), and availability per product and site.",
            "license": {"name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"},
        },
        "paths": {**_capture_paths(), **_event_paths(), **_stock_paths(), **_receipt_paths(), **_operation_paths()},
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}, {}],
    }


def _capture_paths() -> _Json:
    behaviour = _parameter("GS1-Capture-Error-Behaviour", "header", {"enum": ["rollback", "proceed"]})
    created = {"description": "The job is finished and on disk.", "headers": _location()}
    listed = {"type": "array", "items": _ref("CaptureJob")}
    return {
        "/capture": {
            "options": _operation("What a capture may hold", {204: _headed("Limits, as headers.")}),
            "post": _operation(
                "Store a document's events",
                {202: created, **_problems(400, 401, 403, 406, 413, 415, 503)},
                parameters=[behaviour],
                body=_ref("EPCISDocument"),
            ),
            "get": _operation(
                "Capture jobs, newest first",
                {200: _json("One page of jobs.", listed), **_problems(400, 401, 406, 503)},
                parameters=_paging(),
            ),
        },
        "/capture/{captureID}": {
            "get": _operation(
                "One capture job",
                {200: _json("The job.", _ref("CaptureJob")), **_problems(401, 404, 406, 503)},
                parameters=[_in_path("captureID", _TEXT)],
            )
        },
    }


def _event_paths() -> _Json:
    query = _json("The events.", _ref("EPCISQueryDocument"))
    created = {**_json("The event as stored.", {"type": "object"}), "headers": _location()}
    limits = ("eventCountLimit", "maxEventCount")
    filters = [_parameter(name, "query", _TEXT if name not in limits else _FROM_ONE) for name in FILTERS]
    return {
        "/events": {
            "post": _operation(
                "Store one event",
                {201: created, **_problems(400, 401, 403, 406, 409, 413, 415, 503)},
                body=_ref("EPCISEvent"),
            ),
            "get": _operation(
                "Events that match every filter; values of one filter are separated by |",
                {200: query, **_problems(400, 401, 406, 413, 414, 503)},
                parameters=[*filters, *_paging()],
            ),
        },
        "/events/{eventID}": {
            "get": _operation(
                "One event, and the error declaration that takes it back",
                {200: query, **_problems(401, 404, 406, 414, 503)},
                parameters=[_in_path("eventID", _TEXT)],
            )
        },
        **{f"/{resource}/{{value}}/events": {"get": _shorthand(name, query)} for resource, name in SHORTHANDS.items()},
    }


def _shorthand(name: str, answer: _Json) -> _Json:
    others = [_parameter(each, "query", _TEXT) for each in ("EQ_action", "GE_eventTime", "orderBy") if each != name]
    return _operation(
        f"The events of {name}; every other filter of /events holds too",
        {200: answer, **_problems(400, 401, 404, 406, 414, 503)},
        parameters=[_in_path("value", _TEXT), *others, *_paging()],
    )


def _stock_paths() -> _Json:
    items = {"type": "array", "items": _ref("Availability")}
    of_product = {
        "type": "object",
        "properties": {"gtin": _TEXT, "locations": items},
        "required": ["gtin", "locations"],
    }
    of_many = {"type": "object", "properties": {"items": items}, "required": ["items"]}
    some = [
        _parameter("gtins", "query", _TEXT, "GTINs with commas between; all where absent."),
        _parameter("locations", "query", _TEXT, "GLNs or their Digital Links with commas between; all where absent."),
    ]
    page = {
        "type": "object",
        "properties": {
            "items": {"type": "array", "items": _ref("ExceptionRecord")},
            "next": {"type": ["integer", "null"]},
        },
        "required": ["items", "next"],
    }
    change = {
        "type": "object",
        "properties": {"event": {"enum": ["snapshot", "availability"]}, "data": _TEXT, "id": _TEXT},
    }
    after = _parameter("after", "query", {"type": "integer", "minimum": 0})
    return {
        "/availability/{gtin}": {
            "get": _operation(
                "What may be promised of one product, per site",
                {
                    200: _json("Its sites; none if unknown.", of_product),
                    **_problems(400, 401, 404, 406, 503),
                },
                parameters=[_in_path("gtin", _GTIN)],
            )
        },
        "/availability": {
            "get": _operation(
                "What may be promised of several products",
                {200: _json("The levels.", of_many), **_problems(400, 401, 406, 414, 503)},
                parameters=some,
            )
        },
        "/changes": {
            "get": _operation(
                "Availability as it changes: server-sent events `snapshot` and `availability`",
                {
                    200: {"description": "A stream.", "content": {"text/event-stream": {"schema": change}}},
                    **_problems(400, 401, 414, 503),
                },
                parameters=[*some, _parameter("Last-Event-ID", "header", _TEXT)],
            )
        },
        "/tags/{epc}": {
            "get": _operation(
                "What is believed of one item",
                {200: _json("The belief.", _ref("TagBelief")), **_problems(401, 404, 406, 414, 503)},
                parameters=[_in_path("epc", _TEXT)],
            )
        },
        "/exceptions": {
            "get": _operation(
                "Contradictions for people to look at, oldest first",
                {200: _json("One page.", page), **_problems(400, 401, 406, 503)},
                parameters=[after, _paging()[0]],
            )
        },
    }


def _receipt_paths() -> _Json:
    token = _in_path("token", {"type": "string", "pattern": "^[A-Za-z0-9_-]{22,128}$"})
    page = {"text/html": {"schema": _TEXT}, "application/json": {"schema": _ref("Receipt")}}
    none = {"text/html": {"schema": _TEXT}, "application/problem+json": {"schema": _ref("Problem")}}
    return {
        "/receipts/{token}": {
            "put": _operation(
                "Lay down a receipt",
                {204: {"description": "It is there."}, **_problems(400, 401, 404, 409, 413, 415, 503)},
                parameters=[token],
                body=_ref("Receipt"),
            ),
            "get": _operation(
                "A receipt, as a page or as JSON",
                {
                    200: {"description": "The receipt.", "content": page},
                    404: {"description": "None, or not any more.", "content": none},
                    **_problems(503),
                },
                parameters=[token],
            ),
        }
    }


def _operation_paths() -> _Json:
    state = {"type": "object", "additionalProperties": {"type": "boolean"}}
    return {
        "/healthz": {"get": _operation("Does the process live", {200: _json("It does.", state), **_problems(406)})},
        "/readyz": {
            "get": _operation(
                "Can it serve", {200: _json("It can.", state), 503: _json("It cannot.", state), **_problems(406)}
            )
        },
        "/metrics": {
            "get": _operation(
                "Figures for Prometheus",
                {200: {"description": "Figures.", "content": {"text/plain": {"schema": _TEXT}}}},
            )
        },
    }


def _schemas() -> _Json:
    place = {"type": "object", "properties": {"id": _URI}, "required": ["id"]}
    event: _Json = {
        "description": "An EPCIS 2.0 event; GS1's own schema says all of it.",
        "type": "object",
        "properties": {
            "@context": _CONTEXT,
            "type": {"enum": ["ObjectEvent", "AggregationEvent", "TransactionEvent"]},
            "eventID": _URI,
            "eventTime": _TIME,
            "eventTimeZoneOffset": {"type": "string", "pattern": r"^[+-](0\d|1[0-3]):[0-5]\d$"},
            "action": {"enum": ["OBSERVE", "ADD", "DELETE"]},
            "epcList": {"type": "array", "items": _URI, "uniqueItems": True},
            "readPoint": place,
            "bizLocation": place,
        },
        "required": ["type", "eventTime", "eventTimeZoneOffset", "action", "epcList"],
    }
    alone = {**event, "required": ["@context", *event["required"]]}
    body = {
        "type": "object",
        "properties": {"eventList": {"type": "array", "items": event}},
        "required": ["eventList"],
    }
    document = {
        "type": "object",
        "properties": {
            "@context": _CONTEXT,
            "type": {"const": "EPCISDocument"},
            "schemaVersion": {"const": "2.0"},
            "creationDate": _TIME,
            "epcisBody": body,
        },
        "required": ["@context", "type", "schemaVersion", "creationDate", "epcisBody"],
    }
    answer = {
        "type": "object",
        "properties": {"@context": {"type": "array"}, "type": {"const": "EPCISQueryDocument"}, "creationDate": _TIME},
        "required": ["@context", "type", "schemaVersion", "creationDate", "epcisBody"],
    }
    return {
        "EPCISEvent": alone,
        "EPCISDocument": document,
        "EPCISQueryDocument": answer,
        "CaptureJob": _job_schema(),
        "Problem": _problem_schema(),
        **_own_schemas(),
    }


def _job_schema() -> _Json:
    return _object(
        {
            "captureID": _TEXT,
            "createdAt": _TIME,
            "finishedAt": _TIME,
            "running": {"type": "boolean"},
            "success": {"type": "boolean"},
            "captureErrorBehaviour": {"enum": ["rollback", "proceed"]},
            "errors": {"type": "array", "items": _ref("Problem")},
        }
    )


def _problem_schema() -> _Json:
    return {
        "type": "object",
        "properties": {
            "type": _TEXT,
            "title": _TEXT,
            "status": {"type": "integer"},
            "detail": _TEXT,
            "conflict": {"type": "boolean"},  # of a 409: something else has that identity, this event is not here
        },
        "required": ["type", "title", "status", "detail"],
    }


def _own_schemas() -> _Json:
    figures = dict.fromkeys(("on_hand", "reserved", "safety", "uncertain", "available"), _COUNT)
    maybe_text = {"type": ["string", "null"]}
    minor = {"type": "integer", "minimum": -(10**12), "maximum": 10**12}
    name = {"type": "string", "maxLength": 200}
    line = {"type": "object", "properties": {"name": name, "gross_minor": minor}, "required": ["name", "gross_minor"]}
    return {
        "Availability": _object(
            {"gtin": _TEXT, "location": _TEXT, **figures, "as_of": _TIME, "age_s": {"type": "number", "minimum": 0}}
        ),
        "TagBelief": _object(
            {
                "epc": _TEXT,
                "standing": {"enum": ["unknown", "in_stock", "held", "sold", "away", "ended"]},
                "location": maybe_text,
                "uncertain": {"type": "boolean"},
                "hlc": _TEXT,
            }
        ),
        "ExceptionRecord": _object(
            {
                "number": _COUNT,
                "kind": _TEXT,
                "eventID": _TEXT,
                "epc": maybe_text,
                "detail": _TEXT,
                "noticed_at": _TIME,
            }
        ),
        "Receipt": {
            "type": "object",
            "properties": {
                "number": {"type": "string", "minLength": 1, "maxLength": 80},
                "issued_utc": _TIME,
                "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
                "total_minor": minor,
                "lines": {"type": "array", "items": line, "maxItems": 1000},
            },
            "required": ["number", "issued_utc", "currency", "total_minor", "lines"],
        },
    }


def _object(properties: _Json) -> _Json:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _ref(name: str) -> _Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _operation(
    summary: str, responses: dict[int, _Json], *, parameters: list[_Json] | None = None, body: _Json | None = None
) -> _Json:
    operation: _Json = {"summary": summary, "responses": {str(status): each for status, each in responses.items()}}
    if parameters:
        operation["parameters"] = parameters
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return operation


def _parameter(name: str, where: str, schema: _Json, description: str = "") -> _Json:
    words = {"description": description} if description else {}
    return {"name": name, "in": where, "required": False, "schema": schema, **words}


def _in_path(name: str, schema: _Json) -> _Json:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _paging() -> list[_Json]:
    return [
        _parameter("perPage", "query", {"type": "integer", "minimum": 1, "default": 30}, "At most 1,000 are given."),
        _parameter("nextPageToken", "query", _TEXT, "From the Link header of the page before."),
    ]


def _json(description: str, schema: _Json) -> _Json:
    kinds = ("application/json", "application/ld+json")
    return {"description": description, "content": {kind: {"schema": schema} for kind in kinds}}


def _headed(description: str) -> _Json:
    limit = {"schema": {"type": "integer"}}
    names = ("GS1-EPCIS-Capture-Limit", "GS1-EPCIS-Capture-File-Size-Limit")
    return {"description": description, "headers": dict.fromkeys(names, limit)}


def _location() -> _Json:
    return {"Location": {"schema": _TEXT, "required": True}}


def _problems(*statuses: int) -> dict[int, _Json]:
    content = {"application/problem+json": {"schema": _ref("Problem")}}
    return {status: {"description": _PROBLEM_WORDS[status], "content": content} for status in statuses}
