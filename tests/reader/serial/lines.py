"""Frames of the three families, built by the vendors' rules and by nothing of ours; and the vectors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, Protocol

from reader.serial.framing import Direction, FrameError
from reader.serial.m100 import M100Decoder
from reader.serial.mercury import MercuryDecoder
from reader.serial.r2000 import R2000Decoder

_FILE = Path(__file__).resolve().parents[2] / "vectors" / "serial.json"
VECTORS: Final[list[dict[str, Any]]] = json.loads(_FILE.read_text(encoding="utf-8"))["vectors"]
GOOD: Final = [row for row in VECTORS if not row["must_refuse"]]
REFUSED: Final = [row for row in VECTORS if row["must_refuse"]]


class Framed(Protocol):
    @property
    def offset(self) -> int: ...
    @property
    def raw(self) -> bytes: ...
    @property
    def error(self) -> FrameError | None: ...


class Decoding(Protocol):
    @property
    def waiting_bytes(self) -> int: ...
    def feed(self, received: bytes) -> Iterable[Framed]: ...
    def finish(self) -> Iterable[Framed]: ...


def decoder_of(family: str, direction: str = "from_reader") -> Decoding:
    makers: dict[str, Callable[[], Decoding]] = {
        "mercury": lambda: MercuryDecoder(Direction(direction)),
        "m100": M100Decoder,
        "r2000": R2000Decoder,
    }
    return makers[family]()


def vector(name: str) -> bytes:
    """The bytes of the vector of that id."""
    return bytes.fromhex(next(row["bytes_hex"] for row in VECTORS if row["id"] == name))


def frames_of(family: str, direction: str = "from_reader") -> list[bytes]:
    """All good frames of a family in one direction."""
    wanted = (family, direction)
    return [bytes.fromhex(row["bytes_hex"]) for row in GOOD if (row["family"], row["direction"]) == wanted]


def mercury(opcode: int, content: bytes = b"", status: int = 0) -> bytes:
    """An answer; the CRC bit by bit, as the module manual draws the register."""
    message = bytes((len(content), opcode)) + status.to_bytes(2, "big") + content
    register = 0xFFFF
    for byte in message:
        for bit in range(7, -1, -1):
            falls_out = register >> 15
            register = (register << 1 | byte >> bit & 1) & 0xFFFF
            if falls_out:
                register ^= 0x1021
    return b"\xff" + message + register.to_bytes(2, "big")


def m100(command: int, content: bytes = b"", kind: int = 1, marks: bytes = b"\xbb\x7e") -> bytes:
    summed = bytes((kind, command)) + len(content).to_bytes(2, "big") + content
    return marks[:1] + summed + bytes((sum(summed) % 256,)) + marks[1:]


def r2000(command: int, content: bytes = b"", address: int = 1) -> bytes:
    frame = bytes((0xA0, len(content) + 3, address, command)) + content
    return frame + bytes((-sum(frame) % 256,))


def gen2_crc(words: bytes) -> bytes:
    """CRC-16 of ISO/IEC 13239, bit by bit: Gen2 2.1, Annex F."""
    register = 0xFFFF
    for byte in words:
        register ^= byte << 8
        for _ in range(8):
            register = (register << 1 ^ (0x1021 if register & 0x8000 else 0)) & 0xFFFF
    return (register ^ 0xFFFF).to_bytes(2, "big")


def pc_of(epc: bytes) -> bytes:
    return (len(epc) // 2 << 11).to_bytes(2, "big")
