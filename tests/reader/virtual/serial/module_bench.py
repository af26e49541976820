"""A module on a bench: bytes in, frames out, on a clock of its own; and scenes with tags that are surely heard."""

from __future__ import annotations

from typing import Any

from reader.virtual.scene import builtin_scene, scene_of
from reader.virtual.serial.module import Said, SerialModule
from reader.virtual.world import World

EPC = "3036451FD4001940000003E9"
OTHER = "3036451FD4001980000003EA"
PASSWORD, KILL = 0x1234_5678, 0xDEAD_BEEF

_STEP_US = 5_000


class ModuleBench:
    """Plays one module; nothing of the line is here, so that what it says is there as it says it."""

    def __init__(self, module: SerialModule) -> None:
        self.module = module
        self.now_us = 0

    def say(self, octets: bytes) -> None:
        """Let the module hear ``octets``."""
        self.module.received(octets, self.now_us)

    def listen(self, milliseconds: float, step_us: int = _STEP_US) -> list[Said]:
        """Return what it says in the next time."""
        end_us = self.now_us + int(1000 * milliseconds)
        said = self._taken()
        while self.now_us < end_us:
            self.now_us = min(end_us, self.now_us + step_us)
            self.module.advance(self.now_us)
            said += self._taken()
        return said

    def ask(self, octets: bytes, milliseconds: float = 300.0) -> list[bytes]:
        """Return the frames that answer ``octets``, waiting so long."""
        self.say(octets)
        return [said.frame for said in self.listen(milliseconds)]

    def _taken(self) -> list[Said]:
        said = []
        while (frame := self.module.take(self.now_us)) is not None:
            said.append(frame)
        return said


def pad_world(*tags: dict[str, Any]) -> World:
    """Return the built-in counter with these tags, each right over antenna 1 unless it says where."""
    document = builtin_scene().model_dump(exclude_unset=True)
    document["tags"] = [
        {"epc": EPC, "at": [0.05 * number, 0.0, 0.1], "orientation": [1, 0, 0], **tag}
        for number, tag in enumerate(tags)
    ]
    return World(scene_of(document))
