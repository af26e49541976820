"""An `EventQuery` as SQL: columns from a fixed list, values always as parameters."""

from __future__ import annotations

import json
from typing import Any

from stocksync.central.query import EventQuery, PageMark

__all__ = ["count_of", "page_of"]

_COLUMNS = "number, record_us, event_time_us, document, (SELECT c.document FROM context c WHERE c.id = event.context)"


def page_of(query: EventQuery, mark: PageMark | None, limit: int) -> tuple[str, list[Any]]:
    """Return the statement for at most ``limit`` events behind ``mark``, in the query's order."""
    conditions, values = _conditions(query)
    direction, beyond = ("DESC", "<") if query.descending else ("ASC", ">")
    order = f"{query.order} {direction}, number {direction}" if query.order else "number"
    if mark is not None and query.order:
        conditions.append(f"({query.order}, number) {beyond} (?, ?)")
        values += [mark.value, mark.number]
    elif mark is not None:
        conditions.append("number > ?")
        values.append(mark.number)
    where = " AND ".join(conditions) or "1"
    # Every name in the statement comes from the fixed lists of `central.query`, never from a request.
    return f"SELECT {_COLUMNS} FROM event WHERE {where} ORDER BY {order} LIMIT ?", [*values, limit]  # noqa: S608 - see above


def count_of(query: EventQuery, at_most: int) -> tuple[str, list[Any]]:
    """Return the statement that counts, but no further than ``at_most``."""
    conditions, values = _conditions(query)
    where = " AND ".join(conditions) or "1"
    counted = f"SELECT 1 FROM event WHERE {where} LIMIT ?"  # noqa: S608 - as in page_of
    return f"SELECT count(*) FROM ({counted})", [*values, at_most]  # noqa: S608 - as in page_of


def _conditions(query: EventQuery) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    for column, wanted in query.equals.items():
        conditions.append(f"{column} IN (SELECT value FROM json_each(?))")  # noqa: S608 - as in page_of
        values.append(json.dumps(sorted(wanted)))
    for column, is_lower, at_us in query.ranges:
        conditions.append(f"{column} {'>=' if is_lower else '<'} ?")
        values.append(at_us)
    for roles, keys in query.matches:
        inner = "SELECT event FROM mention WHERE key IN (SELECT value FROM json_each(?))"
        conditions.append(f"number IN ({inner} AND role IN ({', '.join(str(int(role)) for role in sorted(roles))}))")
        values.append(json.dumps(sorted(keys)))
    if query.only_declared:
        conditions.append("declared = 1")
    return conditions, values
