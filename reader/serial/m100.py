"""M100: the serial protocol of MagicRF M100/QM100, R200, YRM100x and JRD-100/4035 modules.

    BB TYPE COMMAND LEN16 PARAMETERS SUM 7E        a second build (R200 V2.3.3) says AA … DD instead

1. TYPE is 0 for a command, 1 for its answer, 2 for a notice: so a frame itself says who sent it.
2. SUM is the low byte of the sum of TYPE to the last parameter.
3. Header and tail may stand among the parameters: a frame is cut by LEN, then SUM and tail have to agree.
4. A frame whose sum is right but whose tail is not was damaged in place: `FrameError.CHECKSUM`. Without a tail
   where LEN says it is, the length is wrong: `FrameError.LENGTH`.
5. Tag notices are always command 22, in continuous inventory, too. An error frame 15 ends each empty round there.

Not here: RED-RCP, which looks alike but has a CRC-16 behind 7E; its frames are `FrameError.LENGTH` to this decoder.

Sources: MagicRF M100 firmware manual; logs of real R200 modules (facts measured 2026-11),
`tests/vectors/serial.json`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final, NamedTuple

from reader.errors import ProtocolError
from reader.serial.framing import FrameError, RawFrame, Resynchroniser
from reader.serial.gen2 import epc_bytes_of, tag_crc
from reader.serial.layout import Fields, MisfitError, read_first, write_first
from reader.serial.m100_tables import REPLIES, REQUESTS, Command
from reader.serial.message import Message

__all__ = [
    "MAX_PARAMETER_BYTES",
    "Build",
    "Command",
    "FrameType",
    "M100Decoder",
    "M100Frame",
    "TagNotice",
    "encode",
    "message_of",
    "tag_of",
]

# The longest answer is a read: UL, PC, an EPC of 31 words, and at most 255 words, which is what Gen2's Read can ask.
MAX_PARAMETER_BYTES: Final = 1 + 2 + 62 + 510
_HEAD_BYTES: Final = 5
_AROUND: Final = _HEAD_BYTES + 2
_NOTICE_WITHOUT_EPC: Final = 5  # RSSI, PC, CRC


class Build(IntEnum):
    """The two builds of the firmware, by their header byte."""

    BB = 0xBB
    AA = 0xAA


_TAIL_OF: Final = {Build.BB: 0x7E, Build.AA: 0xDD}


class FrameType(IntEnum):
    """Who sent a frame, and why."""

    COMMAND = 0
    ANSWER = 1
    NOTICE = 2


class M100Frame(NamedTuple):
    """One frame.

    offset: where its header is, counted from the first byte fed.
    build: which firmware's marks it has.
    type, command: None where a broken frame ends before them.
    content: its parameters; empty in a broken frame.
    error: None when length, sum and tail are right.
    """

    offset: int
    raw: bytes
    build: Build
    type: int | None
    command: int | None
    content: bytes
    error: FrameError | None


class _Shape:
    head_bytes = _HEAD_BYTES
    longest = _AROUND + MAX_PARAMETER_BYTES

    def __init__(self, builds: tuple[Build, ...]) -> None:
        # A byte that is no type shows that the header before it is none; at the end, the next one has to show it.
        self.header = re.compile(b"[" + re.escape(bytes(builds)) + rb"](?=[\x00-\x02]|\Z)")

    def announced(self, buffer: bytearray, at: int) -> int:
        return _AROUND + (buffer[at + 3] << 8 | buffer[at + 4])

    def fault(self, raw: bytes) -> FrameError | None:
        is_summed = sum(raw[1:-2]) & 0xFF == raw[-2]
        has_tail = raw[-1] == _TAIL_OF[Build(raw[0])]
        if is_summed and has_tail:
            return None
        return FrameError.CHECKSUM if is_summed or has_tail else FrameError.LENGTH

    def fault_of_rest(self, raw: bytes) -> FrameError:
        # Sum and tail are there, but sooner than announced: the vendor's manual prints such a frame.
        is_whole = len(raw) > _HEAD_BYTES and raw[-1] == _TAIL_OF[Build(raw[0])] and sum(raw[1:-2]) & 0xFF == raw[-2]
        return FrameError.LENGTH if is_whole else FrameError.TRUNCATED


class M100Decoder:
    """Bytes in, frames out, in any chunks; either build unless one is named."""

    def __init__(self, build: Build | None = None) -> None:
        self._resynchroniser = Resynchroniser(_Shape(tuple(Build) if build is None else (build,)))

    @property
    def waiting_bytes(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return self._resynchroniser.waiting_bytes

    def feed(self, received: bytes) -> list[M100Frame]:
        """Take ``received`` and return the frames that are whole now, broken ones included."""
        return [_frame(raw) for raw in self._resynchroniser.feed(received)]

    def finish(self) -> list[M100Frame]:
        """Return what waits, because the input ended or the line fell silent."""
        return [_frame(raw) for raw in self._resynchroniser.finish()]


def _frame(cut: RawFrame) -> M100Frame:
    offset, raw, error = cut
    build = Build(raw[0])
    if error is None:
        return M100Frame(offset, raw, build, raw[1], raw[2], raw[_HEAD_BYTES:-2], None)
    frame_type = raw[1] if len(raw) > 1 else None
    return M100Frame(offset, raw, build, frame_type, raw[2] if len(raw) > 2 else None, b"", error)


class TagNotice(NamedTuple):
    """One singulation of one tag."""

    rssi_dbm: int
    pc: int
    epc: bytes
    tag_crc: int

    @property
    def tag_crc_valid(self) -> bool:
        """Whether the tag's CRC-16 agrees with PC and EPC; it does in every real frame."""
        return tag_crc(self.pc.to_bytes(2, "big") + self.epc) == self.tag_crc

    @property
    def is_whole(self) -> bool:
        """Whether the EPC is as long as its PC says."""
        return len(self.epc) == epc_bytes_of(self.pc)


def tag_of(frame: M100Frame) -> TagNotice | None:
    """Return the tag that the frame is a notice of; None for any other frame, and for one too short."""
    if frame.type != FrameType.NOTICE or frame.command != Command.INVENTORY:
        return None
    content = frame.content
    if len(content) < _NOTICE_WITHOUT_EPC:
        return None
    rssi = content[0]
    pc, crc = content[1] << 8 | content[2], content[-2] << 8 | content[-1]
    return TagNotice(rssi - 256 if rssi > 127 else rssi, pc, content[3:-2], crc)


def message_of(frame: M100Frame) -> Message:
    """Return what the frame says, in words; never raises."""
    kind = _kind(frame.command)
    if frame.error is not None or frame.type is None or frame.command is None:
        return Message(kind, {}, frame.error)
    head: Fields = {"type": frame.type, "command": frame.command}
    if frame.type == FrameType.NOTICE:
        return _notice(frame, kind, head)
    known = REQUESTS if frame.type == FrameType.COMMAND else REPLIES
    content, error = read_first(known.get(frame.command, ()), frame.content)
    return Message(kind, head | content, error)


def _notice(frame: M100Frame, kind: str, head: Fields) -> Message:
    tag = tag_of(frame)
    if tag is None:
        error = FrameError.LENGTH if frame.command == Command.INVENTORY else FrameError.UNKNOWN
        return Message(kind, head | {"data_hex": frame.content.hex()}, error)
    words: Fields = {
        "rssi_dbm": tag.rssi_dbm,
        "pc": f"{tag.pc:04x}",
        "epc": tag.epc.hex(),
        "tag_crc": f"{tag.tag_crc:04x}",
        "tag_crc_valid": tag.tag_crc_valid,
    }
    return Message("tag", head | words, None)


def _kind(command: int | None) -> str:
    try:
        return Command(command).name.lower() if command is not None else "unknown"
    except ValueError:
        return f"unknown_{command:02x}"


def encode(fields: Mapping[str, Any], build: Build = Build.BB) -> bytes:
    """Return the request that ``fields`` say: ``command``, and its parameters by name; ``type`` may be left out.

    Raises:
        ProtocolError: There is no such request, or a field is missing, unknown, contradicts another, or is out of
            its range.
    """
    parameters = dict(fields)
    command = parameters.pop("command", None)
    if parameters.pop("type", FrameType.COMMAND) != FrameType.COMMAND:
        raise ProtocolError(f"an M100 request is of type 0, not {fields['type']!r}")
    if not isinstance(command, int) or command not in REQUESTS:
        raise ProtocolError(f"there is no M100 request {command!r}")
    try:
        content = write_first(REQUESTS[command], parameters)
    except MisfitError as misfit:
        raise ProtocolError(f"no M100 request {_kind(command)}: {misfit}") from None
    if len(content) > MAX_PARAMETER_BYTES:
        raise ProtocolError(f"{len(content)} bytes of parameters; at most {MAX_PARAMETER_BYTES} fit")
    summed = bytes((FrameType.COMMAND, command)) + len(content).to_bytes(2, "big") + content
    return bytes((build,)) + summed + bytes((sum(summed) & 0xFF, _TAIL_OF[build]))
