"""Random elements of the standard, made from the tables, for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from reader.virtual.llrp.element import Bits, Element, FieldValue, Message
from reader.virtual.llrp.layout import ALL_MESSAGES, ALL_PARAMETERS, Field, Form, Layout

__all__ = ["elements_of", "messages"]


def _values(field: Field) -> st.SearchStrategy[FieldValue]:
    greatest = (1 << field.width) - 1 if field.greatest is None else field.greatest[1]
    match field.form:
        case Form.UNSIGNED:
            return st.integers(0, greatest)
        case Form.SIGNED:
            return st.integers(-1 << field.width - 1, (1 << field.width - 1) - 1)
        case Form.RAW:
            return st.binary(min_size=field.width // 8, max_size=field.width // 8)
        case Form.ARRAY:
            return st.lists(st.integers(0, greatest), max_size=4).map(tuple)
        case Form.BITS:
            return st.binary(max_size=9).flatmap(_bits)
        case Form.TEXT:
            return st.text(max_size=12)
        case _:
            return st.binary(max_size=12)


def _bits(octets: bytes) -> st.SearchStrategy[Bits]:
    def cut(unused: int) -> Bits:
        if not octets:
            return Bits(0, b"")
        return Bits(8 * len(octets) - unused, octets[:-1] + bytes([octets[-1] >> unused << unused]))

    return st.integers(0, 7).map(cut)


@st.composite
def _elements(draw: st.DrawFn, layout: Layout, depth: int) -> Element:
    fields = {field.name: draw(_values(field)) for field in layout.fields if field.form is not Form.RESERVED}
    children: list[Element] = []
    for slot in layout.slots:
        most = min(slot.most or 2, 2 if depth < 3 else slot.least)
        for _ in range(draw(st.integers(slot.least, max(slot.least, most)))):
            child = ALL_PARAMETERS[draw(st.sampled_from(slot.names))]
            if slot.least or depth < 5:
                children.append(draw(_elements(child, depth + 1)))
    return Element(layout.name, fields, tuple(children))


def elements_of(layout: Layout) -> st.SearchStrategy[Element]:
    """Any element of that layout."""
    return _elements(layout, 0)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """Any message of LLRP 1.1 with any content that the standard allows."""
    layout = ALL_MESSAGES[draw(st.sampled_from(sorted(ALL_MESSAGES)))]
    return Message(2, draw(st.integers(0, 0xFFFFFFFF)), draw(_elements(layout, 0)))
