"""The sample shop: a seeded sport and outdoor store, with goods, tags, promotions and pictures.

1. The same seed makes the same shop. GTINs and prices are the same for every seed; serials and stock are not.
2. Numbers come from GS1's prefix 952, which is reserved for examples and belongs to no company.
3. Every item of the books lies on the floor; which of them are not where they should be is the demo's to say.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from random import Random

from appliance.demo.assortment import ASSORTMENT, COLOURS, PROMOTIONS, Category, Model
from appliance.demo.pictures import picture_svg
from checkout.catalogue import Product
from checkout.catalogue_csv import CSV_COLUMNS, product_row
from checkout.pricing import Promotion, parse_promotions
from reader.epc import check_digit, encode, encode_sgtin96

__all__ = ["SampleItem", "SampleShop", "make_shop", "write_shop"]

_NAME = "Nordhang Sport & Outdoor"
_PREFIX = "9521321"
_FOREIGN_PREFIX = "9526543"
_CURRENCY = "EUR"
_FIRST_REFERENCE = 101
_SERIAL_START, _SERIAL_GAP = 1_000_000, 90_000  # far from dense, as a tag printer's numbers are after a year
_BAYS = 4


@dataclass(frozen=True, slots=True)
class SampleItem:
    """One tagged item. `shelf` is a gondola and its bay, such as "C2"; `zone` is what a stocktake counts."""

    epc: str
    gtin: str
    category: str
    shelf: str
    zone: str = "floor"


@dataclass(frozen=True, slots=True)
class SampleShop:
    """A whole shop.

    visitors: what other people carry past or lay down, by what the floor's page calls it: EPCs that are no goods here.
    pictures: SVG by GTIN.
    """

    name: str
    gln: str
    currency: str
    products: tuple[Product, ...]
    items: tuple[SampleItem, ...]
    promotions: tuple[Promotion, ...]
    visitors: Mapping[str, tuple[str, ...]]
    pictures: Mapping[str, str]

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories, in the order of their gondolas."""
        return tuple(dict.fromkeys(product.category for product in self.products))


def make_shop(seed: int = 1) -> SampleShop:
    """Return the sample shop that ``seed`` makes: more than 300 products, more than 3,000 items."""
    chance = Random(seed)
    products: list[Product] = []
    items: list[SampleItem] = []
    pictures: dict[str, str] = {}
    serial = _SERIAL_START
    for gondola, category in zip("ABCDEFGHIJKL", ASSORTMENT, strict=True):
        variants = [
            (model, finish, size) for model in category.models for finish in model.finishes for size in model.sizes
        ]
        for place, (model, (finish, colour), (size, surcharge_minor)) in enumerate(variants):
            gtin = _gtin(_PREFIX, _FIRST_REFERENCE + len(products))
            product = _product(gtin, category, model, (finish, size), model.price_minor + surcharge_minor)
            products.append(product)
            pictures[gtin] = _picture(product, model, colour)
            shelf = f"{gondola}{1 + place * _BAYS // len(variants)}"
            for _ in range(chance.randint(*category.stock)):
                serial += chance.randint(1, _SERIAL_GAP)
                epc = encode_sgtin96(gtin, serial, len(_PREFIX))
                items.append(SampleItem(epc, gtin, category.name, shelf))
    return SampleShop(
        name=_NAME,
        gln=_with_check_digit(f"{_PREFIX}00001"),
        currency=_CURRENCY,
        products=tuple(products),
        items=tuple(items),
        promotions=parse_promotions(PROMOTIONS),
        visitors=_visitors(chance),
        pictures=pictures,
    )


def write_shop(shop: SampleShop, directory: Path) -> None:
    """Write ``shop`` below ``directory``: catalogue.csv, stock.csv, promotions.json, shop.json, pictures/GTIN.svg."""
    folder = directory / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    _write_csv(directory / "catalogue.csv", CSV_COLUMNS, [product_row(product) for product in shop.products])
    _write_csv(directory / "stock.csv", ("epc", "zone"), [{"epc": item.epc, "zone": item.zone} for item in shop.items])
    _write_json(directory / "promotions.json", PROMOTIONS)
    summary = {
        "name": shop.name,
        "gln": shop.gln,
        "currency": shop.currency,
        "categories": shop.categories,
        "products": len(shop.products),
        "items": len(shop.items),
        "visitors": shop.visitors,
    }
    _write_json(directory / "shop.json", summary)
    for gtin, svg in shop.pictures.items():
        (folder / f"{gtin}.svg").write_text(svg, encoding="utf-8")


def _product(gtin: str, category: Category, model: Model, detail: Sequence[str], price_minor: int) -> Product:
    return Product(
        gtin=gtin,
        name=model.name,
        detail=", ".join(part for part in detail if part),
        category=category.name,
        price_minor=price_minor,
        currency=_CURRENCY,
        tax_rate=Decimal(category.tax_rate),
        groups=(category.group, model.name.lower().replace(" ", "-")),
        picture=f"{gtin}.svg",
    )


def _picture(product: Product, model: Model, colour: str) -> str:
    base, accent = COLOURS[colour]
    return picture_svg(model.drawing, base, accent, f"{product.name}, {product.detail}", product.gtin)


def _visitors(chance: Random) -> dict[str, tuple[str, ...]]:
    """Return tags that are none of this shop's goods, one of each class that a reader meets."""
    foreign = [
        encode_sgtin96(_gtin(_FOREIGN_PREFIX, 7 + n), chance.randrange(1, 2**38), len(_FOREIGN_PREFIX))
        for n in range(3)
    ]
    tote = encode("sscc-96", _with_check_digit(f"0{_PREFIX}000000042"), prefix_digits=len(_PREFIX))
    # E280 1190 begins the TID of a chip; many leave their factory with such an EPC.
    blank = f"E2801190{chance.randrange(2**64):016X}"
    # An SGTIN-96 of partition 7, which the standard does not have: a tag that was written by a faulty printer.
    broken = f"303C{chance.randrange(2**80):020X}"
    return {
        "a bag from another shop": tuple(foreign),
        "a tote box": (tote,),
        "a blank tag": (blank,),
        "a spoilt tag": (broken,),
    }


def _gtin(prefix: str, reference: int) -> str:
    return _with_check_digit(f"0{prefix}{reference:05}")


def _with_check_digit(body: str) -> str:
    return body + check_digit(body)


def _write_csv(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write_json(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
