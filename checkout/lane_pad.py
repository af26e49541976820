"""From what the reader believes to what the shop understands: lines, bill, hash. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from checkout.catalogue import Catalogue
from checkout.errors import PricingError
from checkout.lane_model import Pad
from checkout.lines import lines_of, price_lines
from checkout.port import SoldIn
from checkout.pricing import Promotion
from checkout.quote import line_views, quote_of
from checkout.view import LineKind, LineView
from reader.basket import Basket, Place, TagEvidence
from reader.port import TagStanding

__all__ = ["PriceList", "has_sold", "pad_of", "seen_in"]


@dataclass(frozen=True, slots=True)
class PriceList:
    """What the shop sells, for how much, in which currency, with which promotions, as of now."""

    catalogue: Catalogue
    promotions: Sequence[Promotion]
    currency: str


def pad_of(basket: Basket, prices: PriceList, sold: Mapping[str, SoldIn], *, has_sold: bool) -> Pad:
    """Return the pad for ``basket``; ``sold`` are those of `seen_in` that were paid for before.

    Where the basket cannot be priced, `quote` is None and nothing can be paid.
    """
    lines = lines_of(seen_in(basket), prices.catalogue, sold)
    if not basket.epcs:  # one that was taken back this very moment: its tag begins a basket by itself
        lines = tuple(line for line in lines if line.kind is LineKind.SOLD)
    pad = Pad(is_complete=basket.complete, needs_assistance=basket.assist, has_sold=has_sold)
    try:
        quote = quote_of(lines, price_lines(lines, prices.promotions, prices.currency))
    except PricingError:
        return replace(pad, lines=tuple(LineView(line.epc, line.kind) for line in lines))
    return replace(pad, lines=line_views(quote, lines), quote=quote, quote_hash=quote.hash())


def seen_in(basket: Basket) -> tuple[str, ...]:
    """Return the tags that a till shows: the basket's, or without one what lies there and is paid for already."""
    return basket.epcs or basket.sold_only


def has_sold(evidence: Iterable[TagEvidence]) -> bool:
    """Return whether goods that were paid for lie on the pad; a basket of nothing else counts as empty."""
    return any(tag.place is Place.IN and tag.standing is TagStanding.SOLD for tag in evidence)
