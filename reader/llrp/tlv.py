"""LLRP by hand: headers around content, and parameters out of it. Pure.

For what sllurp 3.0.5 cannot encode, or encodes wrongly; who uses it says which. Source: LLRP 1.1, section 17.1.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from reader.errors import ProtocolError
from reader.llrp.frames import HEADER_BYTES

__all__ = ["bits", "custom", "message", "parameter", "parameters_of", "with_parameter"]

_CUSTOM: Final = 1023
_MESSAGE_HEADER = struct.Struct(">HII")
_HEADER = struct.Struct(">HH")


def message(number: int, version: int, message_id: int, body: bytes = b"") -> bytes:
    """Return a whole message."""
    return _MESSAGE_HEADER.pack(version << 10 | number, HEADER_BYTES + len(body), message_id) + body


def parameter(number: int, *content: bytes) -> bytes:
    """Return a TLV parameter around fields and children."""
    inner = b"".join(content)
    return _HEADER.pack(number, _HEADER.size + len(inner)) + inner


def custom(vendor: int, subtype: int, *content: bytes) -> bytes:
    """Return a maker's own parameter."""
    return parameter(_CUSTOM, struct.pack(">II", vendor, subtype), *content)


def bits(value: bytes, count: int) -> bytes:
    """Return an array of ``count`` bits, the first ones of ``value``; what it lacks is zero."""
    size = (count + 7) // 8
    kept = int.from_bytes(value[:size].ljust(size, b"\0"), "big") >> (-count % 8) << (-count % 8)
    return struct.pack(">H", count) + kept.to_bytes(size, "big")


def with_parameter(whole: bytes, added: bytes) -> bytes:
    """Return a message with one more parameter behind everything else in it."""
    word, length, message_id = _MESSAGE_HEADER.unpack_from(whole)
    return _MESSAGE_HEADER.pack(word, length + len(added), message_id) + whole[HEADER_BYTES:] + added


def parameters_of(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield type and content of each TLV parameter in ``body``.

    Raises:
        ProtocolError: A length that does not fit.
    """
    at = 0
    while at < len(body):
        if at + _HEADER.size > len(body):
            raise ProtocolError(f"a parameter header is cut off at byte {at}", body)
        word, length = _HEADER.unpack_from(body, at)
        if length < _HEADER.size or at + length > len(body):
            raise ProtocolError(f"a parameter of {length} bytes at byte {at} does not fit", body)
        yield word & 0x3FF, body[at + _HEADER.size : at + length]
        at += length
