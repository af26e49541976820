"""The tags that a store has, from a CSV file into its ledger: all of them or none."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TextIO

from checkout.store import Store
from reader.epc import location_link, sgtin_of, tag_key
from reader.errors import EpcError
from stocksync.errors import StockImportError
from stocksync.ledger import states_of
from stocksync.movement import Reason, moment_utc
from stocksync.movement_writer import Draft, MovementWriter
from stocksync.tag_state import Condition, TagState

__all__ = ["CSV_COLUMNS", "StockImport", "StockRow", "import_stock", "read_stock_csv"]

CSV_COLUMNS = ("epc", "zone")


@dataclass(frozen=True, slots=True)
class StockRow:
    """One tag and the zone that it is in: `epc` as upper-case hex, an item with GTIN and serial."""

    epc: str
    zone: str


@dataclass(frozen=True, slots=True)
class StockImport:
    """What came of an import: tags that were new or in another zone, that were there already, that are sold."""

    imported: int
    known: int
    sold: int


def read_stock_csv(stream: TextIO, source_name: str, gln: str) -> list[StockRow]:
    """Return the rows of a CSV file with the columns of `CSV_COLUMNS`.

    Args:
        stream: Opened with ``newline=""`` and ``encoding="utf-8-sig"``.
        source_name: What problems call the file.
        gln: The store's GLN; a zone has to make a GS1 location with it.

    Raises:
        StockImportError: Lists every bad row with its line; also each item that comes twice, in whichever encoding.
    """
    problems: list[str] = []
    rows: list[StockRow] = []
    line_of: dict[str, int] = {}
    zones_known: dict[str, str | None] = {}
    reader = csv.reader(stream, strict=True)
    try:
        for line, cells in _cells(reader):
            found = _row_of(cells, gln, zones_known)
            if isinstance(found, str):
                problems.append(f"{source_name}, line {line}: {found}")
                continue
            first = line_of.setdefault(tag_key(found.epc), line)
            if first != line:
                problems.append(f"{source_name}, line {line}: the same item as in line {first}")
                continue
            rows.append(found)
    except (csv.Error, UnicodeDecodeError) as error:
        problems.append(f"{source_name}, line {reader.line_num}: expected CSV in UTF-8 ({error})")
    except _HeaderError as error:
        problems.append(f"{source_name}, line 1: {error}")
    if problems:
        raise StockImportError(problems)
    return rows


def import_stock(store: Store, writer: MovementWriter, rows: Sequence[StockRow]) -> StockImport:
    """Put the tags of ``rows`` into their zones, in one transaction.

    What is in its zone already, or sold, stays as it is and is counted: the same file may be imported twice.
    """

    def work(transaction: sqlite3.Connection) -> StockImport:
        known = states_of(transaction, [tag_key(row.epc) for row in rows])
        states = [(row, known.get(tag_key(row.epc))) for row in rows]
        sold = [row for row, state in states if state is not None and state.condition is Condition.SOLD]
        fresh = [row for row, state in states if _is_news(row, state)]
        now_utc = moment_utc(writer.clock.utc_us())
        writer.record(transaction, [Draft(row.epc, Reason.STOCK, now_utc, zone=row.zone) for row in fresh])
        return StockImport(len(fresh), len(rows) - len(fresh) - len(sold), len(sold))

    return store.write(work)


class _HeaderError(Exception):
    pass


def _cells(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Yield line and cells in the order of `CSV_COLUMNS`; blank lines are left out."""
    header = [cell.strip().lower() for cell in next(reader, [])]
    if sorted(header) != sorted(CSV_COLUMNS):
        raise _HeaderError(f"expected the columns {', '.join(CSV_COLUMNS)}, found {', '.join(header) or 'none'}")
    order = [header.index(name) for name in CSV_COLUMNS]
    for line, cells in enumerate(reader, 2):
        if any(cell.strip() for cell in cells):
            yield line, [cells[place].strip() for place in order] if len(cells) == len(order) else cells


def _row_of(cells: list[str], gln: str, zones_known: dict[str, str | None]) -> StockRow | str:
    """Return the row, or what is wrong with it."""
    if len(cells) != len(CSV_COLUMNS):
        return f"expected {len(CSV_COLUMNS)} cells, found {len(cells)}"
    epc, zone = cells[0].upper(), cells[1]
    if sgtin_of(epc) is None:
        return f"expected the hex of a tag with GTIN and serial, found {cells[0][:80]!r}"
    if zone not in zones_known:
        zones_known[zone] = _problem_of_zone(zone, gln)
    return zones_known[zone] or StockRow(epc, zone)


def _problem_of_zone(zone: str, gln: str) -> str | None:
    try:
        location_link(gln, zone)
    except EpcError:
        return f"expected a zone of 1 to 20 letters, digits and GS1 punctuation, found {zone[:80]!r}"
    return None


def _is_news(row: StockRow, state: TagState | None) -> bool:
    return state is None or (
        state.condition is not Condition.SOLD and (state.zone, state.condition) != (row.zone, Condition.PRESENT)
    )
