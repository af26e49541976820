"""What the shop sells and for how much, as a snapshot in memory. Pure; `catalogue_tables` keeps it on disk.

The till works on a `Catalogue`, which never changes; after an import there is a new one of a higher version.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

__all__ = ["Catalogue", "Product"]


@dataclass(frozen=True, slots=True)
class Product:
    """One product. `read_products_csv` and the tables are where it is checked.

    gtin: 14 digits. detail: size, colour. price_minor: what the shelf says, VAT included. tax_rate: 0.19 is 19 %.
    groups: what promotions call it. picture: its path below the pictures' folder, or None.
    """

    gtin: str
    name: str
    detail: str
    category: str
    price_minor: int
    currency: str
    tax_rate: Decimal
    groups: tuple[str, ...] = ()
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every product as of one import; `version` rises with each."""

    version: int
    by_gtin: Mapping[str, Product]

    @classmethod
    def of(cls, products: Iterable[Product], version: int = 0) -> Catalogue:
        """Return a catalogue of ``products``, in their order; the last of one GTIN counts."""
        return cls(version, MappingProxyType({product.gtin: product for product in products}))

    def get(self, gtin: str) -> Product | None:
        """Return the product of ``gtin`` (14 digits), or None where the shop has none."""
        return self.by_gtin.get(gtin)

    def products(self) -> tuple[Product, ...]:
        """Return all products, in the order in which they were first imported."""
        return tuple(self.by_gtin.values())

    def __len__(self) -> int:
        return len(self.by_gtin)
