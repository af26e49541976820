"""What is known of one tag, and how a movement changes it: the same from any order of arrival, and from repeats.

1. A tag's place is what the latest movement that puts it somewhere says (stocked, counted, given back), by the clock.
2. A sale is opened by its receipt's number and closed by a void or a return that names it; whichever arrives first.
3. A tag is sold while any sale of it is open. No count and no later import takes it out: SOLD is sticky.
4. What cannot be true together is a contradiction for a person to look at; it is read off the state, so that it too
   does not depend on the order of arrival.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from stocksync.clock import Stamp
from stocksync.movement import Movement, Reason, microseconds

__all__ = ["Condition", "Contradiction", "ContradictionKind", "Place", "SaleMark", "TagState", "moved"]

_NO_SALES: Mapping[str, SaleMark] = MappingProxyType({})


class Condition(StrEnum):
    """How a tag stands in this store."""

    PRESENT = "present"
    RETURNED = "returned"  # given back, not yet on the shelf again
    SOLD = "sold"
    UNPLACED = "unplaced"  # known only from a sale that was taken back


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tag was put or seen last, by which event; a stamp is unique to its movement."""

    zone: str
    reason: Reason
    stamp: Stamp
    event_id: str


@dataclass(frozen=True, slots=True)
class SaleMark:
    """One sale of a tag by its receipt: when it was made and taken back; either is None as long as unheard of.

    sold_us: what the shop's clock said at the sale, microseconds since 1970 UTC.
    """

    sold: Stamp | None = None
    sold_us: int | None = None
    event_id: str | None = None
    undone: Stamp | None = None

    @property
    def is_open(self) -> bool:
        """Whether the sale was made and not taken back."""
        return self.sold is not None and self.undone is None


class ContradictionKind(StrEnum):
    """What a person has to look at."""

    SEEN_AFTER_SALE = "seen_after_sale"  # exit leak, cloned tag, or a sale that should have been voided
    SOLD_TWICE = "sold_twice"  # cloned tag, or a return that was not booked


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two things of one tag that cannot both be true; `document` is the sale in question."""

    kind: ContradictionKind
    document: str


@dataclass(frozen=True, slots=True)
class TagState:
    """All that is known of one tag. `latest` is the newest movement's stamp, whatever it was."""

    tag_key: str
    epc: str
    gtin: str | None
    latest: Stamp
    place: Place | None = None
    sales: Mapping[str, SaleMark] = field(default_factory=lambda: _NO_SALES)

    @property
    def open_sale(self) -> str | None:
        """The receipt's number of the latest open sale."""
        opened = [(mark.sold, number) for number, mark in self.sales.items() if mark.sold and mark.is_open]
        return max(opened)[1] if opened else None

    @property
    def condition(self) -> Condition:
        """How the tag stands."""
        if self.open_sale is not None:
            return Condition.SOLD
        if self.place is None:
            return Condition.UNPLACED
        return Condition.RETURNED if self.place.reason is Reason.RETURN else Condition.PRESENT

    @property
    def zone(self) -> str | None:
        """Where it should be found now; None while it is sold or was never placed."""
        return None if self.place is None or self.condition is Condition.SOLD else self.place.zone

    def contradictions(self) -> frozenset[Contradiction]:
        """Return what cannot be true together."""
        open_sales = [(number, mark.sold) for number, mark in self.sales.items() if mark.sold and mark.is_open]
        found: set[Contradiction] = set()
        if self.place is not None:
            seen = self.place.stamp
            found.update(
                Contradiction(ContradictionKind.SEEN_AFTER_SALE, number) for number, sold in open_sales if seen > sold
            )
        if len(open_sales) > 1:
            found.update(Contradiction(ContradictionKind.SOLD_TWICE, number) for number, _ in open_sales)
        return frozenset(found)


def moved(before: TagState | None, movement: Movement) -> TagState:
    """Return what is known of the tag once ``movement`` is known too."""
    state = before or TagState(movement.tag_key, movement.epc, movement.gtin, movement.hlc)
    if movement.hlc > state.latest:  # of two encodings of one item, the one that was read last
        state = replace(state, epc=movement.epc, latest=movement.hlc)
    if movement.zone is not None:
        state = replace(state, place=_later(state.place, movement, movement.zone))
    if movement.reason is Reason.SALE and movement.document is not None:
        state = _sold(state, movement, movement.document)
    if movement.undoes is not None:
        state = _undone(state, movement.hlc, movement.undoes)
    return state


def _later(place: Place | None, movement: Movement, zone: str) -> Place:
    if place is not None and place.stamp >= movement.hlc:
        return place
    return Place(zone, movement.reason, movement.hlc, movement.event_id)


# Of two claims about one sale the earlier stays, so that the order of arrival is nothing.
def _sold(state: TagState, movement: Movement, document: str) -> TagState:
    known = state.sales.get(document, SaleMark())
    if known.sold is not None and known.sold <= movement.hlc:
        return state
    sold_us = microseconds(movement.occurred_utc)
    return _marked(state, document, replace(known, sold=movement.hlc, sold_us=sold_us, event_id=movement.event_id))


def _undone(state: TagState, stamp: Stamp, document: str) -> TagState:
    known = state.sales.get(document, SaleMark())
    if known.undone is not None and known.undone <= stamp:
        return state
    return _marked(state, document, replace(known, undone=stamp))


def _marked(state: TagState, document: str, mark: SaleMark) -> TagState:
    return replace(state, sales=MappingProxyType({**state.sales, document: mark}))
