"""Reading server-sent events: lines in, events out. Source: WHATWG HTML 9.2.6. Pure.

1. Lines end in LF, CR LF or CR; our peer sends LF, so bytes are split at LF and a CR before it is dropped.
2. An empty line ends an event; one without data is no event, only proof of life.
3. A line that begins with a colon is a comment.
4. Every buffer is bounded: a line longer than `MAX_EVENT_BYTES`, or an event whose lines add up to more, is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["MAX_EVENT_BYTES", "ServerEvent", "SseParser"]

MAX_EVENT_BYTES = 16 * 1024 * 1024  # a snapshot of 50,000 products is about 9 MB


class ServerEvent(NamedTuple):
    """One event: its name ("message" where none was given) and its text."""

    name: str
    text: str


class SseParser:
    """Feed it bytes as they come; it yields whole events."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._name = ""
        self._lines: list[str] = []
        self._size = 0

    def feed(self, chunk: bytes) -> Iterator[ServerEvent]:
        """Yield the events that ``chunk`` completes.

        Raises:
            ValueError: A line or an event is longer than any of ours, or is not UTF-8.
        """
        self._buffer += chunk
        *lines, rest = self._buffer.split(b"\n")
        self._buffer = bytearray(rest)
        if len(rest) > MAX_EVENT_BYTES:
            raise ValueError(f"an event line has more than {MAX_EVENT_BYTES} bytes")
        for line in lines:
            event = self._line(line.removesuffix(b"\r").decode("utf-8"))
            if event is not None:
                yield event

    def _line(self, line: str) -> ServerEvent | None:
        if not line:
            return self._end()
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":
            self._size += len(value)
            if self._size > MAX_EVENT_BYTES:
                raise ValueError(f"an event has more than {MAX_EVENT_BYTES} bytes")
            self._lines.append(value)
        return None

    def _end(self) -> ServerEvent | None:
        name, lines = self._name or "message", self._lines
        self._name, self._lines, self._size = "", [], 0
        return ServerEvent(name, "\n".join(lines)) if lines else None
