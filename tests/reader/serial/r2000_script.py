"""An A0 board of a few lines: answers by the public frames, and by nothing of ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from reader.access import (
    TagTarget,
)
from reader.profile import Profile, load_profile
from reader.serial.r2000 import R2000Decoder, R2000Frame
from reader.serial.r2000_conversation import R2000
from tests.reader.serial.lines import gen2_crc, pc_of, r2000, vector
from tests.reader.serial.talks import Talk

TWO_PORTS = replace(load_profile("r2000-pad-eu"), antennas=(1, 2))
PROFILE = replace(TWO_PORTS, antennas=(1,))
EPC = bytes.fromhex("30396062c3950d400011b897")
TARGET = TagTarget(EPC.hex().upper())
FOUR_CHANNELS = b"\x04\x3c\x04" + (865_700).to_bytes(3, "big")
MISSING = b"\x22"
_PC_WORD = b"\x01\x01\x01"  # bank, address, count
CONFIRMED = vector("r2000.getpow_new").hex()  # what stands before all that transmits


def notice(epc: bytes = EPC, port: int = 1, index: int = 2, rssi: int = 69, command: int = 0x8B) -> bytes:
    return r2000(command, bytes((index << 2 | port - 1,)) + pc_of(epc) + epc + bytes((rssi,)))


def end(command: int = 0x8B, total: int = 0) -> bytes:
    return r2000(command, b"\x00\x00\x20" + total.to_bytes(4, "big"))


def row(command: int, behind: bytes, epc: bytes = EPC, read: bytes = b"", count: int = 1) -> bytes:
    tag = pc_of(epc) + epc
    tag += gen2_crc(tag) + read
    return r2000(command, count.to_bytes(2, "big") + bytes((len(tag),)) + tag + behind + b"\x08\x01")


def read_row(words: bytes, epc: bytes = EPC, count: int = 1) -> bytes:
    return row(0x81, bytes((len(words),)), epc, words, count)


def always(*frames: bytes) -> Callable[[bytes], Sequence[bytes]]:
    return lambda _: frames


class Board:
    """Keeps region, power and port; ``says`` replaces the answer to a command. Inventories end when a test says.

    answering: the EPCs of those that answer to a read of the PC word; who is matched, unless a test says otherwise.
    """

    def __init__(self) -> None:
        self.region = b"\x02\x00\x06"
        self.power = b"\x1e"
        self.detector = b"\x00"
        self.address = 1
        self.answering: list[bytes] = []
        self.says: dict[int, Callable[[bytes], Sequence[bytes]]] = {}

    def answer(self, request: Any) -> Sequence[bytes]:
        frame: R2000Frame = request
        command, content = frame.command or 0, frame.content
        if frame.address not in (self.address, 0xFF):
            return ()
        if command == 0x81 and content[:3] == _PC_WORD and self.answering:
            return [read_row(pc_of(epc), epc, len(self.answering)) for epc in self.answering]
        if command in self.says:
            return self.says[command](content)
        told = {0x72: b"\x01\x09", 0x79: self.region, 0x77: self.power, 0x63: self.detector, 0x7B: b"\x01\x20"}
        told |= {0x68: b"TAGTILL-0001", 0x6A: b"\xd1"}
        if command in told:
            return (self.said(command, told[command]),)
        match command:
            case 0x78:
                self.region = content
            case 0x66:
                self.power = content if len(set(content)) > 1 else content[:1]
            case 0x85:
                self.answering = [content[2:]] if content[0] == 0 else []
            case 0x62:
                self.detector = content
            case 0x89 | 0x8B:
                return ()
            case 0x81 | 0x82 | 0x83 | 0x84:
                return (self.said(command, b"\x36"),)
        return (self.said(command, b"\x10"),)

    def said(self, command: int, content: bytes) -> bytes:
        return r2000(command, content, self.address)

    def talk(self, profile: Profile = PROFILE) -> Talk:
        return Talk(R2000, profile, lambda sent: R2000Decoder().feed(sent), self.answer)


def reading(board: Board, profile: Profile = PROFILE) -> Talk:
    """Return a talk in which the first inventory has just ended, and the second runs."""
    talk = board.talk(profile)
    talk.hear(end())
    assert talk.said.is_reading
    talk.take_asked()
    return talk
