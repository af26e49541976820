"""A small world for central's tests: a clock that stands, sites, stores, and events as stores send them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from stocksync.central.app import PARTS, create_app
from stocksync.central.intake import captured
from stocksync.central.keys import hash_key
from stocksync.central.model import CapturedEvent
from stocksync.central.parts import CentralParts
from stocksync.central.settings import CentralSettings
from stocksync.clock import Stamp

START_US = 1_795_340_130_125_000  # 2026-11-22T09:35:30.125Z
START_MS = START_US // 1000
GTIN = "09506000134352"
GLNS = ("9521321000001", "9521321000018")
SITES = tuple(f"https://id.gs1.org/414/{gln}" for gln in GLNS)
CONTEXT = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"tagtill": "urn:tagtill:epcis:"},
]

Event = dict[str, Any]

# movement → bizStep, disposition, zone of the bizLocation ("" where the thing leaves), action
KINDS = {
    "stock": ("stocking", "sellable_accessible", "floor", "OBSERVE"),
    "count": ("cycle_counting", "sellable_accessible", "floor", "OBSERVE"),
    "sale": ("retail_selling", "retail_sold", "", "OBSERVE"),
    "return": ("accepting", "returned", "returns", "OBSERVE"),
    "damage": ("inspecting", "damaged", "backroom", "OBSERVE"),
    "ship": ("shipping", "in_transit", "", "OBSERVE"),
    "destroy": ("destroying", "destroyed", "", "DELETE"),
    "gate": ("entering_exiting", "unknown", "", "OBSERVE"),
}


class StandingClock:
    """Implements reader's Clock; moves only when it is told to."""

    def __init__(self) -> None:
        self.now_us = START_US

    def monotonic_s(self) -> float:
        return self.now_us / 1e6

    def utc_us(self) -> int:
        return self.now_us

    def advance_s(self, seconds: float) -> None:
        self.now_us += round(seconds * 1e6)


def tag(serial: int, gtin: str = GTIN) -> str:
    return f"https://id.gs1.org/01/{gtin}/21/{serial}"


def time_text(ms: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds")


def id_of(number: int) -> str:
    return f"urn:uuid:0193a5b0-0000-7000-8000-{number:012x}"


def movement(
    kind: str, serials: Sequence[int], number: int, *, at_ms: int = 0, site: int = 0, store: str | None = None
) -> Event:
    """An event of ``store`` (by default the site's own); seq and eventID are made of ``number``, times of ``at_ms``."""
    step, disposition, zone, action = KINDS[kind]
    event: Event = {
        "type": "ObjectEvent",
        "eventID": id_of(number),
        "eventTime": time_text(START_MS + at_ms),
        "eventTimeZoneOffset": "+00:00",
        "epcList": [tag(serial) for serial in serials],
        "action": action,
        "bizStep": step,
        "disposition": disposition,
        "readPoint": {"id": f"{SITES[site]}/254/lane-1"},
        **numbers(store or f"store-{site}", number, at_ms),
    }
    if zone:
        event["bizLocation"] = {"id": f"{SITES[site]}/254/{zone}"}
    return event


def numbers(store: str, seq: int, at_ms: int) -> Event:
    return {
        "tagtill:store": store,
        "tagtill:epoch": 1,
        "tagtill:seq": seq,
        "tagtill:hlc": str(Stamp(START_MS + at_ms, 0, store)),
    }


def void_of(sale: Event, number: int, *, at_ms: int = 0, reason: str = "did_not_occur") -> Event:
    """The sale's own event again, taken back."""
    declaration = {"declarationTime": time_text(START_MS + at_ms), "reason": reason}
    return {**sale, "errorDeclaration": declaration, **numbers(sale["tagtill:store"], number, at_ms)}


def missed(serials: Sequence[int], number: int, *, at_ms: int = 0, site: int = 0) -> Event:
    """What closes a count: the tags that it should have found."""
    return {
        **movement("count", [], number, at_ms=at_ms, site=site),
        "tagtill:missing": [tag(serial) for serial in serials],
    }


def foreign(event: Event) -> Event:
    """The same event as somebody sends it who knows nothing of our extension."""
    return {name: value for name, value in event.items() if not name.startswith("tagtill:")}


def kept(event: Event, new_id: Callable[[], str] | None = None) -> CapturedEvent:
    ids = itertools.count(1 << 40)
    return captured(event, "[]", new_id or (lambda: id_of(next(ids))))


def document(*events: Event) -> dict[str, Any]:
    return {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-11-22T09:35:31.000Z",
        "epcisBody": {"eventList": list(events)},
    }


class Central:
    """One central with its own file, spoken to as by HTTP."""

    def __init__(self, path: Path, **settings: Any) -> None:
        self.clock = StandingClock()
        settings.setdefault("open", "keys" not in settings)
        self.settings = CentralSettings(database=path / "central.db", **settings)
        self.app: Flask = create_app(self.settings, clock=self.clock)
        self.client: Any = self.app.test_client()  # its answers' JSON is Any or None by type; here it is what it is

    @property
    def parts(self) -> CentralParts:
        parts: CentralParts = self.app.extensions[PARTS]
        return parts

    def capture(self, *events: Event, behaviour: str = "proceed", key: str | None = None) -> dict[str, Any]:
        """Capture a document and return its job."""
        headers = {"GS1-Capture-Error-Behaviour": behaviour, **authorised(key)}
        answer = self.client.post("/capture", json=document(*events), headers=headers)
        assert answer.status_code == 202, answer.json
        job = self.client.get(answer.headers["Location"], headers=authorised(key)).json
        assert isinstance(job, dict)
        return job

    def post(self, event: Event, key: str | None = None) -> Any:
        return self.client.post("/events", json={"@context": CONTEXT, **event}, headers=authorised(key))

    def found(self, query: str = "") -> list[dict[str, Any]]:
        answer = self.client.get(f"/events?{query}")
        assert answer.status_code == 200, answer.json
        return list(answer.json["epcisBody"]["queryResults"]["resultsBody"]["eventList"])

    def stock(self, gtin: str = GTIN) -> dict[str, tuple[int, int, int]]:
        """Per location: on hand, uncertain, available."""
        places = self.client.get(f"/availability/{gtin}").json["locations"]
        return {place["location"]: (place["on_hand"], place["uncertain"], place["available"]) for place in places}

    def exceptions(self) -> list[str]:
        return [record["kind"] for record in self.client.get("/exceptions?perPage=1000").json["items"]]

    def close(self) -> None:
        self.parts.storage.close()


def authorised(key: str | None) -> dict[str, str]:
    return {} if key is None else {"Authorization": f"Bearer {key}"}


def ring(**keys: str) -> dict[str, tuple[str, ...]]:
    """Settings' keys: store (with _ for -) to the hash of its key."""
    return {store.replace("_", "-"): (hash_key(key),) for store, key in keys.items()}
