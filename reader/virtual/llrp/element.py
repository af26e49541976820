"""Messages and parameters as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from reader.virtual.llrp.layout import Version

__all__ = ["Bits", "Element", "FieldValue", "Message", "make", "message"]


class Bits(NamedTuple):
    """A bit array of ``length`` bits, most significant first, the last octet padded with zeros."""

    length: int
    octets: bytes


FieldValue = int | str | bytes | Bits | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Element:
    """A message's body or a parameter, named as the standard names it."""

    name: str
    fields: Mapping[str, FieldValue]
    children: tuple[Element, ...] = ()

    def number(self, field: str) -> int:
        """Return an integer field."""
        value = self.fields[field]
        assert isinstance(value, int), field
        return value

    def numbers(self, field: str) -> tuple[int, ...]:
        """Return an array of integers."""
        value = self.fields[field]
        assert isinstance(value, tuple), field
        assert not isinstance(value, Bits), field
        return value

    def bits(self, field: str) -> Bits:
        """Return an array of bits."""
        value = self.fields[field]
        assert isinstance(value, Bits), field
        return value

    def first(self, name: str) -> Element | None:
        """Return the first child of that name, or None."""
        return next((child for child in self.children if child.name == name), None)

    def the(self, name: str) -> Element:
        """Return the child of that name, which the tables say is there."""
        child = self.first(name)
        assert child is not None, f"{self.name} without {name}"
        return child

    def each(self, name: str) -> list[Element]:
        """Return the children of that name."""
        return [child for child in self.children if child.name == name]


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message."""

    version: Version
    id: int
    body: Element

    @property
    def name(self) -> str:
        """The standard's name of it."""
        return self.body.name


def make(name: str, *children: Element, **fields: FieldValue) -> Element:
    """Make an element; `encode` checks it against the tables."""
    return Element(name, fields, children)


def message(name: str, id: int, *children: Element, version: Version = 1, **fields: FieldValue) -> Message:
    """Make a message."""
    return Message(version, id, Element(name, fields, children))
