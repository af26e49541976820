"""One valid EPCIS event of anybody's, in the one form that is stored, compared and believed.

1. Identifiers of items, classes and locations become canonical Digital Links, CBV words bare; what is not GS1's stays.
2. The result is itself a valid EPCIS 2.0 event: it is what queries answer with.
3. The digest leaves out what a repository or a re-send may change: recordTime, @context, the spelling of times.
4. An event without eventID gets one (EPCIS 2.0, 12.6.1): sent again, it is another event, for nobody can tell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson

from reader.epc import class_of_uri, key_of_uri, location_link, location_of_uri
from reader.errors import EpcError
from stocksync.central.model import CapturedEvent, Mention, Role
from stocksync.clock import Stamp
from stocksync.epcis.terms import (
    BIZ_STEPS,
    BIZ_TRANSACTION_TYPES,
    COMPONENTS,
    DISPOSITIONS,
    ERROR_REASONS,
    SOURCE_DESTINATION_TYPES,
    Vocabulary,
    bare_term,
)
from stocksync.errors import ClockStampError, SyncError

__all__ = [
    "STANDARD_CONTEXT",
    "EventError",
    "added_context",
    "canonical_class",
    "canonical_item",
    "canonical_place",
    "captured",
    "microseconds_of",
    "site_of",
]

STANDARD_CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
_STANDARD_CONTEXTS = (STANDARD_CONTEXT, "https://gs1.github.io/EPCIS/epcis-context.jsonld")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LAST_NUMBER = (1 << 63) - 1  # SQLite's and PostgreSQL's greatest integer
# No store may be called so: its node would be one that is made up for events without a clock.
_NO_NODE = "0"

_ITEM_LISTS = (
    ("epcList", Role.ITEM),
    ("childEPCs", Role.CHILD),
    ("inputEPCList", Role.INPUT),
    ("outputEPCList", Role.OUTPUT),
)
_CLASS_LISTS = (
    ("quantityList", Role.CLASS),
    ("childQuantityList", Role.CLASS),
    ("inputQuantityList", Role.INPUT_CLASS),
    ("outputQuantityList", Role.OUTPUT_CLASS),
)
_Json = dict[str, Any]


class EventError(SyncError, ValueError):
    """A valid event that cannot be kept; says which field and what was expected."""


def captured(event: Mapping[str, Any], context: str, new_id: Callable[[], str]) -> CapturedEvent:
    """Return ``event``, which the schema has accepted, in the form that is stored.

    context: from `added_context` of its document. new_id: called for an event without eventID.

    Raises:
        EventError: A time outside the calendar, or extension fields of ours that make no sense.
    """
    kept = _canonical(event)
    kept.setdefault("eventID", new_id())
    if "@context" in kept:
        context = added_context(kept.pop("@context"))
    kept.pop("recordTime", None)
    time_us = microseconds_of(kept["eventTime"])
    store, epoch, seq = _number_of(kept)
    declaration = kept.get("errorDeclaration")
    read_point, biz_location = _id_of(kept, "readPoint"), _id_of(kept, "bizLocation")
    return CapturedEvent(
        event_id=kept["eventID"],
        declared=declaration is not None,
        error_reason=None if declaration is None else declaration.get("reason"),
        event_type=kept["type"],
        action=kept.get("action"),
        biz_step=kept.get("bizStep"),
        disposition=kept.get("disposition"),
        read_point=read_point,
        biz_location=biz_location,
        read_site=None if read_point is None else site_of(read_point),
        biz_site=None if biz_location is None else site_of(biz_location),
        event_time_us=time_us,
        store=store,
        epoch=epoch,
        seq=seq,
        hlc=_stamp_of(kept, time_us),
        digest=_digest_of(kept, time_us),
        document=orjson.dumps(kept).decode(),
        context=context,
        mentions=_mentions_of(kept),
    )


def added_context(context: Any) -> str:
    """Return, as JSON, the list of what a valid @context says beyond the standard's own."""
    parts = context if isinstance(context, list) else [context]
    return orjson.dumps([part for part in parts if part not in _STANDARD_CONTEXTS]).decode()


def microseconds_of(text: str) -> int:
    """Return an RFC 3339 time as microseconds since 1970-01-01 UTC; finer digits are cut off.

    Raises:
        EventError: It has no zone, or is no moment of the calendar (a leap second is not).
    """
    try:
        moment = datetime.fromisoformat(text.upper())  # RFC 3339 allows t and z
        if moment.tzinfo is None:
            raise ValueError("no zone")
        return (moment - _EPOCH) // _MICROSECOND
    except (ValueError, OverflowError) as error:
        raise EventError(f"expected a time with its zone (RFC 3339), not {text[:40]!r}") from error


def canonical_item(uri: str) -> str:
    """Return the canonical link of an item, or ``uri`` itself where it names none."""
    try:
        return key_of_uri(uri)
    except EpcError:
        return uri


@lru_cache(maxsize=8192)
def canonical_class(uri: str) -> str:
    """Return the canonical link of a product, or ``uri`` itself where it names none, or a lot of one."""
    # A lot is more than its product: what is asked of the one is not answered by the other.
    gtin = None if "lgtin" in uri or "/10/" in uri else class_of_uri(uri)
    return uri if gtin is None else f"https://id.gs1.org/01/{gtin}"


@lru_cache(maxsize=8192)
def canonical_place(uri: str) -> str:
    """Return the canonical link of a location, or ``uri`` itself where it names none by GLN."""
    try:
        return location_link(*location_of_uri(uri))
    except EpcError:
        return uri


@lru_cache(maxsize=8192)
def site_of(place: str) -> str:
    """Return the site of a canonical place: its GLN's link without extension, or the place itself without a GLN."""
    head, extension_ai, _ = place.partition("/254/")
    if not extension_ai:
        return place
    # Also where the extension is longer than GS1 allows: the GLN before it is what counts.
    site = canonical_place(head)
    return site if site.startswith("https://id.gs1.org/414/") else place


def _canonical(event: Mapping[str, Any]) -> _Json:
    kept = dict(event)
    _replace(kept, "bizStep", lambda text: _word(BIZ_STEPS, text))
    _replace(kept, "disposition", lambda text: _word(DISPOSITIONS, text))
    _replace(kept, "parentID", canonical_item)
    for name, _ in _ITEM_LISTS:
        # Two spellings of one item are one item: the schema asks for a list without repeats.
        _replace(kept, name, lambda epcs: list(dict.fromkeys(map(canonical_item, epcs))))
    for name, _ in _CLASS_LISTS:
        _replace(kept, name, lambda list_: [{**item, "epcClass": canonical_class(item["epcClass"])} for item in list_])
    for name in ("readPoint", "bizLocation"):
        _replace(kept, name, lambda place: {**place, "id": canonical_place(place["id"])})
    _replace(kept, "bizTransactionList", lambda list_: [_typed(BIZ_TRANSACTION_TYPES, item) for item in list_])
    _replace(kept, "sourceList", lambda list_: [_end(item, "source") for item in list_])
    _replace(kept, "destinationList", lambda list_: [_end(item, "destination") for item in list_])
    _replace(kept, "persistentDisposition", lambda sets: {name: _dispositions(sets[name]) for name in sets})
    _replace(kept, "errorDeclaration", _declaration)
    _replace(kept, "sensorElementList", lambda list_: [_sensor_element(item) for item in list_])
    return kept


def _replace(target: _Json, name: str, change: Callable[[Any], Any]) -> None:
    if name in target:
        target[name] = change(target[name])


@lru_cache(maxsize=1024)
def _word(vocabulary: Vocabulary, text: str) -> str:
    return bare_term(vocabulary, text)


def _typed(vocabulary: Vocabulary, item: Mapping[str, Any]) -> _Json:
    return {**item, "type": _word(vocabulary, item["type"])} if "type" in item else dict(item)


def _end(item: Mapping[str, Any], name: str) -> _Json:
    return {**_typed(SOURCE_DESTINATION_TYPES, item), name: canonical_place(item[name])}


def _dispositions(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(_word(DISPOSITIONS, word) for word in words))


def _declaration(declaration: Mapping[str, Any]) -> _Json:
    kept = dict(declaration)
    _replace(kept, "reason", lambda text: _word(ERROR_REASONS, text))
    return kept


def _sensor_element(element: Mapping[str, Any]) -> _Json:
    reports = [dict(report) for report in element["sensorReport"]]
    for report in reports:
        _replace(report, "component", lambda text: _word(COMPONENTS, text))
    return {**element, "sensorReport": reports}


def _id_of(kept: _Json, name: str) -> str | None:
    return kept[name]["id"] if name in kept else None


def _number_of(kept: _Json) -> tuple[str | None, int, int]:
    names = ("tagtill:store", "tagtill:epoch", "tagtill:seq")
    present = [name for name in names if name in kept]
    if not present:
        return None, 0, 0
    if len(present) < len(names):
        raise EventError(f"expected {', '.join(names)} together, not {' and '.join(present)} alone")
    store, epoch, seq = (kept[name] for name in names)
    if not isinstance(store, str) or not 1 <= len(store) <= 64:
        raise EventError("expected tagtill:store as text of 1 to 64 characters")
    for name, number in (("tagtill:epoch", epoch), ("tagtill:seq", seq)):
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= _LAST_NUMBER:
            raise EventError(f"expected {name} as a whole number from 0")
    return store, epoch, seq


def _stamp_of(kept: _Json, time_us: int) -> str:
    text = kept.get("tagtill:hlc")
    if text is None:
        return str(Stamp(max(0, time_us // 1000), 0, _NO_NODE))  # before 1970 nothing had a tag
    try:
        return str(Stamp.parse(text))
    except (ClockStampError, TypeError) as error:
        raise EventError(f"tagtill:hlc: {error}") from error


def _mentions_of(kept: _Json) -> tuple[Mention, ...]:
    found = [Mention(epc, _gtin_of(epc), role) for name, role in _ITEM_LISTS for epc in kept.get(name, ())]
    if "parentID" in kept:
        found.append(Mention(kept["parentID"], _gtin_of(kept["parentID"]), Role.PARENT))
    for name, role in _CLASS_LISTS:
        found += [Mention(key, None, role) for key in dict.fromkeys(item["epcClass"] for item in kept.get(name, ()))]
    missing = kept.get("tagtill:missing", [])
    if not isinstance(missing, list) or not all(isinstance(uri, str) for uri in missing):
        raise EventError("expected tagtill:missing as a list of the tags' URIs")
    found += [Mention(key, _gtin_of(key), Role.MISSING) for key in dict.fromkeys(map(canonical_item, missing))]
    return tuple(found)


def _gtin_of(key: str) -> str | None:
    start = "https://id.gs1.org/01/"
    return key[len(start) : len(start) + 14] if key.startswith(start) and "/21/" in key else None


def _digest_of(kept: _Json, time_us: int) -> bytes:
    content = {**kept, "eventTime": time_us}
    return hashlib.blake2b(orjson.dumps(content, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()
