"""One TOML file read against a table of the keys it may hold; what is wrong is told with its line."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from reader.errors import ProfileError
from reader.toml_lines import line_of

__all__ = [
    "Expected",
    "SettingsFile",
    "flag",
    "integer",
    "integers",
    "number",
    "numbers",
    "one_of",
    "pairs",
    "some_of",
    "text",
]

_ANY_NUMBER = "N"  # in a key: the name of one of several tables, or the place of an item in a list of tables


@dataclass(frozen=True, slots=True)
class Expected:
    """What a key may hold: a predicate, and the words for it in an error."""

    words: str
    accepts: Callable[[Any], bool]


def integer(low: int, high: int) -> Expected:
    """Return the expectation of a whole number from ``low`` to ``high``."""
    return Expected(f"a whole number from {low} to {high}", lambda value: _is_integer(value) and low <= value <= high)


def integers(low: int, high: int) -> Expected:
    """Return the expectation of a list of different whole numbers, at least one."""
    return Expected(
        f"a list of different whole numbers from {low} to {high}",
        lambda value: (
            isinstance(value, list)
            and bool(value)
            and all(_is_integer(item) and low <= item <= high for item in value)
            and len(set(value)) == len(value)
        ),
    )


def number(low: float, high: float) -> Expected:
    """Return the expectation of a number from ``low`` to ``high``."""
    return Expected(
        f"a number from {low:g} to {high:g}",
        lambda value: isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high,
    )


def numbers(low: float, high: float) -> Expected:
    """Return the expectation of a list of different numbers, at least one."""
    one = number(low, high)
    return Expected(
        f"a list of different numbers from {low:g} to {high:g}",
        lambda value: (
            isinstance(value, list)
            and bool(value)
            and all(one.accepts(item) for item in value)
            and len(set(value)) == len(value)
        ),
    )


def pairs(first: Expected, second: Expected) -> Expected:
    """Return the expectation of a list of pairs, at least one; no first of a pair may come twice."""
    return Expected(
        f"a list of pairs of {first.words} and {second.words}",
        lambda value: (
            isinstance(value, list)
            and bool(value)
            and all(isinstance(pair, list) and len(pair) == 2 for pair in value)
            and all(first.accepts(left) and second.accepts(right) for left, right in value)
            and len({left for left, _ in value}) == len(value)
        ),
    )


def text() -> Expected:
    """Return the expectation of a text that is not empty."""
    return Expected("a text", lambda value: isinstance(value, str) and bool(value.strip()))


def flag() -> Expected:
    """Return the expectation of true or false."""
    return Expected("true or false", lambda value: isinstance(value, bool))


def one_of(*words: str) -> Expected:
    """Return the expectation of one of some words."""
    return Expected("one of " + ", ".join(f'"{word}"' for word in words), lambda value: value in words)


def some_of(*words: str) -> Expected:
    """Return the expectation of a list of different words of these, at least one."""
    return Expected(
        "a list of " + ", ".join(f'"{word}"' for word in words),
        lambda value: (
            isinstance(value, list)
            and bool(value)
            and all(item in words for item in value)
            and len(set(value)) == len(value)
        ),
    )


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """The checked content of one file; ``shown_name`` is what errors call it.

    values: by key; a key of a table is written ``table.key``, one of the second `[[table]]` ``table.2.key``.
    """

    shown_name: str
    source_text: str
    values: Mapping[str, Any]

    @classmethod
    def read(
        cls,
        shown_name: str,
        source_text: str,
        keys: Mapping[str, Expected],
        required: frozenset[str],
        *,
        required_within: frozenset[str] = frozenset(),
    ) -> SettingsFile:
        """Parse and check ``source_text``.

        Args:
            shown_name: The file, as a person would find it.
            source_text: Its content.
            keys: What each key may hold, named as in `values`, with ``N`` for any number.
            required: The keys that may not be absent.
            required_within: The keys that may not be absent where their table is there.

        Raises:
            ProfileError: Broken syntax, an unknown key, a value that is not what was expected, a missing key.
        """
        try:
            document = tomllib.loads(source_text)
        except tomllib.TOMLDecodeError as error:
            raise ProfileError(f"{shown_name}: {error}") from error
        tables: set[str] = set()
        settings = cls(shown_name, source_text, dict(_flat(document, keys, "", tables)))
        for key, value in settings.values.items():
            expected = keys.get(_general(key))
            if expected is None:
                raise settings.error(key, f"unknown key {key}; {_nearest(key, keys)}")
            if not expected.accepts(value):
                raise settings.error(key, f"{key} is {value!r}, expected {expected.words}")
        for key in sorted(required - settings.values.keys()):
            raise ProfileError(f"{shown_name}: {key} is missing, expected {keys[key].words}")
        for table in sorted(tables):
            for key in sorted(required_within):
                wanted = f"{table}.{key.rpartition('.')[2]}"
                if _general(wanted) == key and wanted not in settings.values:
                    raise settings.error(table, f"{wanted} is missing, expected {keys[key].words}")
        return settings

    def line(self, key: str) -> int | None:
        """Return the line of ``key``, counted from 1; None where it does not stand in the file."""
        return line_of(self.source_text, key)

    def remark(self, key: str) -> str:
        """Return the comment behind ``key``, where it has one: why its figure is what it is."""
        line = self.line(key)
        if line is None:
            return ""
        return self.source_text.splitlines()[line - 1].partition(" # ")[2].strip()

    def error(self, key: str, reason: str) -> ProfileError:
        """Return an error that says the file and, where the key stands in it, the line."""
        line = self.line(key)
        return ProfileError(f"{self.shown_name}:{line}: {reason}" if line else f"{self.shown_name}: {reason}")


def _flat(
    table: Mapping[str, Any], keys: Mapping[str, Expected], prefix: str, tables: set[str]
) -> Iterator[tuple[str, Any]]:
    """Yield the values of ``table`` and of the tables in it that ``keys`` knows; note those in ``tables``."""
    for name, value in table.items():
        key = prefix + name
        if isinstance(value, dict) and _is_table(key, keys):
            tables.add(key)
            yield from _flat(value, keys, f"{key}.", tables)
        elif isinstance(value, list) and all(isinstance(item, dict) for item in value) and _is_table(f"{key}.1", keys):
            for place, item in enumerate(value, 1):
                tables.add(f"{key}.{place}")
                yield from _flat(item, keys, f"{key}.{place}.", tables)
        else:
            yield key, value


def _is_table(key: str, keys: Mapping[str, Expected]) -> bool:
    general = _general(key)
    return general not in keys and any(known.startswith(f"{general}.") for known in keys)


def _general(key: str) -> str:
    """Return ``key`` with its numbers as the tables of keys write them."""
    return ".".join(_ANY_NUMBER if part.isdigit() else part for part in key.split("."))


def _nearest(key: str, keys: Mapping[str, Expected]) -> str:
    near = get_close_matches(_general(key), keys, n=1)
    return f"did you mean {near[0]}?" if near else "expected one of " + ", ".join(sorted(keys))
