"""The stream of changes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stocksync.central.world import GTIN, SITES, Central, movement


class Stream:
    """One open stream, read as far as is asked; every call is one chunk of central's."""

    def __init__(self, central: Central, query: str = "", **headers: str) -> None:
        self.answer = central.client.get(f"/changes{query}", headers=headers, buffered=False)
        self._chunks: Iterator[bytes] = iter(self.answer.response)

    def next(self) -> list[dict[str, Any]]:
        """Return the events of the next chunk, comments and retry left out."""
        events = []
        for block in next(self._chunks).decode().strip().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
            if "data" in fields:
                events.append({"id": None, **fields, "data": json.loads(fields["data"])})
        return events

    def close(self) -> None:
        self.answer.close()


def test_first_everything_then_what_changes(central: Central) -> None:
    central.capture(movement("stock", [1, 2], 1))
    stream = Stream(central)
    assert stream.next() == []
    (snapshot,) = stream.next()
    assert snapshot["event"] == "snapshot"
    assert [item["on_hand"] for item in snapshot["data"]["items"]] == [2]

    central.capture(movement("sale", [1], 2, at_ms=1), movement("stock", [3], 3, at_ms=1, site=1))

    changes = stream.next()
    assert [(change["event"], change["data"]["location"], change["data"]["on_hand"]) for change in changes] == [
        ("availability", SITES[0], 1),
        ("availability", SITES[1], 1),
    ]
    assert [change["id"] for change in changes] == [None, "2"]
    assert set(changes[0]["data"]) == set(snapshot["data"]["items"][0])
    stream.close()


def test_who_comes_back_gets_what_changed_since(central: Central) -> None:
    central.capture(movement("stock", [1], 1))
    central.capture(movement("stock", [2], 2, site=1))

    stream = Stream(central, **{"Last-Event-ID": "1"})

    assert stream.next() == []
    (change,) = stream.next()
    assert (change["event"], change["id"], change["data"]["location"]) == ("availability", "2", SITES[1])
    stream.close()


@pytest.mark.parametrize("last_id", ["99", "-1", "x", "9" * 40])
def test_an_id_that_is_not_ours_gets_everything(central: Central, last_id: str) -> None:
    stream = Stream(central, **{"Last-Event-ID": last_id})
    stream.next()

    assert stream.next()[0]["event"] == "snapshot"
    stream.close()


def test_only_what_was_asked_for_is_streamed(central: Central) -> None:
    stream = Stream(central, f"?gtins={GTIN}&locations={SITES[1]}")
    stream.next()
    assert stream.next()[0]["data"]["items"] == []

    central.capture(movement("stock", [1], 1))
    central.capture(movement("stock", [2], 2, site=1))

    (change,) = stream.next()
    assert change["data"]["location"] == SITES[1]
    stream.close()


def test_silence_is_filled_with_beats_and_ends(central: Central) -> None:
    stream = Stream(central)
    stream.next()
    stream.next()
    central.clock.advance_s(central.settings.heartbeat_s)
    assert stream.next() == []

    central.clock.advance_s(central.settings.stream_s)
    with pytest.raises(StopIteration):
        stream.next()
    stream.close()


def test_streams_end_when_the_process_does(central: Central) -> None:
    stream = Stream(central)
    stream.next()
    stream.next()

    central.parts.stopping.set()

    with pytest.raises(StopIteration):
        stream.next()
    stream.close()


def test_one_stream_too_many_is_told_to_wait_and_gets_the_next_free_place(tmp_path: Path) -> None:
    central = Central(tmp_path, streams=2)
    first, second = Stream(central), Stream(central)
    refused = central.client.get("/changes")
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "5"
    assert "tagtill_central_streams 2.0" in central.client.get("/metrics").text

    first.close()  # never read
    central.client.head("/changes").close()

    third = Stream(central)
    assert third.answer.status_code == 200
    second.close()
    third.close()
    central.close()


def test_a_stream_of_nonsense_is_refused(central: Central) -> None:
    assert central.client.get("/changes?gtins=x").status_code == 400
