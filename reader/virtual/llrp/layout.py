"""The notation of `tables` and `vendor_tables`, read once into layouts that the codec walks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from reader.virtual.llrp.tables import CHOICES, MESSAGES, PARAMETERS
from reader.virtual.llrp.vendor_tables import VENDOR_PARAMETERS

__all__ = ["ALL_MESSAGES", "ALL_PARAMETERS", "CUSTOM", "Field", "Form", "Layout", "Slot", "Version", "field_number"]

Version = int  # 1 is LLRP 1.0.1, 2 is LLRP 1.1
CUSTOM = 1023  # the type of every custom parameter


class Form(Enum):
    """How a field is written."""

    UNSIGNED = "u"
    SIGNED = "s"
    RESERVED = "~"
    RAW = "raw"
    ARRAY = "[]"
    BITS = "u1[]"
    TEXT = "str"
    REST = "rest"


@dataclass(frozen=True, slots=True)
class Field:
    """One field; ``width`` in bits, of one item for arrays; ``greatest`` by version, None where any will do."""

    name: str
    form: Form
    width: int
    greatest: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """Where children of certain names stand, and how many of them."""

    names: tuple[str, ...]
    least: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Layout:
    """One message or parameter. ``since`` is the first version that knows it.

    custom: enterprise number and subtype of a vendor's parameter, None for the standard's own.
    """

    name: str
    type: int
    is_tv: bool
    since: Version
    to_reader: bool
    fields: tuple[Field, ...]
    slots: tuple[Slot, ...]
    custom: tuple[int, int] | None = None


_COUNTS: dict[str, tuple[int, int | None]] = {"": (1, 1), "?": (0, 1), "*": (0, None), "+": (1, None), "{2}": (1, 2)}
_HEAD = re.compile(r"(?P<tv>TV)?(?:(?P<vendor>\d+)\.)?(?P<type>\d+) (?P<name>\w+)(?P<since> 1\.1)?(?P<way> [<>*])?")
_FORM = re.compile(r"(?P<base>[us]|raw)(?P<width>\d+)(?P<array>\[\])?(?:≤(?P<low>\d+)(?:\.\.(?P<high>\d+))?)?")


def _field_of(word: str) -> Field:
    if word.startswith("~"):
        return Field("", Form.RESERVED, int(word[1:]))
    name, form = word.split(":")
    if form in ("str", "rest"):
        return Field(name, Form(form), 8)
    match = _FORM.fullmatch(form)
    assert match is not None, word
    width = int(match["width"])
    low, high = match["low"], match["high"]
    greatest = (int(low), int(high or low)) if low else None
    if match["array"]:
        return Field(name, Form.BITS if width == 1 else Form.ARRAY, width, greatest)
    return Field(name, Form(match["base"]), width, greatest)


def _slot_of(word: str) -> Slot:
    match = re.fullmatch(r"(\w+)(|\?|\*|\+|\{2\})", word)
    assert match is not None, word
    least, most = _COUNTS[match[2]]
    return Slot(CHOICES.get(match[1], (match[1],)), least, most)


def _layouts(text: str) -> dict[str, Layout]:
    layouts: dict[str, Layout] = {}
    for line in text.strip().replace("\n  ", " ").splitlines():
        left, _, right = line.partition("|")
        head = _HEAD.fullmatch(left.strip())
        assert head is not None, line
        words = right.split()
        number = int(head["type"])
        layouts[head["name"]] = Layout(
            name=head["name"],
            type=CUSTOM if head["vendor"] else number,
            is_tv=head["tv"] is not None,
            since=2 if head["since"] else 1,
            to_reader=head["way"] in (" >", " *"),
            fields=tuple(_field_of(word) for word in words if ":" in word or word.startswith("~")),
            slots=tuple(_slot_of(word) for word in words if ":" not in word and not word.startswith("~")),
            custom=(int(head["vendor"]), number) if head["vendor"] else None,
        )
    return layouts


ALL_MESSAGES = _layouts(MESSAGES)
ALL_PARAMETERS = _layouts(PARAMETERS) | _layouts(VENDOR_PARAMETERS)


def field_number(element: str, field: str) -> int:
    """Return the place of a field among its element's fields, from 0, reserved ones not counted."""
    layout = ALL_PARAMETERS.get(element) or ALL_MESSAGES[element]
    return [f.name for f in layout.fields if f.form is not Form.RESERVED].index(field)
