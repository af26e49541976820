"""What a kiosk asks of its lane."""

from __future__ import annotations

import json
from typing import Any

import pytest

from checkout.view import Stage
from tests.kiosk_ui.conftest import Shop
from tests.kiosk_ui.fakes import basket_of, lines_of, paid


def events_of(stream: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the events of a whole stream, in order."""
    events = []
    for block in stream.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)
        if "data" in fields:
            events.append((fields["event"], json.loads(fields["data"])))
    return events


def test_a_snapshot_is_the_lane_as_it_is(shop: Shop) -> None:
    view = shop.lane.show(**basket_of(lines_of(3)))

    body = shop.client.get("/api/lanes/1").get_json()

    assert (body["revision"], body["stage"], body["count"]) == (view.revision, "basket", 3)
    assert body["quote"] == view.quote


def test_a_page_that_knows_the_latest_is_told_nothing(shop: Shop) -> None:
    revision = shop.lane.view().revision

    assert shop.client.get(f"/api/lanes/1?rev={revision}").status_code == 204
    assert shop.client.get(f"/api/lanes/1?rev={revision - 1}").status_code == 200
    assert shop.client.get("/api/lanes/1?rev=").status_code == 200


def test_pay_arms_what_the_shopper_saw(shop: Shop) -> None:
    quote = shop.lane.show(**basket_of(lines_of(1))).quote

    body = shop.client.post("/api/lanes/1/pay", json={"quote": quote}).get_json()

    assert (body["stage"], body["payment"]["code"]) == ("paying", "present_card")


def test_pay_with_what_is_no_longer_true_arms_nothing(shop: Shop) -> None:
    shop.lane.show(**basket_of(lines_of(1)))

    answer = shop.client.post("/api/lanes/1/pay", json={"quote": "stale"})

    assert (answer.status_code, answer.get_json()["stage"]) == (200, "basket")


@pytest.mark.parametrize(
    ("command", "body", "reached"),
    [
        ("cancel", None, ("cancel",)),
        ("back", None, ("back",)),
        ("finish", None, ("finish",)),
        ("help", {"wanted": True}, ("help", True)),
        ("help", {"wanted": False}, ("help", False)),
    ],
)
def test_a_command_reaches_the_lane(
    shop: Shop, command: str, body: dict[str, Any] | None, reached: tuple[object, ...]
) -> None:
    answer = shop.client.post(f"/api/lanes/1/{command}", json=body)

    assert answer.status_code == 200
    assert shop.lane.commands == [reached]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"quote":""}', 422),
        (b'{"quote":1}', 422),
        (b'{"quote":"a","more":1}', 422),
        (b"{}", 422),
        (b"[]", 422),
        (b"", 422),
        (b"{", 422),
        (b"\xff\xfe", 422),
        (b'{"quote":"' + b"x" * 129 + b'"}', 422),
    ],
)
def test_a_body_that_does_not_fit_is_refused_in_words(shop: Shop, body: bytes, status: int) -> None:
    answer = shop.client.post("/api/lanes/1/pay", data=body, content_type="application/json")

    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert answer.get_json(force=True)["detail"]
    assert shop.lane.commands == []


def test_a_plain_form_is_no_command(shop: Shop) -> None:
    answer = shop.client.post("/api/lanes/1/help", data={"wanted": "true"})

    assert answer.status_code == 415


@pytest.mark.parametrize("path", ["/api/lanes/9", "/api/lanes/9/events", "/api/lanes/9/pay", "/api/lanes/%00"])
def test_a_lane_that_is_not_there_is_a_problem(shop: Shop, path: str) -> None:
    answer = shop.client.post(path) if path.endswith("pay") else shop.client.get(path)

    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


def test_a_wrong_method_names_the_right_ones(shop: Shop) -> None:
    answer = shop.client.delete("/api/lanes/1")

    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_a_stream_begins_with_everything_and_beats(shop: Shop) -> None:
    shop.lane.show(**basket_of(lines_of(2)))

    answer = shop.client.get("/api/lanes/1/events")
    events = events_of(answer.text)

    assert answer.mimetype == "text/event-stream"
    assert answer.text.startswith("retry: ")
    assert len(events) >= 2
    assert {name for name, _ in events} == {"lane"}
    assert events[0][1]["count"] == 2


def test_a_stream_says_when_central_goes(shop: Shop) -> None:
    shop.lane.show(**paid())
    shop.relay.fall_silent(3.0)

    assert events_of(shop.client.get("/api/lanes/1/events").text)[0][1]["central_up"] is False


def test_the_qr_code_is_that_of_the_receipt_on_screen_only(shop: Shop) -> None:
    shop.lane.show(**paid("2026-1"))
    path = shop.client.get("/api/lanes/1").get_json()["receipt"]["qr"]

    drawn = shop.client.get(path)
    shop.lane.show(stage=Stage.ATTRACT, receipt=None)

    assert (drawn.status_code, drawn.content_type) == (200, "image/svg+xml")
    assert drawn.headers["Cache-Control"] == "no-store"
    assert shop.client.get(path).status_code == 404
