"""Finds the rate at which a module speaks, and whether what speaks is of the family that the profile names.

1. The rate that is likeliest is tried twice, because a module that sleeps, or that was cut off in the middle of a
   frame, may lose the first question; then the profile's own and the family's others, once each.
2. A rate is right when a frame comes that can only be the family's. Bytes alone prove nothing: at a wrong rate
   everything is bytes.
3. Where the other end has the rate to say (a socket to a device server) there is only the question to ask.
4. A wake-up ends the search, but not before the question that is under way: whoever wakes wants the module, as a rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Protocol

from reader.errors import ProtocolError, ReaderGoneError
from reader.port import ByteLink, Clock
from reader.profile import Profile
from reader.serial.speaker import SerialFamily

__all__ = ["RatedLink", "find_rate"]

_ANSWER_S: Final = 0.1
_NETWORK_ANSWER_S: Final = 0.4  # a device server gathers bytes and passes them on when it likes
_BITS_PER_BYTE: Final = 10
_ANSWER_BYTES: Final = 64
_KEPT_BYTES: Final = 512  # of what nobody understood: enough to name a stranger, and for the log


class RatedLink(ByteLink, Protocol):
    """A link whose rate may be ours to set."""

    @property
    def has_rate(self) -> bool:
        """Whether `set_rate` changes anything."""

    @property
    def is_remote(self) -> bool:
        """Whether a network lies between."""

    def set_rate(self, baud: int) -> None:
        """Go on at ``baud``, and forget what arrived at another rate.

        Raises:
            ReaderGoneError: The port is broken, or cannot do it.
        """


def find_rate(link: RatedLink, family: SerialFamily[Any], profile: Profile, clock: Clock, first: int) -> int:
    """Return the rate that the module answers at, and leave the link at it.

    Args:
        link: To the module, just opened.
        family: Who should be there.
        profile: What the reader is.
        clock: The host's time.
        first: The likeliest rate: where it was found the last time.

    Raises:
        ReaderGoneError: Nothing answered, or a wake-up ended the search.
        ProtocolError: Something speaks, but not this family's protocol.
    """
    heard = bytearray()
    rates: list[int] = []
    for rate in _trials(link, family, profile, first):
        if rate not in rates:
            rates.append(rate)
        if link.has_rate:
            link.set_rate(rate)
        if _answers(link, family, profile, clock, rate, heard):
            return rate
    tried = f" at {', '.join(map(str, rates))} baud" if link.has_rate else ""
    if not heard:
        raise ReaderGoneError(f"no answer{tried}: is the module powered, and are both data lines connected?")
    stranger = family.stranger(bytes(heard))
    if stranger is not None:
        raise ProtocolError(f"a module that speaks {stranger} is there, not {family.name}", bytes(heard))
    raise ProtocolError(f"something speaks{tried}, but not {family.name}", bytes(heard))


def _trials(link: RatedLink, family: SerialFamily[Any], profile: Profile, first: int) -> Iterator[int]:
    yield first
    yield first
    if not link.has_rate:
        return
    for rate in dict.fromkeys((profile.model.baud, *family.rates)):
        if rate != first:
            yield rate


def _answers(
    link: RatedLink, family: SerialFamily[Any], profile: Profile, clock: Clock, rate: int, heard: bytearray
) -> bool:
    """Ask once; return whether a frame of the family came."""
    decoder = family.decoder(profile)
    question = family.question(profile)
    link.send(question)
    on_the_wire_s = (len(question) + _ANSWER_BYTES) * _BITS_PER_BYTE / rate
    due_s = clock.monotonic_s() + on_the_wire_s + (_NETWORK_ANSWER_S if link.is_remote else _ANSWER_S)
    is_woken = False
    while (left_s := due_s - clock.monotonic_s()) > 0:
        received = link.wait(left_s)
        if received is None:
            is_woken |= clock.monotonic_s() < due_s
            continue
        if not received:
            raise ReaderGoneError("the line was closed at the other end")
        heard += received[: max(0, _KEPT_BYTES - len(heard))]
        if any(frame.error is None and family.recognises(frame) for frame in decoder.feed(received)):
            return True
    if any(frame.error is None and family.recognises(frame) for frame in decoder.finish()):
        return True
    if is_woken:
        raise ReaderGoneError("the search for the module was ended")
    return False
