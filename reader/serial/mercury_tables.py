"""Mercury's opcodes, and the content of its requests and answers as tables.

Contents that a till has no use for are shown as ``data_hex``. Sources: ThingMagic Mercury API and module manuals;
the frames of `tests/vectors/serial.json`, most captured from the vendor's SDK.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from reader.serial.gen2 import tag_crc
from reader.serial.layout import ChoiceOf, Derived, Field, Fields, Hex, Layout, Mask, Number, Reserved, Rows, Text

__all__ = ["ASSERTION", "REPLIES", "REQUESTS", "Opcode"]


class Opcode(IntEnum):
    """Names of the operations; of a get and its set, the get has bit 7 of 9x clear."""

    GET_VERSION = 0x03
    BOOT_FIRMWARE = 0x04
    SET_BAUD_RATE = 0x06
    GET_PROGRAM = 0x0C
    GET_HARDWARE_VERSION = 0x10
    READ_SINGLE = 0x21
    READ_MULTIPLE = 0x22  # also every frame of a stream
    WRITE_EPC = 0x23
    WRITE_TAG = 0x24
    LOCK_TAG = 0x25
    KILL_TAG = 0x26
    READ_TAG = 0x28
    GET_TAG_BUFFER = 0x29
    CLEAR_TAG_BUFFER = 0x2A
    STREAM = 0x2F
    GET_ANTENNA = 0x61
    GET_READ_POWER = 0x62
    GET_PROTOCOL = 0x63
    GET_WRITE_POWER = 0x64
    GET_HOP_TABLE = 0x65
    GET_GPIO = 0x66
    GET_REGION = 0x67
    GET_POWER_MODE = 0x68
    GET_CONFIGURATION = 0x6A
    GET_PROTOCOL_PARAMETER = 0x6B
    GET_STATISTICS = 0x6C
    GET_PROTOCOLS = 0x70
    GET_REGIONS = 0x71
    GET_TEMPERATURE = 0x72
    SET_ANTENNA = 0x91
    SET_READ_POWER = 0x92
    SET_PROTOCOL = 0x93
    SET_WRITE_POWER = 0x94
    SET_HOP_TABLE = 0x95
    SET_GPIO = 0x96
    SET_REGION = 0x97
    SET_POWER_MODE = 0x98
    SET_CONFIGURATION = 0x9A
    SET_PROTOCOL_PARAMETER = 0x9B
    TEST_FREQUENCY = 0xC1
    TEST_TRANSMIT = 0xC3
    SILION_STREAM = 0xAA


_EXTENDED: Final = 0x88  # option byte: another option byte follows
_EMPTY = Layout()
_OPAQUE = Layout(Hex("data_hex"))
_OPTION = Number("option")
_TIMEOUT_MS = Number("timeout_ms", 2)
_SEARCH_FLAGS = Number("search_flags", 2)
_METADATA_FLAGS = Number("metadata_flags", 2)
_PASSWORD = Hex("access_password", 4)
_SELECT_EPC = (Mask("select_bits", "select_mask"),)
_SELECT_IN_EPC_BANK = (Number("select_address", 4), *_SELECT_EPC)  # by the SDK's source; never captured
_POWER_CDBM = Number("power_cdbm", 2, signed=True)
_WANTS_METADATA: Final = 0x10


def _option(value: int) -> tuple[Number]:
    return (Number("option", only=value),)


def _extended(value: int) -> tuple[Number, Number]:
    return Number("option", only=_EXTENDED), Number("option2", only=value)


_READ_PORTS = Rows("powers", (Number("port"), Number("read_power_cdbm", 2), Number("write_power_cdbm", 2)))
_PORTS_AND_SETTLING = Rows("powers", (*_READ_PORTS.row, Number("settling_us", 2)))

_WRITE_EPC = tuple(
    Layout(_TIMEOUT_MS, *option, *selection, Hex("new_epc", step=2))
    for option, selection in (
        (_option(0), ()),
        # The SDK sends a reserved byte where there is no selection.
        (_option(0), (Reserved("rfu", b"\0"),)),
        (_option(1), (_PASSWORD, *_SELECT_EPC)),
        (_option(4), (_PASSWORD, *_SELECT_IN_EPC_BANK)),
        (_option(5), (_PASSWORD,)),
    )
)
_WRITE_TAG = tuple(
    Layout(_TIMEOUT_MS, *option, Number("word_address", 4), Number("bank"), *selection, Hex("data", step=2))
    for form in (_option, _extended)
    for option, selection in (
        (form(0), ()),
        (form(1), (_PASSWORD, *_SELECT_EPC)),
        (form(4), (_PASSWORD, *_SELECT_IN_EPC_BANK)),
        (form(5), (_PASSWORD,)),
    )
)
_LOCK_TAG = tuple(
    Layout(_TIMEOUT_MS, *option, _PASSWORD, Number("mask", 2), Number("action", 2), *selection)
    for form in (_option, _extended)
    for option, selection in ((form(0), ()), (form(1), _SELECT_EPC), (form(4), _SELECT_IN_EPC_BANK))
)
_KILL_TAG = tuple(
    Layout(_TIMEOUT_MS, *option, Hex("kill_password", 4), Reserved("rfu", b"\0"), *selection)
    for form in (_option, _extended)
    for option, selection in ((form(0), ()), (form(1), _SELECT_EPC), (form(4), _SELECT_IN_EPC_BANK))
)
_WHERE = (Number("bank"), Number("word_address", 4), Number("words"))
_READ_TAG = tuple(
    Layout(_TIMEOUT_MS, *option, *metadata, *_WHERE, *selection)
    for form in (_option, _extended)
    for wants, metadata in ((0, ()), (_WANTS_METADATA, (_METADATA_FLAGS,)))
    for option, selection in (
        (form(wants), ()),
        (form(wants | 1), (_PASSWORD, *_SELECT_EPC)),
        (form(wants | 4), (_PASSWORD, *_SELECT_IN_EPC_BANK)),
        (form(wants | 5), (_PASSWORD,)),
    )
)


def _stream_start(*option: Number, inner_bytes: int, embedded: tuple[Field, ...] = ()) -> Layout:
    return Layout(
        _TIMEOUT_MS,
        ChoiceOf("action", 0x01, "start"),
        Reserved("opcode and search flags of the list of protocols", b"\x22\0\0"),
        Reserved("GEN2, and the bytes behind the inner opcode", bytes((0x05, inner_bytes))),
        Number("sub_opcode", only=Opcode.READ_MULTIPLE.value),
        *option,
        _SEARCH_FLAGS,
        Number("on_time_ms", 2),
        _METADATA_FLAGS,
        *embedded,
    )


# By the SDK's source; never captured. The embedded operation's own time limit is 0, and it selects nothing more.
_EMBEDDED_READ: Final = (
    Reserved("one embedded operation of 9 bytes, READ_TAG, and its time limit and option", b"\x01\x09\x28\0\0\0"),
    Number("embedded_bank"),
    Number("embedded_address", 4),
    Number("embedded_words"),
)
_EMBEDDED_BYTES: Final = 12

_NO_CONTENT = (
    Opcode.GET_VERSION,
    Opcode.BOOT_FIRMWARE,
    Opcode.GET_PROGRAM,
    Opcode.CLEAR_TAG_BUFFER,
    Opcode.GET_PROTOCOL,
    Opcode.GET_REGION,
    Opcode.GET_POWER_MODE,
    Opcode.GET_PROTOCOLS,
    Opcode.GET_REGIONS,
    Opcode.GET_TEMPERATURE,
)
_UNREAD = (
    Opcode.GET_HARDWARE_VERSION,
    Opcode.GET_HOP_TABLE,
    Opcode.GET_GPIO,
    Opcode.GET_STATISTICS,
    Opcode.SET_HOP_TABLE,
    Opcode.SET_GPIO,
    Opcode.TEST_FREQUENCY,
    Opcode.TEST_TRANSMIT,
    Opcode.SILION_STREAM,
)

REQUESTS: Final[Mapping[int, tuple[Layout, ...]]] = {
    **dict.fromkeys(_NO_CONTENT, (_EMPTY,)),
    **dict.fromkeys(_UNREAD, (_EMPTY, _OPAQUE)),
    Opcode.SET_BAUD_RATE: (Layout(Number("baud", 4)),),
    Opcode.READ_SINGLE: (Layout(_TIMEOUT_MS),),
    Opcode.READ_MULTIPLE: (
        Layout(_TIMEOUT_MS),
        Layout(*_option(0x10), _SEARCH_FLAGS, _TIMEOUT_MS, _METADATA_FLAGS),
        Layout(*_extended(0x10), _SEARCH_FLAGS, _TIMEOUT_MS, _METADATA_FLAGS),
    ),
    Opcode.WRITE_EPC: _WRITE_EPC,
    Opcode.WRITE_TAG: _WRITE_TAG,
    Opcode.LOCK_TAG: _LOCK_TAG,
    Opcode.KILL_TAG: _KILL_TAG,
    Opcode.READ_TAG: _READ_TAG,
    Opcode.GET_TAG_BUFFER: (Layout(_METADATA_FLAGS, Number("read_option")),),
    Opcode.STREAM: (
        Layout(_TIMEOUT_MS, ChoiceOf("action", 0x02, "stop")),
        _stream_start(*_option(0x10), inner_bytes=7),
        _stream_start(*_extended(0x10), inner_bytes=8),
        _stream_start(*_option(0x10), inner_bytes=7 + _EMBEDDED_BYTES, embedded=_EMBEDDED_READ),
        _stream_start(*_extended(0x10), inner_bytes=8 + _EMBEDDED_BYTES, embedded=_EMBEDDED_READ),
    ),
    Opcode.GET_ANTENNA: (Layout(_OPTION),),
    Opcode.GET_READ_POWER: (Layout(_OPTION),),
    Opcode.GET_WRITE_POWER: (Layout(_OPTION),),
    Opcode.GET_CONFIGURATION: (Layout(_OPTION, Number("key")),),
    Opcode.GET_PROTOCOL_PARAMETER: (Layout(Number("protocol"), Number("key")),),
    Opcode.SET_ANTENNA: (
        Layout(Number("tx"), Number("rx")),
        Layout(*_option(2), Rows("pairs", (Number("tx"), Number("rx")), as_lists=True)),
        Layout(*_option(3), _READ_PORTS),
        Layout(*_option(4), _PORTS_AND_SETTLING),
    ),
    Opcode.SET_READ_POWER: (Layout(_POWER_CDBM),),
    Opcode.SET_WRITE_POWER: (Layout(_POWER_CDBM),),
    Opcode.SET_PROTOCOL: (Layout(Number("protocol", 2)),),
    Opcode.SET_REGION: (Layout(Number("region")),),
    Opcode.SET_POWER_MODE: (Layout(Number("power_mode")),),
    Opcode.SET_CONFIGURATION: (
        Layout(_OPTION, Number("key"), Number("value")),
        Layout(_OPTION, Number("key"), Hex("value_hex")),
    ),
    Opcode.SET_PROTOCOL_PARAMETER: (Layout(Number("protocol"), Number("key"), Hex("value_hex")),),
}


class _SingleTag:
    """The answer of READ_SINGLE: EPC and CRC without the PC, so the CRC can only be checked for a 96-bit tag."""

    def read(self, content: bytes) -> Fields:
        fields = Layout(Hex("epc", len(content) - 2) if len(content) > 2 else Reserved("no EPC", b""), _TAG_CRC).read(
            content
        )
        if len(content) == 14:  # 12 bytes of EPC, for which the PC is 3000 unless it has flags
            valid = tag_crc(b"\x30\x00" + content[:-2]) == int.from_bytes(content[-2:], "big")
            fields["tag_crc_valid_for_pc3000"] = valid
        return fields


_TAG_CRC = Hex("tag_crc", 2)


def _runs(fields: Fields) -> str:
    return {1: "bootloader", 2: "application"}.get(fields["program"] & 3, "unknown")


def _powers(*option: Number) -> Layout:
    limits = (Number("max_cdbm", 2, signed=True), Number("min_cdbm", 2, signed=True))
    return Layout(*option, _POWER_CDBM, *limits)


class _Detected:
    """Ports of an antenna detection: what is connected is a truth, not a number."""

    def read(self, content: bytes) -> Fields:
        fields = Layout(*_option(5), Rows("ports", (Number("port"), Number("detected")))).read(content)
        for row in fields["ports"]:
            row["detected"] = bool(row["detected"])
        return fields


_ACKNOWLEDGED = (
    Opcode.BOOT_FIRMWARE,
    Opcode.SET_BAUD_RATE,
    Opcode.WRITE_EPC,
    Opcode.WRITE_TAG,
    Opcode.LOCK_TAG,
    Opcode.KILL_TAG,
    Opcode.CLEAR_TAG_BUFFER,
    Opcode.SET_ANTENNA,
    Opcode.SET_READ_POWER,
    Opcode.SET_PROTOCOL,
    Opcode.SET_WRITE_POWER,
    Opcode.SET_REGION,
    Opcode.SET_POWER_MODE,
    Opcode.SET_CONFIGURATION,
    Opcode.SET_PROTOCOL_PARAMETER,
    Opcode.STREAM,
    Opcode.GET_PROTOCOLS,
    Opcode.GET_REGIONS,
)

# READ_MULTIPLE and GET_TAG_BUFFER have records in them: see mercury.py.
REPLIES: Final[Mapping[int, tuple[Layout | _SingleTag | _Detected, ...]]] = {
    **dict.fromkeys((*_UNREAD, *_ACKNOWLEDGED), (_EMPTY, _OPAQUE)),
    Opcode.GET_VERSION: (
        Layout(
            Hex("bootloader", 4),
            Hex("hardware", 4),
            Hex("fw_date", 4),
            Hex("firmware", 4),
            Number("protocol_mask", 4),
        ),
    ),
    Opcode.GET_PROGRAM: (Layout(Number("program"), Derived("runs", _runs)),),
    Opcode.READ_SINGLE: (_SingleTag(),),
    # What stands between the flags and the data depends on the flags, and was never captured.
    Opcode.READ_TAG: (Layout(_OPTION, _METADATA_FLAGS, Hex("data_hex")), _OPAQUE),
    Opcode.GET_ANTENNA: (_Detected(), Layout(_OPTION, Hex("data_hex"))),
    Opcode.GET_READ_POWER: (Layout(*_option(0), _POWER_CDBM), _powers(*_option(1))),
    Opcode.GET_WRITE_POWER: (Layout(*_option(0), _POWER_CDBM), _powers(*_option(1))),
    Opcode.GET_PROTOCOL: (Layout(Number("protocol", 2)),),
    Opcode.GET_REGION: (Layout(Number("region")),),
    Opcode.GET_POWER_MODE: (Layout(Number("power_mode")),),
    Opcode.GET_CONFIGURATION: (
        Layout(_OPTION, Number("key"), Number("value")),
        Layout(_OPTION, Number("key"), Hex("value_hex")),
    ),
    Opcode.GET_PROTOCOL_PARAMETER: (Layout(Number("protocol"), Number("key"), Hex("value_hex")),),
    Opcode.GET_TEMPERATURE: (Layout(Number("temperature_c", signed=True)),),
}

ASSERTION: Final = Layout(Number("line", 4), Text("file"))
"""The content of status 7F01: where the firmware gave up; belongs into the log."""
