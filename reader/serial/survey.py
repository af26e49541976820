"""Which family's module is at the end of a serial line, and at which rate: asked without ever transmitting.

Each family's own question (its version) is asked at each of its rates, the likeliest family and rate first.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from reader.errors import ProtocolError, ReaderGoneError
from reader.host_clock import HostClock
from reader.port import Clock
from reader.profile import Profile, load_profile
from reader.serial.address import Address
from reader.serial.link import open_link
from reader.serial.rate_search import RatedLink, find_rate
from reader.serial.speaker import SerialFamily
from reader.serial.words import frames_in_words
from reader.waker import Waker

__all__ = ["SerialSurvey", "surveyed"]

# driver -> (module, family, a profile of that family: its rate and bus address are all that is used of it)
_FAMILIES: Final = {
    "mercury": ("reader.serial.mercury_conversation", "MERCURY", "jadak-m6e-pad-eu"),
    "m100": ("reader.serial.m100_conversation", "M100", "m100-pad-eu"),
    "r2000": ("reader.serial.r2000_conversation", "R2000", "r2000-pad-eu"),
}
_ANSWER_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class SerialSurvey:
    """What was found. baud: None where the other end of a network has the rate to say.

    said: the module's answer in words, as `tagtill reader decode` shows it.
    """

    driver: str
    family: str
    baud: int | None
    said: Mapping[str, Any]


def surveyed(address: str, clock: Clock | None = None) -> SerialSurvey:
    """Return which family's module answers at ``address``.

    Raises:
        ProfileError: The address is none.
        ReaderGoneError: There is no such line, or nothing answers on it.
        ReaderBusyError: Another program has the line.
        ProtocolError: Something speaks that is none of the families.
    """
    time = clock or HostClock()
    where = Address.of(address)
    waker = Waker()
    heard: ProtocolError | None = None
    silent: ReaderGoneError | None = None
    try:
        for driver, (module, attribute, profile_name) in _FAMILIES.items():
            family: SerialFamily[Any] = getattr(importlib.import_module(module), attribute)
            profile = load_profile(profile_name)
            with open_link(where, profile.model.baud, waker, time) as link:
                try:
                    baud = find_rate(link, family, profile, time, profile.model.baud)
                except ProtocolError as error:
                    heard = error
                    continue
                except ReaderGoneError as error:
                    silent = error
                    continue
                said = _answer(driver, family, profile, link, time)
                return SerialSurvey(driver, family.name, baud if link.has_rate else None, said)
    finally:
        waker.close()
    if heard is not None:
        raise ProtocolError(f"something speaks at {address}, but neither Mercury, M100 nor A0", heard.frame)
    raise silent or ReaderGoneError(f"nothing answers at {address}")


def _answer(
    driver: str, family: SerialFamily[Any], profile: Profile, link: RatedLink, clock: Clock
) -> Mapping[str, Any]:
    """Ask once more, and return the answer in words; empty where it does not come again."""
    decoder = family.decoder(profile)
    link.send(family.question(profile))
    due_s = clock.monotonic_s() + _ANSWER_S
    while (left_s := due_s - clock.monotonic_s()) > 0:
        received = link.wait(left_s)
        for frame in decoder.feed(received) if received else ():
            if frame.error is None and family.recognises(frame):
                return next(worded.fields for worded in frames_in_words(driver, frame.raw))
    return {}
