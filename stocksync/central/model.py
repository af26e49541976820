"""The values of the central inventory: what is captured, what is kept, what is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple

__all__ = [
    "Behaviour",
    "CaptureBatch",
    "CaptureJob",
    "CaptureOutcome",
    "CapturedEvent",
    "ExceptionKind",
    "ExceptionRecord",
    "Level",
    "Mention",
    "Role",
    "StoredEvent",
    "StoredReceipt",
    "Verdict",
]


class Role(IntEnum):
    """As what an event names an identifier. Within one event, a lower role is applied first."""

    MISSING = 0  # a count that should have found it did not
    INPUT = 1
    ITEM = 2
    CHILD = 3
    OUTPUT = 4
    PARENT = 5
    CLASS = 6  # quantities of a product, without serials
    INPUT_CLASS = 7
    OUTPUT_CLASS = 8


class Mention(NamedTuple):
    """An identifier in an event. `key` is its canonical form; `gtin` is None where it is no item of a product."""

    key: str
    gtin: str | None
    role: Role


@dataclass(frozen=True, slots=True)
class CapturedEvent:
    """One event in the form that is stored; times are microseconds since 1970-01-01 UTC.

    declared: it carries an errorDeclaration, so it takes back the event of the same id.
    store, epoch, seq: who numbered it; all None (0) for events from elsewhere.
    hlc: stamp of the hybrid logical clock; made from eventTime where the event has none.
    read_site, biz_site: the sites (GLN Digital Link without extension) of readPoint and bizLocation.
    digest: of the content without what a repository adds; equal digests mean the same event.
    document: JSON of the event, canonical identifiers and bare terms, without recordTime and @context.
    context: JSON of what its @context adds to the standard's.
    """

    event_id: str
    declared: bool
    error_reason: str | None
    event_type: str
    action: str | None
    biz_step: str | None
    disposition: str | None
    read_point: str | None
    biz_location: str | None
    read_site: str | None
    biz_site: str | None
    event_time_us: int
    store: str | None
    epoch: int
    seq: int
    hlc: str
    digest: bytes
    document: str
    context: str
    mentions: tuple[Mention, ...]


class Behaviour(StrEnum):
    """What a capture job does about an error. Source: EPCIS 2.0, GS1-Capture-Error-Behaviour."""

    ROLLBACK = "rollback"
    PROCEED = "proceed"


class Verdict(StrEnum):
    """What became of one event of a batch."""

    STORED = "stored"
    QUARANTINED = "quarantined"  # stored, but from too far ahead to be believed
    DUPLICATE = "duplicate"  # the same event was here before
    CONFLICT = "conflict"  # another event has its identity
    REFUSED = "refused"  # nothing wrong with it, but its batch was rolled back


@dataclass(frozen=True, slots=True)
class CaptureBatch:
    """What one request asks to store, all or as much as possible.

    author: the store whose key was shown; None where no keys are asked for.
    errors: problems (RFC 7807) that were found before, of events that are not among ``events``.
    job_id: None where no job is to be recorded (POST /events).
    """

    events: Sequence[CapturedEvent]
    behaviour: Behaviour
    author: str | None
    received_us: int
    job_id: str | None = None
    errors: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class CaptureJob:
    """A finished capture job; `errors` are problems (RFC 7807) with the eventID they are about."""

    job_id: str
    author: str | None
    created_us: int
    finished_us: int
    behaviour: Behaviour
    errors: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class CaptureOutcome:
    """What is on disk: one verdict per event of the batch, in its order; conflicts say why."""

    verdicts: Sequence[Verdict]
    conflicts: Mapping[int, str] = field(default_factory=dict)
    record_us: int = 0


class StoredEvent(NamedTuple):
    """An event as a query finds it; `number` rises in the order of recording."""

    number: int
    record_us: int
    event_time_us: int
    document: str
    context: str


@dataclass(frozen=True, slots=True)
class Level:
    """The stock of one product at one site.

    on_hand: items that are there and for sale. uncertain: those of them that a count did not find.
    as_of_us: when central last recorded an event from that site, whatever it was about.
    """

    gtin: str
    location: str
    on_hand: int
    reserved: int
    safety: int
    uncertain: int
    as_of_us: int
    revision: int

    @property
    def available(self) -> int:
        """What may be promised; never below zero."""
        return max(0, self.on_hand - self.reserved - self.safety - self.uncertain)


class ExceptionKind(StrEnum):
    """Contradictions that a person should look at."""

    IDENTITY_CONFLICT = "identity_conflict"  # two different events under one identity; the first was kept
    FUTURE_EVENT = "future_event"  # stamped too far ahead; kept, not believed
    FOREIGN_DECLARATION = "foreign_declaration"  # an error declaration by another store than the event's
    SALE_DECLARED_INCORRECT = "sale_declared_incorrect"  # only did_not_occur takes a sale back
    SOLD_TAG_SEEN = "sold_tag_seen"  # counted or stocked while sold
    SOLD_TWICE = "sold_twice"
    TWO_PLACES = "two_places"  # at a second site without having left the first
    ENDED_TAG_SEEN = "ended_tag_seen"  # destroyed or decommissioned before


@dataclass(frozen=True, slots=True)
class ExceptionRecord:
    """One contradiction: about an event, and about a tag where there is one."""

    number: int
    kind: ExceptionKind
    event_id: str
    tag: str | None
    detail: str
    noticed_us: int


@dataclass(frozen=True, slots=True)
class StoredReceipt:
    """A receipt behind its token; `document` is JSON."""

    author: str | None
    document: str
    expires_us: int
