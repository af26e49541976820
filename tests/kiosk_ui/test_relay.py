"""Central's changes, relayed: from a central of our own making, on a real socket, with its faults."""

from __future__ import annotations

import json
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from kiosk_ui.relay import HttpCentralRelay
from tests.kiosk_ui.fakes import stock_of

A, B = "04006380000001", "04006380000018"


class Central:
    """A central whose stream says what tests put into it, piece by piece."""

    def __init__(self) -> None:
        self.said: queue.Queue[bytes | None] = queue.Queue()
        self.asked: list[tuple[str, str | None]] = []
        self.stream_status = 200
        self.items = [stock_of(A, 3)]
        central = self

        class Door(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                central.asked.append((self.path, self.headers["Authorization"]))
                if self.path.startswith("/changes") and central.stream_status == 200:
                    self.send_response(200)
                    self.send_header("Content-Type", "text/event-stream")
                    self.send_header("Connection", "close")
                    self.end_headers()
                    while (piece := central.said.get()) is not None:
                        self.wfile.write(piece)
                        self.wfile.flush()
                    self.close_connection = True
                    return
                is_stream = self.path.startswith("/changes")
                body = b"{}" if is_stream else json.dumps({"items": central.items}).encode()
                self.send_response(central.stream_status if is_stream else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def say(self, name: str, body: object) -> None:
        self.said.put(f"event: {name}\ndata: {json.dumps(body)}\n\n".encode())

    def hang_up(self) -> None:
        self.said.put(None)

    def close(self) -> None:
        self.hang_up()
        self._server.shutdown()
        self._server.server_close()


class Clock:
    """The host's clock, which tests may put forward."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def monotonic_s(self) -> float:
        return time.monotonic() + self.ahead_s

    def utc_us(self) -> int:
        return 0


@pytest.fixture
def central() -> Iterator[Central]:
    made = Central()
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def relay(central: Central, clock: Clock) -> Iterator[HttpCentralRelay]:
    made = HttpCentralRelay(central.url, "key-1", lambda: [A, B], clock, poll_s=0.05)
    made.start()
    yield made
    central.hang_up()
    made.stop()


def until(holds: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline_s, "it never came true"
        threading.Event().wait(0.01)


def shows(relay: HttpCentralRelay, figure: int) -> bool:
    return available(relay) == {A: figure}


def available(relay: HttpCentralRelay) -> dict[str, int]:
    return {item["gtin"]: item["available"] for item in relay.availability()["items"]}


def test_before_anything_was_heard_nothing_is_known(central: Central, clock: Clock) -> None:
    relay = HttpCentralRelay(central.url, None, list, clock)

    assert relay.availability() == {"central_up": False, "silent_s": None, "items": []}
    relay.stop()


def test_a_snapshot_and_its_changes_are_known(central: Central, relay: HttpCentralRelay) -> None:
    central.say("snapshot", {"items": [stock_of(A, 3), stock_of(B, 5)]})
    until(lambda: available(relay) == {A: 3, B: 5})
    central.say("availability", stock_of(A, 2))
    until(lambda: available(relay) == {A: 2, B: 5})

    assert relay.availability()["central_up"] is True
    assert central.asked[0] == ("/changes", "Bearer key-1")


def test_truth_grows_older_while_nothing_is_heard(central: Central, relay: HttpCentralRelay, clock: Clock) -> None:
    central.say("snapshot", {"items": [stock_of(A, 3, age_s=2.0)]})
    until(lambda: available(relay) == {A: 3})
    clock.ahead_s += 60

    assert 62 <= relay.availability()["items"][0]["age_s"] < 70


def test_every_page_gets_every_change(central: Central, relay: HttpCentralRelay) -> None:
    pages = [relay.changes(5.0) for _ in range(3)]
    central.say("availability", stock_of(A, 1))

    assert [next_item(page)["available"] for page in pages] == [1, 1, 1]


def next_item(page: Iterator[Mapping[str, Any]]) -> Mapping[str, Any]:
    return next(change for change in page if "gtin" in change)


def test_a_snapshot_again_tells_pages_only_what_differs(central: Central, relay: HttpCentralRelay) -> None:
    central.say("snapshot", {"items": [stock_of(A, 3), stock_of(B, 5)]})
    until(lambda: len(available(relay)) == 2)
    page = relay.changes(5.0)
    central.say("snapshot", {"items": [stock_of(A, 3, age_s=0.0), stock_of(B, 4)]})

    assert (next_item(page)["gtin"], available(relay)) == (B, {A: 3, B: 4})


def test_a_central_that_goes_is_said_and_what_was_known_stays(central: Central, relay: HttpCentralRelay) -> None:
    central.say("snapshot", {"items": [stock_of(A, 3)]})
    until(lambda: available(relay) == {A: 3})
    page = relay.changes(10.0)
    central.close()
    gone = next(change for change in page if change.get("central_up") is False)

    assert gone["silent_s"] >= 0
    assert available(relay) == {A: 3}


def test_a_stream_that_ends_is_opened_anew(central: Central, relay: HttpCentralRelay) -> None:
    for figure in (3, 2, 1):
        central.say("snapshot", {"items": [stock_of(A, figure)]})
        until(partial(shows, relay, figure))
        central.hang_up()


@pytest.mark.parametrize("nonsense", [b"event: snapshot\ndata: {\n\n", b"event: snapshot\ndata: {}\n\n", b"\xff\n"])
def test_nonsense_is_survived(central: Central, relay: HttpCentralRelay, nonsense: bytes) -> None:
    central.said.put(nonsense)
    central.hang_up()
    central.say("snapshot", {"items": [stock_of(A, 9)]})

    until(lambda: available(relay) == {A: 9})


def test_a_central_without_a_free_stream_is_asked_instead(central: Central, clock: Clock) -> None:
    central.stream_status = 503
    relay = HttpCentralRelay(central.url, None, lambda: [B, A], clock, poll_s=0.02)
    relay.start()
    until(lambda: available(relay) == {A: 3})
    central.items = [stock_of(A, 2)]
    until(lambda: available(relay) == {A: 2})
    relay.stop()

    assert (f"/availability?gtins={A}%2C{B}", None) in central.asked
    assert relay.availability()["central_up"] is True


def test_a_page_that_falls_behind_is_let_go(central: Central, relay: HttpCentralRelay) -> None:
    page = relay.changes(30.0)
    for figure in range(700):
        central.say("availability", stock_of(A, figure))
    until(lambda: available(relay).get(A) == 699)

    assert sum("gtin" in change for change in page) < 700


def test_a_page_stays_for_as_long_as_it_asked(relay: HttpCentralRelay) -> None:
    assert [change for change in relay.changes(0.05) if "gtin" in change] == []


def test_a_stop_does_not_wait_for_central(central: Central, clock: Clock) -> None:
    relay = HttpCentralRelay(central.url, None, list, clock)
    relay.start()
    central.say("snapshot", {"items": []})
    until(lambda: relay.availability()["central_up"])
    begun_s = time.monotonic()
    relay.stop()

    assert time.monotonic() - begun_s < 1.0


def test_an_answer_of_another_shape_does_not_end_the_relay(central: Central, relay: HttpCentralRelay) -> None:
    central.say("snapshot", [1, 2])
    central.hang_up()
    until(lambda: len(central.asked) > 1)

    central.say("snapshot", {"items": [stock_of(A, 3)]})

    until(lambda: shows(relay, 3))


def test_a_catalogue_that_cannot_be_read_does_not_end_the_relay(central: Central, clock: Clock) -> None:
    tries: list[int] = []

    def gtins() -> list[str]:
        tries.append(1)
        if len(tries) < 3:
            raise sqlite3.OperationalError("disk I/O error")
        return [A, B]

    central.stream_status = 503
    relay = HttpCentralRelay(central.url, None, gtins, clock, poll_s=0.05)
    relay.start()
    try:
        until(lambda: shows(relay, 3))
    finally:
        relay.stop()
