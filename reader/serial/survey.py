"""Which family's module is at the end of a serial line, and at which rate: asked without ever transmitting.

All families are asked for their version at each rate, the likeliest first; see `reader.serial.rate_search`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from reader.host_clock import HostClock
from reader.port import Clock
from reader.serial.address import Address
from reader.serial.families import Candidate, candidates
from reader.serial.link import open_link
from reader.serial.rate_search import RatedLink, find_candidate
from reader.serial.words import WordedFrame, frames_in_words
from reader.waker import Waker

__all__ = ["SerialSurvey", "surveyed"]

_ANSWER_S: Final = 0.5
_VERSIONS: Final = ("get_version", "get_module")  # a question may have more answers, and a module that reads says more


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
    known = candidates()
    waker = Waker()
    try:
        with open_link(where, known[0].profile.model.baud, waker, time) as link:
            found, baud = find_candidate(link, known, time)
            said = _answer(found, link, time)
    finally:
        waker.close()
    return SerialSurvey(found.driver, found.family.name, baud if link.has_rate else None, said)


def _answer(found: Candidate, link: RatedLink, clock: Clock) -> Mapping[str, Any]:
    """Ask once more, and return the answer in words; empty where it does not come again."""
    family = found.family
    decoder = family.decoder(found.profile)
    link.send(family.question(found.profile))
    due_s = clock.monotonic_s() + _ANSWER_S
    while (left_s := due_s - clock.monotonic_s()) > 0:
        received = link.wait(left_s)
        for frame in decoder.feed(received) if received else ():
            if frame.error is None and family.recognises(frame):
                worded: WordedFrame = next(iter(frames_in_words(found.driver, frame.raw)))
                if worded.kind in _VERSIONS:
                    return worded.fields
    return {}
