"""A0: the serial protocol of Impinj R2000/E710 boards by Rodinbell, Invelion, YR and others.

    A0 LEN ADDRESS COMMAND DATA CHECK

1. LEN counts the bytes behind it: DATA and 3.
2. CHECK makes the sum of the whole frame 0 modulo 256.
3. Nothing is escaped, and nothing marks the end: A0 may stand anywhere in DATA.
4. An inventory is answered by a frame per tag and an end frame; both have the command's number, LEN tells them
   apart. A tag frame's EPC is as long as LEN says, never 12 by itself. An empty round ends with a total of 0.
5. "Antenna missing" (22) is a fault to show, not an empty round.

The RSSI byte's offset to dBm differs by 1 dB between sources, so the byte is handed on as it is.

Sources: Rodinbell UHF RFID reader serial interface protocol; logs of real boards (facts measured 2026-11),
`tests/vectors/serial.json`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from reader.errors import ProtocolError
from reader.serial.framing import Direction, FrameError, RawFrame, Resynchroniser
from reader.serial.gen2 import epc_bytes_of, tag_crc
from reader.serial.layout import Fields, Layout, MisfitError, Number, Readable, read_first, write_first
from reader.serial.message import Message
from reader.serial.r2000_tables import (
    COMMAND_SUCCEEDED,
    REPLIES,
    REQUESTS,
    Command,
    Refusal,
    channel_in_words,
    frequency_mhz,
)

__all__ = [
    "BROADCAST",
    "Command",
    "R2000Decoder",
    "R2000Frame",
    "TagNotice",
    "encode",
    "frequency_mhz",
    "message_of",
    "tag_of",
]

BROADCAST: Final = 0xFF
_HEADER: Final = 0xA0
_COUNTED: Final = 3  # what LEN counts besides DATA: address, command, check
_HEAD_BYTES: Final = 4
_MAX_LEN: Final = 0xFF
_END_BYTES: Final = 7
_NOTICE_WITHOUT_EPC: Final = 4  # frequency and port, PC, RSSI
_PHASE_BYTES: Final = 2
_INVENTORIES: Final = (Command.REAL_TIME_INVENTORY, Command.FAST_SWITCH_INVENTORY, Command.SESSION_INVENTORY)


class R2000Frame(NamedTuple):
    """One frame.

    offset: where its header is, counted from the first byte fed.
    address, command: None where a broken frame ends before them. A strict client drops answers of other addresses.
    content: DATA; empty in a broken frame.
    error: None when length and check are right.
    """

    offset: int
    raw: bytes
    address: int | None
    command: int | None
    content: bytes
    error: FrameError | None


class _Shape:
    header = re.compile(rb"\xa0")
    head_bytes = 2
    longest = 2 + _MAX_LEN

    def announced(self, buffer: bytearray, at: int) -> int:
        counted = buffer[at + 1]
        return 2 + counted if counted >= _COUNTED else 0

    def fault(self, raw: bytes) -> FrameError | None:
        return FrameError.CHECKSUM if sum(raw) & 0xFF else None

    def fault_of_rest(self, raw: bytes) -> FrameError:  # noqa: ARG002 - nothing marks the end of an A0 frame
        return FrameError.TRUNCATED


class R2000Decoder:
    """Bytes in, frames out, in any chunks. Requests and answers are framed alike; `message_of` has to be told."""

    def __init__(self) -> None:
        self._resynchroniser = Resynchroniser(_Shape())

    @property
    def waiting_bytes(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return self._resynchroniser.waiting_bytes

    def feed(self, received: bytes) -> list[R2000Frame]:
        """Take ``received`` and return the frames that are whole now, broken ones included."""
        return [_frame(raw) for raw in self._resynchroniser.feed(received)]

    def finish(self) -> list[R2000Frame]:
        """Return what waits, because the input ended or the line fell silent."""
        return [_frame(raw) for raw in self._resynchroniser.finish()]


def _frame(cut: RawFrame) -> R2000Frame:
    offset, raw, error = cut
    if error is None:
        return R2000Frame(offset, raw, raw[2], raw[3], raw[_HEAD_BYTES:-1], None)
    return R2000Frame(offset, raw, raw[2] if len(raw) > 2 else None, raw[3] if len(raw) > 3 else None, b"", error)


class TagNotice(NamedTuple):
    """One singulation of one tag.

    freq_index: see `frequency_mhz`. antenna: counted from 1. rssi_raw: the byte; about 129 above the dBm.
    phase_raw: only from a session inventory that asked for it; its unit was never seen on a wire.
    """

    freq_index: int
    antenna: int
    pc: int
    epc: bytes
    rssi_raw: int
    phase_raw: int | None

    @property
    def is_whole(self) -> bool:
        """Whether the EPC is as long as its PC says: there is no CRC to check it by."""
        return len(self.epc) == epc_bytes_of(self.pc)


def tag_of(frame: R2000Frame) -> TagNotice | None:
    """Return the tag that the answer is a notice of; None for an end, an error, and any other frame."""
    content = frame.content
    size = len(content)
    # An end frame is as long as a notice with an EPC of three bytes would be, which no tag has.
    if size < _NOTICE_WITHOUT_EPC or size == _END_BYTES or frame.command not in _INVENTORIES:
        return None
    freqant, pc = content[0], content[1] << 8 | content[2]
    end, phase = size - 1, None
    if frame.command != Command.REAL_TIME_INVENTORY and size == _NOTICE_WITHOUT_EPC + epc_bytes_of(pc) + _PHASE_BYTES:
        end -= _PHASE_BYTES
        phase = content[-2] << 8 | content[-1]
    return TagNotice(freqant >> 2, (freqant & 3) + 1, pc, content[3:end], content[end], phase)


def message_of(frame: R2000Frame, direction: Direction = Direction.FROM_READER) -> Message:
    """Return what the frame says, in words; never raises."""
    kind = _kind(frame.command)
    if frame.error is not None or frame.address is None or frame.command is None:
        return Message(kind, {}, frame.error)
    head: Fields = {"address": frame.address, "command": frame.command}
    if direction is Direction.TO_READER:
        content, error = read_first(REQUESTS.get(frame.command, ()), frame.content)
        return Message(kind, head | content, error)
    tag = tag_of(frame)
    if tag is not None:
        return Message("tag", head | _tag_in_words(tag), None)
    content, error = read_first(_ANSWERS.get(frame.command, ()), frame.content)
    if error is None and "error" in content:
        kind = "error"
    elif error is None and ("total_reads" in content or "duration_ms" in content):
        kind = "end"
    return Message(kind, head | content, error)


def _kind(command: int | None) -> str:
    try:
        return Command(command).name.lower() if command is not None else "unknown"
    except ValueError:
        return f"unknown_{command:02x}"


def _tag_in_words(tag: TagNotice) -> Fields:
    words = channel_in_words(tag.freq_index << 2 | tag.antenna - 1)
    words |= {"pc": f"{tag.pc:04x}", "epc": tag.epc.hex(), "rssi_raw": tag.rssi_raw}
    if tag.phase_raw is not None:
        words["phase_raw"] = tag.phase_raw
    return words


class _TagRow:
    """A tag of the buffer, or one that was accessed: what stands before, between and behind its PC, EPC and CRC.

    count16 len8 [PC EPC CRC16 read data] behind: len counts the bytes in brackets.
    """

    _HEAD = (Number("tag_count", 2), Number("data_len"))

    def __init__(self, *behind: str, count_name: str, reads: bool = False) -> None:
        self._behind = behind  # one byte each; freqant is the frequency and the port
        self._count_name = count_name
        self._reads = reads

    def read(self, content: bytes) -> Fields:
        fields = Layout(*self._HEAD).read(content[:3])
        behind = len(content) - len(self._behind)
        tag_and_data = content[3:behind]
        if behind < 3 or len(tag_and_data) != fields["data_len"]:
            raise MisfitError(f"{len(tag_and_data)} bytes of tag, not {fields['data_len']}", is_short=True)
        values = dict(zip(self._behind, content[behind:], strict=True))
        read_len = values.get("read_len", 0)
        tag = tag_and_data[: len(tag_and_data) - read_len]
        if len(tag) < 4:
            raise MisfitError(f"{len(tag)} bytes of PC, EPC and CRC", is_short=True)
        fields |= {
            "pc": tag[:2].hex(),
            "epc": tag[2:-2].hex(),
            "tag_crc": tag[-2:].hex(),
            "tag_crc_valid": tag_crc(tag[:-2]) == int.from_bytes(tag[-2:], "big"),
        }
        if self._reads:
            fields["data"] = tag_and_data[len(tag) :].hex()
        freqant = values.pop("freqant")
        count = values.pop("count")
        code = values.pop("code", None)
        if code is not None:
            fields["result" if code == COMMAND_SUCCEEDED else "error"] = code
        return fields | values | channel_in_words(freqant) | {self._count_name: count}


_ANTENNA = Number("antenna", add=1)
_RATE = Number("read_rate", 2)
_END = Layout(_ANTENNA, _RATE, Number("total_reads", 4))
_BUFFERED = (_TagRow("rssi_raw", "freqant", "count", count_name="read_count"), Refusal())
# The row of a write, lock or kill is documented, but was never seen on a wire.
_ACCESSED = (_TagRow("code", "freqant", "count", count_name="access_count"), Refusal())

_ANSWERS: Final[Mapping[int, tuple[Readable, ...]]] = {
    **REPLIES,
    Command.INVENTORY: (Layout(_ANTENNA, Number("tag_count", 2), _RATE, Number("total_reads", 4)), Refusal()),
    Command.REAL_TIME_INVENTORY: (_END, Refusal()),
    Command.SESSION_INVENTORY: (_END, Refusal()),
    Command.FAST_SWITCH_INVENTORY: (
        Layout(Number("total_reads", 3), Number("duration_ms", 4)),
        Layout(_ANTENNA, Number("error")),
        Refusal(),
    ),
    Command.GET_BUFFER: _BUFFERED,
    Command.GET_AND_CLEAR_BUFFER: _BUFFERED,
    Command.READ: (_TagRow("read_len", "freqant", "count", count_name="read_count", reads=True), Refusal()),
    **dict.fromkeys((Command.WRITE, Command.LOCK, Command.KILL, Command.BLOCK_WRITE), _ACCESSED),
}


def encode(fields: Mapping[str, Any]) -> bytes:
    """Return the request that ``fields`` say: ``address``, ``command``, and its data by name.

    Raises:
        ProtocolError: There is no such request, or a field is missing, unknown, contradicts another, or is out of
            its range.
    """
    contents = dict(fields)
    address, command = contents.pop("address", None), contents.pop("command", None)
    if not isinstance(address, int) or not 0 <= address <= BROADCAST:
        raise ProtocolError(f"an A0 address is 0 to {BROADCAST}, not {address!r}")
    if not isinstance(command, int) or command not in REQUESTS:
        raise ProtocolError(f"there is no A0 request {command!r}")
    try:
        content = write_first(REQUESTS[command], contents)
    except MisfitError as misfit:
        raise ProtocolError(f"no A0 request {_kind(command)}: {misfit}") from None
    if len(content) + _COUNTED > _MAX_LEN:
        raise ProtocolError(f"{len(content)} bytes of data; at most {_MAX_LEN - _COUNTED} fit")
    frame = bytes((_HEADER, len(content) + _COUNTED, address, command)) + content
    return frame + bytes((-sum(frame) & 0xFF,))
