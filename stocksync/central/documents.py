"""Stored events as an EPCISQueryDocument."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import orjson

from stocksync.central.intake import STANDARD_CONTEXT
from stocksync.central.model import StoredEvent
from stocksync.central.parts import moment_text

__all__ = ["event_alone", "query_document"]


def query_document(events: Sequence[StoredEvent], created_us: int) -> dict[str, Any]:
    """Return the answer to a query: the events with recordTime, under the contexts of all of them."""
    contexts = list(dict.fromkeys(event.context for event in events))
    shared = _merged(contexts)
    listed = [_event(event, None if shared is not None else event.context) for event in events]
    return {
        "@context": [STANDARD_CONTEXT, *(shared or [])],
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": moment_text(created_us),
        "epcisBody": {"queryResults": {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": listed}}},
    }


def event_alone(document: str, context: str, record_us: int) -> orjson.Fragment:
    """Return one event as a document of its own."""
    return _event(StoredEvent(0, record_us, 0, document, context), context)


def _event(event: StoredEvent, context: str | None) -> orjson.Fragment:
    """The stored text as it is: nothing to parse, and an extension may be nested as deeply as it came."""
    head = "" if context is None else f'"@context":{json.dumps([STANDARD_CONTEXT, *json.loads(context)])},'
    return orjson.Fragment(f'{{{head}{event.document[1:-1]},"recordTime":"{moment_text(event.record_us)}"}}')


def _merged(contexts: Sequence[str]) -> list[Any] | None:
    """Return one list of context parts for all, or None where they give one prefix two meanings."""
    prefixes: dict[str, Any] = {}
    addresses: dict[str, None] = {}
    for context in contexts:
        for part in json.loads(context):
            if isinstance(part, str):
                addresses[part] = None
                continue
            for prefix, meaning in part.items():
                if prefixes.setdefault(prefix, meaning) != meaning:
                    return None
    # A context by address may mean anything, so it is only shared where it is everybody's.
    if addresses and len(contexts) > 1:
        return None
    return [*addresses, *([prefixes] if prefixes else [])]
