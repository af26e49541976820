"""What the families' status and error codes mean: the vendor's words, and what a driver has to make of them.

"No tag" and "the antenna is missing" are different things: the first is an empty counter, the second a fault that a
person has to see.

Sources: ThingMagic Mercury API, status codes; MagicRF M100 firmware manual, error codes; Rodinbell UHF reader
serial protocol, error codes. Gen2 error codes: GS1 EPC Gen2 2.1, Annex I.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

__all__ = ["Meaning", "Status", "m100_status", "mercury_status", "r2000_status"]


class Meaning(StrEnum):
    """What a status says about the world."""

    DONE = "done"
    NO_TAG = "no_tag"  # nothing answered: no fault
    TAG = "tag"  # a tag was there, but refused, was locked, or too weak
    PASSWORD = "password"  # noqa: S105 - a kind of refusal, not a secret
    REQUEST = "request"  # the request is wrong for this reader
    ANTENNA = "antenna"  # not connected: a person has to look
    REFLECTION = "reflection"  # too much power comes back: a bad antenna or cable
    HEAT = "heat"
    SPECTRUM = "spectrum"  # the channel is taken, or not allowed
    BUFFER = "buffer"  # the reader's tag buffer is full or empty
    READER = "reader"  # the reader itself is at fault
    UNKNOWN = "unknown"


_PASSING: Final = frozenset({Meaning.NO_TAG, Meaning.TAG, Meaning.HEAT, Meaning.SPECTRUM, Meaning.BUFFER})


class Status(NamedTuple):
    """A status code, the vendor's words for it, and its meaning."""

    code: int
    words: str
    meaning: Meaning

    @property
    def retry_helps(self) -> bool:
        """Whether the same request may succeed later without anybody's doing."""
        return self.meaning in _PASSING


_Table = Mapping[int, tuple[str, Meaning]]

_MERCURY: Final[_Table] = {
    0x0000: ("success", Meaning.DONE),
    0x0100: ("wrong number of data bytes in the message", Meaning.REQUEST),
    0x0101: ("invalid opcode", Meaning.REQUEST),
    0x0102: ("unimplemented opcode", Meaning.REQUEST),
    0x0103: ("power too high", Meaning.REQUEST),
    0x0104: ("invalid frequency received", Meaning.REQUEST),
    0x0105: ("invalid parameter value", Meaning.REQUEST),
    0x0106: ("power too low", Meaning.REQUEST),
    0x0109: ("unimplemented feature", Meaning.REQUEST),
    0x010A: ("invalid baud rate", Meaning.REQUEST),
    0x010B: ("invalid region", Meaning.REQUEST),
    0x0200: ("bootloader: image CRC is wrong", Meaning.READER),
    0x0201: ("bootloader: invalid application end address", Meaning.READER),
    0x0400: ("no tags found", Meaning.NO_TAG),
    0x0401: ("no protocol defined", Meaning.REQUEST),
    0x0402: ("invalid protocol specified", Meaning.REQUEST),
    0x0403: ("write passed, lock failed", Meaning.TAG),
    0x0404: ("protocol: no data read", Meaning.TAG),
    0x0405: ("analogue front end not on", Meaning.READER),
    0x0406: ("protocol: write failed", Meaning.TAG),
    0x0407: ("not implemented for this protocol", Meaning.REQUEST),
    0x0408: ("protocol: invalid write data", Meaning.REQUEST),
    0x0409: ("protocol: invalid address", Meaning.REQUEST),
    0x040A: ("general tag error", Meaning.TAG),
    0x040B: ("data too large", Meaning.REQUEST),
    0x040C: ("protocol: invalid kill password", Meaning.PASSWORD),
    0x040E: ("protocol: kill failed", Meaning.TAG),
    0x0420: ("Gen2: other error", Meaning.TAG),
    0x0423: ("Gen2: memory overrun or bad PC", Meaning.TAG),
    0x0424: ("Gen2: memory locked", Meaning.TAG),
    0x042B: ("Gen2: insufficient power", Meaning.TAG),
    0x042F: ("Gen2: non-specific error", Meaning.TAG),
    0x0500: ("invalid frequency", Meaning.SPECTRUM),
    0x0501: ("channel occupied", Meaning.SPECTRUM),
    0x0502: ("transmitter already on", Meaning.READER),
    0x0503: ("antenna not connected", Meaning.ANTENNA),
    0x0504: ("temperature exceeds limits", Meaning.HEAT),
    0x0505: ("high return loss", Meaning.REFLECTION),
    0x0509: ("supply voltage out of range", Meaning.READER),
    0x0600: ("tag buffer: not enough tags", Meaning.BUFFER),
    0x0601: ("tag buffer: full", Meaning.BUFFER),
    0x0602: ("tag buffer: repeated tag", Meaning.BUFFER),
    0x0603: ("tag buffer: number of tags too large", Meaning.REQUEST),
    0x0604: ("tag buffer: authentication wanted", Meaning.BUFFER),
    0x7F00: ("system: unknown error", Meaning.READER),
    0x7F01: ("system: assertion failed", Meaning.READER),
}

_M100: Final[_Table] = {
    0x00: ("success", Meaning.DONE),
    0x09: ("read failed: no tag, or CRC fault", Meaning.TAG),
    0x10: ("write failed: no tag, or CRC fault", Meaning.TAG),
    0x12: ("kill failed: no tag, or CRC fault", Meaning.TAG),
    0x13: ("lock failed: no tag, or CRC fault", Meaning.TAG),
    0x14: ("block permalock failed", Meaning.TAG),
    # After every empty round of a continuous inventory.
    0x15: ("inventory: no tag, or CRC fault", Meaning.NO_TAG),
    0x16: ("access password is wrong", Meaning.PASSWORD),
    0x17: ("command is wrong", Meaning.REQUEST),
    0x1A: ("custom command failed: 1A", Meaning.TAG),
    0x1B: ("custom command failed: 1B", Meaning.TAG),
    0x1D: ("custom command failed: 1D", Meaning.TAG),
    0x20: ("frequency hopping timed out: all channels are taken", Meaning.SPECTRUM),
    0x2A: ("custom command failed: 2A", Meaning.TAG),
    0x2B: ("custom command failed: 2B", Meaning.TAG),
    0x2E: ("custom command failed: 2E", Meaning.TAG),
}
# High nibble: what failed. Low nibble: why, in the tag's own code.
_M100_ACCESS: Final = {0xA: "read", 0xB: "write", 0xC: "lock", 0xD: "kill", 0xE: "block permalock"}
_GEN2: Final = {
    0x0: "other error",
    0x3: "memory overrun",
    0x4: "memory locked",
    0xB: "insufficient power",
    0xF: "non-specific error",
}

_R2000: Final[_Table] = {
    0x10: ("command succeeded", Meaning.DONE),
    0x11: ("command failed", Meaning.READER),
    0x20: ("controller reset failed", Meaning.READER),
    0x21: ("carrier could not be turned on", Meaning.READER),
    0x22: ("antenna is missing", Meaning.ANTENNA),
    0x23: ("flash could not be written", Meaning.READER),
    0x24: ("flash could not be read", Meaning.READER),
    0x25: ("output power could not be set", Meaning.READER),
    0x31: ("tag inventory failed", Meaning.TAG),
    0x32: ("tag read failed", Meaning.TAG),
    0x33: ("tag write failed", Meaning.TAG),
    0x34: ("tag lock failed", Meaning.TAG),
    0x35: ("tag kill failed", Meaning.TAG),
    0x36: ("no tag", Meaning.NO_TAG),
    0x37: ("tag found, but access failed", Meaning.TAG),
    0x38: ("buffer is empty", Meaning.BUFFER),
    0x40: ("access failed, or password is wrong", Meaning.PASSWORD),
    0x41: ("invalid parameter", Meaning.REQUEST),
    0x42: ("too many words", Meaning.REQUEST),
    0x43: ("memory bank out of range", Meaning.REQUEST),
    0x44: ("lock region out of range", Meaning.REQUEST),
    0x45: ("lock action out of range", Meaning.REQUEST),
    0x46: ("invalid reader address", Meaning.REQUEST),
    0x47: ("invalid antenna", Meaning.REQUEST),
    0x48: ("output power out of range", Meaning.REQUEST),
    0x49: ("frequency region out of range", Meaning.REQUEST),
    0x4A: ("baud rate out of range", Meaning.REQUEST),
    0x4B: ("buzzer mode out of range", Meaning.REQUEST),
    0x4C: ("EPC match too long", Meaning.REQUEST),
    0x4D: ("EPC match length wrong", Meaning.REQUEST),
    0x4E: ("EPC match mode invalid", Meaning.REQUEST),
    0x4F: ("frequency range invalid", Meaning.REQUEST),
    0x50: ("RN16 of the tag not received", Meaning.TAG),
    0x52: ("PLL did not lock", Meaning.READER),
    0x53: ("RF chip does not respond", Meaning.READER),
    0x54: ("output power not reached", Meaning.READER),
    0x56: ("not allowed by spectrum regulation", Meaning.SPECTRUM),
    0x57: ("output power too low", Meaning.READER),
}


def mercury_status(code: int) -> Status:
    """Return what a Mercury status of 16 bits means; 0x0400 in a stream is proof of life."""
    if code not in _MERCURY and code >> 8 == 3:
        return Status(code, f"flash error {code:04X}", Meaning.READER)
    return _looked_up(_MERCURY, code, digits=4)


def m100_status(code: int) -> Status:
    """Return what the code of an M100 error frame means."""
    act = _M100_ACCESS.get(code >> 4)
    if act is not None:
        why = _GEN2.get(code & 0xF, f"tag error {code & 0xF:X}")
        return Status(code, f"{act} failed: {why}", Meaning.TAG)
    return _looked_up(_M100, code, digits=2)


def r2000_status(code: int) -> Status:
    """Return what the result or error byte of an A0 answer means."""
    return _looked_up(_R2000, code, digits=2)


def _looked_up(table: _Table, code: int, digits: int) -> Status:
    words, meaning = table.get(code, (f"unknown code {code:0{digits}X}", Meaning.UNKNOWN))
    return Status(code, words, meaning)
