"""Server-sent events, however they are cut."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_ui.sse import MAX_EVENT_BYTES, ServerEvent, SseParser

STREAM = (
    b': hello\n\nretry: 1000\n\nevent: snapshot\nid: 7\ndata: {"a":1}\n\n'
    b"data: one\r\ndata: t\xc3\xa4\r\n\r\ndata\n\nevent: nothing\n\nevent: x\ndata:y\n\n"
)
EVENTS = [
    ServerEvent("snapshot", '{"a":1}'),
    ServerEvent("message", "one\ntä"),
    ServerEvent("message", ""),
    ServerEvent("x", "y"),
]


@given(st.lists(st.integers(0, len(STREAM))))
def test_any_chunking_yields_the_same_events(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    parser = SseParser()

    assert [e for a, b in pairwise(edges) for e in parser.feed(STREAM[a:b])] == EVENTS


def test_an_endless_line_is_refused() -> None:
    with pytest.raises(ValueError, match="bytes"):
        list(SseParser().feed(b"data: " + b"x" * (MAX_EVENT_BYTES + 1)))


def test_an_endless_event_is_refused() -> None:
    parser = SseParser()
    line = b"data: " + b"x" * (MAX_EVENT_BYTES // 2) + b"\n"
    list(parser.feed(line + line))

    with pytest.raises(ValueError, match="bytes"):
        list(parser.feed(line))


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match="utf-8"):
        list(SseParser().feed(b"data: \xff\n"))
