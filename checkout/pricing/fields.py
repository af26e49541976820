"""One JSON object, read field by field; every refusal names the field's path and what was expected there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from checkout.errors import PricingError
from checkout.rounding import exact_decimal

__all__ = ["Fields", "located", "unexpected", "without_repeated_keys"]

C = TypeVar("C", bound=StrEnum)


def unexpected(path: str, expected: str, value: object) -> PricingError:
    """Return the error that ``value`` is not ``expected``; long values are cut."""
    shown = "nothing" if value is None else ascii(value)
    return PricingError(f"{path}: expected {expected}, not {shown if len(shown) <= 60 else shown[:57] + '...'}")


@contextmanager
def located(path: str) -> Iterator[None]:
    """Put ``path`` in front of what a value says about its own fields."""
    try:
        yield
    except PricingError as error:
        raise PricingError(f"{path}.{error}") from None


def without_repeated_keys(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Build a JSON object, for `json.loads`; of two equal keys nobody can say which one is meant."""
    document = dict(pairs)
    if len(document) != len(pairs):
        repeated = next(key for position, (key, _) in enumerate(pairs) if key in dict(pairs[:position]))
        raise PricingError(f"expected each field once, {repeated!r} is there twice in one object")
    return document


class Fields:
    """The fields of one JSON object; null counts as absent, and `finish` refuses what nobody asked for."""

    def __init__(self, document: object, path: str) -> None:
        if not isinstance(document, dict):
            raise unexpected(path or "the request", "an object", document)
        self._fields = document
        self._known: set[str] = set()
        self.path = path

    def at(self, key: str) -> str:
        """Return the path of ``key``."""
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        """Return whether ``key`` has a value; null is none."""
        self._known.add(key)
        return self._fields.get(key) is not None

    def take(self, key: str, absent: object = None) -> object:
        """Return the value of ``key`` as it stands."""
        return self._fields[key] if self.has(key) else absent

    def text(self, key: str, absent: str | None = None) -> str:
        """Return a text. This and the following raise PricingError for anything else."""
        value = self.take(key, absent)
        if not isinstance(value, str) or not _is_utf8(value):
            raise unexpected(self.at(key), "a text", value)
        return value

    def whole(self, key: str, absent: int | None = None) -> int:
        """Return a whole number."""
        value = self.take(key, absent)
        if isinstance(value, bool) or not isinstance(value, int):
            raise unexpected(self.at(key), "a whole number", value)
        return value

    def optional_whole(self, key: str) -> int | None:
        """Return a whole number, or None where there is none."""
        return self.whole(key) if self.has(key) else None

    def flag(self, key: str) -> bool:
        """Return a boolean, False where there is none."""
        value = self.take(key, False)
        if not isinstance(value, bool):
            raise unexpected(self.at(key), "true or false", value)
        return value

    def decimal(self, key: str) -> Decimal:
        """Return a decimal number that is written as a text: a JSON number may have passed through a float."""
        try:
            return exact_decimal(self.text(key))
        except ValueError:  # no text at all, or one that is no plain number
            expected = 'a decimal number as a text, such as "0.19"'
            raise unexpected(self.at(key), expected, self.take(key)) from None

    def choice(self, key: str, choices: type[C], absent: C | None = None) -> C:
        """Return one of ``choices``."""
        value = self.take(key, absent)
        for choice in choices:
            if value == choice:
                return choice
        raise unexpected(self.at(key), " or ".join(f'"{choice}"' for choice in choices), value)

    def texts(self, key: str) -> list[str]:
        """Return a list of texts, empty where there is none."""
        value = self.take(key, ())
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) and _is_utf8(item) for item in value):
            raise unexpected(self.at(key), "a list of texts", value)
        return list(value)

    def object(self, key: str) -> Fields:
        """Return an object."""
        return Fields(self.take(key), self.at(key))

    def objects(self, key: str) -> list[Fields]:
        """Return a list of objects."""
        value = self.take(key)
        if not isinstance(value, list):
            raise unexpected(self.at(key), "a list", value)
        return [Fields(item, f"{self.at(key)}[{position}]") for position, item in enumerate(value)]

    def finish(self) -> None:
        """Refuse fields that nobody asked for: a misspelt one would be a wrong price."""
        for key in self._fields:
            if key not in self._known:
                known = ", ".join(sorted(self._known))
                raise PricingError(f"{self.at(ascii(key)[:60])}: expected no such field; known here: {known}")


def _is_utf8(text: str) -> bool:
    # JSON can spell half of a surrogate pair, which no UTF-8 output can hold.
    return not any("\ud800" <= character <= "\udfff" for character in text)
