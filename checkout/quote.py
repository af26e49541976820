"""What a shopper is asked to pay: lines, prices, tax, and a hash that names exactly that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from checkout.canonical import canonical_json, sha256_hex
from checkout.catalogue import Product
from checkout.lines import Line
from checkout.money import Money
from checkout.pricing import PricedBasket, PricedUnit
from checkout.view import LineKind, LineView, TaxView

__all__ = ["Quote", "SoldLine", "line_views", "quote_of"]


@dataclass(frozen=True, slots=True)
class SoldLine:
    """One item that is for sale in this quote; money in minor units, `tax_rate` such as "0.19"."""

    epc: str
    gtin: str
    name: str
    detail: str
    picture: str | None
    price_minor: int
    discount_minor: int
    gross_minor: int
    net_minor: int
    tax_minor: int
    tax_rate: str
    promotions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quote:
    """A whole bill. Only lines for sale are in it: a sold or foreign tag beside them does not change it."""

    currency: str
    lines: tuple[SoldLine, ...]
    tax: tuple[TaxView, ...]
    total_minor: int
    net_minor: int
    tax_minor: int
    discount_minor: int

    @property
    def total(self) -> Money:
        """Return what is to be paid."""
        return Money(self.total_minor, self.currency)

    @property
    def epcs(self) -> frozenset[str]:
        """Return the tags on the bill."""
        return frozenset(line.epc for line in self.lines)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON, integers and texts only; `from_json` takes it back."""
        return asdict(self)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Quote:
        """Return the quote that `to_json` wrote."""
        lines = tuple(SoldLine(**{**line, "promotions": tuple(line["promotions"])}) for line in fields["lines"])
        return cls(**{**fields, "lines": lines, "tax": tuple(TaxView(**tax) for tax in fields["tax"])})

    def hash(self) -> str:
        """Return the hash of lines, prices, taxes, promotions and tags: 64 hex digits.

        The order in which tags were first read does not matter: it may differ after a pause of the reader.
        """
        fields = self.to_json()
        fields["lines"] = sorted(fields["lines"], key=lambda line: line["epc"])
        fields["tax"] = sorted(fields["tax"], key=lambda tax: tax["rate"])
        return sha256_hex(canonical_json(fields))


def quote_of(lines: Sequence[Line], priced: PricedBasket) -> Quote:
    """Return the bill for ``lines`` (`lines_of`) as ``priced`` (`price_lines`) says."""
    units = {unit.id: unit for unit in priced.units}
    return Quote(
        currency=priced.currency,
        lines=tuple(_sold_line(line, units[line.epc]) for line in lines if line.epc in units),
        tax=tuple(TaxView(format(tax.rate, "f"), tax.gross_minor, tax.net_minor, tax.tax_minor) for tax in priced.tax),
        total_minor=priced.total_minor,
        net_minor=priced.net_minor,
        tax_minor=priced.tax_minor,
        discount_minor=priced.discount_minor,
    )


def line_views(quote: Quote, others: Sequence[Line] = ()) -> tuple[LineView, ...]:
    """Return what a screen shows: the bill's lines, then ``others``, which cost nothing."""
    return (
        *(
            LineView(
                line.epc,
                LineKind.SALE,
                line.gtin,
                line.name,
                line.detail,
                line.picture,
                line.price_minor,
                line.discount_minor,
                line.gross_minor,
                line.promotions,
            )
            for line in quote.lines
        ),
        *(_unpriced(line) for line in others if line.kind is not LineKind.SALE),
    )


def _sold_line(line: Line, unit: PricedUnit) -> SoldLine:
    product = line.product
    assert product is not None, "a line that has a price has a product"
    return SoldLine(
        epc=line.epc,
        gtin=product.gtin,
        name=product.name,
        detail=product.detail,
        picture=_picture_path(product),
        price_minor=product.price_minor,
        discount_minor=unit.discount_minor,
        gross_minor=unit.gross_minor,
        net_minor=unit.net_minor,
        tax_minor=unit.tax_minor,
        tax_rate=format(product.tax_rate, "f"),
        promotions=unit.promotions,
    )


def _unpriced(line: Line) -> LineView:
    gtin = line.item.gtin if line.item else None
    if line.product is None:
        return LineView(line.epc, line.kind, gtin)
    return LineView(line.epc, line.kind, gtin, line.product.name, line.product.detail, _picture_path(line.product))


def _picture_path(product: Product) -> str | None:
    """Return where the pages serve it; the catalogue's own path is one below the pictures' folder."""
    return f"/pictures/{product.gtin}.svg" if product.picture else None
