"""Finds the rate at which a module speaks, and whether what speaks is of the family that the profile names.

1. The rate that is likeliest is tried twice, because a module that sleeps, or that was cut off in the middle of a
   frame, may lose the first question; then the profile's own and the family's others.
2. What is asked at a wrong rate is noise to a module. Noise may begin a frame, and a module that waits for the rest of
   it swallows the next question, the one at the right rate. So all questions but the very first come behind `_FILLER`,
   which ends the longest half frame there is. It is made of FF, because that begins no A0 and no M100 frame, is how a
   Mercury module is woken, and holds the fewest edges to be misheard.
3. A rate is right when a frame comes that can only be the family's. Bytes alone prove nothing: at a wrong rate
   everything is bytes.
4. Where the other end has the rate to say (a socket to a device server) there is only the question to ask.
5. A wake-up ends the search, but not before the question that is under way: whoever wakes wants the module, as a rule.
6. Where nobody knows the family, all families are asked at once at each rate, twice over: what is a question to one of
   them is noise to the others, and begins none of their frames. Both rounds together take about 3 s.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, Protocol

from reader.errors import ProtocolError, ReaderGoneError
from reader.port import ByteLink, Clock
from reader.profile import Profile
from reader.serial.families import Candidate
from reader.serial.speaker import SerialFamily

__all__ = ["RatedLink", "find_candidate", "find_rate", "find_stranger"]

_ANSWER_S: Final = 0.1
_NETWORK_ANSWER_S: Final = 0.4  # a device server gathers bytes and passes them on when it likes
_BITS_PER_BYTE: Final = 10
_ANSWER_BYTES: Final = 64
_KEPT_BYTES: Final = 512  # of what nobody understood: enough to name a stranger, and for the log
_FILLER: Final = b"\xff" * 260  # the longest frames of the families have 253 to 257 bytes
_UNKNOWN: Final = "no answer{}: is the module powered, and are both data lines connected?"


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
    others = [rate for rate in dict.fromkeys((profile.model.baud, *family.rates)) if rate != first]
    trials: list[int] = [first, first, *(others if link.has_rate else ())]
    wanted = Candidate(profile.driver, family, profile)
    search = _Search(link, clock, (wanted,))
    for rate in trials:
        if search.answers_at(rate) is not None:
            return rate
    tried = f" at {_listed(trials)} baud" if link.has_rate else ""
    if not search.heard:
        raise ReaderGoneError(_UNKNOWN.format(tried))
    stranger = family.stranger(bytes(search.heard))
    if stranger is not None:
        raise ProtocolError(_other(stranger, family), bytes(search.heard))
    raise ProtocolError(f"something speaks{tried}, but not {family.name}", bytes(search.heard))


def find_stranger(
    link: RatedLink, wanted: SerialFamily[Any], others: Sequence[Candidate], clock: Clock, rate: int
) -> None:
    """Ask, after a search in vain, whether a module of another family is there, at ``rate``.

    Raises:
        ProtocolError: One is; its family is named.
        ReaderGoneError: A wake-up ended the search, or the line broke.
    """
    found = _Search(link, clock, others).answers_at(rate)
    if found is not None:
        raise ProtocolError(_other(found.family.name, wanted))


def find_candidate(link: RatedLink, wanted: Sequence[Candidate], clock: Clock) -> tuple[Candidate, int]:
    """Return who of ``wanted`` answers, and the rate, and leave the link at it.

    Raises:
        ReaderGoneError: Nothing answered, or a wake-up ended the search.
        ProtocolError: Something speaks that is none of them.
    """
    search = _Search(link, clock, wanted)
    rates = list(_merged([candidate.family.rates for candidate in wanted])) if link.has_rate else []
    for rate in (rates or [wanted[0].profile.model.baud]) * 2:
        found = search.answers_at(rate)
        if found is not None:
            return found, rate
    heard = bytes(search.heard)
    if not heard:
        raise ReaderGoneError(_UNKNOWN.format(f" at {_listed(rates)} baud" if rates else ""))
    for candidate in wanted:
        stranger = candidate.family.stranger(heard)
        if stranger is not None:
            raise ProtocolError(f"something speaks here, but it is not known: it is {stranger}", heard)
    raise ProtocolError("something speaks here, but it is none of " + ", ".join(each.family.name for each in wanted))


def _other(found: str, wanted: SerialFamily[Any]) -> str:
    return f"something speaks here, but it is not {wanted.name}: it is {found}"


def _listed(rates: Sequence[int]) -> str:
    return ", ".join(map(str, dict.fromkeys(rates)))


def _merged(lists: Sequence[Sequence[int]]) -> Iterator[int]:
    """Yield every rate once, those first that stand at the head of a list."""
    told: set[int] = set()
    for place in range(max(map(len, lists))):
        for rate in (rates[place] for rates in lists if place < len(rates)):
            if rate not in told:
                told.add(rate)
                yield rate


class _Search:
    """Asks the same candidates at one rate after the other.

    heard: what came, as far as nobody understood it.
    """

    def __init__(self, link: RatedLink, clock: Clock, wanted: Sequence[Candidate]) -> None:
        self.heard = bytearray()
        self._link = link
        self._clock = clock
        self._wanted = tuple(wanted)
        self._question = b"".join(each.family.question(each.profile) for each in self._wanted)
        self._has_asked = len(self._wanted) > 1  # with several, whoever was here before may have left half a frame

    def answers_at(self, rate: int) -> Candidate | None:
        """Ask once; return whose frame came."""
        if self._link.has_rate:
            self._link.set_rate(rate)
        sent = _FILLER + self._question if self._has_asked else self._question
        self._has_asked = True
        self._link.send(sent)
        ears = [(candidate, candidate.family.decoder(candidate.profile)) for candidate in self._wanted]
        for received in self._answer(len(sent), rate):
            self.heard += received[: max(0, _KEPT_BYTES - len(self.heard))]
            for candidate, decoder in ears:
                if _has_own(candidate.family, decoder.feed(received) if received else decoder.finish()):
                    return candidate
        return None

    def _answer(self, sent_bytes: int, rate: int) -> Iterator[bytes]:
        """Yield what arrives in time, and an empty one at the end."""
        on_the_wire_s = (sent_bytes + _ANSWER_BYTES) * _BITS_PER_BYTE / rate
        patience_s = _NETWORK_ANSWER_S if self._link.is_remote else _ANSWER_S
        due_s = self._clock.monotonic_s() + on_the_wire_s + patience_s
        is_woken = False
        while (left_s := due_s - self._clock.monotonic_s()) > 0:
            received = self._link.wait(left_s)
            if received is None:
                is_woken |= self._clock.monotonic_s() < due_s
                continue
            if not received:
                raise ReaderGoneError("the line was closed at the other end")
            yield received
        yield b""
        if is_woken:
            raise ReaderGoneError("the search for the module was ended")


def _has_own(family: SerialFamily[Any], frames: Sequence[Any]) -> bool:
    return any(frame.error is None and family.recognises(frame) for frame in frames)
