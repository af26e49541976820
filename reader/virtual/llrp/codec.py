"""Strict LLRP: elements to bytes and back, by the tables.

1. Decoding takes whole frames only; `FrameCutter` makes them of any stream.
2. What the tables do not allow is refused with the place where it stands: reserved bits that are set, values
   that have no meaning, children that are unknown, misplaced, missing or too many, lengths that do not fit.
3. A parameter that LLRP 1.0.1 does not know is unknown in a message of version 1.
4. Elements that decode encode to the same bytes, and the reverse.
5. A vendor's parameters are taken apart only where the vendor is named to `decode`; others stay `Custom`, unopened.
   Whether a parameter stands where its vendor wants it is not the codec's to say.

Source: LLRP 1.1, section 9 (encoding), and the tables.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator
from typing import NamedTuple

from reader.errors import ProtocolError
from reader.virtual.llrp.element import Bits, Element, FieldValue, Message
from reader.virtual.llrp.layout import ALL_MESSAGES, ALL_PARAMETERS, CUSTOM, Field, Form, Layout, Version
from reader.virtual.llrp.status import Problem, RefusedError

__all__ = ["HEADER_BYTES", "FrameCutter", "Header", "decode", "encode", "encode_parameter", "header_of"]

HEADER_BYTES = 10
# Nothing a client sends comes near it; a length beyond it is a stream out of step.
MAX_FRAME_BYTES = 1 << 20
# ParameterError may nest in itself without end; everything else ends by the eighth level.
MAX_DEPTH = 16


class Header(NamedTuple):
    """The ten bytes in front of every message."""

    reserved: int
    version: int
    type: int
    length: int
    id: int


def header_of(frame: bytes) -> Header:
    """Read the header of a frame of at least ten bytes."""
    word = int.from_bytes(frame[:2], "big")
    return Header(
        reserved=word >> 13,
        version=word >> 10 & 7,
        type=word & 0x3FF,
        length=int.from_bytes(frame[2:6], "big"),
        id=int.from_bytes(frame[6:10], "big"),
    )


class FrameCutter:
    """Cuts a stream into frames, however it was chunked. Holds at most one unfinished frame."""

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._buffer = bytearray()
        self._max = max_frame_bytes

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Yield the frames that ``chunk`` completes.

        Raises:
            ProtocolError: A length that no frame has; the stream is out of step and must be closed.
        """
        self._buffer += chunk
        while len(self._buffer) >= HEADER_BYTES:
            length = int.from_bytes(self._buffer[2:6], "big")
            if not HEADER_BYTES <= length <= self._max:
                raise ProtocolError(f"a frame cannot have {length} bytes", bytes(self._buffer[:HEADER_BYTES]))
            if len(self._buffer) < length:
                return
            frame = bytes(self._buffer[:length])
            del self._buffer[:length]
            yield frame


# --- decoding -------------------------------------------------------------------------------------

_MESSAGE_BY_TYPE = {layout.type: layout for layout in ALL_MESSAGES.values()}
_PARAMETER_BY_TYPE = {(layout.is_tv, layout.type): layout for layout in ALL_PARAMETERS.values() if not layout.custom}
_CUSTOM_BY_NUMBERS = {layout.custom: layout for layout in ALL_PARAMETERS.values() if layout.custom}
_TLV_HEAD = 4
_CUSTOM_HEAD = struct.Struct(">II")  # enterprise number, subtype


class _Dialect(NamedTuple):
    """What is understood: a version of the standard, and some vendors' own parameters."""

    version: Version
    vendors: Collection[int]


def decode(frame: bytes, vendors: Collection[int] = ()) -> Message:
    """Decode one whole frame whose header is in order; ``vendors`` are enterprise numbers.

    The messages about versions (46, 47, 56, 57) decode in every version: what is agreed on may be 1.0.1.

    Raises:
        LookupError: The type is no message; the frame's body was not looked at.
        RefusedError: The body breaks the standard.
    """
    header = header_of(frame)
    layout = _MESSAGE_BY_TYPE[header.type]
    body = _decode_body(layout, memoryview(frame)[HEADER_BYTES:], _Dialect(header.version, vendors))
    return Message(header.version, header.id, body)


def _decode_body(layout: Layout, body: memoryview, dialect: _Dialect, depth: int = 0) -> Element:
    if depth > MAX_DEPTH:
        raise RefusedError(Problem.PARAMETER, f"{layout.name} is nested too deeply")
    cursor = _Cursor(body)
    fields = _decode_fields(layout, cursor, dialect.version)
    children = _decode_children(layout, body[cursor.position // 8 :], dialect, depth)
    return Element(layout.name, fields, children)


class _Cursor:
    """A position in bits; `IndexError` where the body ends too early."""

    def __init__(self, body: memoryview) -> None:
        self._body = body
        self.position = 0

    def bits(self, count: int) -> int:
        start, end = self.position, self.position + count
        if end > 8 * len(self._body):
            raise IndexError(end)
        self.position = end
        octets = self._body[start // 8 : (end + 7) // 8]
        return int.from_bytes(octets, "big") >> -end % 8 & (1 << count) - 1

    def octets(self, count: int) -> bytes:
        return self.bits(8 * count).to_bytes(count, "big")

    def rest(self) -> bytes:
        return self.octets(len(self._body) - self.position // 8)


def _decode_fields(layout: Layout, cursor: _Cursor, version: Version) -> dict[str, FieldValue]:
    fields: dict[str, FieldValue] = {}
    number = -1  # reserved bits are counted with the field before them
    for field in layout.fields:
        number += field.form is not Form.RESERVED
        try:
            value = _decode_field(field, cursor)
        except IndexError as error:
            reason = f"{layout.name} ends inside {field.name or 'reserved bits'}"
            raise RefusedError(Problem.FIELD, reason, field=max(number, 0)) from error
        except ValueError as error:
            reason = f"{layout.name}.{field.name or 'reserved bits'}: {error}"
            raise RefusedError(Problem.FIELD, reason, field=max(number, 0)) from error
        if field.form is Form.RESERVED:
            continue
        items = value if field.form is Form.ARRAY and isinstance(value, tuple) else (value,)
        limit = None if field.greatest is None else field.greatest[version - 1]
        if limit is not None and any(isinstance(item, int) and item > limit for item in items):
            raise RefusedError(Problem.FIELD, f"{layout.name}.{field.name} = {value!r} means nothing", field=number)
        fields[field.name] = value
    return fields


def _decode_field(field: Field, cursor: _Cursor) -> FieldValue:
    """Read one field. Raises IndexError where the body ends, ValueError where the value is impossible."""
    match field.form:
        case Form.UNSIGNED:
            return cursor.bits(field.width)
        case Form.SIGNED:
            value = cursor.bits(field.width)
            return value - (value >> field.width - 1 << field.width)
        case Form.RESERVED:
            if cursor.bits(field.width):
                raise ValueError("must be zero")
            return 0
        case Form.RAW:
            return cursor.octets(field.width // 8)
        case Form.ARRAY:
            return tuple([cursor.bits(field.width) for _ in range(cursor.bits(16))])
        case Form.BITS:
            count = cursor.bits(16)
            octets = cursor.octets((count + 7) // 8)
            if count % 8 and octets[-1] & (1 << -count % 8) - 1:
                raise ValueError("padding must be zero")
            return Bits(count, octets)
        case Form.TEXT:
            return cursor.octets(cursor.bits(16)).decode("utf-8")
        case Form.REST:
            return cursor.rest()


def _decode_children(layout: Layout, body: memoryview, dialect: _Dialect, depth: int) -> tuple[Element, ...]:
    children: list[Element] = []
    counts = [0] * len(layout.slots)
    at = 0
    while body:
        child, head, size = _child_at(layout, body, dialect)
        at = _slot_for(layout, child, counts, at)
        counts[at] += 1
        try:
            children.append(_decode_body(child, body[head:size], dialect, depth + 1))
        except RefusedError as refusal:
            raise refusal.inside(child.type) from refusal
        body = body[size:]
    for slot, count in zip(layout.slots, counts, strict=True):
        if count < slot.least:
            missing = ALL_PARAMETERS[slot.names[0]].type
            raise RefusedError(Problem.MISSING_PARAMETER, f"{layout.name} lacks {slot.names[0]}", culprit=missing)
    return tuple(children)


def _child_at(layout: Layout, body: memoryview, dialect: _Dialect) -> tuple[Layout, int, int]:
    """Return the layout of the parameter that ``body`` begins with, and in bytes its head and its whole size."""
    is_tv = bool(body[0] & 0x80)
    if is_tv:
        number = body[0] & 0x7F
    elif len(body) < 4:
        raise RefusedError(Problem.PARAMETER, f"{layout.name} is followed by {len(body)} stray bytes")
    else:
        word = int.from_bytes(body[:2], "big")
        number = word & 0x3FF
        if word >> 10:
            raise RefusedError(Problem.PARAMETER, f"reserved bits of parameter {number} are set", culprit=number)
    child = _PARAMETER_BY_TYPE.get((is_tv, number))
    if child is None or child.since > dialect.version:
        reason = f"{'TV' if is_tv else 'parameter'} {number} in {layout.name} is unknown"
        raise RefusedError(Problem.UNKNOWN_PARAMETER, reason, culprit=number)
    size = 1 + sum(field.width for field in child.fields) // 8 if is_tv else int.from_bytes(body[2:4], "big")
    if size > len(body) or (not is_tv and size < _TLV_HEAD):
        reason = f"{child.name} claims {size} bytes of the {len(body)} that are left"
        raise RefusedError(Problem.PARAMETER, reason, culprit=number)
    if child.type == CUSTOM and size >= _TLV_HEAD + _CUSTOM_HEAD.size:
        vendor, subtype = _CUSTOM_HEAD.unpack_from(body, _TLV_HEAD)
        known = _CUSTOM_BY_NUMBERS.get((vendor, subtype)) if vendor in dialect.vendors else None
        if known is not None:
            return known, _TLV_HEAD + _CUSTOM_HEAD.size, size
    return child, 1 if is_tv else _TLV_HEAD, size


def _slot_for(layout: Layout, child: Layout, counts: list[int], at: int) -> int:
    """Return the slot, from ``at`` on, in which ``child`` may stand."""
    for index, slot in enumerate(layout.slots):
        if child.name not in slot.names and not (child.custom and "Custom" in slot.names):
            continue
        if slot.most is not None and counts[index] >= slot.most:
            problem = Problem.DUPLICATE_PARAMETER if slot.most == 1 else Problem.OVERFLOW_PARAMETER
            raise RefusedError(problem, f"{child.name} occurs too often in {layout.name}", culprit=child.type)
        if index < at:
            raise RefusedError(
                Problem.UNEXPECTED_PARAMETER, f"{child.name} comes too late in {layout.name}", culprit=child.type
            )
        return index
    raise RefusedError(
        Problem.UNEXPECTED_PARAMETER, f"{child.name} does not belong into {layout.name}", culprit=child.type
    )


# --- encoding -------------------------------------------------------------------------------------


def encode(message: Message) -> bytes:
    """Encode a message.

    Raises:
        ValueError, KeyError: The message is not one that the tables allow; a fault of the caller.
    """
    layout = ALL_MESSAGES[message.name]
    body = _encode_body(layout, message.body)
    head = (message.version << 10 | layout.type).to_bytes(2, "big")
    return head + (HEADER_BYTES + len(body)).to_bytes(4, "big") + message.id.to_bytes(4, "big") + body


def encode_parameter(element: Element) -> bytes:
    """Encode one parameter with its own header. Raises as `encode` does."""
    layout = ALL_PARAMETERS[element.name]
    body = _encode_body(layout, element)
    if layout.is_tv:
        return bytes([0x80 | layout.type]) + body
    if layout.custom:
        body = _CUSTOM_HEAD.pack(*layout.custom) + body
    return layout.type.to_bytes(2, "big") + (_TLV_HEAD + len(body)).to_bytes(2, "big") + body


def _encode_body(layout: Layout, element: Element) -> bytes:
    unknown = element.fields.keys() - {field.name for field in layout.fields}
    if unknown:
        raise ValueError(f"{layout.name} has no field {sorted(unknown)}")
    sink = _Sink()
    for field in layout.fields:
        _encode_field(field, element.fields[field.name] if field.name else 0, sink)
    _check_order(layout, element.children)
    return sink.done() + b"".join(encode_parameter(child) for child in element.children)


class _Sink:
    """Bits, gathered to whole bytes."""

    def __init__(self) -> None:
        self._value = 0
        self._count = 0

    def bits(self, value: int, count: int) -> None:
        if not 0 <= value < 1 << count:
            raise ValueError(f"{value} does not fit into {count} bits")
        self._value = self._value << count | value
        self._count += count

    def done(self) -> bytes:
        return self._value.to_bytes(self._count // 8, "big")


def _encode_field(field: Field, value: FieldValue, sink: _Sink) -> None:
    match field.form, value:
        case Form.SIGNED, int():
            if not -1 << field.width - 1 <= value < 1 << field.width - 1:
                raise ValueError(f"{value} does not fit into {field.width} signed bits")
            sink.bits(value & (1 << field.width) - 1, field.width)
        case ((Form.UNSIGNED | Form.RESERVED), int()):
            sink.bits(value, field.width)
        case Form.RAW, bytes() if 8 * len(value) == field.width:
            sink.bits(int.from_bytes(value, "big"), field.width)
        case Form.BITS, Bits(length, octets) if len(octets) == (length + 7) // 8:
            sink.bits(length, 16)
            sink.bits(int.from_bytes(octets, "big"), 8 * len(octets))
        case Form.ARRAY, tuple():
            sink.bits(len(value), 16)
            for item in value:
                assert isinstance(item, int)
                sink.bits(item, field.width)
        case Form.TEXT, str():
            octets = value.encode("utf-8")
            sink.bits(len(octets), 16)
            sink.bits(int.from_bytes(octets, "big"), 8 * len(octets))
        case Form.REST, bytes():
            sink.bits(int.from_bytes(value, "big"), 8 * len(value))
        case _:
            raise ValueError(f"{field.name} cannot be {value!r}")


def _check_order(layout: Layout, children: tuple[Element, ...]) -> None:
    counts = [0] * len(layout.slots)
    at = 0
    for child in children:
        at = _slot_for(layout, ALL_PARAMETERS[child.name], counts, at)
        counts[at] += 1
    for slot, count in zip(layout.slots, counts, strict=True):
        if count < slot.least:
            raise ValueError(f"{layout.name} lacks {slot.names[0]}")
