"""Where a key stands in the text of a TOML file. Pure.

`tomllib` says the line of a broken syntax but not that of a broken value, and a person who mistyped `tx_power_dbm`
should be told where. So each line that may be a heading or `key =` is parsed by itself; what is neither (the inside
of an array or of a long string) is no key.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from typing import Any

__all__ = ["line_of"]


def line_of(source_text: str, *keys: str) -> int | None:
    """Return the line, counted from 1, of the table or value at the path ``keys``; None where it does not stand.

    Quoted and dotted keys count as what they mean: `[a."b"]` and `a.b = 1` are both ``"a", "b"``; a name with dots may
    be passed whole. The second `[[a]]` is ``"a", "2"``; without the number the first is found. A table without a
    heading of its own stands where something in it does.
    """
    wanted = ".".join(keys)
    within = None
    for path, line in _keys_by_line(source_text):
        here = ".".join(path)
        if here == wanted:
            return line
        if within is None and here.startswith(f"{wanted}."):
            within = line
    return within


def _keys_by_line(source_text: str) -> Iterator[tuple[tuple[str, ...], int]]:
    table: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()  # the same, for an item of a list of tables with its number
    items: Counter[tuple[str, ...]] = Counter()
    for number, line in enumerate(source_text.splitlines(), 1):
        stripped = line.strip()
        try:
            if stripped.startswith("["):
                table = counted = _path_in(tomllib.loads(stripped))
                yield table, number
                if stripped.startswith("[["):
                    items[table] += 1
                    counted = (*table, str(items[table]))
                    yield counted, number
            elif "=" in stripped and not stripped.startswith("#"):
                key = _path_in(tomllib.loads(f"{stripped.partition('=')[0]}= 0"))
                yield table + key, number
                if counted != table:
                    yield counted + key, number
        except tomllib.TOMLDecodeError:
            continue


def _path_in(document: dict[str, Any]) -> tuple[str, ...]:
    keys: list[str] = []
    inner: Any = document
    while isinstance(inner, dict) and inner:
        key, inner = next(iter(inner.items()))
        keys.append(key)
    return tuple(keys)
