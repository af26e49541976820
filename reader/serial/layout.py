"""Layouts: the fields of a frame's content as tables, read into a dictionary and written from one.

A family lists for each of its commands one or more layouts; the first that fits is the content's. A layout that is
for one value of a field only (an option byte) says so, so that a content of another form is never read by mistake.
Numbers are big-endian, bytes are lower-case hex, as in `tests/vectors/serial.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from reader.serial.framing import FrameError

__all__ = [
    "ChoiceOf",
    "Derived",
    "Field",
    "Fields",
    "Hex",
    "Layout",
    "Mask",
    "MisfitError",
    "Number",
    "Numbers",
    "Packed",
    "Readable",
    "Reserved",
    "Rows",
    "Text",
    "read_first",
    "rows_of",
    "write_first",
]

Fields = dict[str, Any]
"""Fields by name: integers, lower-case hex, booleans, words, or lists and dictionaries of them."""

_REST = 0


class MisfitError(Exception):
    """A content, or a dictionary, is not of this layout; ``is_short`` when more bytes would be needed."""

    def __init__(self, reason: str, *, is_short: bool = False) -> None:
        super().__init__(reason)
        self.is_short = is_short


class Field(Protocol):
    """One item of a layout."""

    def read(self, content: bytes, at: int, into: Fields) -> int:
        """Put the item at ``at`` into ``into`` and return the position behind it.

        Raises:
            MisfitError: It is not there.
        """

    def write(self, fields: Mapping[str, Any], out: bytearray) -> None:
        """Append the item to ``out``.

        Raises:
            MisfitError: The value cannot be written so.
            KeyError: ``fields`` does not have it.
        """


def _taken(content: bytes, at: int, size: int, name: str) -> bytes:
    if at + size > len(content):
        raise MisfitError(f"{name} needs {size} bytes, {len(content) - at} are left", is_short=True)
    return content[at : at + size]


def _written(value: object, size: int, name: str, *, signed: bool = False) -> bytes:
    if not isinstance(value, int):
        raise MisfitError(f"{name} is {value!r}; expected an integer")
    try:
        return value.to_bytes(size, "big", signed=signed)
    except OverflowError:
        raise MisfitError(f"{name} is {value}; expected what {size} bytes hold") from None


def _bytes_of(value: object, name: str) -> bytes:
    try:
        return bytes.fromhex(str(value))
    except ValueError:
        raise MisfitError(f"{name} is {value!r}; expected hex") from None


@dataclass(frozen=True, slots=True)
class Number:
    """An integer of ``size`` bytes; the field is the wire's value × ``scale`` + ``add``.

    only: the one value that this layout is for.
    """

    name: str
    size: int = 1
    signed: bool = False
    scale: int = 1
    add: int = 0
    only: int | None = None

    def read(self, content: bytes, at: int, into: Fields) -> int:
        """See `Field.read`."""
        wire = int.from_bytes(_taken(content, at, self.size, self.name), "big", signed=self.signed)
        value = wire * self.scale + self.add
        if self.only is not None and value != self.only:
            raise MisfitError(f"{self.name} is {value}, not {self.only}")
        into[self.name] = value
        return at + self.size

    def write(self, fields: Mapping[str, Any], out: bytearray) -> None:
        """See `Field.write`."""
        value = fields[self.name]
        if not isinstance(value, int) or (value - self.add) % self.scale or self.only not in (None, value):
            raise MisfitError(f"{self.name} is {value!r}")
        out += _written((value - self.add) // self.scale, self.size, self.name, signed=self.signed)


@dataclass(frozen=True, slots=True)
class Reserved:
    """Bytes that are always the same; ``name`` says what they stand for, and is not among the fields."""

    name: str
    value: bytes

    def read(self, content: bytes, at: int, into: Fields) -> int:  # noqa: ARG002 - a reserved byte is no field
        """See `Field.read`."""
        found = _taken(content, at, len(self.value), self.name)
        if found != self.value:
            raise MisfitError(f"{self.name} is {found.hex()}, not {self.value.hex()}")
        return at + len(self.value)

    def write(self, fields: Mapping[str, Any], out: bytearray) -> None:  # noqa: ARG002 - a reserved byte is no field
        """See `Field.write`."""
        out += self.value


@dataclass(frozen=True, slots=True)
class Hex:
    """``size`` bytes as hex, all that are left where it is 0; their count a multiple of ``step``."""

    name: str
    size: int = _REST
    step: int = 1

    def read(self, content: bytes, at: int, into: Fields) -> int:
        """See `Field.read`."""
        value = _taken(content, at, self.size or len(content) - at, self.name)
        if len(value) % self.step:
            raise MisfitError(f"{self.name} has {len(value)} bytes, not a multiple of {self.step}")
        into[self.name] = value.hex()
        return at + len(value)

    def write(self, fields: Mapping[str, Any], out: bytearray) -> None:
        """See `Field.write`."""
        value = _bytes_of(fields[self.name], self.name)
        if len(value) % self.step or (self.size and len(value) != self.size):
            raise MisfitError(f"{self.name} has {len(value)} bytes")
        out += value


@dataclass(frozen=True, slots=True)
class Text:
    """The rest as ASCII; what is none is shown as the replacement character."""

    name: str

    def read(self, content: bytes, at: int, into: Fields) -> int:
        """See `Field.read`."""
        into[self.name] = content[at:].decode("ascii", errors="replace")
        return len(content)

    def write(self, fields: Mapping[str, Any], out: bytearray) -> None:
        """See `Field.write`."""
        out += str(fields[self.name]).encode("ascii", errors="replace")


@dataclass(frozen=True, slots=True)
class Mask:
    """A count of bits in one byte, and as many whole bytes as they need."""

    count_name: str
    name: str

    def read(self, content: bytes, at: int, into: Fields) -> int:
        """See `Field.read`."""
        bits = _taken(content, at, 1, self.count_name)[0]
        value = _taken(content, at + 1, (bits + 7) // 8, self.name)
        into[self.count_name], into[self.name] = bits, value.hex()
        return at + 1 + len(value)

    def write(self, fields: Mapping[str, Any], out: bytearray) -> None:
        """See `Field.write`."""
        bits, value = fields[self.count_name], _bytes_of(fields[self.name], self.name)
        if not isinstance(bits, int) or len(value) != (bits + 7) // 8:
            raise MisfitError(f"{self.name} has {len(value)} bytes for {bits} bits")
        out += _written(bits, 1, self.count_name) + value


@dataclass(frozen=True, slots=True)
class Packed:
    """One word of ``size`` bytes, shown whole and in its ``parts``: name, shift, bits."""

    name: str
    size: int
    parts: tuple[tuple[str, int, int], ...]

    def read(self, content: bytes, at: int, into: Fields) -> int:
        """See `Field.read`."""
        word = int.from_bytes(_taken(content, at, self.size, self.name), "big")
        into[self.name] = word
        for part, shift, bits in self.parts:
            into[part] = word >> shift & (1 << bits) - 1
        return at + self.size

    def write(self, fields: Mapping[str, Any], out: bytearray) -> None:
        """Append the word, or where it is not named, what its parts make."""
        word = fields[self.name] if self.name in fields else self._word_of_parts(fields)
        out += _written(word, self.size, self.name)

    def _word_of_parts(self, fields: Mapping[str, Any]) -> int:
        word = 0
        for part, shift, bits in self.parts:
            value = fields[part]
            if not isinstance(value, int) or value >> bits:
                raise MisfitError(f"{part} is {value!r}; expected what {bits} bits hold")
            word |= value << shift
        return word


@dataclass(frozen=True, slots=True)
class ChoiceOf:
    """One byte that is a word in the fields; this layout is for that word only."""

    name: str
    wire: int
    word: str

    def read(self, content: bytes, at: int, into: Fields) -> int:
        """See `Field.read`."""
        found = _taken(content, at, 1, self.name)[0]
        if found != self.wire:
            raise MisfitError(f"{self.name} is {found}, not {self.wire}")
        into[self.name] = self.word
        return at + 1

    def write(self, fields: Mapping[str, Any], out: bytearray) -> None:
        """See `Field.write`."""
        if fields[self.name] != self.word:
            raise MisfitError(f"{self.name} is {fields[self.name]!r}, not {self.word!r}")
        out.append(self.wire)


@dataclass(frozen=True, slots=True)
class Numbers:
    """Integers of one byte to the end of the content; at least one."""

    name: str

    def read(self, content: bytes, at: int, into: Fields) -> int:
        """See `Field.read`."""
        _taken(content, at, 1, self.name)
        into[self.name] = list(content[at:])
        return len(content)

    def write(self, fields: Mapping[str, Any], out: bytearray) -> None:
        """See `Field.write`."""
        for value in rows_of(fields[self.name], self.name):
            out += _written(value, 1, self.name)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of the same numbers to the end of the content; at least one.

    Each is a dictionary, or with ``as_lists`` the list of its values.
    """

    name: str
    row: tuple[Number, ...]
    as_lists: bool = False

    def read(self, content: bytes, at: int, into: Fields) -> int:
        """See `Field.read`."""
        rows: list[Any] = []
        while at < len(content) or not rows:
            values: Fields = {}
            for number in self.row:
                at = number.read(content, at, values)
            rows.append(list(values.values()) if self.as_lists else values)
        into[self.name] = rows
        return at

    def write(self, fields: Mapping[str, Any], out: bytearray) -> None:
        """See `Field.write`."""
        for values in rows_of(fields[self.name], self.name):
            row = self._named(values) if self.as_lists else values
            if not isinstance(row, Mapping):
                raise MisfitError(f"a row of {self.name} is {row!r}")
            for number in self.row:
                number.write(row, out)

    def _named(self, values: object) -> Fields:
        if not isinstance(values, Sequence):
            raise MisfitError(f"a row of {self.name} is {values!r}")
        if len(values) != len(self.row):
            raise MisfitError(f"a row of {self.name} has {len(values)} values; expected {len(self.row)}")
        return {number.name: value for number, value in zip(self.row, values, strict=True)}


def rows_of(value: object, name: str) -> Sequence[Any]:
    """Return ``value`` if it is a list that is not empty.

    Raises:
        MisfitError: It is not.
    """
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise MisfitError(f"{name} is {value!r}; expected a list that is not empty")
    return value


@dataclass(frozen=True, slots=True)
class Derived:
    """No bytes: what the fields before it mean. Written nowhere."""

    name: str
    compute: Callable[[Fields], Any]

    def read(self, content: bytes, at: int, into: Fields) -> int:  # noqa: ARG002 - takes no bytes
        """See `Field.read`."""
        into[self.name] = self.compute(into)
        return at

    def write(self, fields: Mapping[str, Any], out: bytearray) -> None:
        """Write nothing."""


class Layout:
    """The items of one content, in order; it has to be used up by them."""

    __slots__ = ("items",)

    def __init__(self, *items: Field) -> None:
        self.items = items

    def read(self, content: bytes) -> Fields:
        """Return the fields of ``content``.

        Raises:
            MisfitError: It is not of this layout.
        """
        fields: Fields = {}
        at = 0
        for item in self.items:
            at = item.read(content, at, fields)
        if at != len(content):
            raise MisfitError(f"{len(content) - at} bytes too many")
        return fields

    def write(self, fields: Mapping[str, Any]) -> bytes:
        """Return the content of ``fields``.

        Raises:
            MisfitError: They are not of this layout, or would not be read back as they are.
        """
        out = bytearray()
        try:
            for item in self.items:
                item.write(fields, out)
        except KeyError as missing:
            raise MisfitError(f"{missing.args[0]} is missing") from None
        content = bytes(out)
        # Reading it back finds names that no item has, and values that contradict each other.
        found = self.read(content)
        for name, value in fields.items():
            if name not in found:
                raise MisfitError(f"there is no {name}")
            if found[name] != value:
                raise MisfitError(f"{name} is {value!r}, but would be read back as {found[name]!r}")
        return content


class Readable(Protocol):
    """Something that reads a content: a `Layout`, or a function's wrapper for contents no table can tell."""

    def read(self, content: bytes) -> Fields:
        """Return the fields; raise `MisfitError` when the content is of another form."""


def read_first(layouts: Sequence[Readable], content: bytes) -> tuple[Fields, FrameError | None]:
    """Return the fields of ``content`` by the first layout that fits it.

    Where none does, the content is shown as ``data_hex``: `FrameError.LENGTH` when it ended inside a layout,
    `FrameError.UNKNOWN` when it is of a form that we do not know.
    """
    is_short = False
    for layout in layouts:
        try:
            return layout.read(content), None
        except MisfitError as misfit:
            is_short |= misfit.is_short
    return {"data_hex": content.hex()}, FrameError.LENGTH if is_short else FrameError.UNKNOWN


def write_first(layouts: Sequence[Layout], fields: Mapping[str, Any]) -> bytes:
    """Return the content that ``fields`` make by the first layout that takes them.

    Raises:
        MisfitError: None does; says why for each.
    """
    reasons = []
    for layout in layouts:
        try:
            return layout.write(fields)
        except MisfitError as misfit:
            reasons.append(str(misfit))
    raise MisfitError("; or ".join(reasons) or "there is no such request")
