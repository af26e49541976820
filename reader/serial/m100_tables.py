"""M100's commands, and the parameters of its requests, answers and notices as tables.

Sources: MagicRF M100/QM100 firmware manual; R200 user protocol; frames of `tests/vectors/serial.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final

from reader.serial.layout import Fields, Hex, Layout, MisfitError, Number, Numbers, Packed, Readable, Text

__all__ = ["REPLIES", "REQUESTS", "Command"]


class Command(IntEnum):
    """Names of the commands."""

    GET_MODULE = 0x03
    SET_IDLE_MODE = 0x04
    SET_REGION = 0x07
    GET_REGION = 0x08
    GET_SELECT = 0x0B
    SET_SELECT = 0x0C
    GET_QUERY = 0x0D
    SET_QUERY = 0x0E
    SET_BAUD_RATE = 0x11
    SET_SELECT_MODE = 0x12
    SLEEP = 0x17
    GPIO = 0x1A
    SET_IDLE_MINUTES = 0x1D
    INVENTORY = 0x22  # also every tag notice, of continuous inventory too
    INVENTORY_MANY = 0x27
    STOP = 0x28
    READ = 0x39
    WRITE = 0x49
    KILL = 0x65
    LOCK = 0x82
    INSERT_CHANNELS = 0xA9
    GET_CHANNEL = 0xAA
    SET_CHANNEL = 0xAB
    SET_AUTO_HOP = 0xAD
    SET_CARRIER = 0xB0
    SET_POWER = 0xB6
    GET_POWER = 0xB7
    BLOCK_PERMALOCK = 0xD3
    BLOCK_PERMALOCKED = 0xD4  # how a block permalock is answered
    NXP_CHANGE_CONFIGURATION = 0xE0
    NXP_READ_PROTECT = 0xE1
    NXP_CHANGE_EAS = 0xE3
    NXP_EAS_ALARM = 0xE4
    QT_GET = 0xE5
    QT_SET = 0xE6
    SET_MODEM = 0xF0
    GET_MODEM = 0xF1
    SCAN_JAMMER = 0xF2
    SCAN_RSSI = 0xF3
    ERROR = 0xFF


_EMPTY = Layout()
_OPAQUE = Layout(Hex("param_hex"))
_RESULT = Layout(Number("result"))
_REGION = Layout(Number("region"))
_CHANNEL = Layout(Number("channel_index"))
_POWER = Layout(Number("power_cdbm", 2))
_QUERY = Layout(
    Packed(
        "query",
        2,
        (
            ("dr", 15, 1),
            ("m", 13, 2),
            ("trext", 12, 1),
            ("sel", 10, 2),
            ("session", 8, 2),
            ("target", 7, 1),
            ("q", 3, 4),
        ),
    )
)
_SELECT = Layout(
    Packed("sel_param", 1, (("target", 5, 3), ("action", 2, 3), ("bank", 0, 2))),
    Number("bit_pointer", 4),
    # The vendor's own example announces 96 bits and sends none, so the two are not held together.
    Number("mask_bits"),
    Number("truncate"),
    Hex("mask"),
)
_PASSWORD = Hex("access_password", 4)
_WHERE = (Number("bank"), Number("word_address", 2), Number("words", 2))
_MODEM = Layout(Number("mixer_gain"), Number("if_gain"), Number("threshold", 2))
_VENDOR = (
    Command.GPIO,
    Command.BLOCK_PERMALOCK,
    Command.BLOCK_PERMALOCKED,
    Command.NXP_CHANGE_CONFIGURATION,
    Command.NXP_READ_PROTECT,
    Command.NXP_CHANGE_EAS,
    Command.NXP_EAS_ALARM,
    Command.QT_GET,
    Command.QT_SET,
    Command.SCAN_JAMMER,
    Command.SCAN_RSSI,
)
_NO_PARAMETER = (
    Command.GET_REGION,
    Command.GET_SELECT,
    Command.GET_QUERY,
    Command.SLEEP,
    Command.INVENTORY,
    Command.STOP,
    Command.GET_CHANNEL,
    Command.GET_POWER,
    Command.GET_MODEM,
)


class _ChannelList:
    """A count, and as many channel indices."""

    def read(self, content: bytes, at: int, into: Fields) -> int:
        at = Number("count").read(content, at, into)
        at = Numbers("channels").read(content, at, into)
        if len(into["channels"]) != into["count"]:
            raise MisfitError(f"{len(into['channels'])} channels of {into['count']}", is_short=True)
        return at

    def write(self, fields: Mapping[str, Any], out: bytearray) -> None:
        Number("count").write(fields, out)
        Numbers("channels").write(fields, out)


REQUESTS: Final[Mapping[int, tuple[Layout, ...]]] = {
    **dict.fromkeys(_NO_PARAMETER, (_EMPTY,)),
    **dict.fromkeys(_VENDOR, (_EMPTY, _OPAQUE)),
    Command.GET_MODULE: (Layout(Number("selector")),),
    Command.SET_IDLE_MODE: (_OPAQUE,),
    Command.SET_REGION: (_REGION,),
    Command.SET_SELECT: (_SELECT,),
    Command.SET_QUERY: (_QUERY,),
    Command.SET_BAUD_RATE: (Layout(Number("baud", 2, scale=100)),),
    Command.SET_SELECT_MODE: (Layout(Number("select_mode")),),
    Command.SET_IDLE_MINUTES: (Layout(Number("minutes")),),
    Command.INVENTORY_MANY: (Layout(Number("fixed"), Number("count", 2)),),
    Command.READ: (Layout(_PASSWORD, *_WHERE),),
    Command.WRITE: (Layout(_PASSWORD, *_WHERE, Hex("data", step=2)),),
    Command.KILL: (Layout(Hex("kill_password", 4)),),
    Command.LOCK: (Layout(_PASSWORD, Packed("lock_bits", 3, (("mask", 10, 10), ("action", 0, 10)))),),
    Command.INSERT_CHANNELS: (Layout(_ChannelList()),),
    Command.SET_CHANNEL: (_CHANNEL,),
    Command.SET_AUTO_HOP: (Layout(Number("auto_hop")),),
    Command.SET_CARRIER: (Layout(Number("carrier")),),
    Command.SET_POWER: (_POWER,),
    Command.SET_MODEM: (_MODEM,),
}


class _AboutTag:
    """UL, PC and EPC of the tag that was accessed, and what follows; UL counts the bytes of PC and EPC."""

    def __init__(self, *rest: Hex | Number, before: tuple[Number, ...] = ()) -> None:
        self._before = before
        self._rest = rest

    def read(self, content: bytes) -> Fields:
        counted: Fields = {}
        at = 0
        for item in (*self._before, Number("tag_bytes")):
            at = item.read(content, at, counted)
        tag_bytes = counted.pop("tag_bytes")
        if tag_bytes < 2:
            raise MisfitError(f"{tag_bytes} bytes of PC and EPC", is_short=True)
        epc = (Hex("epc", tag_bytes - 2),) if tag_bytes > 2 else ()
        fields = Layout(Hex("pc", 2), *epc, *self._rest).read(content[at:])
        return {**counted, "epc": "", **fields}


_DONE_TO_TAG: Final[tuple[Readable, ...]] = (_AboutTag(Number("result")), _RESULT)

REPLIES: Final[Mapping[int, tuple[Readable, ...]]] = {
    **dict.fromkeys(
        (
            Command.SET_IDLE_MODE,
            Command.SET_REGION,
            Command.SET_SELECT,
            Command.SET_QUERY,
            Command.SET_BAUD_RATE,
            Command.SET_SELECT_MODE,
            Command.SLEEP,
            Command.SET_IDLE_MINUTES,
            Command.STOP,
            Command.INSERT_CHANNELS,
            Command.SET_CHANNEL,
            Command.SET_AUTO_HOP,
            Command.SET_CARRIER,
            Command.SET_POWER,
            Command.SET_MODEM,
        ),
        (_RESULT,),
    ),
    **dict.fromkeys(_VENDOR, (_EMPTY, _OPAQUE)),
    Command.GET_MODULE: (Layout(Number("selector"), Text("text")),),
    Command.GET_REGION: (_REGION,),
    Command.GET_SELECT: (_SELECT,),
    Command.GET_QUERY: (_QUERY,),
    Command.GET_CHANNEL: (_CHANNEL,),
    Command.GET_POWER: (_POWER,),
    Command.GET_MODEM: (_MODEM,),
    Command.READ: (_AboutTag(Hex("data")),),
    Command.WRITE: _DONE_TO_TAG,
    Command.KILL: _DONE_TO_TAG,
    Command.LOCK: _DONE_TO_TAG,
    Command.ERROR: (
        Layout(Number("error")),
        _AboutTag(before=(Number("error"),)),
        # Some builds send more behind the tag, or nothing that counts itself.
        Layout(Number("error"), Hex("param_hex")),
    ),
}
