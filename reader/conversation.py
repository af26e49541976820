"""What one connection to a reader is, whatever it speaks: bytes, times and errands in; bytes, reads and outcomes out.

A `Conversation` has no link, no clock and no thread; `reader.supervised` gives it all three.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from reader.access import Accessed, TagOperation, TagTarget
from reader.errors import ReaderError
from reader.model import ReaderEventKind, TagRead
from reader.profile import Profile

__all__ = ["AccessErrand", "Conversation", "Errand", "Found", "Noticed", "Outcome", "OutputErrand", "RetuneErrand"]


@dataclass(frozen=True, slots=True)
class AccessErrand:
    """Do ``operations``, at least one, in order on one tag."""

    target: TagTarget
    operations: tuple[TagOperation, ...]

    def __post_init__(self) -> None:
        if not self.operations:
            raise ValueError("an errand to a tag has at least one operation")


@dataclass(frozen=True, slots=True)
class OutputErrand:
    """Switch a general purpose output, counted from 1."""

    port: int
    is_on: bool


@dataclass(frozen=True, slots=True)
class RetuneErrand:
    """Put ``profile`` in force on this connection."""

    profile: Profile


Errand = AccessErrand | OutputErrand | RetuneErrand


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an errand: ``results`` of an access, or the error that ended it."""

    results: tuple[Accessed, ...] = ()
    error: ReaderError | None = None


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something besides tags; `detail` is for staff. `antenna` for the kinds that are about one."""

    kind: ReaderEventKind
    detail: str
    antenna: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a connection found at the other end, once it reads.

    tx_powers_dbm: by antenna port, as read back from the reader.
    is_expected: whether it is the model that the profile names, as far as anybody can tell.
    """

    model: str
    firmware: str
    tx_powers_dbm: Mapping[int, float] = field(default_factory=dict)
    is_expected: bool = True


class Conversation(Protocol):
    """One connection from its first byte to its last. All times are the host's monotonic seconds, passed in.

    An error raised by `receive` or `tick` ends it: the link is to be closed and the conversation thrown away. What
    happened before can still be taken.
    """

    @property
    def is_reading(self) -> bool:
        """Whether everything is set up and reads flow."""

    @property
    def is_over(self) -> bool:
        """Whether the farewell is done; the link may be closed."""

    @property
    def found(self) -> Found | None:
        """What is at the other end; None until it reads. Replaced when a retune took effect."""

    @property
    def temperature_c(self) -> float | None:
        """The reader's last word on its temperature."""

    @property
    def due_s(self) -> float:
        """When `tick` has to be called at the latest."""

    def take_outgoing(self) -> bytes:
        """Return, once, the bytes to be sent."""

    def take_reads(self) -> list[TagRead]:
        """Return, once, the reads that arrived."""

    def take_noticed(self) -> Sequence[Noticed]:
        """Return, once, what happened besides tags."""

    def receive(self, received: bytes, now_s: float) -> None:
        """Take bytes from the reader; empty means that it closed the connection.

        Raises:
            ReaderError: The connection is of no more use; the kind of error says why.
        """

    def tick(self, now_s: float) -> None:
        """Look at the deadlines.

        Raises:
            ReaderTimeoutError, ReaderGoneError: No answer, or no sign of life, in time.
        """

    def leave(self, now_s: float) -> None:
        """Begin the farewell; nothing happens the second time."""

    def begin(self, errand: Errand, now_s: float, due_s: float) -> None:
        """Begin an errand, to be over by ``due_s``. Only while it `is_reading`, and one at a time."""

    def take_outcome(self) -> Outcome | None:
        """Return, once, what came of the errand that was begun; None while it is under way."""
