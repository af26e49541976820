"""A Mercury module on a bench, asked with frames as the vendor's client sends them; read by the driver's decoder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from reader.serial.mercury import MercuryDecoder, MercuryFrame, TagRecord, crc16, message_of, tags_of
from reader.virtual.air import Air
from reader.virtual.faults import Fault, Faults
from reader.virtual.scene import builtin_scene
from reader.virtual.serial.mercury import MercuryModule
from reader.virtual.serial.mercury_models import MODELS
from reader.virtual.serial.module import Said
from reader.virtual.world import World
from tests.reader.virtual.serial.module_bench import ModuleBench

EUROPE: Final = 0x08
# Captured: both ports, every read, on for 250 ms, all metadata, option extended.
STREAM: Final = bytes.fromhex("0000012200000508228810001b00fa0fff")
STOP: Final = bytes.fromhex("000002")


def request(opcode: int, content: bytes | str = b"") -> bytes:
    octets = bytes.fromhex(content) if isinstance(content, str) else content
    body = bytes((len(octets), opcode)) + octets
    return b"\xff" + body + crc16(body).to_bytes(2, "big")


def frames_in(said: Iterable[Said]) -> list[MercuryFrame]:
    decoder = MercuryDecoder()
    frames = decoder.feed(b"".join(one.frame for one in said))
    assert all(frame.error is None for frame in frames)
    return frames


class Bench:
    """One module of ``model`` in the built-in scene (or ``world``), its region set unless ``is_raw``."""

    def __init__(
        self, *faults: Fault, model: str = "m6e", world: World | None = None, is_raw: bool = False, **options: Any
    ) -> None:
        self.faults = Faults(faults)
        self.world = world or World(builtin_scene())
        self.module = MercuryModule(Air(self.world), self.faults, model=MODELS[model], **options)
        self._bench = ModuleBench(self.module)
        if not is_raw:
            for opcode, content in (
                (0x97, "08"),
                (0x91, "020101" + ("0202" if model == "m6e" else "")),
                (0x9A, "010c00"),
            ):
                assert self.status(opcode, content) == 0

    def ask(self, opcode: int, content: bytes | str = b"", milliseconds: float = 50.0) -> list[MercuryFrame]:
        """Return what is answered within a time."""
        self._bench.say(request(opcode, content))
        return frames_in(self._bench.listen(milliseconds))

    def answer(self, opcode: int, content: bytes | str = b"", milliseconds: float = 50.0) -> MercuryFrame:
        """Return the one answer."""
        (frame,) = self.ask(opcode, content, milliseconds)
        assert frame.opcode == opcode
        return frame

    def status(self, opcode: int, content: bytes | str = b"", milliseconds: float = 50.0) -> int:
        """Return the status of the one answer."""
        status = self.answer(opcode, content, milliseconds).status
        assert status is not None
        return status

    def content(self, opcode: int, content: bytes | str = b"", milliseconds: float = 50.0) -> str:
        """Return the content of the one answer, which is of status 0, as hex."""
        frame = self.answer(opcode, content, milliseconds)
        assert frame.status == 0
        return frame.content.hex()

    def fields(self, opcode: int, content: bytes | str = b"", milliseconds: float = 50.0) -> dict[str, Any]:
        """Return the one answer in words."""
        said = message_of(self.answer(opcode, content, milliseconds))
        assert said.error is None
        return said.fields

    def listen(self, milliseconds: float) -> list[MercuryFrame]:
        """Return what is said in the next time."""
        return frames_in(self._bench.listen(milliseconds))

    def is_reading(self) -> bool:
        """Whether it does now."""
        return self.module.is_reading

    def say(self, octets: bytes) -> None:
        """Let it hear these bytes."""
        self._bench.say(octets)


def tags_in(frames: Iterable[MercuryFrame]) -> list[TagRecord]:
    return [tag for frame in frames for tag in tags_of(frame).records]


def signs_in(frames: Iterable[MercuryFrame]) -> list[int]:
    """Return the statuses of a stream's signs of life."""
    return [frame.status for frame in frames if frame.opcode == 0x22 and frame.status]
