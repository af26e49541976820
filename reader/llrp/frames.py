"""A stream of bytes → whole LLRP messages. No socket, no clock.

1. The header says the length; nothing in LLRP lets a reader of the stream find the next header without it.
2. A length below the header's own, or above `MAX_MESSAGE_BYTES`, therefore ends the connection: `ProtocolError`.
3. An unknown type or version costs exactly that frame.
4. A framer lives as long as one connection, so that half a frame of the last one cannot swallow the next handshake.
"""

from __future__ import annotations

import struct
from typing import Final, NamedTuple

from reader.errors import ProtocolError

__all__ = ["HEADER_BYTES", "MAX_MESSAGE_BYTES", "Frame", "Framer", "LengthError"]

HEADER_BYTES: Final = 10
# A report of 10,000 tags with everything in it has 0.9 MB; what says more is not a length.
MAX_MESSAGE_BYTES: Final = 1 << 20
_HEADER = struct.Struct(">HII")


class Frame(NamedTuple):
    """One message: ``raw`` is all of it, header included."""

    type: int
    version: int
    message_id: int
    raw: bytes

    @property
    def body(self) -> bytes:
        """What follows the header."""
        return self.raw[HEADER_BYTES:]


class LengthError(ProtocolError):
    """A message length that cannot be true; ``frames`` are the good ones that came before it."""

    def __init__(self, length: int, head: bytes, frames: list[Frame]) -> None:
        super().__init__(f"a message of {length} bytes; expected {HEADER_BYTES} to {MAX_MESSAGE_BYTES}", head)
        self.frames = frames


class Framer:
    """Cuts what arrives into frames. At most one message, `MAX_MESSAGE_BYTES`, waits in it."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def is_empty(self) -> bool:
        """Whether no part of a message waits for its rest."""
        return not self._buffer

    def feed(self, received: bytes) -> list[Frame]:
        """Take ``received`` and return the messages that are whole now.

        Raises:
            LengthError: A length that cannot be true. The framer is of no more use: nothing tells where the next
                message begins. The whole messages before it are in the error.
        """
        buffer = self._buffer
        buffer += received
        frames: list[Frame] = []
        at = 0
        end = len(buffer)
        while end - at >= HEADER_BYTES:
            word, length, message_id = _HEADER.unpack_from(buffer, at)
            if not HEADER_BYTES <= length <= MAX_MESSAGE_BYTES:
                raise LengthError(length, bytes(buffer[at : at + 64]), frames)
            if at + length > end:
                break
            frames.append(Frame(word & 0x3FF, word >> 10 & 7, message_id, bytes(buffer[at : at + length])))
            at += length
        del buffer[:at]
        return frames
