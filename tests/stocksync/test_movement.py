from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stocksync.clock import Stamp
from stocksync.errors import MovementError
from stocksync.movement import Movement, Reason, event_id_of, microseconds, moment_utc
from stocksync.store_identity import StoreIdentity


@given(st.integers(0, (1 << 48) - 1), st.integers(0, (1 << 74) - 1))
def test_an_event_id_is_a_uuid_of_version_7_with_its_time(ms: int, randomness: int) -> None:
    text = event_id_of(ms, randomness)
    value = uuid.UUID(text.removeprefix("urn:uuid:"))

    assert text.startswith("urn:uuid:")
    assert (value.version, value.variant) == (7, uuid.RFC_4122)
    assert value.int >> 80 == ms
    assert value.int & ((1 << 62) - 1) == randomness & ((1 << 62) - 1)
    assert value.int >> 64 & 0xFFF == randomness >> 62


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1990, 1, 1), max_value=datetime(2200, 1, 1)))
def test_times_survive_to_the_microsecond(moment: datetime) -> None:
    assert moment_utc(microseconds(moment)) == moment
    assert microseconds(moment + timedelta(microseconds=1)) == microseconds(moment) + 1


def _movement(**fields: object) -> Movement:
    base: dict[str, object] = {
        "store": "s",
        "epoch": 1,
        "seq": 1,
        "hlc": Stamp(1, 0, "s"),
        "event_id": "urn:uuid:1",
        "tag_key": "k",
        "epc": "30",
        "gtin": None,
        "occurred_utc": datetime(2026, 11, 22, tzinfo=UTC),
    }
    return Movement(**{**base, **fields})  # type: ignore[arg-type] # the test passes wrong values on purpose


@pytest.mark.parametrize(
    "fields",
    [
        {"reason": Reason.SALE, "lane": "1"},
        {"reason": Reason.SALE, "document": "1"},
        {"reason": Reason.STOCK},
        {"reason": Reason.COUNT, "zone": "floor"},
        {"reason": Reason.RETURN, "zone": "returns", "lane": "1", "document": "R"},
        {"reason": Reason.VOID, "lane": "1", "document": "V", "undoes": "S"},
        {"reason": Reason.STOCK, "zone": "floor", "seq": 0},
        {"reason": Reason.STOCK, "zone": "floor", "occurred_utc": datetime(2026, 11, 22)},
    ],
)
def test_a_movement_that_cannot_be_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(MovementError):
        _movement(**fields)


@pytest.mark.parametrize(
    ("store", "gln", "zone"),
    [
        ("", "9521321000001", "UTC"),
        ("a b", "9521321000001", "UTC"),
        ("s", "9521321000002", "UTC"),
        ("s", "952132100001", "UTC"),
        ("s", "9521321000001", "Mars/Base"),
        ("s", "9521321000001", "../etc"),
    ],
)
def test_an_identity_is_checked_before_anything_is_sold(store: str, gln: str, zone: str) -> None:
    with pytest.raises(MovementError):
        StoreIdentity(store, gln, zone)


def test_names_of_places_and_documents_become_uris_whatever_they_hold() -> None:
    identity = StoreIdentity("s", "9521321000001")

    assert identity.place("lane 1/ä") == "https://id.gs1.org/414/9521321000001/254/lane%201%2F%C3%A4"
    assert identity.document("K1/17") == "urn:epcglobal:cbv:bt:9521321000001:K1%2F17"
