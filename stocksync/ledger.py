"""The state of each tag in this store, in the database. Implements checkout's `ItemLedger`.

A guard by the clock alone (`… DO UPDATE … WHERE excluded.hlc > hlc`) would let a late sale lose against an earlier
count, so states are read, moved on by the rules of `tag_state`, and written back, all under the store's write lock.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import orjson

from checkout.port import SoldIn
from checkout.store import Store
from reader.epc import tag_key
from stocksync.clock import Stamp
from stocksync.movement import Movement, Reason, moment_utc
from stocksync.tag_state import Place, SaleMark, TagState, moved

__all__ = ["Ledger", "StockException", "apply_movements", "states_of"]

_SELECT_SOLD = """
    SELECT state.tag_key, state.document, sale.sold_us
    FROM tag_state AS state JOIN tag_sale AS sale USING (tag_key, document)
    WHERE state.tag_key IN (SELECT value FROM json_each(?)) AND state.state = 'sold'
"""
_SELECT_STATES = """
    SELECT tag_key, epc, gtin, hlc, place_zone, place_reason, place_hlc, place_event_id
    FROM tag_state WHERE tag_key IN (SELECT value FROM json_each(?))
"""
_SELECT_SALES = """
    SELECT tag_key, document, sold_hlc, sold_us, event_id, undone_hlc
    FROM tag_sale WHERE tag_key IN (SELECT value FROM json_each(?))
"""
_UPSERT_STATE = """
    INSERT INTO tag_state (tag_key, epc, gtin, state, zone, document, hlc,
                           place_zone, place_reason, place_hlc, place_event_id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (tag_key) DO UPDATE SET
        epc = excluded.epc, state = excluded.state, zone = excluded.zone, document = excluded.document,
        hlc = excluded.hlc, place_zone = excluded.place_zone, place_reason = excluded.place_reason,
        place_hlc = excluded.place_hlc, place_event_id = excluded.place_event_id
"""
_UPSERT_SALE = """
    INSERT INTO tag_sale (tag_key, document, sold_hlc, sold_us, event_id, undone_hlc) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (tag_key, document) DO UPDATE SET
        sold_hlc = excluded.sold_hlc, sold_us = excluded.sold_us, event_id = excluded.event_id,
        undone_hlc = excluded.undone_hlc
"""
_RAISE = """
    INSERT INTO stock_exception (tag_key, kind, document, raised_hlc) VALUES (?, ?, ?, ?)
    ON CONFLICT (tag_key, kind, document) DO UPDATE SET raised_hlc = excluded.raised_hlc, resolved_hlc = NULL
"""
_RESOLVE = "UPDATE stock_exception SET resolved_hlc = ? WHERE tag_key = ? AND kind = ? AND document = ?"


@dataclass(frozen=True, slots=True)
class StockException:
    """A contradiction that a person has to look at: its kind, the tag, and the sale in question."""

    tag_key: str
    kind: str
    document: str
    raised: Stamp


class Ledger:
    """What this store knows of each tag; reads only, each from the newest committed state."""

    def __init__(self, store: Store) -> None:
        """Read ``store``, which `stocksync_migrations` has prepared."""
        self._store = store

    def sold(self, epcs: Collection[str]) -> Mapping[str, SoldIn]:
        """Return those of ``epcs`` (upper-case hex) that are sold and not returned.

        An item is the same item in whichever encoding it is read.
        """
        if not epcs:
            return {}
        by_key: dict[str, list[str]] = {}
        for epc in epcs:
            by_key.setdefault(tag_key(epc), []).append(epc)
        with self._store.read() as connection:
            rows = connection.execute(_SELECT_SOLD, (_array(by_key),)).fetchall()
        return {
            epc: SoldIn(row["document"], moment_utc(row["sold_us"])) for row in rows for epc in by_key[row["tag_key"]]
        }

    def states(self, epcs: Collection[str]) -> Mapping[str, TagState]:
        """Return what is known of those of ``epcs`` that are known at all."""
        keys = {epc: tag_key(epc) for epc in epcs}
        with self._store.read() as connection:
            found = states_of(connection, set(keys.values()))
        return {epc: found[key] for epc, key in keys.items() if key in found}

    def open_exceptions(self) -> list[StockException]:
        """Return the contradictions that still hold, oldest first."""
        with self._store.read() as connection:
            rows = connection.execute(
                "SELECT tag_key, kind, document, raised_hlc FROM stock_exception "
                "WHERE resolved_hlc IS NULL ORDER BY raised_hlc"
            ).fetchall()
        return [
            StockException(row["tag_key"], row["kind"], row["document"], Stamp.parse(row["raised_hlc"])) for row in rows
        ]


def states_of(connection: sqlite3.Connection, keys: Collection[str]) -> dict[str, TagState]:
    """Return what is known of the tags of ``keys``; an unknown tag is absent."""
    wanted = _array(keys)
    sales: dict[str, dict[str, SaleMark]] = {}
    for row in connection.execute(_SELECT_SALES, (wanted,)):
        mark = SaleMark(_stamp(row["sold_hlc"]), row["sold_us"], row["event_id"], _stamp(row["undone_hlc"]))
        sales.setdefault(row["tag_key"], {})[row["document"]] = mark
    return {
        row["tag_key"]: TagState(
            row["tag_key"],
            row["epc"],
            row["gtin"],
            Stamp.parse(row["hlc"]),
            _place_of(row),
            MappingProxyType(sales.get(row["tag_key"], {})),
        )
        for row in connection.execute(_SELECT_STATES, (wanted,))
    }


def apply_movements(transaction: sqlite3.Connection, movements: Iterable[Movement]) -> None:
    """Move the tags on inside ``transaction``, and raise or resolve their contradictions."""
    ordered = list(movements)
    before = states_of(transaction, {movement.tag_key for movement in ordered})
    after = dict(before)
    for movement in ordered:
        after[movement.tag_key] = moved(after.get(movement.tag_key), movement)
    changed = [state for key, state in after.items() if state != before.get(key)]
    transaction.executemany(_UPSERT_STATE, [_row_of(state) for state in changed])
    transaction.executemany(_UPSERT_SALE, [row for state in changed for row in _sale_rows_of(state)])
    for state in changed:
        _note_contradictions(transaction, before.get(state.tag_key), state)


def _note_contradictions(transaction: sqlite3.Connection, before: TagState | None, after: TagState) -> None:
    if not after.sales:
        return
    held = before.contradictions() if before else frozenset()
    holds = after.contradictions()
    stamp = str(after.latest)
    for new in sorted(holds - held, key=lambda each: (each.kind, each.document)):
        transaction.execute(_RAISE, (after.tag_key, new.kind, new.document, stamp))
    for old in held - holds:
        transaction.execute(_RESOLVE, (stamp, after.tag_key, old.kind, old.document))


def _row_of(state: TagState) -> tuple[str | None, ...]:
    place = state.place
    where = (place.zone, place.reason.value, str(place.stamp), place.event_id) if place else (None,) * 4
    return (
        state.tag_key,
        state.epc,
        state.gtin,
        state.condition.value,
        state.zone,
        state.open_sale,
        str(state.latest),
        *where,
    )


def _sale_rows_of(state: TagState) -> Iterable[tuple[str | int | None, ...]]:
    for document, mark in state.sales.items():
        yield state.tag_key, document, _text(mark.sold), mark.sold_us, mark.event_id, _text(mark.undone)


def _place_of(row: sqlite3.Row) -> Place | None:
    if row["place_zone"] is None:
        return None
    return Place(row["place_zone"], Reason(row["place_reason"]), Stamp.parse(row["place_hlc"]), row["place_event_id"])


def _array(keys: Collection[str]) -> str:
    return orjson.dumps(list(keys)).decode()


def _stamp(text: str | None) -> Stamp | None:
    return None if text is None else Stamp.parse(text)


def _text(stamp: Stamp | None) -> str | None:
    return None if stamp is None else str(stamp)
