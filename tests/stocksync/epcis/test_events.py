"""What we emit: exactly the standard's fields, valid by our schema and by the official one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from checkout.port import MoveReason
from stocksync.epcis.events import CountSummary, document_of, standalone
from stocksync.epcis.validation import problems_of_document, problems_of_event
from stocksync.movement import Reason
from stocksync.movement_writer import Draft
from stocksync.outbox import claim
from tests import official_epcis
from tests.stocksync.shop import Shop, epc_of

_PLACE = "https://id.gs1.org/414/9521321000001/254/"
_ITEM = "https://id.gs1.org/01/09506000134352/21/"
_DOCUMENT = "urn:epcglobal:cbv:bt:9521321000001:"


def _bodies(shop: Shop) -> list[str]:
    with shop.store.read() as connection:
        return [row.body for row in claim(connection, 1000)]


def _events(shop: Shop) -> list[dict[str, Any]]:
    return [json.loads(body) for body in _bodies(shop)]


def test_a_sale(shop: Shop) -> None:
    shop.sell("K1-17", epc_of(5))
    (event,) = _events(shop)
    numbers = {name: event.pop(name) for name in list(event) if name.startswith("tagtill:")}
    event_id = event.pop("eventID")

    assert event == {
        "type": "ObjectEvent",
        "eventTime": "2026-11-22T11:55:30.125+01:00",
        "eventTimeZoneOffset": "+01:00",
        "epcList": [_ITEM + "5"],
        "action": "OBSERVE",
        "bizStep": "retail_selling",
        "disposition": "retail_sold",
        "readPoint": {"id": _PLACE + "lane-1"},
        "bizTransactionList": [{"type": "inv", "bizTransaction": _DOCUMENT + "K1-17"}],
    }
    assert event_id.startswith("urn:uuid:")
    assert numbers["tagtill:store"] == "store-12"
    assert numbers["tagtill:seq"] == 1
    assert isinstance(numbers["tagtill:epoch"], int)
    assert numbers["tagtill:hlc"].endswith("-0000-store-12")


def test_a_void_is_the_sales_own_event_declared_an_error(shop: Shop) -> None:
    shop.sell("K1-17", epc_of(5))
    shop.clock.advance_s(60)
    shop.move(MoveReason.VOID, "V1", epc_of(5), undoes="K1-17")
    sale, void = _events(shop)

    declaration = void.pop("errorDeclaration")
    assert declaration == {"declarationTime": "2026-11-22T11:56:30.125+01:00", "reason": "did_not_occur"}
    assert (void.pop("tagtill:seq"), sale.pop("tagtill:seq")) == (2, 1)
    assert void.pop("tagtill:hlc") > sale.pop("tagtill:hlc")
    assert void == sale


def test_a_return_names_the_sale(shop: Shop) -> None:
    shop.sell("K1-17", epc_of(5))
    shop.move(MoveReason.RETURN, "R1", epc_of(5), undoes="K1-17")
    sale, given_back = _events(shop)

    assert (given_back["bizStep"], given_back["disposition"]) == ("accepting", "returned")
    assert given_back["readPoint"] == {"id": _PLACE + "lane-1"}
    assert given_back["bizLocation"] == {"id": _PLACE + "returns"}
    assert given_back["bizTransactionList"] == [
        {"type": "rma", "bizTransaction": _DOCUMENT + "R1"},
        {"type": "inv", "bizTransaction": _DOCUMENT + "K1-17"},
    ]
    assert given_back["tagtill:undoes"] == sale["eventID"]
    assert given_back["eventID"] != sale["eventID"]


@pytest.mark.parametrize(
    ("zone", "step", "disposition"),
    [("floor", "stocking", "sellable_accessible"), ("backroom", "storing", "sellable_not_accessible")],
)
def test_stock_and_counts_stay_in_their_zone(shop: Shop, zone: str, step: str, disposition: str) -> None:
    shop.stock(epc_of(1), zone=zone)
    shop.record(Draft(epc_of(1), Reason.COUNT, shop.clock.now(), zone=zone, document="C1"))
    stocked, counted = _events(shop)

    for event, expected in ((stocked, step), (counted, "cycle_counting")):
        assert (event["bizStep"], event["disposition"]) == (expected, disposition)
        assert event["readPoint"] == event["bizLocation"] == {"id": _PLACE + zone}
    assert counted["tagtill:count"] == "C1"
    assert "tagtill:count" not in stocked


def test_all_that_we_emit_is_valid_by_both_schemas(shop: Shop) -> None:
    strange = 'lane "ä"/<1>'
    shop.stock(epc_of(1), epc_of(2), "E28011606000020", "")
    shop.sell(strange, epc_of(1), epc_of(2))
    shop.move(MoveReason.VOID, "V1", epc_of(1), undoes=strange)
    shop.move(MoveReason.RETURN, "R1", epc_of(2), undoes=strange)
    shop.record(Draft(epc_of(1), Reason.COUNT, shop.clock.now(), zone=strange, document="C1"))
    summary = CountSummary(
        "C1", "floor", shop.writer.new_event_id(), shop.clock.now(), shop.clock.now(), 3, 2, [_ITEM + "9"]
    )
    shop.store.write(lambda transaction: shop.writer.record_summary(transaction, [summary]))
    bodies = _bodies(shop)
    assert len(bodies) == 10

    document = json.loads(document_of(bodies, datetime(2026, 11, 22, tzinfo=UTC)))

    assert document["@context"][0] == "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
    assert document["@context"][1] == {"tagtill": "urn:tagtill:epcis:"}
    assert problems_of_document(document) == []
    assert official_epcis.schema().is_valid(document)
    for body in bodies:
        event = standalone(json.loads(body))
        assert problems_of_event(event, standalone=True) == []
        assert official_epcis.schema().is_valid(event)
        assert event["@context"] == document["@context"]
