"""What is believed of one tag: a fold over everything that was said about it.

1. The state is a function of the *set* of observations: they are folded in the order of their stamps, so neither
   the order of arrival nor duplicates matter.
2. The last word wins, except that SOLD is sticky: only a return leaves it, or the sale's being taken back, which
   removes the sale from the set.
3. What contradicts the belief changes nothing that protects stock; it becomes a finding for a person.
4. An absence (a count that did not find the tag) is no observation of a place: it only casts doubt.

Source of the words: CBV 2.0, business steps and dispositions, as `stocksync.epcis.events` uses them for a shop.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from stocksync.central.model import ExceptionKind, Role

__all__ = [
    "BLANK",
    "Belief",
    "Claim",
    "Finding",
    "Observation",
    "Standing",
    "claim_of",
    "claimed_site",
    "fold",
    "step",
    "taken_back",
]


class Claim(StrEnum):
    """What an event says of a tag that it names."""

    PRESENT = "present"  # it is at a site and may be sold
    HELD = "held"  # it is at a site and may not be sold: damaged, recalled, not yet checked
    RETURNED = "returned"  # a customer brought it back
    SALE = "sale"
    SOLD = "sold"  # it is the customer's, by something else than the sale itself (its tag was killed)
    AWAY = "away"  # it left and has not arrived
    ENDED = "ended"  # its identifier will not be used again
    DOUBT = "doubt"  # it was looked for in vain, or seen where goods do not stay
    SEEN = "seen"  # nothing that changes what it is


class Standing(StrEnum):
    """What a tag is believed to be."""

    UNKNOWN = "unknown"
    IN_STOCK = "in_stock"
    HELD = "held"
    SOLD = "sold"
    AWAY = "away"
    ENDED = "ended"


_HERE = (Standing.IN_STOCK, Standing.HELD)

_BY_DISPOSITION = {
    **dict.fromkeys(("sellable_accessible", "sellable_not_accessible", "available", "active"), Claim.PRESENT),
    **dict.fromkeys(
        (
            "damaged",
            "expired",
            "in_progress",
            "mismatch_class",
            "mismatch_instance",
            "mismatch_quantity",
            "needs_replacement",
            "no_pedigree_match",
            "non_conformant",
            "non_sellable_other",
            "partially_dispensed",
            "recalled",
            "unavailable",
        ),
        Claim.HELD,
    ),
    "returned": Claim.RETURNED,
    "retail_sold": Claim.SOLD,
    **dict.fromkeys(("in_transit", "stolen", "dispensed"), Claim.AWAY),
    **dict.fromkeys(("destroyed", "disposed", "inactive"), Claim.ENDED),
    "unknown": Claim.DOUBT,
    # Identifiers that are written but not yet on an item (CBV 2.0, encoded, reserved).
    **dict.fromkeys(("encoded", "reserved"), Claim.SEEN),
}

# Where the disposition is absent or says nothing of the stock (container_open, a partner's own word).
_BY_STEP = {
    **dict.fromkeys(
        ("commissioning", "receiving", "stocking", "storing", "cycle_counting", "stock_taking", "void_shipping"),
        Claim.PRESENT,
    ),
    "retail_selling": Claim.SALE,
    **dict.fromkeys(("shipping", "departing", "dispensing"), Claim.AWAY),
    **dict.fromkeys(("destroying", "decommissioning", "killing"), Claim.ENDED),
}


@lru_cache(maxsize=4096)
def claim_of(event_type: str, action: str | None, biz_step: str | None, disposition: str | None, role: Role) -> Claim:
    """Return what an event of these words says of a tag that it names as ``role``.

    DELETE ends an identifier only in an ObjectEvent; in the others it unlinks (EPCIS 2.0, 7.4).
    """
    if role is Role.MISSING:
        return Claim.DOUBT
    if role is Role.INPUT or (event_type == "ObjectEvent" and action == "DELETE"):
        return Claim.ENDED
    claim = _BY_DISPOSITION.get(disposition or "") or _BY_STEP.get(biz_step or "", Claim.SEEN)
    return Claim.SALE if claim is Claim.SOLD and biz_step == "retail_selling" else claim


def taken_back(claim: Claim, reason: str | None, *, same_author: bool) -> ExceptionKind | None:
    """Return None where an error declaration takes its event back, else what a person should look at.

    Any declaration says that its event is wrong, and takes it out of the set that is believed. A sale leaves only where
    it did not happen at all: `incorrect_data` may be about the receipt's number while the goods are gone.
    """
    if not same_author:
        return ExceptionKind.FOREIGN_DECLARATION
    if claim in (Claim.SALE, Claim.SOLD) and reason != "did_not_occur":
        return ExceptionKind.SALE_DECLARED_INCORRECT
    return None


class Observation(NamedTuple):
    """One word about one tag. The first six fields are the order of folding.

    site: of the bizLocation, where it stays. read_site: of the readPoint, where it was.
    """

    hlc: str
    store: str
    epoch: int
    seq: int
    event_id: str
    role: Role
    claim: Claim
    site: str | None
    read_site: str | None


class Finding(NamedTuple):
    """A contradiction that an event brought up."""

    kind: ExceptionKind
    event_id: str


@dataclass(frozen=True, slots=True)
class Belief:
    """What is believed of a tag; `hlc` is the stamp of the newest observation in it, "" for none.

    doubted: it is believed to be at its site, but a count did not find it there.
    sale: the event by which it was sold, while it is SOLD by a sale.
    """

    standing: Standing = Standing.UNKNOWN
    site: str | None = None
    doubted: bool = False
    sale: str | None = None
    hlc: str = ""


BLANK = Belief()


def claimed_site(observation: Observation) -> str | None:
    """Return the site at which the observation alone puts the tag, or None."""
    if observation.claim in (Claim.PRESENT, Claim.HELD, Claim.RETURNED):
        return observation.site or observation.read_site
    return observation.site if observation.claim is Claim.SEEN else None


def fold(observations: Iterable[Observation]) -> tuple[Belief, list[Finding]]:
    """Return the state after all of ``observations``, which may come in any order, and what they contradict."""
    state = BLANK
    findings: list[Finding] = []
    for observation in sorted(observations, key=_order):
        state, found = step(state, observation)
        findings.extend(found)
    return state, findings


def _order(observation: Observation) -> tuple[str, str, int, int, str, Role]:
    return observation[:6]


def step(state: Belief, observation: Observation) -> tuple[Belief, list[Finding]]:
    """Return the state after one more observation, newer than all in ``state``, and what it contradicts."""
    after, kinds = _sold_step(state, observation) if state.standing is Standing.SOLD else _step(state, observation)
    return replace(after, hlc=observation.hlc), [Finding(kind, observation.event_id) for kind in kinds]


def _sold_step(state: Belief, observation: Observation) -> tuple[Belief, list[ExceptionKind]]:
    match observation.claim:
        case Claim.RETURNED:
            return Belief(Standing.HELD, claimed_site(observation)), []
        case Claim.SALE:
            return replace(state, sale=observation.event_id), [ExceptionKind.SOLD_TWICE] if state.sale else []
        case Claim.PRESENT | Claim.HELD:
            return state, [ExceptionKind.SOLD_TAG_SEEN]
        case _:
            return state, []


def _step(state: Belief, observation: Observation) -> tuple[Belief, list[ExceptionKind]]:
    site = claimed_site(observation)
    match observation.claim:
        case Claim.PRESENT:
            return Belief(Standing.IN_STOCK, site or state.site), _misplaced(state, site)
        case Claim.HELD | Claim.RETURNED:
            return Belief(Standing.HELD, site or state.site), _misplaced(state, site)
        case Claim.SALE:
            return Belief(Standing.SOLD, sale=observation.event_id), _misplaced(state, observation.read_site)
        case Claim.SOLD:
            return Belief(Standing.SOLD), _misplaced(state, observation.read_site)
        case Claim.AWAY:
            return Belief(Standing.AWAY), []
        case Claim.ENDED:
            return Belief(Standing.ENDED), []
        case Claim.DOUBT:
            return replace(state, doubted=state.doubted or _is_looked_for_here(state, observation)), []
        case Claim.SEEN:
            if site is None or state.standing not in _HERE:
                return state, []
            return replace(state, site=site, doubted=False), _misplaced(state, site)


def _misplaced(state: Belief, site: str | None) -> list[ExceptionKind]:
    if state.standing is Standing.ENDED:
        return [ExceptionKind.ENDED_TAG_SEEN]
    if state.standing in _HERE and state.site is not None and site is not None and site != state.site:
        return [ExceptionKind.TWO_PLACES]
    return []


def _is_looked_for_here(state: Belief, observation: Observation) -> bool:
    """A count of one site says nothing of a tag that is believed to be at another."""
    where = observation.site or observation.read_site
    return state.standing in _HERE and (where is None or where == state.site)
