"""What a Mercury module says when it does not do what was asked: status words, and the error that carries one.

Source: ThingMagic Mercury API, module status codes; facts measured 2026-11.
"""

from __future__ import annotations

from enum import IntEnum

from reader.access import AccessFault
from reader.virtual.operations import Kill, Operation, Read, SetLocks, Write

__all__ = ["RefusedError", "Status", "status_of_fault"]


class Status(IntEnum):
    """Status words that this module uses."""

    OK = 0x0000
    LENGTH = 0x0100
    OPCODE = 0x0101
    NOT_IMPLEMENTED = 0x0102
    POWER_TOO_HIGH = 0x0103
    PARAMETER = 0x0105
    POWER_TOO_LOW = 0x0106
    BAUD = 0x010A
    REGION = 0x010B
    NO_TAGS = 0x0400
    NO_PROTOCOL = 0x0401
    NO_DATA = 0x0404
    WRITE_FAILED = 0x0406
    TAG_ERROR = 0x040A
    TAG_TOO_LARGE = 0x040B
    KILL_PASSWORD = 0x040C
    KILL_FAILED = 0x040E
    TAG_OTHER = 0x0420
    TAG_OVERRUN = 0x0423
    TAG_LOCKED = 0x0424
    TAG_WEAK = 0x042B
    TAG_NON_SPECIFIC = 0x042F
    ANTENNA = 0x0503
    TEMPERATURE = 0x0504
    REFLECTION = 0x0505
    BUFFER_FULL = 0x0601


class RefusedError(Exception):
    """A request is answered with a status other than 0."""

    def __init__(self, status: Status) -> None:
        super().__init__(status.name)
        self.status = status


_OF_FAULT = {
    AccessFault.NO_TAG: Status.NO_TAGS,
    AccessFault.ZERO_KILL_PASSWORD: Status.KILL_PASSWORD,
    AccessFault.LOCKED: Status.TAG_LOCKED,
    AccessFault.OVERRUN: Status.TAG_OVERRUN,
    AccessFault.WEAK: Status.TAG_WEAK,
    AccessFault.TAG: Status.TAG_NON_SPECIFIC,
}


def status_of_fault(fault: AccessFault, operation: Operation) -> Status:
    """Return the word for what a tag refused.

    A wrong access password is answered by the tag with silence; what the module then says depends on what it was
    about (assumption: its general word for that operation's failure).
    """
    if fault is not AccessFault.PASSWORD:
        return _OF_FAULT.get(fault, Status.TAG_OTHER)
    match operation:
        case Read():
            return Status.NO_DATA
        case Write():
            return Status.WRITE_FAILED
        case SetLocks():
            return Status.TAG_ERROR
        case Kill():
            return Status.KILL_FAILED
