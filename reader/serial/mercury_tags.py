"""Mercury tag records: the metadata that was asked for, and the EPC field, for a few microseconds each.

A record holds, in the order of its metadata flags, only what the request wanted; so its layout is worked out once
per set of flags. The EPC field is a count of bits and as many bytes: PC, XPC words where the PC says so, EPC, CRC-16.

Real modules send EPC fields that are shorter than PC, XPC and CRC together need: such a record has no EPC, and the
EPC's length always comes from the field, never from a constant.

Source: ThingMagic Mercury API, metadata flags; frames measured 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntFlag
from functools import lru_cache
from operator import itemgetter
from struct import Struct
from typing import Final, NamedTuple

from reader.serial.gen2 import tag_crc
from reader.serial.layout import Fields, MisfitError

__all__ = ["Metadata", "TagRecord", "metadata_in_words", "read_record", "record_in_words"]


class Metadata(IntFlag):
    """What a record holds, in this order."""

    READ_COUNT = 0x0001
    RSSI = 0x0002
    ANTENNA = 0x0004
    FREQUENCY = 0x0008
    TIMESTAMP = 0x0010
    PHASE = 0x0020
    PROTOCOL = 0x0040
    EMBEDDED = 0x0080
    GPIO = 0x0100
    Q = 0x0200
    LINK_FREQUENCY = 0x0400
    TARGET = 0x0800
    BRAND = 0x1000


_ALL_FLAGS: Final = 0x1FFF
# u24 has no struct code: high byte and low word.
_CODES: Final = {
    Metadata.READ_COUNT: "B",
    Metadata.RSSI: "b",
    Metadata.ANTENNA: "B",
    Metadata.FREQUENCY: "BH",
    Metadata.TIMESTAMP: "I",
    Metadata.PHASE: "H",
    Metadata.PROTOCOL: "B",
    Metadata.EMBEDDED: "H",
    Metadata.GPIO: "B",
    Metadata.Q: "B",
    Metadata.LINK_FREQUENCY: "B",
    Metadata.TARGET: "B",
    Metadata.BRAND: "H",  # two bytes by the SDK, never seen on a wire
}
_EMBEDDED_FAILED: Final = 0x8000
_XPC_FOLLOWS: Final = 0x0200  # XI, in the PC
_XPC_W2_FOLLOWS: Final = 0x8000  # XEB, in XPC_W1
_WORD: Final = 2
_EPC_BITS: Final = Struct(">H")


class TagRecord(NamedTuple):
    """One record; what was not asked for is None.

    antenna_tx, antenna_rx: ports counted from 1.
    timestamp_ms: since the command, or since the last keep-alive of a stream.
    phase_deg: 0 to 180.
    embedded: what the embedded operation read; None where there was none, or it failed.
    pc, xpc, epc, tag_crc: what the EPC field holds; no EPC is an empty one.
    """

    read_count: int | None
    rssi_dbm: int | None
    antenna_tx: int | None
    antenna_rx: int | None
    frequency_khz: int | None
    timestamp_ms: int | None
    phase_deg: int | None
    protocol: int | None
    embedded: bytes | None
    embedded_bits: int | None
    embedded_failed: bool
    gpio: int | None
    q: int | None
    link_frequency: int | None
    target: int | None
    brand_id: int | None
    epc_field_bits: int
    pc: int | None
    xpc: bytes
    epc: bytes
    tag_crc: int | None

    @property
    def tag_crc_valid(self) -> bool:
        """Whether the tag's CRC-16 agrees with PC, XPC and EPC; False where there is none."""
        if self.pc is None or self.tag_crc is None:
            return False
        return tag_crc(self.pc.to_bytes(_WORD, "big") + self.xpc + self.epc) == self.tag_crc


class _MetadataLayout(NamedTuple):
    before: Struct  # up to the count of embedded bits, that included
    after: Struct  # behind the embedded bytes
    has_embedded: bool
    pick: Callable[[tuple[int | None, ...]], tuple[int | None, ...]]  # values as sent → one per code, None if absent


@lru_cache(maxsize=256)  # in practice one or two sets of flags; a broken reader must not grow it
def _layout_of(flags: int) -> _MetadataLayout:
    if flags & ~_ALL_FLAGS:
        raise MisfitError(f"metadata flags {flags:04X}; {_ALL_FLAGS:04X} are known")
    before, after, order, sent = ">", ">", [], 0
    for flag, code in _CODES.items():
        for _ in code:
            order.append(sent if flags & flag else -1)
            sent += bool(flags & flag)
        if flags & flag and flag <= Metadata.EMBEDDED:
            before += code
        elif flags & flag:
            after += code
    return _MetadataLayout(Struct(before), Struct(after), bool(flags & Metadata.EMBEDDED), itemgetter(*order))


class _Metadata(NamedTuple):
    read_count: int | None
    rssi_dbm: int | None
    antenna: int | None
    frequency_high: int | None
    frequency_low: int | None
    timestamp_ms: int | None
    phase_deg: int | None
    protocol: int | None
    embedded_word: int | None
    gpio: int | None
    q: int | None
    link_frequency: int | None
    target: int | None
    brand_id: int | None


def _read_metadata(content: bytes, at: int, flags: int) -> tuple[_Metadata, bytes, int]:
    """Return the metadata at ``at``, the embedded bytes, and the position behind them."""
    before, after, has_embedded, pick = _layout_of(flags)
    end = at + before.size
    if end + after.size > len(content):
        raise MisfitError("a tag's metadata is cut off", is_short=True)
    values: tuple[int | None, ...] = before.unpack_from(content, at)
    embedded = b""
    if has_embedded:
        word = values[-1] or 0
        if word and not word & _EMBEDDED_FAILED:
            start, end = end, end + (word + 7) // 8
            embedded = content[start:end]
            if end + after.size > len(content):
                raise MisfitError("a tag's embedded data is cut off", is_short=True)
    values += after.unpack_from(content, end)
    return _Metadata._make(pick((*values, None))), embedded, end + after.size


def _antenna_ports(antenna: int | None) -> tuple[int | None, int | None]:
    """Return the ports of the byte that has transmit above receive; a nibble of 0 is port 16."""
    if antenna is None:
        return None, None
    return antenna >> 4 or 16, antenna & 0xF or 16


def read_record(content: bytes, at: int, flags: int) -> tuple[TagRecord, int]:
    """Return the record at ``at`` and the position behind it.

    Raises:
        MisfitError: It is cut off, or has metadata that nobody knows.
    """
    meta, embedded, at = _read_metadata(content, at, flags)
    if at + _EPC_BITS.size > len(content):
        raise MisfitError("a tag's EPC field is cut off", is_short=True)
    (bits,) = _EPC_BITS.unpack_from(content, at)
    start = at + _EPC_BITS.size
    end = start + (bits + 7) // 8
    if end > len(content):
        raise MisfitError("a tag's EPC field is cut off", is_short=True)
    pc, xpc, epc, crc = _read_epc_field(content[start:end])
    word = meta.embedded_word
    high, low = meta.frequency_high, meta.frequency_low
    failed = word is not None and bool(word & _EMBEDDED_FAILED)
    tx, rx = _antenna_ports(meta.antenna)
    record = TagRecord(
        meta.read_count,
        meta.rssi_dbm,
        tx,
        rx,
        None if high is None or low is None else high << 16 | low,
        meta.timestamp_ms,
        meta.phase_deg,
        meta.protocol,
        None if not word or failed else embedded,
        None if word is None else word & ~_EMBEDDED_FAILED,
        failed,
        meta.gpio,
        meta.q,
        meta.link_frequency,
        meta.target,
        meta.brand_id,
        bits,
        pc,
        xpc,
        epc,
        crc,
    )
    return record, end


def _read_epc_field(field: bytes) -> tuple[int | None, bytes, bytes, int | None]:
    """Return PC, XPC words, EPC and CRC, as far as the field has them."""
    if len(field) < _WORD:
        return None, b"", b"", None
    pc = field[0] << 8 | field[1]
    if len(field) < 2 * _WORD:
        return pc, b"", b"", None
    crc = field[-2] << 8 | field[-1]
    rest = field[_WORD:-_WORD]
    xpc_bytes = 0
    if pc & _XPC_FOLLOWS and len(rest) >= _WORD:
        has_second = (rest[0] << 8) & _XPC_W2_FOLLOWS and len(rest) >= 2 * _WORD
        xpc_bytes = 2 * _WORD if has_second else _WORD
    return pc, rest[:xpc_bytes], rest[xpc_bytes:], crc


def metadata_in_words(content: bytes, at: int, flags: int) -> Fields:
    """Return the metadata at ``at`` without an EPC field, as a keep-alive has it; it has to use up ``content``.

    Raises:
        MisfitError: It is of another form.
    """
    meta, _, end = _read_metadata(content, at, flags)
    if end != len(content):
        raise MisfitError(f"{len(content) - end} bytes behind a keep-alive")
    return {} if meta.timestamp_ms is None else {"timestamp_ms": meta.timestamp_ms}


_PLAIN: Final = (
    "read_count",
    "rssi_dbm",
    "antenna_tx",
    "antenna_rx",
    "frequency_khz",
    "timestamp_ms",
    "phase_deg",
    "protocol",
    "gpio",
    "q",
    "link_frequency",
    "target",
    "brand_id",
)


def record_in_words(record: TagRecord) -> Fields:
    """Return what the record holds by name; bytes and the tag's words are hex."""
    words: Fields = {name: value for name in _PLAIN if (value := getattr(record, name)) is not None}
    if record.embedded_bits is not None:
        words["embedded_data_bits"] = record.embedded_bits
    if record.embedded:
        words["embedded_data"] = record.embedded.hex()
    if record.embedded_failed:
        words["embedded_failed"] = True
    words["epc_field_bits"] = record.epc_field_bits
    if record.pc is not None:
        words["pc"] = f"{record.pc:04x}"
    for name, at in (("xpc_w1", 0), ("xpc_w2", _WORD)):
        if len(record.xpc) > at:
            words[name] = record.xpc[at : at + _WORD].hex()
    words["epc"] = record.epc.hex()
    if record.tag_crc is not None:
        words["tag_crc"] = f"{record.tag_crc:04x}"
        words["tag_crc_valid"] = record.tag_crc_valid
    return words
