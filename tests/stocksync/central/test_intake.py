"""Events of anybody's in the one stored form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stocksync.central.intake import EventError, added_context, canonical_class, microseconds_of, site_of
from stocksync.central.model import Role
from stocksync.epcis.validation import problems_of_event
from tests.stocksync.central.world import START_US, id_of, kept, movement, tag


def test_every_spelling_of_the_same_event_is_the_same_event() -> None:
    ours = {**movement("sale", [1], 1), "epcList": ["https://id.gs1.org/01/00614141123452/21/2017"]}
    theirs = [
        {**ours, "epcList": ["urn:epc:id:sgtin:0614141.012345.2017"]},
        {**ours, "epcList": ["https://shop.example.com/items/01/00614141123452/21/2017"]},
        {**ours, "bizStep": "https://ref.gs1.org/cbv/BizStep-retail_selling", "disposition": "cbv:Disp-retail_sold"},
        {**ours, "readPoint": {"id": "urn:epc:id:sgln:952132100000..lane-1"}},
        {**ours, "eventTime": ours["eventTime"].replace("+00:00", "Z"), "recordTime": "2020-01-01T00:00:00Z"},
    ]
    for event in theirs:
        assert problems_of_event(event) == []
        assert kept(event).digest == kept(ours).digest

    assert kept({**ours, "epcList": [tag(2)]}).digest != kept(ours).digest


def test_the_stored_form_is_a_valid_event() -> None:
    event = {
        **movement("sale", [], 1),
        "epcList": ["urn:epc:id:sgtin:0614141.012345.2017", "https://id.gs1.org/01/00614141123452/21/2017"],
        "quantityList": [{"epcClass": "urn:epc:idpat:sgtin:0614141.012345.*", "quantity": 3}],
        "bizTransactionList": [{"type": "cbv:BTT-inv", "bizTransaction": "urn:epcglobal:cbv:bt:9521321000001:1"}],
        "sourceList": [{"type": "cbv:SDT-location", "source": "urn:epc:id:sgln:952132100000..0"}],
        "persistentDisposition": {"set": ["cbv:Disp-completeness_verified", "completeness_verified"]},
    }
    stored = json.loads(kept(event).document)

    assert problems_of_event(stored) == []
    assert stored["epcList"] == ["https://id.gs1.org/01/00614141123452/21/2017"]
    assert stored["quantityList"][0]["epcClass"] == "https://id.gs1.org/01/00614141123452"
    assert stored["bizTransactionList"][0]["type"] == "inv"
    assert stored["sourceList"] == [{"type": "location", "source": "https://id.gs1.org/414/9521321000001"}]
    assert stored["persistentDisposition"] == {"set": ["completeness_verified"]}


def test_an_event_without_id_gets_one_and_one_without_clock_a_stamp_of_its_time() -> None:
    event = movement("stock", [1], 1)
    foreign = {name: event[name] for name in event if name != "eventID" and not name.startswith("tagtill:")}

    stored = kept(foreign, lambda: id_of(77))

    assert stored.event_id == id_of(77)
    assert (stored.store, stored.epoch, stored.seq) == (None, 0, 0)
    assert stored.hlc == f"{START_US // 1000:012x}-0000-0"


def test_every_identifier_is_mentioned_in_its_role() -> None:
    event = {
        **movement("stock", [], 1),
        "type": "AggregationEvent",
        "parentID": "urn:epc:id:sscc:0614141.1234567890",
        "childEPCs": [tag(1)],
        "childQuantityList": [{"epcClass": "urn:epc:class:lgtin:4012345.012345.998877", "quantity": 2}],
        "tagtill:missing": [tag(2), tag(2)],
    }
    del event["epcList"]

    assert [(mention.key, mention.role) for mention in kept(event).mentions] == [
        (tag(1), Role.CHILD),
        ("urn:epc:id:sscc:0614141.1234567890", Role.PARENT),
        ("urn:epc:class:lgtin:4012345.012345.998877", Role.CLASS),
        (tag(2), Role.MISSING),
    ]


def test_a_lot_is_not_its_product() -> None:
    assert canonical_class("urn:epc:idpat:sgtin:4012345.012345.*") == "https://id.gs1.org/01/04012345123456"
    assert canonical_class("https://id.gs1.org/01/04012345123456/10/L1") == "https://id.gs1.org/01/04012345123456/10/L1"


@pytest.mark.parametrize(
    ("place", "site"),
    [
        ("https://id.gs1.org/414/9521321000001/254/floor", "https://id.gs1.org/414/9521321000001"),
        ("https://id.gs1.org/414/9521321000001", "https://id.gs1.org/414/9521321000001"),
        (
            f"https://id.gs1.org/414/9521321000001/254/{'longer-than-gs1-allows' * 2}",
            "https://id.gs1.org/414/9521321000001",
        ),
        ("geo:42.7,23.3", "geo:42.7,23.3"),
        ("https://example.org/254/x", "https://example.org/254/x"),
    ],
)
def test_the_site_of_a_place(place: str, site: str) -> None:
    assert site_of(place) == site


@pytest.mark.parametrize(
    "change",
    [
        {"tagtill:seq": True},
        {"tagtill:seq": -1},
        {"tagtill:seq": 1 << 63},
        {"tagtill:store": ""},
        {"tagtill:store": ["store-0"]},
        {"tagtill:hlc": "now"},
        {"tagtill:hlc": 5},
        {"tagtill:missing": tag(1)},
        {"tagtill:missing": [1]},
        {"eventTime": "2016-12-31T23:59:60Z"},
    ],
)
def test_extension_fields_that_make_no_sense_are_told(change: dict[str, Any]) -> None:
    with pytest.raises(EventError):
        kept({**movement("stock", [1], 1), **change})


def test_a_number_without_its_store_is_told() -> None:
    event = movement("stock", [1], 1)
    del event["tagtill:store"]
    with pytest.raises(EventError, match="together"):
        kept(event)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_the_ends_of_the_calendar_are_times(text: str) -> None:
    assert isinstance(microseconds_of(text), int)


def test_a_time_may_be_spelled_in_small_letters() -> None:
    assert microseconds_of("2026-11-22t05:00:00z") == microseconds_of("2026-11-22T05:00:00Z")


def test_a_context_is_kept_without_the_standards_own() -> None:
    own = {"example": "http://ns.example.com/epcis/"}
    assert json.loads(added_context(["https://gs1.github.io/EPCIS/epcis-context.jsonld", own])) == [own]
    assert json.loads(added_context("https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld")) == []
