"""The driver of serial modules: a supervised reader whose link is a serial line and whose conversation is a family's.

The rate is found at each connect, because a module may have been exchanged, or have forgotten its rate with its
power; it is asked for first where it was found the last time.
"""

from __future__ import annotations

import random
from typing import Any

import structlog

from reader.conversation import Noticed
from reader.errors import ReaderGoneError
from reader.host_clock import HostClock
from reader.model import ReaderEventKind
from reader.port import Clock
from reader.profile import Profile
from reader.reader_clock import ReaderClock
from reader.serial.address import Address
from reader.serial.dialogue import SerialDialogue
from reader.serial.families import candidates, family_of
from reader.serial.link import open_link
from reader.serial.rate_search import RatedLink, find_rate, find_stranger
from reader.serial.speaker import SerialFamily
from reader.supervised import SupervisedReader
from reader.waker import Waker

__all__ = ["open_serial_reader", "serial_reader"]

log = structlog.get_logger()


def open_serial_reader(profile: Profile, address: str, name: str) -> SupervisedReader:
    """Return a reader on the host's own clock, not started."""
    return serial_reader(profile, address, name, HostClock(), random.Random())


def serial_reader(profile: Profile, address: str, name: str, clock: Clock, random: random.Random) -> SupervisedReader:
    """Return a reader, not started.

    Args:
        profile: What the reader is and shall do; its driver says the family.
        address: A device (best by its stable name in /dev/serial/by-id), socket://host:port, rfc2217://host:port, or
            host:port for the first of these.
        name: What staff call it.
        clock: The host's time.
        random: Jitter for reconnecting.

    Raises:
        ProfileError: The address is none, or there is no such family.
    """
    line = _Line(family_of(profile.driver), profile, Address.of(address), name, clock)
    return SupervisedReader(profile, name, line.connect, line.converse, clock, random)


class _Line:
    """Where the module is, and the rate that it was found at. Used by the reader's thread alone."""

    def __init__(self, family: SerialFamily[Any], profile: Profile, address: Address, name: str, clock: Clock) -> None:
        self._family = family
        self._profile = profile
        self._address = address
        self._name = name
        self._clock = clock
        self._rate = profile.model.baud
        self._noticed: list[Noticed] = []

    def connect(self, waker: Waker) -> RatedLink:
        """Open the link, and find the rate."""
        link = open_link(self._address, self._rate, waker, self._clock)
        try:
            found = self._found_rate(link)
        except BaseException:
            link.close()
            raise
        if found != self._rate:
            self._say_differs(found)
        self._rate = found
        return link

    def _found_rate(self, link: RatedLink) -> int:
        try:
            return find_rate(link, self._family, self._profile, self._clock, self._rate)
        except ReaderGoneError:
            # Most "no answer" that people meet is another family's module, which keeps silent when asked in ours.
            others = [each for each in candidates() if each.driver != self._profile.driver]
            find_stranger(link, self._family, others, self._clock, self._profile.model.baud)
            raise

    def converse(self, profile: Profile, clock: ReaderClock, now_s: float) -> SerialDialogue[Any]:
        """Begin the conversation on the link that was just made."""
        noticed, self._noticed = self._noticed, []
        return SerialDialogue(self._family, profile, clock, now_s, noticed)

    def _say_differs(self, found: int) -> None:
        wanted = self._profile.model.baud
        words = f"answers at {found}, the profile says {wanted}" if found != wanted else f"answers at {found} again"
        self._noticed = [Noticed(ReaderEventKind.BAUD_DIFFERS, words)]
        log.warning("reader_baud_differs", reader=self._name, baud=found, profile_baud=wanted)
