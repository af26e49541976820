"""What a search is asked to do: the content of READ_MULTIPLE, alone or inside a stream's start.

    TIMEOUT16                                                                          M5e
    [88] OPTION FLAGS16 TIMEOUT16 [MD16] … SELECTION … EMBEDDED                        buffered
    0000 01 22 FLAGS16 [N32] 05 SUBLEN 22 [88] OPTION FLAGS16 ONTIME16 [OFFTIME16] …   stream

Source: facts measured 2026-11; off time, stop count, statistics and the embedded command by the vendor's client.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from reader.access import Bank
from reader.virtual.operations import Read
from reader.virtual.serial.mercury_select import ANY, WANTS_METADATA, Selection, option_of, selection_of
from reader.virtual.serial.mercury_status import RefusedError, Status
from reader.virtual.serial.mercury_tags import MetadataFlag
from reader.virtual.serial.octets import Octets

__all__ = ["Search", "StreamAction", "buffered_search", "stream_search"]

_READ_MULTIPLE: Final = 0x22
_READ_DATA: Final = 0x28
_GEN2: Final = 0x05
_EMBEDDED: Final = 0x0004
_STREAM: Final = 0x0008
_LARGE_POPULATION: Final = 0x0010
_STATUS_REPORTS: Final = 0x0020 | 0x0100
_STOP_AFTER_N: Final = 0x0040
_GPI_TRIGGER: Final = 0x0200
_DUTY_CYCLE: Final = 0x0400


class StreamAction(IntEnum):
    """What a stream request wants."""

    START = 0x01
    STOP = 0x02
    WRAPPED = 0x04  # one request for the time in between


@dataclass(frozen=True, slots=True)
class Search:
    """How to look for tags, and what to tell of them.

    head: the option bytes and search flags, with which answers and tag frames begin; empty in the oldest form.
    on_us, off_us: length of a buffered search, or of a stream's cycle. stop_after: tags, 0 for no end.
    embedded: what to read from every tag that is found.
    """

    head: bytes
    flags: int
    on_us: int
    off_us: int = 0
    metadata: int = 0
    selection: Selection = ANY
    stop_after: int = 0
    embedded: Read | None = None

    @property
    def is_extended(self) -> bool:
        """Whether the option had a byte 88 before it."""
        return len(self.head) > 3

    @property
    def counts_in_four_bytes(self) -> bool:
        """Whether the number of tags found may be large."""
        return bool(self.flags & _LARGE_POPULATION)


def buffered_search(content: bytes) -> Search:
    """Return the search that a READ_MULTIPLE asks for.

    Raises:
        RefusedError, ShortError: It cannot be understood, or wants what this module does not have.
    """
    octets = Octets(content)
    if len(octets) == 2:
        return Search(b"", 0, 1000 * octets.number(2))
    search = _search(octets)
    if search.flags & _STREAM:
        raise RefusedError(Status.PARAMETER)
    return search


def stream_search(octets: Octets) -> Search:
    """Return the search that a stream's start asks for, from behind its action byte.

    Raises:
        RefusedError, ShortError: It cannot be understood, or wants what this module does not have.
    """
    if octets.number(1) != _READ_MULTIPLE:
        raise RefusedError(Status.NOT_IMPLEMENTED)
    if octets.number(2) & _STOP_AFTER_N:
        octets.take(4)  # the same number stands in the inner request
    if octets.number(1) != _GEN2:
        raise RefusedError(Status.PARAMETER)
    if octets.number(1) != len(octets) - 1:
        raise RefusedError(Status.LENGTH)
    if octets.number(1) != _READ_MULTIPLE:
        raise RefusedError(Status.NOT_IMPLEMENTED)
    search = _search(octets)
    if not search.flags & _STREAM or not search.on_us:
        raise RefusedError(Status.PARAMETER)
    return search


def _search(octets: Octets) -> Search:
    prefix, option = option_of(octets)
    flags = octets.number(2)
    if flags & _GPI_TRIGGER:
        raise RefusedError(Status.NOT_IMPLEMENTED)
    on_us = 1000 * octets.number(2)
    off_us = 1000 * octets.number(2) if flags & _DUTY_CYCLE and flags & _STREAM else 0
    # What is not known is not told; the answer says what is.
    metadata = octets.number(2) & MetadataFlag.ALL if option & WANTS_METADATA else 0
    stop_after = octets.number(4) if flags & _STOP_AFTER_N else 0
    if flags & _STATUS_REPORTS and flags & _STREAM:
        octets.take(2)  # statistics are none of this module's
    selection = selection_of(octets, option, is_extended=bool(prefix))
    embedded = _embedded(octets, selection.password) if flags & _EMBEDDED else None
    if len(octets):
        raise RefusedError(Status.LENGTH)
    head = prefix + bytes((option,)) + flags.to_bytes(2, "big")
    return Search(head, flags, on_us, off_us, metadata, selection, stop_after, embedded)


def _embedded(octets: Octets, password: int) -> Read:
    """Take `01 LEN 28 TIMEOUT16 OPTION BANK8 ADDRESS32 WORDS8`: the one embedded command that this module has."""
    if octets.number(1) != 1:
        raise RefusedError(Status.NOT_IMPLEMENTED)
    command = Octets(octets.take(octets.number(1) + 1))
    if command.number(1) != _READ_DATA:
        raise RefusedError(Status.NOT_IMPLEMENTED)
    command.take(2)
    if command.number(1):
        raise RefusedError(Status.NOT_IMPLEMENTED)
    bank, address, count = command.number(1), command.number(4), command.number(1)
    if bank not in tuple(Bank) or len(command):
        raise RefusedError(Status.PARAMETER)
    return Read(Bank(bank), address, count, password)
