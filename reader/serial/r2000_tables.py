"""The commands of A0 boards, and the data of their requests and answers as tables.

Ports are counted from 1 in the fields, from 0 on the wire. Frequencies are of the regions' common table: index 0
to 6 from 865.0 MHz, 7 to 59 from 902.0 MHz, in steps of 0.5 MHz.

Sources: Rodinbell UHF RFID reader serial interface protocol; frames of `tests/vectors/serial.json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final

from reader.serial.layout import Fields, Hex, Layout, MisfitError, Number, Numbers, Readable, rows_of

__all__ = ["COMMAND_SUCCEEDED", "REPLIES", "REQUESTS", "Command", "Refusal", "channel_in_words", "frequency_mhz"]

COMMAND_SUCCEEDED: Final = 0x10


class Command(IntEnum):
    """Names of the commands."""

    GET_GPIO = 0x60
    SET_GPIO = 0x61
    SET_ANTENNA_DETECTOR = 0x62
    GET_ANTENNA_DETECTOR = 0x63
    SET_TEMPORARY_POWER = 0x66  # does not write flash
    SET_IDENTIFIER = 0x67
    GET_IDENTIFIER = 0x68
    SET_RF_PROFILE = 0x69
    GET_RF_PROFILE = 0x6A
    RESET = 0x70
    SET_BAUD_RATE = 0x71
    GET_VERSION = 0x72
    SET_WORKING_ANTENNA = 0x74
    GET_WORKING_ANTENNA = 0x75
    SET_POWER = 0x76  # writes flash
    GET_POWER = 0x77
    SET_REGION = 0x78
    GET_REGION = 0x79
    SET_BUZZER = 0x7A
    GET_TEMPERATURE = 0x7B
    GET_RETURN_LOSS = 0x7E
    INVENTORY = 0x80
    READ = 0x81
    WRITE = 0x82
    LOCK = 0x83
    KILL = 0x84
    SET_EPC_MATCH = 0x85
    GET_EPC_MATCH = 0x86
    REAL_TIME_INVENTORY = 0x89
    FAST_SWITCH_INVENTORY = 0x8A
    SESSION_INVENTORY = 0x8B
    SET_FAST_TID = 0x8C
    SAVE_FAST_TID = 0x8D
    GET_FAST_TID = 0x8E
    GET_BUFFER = 0x90
    GET_AND_CLEAR_BUFFER = 0x91
    COUNT_BUFFER = 0x92
    CLEAR_BUFFER = 0x93
    BLOCK_WRITE = 0x94
    GET_POWER_OF_EIGHT = 0x97


_EMPTY = Layout()
_OPAQUE = Layout(Hex("data_hex"))
_ANTENNA = Number("antenna", add=1)
_PASSWORD = Hex("access_password", 4)
_WHERE = (Number("bank"), Number("word_address"), Number("words"))
_POWER = Layout(Numbers("power_dbm"))
_REPEAT = Layout(Number("repeat"))
_WRITE = Layout(_PASSWORD, *_WHERE, Hex("data", step=2))
_SESSION_TARGET = (Number("session"), Number("target"))
_IDENTIFIER = Layout(Hex("identifier", 12))
_REGIONS = (
    Layout(Number("region", only=4), Number("step_10khz"), Number("channels"), Number("start_khz", 3)),
    Layout(Number("region"), Number("start_index"), Number("end_index")),
)


class _EpcMatch:
    """A count of bytes, and the EPC that has as many."""

    def read(self, content: bytes, at: int, into: Fields) -> int:
        at = Number("epc_len").read(content, at, into)
        at = Hex("epc").read(content, at, into)
        if len(into["epc"]) != 2 * into["epc_len"]:
            raise MisfitError(f"{len(into['epc']) // 2} bytes of EPC, not {into['epc_len']}", is_short=True)
        return at

    def write(self, fields: Mapping[str, Any], out: bytearray) -> None:
        Number("epc_len").write(fields, out)
        Hex("epc").write(fields, out)


_EPC_MATCH = (Layout(Number("mode", only=1)), Layout(Number("mode", only=0), _EpcMatch()))


class _FastSwitch:
    """Ports with their rounds, in order (port FF on the wire: off, None here), then interval and repeat."""

    _PORT_OFF = 0xFF

    def read(self, content: bytes, at: int, into: Fields) -> int:
        left = len(content) - at
        if left < 4 or left % 2:
            raise MisfitError(f"{left} bytes of ports, interval and repeat", is_short=left < 4)
        ports = []
        for position in range(at, len(content) - 2, 2):
            port, rounds = content[position], content[position + 1]
            ports.append({"antenna": None if port == self._PORT_OFF else port + 1, "rounds": rounds})
        into["ports"] = ports
        into["interval_ms"], into["repeat"] = content[-2], content[-1]
        return len(content)

    def write(self, fields: Mapping[str, Any], out: bytearray) -> None:
        for row in rows_of(fields["ports"], "ports"):
            if not isinstance(row, Mapping):
                raise MisfitError(f"a row of ports is {row!r}")
            if row["antenna"] is None:
                out.append(self._PORT_OFF)
            else:
                _ANTENNA.write(row, out)
            Number("rounds").write(row, out)
        Number("interval_ms").write(fields, out)
        Number("repeat").write(fields, out)


_NO_DATA = (
    Command.GET_GPIO,
    Command.GET_ANTENNA_DETECTOR,
    Command.GET_IDENTIFIER,
    Command.GET_RF_PROFILE,
    Command.RESET,
    Command.GET_VERSION,
    Command.GET_WORKING_ANTENNA,
    Command.GET_POWER,
    Command.GET_REGION,
    Command.GET_TEMPERATURE,
    Command.GET_EPC_MATCH,
    Command.GET_BUFFER,
    Command.GET_AND_CLEAR_BUFFER,
    Command.COUNT_BUFFER,
    Command.CLEAR_BUFFER,
    Command.GET_POWER_OF_EIGHT,
)

REQUESTS: Final[Mapping[int, tuple[Layout, ...]]] = {
    **dict.fromkeys(_NO_DATA, (_EMPTY,)),
    **dict.fromkeys((Command.SET_FAST_TID, Command.SAVE_FAST_TID, Command.GET_FAST_TID), (_EMPTY, _OPAQUE)),
    Command.SET_GPIO: (Layout(Number("pin"), Number("level")),),
    Command.SET_ANTENNA_DETECTOR: (Layout(Number("return_loss_db")),),
    Command.SET_TEMPORARY_POWER: (_POWER,),
    Command.SET_IDENTIFIER: (_IDENTIFIER,),
    Command.SET_RF_PROFILE: (Layout(Number("rf_profile")),),
    Command.SET_BAUD_RATE: (Layout(Number("baud_code")),),
    Command.SET_WORKING_ANTENNA: (Layout(_ANTENNA),),
    Command.SET_POWER: (_POWER,),
    Command.SET_REGION: _REGIONS,
    Command.SET_BUZZER: (Layout(Number("buzzer")),),
    Command.GET_RETURN_LOSS: (Layout(Number("freq_index")),),
    Command.INVENTORY: (_REPEAT,),
    Command.READ: (Layout(*_WHERE, _PASSWORD), Layout(*_WHERE)),
    Command.WRITE: (_WRITE,),
    Command.BLOCK_WRITE: (_WRITE,),
    Command.LOCK: (Layout(_PASSWORD, Number("bank"), Number("lock_type")),),
    Command.KILL: (Layout(Hex("kill_password", 4)),),
    Command.SET_EPC_MATCH: _EPC_MATCH,
    Command.REAL_TIME_INVENTORY: (_REPEAT,),
    Command.FAST_SWITCH_INVENTORY: (Layout(_FastSwitch()),),
    # The longer forms are documented, but were never seen on a wire.
    Command.SESSION_INVENTORY: (
        Layout(*_SESSION_TARGET, Number("repeat")),
        Layout(*_SESSION_TARGET, Number("sl"), Number("repeat")),
        Layout(*_SESSION_TARGET, Number("sl"), Number("phase"), Number("repeat")),
    ),
}


def frequency_mhz(index: int) -> float | None:
    """Return the carrier of a frequency index; None where the table has none."""
    if index <= 6:
        return 865.0 + index * 0.5
    return 902.0 + (index - 7) * 0.5 if index <= 59 else None


def channel_in_words(freqant: int) -> Fields:
    """Return frequency index, carrier and port of the byte that has all three."""
    index = freqant >> 2
    return {"freq_index": index, "frequency_mhz": frequency_mhz(index), "antenna": (freqant & 3) + 1}


class Refusal:
    """One byte: done, or why not."""

    def read(self, content: bytes) -> Fields:
        if len(content) != 1:
            raise MisfitError(f"{len(content)} bytes of result", is_short=not content)
        return {"result" if content[0] == COMMAND_SUCCEEDED else "error": content[0]}


class _Port:
    """The working antenna: ports go up to 16, what is above is why there is no answer."""

    def read(self, content: bytes) -> Fields:
        if len(content) == 1 and content[0] < COMMAND_SUCCEEDED:
            return {"antenna": content[0] + 1}
        return Refusal().read(content)


class _Temperature:
    """A sign byte, 01 for plus on real units (the manual has it reversed), and degrees Celsius."""

    _PLUS = 1

    def read(self, content: bytes) -> Fields:
        fields = Layout(Number("sign"), Number("temperature_c")).read(content)
        if fields["sign"] != self._PLUS:
            fields["temperature_c"] = -fields["temperature_c"]
        return fields


_RESULT: Final = (Refusal(),)

# Inventory and access answers have tags in them: see r2000.py. A value of one byte may look like an error code
# (32 dBm is 20 hex, "controller reset failed"), so what answers with one is read as a value.
REPLIES: Final[Mapping[int, tuple[Readable, ...]]] = {
    **dict.fromkeys(
        (
            Command.SET_GPIO,
            Command.SET_ANTENNA_DETECTOR,
            Command.SET_TEMPORARY_POWER,
            Command.SET_IDENTIFIER,
            Command.SET_RF_PROFILE,
            Command.RESET,
            Command.SET_BAUD_RATE,
            Command.SET_WORKING_ANTENNA,
            Command.SET_POWER,
            Command.SET_REGION,
            Command.SET_BUZZER,
            Command.SET_EPC_MATCH,
            Command.CLEAR_BUFFER,
        ),
        _RESULT,
    ),
    **dict.fromkeys(
        (Command.GET_GPIO, Command.SET_FAST_TID, Command.SAVE_FAST_TID, Command.GET_FAST_TID), (*_RESULT, _OPAQUE)
    ),
    Command.GET_ANTENNA_DETECTOR: (Layout(Number("return_loss_db")),),
    Command.GET_IDENTIFIER: (_IDENTIFIER, *_RESULT),
    Command.GET_RF_PROFILE: (Layout(Number("rf_profile")),),
    Command.GET_WORKING_ANTENNA: (_Port(),),
    Command.GET_VERSION: (Layout(Number("major"), Number("minor")), *_RESULT),
    Command.GET_POWER: (_POWER,),
    Command.GET_POWER_OF_EIGHT: (_POWER,),
    Command.GET_REGION: (*_REGIONS, *_RESULT),
    Command.GET_TEMPERATURE: (_Temperature(), *_RESULT),
    Command.GET_RETURN_LOSS: (Layout(Number("return_loss_db")),),
    Command.GET_EPC_MATCH: (*_EPC_MATCH, *_RESULT),
    Command.COUNT_BUFFER: (Layout(Number("tag_count", 2)), *_RESULT),
}
