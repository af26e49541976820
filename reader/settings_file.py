"""One TOML file read against a table of the keys it may hold; what is wrong is told with its line."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from reader.errors import ProfileError
from reader.toml_lines import line_of

__all__ = ["Expected", "SettingsFile", "flag", "integer", "integers", "number", "one_of", "text"]


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


def text() -> Expected:
    """Return the expectation of a text that is not empty."""
    return Expected("a text", lambda value: isinstance(value, str) and bool(value.strip()))


def flag() -> Expected:
    """Return the expectation of true or false."""
    return Expected("true or false", lambda value: isinstance(value, bool))


def one_of(*words: str) -> Expected:
    """Return the expectation of one of some words."""
    return Expected("one of " + ", ".join(f'"{word}"' for word in words), lambda value: value in words)


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """The checked content of one file; ``shown_name`` is what errors call it."""

    shown_name: str
    source_text: str
    values: Mapping[str, Any]

    @classmethod
    def read(
        cls, shown_name: str, source_text: str, keys: Mapping[str, Expected], required: frozenset[str]
    ) -> SettingsFile:
        """Parse and check ``source_text``.

        Args:
            shown_name: The file, as a person would find it.
            source_text: Its content.
            keys: What each key may hold; a key of a table is written ``table.key``.
            required: The keys that may not be absent.

        Raises:
            ProfileError: Broken syntax, an unknown key, a value that is not what was expected, a missing key.
        """
        try:
            document = tomllib.loads(source_text)
        except tomllib.TOMLDecodeError as error:
            raise ProfileError(f"{shown_name}: {error}") from error
        settings = cls(shown_name, source_text, dict(_flat(document, keys)))
        for key, value in settings.values.items():
            if key not in keys:
                raise settings.error(key, f"unknown key {key}; {_nearest(key, keys)}")
            if not keys[key].accepts(value):
                raise settings.error(key, f"{key} is {value!r}, expected {keys[key].words}")
        for key in sorted(required - settings.values.keys()):
            raise ProfileError(f"{shown_name}: {key} is missing, expected {keys[key].words}")
        return settings

    def error(self, key: str, reason: str) -> ProfileError:
        """Return an error that says the file and, where the key stands in it, the line."""
        line = line_of(self.source_text, key)
        return ProfileError(f"{self.shown_name}:{line}: {reason}" if line else f"{self.shown_name}: {reason}")


def _flat(document: Mapping[str, Any], keys: Mapping[str, Expected]) -> list[tuple[str, Any]]:
    flat: list[tuple[str, Any]] = []
    for name, value in document.items():
        if isinstance(value, dict) and name not in keys and any(key.startswith(f"{name}.") for key in keys):
            flat.extend((f"{name}.{inner}", inner_value) for inner, inner_value in value.items())
        else:
            flat.append((name, value))
    return flat


def _nearest(key: str, keys: Mapping[str, Expected]) -> str:
    near = get_close_matches(key, keys, n=1)
    return f"did you mean {near[0]}?" if near else "expected one of " + ", ".join(sorted(keys))
