"""One TOML file read against a table of the keys it may hold; what is wrong is told with its line.

A key of the table is a path that says what kind each step of it is:

- `origin.device`: a value of one table, `[origin]`;
- `antenna.N.session`: a value of one of several tables with numbers for names, `[antenna.1]`, `[antenna.2]`: from 1,
  in plain digits, and in one way only, lest `[antenna.01]` quietly takes the place of `[antenna.1]`;
- `filters.*.bank`: a value of each of a list of tables, `[[filters]]`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from reprlib import Repr
from typing import Any, Final

from reader.errors import ProfileError
from reader.toml_lines import line_of

__all__ = [
    "Expected",
    "SettingsFile",
    "flag",
    "integer",
    "integers",
    "name",
    "number",
    "numbers",
    "one_of",
    "pairs",
    "some_of",
    "text",
]

_NUMBERED: Final = "N"
_LISTED: Final = "*"
_NUMBER: Final = re.compile("[1-9][0-9]{0,8}")
_GREATEST: Final = 2**63 - 1  # of TOML; Python's own parser takes more, and then cannot print it
_MAX_NAME: Final = 60  # letters: with an ending, any file system takes it

_brief = Repr()
_brief.maxlevel, _brief.maxlist, _brief.maxdict, _brief.maxstring, _brief.maxother = 3, 20, 4, 100, 100


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


def name() -> Expected:
    """Return the expectation of the name of a part, which is that of a file without its ending."""
    return Expected(
        f"a name, without slashes and of at most {_MAX_NAME} letters",
        lambda value: (
            isinstance(value, str)
            and 0 < len(value) <= _MAX_NAME
            and value.isprintable()
            and not value.startswith(".")
            and not set(value) & {"/", "\\"}
        ),
    )


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
            keys: What each key may hold, written as the module says.
            required: The keys that may not be absent.
            required_within: The keys that may not be absent where their table is there.

        Raises:
            ProfileError: Broken syntax, an unknown key, a value or a table that is not what was expected, a missing
                key.
        """
        try:
            document = tomllib.loads(source_text)
        except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets within brackets
            raise ProfileError(f"{shown_name}: {error}") from error
        values: dict[str, Any] = {}
        settings = cls(shown_name, source_text, values)
        tables: dict[str, str] = {}
        for place in _leaves(document, _Known(keys), settings, tables):
            expected = keys[place.known]
            if not expected.accepts(place.value):
                raise settings.error(place.key, f"{place.key} is {_shown(place.value)}, expected {expected.words}")
            values[place.key] = place.value
        for key in sorted(required - values.keys()):
            raise ProfileError(f"{shown_name}: {key} is missing, expected {keys[key].words}")
        for table, known in sorted(tables.items()):
            for key in sorted(required_within):
                parent, _, last = key.rpartition(".")
                wanted = f"{table}.{last}"
                if parent == known and wanted not in values:
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
        """Return an error that says the file and, where the key or what it lies in stands in it, the line."""
        steps = key.split(".")
        lines = (self.line(".".join(steps[:count])) for count in range(len(steps), 0, -1))
        line = next((line for line in lines if line is not None), None)
        return ProfileError(f"{self.shown_name}:{line}: {reason}" if line else f"{self.shown_name}: {reason}")


@dataclass(frozen=True, slots=True)
class _Place:
    """Something in the file: its key, the key that it is by the table of keys, and what is there."""

    key: str
    known: str
    value: Any

    def step(self, name: str, known: str, value: Any) -> _Place:
        return _Place(f"{self.key}.{name}", f"{self.known}.{known}", value) if self.key else _Place(name, known, value)


@dataclass(frozen=True, slots=True)
class _Known:
    """The table of keys, asked what may stand at a path."""

    keys: Mapping[str, Expected]

    def is_value(self, known: str) -> bool:
        return known in self.keys

    def is_table(self, known: str) -> bool:
        return any(key.startswith(f"{known}.") for key in self.keys)

    def is_numbered(self, known: str) -> bool:
        return self.is_table(f"{known}.{_NUMBERED}")

    def is_listed(self, known: str) -> bool:
        return self.is_table(f"{known}.{_LISTED}")

    def nearest(self, known: str) -> str:
        near = get_close_matches(known, self.keys, n=1)
        return f"did you mean {near[0]}?" if near else "expected one of " + ", ".join(sorted(self.keys))


def _leaves(
    document: Mapping[str, Any], known: _Known, settings: SettingsFile, tables: dict[str, str]
) -> Iterator[_Place]:
    """Yield the values of the document and of the tables in it; note those in ``tables``, key → known key.

    Raises:
        ProfileError: An unknown key, or a table that is none or another kind of one.
    """
    waiting = [_Place("", "", document)]
    while waiting:
        table = waiting.pop(0)
        if table.key:
            tables[table.key] = table.known
        for name, value in table.value.items():
            # A quoted name with dots in it is a name of its own, and not the path that it looks like.
            place = table.step(name, "" if "." in name else name, value)
            if known.is_value(place.known):
                yield place
            elif known.is_numbered(place.known):
                waiting += _numbered(place, settings)
            elif known.is_listed(place.known):
                waiting += _listed(place, settings)
            elif not known.is_table(place.known):
                raise settings.error(place.key, f"unknown key {_worded(place.key)}; {known.nearest(place.known)}")
            elif not isinstance(value, dict):
                raise settings.error(place.key, f"{place.key} is {_shown(value)}, expected one table, [{place.key}]")
            else:
                waiting.append(place)


def _numbered(place: _Place, settings: SettingsFile) -> Iterator[_Place]:
    words = f"tables with a number from 1 for a name, as [{place.key}.1]"
    if not isinstance(place.value, dict):
        raise settings.error(place.key, f"{place.key} is {_shown(place.value)}, expected {words}")
    for name, inner in place.value.items():
        table = place.step(name, _NUMBERED, inner)
        if not _NUMBER.fullmatch(name):
            raise settings.error(table.key, f"unknown key {_worded(table.key)}; expected {words}")
        if not isinstance(inner, dict):
            raise settings.error(table.key, f"{table.key} is {_shown(inner)}, expected one table, [{table.key}]")
        if not inner:
            raise settings.error(table.key, f"the table {table.key} is empty, expected what differs there")
        yield table


def _listed(place: _Place, settings: SettingsFile) -> Iterator[_Place]:
    items = place.value
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        reason = f"{place.key} is {_shown(items)}, expected a list of tables, each headed [[{place.key}]]"
        raise settings.error(place.key, reason)
    for position, item in enumerate(items, 1):
        yield place.step(str(position), _LISTED, item)


def _worded(key: str) -> str:
    return key if key and key.isprintable() else repr(key)


def _shown(value: Any) -> str:
    """Return ``value`` for an error, whatever a file may hold."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return "a list of tables"
    if isinstance(value, int) and abs(value) > _GREATEST:
        return "a number that is too great"
    return _brief.repr(value)
