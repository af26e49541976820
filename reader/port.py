"""What this package offers to others (`TagReader`) and what it needs of them (`TagKnowledge`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from reader.model import ReaderEvent, ReaderHealth, TagRead

__all__ = ["Clock", "TagKnowledge", "TagReader", "TagStanding"]


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
