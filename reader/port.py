"""What this package offers to others (`TagReader`, `ReaderControls`) and what it needs of them (`TagKnowledge`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

from reader.access import Accessed, TagOperation, TagTarget
from reader.model import ReaderEvent, ReaderHealth, TagRead
from reader.profile import Profile

__all__ = ["ByteLink", "Clock", "ControlledReader", "ReaderControls", "TagKnowledge", "TagReader", "TagStanding"]


class Clock(Protocol):
    """The host's time; tests pass one that stands still."""

    def monotonic_s(self) -> float:
        """Return seconds that never go back; their origin means nothing."""

    def utc_us(self) -> int:
        """Return microseconds since 1970-01-01 UTC; may jump."""


class TagReader(Protocol):
    """A supervised reader: it connects, reconnects and watches its peer by itself.

    Must implement: everything here. All of it may be called from any one thread at a time.
    """

    @property
    def name(self) -> str:
        """The name the configuration gives it."""

    def start(self) -> None:
        """Begin to connect; returns at once. A reader that is away is not an error, see `health`."""

    def poll(self, timeout_s: float) -> Sequence[TagRead]:
        """Return the reads that arrived since the last call, oldest first, waiting at most ``timeout_s``.

        An empty result means silence, not failure: `health` says whether the link is up.
        """

    def events(self) -> Sequence[ReaderEvent]:
        """Return, once, what happened besides tags since the last call."""

    def clock_us(self) -> int:
        """Return the reader's clock now, as best known; comparable with `TagRead.t_us`."""

    def health(self) -> ReaderHealth:
        """Return the state of the link and of the reader."""

    def stop(self, deadline_s: float = 10.0) -> None:
        """Close the link politely, within ``deadline_s`` seconds at most; may be called twice."""


class ReaderControls(Protocol):
    """What can be asked of a reader besides reading. Each call waits until it is done; reading goes on around it.

    May be called from any thread, also while another one polls. Not every reader can do everything: what it cannot
    do it refuses with `ReaderRefusedError`.
    """

    def perform(
        self, target: TagTarget, operations: Sequence[TagOperation], timeout_s: float = 5.0
    ) -> tuple[Accessed, ...]:
        """Do ``operations``, at least one, in order on one tag; stop at the first that fails.

        Operations behind one that changes the EPC go to the same tag.

        Raises:
            ValueError: No operations.
            TagAccessError: The tag could not be found, or an operation failed; says which had succeeded.
            ReaderTimeoutError: Not done in time; nobody knows how far it came.
            ReaderGoneError: The link is down or broke meanwhile; nobody knows how far it came.
            ReaderRefusedError: This reader cannot do it.
        """

    def set_output(self, port: int, *, is_on: bool, timeout_s: float = 5.0) -> None:
        """Switch a general purpose output, counted from 1.

        Raises:
            ReaderTimeoutError, ReaderGoneError, ReaderRefusedError: As for `perform`.
        """

    def retune(self, profile: Profile, timeout_s: float = 5.0) -> None:
        """Put another profile in force, now and for later connections, without losing a read that was made.

        Without a link nobody can know whether the reader obeys: the profile is kept for the next connection, and
        `health` says what became of it.

        Raises:
            ProfileError: The reader cannot obey it; the profile that was in force stays.
            ReaderTimeoutError, ReaderGoneError, ReaderRefusedError: As for `perform`.
        """


class ControlledReader(TagReader, ReaderControls, Protocol):
    """What `reader.registry.open_reader` gives."""


class ByteLink(Protocol):
    """Bytes to and from a reader, owned by one thread; never blocks longer than it is told."""

    def send(self, data: bytes) -> None:
        """Queue ``data`` and send what the line takes now; `wait` sends the rest.

        Raises:
            ReaderGoneError: The link is broken.
        """

    def wait(self, timeout_s: float) -> bytes | None:
        """Return bytes that arrived, empty when the peer closed, or None after ``timeout_s`` or a wake-up.

        Raises:
            ReaderGoneError: The link is broken.
        """

    def close(self) -> None:
        """Give the line back; may be called twice."""

    def __enter__(self) -> Self:
        """Return itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close."""


class TagStanding(StrEnum):
    """What the shop knows of a tag, whatever the air says."""

    FOR_SALE = "for_sale"
    SOLD = "sold"
    FOREIGN = "foreign"  # goods, but not of this shop: no price
    NOT_GOODS = "not_goods"  # a tote, a badge, an unprogrammed or unreadable tag


class TagKnowledge(Protocol):
    """The shop's knowledge of tags."""

    def standing_of(self, epcs: Collection[str]) -> Mapping[str, TagStanding]:
        """Return the standing of every one of ``epcs`` (upper-case hex). Fast enough to ask at each tick."""
