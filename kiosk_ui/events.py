"""Live streams to pages: server-sent events, bounded in number and in life.

Every open stream holds one thread of the server. With as many streams as threads every other request waits for
ever (measured 2026-11: waitress, gunicorn and granian alike), so streams get less than half of them, and a page
that gets none asks again by polling.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

from flask import Response
from pydantic import BaseModel

from kiosk_ui.problems import problem

__all__ = ["StreamSlots", "event", "stream_response"]

_REOPEN_MS = 400  # EventSource waits this long before it opens an ended stream anew


class StreamSlots:
    """So many streams at once and no more; when the server stops, all of them end."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = threading.Lock()
        self._open = 0
        self._closing = threading.Event()

    @property
    def open_count(self) -> int:
        """Return how many streams are open."""
        with self._lock:
            return self._open

    @property
    def closing(self) -> bool:
        """Say whether streams should end."""
        return self._closing.is_set()

    def take(self) -> bool:
        """Take a slot, if there is one."""
        with self._lock:
            if self._open >= self.limit or self.closing:
                return False
            self._open += 1
            return True

    def release(self) -> None:
        """Give a slot back."""
        with self._lock:
            self._open -= 1

    def close(self) -> None:
        """Ask every open stream to end at its next beat, and let no new one begin."""
        self._closing.set()


def event(name: str, body: BaseModel, *, number: int | None = None) -> str:
    """Return one server-sent event; JSON has no line breaks, so one data line holds it. Source: WHATWG HTML 9.2."""
    identity = "" if number is None else f"id: {number}\n"
    return f"event: {name}\n{identity}data: {body.model_dump_json()}\n\n"


def stream_response(slots: StreamSlots, events: Iterator[str], refusal: str) -> Response:
    """Return ``events`` as a stream, or a 503 problem that says ``refusal`` when every slot is taken."""
    if not slots.take():
        busy = problem(503, refusal)
        busy.headers["Retry-After"] = "10"
        return busy

    def body() -> Iterator[str]:
        yield f"retry: {_REOPEN_MS}\n\n"
        yield from events

    response = Response(body(), mimetype="text/event-stream")
    response.headers["X-Accel-Buffering"] = "no"
    # Not a `finally` in the generator: one that was never begun never gets there.
    response.call_on_close(slots.release)
    return response
