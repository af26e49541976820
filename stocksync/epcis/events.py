"""Movements and counts as EPCIS 2.0 JSON: bare CBV words, Digital Links, our numbers as an extension.

| movement | bizStep, disposition | where | documents |
|---|---|---|---|
| stock, to the sales floor | stocking, sellable_accessible | readPoint and bizLocation: the zone | |
| stock, elsewhere | storing, sellable_not_accessible | the same | |
| sale | retail_selling, retail_sold | readPoint: the lane; no bizLocation, it leaves | inv: the receipt |
| void | the sale's own event again, with an errorDeclaration `did_not_occur` | | |
| return | accepting, returned | readPoint: the lane; bizLocation: returns | rma: the return; inv: the sale |
| count | cycle_counting, by zone as stock | readPoint and bizLocation: the zone | |

Source: EPCIS 2.0, JSON binding; CBV 2.0, business steps and dispositions. An error declaration repeats the event, id
and all (EPCIS 2.0, error declarations). `inv` because CBV knows no receipt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stocksync.clock import Stamp
from stocksync.movement import Movement, Number, Reason
from stocksync.store_identity import FLOOR, StoreIdentity

__all__ = ["CONTEXT", "CountSummary", "document_of", "event_of", "standalone", "summary_event_of"]

CONTEXT: tuple[Any, ...] = (
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"tagtill": "urn:tagtill:epcis:"},
)
_CONTEXT_JSON = '["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",{"tagtill":"urn:tagtill:epcis:"}]'

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CountSummary:
    """What a count of a zone came to: sent once more than its tags, because absence is no observation of a tag.

    missing: tag keys that were expected and not found; they are uncertain now, not gone.
    """

    stocktake: str
    zone: str
    event_id: str
    started_utc: datetime
    finished_utc: datetime
    expected: int
    found: int
    missing: Sequence[str]


def event_of(movement: Movement, identity: StoreIdentity) -> Event:
    """Return the event of ``movement``, without a context of its own."""
    event = _body_of(movement, identity)
    event.update(_numbers(identity.store, movement.epoch, movement.seq, movement.hlc))
    return event


def summary_event_of(summary: CountSummary, number: Number, identity: StoreIdentity) -> Event:
    """Return the event that closes a count. Its epcList is empty: it observes that these were not observed."""
    place = {"id": identity.place(summary.zone)}
    return {
        "type": "ObjectEvent",
        "eventID": summary.event_id,
        **_when(summary.finished_utc, identity),
        "epcList": [],
        "action": "OBSERVE",
        "bizStep": "cycle_counting",
        "readPoint": place,
        "bizLocation": place,
        **_numbers(identity.store, number.epoch, number.seq, number.hlc),
        "tagtill:count": summary.stocktake,
        "tagtill:countedFrom": identity.local(summary.started_utc).isoformat(timespec="milliseconds"),
        "tagtill:countedTo": identity.local(summary.finished_utc).isoformat(timespec="milliseconds"),
        "tagtill:expected": summary.expected,
        "tagtill:found": summary.found,
        "tagtill:missing": list(summary.missing),
    }


def standalone(event: Event) -> Event:
    """Return ``event`` as a document of its own, as POST /events takes it."""
    return {"@context": list(CONTEXT), **event}


def document_of(events_json: Iterable[str], created_utc: datetime) -> bytes:
    """Return an EPCISDocument around events that are JSON already, byte for byte as they were appended."""
    created = created_utc.isoformat(timespec="milliseconds")
    return (
        f'{{"@context":{_CONTEXT_JSON},"type":"EPCISDocument","schemaVersion":"2.0","creationDate":"{created}",'
        f'"epcisBody":{{"eventList":[{",".join(events_json)}]}}}}'
    ).encode()


def _body_of(movement: Movement, identity: StoreIdentity) -> Event:
    match movement.reason:
        case Reason.SALE:
            return _sale(movement, identity)
        case Reason.VOID:
            return _void(movement, identity)
        case Reason.RETURN:
            return _return(movement, identity)
        case Reason.STOCK | Reason.COUNT:
            return _in_zone(movement, identity)


def _sale(movement: Movement, identity: StoreIdentity) -> Event:
    return {
        **_observed(movement, identity),
        "bizStep": "retail_selling",
        "disposition": "retail_sold",
        "readPoint": {"id": identity.place(movement.lane or "")},
        "bizTransactionList": [{"type": "inv", "bizTransaction": identity.document(movement.document or "")}],
    }


def _void(movement: Movement, identity: StoreIdentity) -> Event:
    assert movement.undone is not None  # `Movement` refuses a void without its sale
    return {
        **_sale(movement.undone, identity),
        "errorDeclaration": {
            "declarationTime": identity.local(movement.occurred_utc).isoformat(timespec="milliseconds"),
            "reason": "did_not_occur",
        },
    }


def _return(movement: Movement, identity: StoreIdentity) -> Event:
    event = {
        **_observed(movement, identity),
        "bizStep": "accepting",
        "disposition": "returned",
        "readPoint": {"id": identity.place(movement.lane or "")},
        "bizLocation": {"id": identity.place(movement.zone or "")},
        "bizTransactionList": [
            {"type": "rma", "bizTransaction": identity.document(movement.document or "")},
            {"type": "inv", "bizTransaction": identity.document(movement.undoes or "")},
        ],
    }
    if movement.undone is not None:
        event["tagtill:undoes"] = movement.undone.event_id
    return event


def _in_zone(movement: Movement, identity: StoreIdentity) -> Event:
    is_on_floor = movement.zone == FLOOR
    place = {"id": identity.place(movement.zone or "")}
    event = {
        **_observed(movement, identity),
        "bizStep": "stocking" if is_on_floor else "storing",
        "disposition": "sellable_accessible" if is_on_floor else "sellable_not_accessible",
        "readPoint": place,
        "bizLocation": place,
    }
    if movement.reason is Reason.COUNT:
        event["bizStep"] = "cycle_counting"
        event["tagtill:count"] = movement.document
    return event


def _observed(movement: Movement, identity: StoreIdentity) -> Event:
    return {
        "type": "ObjectEvent",
        "eventID": movement.event_id,
        **_when(movement.occurred_utc, identity),
        "epcList": [movement.tag_key],
        "action": "OBSERVE",
    }


def _when(moment_utc: datetime, identity: StoreIdentity) -> Event:
    text = identity.local(moment_utc).isoformat(timespec="milliseconds")
    return {"eventTime": text, "eventTimeZoneOffset": text[-6:]}


def _numbers(store: str, epoch: int, seq: int, hlc: Stamp) -> Event:
    return {"tagtill:store": store, "tagtill:epoch": epoch, "tagtill:seq": seq, "tagtill:hlc": str(hlc)}
