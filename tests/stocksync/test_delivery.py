from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stocksync.delivery import (
    CaptureLimits,
    Job,
    Verdict,
    backoff_s,
    batch_of,
    job_of,
    limits_of,
    suspects_of,
    verdict_of_capture,
    verdict_of_event,
)
from stocksync.epcis.events import document_of
from stocksync.errors import CentralGoneError
from stocksync.movement import moment_utc
from stocksync.outbox import OutboxRow

_ROWS = st.lists(st.text("aä", max_size=400), min_size=1, max_size=30).map(
    lambda bodies: [OutboxRow(1, n, f"urn:uuid:{n}", body, 0) for n, body in enumerate(bodies, 1)]
)


@given(_ROWS, st.integers(1, 40), st.integers(1, 8000))
def test_a_batch_is_a_beginning_that_keeps_the_limits_and_never_empty(
    rows: list[OutboxRow], events: int, size_bytes: int
) -> None:
    batch = batch_of(rows, CaptureLimits(events, size_bytes))

    assert list(batch) == rows[: len(batch)]
    assert 1 <= len(batch) <= events
    assert len(batch) == 1 or len(document_of((row.body for row in batch), moment_utc(0))) <= size_bytes


@pytest.mark.parametrize(
    ("status", "capture", "event"),
    [
        (200, Verdict.TRY_AGAIN, Verdict.ACKNOWLEDGED),
        (201, Verdict.TRY_AGAIN, Verdict.ACKNOWLEDGED),
        (202, Verdict.PENDING, Verdict.TRY_AGAIN),
        (302, Verdict.NEEDS_PERSON, Verdict.NEEDS_PERSON),
        (400, Verdict.REFUSED, Verdict.REFUSED),
        (401, Verdict.NEEDS_PERSON, Verdict.NEEDS_PERSON),
        (403, Verdict.NEEDS_PERSON, Verdict.NEEDS_PERSON),
        (404, Verdict.NEEDS_PERSON, Verdict.NEEDS_PERSON),
        (408, Verdict.TRY_AGAIN, Verdict.TRY_AGAIN),
        (409, Verdict.NEEDS_PERSON, Verdict.ACKNOWLEDGED),
        (413, Verdict.TOO_LARGE, Verdict.TOO_LARGE),
        (415, Verdict.OTHER_ENCODING, Verdict.OTHER_ENCODING),
        (429, Verdict.TRY_AGAIN, Verdict.TRY_AGAIN),
        (500, Verdict.TRY_AGAIN, Verdict.TRY_AGAIN),
        (503, Verdict.TRY_AGAIN, Verdict.TRY_AGAIN),
    ],
)
def test_what_an_answer_means(status: int, capture: Verdict, event: Verdict) -> None:
    assert verdict_of_capture(status) is capture
    assert verdict_of_event(status) is event


@given(st.integers(100, 599))
def test_an_event_is_given_up_only_when_it_was_refused_itself(status: int) -> None:
    given_up = verdict_of_event(status) in (Verdict.REFUSED, Verdict.TOO_LARGE)

    assert given_up == (status in (400, 413, 422))


@given(st.integers(1, 10_000), st.booleans(), st.floats(0, 1e9), st.floats(0, 1))
def test_waiting_is_bounded_and_never_shorter_than_asked(
    attempt: int, needs_person: bool, asked_s: float, jitter: float
) -> None:
    waited_s = backoff_s(attempt, needs_person=needs_person, retry_after_s=asked_s, jitter=jitter)

    assert min(asked_s, 120.0) <= waited_s <= 120.0
    assert waited_s >= 0.05


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, CaptureLimits(500, 1000)),
        ({"GS1-EPCIS-Capture-Limit": "20"}, CaptureLimits(20, 1000)),
        ({"GS1-EPCIS-Capture-Limit": "9000", "GS1-EPCIS-Capture-File-Size-Limit": "10"}, CaptureLimits(500, 10)),
        ({"GS1-EPCIS-Capture-Limit": "0", "GS1-EPCIS-Capture-File-Size-Limit": "none"}, CaptureLimits(500, 1000)),
    ],
)
def test_limits_are_the_smaller_of_both_sides(headers: dict[str, str], expected: CaptureLimits) -> None:
    assert limits_of(headers, CaptureLimits(500, 1000)) == expected


@pytest.mark.parametrize("body", [None, [], "x", {}, {"running": "yes"}])
def test_an_answer_that_is_no_job_is_waited_out(body: object) -> None:
    with pytest.raises(CentralGoneError):
        job_of(body)


def _row(n: int, event_id: str) -> OutboxRow:
    return OutboxRow(1, n, event_id, "{}", 0)


def test_suspects_are_those_that_the_job_names_less_what_is_known_already() -> None:
    batch = [_row(1, "urn:uuid:a"), _row(2, "urn:uuid:b"), _row(3, "urn:uuid:c")]
    known = {"type": "epcisException:ResourceAlreadyExistsException", "detail": "the event 'urn:uuid:a' is known."}
    wrong = {"type": "epcisException:ValidationException", "instance": "urn:uuid:b"}

    assert suspects_of(Job(False, False, (known, wrong)), batch) == [batch[1]]
    assert suspects_of(Job(False, False, (wrong, {"title": "?"})), batch) == batch
    assert suspects_of(Job(False, False, ()), batch) == batch


def test_a_conflict_is_not_taken_for_delivered() -> None:
    batch = [_row(1, "urn:uuid:a"), _row(2, "urn:uuid:b")]
    conflict = {"type": "epcisException:ResourceAlreadyExistsException", "eventID": "urn:uuid:a", "conflict": True}

    assert suspects_of(Job(False, False, (conflict,)), batch) == [batch[0]]
    assert verdict_of_event(409, conflict) is Verdict.REFUSED
    assert verdict_of_event(409, {**conflict, "conflict": False}) is Verdict.ACKNOWLEDGED


def test_known_already_is_no_answer_for_two_rows_with_one_event_id() -> None:
    batch = [_row(1, "urn:uuid:a"), _row(2, "urn:uuid:a"), _row(3, "urn:uuid:c")]
    known = {"type": "epcisException:ResourceAlreadyExistsException", "detail": "urn:uuid:a"}

    assert suspects_of(Job(False, False, (known,)), batch) == batch[:2]
