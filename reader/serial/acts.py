"""What a serial family's side of a conversation can do: ask, tell, listen, rest. Pure values; generators yield them.

A family writes what it has to say as generators (`Acts`), each act a line:

    answer = yield from ask(Ask("version", request, is_version))

`reader.serial.dialogue` sends, waits, repeats and hands the answer back.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from math import inf
from typing import Final, Generic, Protocol, TypeVar

from reader.serial.framing import FrameError

__all__ = ["Acts", "Ask", "Framed", "Listen", "Rest", "Tell", "ask", "listen", "rest", "tell"]

_ANSWER_S: Final = 0.5  # a module answers in milliseconds, plus 0.3 s for the longest frame at 9600 baud


class Framed(Protocol):
    """What every family's frames have."""

    @property
    def raw(self) -> bytes:
        """Its bytes."""

    @property
    def error(self) -> FrameError | None:
        """What is wrong with it; None when it is sound."""


F = TypeVar("F", bound=Framed)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask(Generic[F]):
    """Send a request and wait for its answer.

    name: in words, for errors.
    sent: the request; empty to wait for the answer to one that is under way.
    accepts: whether a sound frame is the answer, refusals included; others go to `Speaker.take_unasked`.
    deadline_s: for each of ``tries`` sendings; an ask that must not be done twice has one. Unanswered, it raises
        `ReaderTimeoutError` in the generator.
    is_patient: each sound frame that comes meanwhile starts the deadline anew.
    transmits: whether it makes a carrier.
    is_sequel: whether what it asks for is lost if an errand comes before it.
    """

    name: str
    sent: bytes
    accepts: Callable[[F], bool]
    deadline_s: float = _ANSWER_S
    tries: int = 1
    is_patient: bool = False
    transmits: bool = False
    is_sequel: bool = False


@dataclass(frozen=True, slots=True)
class Tell:
    """Send something that is not answered; ``transmits``: whether it makes a carrier."""

    sent: bytes
    transmits: bool = False


@dataclass(frozen=True, slots=True)
class Listen(Generic[F]):
    """Let frames come: until one that is waited for, until no sound frame came for ``silence_s``, or until
    ``at_most_s`` are over.
    """

    until: Callable[[F], bool]
    silence_s: float
    at_most_s: float = inf


@dataclass(frozen=True, slots=True)
class Rest:
    """Do nothing for ``for_s``; frames that come meanwhile are taken as usual."""

    for_s: float


Acts = Generator[Ask[F] | Tell | Listen[F] | Rest, F | None, T]
"""Yields acts, is sent frames, returns T."""


def ask(request: Ask[F]) -> Acts[F, F]:
    """Return the answer.

    Raises:
        ReaderTimeoutError: There was none, however often it was tried.
    """
    answer = yield request
    assert answer is not None, "a request is only gone on from with its answer"
    return answer


def tell(sent: bytes, *, transmits: bool = False) -> Acts[F, None]:
    """Send, and go on at once."""
    yield Tell(sent, transmits)


def listen(until: Callable[[F], bool], silence_s: float, at_most_s: float = inf) -> Acts[F, F | None]:
    """Return the frame that was waited for, or None: after a silence, or after ``at_most_s``."""
    return (yield Listen(until, silence_s, at_most_s))


def rest(for_s: float) -> Acts[F, None]:
    """Let time pass."""
    yield Rest(for_s)
