"""What the tags of a basket mean at the till: lines, their standing, their price.

1. One item is one line, however many tags or encodings of it are read; the first EPC names the line.
2. Sold comes before everything else: an item that was paid for is never charged, even when it left the catalogue.
3. A tag that is not goods (a tote, a badge, an unprogrammed chip) gives no line at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from checkout.catalogue import Catalogue, Product
from checkout.errors import PricingError
from checkout.port import ItemLedger, SoldIn
from checkout.pricing import PricedBasket, PriceRequest, Promotion, TaxRounding, Unit, price
from checkout.view import LineKind
from reader.epc import EpcClass, Sgtin, decode, sgtin_of
from reader.errors import EpcError
from reader.port import TagStanding

__all__ = ["Line", "ShopKnowledge", "lines_of", "price_lines"]

_REMEMBERED_TAGS = 65_536  # more than a store's floor shows to a lane; some 20 MB at most


@dataclass(frozen=True, slots=True)
class Line:
    """One item of the basket.

    epc: as read, upper-case hex; it names the line. item: None where the tag is unreadable.
    product: what it is, where the catalogue has it; always there when `kind` is SALE.
    sold_in: where it was sold, when `kind` is SOLD.
    """

    epc: str
    kind: LineKind
    item: Sgtin | None = None
    product: Product | None = None
    sold_in: SoldIn | None = None


def lines_of(epcs: Iterable[str], catalogue: Catalogue, sold: Mapping[str, SoldIn]) -> tuple[Line, ...]:
    """Return the lines of ``epcs`` (upper-case hex), in their order.

    Args:
        epcs: What lies in the basket, in the order in which it was first read.
        catalogue: The shop's products.
        sold: Those of ``epcs`` that were sold and not returned, as `ItemLedger.sold` gives them.
    """
    lines: dict[Sgtin | str, Line] = {}
    for epc in epcs:
        content = _content_of(epc)
        if content is _Content.NOT_GOODS:
            continue
        if content is _Content.UNREADABLE:
            lines.setdefault(epc, Line(epc, LineKind.UNREADABLE))
            continue
        sold_in, known = sold.get(epc), lines.get(content)
        if known is None:
            lines[content] = _line(epc, content, catalogue.get(content.gtin), sold_in)
        elif sold_in is not None and known.sold_in is None:  # its other encoding is the one that was sold
            lines[content] = _line(known.epc, content, known.product, sold_in)
    return tuple(lines.values())


def price_lines(
    lines: Sequence[Line],
    promotions: Sequence[Promotion],
    currency: str,
    *,
    tax_rounding: TaxRounding = TaxRounding.RATE_BUCKET,
    cash_rounding_minor: int | None = None,
) -> PricedBasket:
    """Return what the lines of kind SALE cost, VAT included in their prices; each unit's id is its line's EPC.

    Raises:
        PricingError: A product is priced in another currency.
    """
    units = []
    for line in lines:
        if line.kind is not LineKind.SALE or line.product is None:
            continue
        product = line.product
        if product.currency != currency:
            raise PricingError(f"{product.gtin}: expected a price in {currency}, not {product.currency}")
        groups = frozenset(product.groups)
        units.append(Unit(line.epc, product.gtin, product.price_minor, product.tax_rate, groups))
    return price(
        PriceRequest(
            currency,
            tuple(units),
            tuple(promotions),
            tax_rounding=tax_rounding,
            cash_rounding_minor=cash_rounding_minor,
        )
    )


class ShopKnowledge:
    """`TagKnowledge` from the catalogue as it is now and the ledger of tags; asked at each tick of a lane."""

    def __init__(self, catalogue_source: Callable[[], Catalogue], ledger: ItemLedger) -> None:
        self._catalogue_source = catalogue_source
        self._ledger = ledger

    def standing_of(self, epcs: Collection[str]) -> Mapping[str, TagStanding]:
        """Return the standing of every one of ``epcs`` (upper-case hex)."""
        items = {epc: content for epc in epcs if isinstance(content := _content_of(epc), Sgtin)}
        sold = self._ledger.sold(items) if items else {}
        catalogue = self._catalogue_source()
        return {epc: _standing(items.get(epc), epc in sold, catalogue) for epc in epcs}


class _Content(Enum):
    UNREADABLE = "unreadable"
    NOT_GOODS = "not_goods"


@lru_cache(maxsize=_REMEMBERED_TAGS)
def _content_of(epc: str) -> Sgtin | _Content:
    """Return what the bits say, which never changes: the shop's opinion of them may, and is not kept here."""
    item = sgtin_of(epc)
    if item is not None:
        return item
    try:
        tag_class = decode(epc).tag_class
    except EpcError:  # an empty EPC bank
        return _Content.NOT_GOODS
    return _Content.UNREADABLE if tag_class is EpcClass.GS1_BAD else _Content.NOT_GOODS


def _line(epc: str, item: Sgtin, product: Product | None, sold_in: SoldIn | None) -> Line:
    if sold_in is not None:
        return Line(epc, LineKind.SOLD, item, product, sold_in)
    return Line(epc, LineKind.FOREIGN if product is None else LineKind.SALE, item, product)


def _standing(item: Sgtin | None, is_sold: bool, catalogue: Catalogue) -> TagStanding:
    if item is None:
        return TagStanding.NOT_GOODS
    if is_sold:
        return TagStanding.SOLD
    return TagStanding.FOREIGN if catalogue.get(item.gtin) is None else TagStanding.FOR_SALE
