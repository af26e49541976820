"""Mercury: the serial protocol of JADAK/ThingMagic modules (M5e, M6e, Micro, Nano, M7e) and of Silion's.

    host → reader   FF LEN OP DATA CRC16
    reader → host   FF LEN OP STATUS16 DATA CRC16

1. LEN counts DATA only and is at most F8. FF LEN=FF is a wake-up preamble, not a frame.
2. Nothing is escaped: FF may stand anywhere in DATA.
3. The CRC runs over LEN to the end of DATA, polynomial 1021, register FFFF, but bits enter at the low end and no
   zero bits follow the message. It is not CRC-16/CCITT-FALSE.
4. Status 0400 in a stream is proof of life, neither an error nor "no tags".

Not here: answers without a CRC, which a module sends over native USB when the host has switched them off.

Sources: ThingMagic Mercury API; captures of the vendor's SDK (facts measured 2026-11), `tests/vectors/serial.json`.
"""

from __future__ import annotations

import re
from binascii import crc_hqx
from collections.abc import Mapping
from struct import Struct
from typing import Any, Final, NamedTuple

from reader.errors import ProtocolError
from reader.serial.framing import Direction, FrameError, RawFrame, Resynchroniser
from reader.serial.layout import Fields, MisfitError, read_first, write_first
from reader.serial.mercury_tables import ASSERTION, REPLIES, REQUESTS, Opcode
from reader.serial.mercury_tags import Metadata, TagRecord, metadata_in_words, read_record, record_in_words
from reader.serial.message import Message

__all__ = [
    "MAX_DATA_BYTES",
    "MercuryDecoder",
    "MercuryFrame",
    "Metadata",
    "Opcode",
    "TagRecord",
    "Tags",
    "encode",
    "message_of",
    "tags_of",
]

MAX_DATA_BYTES: Final = 0xF8
_HEADER: Final = 0xFF
_CRC_BYTES: Final = 2
_CRC_START: Final = 0x1D0F  # FFFF after sixteen zero bits: what makes crc_hqx take the bits at the low end
_NO_TAGS: Final = 0x0400
_ASSERTION_FAILED: Final = 0x7F01
_EXTENDED: Final = 0x88
_STREAMS: Final = 0x0008  # search flag
_TAG_RECORD: Final = 1
_HEAD = Struct(">HHB")  # search flags, metadata flags, type of record
_COUNT = Struct(">HI")  # search flags, count of tags
_BUFFER_HEAD = Struct(">HBB")  # metadata flags, read option, count of records


def crc16(message: bytes) -> int:
    """Return Mercury's CRC over LEN to the end of DATA; ``message`` has at least those two bytes."""
    return crc_hqx(message[:-2], _CRC_START) ^ (message[-2] << 8 | message[-1])


class MercuryFrame(NamedTuple):
    """One frame.

    offset: where its header is, counted from the first byte fed.
    opcode, status: None where a broken frame ends before them; status is None in requests, too.
    content: DATA; empty in a broken frame.
    error: None when length and CRC are right.
    """

    offset: int
    raw: bytes
    opcode: int | None
    status: int | None
    content: bytes
    error: FrameError | None


class _Shape:
    head_bytes = 2
    # Behind FF FF the second one is looked at; FF at the very end has to wait for the next byte.
    header = re.compile(rb"\xff(?!\xff)")

    def __init__(self, direction: Direction) -> None:
        self.content_at = 3 if direction is Direction.TO_READER else 5
        self._around = self.content_at + _CRC_BYTES
        self.longest = self._around + MAX_DATA_BYTES

    def announced(self, buffer: bytearray, at: int) -> int:
        return self._around + buffer[at + 1]

    def fault(self, raw: bytes) -> FrameError | None:
        sent = raw[-2] << 8 | raw[-1]
        return None if crc16(raw[1:-_CRC_BYTES]) == sent else FrameError.CHECKSUM

    def fault_of_rest(self, raw: bytes) -> FrameError:  # noqa: ARG002 - nothing marks the end of a Mercury frame
        return FrameError.TRUNCATED


class MercuryDecoder:
    """Bytes of one direction in, frames out, in any chunks."""

    def __init__(self, direction: Direction = Direction.FROM_READER) -> None:
        self._shape = _Shape(direction)
        self._resynchroniser = Resynchroniser(self._shape)

    @property
    def waiting_bytes(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return self._resynchroniser.waiting_bytes

    def feed(self, received: bytes) -> list[MercuryFrame]:
        """Take ``received`` and return the frames that are whole now, broken ones included."""
        return [self._frame(raw) for raw in self._resynchroniser.feed(received)]

    def finish(self) -> list[MercuryFrame]:
        """Return what waits, because the input ended or the line fell silent."""
        return [self._frame(raw) for raw in self._resynchroniser.finish()]

    def _frame(self, cut: RawFrame) -> MercuryFrame:
        offset, raw, error = cut
        content_at = self._shape.content_at
        opcode = raw[2] if len(raw) > 2 else None
        if error is not None:
            return MercuryFrame(offset, raw, opcode, None, b"", error)
        status = None if content_at == 3 else raw[3] << 8 | raw[4]
        return MercuryFrame(offset, raw, opcode, status, raw[content_at:-_CRC_BYTES], None)


class Tags(NamedTuple):
    """The tag records of one frame; with an error, those before the one that is broken."""

    records: list[TagRecord]
    error: FrameError | None = None


def tags_of(frame: MercuryFrame) -> Tags:
    """Return the tags of a stream's frame, or of the tag buffer; any other frame has none."""
    if frame.error is not None or frame.status != 0:
        return Tags([])
    if frame.opcode == Opcode.GET_TAG_BUFFER:
        return _buffered_tags(frame.content)
    if frame.opcode != Opcode.READ_MULTIPLE:
        return Tags([])
    content = frame.content
    at = 2 if content[:1] == bytes((_EXTENDED,)) else 1
    if len(content) < at + _HEAD.size:
        return Tags([])
    search_flags, metadata_flags, record_type = _HEAD.unpack_from(content, at)
    if not search_flags & _STREAMS or record_type != _TAG_RECORD:
        return Tags([])
    return _records(content, at + _HEAD.size, metadata_flags, 1)


def _buffered_tags(content: bytes) -> Tags:
    if len(content) < _BUFFER_HEAD.size:
        return Tags([], FrameError.LENGTH)
    metadata_flags, _, count = _BUFFER_HEAD.unpack_from(content)
    return _records(content, _BUFFER_HEAD.size, metadata_flags, count)


def _records(content: bytes, at: int, metadata_flags: int, count: int) -> Tags:
    records: list[TagRecord] = []
    for _ in range(count):
        try:
            record, at = read_record(content, at, metadata_flags)
        except MisfitError as misfit:
            return Tags(records, FrameError.LENGTH if misfit.is_short else FrameError.UNKNOWN)
        records.append(record)
    return Tags(records, None if at == len(content) else FrameError.LENGTH)


def message_of(frame: MercuryFrame) -> Message:
    """Return what the frame says, in words; never raises."""
    kind = _kind(frame.opcode)
    if frame.error is not None or frame.opcode is None:
        return Message(kind, {}, frame.error)
    fields: Fields = {"opcode": frame.opcode}
    if frame.status is None:
        content, error = read_first(REQUESTS.get(frame.opcode, ()), frame.content)
        return Message(kind, fields | content, error)
    fields["status"] = frame.status
    if frame.opcode == Opcode.READ_MULTIPLE and frame.status != _ASSERTION_FAILED:
        return _read_multiple(frame, fields)
    if frame.status != 0:
        return _refusal(kind, frame, fields)
    if frame.opcode == Opcode.GET_TAG_BUFFER:
        return _tag_buffer(frame, fields)
    content, error = read_first(REPLIES.get(frame.opcode, ()), frame.content)
    return Message(kind, fields | content, error)


def _kind(opcode: int | None) -> str:
    try:
        return Opcode(opcode).name.lower() if opcode is not None else "unknown"
    except ValueError:
        return f"unknown_{opcode:02x}"


def _refusal(kind: str, frame: MercuryFrame, fields: Fields) -> Message:
    if frame.status == _ASSERTION_FAILED:
        content, error = read_first((ASSERTION,), frame.content)
        return Message(kind, fields | content, error)
    if frame.content:
        fields["data_hex"] = frame.content.hex()
    is_known = frame.opcode in REPLIES or frame.opcode == Opcode.GET_TAG_BUFFER  # whose records no layout describes
    return Message(kind, fields, None if is_known else FrameError.UNKNOWN)


def _read_multiple(frame: MercuryFrame, fields: Fields) -> Message:
    """A stream's tag, keep-alive, status or end of cycle; or the count of a buffered read."""
    content = frame.content
    if not content:
        # Told apart from an empty buffered read only by the stream that runs.
        return Message(_kind(frame.opcode), fields, None if frame.status else FrameError.LENGTH)
    fields["option"] = content[0]
    at = 1
    if content[0] == _EXTENDED and len(content) > 1:
        fields["option2"] = content[1]
        at = 2
    if len(content) < at + _HEAD.size:
        return Message(_kind(frame.opcode), fields | {"data_hex": content.hex()}, FrameError.LENGTH)
    search_flags, metadata_flags, record_type = _HEAD.unpack_from(content, at)
    fields["search_flags"] = search_flags
    if not search_flags & _STREAMS and frame.status == 0:
        return _counted(frame, fields, at)
    fields |= {"metadata_flags": metadata_flags, "record_type": record_type}
    at += _HEAD.size
    if frame.status:
        return _keep_alive(frame, fields, at)
    if record_type != _TAG_RECORD:
        rest = {"data_hex": content[at:].hex()} if content[at:] else {}
        kind = {0: "end_of_cycle", 2: "stream_status"}.get(record_type)
        return Message(kind or _kind(frame.opcode), fields | rest, None if kind else FrameError.UNKNOWN)
    tags = tags_of(frame)
    words = record_in_words(tags.records[0]) if tags.records else {"data_hex": content[at:].hex()}
    return Message("tag", fields | words, tags.error)


def _counted(frame: MercuryFrame, fields: Fields, at: int) -> Message:
    if len(frame.content) != at + _COUNT.size:
        return Message(_kind(frame.opcode), fields | {"data_hex": frame.content[at + 2 :].hex()}, FrameError.LENGTH)
    _, fields["tag_count"] = _COUNT.unpack_from(frame.content, at)
    return Message(_kind(frame.opcode), fields, None)


def _keep_alive(frame: MercuryFrame, fields: Fields, at: int) -> Message:
    kind = "keep_alive" if frame.status == _NO_TAGS else _kind(frame.opcode)
    try:
        return Message(kind, fields | metadata_in_words(frame.content, at, fields["metadata_flags"]), None)
    except MisfitError as misfit:
        error = FrameError.LENGTH if misfit.is_short else FrameError.UNKNOWN
        return Message(kind, fields | {"data_hex": frame.content[at:].hex()}, error)


def _tag_buffer(frame: MercuryFrame, fields: Fields) -> Message:
    kind = _kind(frame.opcode)
    tags = tags_of(frame)
    if len(frame.content) < _BUFFER_HEAD.size:
        return Message(kind, fields | {"data_hex": frame.content.hex()}, tags.error)
    flags, option, count = _BUFFER_HEAD.unpack_from(frame.content)
    fields |= {"metadata_flags": flags, "read_option": option, "tag_count": count}
    return Message(kind, fields | {"tags": [record_in_words(record) for record in tags.records]}, tags.error)


def encode(fields: Mapping[str, Any]) -> bytes:
    """Return the request that ``fields`` say: ``opcode``, and what its content has by name.

    Raises:
        ProtocolError: There is no such request, or a field is missing, unknown, contradicts another, or is out of
            its range.
    """
    content_fields = dict(fields)
    opcode = content_fields.pop("opcode", None)
    try:
        content = write_first(REQUESTS.get(opcode, ()) if isinstance(opcode, int) else (), content_fields)
    except MisfitError as misfit:
        raise ProtocolError(
            f"no Mercury request {_kind(opcode) if isinstance(opcode, int) else opcode}: {misfit}"
        ) from None
    if len(content) > MAX_DATA_BYTES:
        raise ProtocolError(f"a Mercury request of {len(content)} bytes; at most {MAX_DATA_BYTES} fit")
    message = bytes((len(content), opcode)) + content
    return bytes((_HEADER,)) + message + crc16(message).to_bytes(_CRC_BYTES, "big")
