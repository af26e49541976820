"""A Mercury module of a few lines for conversations: answers by the vendors' rules, and by nothing of ours."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from reader.conversation import Conversation, Errand, Outcome
from reader.errors import ReaderError
from reader.model import TagRead
from reader.profile import Model, Profile, load_profile
from reader.reader_clock import ReaderClock
from reader.serial.dialogue import SerialDialogue
from reader.serial.mercury_conversation import MERCURY
from tests.reader.serial.lines import gen2_crc, mercury, pc_of

EPC: Final = bytes.fromhex("3034257BF7194E4000001A85")
NANO: Final = "30000002"
M6E: Final = "18000002"


def profile_of(driver: str = "mercury", **changes: Any) -> Profile:
    """A profile for a module with four ports, 20 dBm wished for, in Europe."""
    model = Model(name="module", driver=driver, antenna_ports=4, source="tests", tested="never on hardware")
    base = replace(load_profile("virtual-pad"), driver=driver, model=model, name="bench")
    settings: dict[str, Any] = {
        "antennas": (1,), "tx_power_dbm": 20.0, "antenna_gain_dbi": 6.0, "cable_loss_db": 0.0, "session": 1,
        "population": 32, "target": "dual", "keepalive_ms": 1000, "mode": None, "overrides": {},
    }  # fmt: skip
    return replace(base, **settings | changes)


def tag_frame(
    epc: bytes = EPC,
    *,
    port: int = 1,
    ms: int = 10,
    rssi: int = -50,
    embedded: bytes | None = None,
    head: bytes = b"\x10\x00\x1b",
    crc: bytes | None = None,
) -> bytes:
    """A stream's tag, with the metadata 003F, or 00BF where something is embedded."""
    flags = 0x3F if embedded is None else 0xBF
    meta = bytes((1, rssi & 0xFF, port << 4 | port)) + (866_300).to_bytes(3, "big") + ms.to_bytes(4, "big")
    meta += (90).to_bytes(2, "big")
    if embedded is not None:
        meta += (8 * len(embedded)).to_bytes(2, "big") + embedded
    words = pc_of(epc) + epc
    words += crc or gen2_crc(words)
    content = head + flags.to_bytes(2, "big") + b"\x01" + meta + (8 * len(words)).to_bytes(2, "big") + words
    return mercury(0x22, content)


KEEP_ALIVE: Final = mercury(0x22, status=0x0400)


@dataclass
class Script:
    """Takes requests as bytes, gives answers as bytes. ``refuses``: opcode → status that it is answered with."""

    hardware: str = NANO
    has_antenna: dict[int, bool] = field(default_factory=lambda: {1: True})
    refuses: dict[int, int] = field(default_factory=dict)
    mute: set[int] = field(default_factory=set)
    answers: dict[int, bytes] = field(default_factory=dict)
    program: int = 0x12
    power_mode: int = 0
    limits: tuple[int, int] = (0, 2700)
    held_off_cdbm: int = 0  # what it holds besides what it was told
    is_streaming: bool = False
    asked: list[tuple[int, bytes]] = field(default_factory=list)
    power: dict[int, int] = field(default_factory=dict)
    port_powers: bytes = b""
    has_port_powers: bool = True
    tag: bytes = b""  # PC and EPC of whoever answers a look; empty: the one that is called
    looked: list[bytes] = field(default_factory=list)
    region: int = 0
    hops: bytes = b""

    def hear(self, octets: bytes) -> bytes:
        said = b""
        while octets:
            octets = octets.lstrip(b"\xff")
            if not octets:
                break
            size = octets[0]
            opcode, content = octets[1], octets[2 : 2 + size]
            assert mercury_request(opcode, content) == b"\xff" + octets[: size + 4], "a request with a wrong CRC"
            octets = octets[size + 4 :]
            self.asked.append((opcode, content))
            if opcode not in self.mute:
                said += self._answer(opcode, content)
        return said

    def _answer(self, opcode: int, content: bytes) -> bytes:
        if opcode == 0x28 and _is_look(content):
            self.looked.append(content)
            pc_and_epc = self.tag or (pc_of(content[16:]) + content[16:] if content[2] == 0x11 else b"\0\0")
            return mercury(opcode, content[2:5] + pc_and_epc[: 2 * content[10]])
        if opcode in self.refuses:
            return mercury(opcode, status=self.refuses[opcode])
        if opcode in self.answers:
            return mercury(opcode, self.answers[opcode])
        if opcode == 0x91 and content[0] == 3 and not self.has_port_powers:
            return mercury(opcode, status=0x0105)
        if opcode == 0x2F and content[2] == 1:
            self.is_streaming = True
            return mercury(opcode, b"\x01\x22\0\0")
        if opcode == 0x2F:
            self.is_streaming = False
            return mercury(opcode, b"\x02")
        if self.is_streaming:
            return b""
        return mercury(opcode, self._content(opcode, content))

    def _content(self, opcode: int, content: bytes) -> bytes:
        if opcode == 0x03:
            return bytes.fromhex(f"14120800{self.hardware}20220804010b012500000010")
        if opcode == 0x04:
            self.program = 0x12
        if opcode == 0x0C:
            return bytes((self.program,))
        if opcode == 0x68:
            return bytes((self.power_mode,))
        if opcode == 0x97:
            self.region = content[0]
        if opcode == 0x67:
            return bytes((self.region,))
        if opcode == 0x95:
            self.hops = content
        if opcode == 0x65:
            return self.hops
        if opcode in (0x92, 0x94):
            self.power[opcode - 0x30] = int.from_bytes(content, "big") + self.held_off_cdbm
        if opcode in (0x62, 0x64):
            held = self.power.get(opcode, 2300).to_bytes(2, "big")
            least, most = (limit.to_bytes(2, "big") for limit in self.limits)
            return content + held + (most + least if content == b"\x01" else b"")
        if opcode == 0x91 and content[0] == 3:
            self.port_powers = content[1:]
        if opcode == 0x61 and content == b"\x04":
            rows = [self.port_powers[at : at + 5] for at in range(0, len(self.port_powers), 5)]
            return b"\x04" + b"".join(row + b"\0\0" for row in rows)
        if opcode == 0x61:
            return b"\x05" + b"".join(bytes((port, there)) for port, there in self.has_antenna.items())
        if opcode == 0x72:
            return b"\x1e"
        return b""

    def opcodes(self) -> list[int]:
        return [opcode for opcode, _ in self.asked]

    def last(self, opcode: int) -> bytes:
        """The content of the last request with that opcode."""
        return next(content for asked, content in reversed(self.asked) if asked == opcode)


def _is_look(content: bytes) -> bool:
    """Whether a READ_TAG is of the PC word and the EPC behind it: it sees who answers."""
    return content[5:10] == b"\x01\0\0\0\x01" and (content[10] > 1 or content[19:20] == b"\x05")


def mercury_request(opcode: int, content: bytes) -> bytes:
    """A request, its CRC bit by bit."""
    message = bytes((len(content), opcode)) + content
    register = 0xFFFF
    for byte in message:
        for bit in range(7, -1, -1):
            falls_out = register >> 15
            register = (register << 1 | byte >> bit & 1) & 0xFFFF
            if falls_out:
                register ^= 0x1021
    return b"\xff" + message + register.to_bytes(2, "big")


class Line:
    """Joins a conversation and a script, on a clock of its own; ``cut`` says how many bytes arrive at a time."""

    def __init__(self, script: Script, profile: Profile | None = None, cut: int = 4096) -> None:
        self.script = script
        self.now_s = 100.0
        self._cut = cut
        self.profile = profile or profile_of()
        self.clock = ReaderClock()
        self.talk: Conversation = SerialDialogue(MERCURY, self.profile, self.clock, self.now_s)
        self.reads: list[TagRead] = []

    def exchange(self) -> None:
        """Let both speak until both are silent."""
        while outgoing := self.talk.take_outgoing():
            self.say(self.script.hear(outgoing))

    def say(self, octets: bytes) -> None:
        """Let the module say ``octets`` now."""
        for at in range(0, len(octets), self._cut):
            self.talk.receive(octets[at : at + self._cut], self.now_s)
        self.reads += self.talk.take_reads()

    def connect(self) -> None:
        self.exchange()
        assert self.talk.is_reading, self.script.asked[-1]

    def wait(self, seconds: float) -> None:
        """Let time pass, tick by tick."""
        until_s = self.now_s + seconds
        while not self.talk.is_over and self.talk.due_s <= until_s:
            self.now_s = max(self.now_s, self.talk.due_s)
            self.talk.tick(self.now_s)
            self.exchange()
        self.now_s = until_s

    def run(self, errand: Errand) -> Outcome:
        self.talk.begin(errand, self.now_s, self.now_s + 5.0)
        self.exchange()
        outcome = self.talk.take_outcome()
        assert outcome is not None, "the errand is still under way"
        return outcome


def connected(script: Script | None = None, **changes: Any) -> Line:
    """Return a line on which the module streams; ``changes`` are to the profile."""
    line = Line(script or Script(), profile_of(**changes))
    line.connect()
    return line


def error_of(outcome: Outcome) -> ReaderError:
    assert outcome.error is not None
    return outcome.error
