"""An M100 module of a few lines: answers by the manual, and by nothing of ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from reader.profile import Profile, load_profile
from reader.serial.m100 import M100Decoder, M100Frame
from reader.serial.m100_conversation import M100
from tests.reader.serial.lines import gen2_crc, m100, pc_of, vector
from tests.reader.serial.talks import Talk

PROFILE = replace(load_profile("m100-pad-eu"), session=0)
EPC = bytes.fromhex("30751feb705c5904e3d50d70")
ABOUT_TAG = b"\x0e\x30\x00" + EPC
EMPTY_ROUND = vector("m100.single_none")
DONE = b"\x00"
_PC_WORD = b"\x01\x00\x01\x00\x01"  # bank, address, count
CONFIRMED = [vector("m100.getregion").hex(), vector("m100.getpow").hex()]  # what stands before all that transmits


def notice(epc: bytes = EPC, rssi: int = 0xC9, marks: bytes = b"\xbb\x7e") -> bytes:
    words = pc_of(epc) + epc
    return m100(0x22, bytes((rssi,)) + words + gen2_crc(words), kind=2, marks=marks)


class Module:
    """Keeps power and query; ``says`` replaces the answer to a command by contents, None for silence.

    tag: PC and EPC of whoever answers to a read of its PC word; None for nobody.
    """

    def __init__(self, marks: bytes = b"\xbb\x7e") -> None:
        self.marks = marks
        self.power = self.query = b"\x00\x00"
        self.region = b"\x01"
        self.tag: bytes | None = b"\x30\x00" + EPC
        self.says: dict[int, Callable[[bytes], Sequence[bytes]]] = {}

    def answer(self, request: Any) -> Sequence[bytes]:
        frame: M100Frame = request
        command, content = frame.command or 0, frame.content
        if frame.build != self.marks[0]:
            return ()
        if command == 0x39 and content[4:] == _PC_WORD and self.tag is not None:
            return (self.said(command, bytes((len(self.tag),)) + self.tag + self.tag[:2]),)
        if command in self.says:
            return self.says[command](content)
        match command:
            case 0x03:
                return (self.said(command, content + {0: b"M100 20dBm V1.0 ", 1: b"V2.3.5"}[content[0]]),)
            case 0x07:
                self.region = content
            case 0x08:
                return (self.said(command, self.region),)
            case 0xB6:
                self.power = content
            case 0xB7:
                return (self.said(command, self.power),)
            case 0x0E:
                self.query = content
            case 0x0D:
                return (self.said(command, self.query),)
            case 0x27:
                return ()
            case 0x39 | 0x49 | 0x65 | 0x82:
                return (self.failed(0x09),)
        return (self.said(command, DONE),)

    def said(self, command: int, content: bytes) -> bytes:
        return m100(command, content, marks=self.marks)

    def failed(self, code: int, about: bytes = b"") -> bytes:
        return m100(0xFF, bytes((code,)) + about, marks=self.marks)

    def talk(self, profile: Profile = PROFILE) -> Talk:
        return Talk(M100, profile, lambda sent: M100Decoder().feed(sent), self.answer)


def reading(module: Module, profile: Profile = PROFILE) -> Talk:
    talk = module.talk(profile)
    talk.hear(m100(0xFF, b"\x15", marks=module.marks))
    assert talk.said.is_reading
    talk.take_asked()
    return talk
