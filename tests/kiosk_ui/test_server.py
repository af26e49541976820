"""Streams over a real server: they never take the last thread, and they end when it stops."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from kiosk_ui.app import ShopParts, UiSettings, create_app
from kiosk_ui.server import PageServer
from tests.kiosk_ui.fakes import FakeDesk, FakeLane, FakeRelay, FakeWindow, basket_of, lines_of

SETTINGS = UiSettings(threads=6, stream_life_s=30.0, beat_s=0.2)
LIMIT = SETTINGS.stream_limit


class Served:
    """A served lane."""

    def __init__(self) -> None:
        self.lane = FakeLane("1")
        app = create_app(ShopParts({"1": self.lane}, FakeWindow(), FakeDesk(), FakeRelay()), SETTINGS)
        self.slots = app.extensions["tagtill.streams"]
        self.server = PageServer(app, "127.0.0.1", 0, threads=SETTINGS.threads)
        self.server.start()

    def stream(self) -> requests.Response:
        return requests.get(self.server.url + "/api/lanes/1/events", stream=True, timeout=5)


@pytest.fixture
def served() -> Iterator[Served]:
    made = Served()
    yield made
    made.server.stop()


def test_streams_leave_threads_for_everybody_else(served: Served) -> None:
    assert SETTINGS.threads / 2 > LIMIT
    with contextlib.ExitStack() as open_streams:
        streams = [open_streams.enter_context(served.stream()) for _ in range(LIMIT)]
        lines = [next(stream.iter_lines()) for stream in streams]
        one_more = served.stream()
        snapshot = requests.get(served.server.url + "/api/lanes/1", timeout=2)

    assert all(line.startswith(b"retry") for line in lines)
    assert (one_more.status_code, one_more.headers["Content-Type"]) == (503, "application/problem+json")
    assert int(one_more.headers["Retry-After"]) > 0
    assert snapshot.status_code == 200


def test_a_page_that_leaves_gives_its_place_back(served: Served) -> None:
    with contextlib.ExitStack() as open_streams:
        for _ in range(LIMIT):
            next(open_streams.enter_context(served.stream()).iter_lines())
        assert served.slots.open_count == LIMIT
    deadline_s = time.monotonic() + 5
    while served.slots.open_count and time.monotonic() < deadline_s:
        threading.Event().wait(0.02)

    assert served.slots.open_count == 0


def test_a_change_arrives_at_once(served: Served) -> None:
    with served.stream() as stream:
        lines = stream.iter_lines(chunk_size=1)
        assert any(b'"stage":"attract"' in line for line in lines)
        begun_s = time.monotonic()
        served.lane.show(**basket_of(lines_of(3)))
        found = next(line for line in lines if b'"stage":"basket"' in line)

    assert b'"count":3' in found
    assert time.monotonic() - begun_s < 1.0


def test_a_server_that_stops_ends_its_streams(served: Served) -> None:
    with served.stream() as stream:
        next(stream.iter_lines())
        begun_s = time.monotonic()
        served.server.stop()
        took_s = time.monotonic() - begun_s
        with pytest.raises(requests.RequestException):
            requests.get(served.server.url + "/healthz", timeout=1)

    assert took_s < 3.0


def test_a_server_whose_address_is_taken_says_so(served: Served) -> None:
    app = create_app(ShopParts({}, FakeWindow(), FakeDesk(), FakeRelay()), SETTINGS)

    with pytest.raises(OSError, match="in use"):
        PageServer(app, "127.0.0.1", served.server.port, threads=2)
