"""The bytes of an M100 module: requests found in a stream, answers and notices made. Pure.

    BB TYPE COMMAND LEN16 PARAMETERS SUM 7E        a second build says AA … DD instead

A module hears only its own build. What is no request (a wrong sum, tail or type, or more bytes than its buffer holds)
is dropped without a word, header first, since the true header may stand inside. Half a request is forgotten after a
pause, or a lost byte would swallow the request that is sent next.

Sources: MagicRF M100/QM100 firmware manual, frame format; R200 user protocol 2.3.3 for the second build.
"""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

__all__ = ["Build", "M100Ear", "Request", "answer_frame", "failure_frame", "notice_frame"]

_COMMAND: Final = 0x00
_ANSWER: Final = 0x01
_NOTICE: Final = 0x02
_FAILURE: Final = 0xFF
_INVENTORY: Final = 0x22
_HEAD_BYTES: Final = 5
_AROUND: Final = _HEAD_BYTES + 2
_MOST_PARAMETERS: Final = 128  # the longest request writes 32 words: 73 bytes
_PAUSE_US: Final = 200_000  # far more than a slow line needs between two bytes


class Build(Enum):
    """The firmware's marks: header and tail."""

    BB = (0xBB, 0x7E)
    AA = (0xAA, 0xDD)


class Request(NamedTuple):
    """What a host asks for."""

    command: int
    content: bytes


class M100Ear:
    """Finds requests in what comes off the line, cut anywhere."""

    def __init__(self, build: Build) -> None:
        self._header, self._tail = build.value
        self._buffer = bytearray()
        self._heard_at_us = 0

    def hear(self, octets: bytes, now_us: int) -> list[Request]:
        """Return the requests that are whole now."""
        if now_us - self._heard_at_us > _PAUSE_US:
            self._buffer.clear()
        self._heard_at_us = now_us
        self._buffer += octets
        requests: list[Request] = []
        while self._find_header():
            size = _AROUND + int.from_bytes(self._buffer[3:5], "big")
            if size > _AROUND + _MOST_PARAMETERS:
                del self._buffer[0]
                continue
            if len(self._buffer) < size:
                break
            frame = bytes(self._buffer[:size])
            if frame[-1] != self._tail or frame[-2] != _sum(frame[1:-2]):
                del self._buffer[0]
                continue
            del self._buffer[:size]
            requests.append(Request(frame[2], frame[_HEAD_BYTES:-2]))
        return requests

    def forget(self) -> None:
        """Lose what was heard of a request so far."""
        self._buffer.clear()

    def _find_header(self) -> bool:
        """Drop what begins no request; return whether there is enough of one to know its length."""
        buffer = self._buffer
        while True:
            at = buffer.find(self._header)
            del buffer[: at if at >= 0 else len(buffer)]
            if len(buffer) < 2 or buffer[1] == _COMMAND:
                return len(buffer) >= _HEAD_BYTES
            del buffer[0]


def answer_frame(build: Build, command: int, content: bytes) -> bytes:
    """Return the frame that answers ``command``."""
    return _frame(build, _ANSWER, command, content)


def failure_frame(build: Build, code: int, about_tag: bytes = b"") -> bytes:
    """Return the frame that says why not; ``about_tag``: UL, PC and EPC of the tag that failed."""
    return _frame(build, _ANSWER, _FAILURE, bytes((code,)) + about_tag)


def notice_frame(build: Build, rssi_dbm: int, pc: int, epc: bytes, crc: int) -> bytes:
    """Return the notice of one tag; it is that of a single inventory, in a continuous one, too."""
    content = rssi_dbm.to_bytes(1, "big", signed=True) + pc.to_bytes(2, "big") + epc + crc.to_bytes(2, "big")
    return _frame(build, _NOTICE, _INVENTORY, content)


def _frame(build: Build, frame_type: int, command: int, content: bytes) -> bytes:
    header, tail = build.value
    body = bytes((frame_type, command)) + len(content).to_bytes(2, "big") + content
    return bytes((header,)) + body + bytes((_sum(body), tail))


def _sum(octets: bytes) -> int:
    return sum(octets) & 0xFF
