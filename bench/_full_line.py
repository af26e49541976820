"""A virtual module whose line is always full of prepared tags, as a process of its own.

Run: `python -m bench._full_line FAMILY BAUD LINK [--at-once]`; prints `ready` when LINK can be opened. Setting up is
answered by the virtual module itself; what costs time, the air, is left out. Tags are numbered, modulo `TAGS`, so that
a client sees which are missing.
"""

from __future__ import annotations

import argparse
import binascii
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

from reader.virtual.air import Air
from reader.virtual.faults import Faults
from reader.virtual.scene import builtin_scene
from reader.virtual.serial import m100_line, r2000_line
from reader.virtual.serial.m100 import M100Module
from reader.virtual.serial.mercury import MercuryModule
from reader.virtual.serial.module import Said, SerialModule
from reader.virtual.serial.r2000 import R2000Module
from reader.virtual.serial_module import VirtualSerialReader
from reader.virtual.world import World

__all__ = ["BYTES_PER_TAG", "TAGS"]

TAGS = 500
BYTES_PER_TAG = {"mercury": 43, "m100": 24, "r2000": 21}
_PREFIX = bytes.fromhex("3036451FD400")
_M100_READ_MANY, _M100_STOP = 0x27, 0x28
_R2000_INVENTORIES = (0x89, 0x8B)
_R2000_TAGS_PER_INVENTORY = 1000


class FullLine:
    """A `SerialModule` that says prepared tags while it inventories, and else is ``module``.

    begins: what it hears, when → what is to be said then; None where that is no inventory.
    """

    reads = 0
    is_reading = False
    tx_power_dbm = None

    def __init__(self, module: SerialModule, baud: int, begins: Callable[[bytes, int], Iterator[Said] | None]) -> None:
        self.baud = baud
        self._module = module
        self._begins = begins
        self._said: Iterator[Said] = iter(())

    def say(self, said: Iterator[Said]) -> None:
        """Say all this, whatever is asked."""
        self._said = said

    def received(self, octets: bytes, now_us: int) -> None:
        begun = self._begins(octets, now_us)
        if begun is None:
            self._said = iter(())
            self._module.received(octets, now_us)
        else:
            self._said = begun

    def advance(self, now_us: int) -> None:
        self._module.advance(now_us)

    def take(self, now_us: int) -> Said | None:
        return self._module.take(now_us) or next(self._said, None)

    def next_due_us(self, now_us: int) -> int:
        return min(self._module.next_due_us(now_us), now_us + 5_000)  # to find the line with room again

    def skip_to(self, now_us: int) -> None:
        self._module.skip_to(now_us)

    def reboot(self, now_us: int) -> None:
        self._module.reboot(now_us)


def _epcs() -> Iterator[bytes]:
    return (_PREFIX + number.to_bytes(6, "big") for number in range(TAGS))


def _m100_tags() -> list[Said]:
    return [
        Said(m100_line.notice_frame(m100_line.Build.BB, -50, 0x3000, epc, _crc(b"\x30\x00" + epc)), is_tag=True)
        for epc in _epcs()
    ]


def _crc(words: bytes) -> int:
    return binascii.crc_hqx(words, 0xFFFF) ^ 0xFFFF


def _r2000_tags(command: int) -> list[Said]:
    frames = [r2000_line.answer_frame(1, command, b"\x08\x30\x00" + epc + b"\x45") for epc in _epcs()]
    return [Said(frame, is_tag=True) for frame in frames]


def _m100(air: Air, baud: int) -> FullLine:
    ear, tags = m100_line.M100Ear(m100_line.Build.BB), _m100_tags()

    def begins(octets: bytes, now_us: int) -> Iterator[Said] | None:
        asked = [request.command for request in ear.hear(octets, now_us)]
        return cycle(tags) if _M100_READ_MANY in asked else None

    return FullLine(M100Module(air, Faults()), baud, begins)


def _r2000(air: Air, baud: int) -> FullLine:
    ear = r2000_line.R2000Ear(1)
    tags = {command: cycle(_r2000_tags(command)) for command in _R2000_INVENTORIES}

    def inventory(command: int) -> Iterator[Said]:
        yield from islice(tags[command], _R2000_TAGS_PER_INVENTORY)
        total = _R2000_TAGS_PER_INVENTORY.to_bytes(4, "big")
        yield Said(r2000_line.answer_frame(1, command, b"\0\0\0" + total))

    def begins(octets: bytes, now_us: int) -> Iterator[Said] | None:
        for request in ear.hear(octets, now_us):
            if request.command in _R2000_INVENTORIES:
                return inventory(request.command)
        return None

    return FullLine(R2000Module(air, Faults()), baud, begins)


def _nothing_begins(octets: bytes, now_us: int) -> None:
    """Say what is said at once for ever."""


def _module(family: str, baud: int, *, at_once: bool) -> SerialModule:
    empty = builtin_scene().model_copy(update={"tags": ()})
    air = Air(World(empty), 1)
    if at_once:
        line = FullLine(M100Module(air, Faults()), baud, _nothing_begins)
        line.say(cycle(_m100_tags()))
        return line
    if family == "mercury":
        return MercuryModule(air, Faults(), baud=baud, is_canned=True)
    return {"m100": _m100, "r2000": _r2000}[family](air, baud)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("family", choices=sorted(BYTES_PER_TAG))
    parser.add_argument("baud", type=int)
    parser.add_argument("link", type=Path)
    parser.add_argument("--at-once", action="store_true", help="say tags without being asked, for ever")
    given = parser.parse_args(arguments)
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    module = _module(given.family, given.baud, at_once=given.at_once)
    server = VirtualSerialReader(module, pty_link=given.link)
    server.start()
    print("ready", flush=True)
    over.wait()
    server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
