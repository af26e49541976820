"""What one promotion does to the units that are offered to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from checkout.pricing.model import AmountOff, Bundle, BuyGet, CheapestOff, Per, PercentOff, Rule, Unit
from checkout.rounding import apportion, share_of

__all__ = ["Effect", "Offer", "effect_of"]


class Offer(NamedTuple):
    """A unit that a promotion may use; `position` is its place in scan order, `price_minor` as it stands now."""

    position: int
    unit: Unit
    price_minor: int


class Effect(NamedTuple):
    """What a promotion did, by position in scan order.

    discounts: taken off, never more than the price. consumed: not to be offered again.
    """

    discounts: Mapping[int, int]
    consumed: frozenset[int]


def effect_of(rule: Rule, offers: Sequence[Offer], *, exclusive: bool) -> Effect:
    """Return what ``rule`` does to ``offers``: the unconsumed units that it selects, in scan order."""
    match rule:
        case PercentOff():
            return Effect(_percent_off(rule, offers), _positions(offers) if exclusive else frozenset())
        case AmountOff():
            return Effect(_amount_off(rule, offers), _positions(offers) if exclusive else frozenset())
        case CheapestOff():
            return _cheapest_off(rule, offers)
        case Bundle():
            return _bundle(rule, offers)
        case BuyGet():
            return _buy_get(rule, offers)


def _percent_off(rule: PercentOff, offers: Sequence[Offer]) -> dict[int, int]:
    def capped(price_minor: int) -> int:
        discount = share_of(price_minor, rule.percent)
        return discount if rule.max_minor is None else min(discount, rule.max_minor)

    if rule.per is Per.UNIT:
        return {offer.position: capped(offer.price_minor) for offer in offers}
    return _spread(capped(_total(offers)), offers)


def _amount_off(rule: AmountOff, offers: Sequence[Offer]) -> dict[int, int]:
    if rule.per is Per.UNIT:
        return {offer.position: min(rule.amount_minor, offer.price_minor) for offer in offers}
    return _spread(min(rule.amount_minor, _total(offers)), offers)


def _cheapest_off(rule: CheapestOff, offers: Sequence[Offer]) -> Effect:
    groups = len(offers) // rule.for_every
    ordered = _cheapest_first(offers)
    reduced = ordered[: groups * rule.free]
    paying = ordered[len(ordered) - groups * (rule.for_every - rule.free) :]
    return Effect(
        {offer.position: share_of(offer.price_minor, rule.percent) for offer in reduced},
        _positions(reduced) | _positions(paying),
    )


def _bundle(rule: Bundle, offers: Sequence[Offer]) -> Effect:
    discounts: dict[int, int] = {}
    dearest_first = _cheapest_first(offers)[::-1]
    for start in range(0, len(dearest_first) - rule.count + 1, rule.count):
        group = sorted(dearest_first[start : start + rule.count])  # back in scan order, where apportioning breaks ties
        saving = _total(group) - rule.price_minor
        if saving <= 0:  # and every later group is cheaper still
            break
        discounts |= _spread(saving, group)
    return Effect(discounts, frozenset(discounts))


def _buy_get(rule: BuyGet, offers: Sequence[Offer]) -> Effect:
    buyable = {offer.position for offer in offers if rule.buy.matches(offer.unit)}
    gettable = {offer.position for offer in offers if rule.get.matches(offer.unit)}
    either = len(buyable & gettable)
    groups = _buy_get_groups(rule, len(buyable) - either, len(gettable) - either, either)
    # Units that could be both are got only as far as the buying side can do without them.
    spare = either - max(0, groups * rule.buy_count - (len(buyable) - either))
    ordered = _cheapest_first(offers)
    got: list[Offer] = []
    for offer in ordered:
        if len(got) == groups * rule.get_count:
            break
        if offer.position not in gettable:
            continue
        if offer.position in buyable:
            if spare == 0:
                continue
            spare -= 1
        got.append(offer)
    taken = _positions(got)
    bought = [o for o in reversed(ordered) if o.position in buyable and o.position not in taken]
    return Effect(
        {offer.position: share_of(offer.price_minor, rule.percent) for offer in got},
        taken | _positions(bought[: groups * rule.buy_count]),
    )


def _buy_get_groups(rule: BuyGet, buy_only: int, get_only: int, either: int) -> int:
    """Return how many whole groups can be formed with every unit in one role only."""
    groups = (buy_only + get_only + either) // (rule.buy_count + rule.get_count)
    while groups and (max(0, groups * rule.buy_count - buy_only) + max(0, groups * rule.get_count - get_only) > either):
        groups -= 1
    return groups


def _cheapest_first(offers: Sequence[Offer]) -> list[Offer]:
    return sorted(offers, key=lambda offer: (offer.price_minor, -offer.position))


def _spread(discount_minor: int, offers: Sequence[Offer]) -> dict[int, int]:
    parts = apportion(discount_minor, [offer.price_minor for offer in offers])
    return {offer.position: part for offer, part in zip(offers, parts, strict=True)}


def _total(offers: Iterable[Offer]) -> int:
    return sum(offer.price_minor for offer in offers)


def _positions(offers: Iterable[Offer]) -> frozenset[int]:
    return frozenset(offer.position for offer in offers)
