"""A serial family as the driver sees it: how it is recognised, and what it says. Pure.

A family is a `SerialFamily` value; its `speaker` makes the `Speaker` of one connection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Protocol

from reader.access import Accessed, TagOperation, TagTarget
from reader.conversation import Found, Noticed
from reader.model import ReaderEventKind, TagRead
from reader.profile import Profile
from reader.serial.acts import Acts, F

__all__ = ["Decoding", "Heard", "SerialFamily", "Speaker"]


class Decoding(Protocol[F]):
    """Bytes in, frames out; broken frames are values."""

    def feed(self, received: bytes) -> list[F]:
        """Take ``received`` and return the frames that are whole now."""

    def finish(self) -> list[F]:
        """Return what waits, because the line fell silent."""


@dataclass(slots=True)
class Heard:
    """What a speaker heard and nobody took yet; temperature_c stays until the next.

    now_s: when the acts went on the last time, for a speaker that does something every so often.
    """

    reads: list[TagRead] = field(default_factory=list)
    noticed: list[Noticed] = field(default_factory=list)
    temperature_c: float | None = None
    now_s: float = 0.0

    def notice(self, kind: ReaderEventKind, detail: str, antenna: int | None = None) -> None:
        """Note something besides tags; ``antenna`` counts from 1."""
        self.noticed.append(Noticed(kind, detail, antenna))


class Speaker(Protocol[F]):
    """One family's side of one connection. It sees sound frames only; times are the host's monotonic seconds.

    A module that was reset has forgotten its power, and the line does not tell. So nothing that makes a carrier is
    sent unless the answer before it was one to "what is your power?", and the right one; `ReaderGoneError` else.

    Any act may raise a `ReaderError`: in `greet`, `tune`, `read` and `pause` it ends the connection, in an errand it
    is the errand's outcome.
    """

    def greet(self) -> Acts[F, None]:
        """Find out who is there, and make it silent if it reads for somebody who was here before."""

    def tune(self, profile: Profile) -> Acts[F, Found]:
        """Put ``profile`` in force on a module that is silent; powers are read back.

        Raises:
            ProfileError: The module cannot obey it. It may be half in force then: the one before is put back.
        """

    def read(self) -> Acts[F, None]:
        """Begin to read, and see to it that it goes on; never ends by itself.

        Closed by an errand at any act but an open `Ask`, by the farewell at any act; begun anew afterwards.
        """

    def pause(self) -> Acts[F, None]:
        """Make the module silent: before an errand, and as the farewell. May find it silent already."""

    def access(self, target: TagTarget, operation: TagOperation) -> Acts[F, Accessed]:
        """Do one operation on one tag.

        Raises:
            TagAccessError: It failed; `done` is left empty.
            ReaderRefusedError: The module cannot do it.
        """

    def switch_output(self, port: int, *, is_on: bool) -> Acts[F, None]:
        """Switch a general purpose output, counted from 1; `ReaderRefusedError` where there is none."""

    def take_unasked(self, frame: F, now_s: float) -> None:
        """Take a frame that no act waited for, once the module is tuned; reads and notices go to its `Heard`."""


@dataclass(frozen=True, slots=True)
class SerialFamily(Generic[F]):
    """What the driver has to know of a family.

    name: for people.
    rates: baud rates that modules of it are found at, the likeliest first; the profile's own is tried before them.
    question: what every module of it answers within 100 ms, whatever state it is in, and that changes nothing.
    decoder: makes a decoder of what modules send.
    recognises: whether a sound frame can only be this family's: a weak checksum may be right by chance.
    speaker: makes one connection's speaker, given what was heard.
    stranger: names the protocol that bytes are of if it is another one that is known, else None.
    """

    name: str
    rates: tuple[int, ...]
    question: Callable[[Profile], bytes]
    decoder: Callable[[Profile], Decoding[F]]
    recognises: Callable[[F], bool]
    speaker: Callable[[Profile, Heard], Speaker[F]]
    stranger: Callable[[bytes], str | None] = lambda _: None
