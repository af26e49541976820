"""Mercury's frames as a module sees them: requests cut out of a stream of bytes, answers put together.

    request   FF LEN OP DATA CRC16
    answer    FF LEN OP STATUS16 DATA CRC16

LEN counts DATA only. A run of FF is a wake-up and means nothing; a frame whose CRC is wrong costs its FF only, since
the true frame may begin inside. The CRC (polynomial 1021, register FFFF) takes its bits at the low end: each byte
goes in there, and what is pushed out at the top comes back by the table.

Source: facts measured 2026-11 (ThingMagic Mercury API and captures of it).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["MAX_DATA_BYTES", "Request", "RequestCutter", "answer"]

MAX_DATA_BYTES = 0xF8
_HEADER = 0xFF
_POLYNOMIAL = 0x1021
_AROUND = 5  # FF, LEN, OP and two of CRC
# A request whose rest does not come within this is given up: its LEN may have been noise.
_PATIENCE_US = 100_000


def _pushed_out(top: int) -> int:
    remainder = top << 8
    for _ in range(8):
        remainder = remainder << 1 ^ (_POLYNOMIAL if remainder & 0x8000 else 0)
    return remainder & 0xFFFF


_TABLE = tuple(_pushed_out(top) for top in range(256))


def _crc(octets: bytes) -> int:
    crc = 0xFFFF
    for octet in octets:
        crc = (crc << 8 & 0xFFFF | octet) ^ _TABLE[crc >> 8]
    return crc


class Request(NamedTuple):
    """One request whose CRC was right."""

    opcode: int
    content: bytes


class RequestCutter:
    """Bytes in, requests out, in any chunks; holds one frame at most."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._fed_at_us = 0

    def feed(self, octets: bytes, now_us: int) -> Iterator[Request]:
        """Take bytes and yield the requests that are whole now."""
        yield from self.rest(now_us)
        self._buffer += octets
        self._fed_at_us = now_us
        yield from self._cut()

    def rest(self, now_us: int) -> Iterator[Request]:
        """Give up a frame that was not finished in time, and yield what its bytes hid."""
        while self._buffer and now_us - self._fed_at_us > _PATIENCE_US:
            del self._buffer[0]
            yield from self._cut()

    def clear(self) -> None:
        """Forget what waits."""
        self._buffer.clear()

    def _cut(self) -> Iterator[Request]:
        buffer = self._buffer
        while True:
            start = buffer.find(_HEADER)
            del buffer[: start if start >= 0 else len(buffer)]
            if len(buffer) < 2:
                return
            length = buffer[1]
            if length > MAX_DATA_BYTES:  # FF FF: a wake-up
                del buffer[0]
                continue
            end = length + _AROUND
            if len(buffer) < end:
                return
            frame = bytes(buffer[:end])
            if _crc(frame[1:-2]) != int.from_bytes(frame[-2:], "big"):
                del buffer[0]
                continue
            del buffer[:end]
            yield Request(frame[2], frame[3:-2])


def answer(opcode: int, status: int, content: bytes = b"") -> bytes:
    """Return a whole answer; ``content`` has at most `MAX_DATA_BYTES`."""
    assert len(content) <= MAX_DATA_BYTES, "an answer's length is one byte up to F8"
    body = bytes((len(content), opcode)) + status.to_bytes(2, "big") + content
    return bytes((_HEADER,)) + body + _crc(body).to_bytes(2, "big")
