"""The bytes of an A0 board: requests found in a stream, answers made. Pure.

    A0 LEN ADDRESS COMMAND DATA CHECK       LEN: bytes behind it; CHECK makes the sum of the whole frame 0

A board hears its own address and the broadcast one, and answers with its own. What is no request is dropped without
a word, header first, since the true header may stand inside. Half a request is forgotten after a pause, or a stray A0
would swallow the request that is sent next.

Source: Rodinbell UHF RFID reader serial interface protocol, frame format.
"""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["R2000Ear", "Request", "answer_frame"]

_HEADER: Final = 0xA0
_BROADCAST: Final = 0xFF
_HEAD_BYTES: Final = 4
_COUNTED: Final = 3  # what LEN counts besides the data: address, command and check
_PAUSE_US: Final = 200_000  # far more than a slow line needs between two bytes


class Request(NamedTuple):
    """What a host asks for."""

    command: int
    content: bytes


class R2000Ear:
    """Finds the requests to one address in what comes off the line, cut anywhere."""

    def __init__(self, address: int) -> None:
        self._addresses = (address, _BROADCAST)
        self._buffer = bytearray()
        self._heard_at_us = 0

    def hear(self, octets: bytes, now_us: int) -> list[Request]:
        """Return the requests that are whole now."""
        if now_us - self._heard_at_us > _PAUSE_US:
            self._buffer.clear()
        self._heard_at_us = now_us
        buffer = self._buffer
        buffer += octets
        requests: list[Request] = []
        while True:
            at = buffer.find(_HEADER)
            del buffer[: at if at >= 0 else len(buffer)]
            if len(buffer) < 2:
                return requests
            size = 2 + buffer[1]
            if buffer[1] >= _COUNTED and len(buffer) < size:
                return requests
            if buffer[1] < _COUNTED or sum(buffer[:size]) & 0xFF:
                del buffer[0]
                continue
            frame = bytes(buffer[:size])
            del buffer[:size]
            if frame[2] in self._addresses:
                requests.append(Request(frame[3], frame[_HEAD_BYTES:-1]))

    def forget(self) -> None:
        """Lose what was heard of a request so far."""
        self._buffer.clear()


def answer_frame(address: int, command: int, content: bytes) -> bytes:
    """Return the frame in which the board of ``address`` answers."""
    frame = bytes((_HEADER, _COUNTED + len(content), address, command)) + content
    return frame + bytes((-sum(frame) & 0xFF,))
