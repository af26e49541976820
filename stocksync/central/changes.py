"""Availability as it changes: server-sent events.

1. First a `snapshot` of everything asked for, then an `availability` per level that changed. Whoever comes back with
   Last-Event-ID gets what changed since instead of a snapshot: levels carry the number of their latest change, so
   nothing but the levels has to be kept.
2. A stream ends after a while and its reader comes back; it beats in between, so that silence means a dead line.
3. Streams hold a thread each: there are fewer of them than threads, and one too many is told to ask again later.

Source: WHATWG HTML, 9.2.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator

import orjson
from flask import Blueprint, Response, request

from stocksync.central.availability import availability_of, gtins_and_locations
from stocksync.central.model import Level
from stocksync.central.parts import CentralParts
from stocksync.central.problems import ProblemError

__all__ = ["changes_blueprint"]

_RETRY_MS = 1000
_STOP_CHECK_S = 0.25  # how soon a stream notices that the process ends
_Filter = Collection[str] | None


def changes_blueprint(parts: CentralParts) -> Blueprint:
    """Return the route of the stream."""
    routes = Blueprint("changes", __name__)
    slots = threading.BoundedSemaphore(parts.settings.streams)

    @routes.get("/changes")
    def changes() -> Response:
        parts.let_read()
        gtins, locations = gtins_and_locations()
        last_id = _last_event_id()
        if not slots.acquire(blocking=False):
            raise ProblemError(503, "all streams are taken; ask for /availability", headers={"Retry-After": "5"})
        parts.metrics.streams.inc()

        def leave() -> None:
            parts.metrics.streams.dec()
            slots.release()

        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        body = _stream(parts, gtins, locations, last_id)
        response = Response(body, headers=headers, content_type="text/event-stream; charset=utf-8")
        # Not in the generator: one that was never begun (HEAD, a client that left) does not come to its `finally`.
        response.call_on_close(leave)
        return response

    return routes


def _last_event_id() -> int | None:
    text = request.headers.get("Last-Event-ID", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _stream(parts: CentralParts, gtins: _Filter, locations: _Filter, last_id: int | None) -> Iterator[bytes]:
    storage, clock, settings = parts.storage, parts.clock, parts.settings
    begun_s = clock.monotonic_s()
    until_s, beat_at_s = begun_s + settings.stream_s, begun_s + settings.heartbeat_s
    yield f"retry: {_RETRY_MS}\n\n".encode()
    revision = storage.revision()
    if last_id is not None and last_id <= revision:
        revision = last_id
    else:
        now_us = clock.utc_us()
        items = [availability_of(level, now_us) for level in storage.levels(gtins, locations)]
        yield _event("snapshot", {"items": items}, revision)
    while not parts.stopping.is_set() and (now_s := clock.monotonic_s()) < until_s:
        if storage.wait_for_change(revision, min(_STOP_CHECK_S, until_s - now_s)) > revision:
            changed = storage.levels_since(revision)
            revision = max((level.revision for level in changed), default=revision)
            wanted = [level for level in changed if _is_wanted(level, gtins, locations)]
            if wanted:
                yield _changes(wanted, clock.utc_us(), revision)
                beat_at_s = now_s + settings.heartbeat_s
        if now_s >= beat_at_s:
            yield b": alive\n\n"
            beat_at_s = now_s + settings.heartbeat_s


def _is_wanted(level: Level, gtins: _Filter, locations: _Filter) -> bool:
    return (gtins is None or level.gtin in gtins) and (locations is None or level.location in locations)


def _changes(levels: Collection[Level], now_us: int, revision: int) -> bytes:
    # Only the last of several carries the id: a reader cut off between them must get all of them again.
    last = len(levels) - 1
    return b"".join(
        _event("availability", availability_of(level, now_us), revision if n == last else None)
        for n, level in enumerate(levels)
    )


def _event(name: str, value: object, event_id: int | None) -> bytes:
    head = f"id: {event_id}\n" if event_id is not None else ""
    return f"{head}event: {name}\ndata: ".encode() + orjson.dumps(value) + b"\n\n"
