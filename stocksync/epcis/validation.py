"""The problems of a document or an event, each with its place, by our own EPCIS 2.0 schema with formats checked.

jsonschema-rs because it checks formats without further packages (plain python-jsonschema let `bizStep: "returning"`,
`eventID: "abc"` and a time without a zone pass) and is a hundred times faster (both measured 2026-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import jsonschema_rs

from stocksync.epcis.schema import DOCUMENT_SCHEMA, schema_of

__all__ = ["Problem", "problems_of_document", "problems_of_event"]

# A hostile document may be wrong a million times over; whoever sent it is helped by the first few.
_MOST_PROBLEMS = 100
_LONGEST_WORDS = 300


class Problem(NamedTuple):
    """What is wrong, and where: `path` holds names and list indices from the root; empty means the whole."""

    path: tuple[str | int, ...]
    reason: str

    def __str__(self) -> str:
        return f"{_place_of(self.path)}: {self.reason}" if self.path else self.reason


def problems_of_document(document: Any) -> list[Problem]:
    """Return what is wrong with an EPCISDocument or EPCISQueryDocument as a whole; empty means valid."""
    return _problems(_document_validator(), document)


def problems_of_event(event: Any, *, standalone: bool = False) -> list[Problem]:
    """Return what is wrong with one event; empty means valid.

    standalone: the event is a document of its own and so needs its own `@context`.
    """
    problems = _problems(_event_validator(), event)
    if standalone and isinstance(event, Mapping) and "@context" not in event:
        problems.append(Problem((), '"@context" is a required property of an event that stands alone'))
    return problems


@cache
def _document_validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(DOCUMENT_SCHEMA, validate_formats=True)


@cache
def _event_validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema_of("event"), validate_formats=True)


def _problems(validator: jsonschema_rs.Draft202012Validator, instance: Any) -> list[Problem]:
    if validator.is_valid(instance):  # ten times faster than asking for the errors, and nearly always true
        return []
    found: list[Problem] = []
    for error in validator.iter_errors(instance):
        if len(found) == _MOST_PROBLEMS:
            break
        found.append(Problem(tuple(error.instance_path), _words_of(error)))
    return found


def _words_of(error: jsonschema_rs.ValidationError) -> str:
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.AnyOf) and isinstance(error.instance, str):
        return f"{error.instance[:80]!r} is neither a word of the standard's vocabulary nor a URI of its own"
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.AnyOf) and isinstance(error.instance, Mapping):
        return f"{error.instance.get('type', 'this')} names none of the objects that it is about"
    return error.message if len(error.message) <= _LONGEST_WORDS else f"{error.message[:_LONGEST_WORDS]}…"


def _place_of(path: tuple[str | int, ...]) -> str:
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return place.removeprefix(".")
