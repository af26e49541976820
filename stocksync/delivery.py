"""How movements are brought to central: what to send together, what an answer means, how long to wait. Pure.

1. Nothing leaves the outbox but by an acknowledgement, or to the dead letters by a refusal of that one event.
2. An answer that was lost may have been a yes: the same is sent again, and "known already" (409) is a yes. Not so
   where central says that it is a conflict: then another event has our number (a backup was copied back, say), and
   ours would be nowhere if it left the outbox.
3. A refusal of a batch says nothing of each event in it: they are sent one by one.
4. Whatever else goes wrong is waited out, for ever; what a person must put right is waited out more slowly.

Source: EPCIS 2.0 REST binding, capture and events endpoints (OpenAPI 2.0.0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from stocksync.errors import CentralGoneError
from stocksync.outbox import OutboxRow

__all__ = [
    "CaptureLimits",
    "Job",
    "Verdict",
    "backoff_s",
    "batch_of",
    "job_of",
    "limits_of",
    "suspects_of",
    "verdict_of_capture",
    "verdict_of_event",
]

_ENVELOPE_BYTES = 400  # what a document adds around its events; 223 today
_FIRST_WAIT_S = 0.1
_LONGEST_WAIT_S = 5.0
_WAIT_FOR_PERSON_S = 30.0
_LONGEST_ASKED_S = 120.0


class Verdict(Enum):
    """What an answer of central asks of us."""

    ACKNOWLEDGED = auto()  # it is there for good
    PENDING = auto()  # accepted as a job, whose end decides
    REFUSED = auto()  # what was sent is wrong in itself
    TOO_LARGE = auto()
    OTHER_ENCODING = auto()  # it cannot undo our compression
    NEEDS_PERSON = auto()  # wrong key, wrong address
    TRY_AGAIN = auto()


@dataclass(frozen=True, slots=True)
class CaptureLimits:
    """The most that one capture may hold: events, and bytes of JSON before compression; each at least 1."""

    events: int = 500
    size_bytes: int = 4_000_000

    def halved_from(self, events: int) -> CaptureLimits:
        """Return the limits after a batch of ``events`` was too large."""
        return CaptureLimits(max(1, events // 2), self.size_bytes)


@dataclass(frozen=True, slots=True)
class Job:
    """A capture job as central tells it; `errors` are problem objects (RFC 7807)."""

    is_running: bool
    is_success: bool
    errors: tuple[Mapping[str, Any], ...] = ()


def verdict_of_capture(status: int) -> Verdict:
    """Return what the HTTP status of POST /capture means."""
    if status == 202:
        return Verdict.PENDING
    return _verdict_of_failure(status)


def verdict_of_event(status: int, problem: Any = None) -> Verdict:
    """Return what the answer to POST /events means; ``problem`` is its body.

    409: central has that event already, which is what we want, unless it is a conflict.
    """
    if status == 409 and _is_conflict(problem):
        return Verdict.REFUSED
    if status in (200, 201, 409):
        return Verdict.ACKNOWLEDGED
    return _verdict_of_failure(status)


def _verdict_of_failure(status: int) -> Verdict:
    match status:
        case 400 | 422:
            return Verdict.REFUSED
        case 413:
            return Verdict.TOO_LARGE
        case 415:
            return Verdict.OTHER_ENCODING
        case 408 | 425 | 429:
            return Verdict.TRY_AGAIN
        case _ if 300 <= status < 500:
            return Verdict.NEEDS_PERSON
        case _:
            return Verdict.TRY_AGAIN


def limits_of(headers: Mapping[str, str], most: CaptureLimits) -> CaptureLimits:
    """Return central's limits from the headers of OPTIONS or of a 413, never above ``most``."""
    return CaptureLimits(
        min(most.events, _positive(headers.get("GS1-EPCIS-Capture-Limit"), most.events)),
        min(most.size_bytes, _positive(headers.get("GS1-EPCIS-Capture-File-Size-Limit"), most.size_bytes)),
    )


def batch_of(rows: Sequence[OutboxRow], limits: CaptureLimits) -> Sequence[OutboxRow]:
    """Return the longest beginning of ``rows`` that keeps ``limits``, and at least one row."""
    size_bytes = _ENVELOPE_BYTES
    for count, row in enumerate(rows[: limits.events]):
        size_bytes += len(row.body.encode()) + 1
        if size_bytes > limits.size_bytes:
            return rows[: max(1, count)]
    return rows[: limits.events]


def job_of(body: Any) -> Job:
    """Return the job that central tells of.

    Raises:
        CentralGoneError: That is no capture job; whatever answers there may be central again later.
    """
    if not isinstance(body, Mapping) or not isinstance(body.get("running"), bool):
        raise CentralGoneError("central's answer about a capture job is none")
    errors = body.get("errors")
    listed = errors if isinstance(errors, list) else []
    return Job(
        body["running"], body.get("success") is True, tuple(each for each in listed if isinstance(each, Mapping))
    )


def suspects_of(job: Job, batch: Sequence[OutboxRow]) -> Sequence[OutboxRow]:
    """Return those of ``batch`` that have to be sent singly after a job that did not succeed.

    A problem object has no field for the event that it is about. Where every one of them names an eventID of the batch
    in its words, those are the suspects, less what is merely known already; else all are.
    """
    ids = {row.event_id for row in batch}
    named: dict[str, bool] = {}
    for error in job.errors:
        about = next((word for word in _words_of(error) if word in ids), None)
        if about is None:
            return batch
        named[about] = named.get(about, True) and _is_known_already(error)
    if not named:
        return batch
    # A sale and its void share an eventID: "known already" does not say which of the two it is.
    unique = {event_id for event_id in ids if sum(row.event_id == event_id for row in batch) == 1}
    return [row for row in batch if row.event_id in named and not (named[row.event_id] and row.event_id in unique)]


def backoff_s(attempt: int, *, needs_person: bool, retry_after_s: float, jitter: float) -> float:
    """Return how long to wait after failed attempt number ``attempt`` (from 1); ``jitter`` is from 0 to 1.

    Exponential up to 5 s, the upper half of it random, so that a thousand stores do not come back in step.
    """
    longest_s = (
        _WAIT_FOR_PERSON_S if needs_person else min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(attempt - 1, 16))
    )
    asked_s = min(max(0.0, retry_after_s), _LONGEST_ASKED_S)
    return max(asked_s, longest_s * (0.5 + 0.5 * jitter))


def _is_known_already(error: Mapping[str, Any]) -> bool:
    return "ResourceAlreadyExists" in str(error.get("type", "")) and not _is_conflict(error)


def _is_conflict(problem: Any) -> bool:
    return isinstance(problem, Mapping) and problem.get("conflict") is True


def _words_of(error: Mapping[str, Any]) -> list[str]:
    texts = [value for value in error.values() if isinstance(value, str)]
    return [word.strip("\"'.,;:()[]") for text in texts for word in text.split()]


def _positive(text: str | None, otherwise: int) -> int:
    return int(text) if text is not None and text.isascii() and text.isdigit() and int(text) > 0 else otherwise
