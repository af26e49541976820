"""EPCIS 2.0's capture interface: POST /capture with its jobs, POST /events.

1. A document that is wrong as a whole is refused (400). One event that is wrong refuses all under `rollback`; under
   `proceed` the others are stored and it is told in the job, so that one poison event never stalls a store.
2. The job is finished, and on disk, before 202 is said: whoever asks for it at once has his answer.
3. A duplicate in a job is a success: a re-send after a lost answer must end well. POST /events says 409, as the
   standard asks. A conflict (same identity, other content) is a 409 too; its member `conflict` says that the event is
   not here, so that its sender does not take it for delivered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request

from stocksync.central.documents import event_alone
from stocksync.central.intake import EventError, added_context, captured
from stocksync.central.model import Behaviour, CaptureBatch, CapturedEvent, CaptureJob, CaptureOutcome, Verdict
from stocksync.central.parts import CentralParts, json_answer, moment_text, parameters_of
from stocksync.central.problems import ProblemError, problem_of
from stocksync.central.query import size_of
from stocksync.epcis.validation import problems_of_document, problems_of_event

__all__ = ["capture_blueprint"]

_LISTS = {
    "EPCISDocument": ("epcisBody", "eventList"),
    "EPCISQueryDocument": ("epcisBody", "queryResults", "resultsBody", "eventList"),
}
_JOB_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOST_TOLD = 100  # problems in one answer


def capture_blueprint(parts: CentralParts) -> Blueprint:
    """Return the routes of the capture interface."""
    routes = Blueprint("capture", __name__)

    @routes.route("/capture", methods=["OPTIONS"])
    def options() -> Response:
        return parts.discovery("OPTIONS, POST, GET", {**parts.limits(), "GS1-Capture-Error-Behaviour": "all"})

    @routes.post("/capture")
    def capture() -> Response:
        parts.check_versions()
        author = parts.author()
        behaviour = _behaviour()
        with parts.metrics.capture_seconds.time():
            document = parts.body()
            batch = _batch_of(parts, document, author, behaviour)
            _count(parts, parts.storage.capture(batch))
        return Response(status=202, headers={"Location": f"/capture/{batch.job_id}"})

    @routes.get("/capture")
    def jobs() -> Response:
        author = parts.author()
        parameters = parameters_of()
        if unknown := set(parameters) - {"perPage", "nextPageToken"}:
            raise ProblemError(400, f"{min(unknown)[:60]}: no parameter of this", kind="QueryParameterException")
        size = size_of(parameters)
        before = parameters.get("nextPageToken", [None])[0]
        if before is not None and not _JOB_ID.fullmatch(before):
            raise ProblemError(400, "nextPageToken: expected one of this server's", kind="QueryParameterException")
        found = parts.storage.jobs(author, before, size + 1)
        more = {}
        if len(found) > size:
            url = f"{request.host_url}capture?perPage={size}&nextPageToken={found[size - 1].job_id}"
            more["Link"] = f'<{url}>; rel="next"'
        return json_answer([_job_body(job) for job in found[:size]], headers=more)

    @routes.get("/capture/<job_id>")
    def job(job_id: str) -> Response:
        author = parts.author()
        found = parts.storage.job(job_id)
        if found is None or (author is not None and found.author != author):
            raise ProblemError(404, "there is no such capture job")
        return json_answer(_job_body(found))

    @routes.route("/capture/<job_id>", methods=["OPTIONS"])
    def job_options(job_id: str) -> Response:  # noqa: ARG001 - Flask passes what the path holds
        return parts.discovery("OPTIONS, GET")

    @routes.post("/events")
    def event() -> Response:
        parts.check_versions()
        author = parts.author()
        body = parts.body()
        problems = problems_of_event(body, standalone=True)
        if problems:
            raise ProblemError(400, str(problems[0]), errors=[_told(problem) for problem in problems[:_MOST_TOLD]])
        return _capture_alone(parts, body, author)

    return routes


def _capture_alone(parts: CentralParts, body: Mapping[str, Any], author: str | None) -> Response:
    try:
        event = captured(body, "[]", parts.new_event_id)
    except EventError as error:
        raise ProblemError(400, str(error)) from error
    if not _may_write(event, author):
        raise ProblemError(403, f"this key does not write events of store {event.store}")
    outcome = parts.storage.capture(CaptureBatch([event], Behaviour.ROLLBACK, author, parts.clock.utc_us()))
    _count(parts, outcome)
    if outcome.verdicts[0] in (Verdict.DUPLICATE, Verdict.CONFLICT):
        detail = outcome.conflicts.get(0, "this event is here already")
        raise ProblemError(409, detail, is_conflict=0 in outcome.conflicts)
    location = f"/events/{quote(event.event_id, safe=':')}"
    return json_answer(event_alone(event.document, event.context, outcome.record_us), 201, {"Location": location})


def _behaviour() -> Behaviour:
    asked = request.headers.get("GS1-Capture-Error-Behaviour", Behaviour.ROLLBACK.value)
    try:
        return Behaviour(asked)
    except ValueError:
        raise ProblemError(400, "GS1-Capture-Error-Behaviour: expected rollback or proceed") from None


def _batch_of(parts: CentralParts, document: Any, author: str | None, behaviour: Behaviour) -> CaptureBatch:
    """Return what of ``document`` can be stored; under `proceed`, with the problems of what cannot.

    Raises:
        ProblemError: The document is refused as a whole.
    """
    raw_events = _events_of(document)
    if len(raw_events) > parts.settings.capture_limit:
        raise parts.too_large(f"the document has more than {parts.settings.capture_limit} events")
    context = added_context(document["@context"])
    events: list[CapturedEvent] = []
    errors: list[dict[str, Any]] = []
    for index, raw in enumerate(raw_events):
        event, problem = _checked(parts, raw, context, author)
        if event is not None:
            events.append(event)
        if problem is not None:
            errors.append({**problem, "index": index})
    if errors and behaviour is Behaviour.ROLLBACK:
        status = max(int(error["status"]) for error in errors)
        raise ProblemError(status, f"event {errors[0]['index']}: {errors[0]['detail']}", errors=errors[:_MOST_TOLD])
    job_id = parts.new_event_id().removeprefix("urn:uuid:")
    return CaptureBatch(events, behaviour, author, parts.clock.utc_us(), job_id, errors)


def _events_of(document: Any) -> list[Any]:
    """Return the event list of a document that is valid around it."""
    path = _LISTS.get(document.get("type", "")) if _is_typed(document) else None
    if path is None:
        raise ProblemError(400, f"expected a document of type {' or '.join(_LISTS)}")
    envelope, events = _without(document, path)
    problems = problems_of_document(envelope)
    if problems:
        raise ProblemError(400, str(problems[0]), errors=[_told(problem) for problem in problems[:_MOST_TOLD]])
    return events


def _is_typed(document: Any) -> bool:
    return isinstance(document, dict) and isinstance(document.get("type", ""), str)


def _without(document: dict[str, Any], path: tuple[str, ...]) -> tuple[dict[str, Any], list[Any]]:
    """Return a copy with an empty event list, and the list; the copy is the document where there is no list."""
    name, *rest = path
    inner = document.get(name)
    if not rest:
        return ({**document, name: []}, inner) if isinstance(inner, list) else (document, [])
    if not isinstance(inner, dict):
        return document, []
    inner, events = _without(inner, tuple(rest))
    return {**document, name: inner}, events


def _checked(
    parts: CentralParts, raw: Any, context: str, author: str | None
) -> tuple[CapturedEvent | None, dict[str, Any] | None]:
    problems = problems_of_event(raw)
    if not problems:
        try:
            event = captured(raw, context, parts.new_event_id)
        except EventError as error:
            return None, problem_of(400, str(error), eventID=_id_of(raw))
        if _may_write(event, author):
            return event, None
        return None, problem_of(403, f"this key does not write events of store {event.store}", eventID=event.event_id)
    return None, problem_of(400, "; ".join(map(str, problems[:3])), eventID=_id_of(raw))


def _id_of(raw: Any) -> str | None:
    event_id = raw.get("eventID") if isinstance(raw, dict) else None
    return event_id if isinstance(event_id, str) else None


def _may_write(event: CapturedEvent, author: str | None) -> bool:
    return author is None or event.store is None or event.store == author


def _told(problem: Any) -> dict[str, Any]:
    return {"path": list(problem.path), "reason": problem.reason}


def _count(parts: CentralParts, outcome: CaptureOutcome) -> None:
    for verdict in outcome.verdicts:
        parts.metrics.events.labels(verdict.value).inc()


def _job_body(job: CaptureJob) -> dict[str, Any]:
    return {
        "captureID": job.job_id,
        "createdAt": moment_text(job.created_us),
        "finishedAt": moment_text(job.finished_us),
        "running": False,
        "success": not job.errors,
        "captureErrorBehaviour": job.behaviour.value,
        "errors": list(job.errors),
    }
