"""Products as CSV: in with a report of every bad row, and out."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TextIO

from checkout.catalogue import Product
from checkout.errors import CatalogueError
from checkout.pricing.model import MAX_MINOR
from checkout.rounding import exact_decimal
from reader.epc import gtin14
from reader.errors import EpcError

__all__ = ["CSV_COLUMNS", "product_row", "read_products_csv"]

CSV_COLUMNS = ("gtin", "name", "detail", "category", "price_minor", "currency", "tax_rate", "groups", "picture")
_OPTIONAL = frozenset({"detail", "groups", "picture"})
_GROUP_SEPARATOR = "|"
_TEXT_LENGTH = 120  # more does not fit a receipt or a screen
_PICTURE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


def product_row(product: Product) -> dict[str, str]:
    """Return ``product`` as a row of the CSV file, by column."""
    return {
        "gtin": product.gtin,
        "name": product.name,
        "detail": product.detail,
        "category": product.category,
        "price_minor": str(product.price_minor),
        "currency": product.currency,
        "tax_rate": format(product.tax_rate, "f"),
        "groups": _GROUP_SEPARATOR.join(product.groups),
        "picture": product.picture or "",
    }


def read_products_csv(stream: TextIO, source_name: str) -> list[Product]:
    """Return the products of a CSV file with a header of `CSV_COLUMNS` in any order; the optional ones may be absent.

    Args:
        stream: Opened with ``newline=""`` and ``encoding="utf-8-sig"``.
        source_name: What problems call the file.

    Raises:
        CatalogueError: Lists every bad row with the line on which it begins.
    """
    problems: list[str] = []
    products: list[Product] = []
    lines_by_gtin: dict[str, int] = {}
    rows = _rows(stream)
    try:
        _, header = next(rows)
        for line, cells in rows:
            if len(cells) != len(header):
                problems.append(f"{source_name}, line {line}: expected {len(header)} cells, found {len(cells)}")
                continue
            row = _Row(dict(zip(header, cells, strict=True)))
            product = row.product(products[0].currency if products else None)
            if product.gtin and product.gtin in lines_by_gtin:
                row.expect("gtin", f"a GTIN of its own, this one is on line {lines_by_gtin[product.gtin]} already")
            lines_by_gtin.setdefault(product.gtin, line)
            problems += [f"{source_name}, line {line}: {problem}" for problem in row.problems]
            if not row.problems:
                products.append(product)
    except _UnreadableError as error:
        problems.append(f"{source_name}, line {error.line}: {error}")
    if not problems and not products:
        problems.append(f"{source_name}: expected at least one product below the header")
    if problems:
        raise CatalogueError(problems)
    return products


class _UnreadableError(Exception):
    """Nothing can be read from this line on."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line


def _rows(stream: TextIO) -> Iterator[tuple[int, list[str]]]:
    """Yield the header, checked, then each row that is not empty, with the line on which it begins."""
    reader = csv.reader(stream, strict=True)
    line = 1
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(header)
        yield line, header
        line = reader.line_num + 1
        for cells in reader:
            if any(cells):
                yield line, [cell.strip() for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise _UnreadableError(line, f"expected CSV with commas and double quotes: {error}") from None
    except UnicodeDecodeError as error:
        raise _UnreadableError(line, f"expected UTF-8, here or a little below: {error.reason}") from None


def _check_header(header: Sequence[str]) -> None:
    missing = [column for column in CSV_COLUMNS if column not in header and column not in _OPTIONAL]
    unknown = [column for column in header if column not in CSV_COLUMNS]
    repeated = sorted({column for column in header if header.count(column) > 1})
    for columns, fault in ((missing, "missing"), (unknown, "unknown"), (repeated, "there twice")):
        if columns:
            shown = ", ".join(ascii(column) for column in columns)
            raise _UnreadableError(1, f"expected a header of {','.join(CSV_COLUMNS)}; {fault}: {shown[:200]}")


class _Row:
    """One row: its cells as values, and what is wrong with them."""

    def __init__(self, cells: Mapping[str, str]) -> None:
        self._cells = cells
        self.problems: list[str] = []

    def product(self, currency: str | None) -> Product:
        """Return the product, priced in ``currency`` where that is known; it counts only without `problems`."""
        return Product(
            gtin=self._gtin(),
            name=self._text("name", required=True),
            detail=self._text("detail"),
            category=self._text("category", required=True),
            price_minor=self._price_minor(),
            currency=self._currency(currency),
            tax_rate=self._tax_rate(),
            groups=self._groups(),
            picture=self._picture(),
        )

    def expect(self, column: str, expected: str) -> None:
        """Note that ``column`` is not what it should be."""
        cell = self._cells.get(column, "")
        self.problems.append(f"{column}: expected {expected}, not {cell[:60]!r}")

    def _gtin(self) -> str:
        try:
            return gtin14(self._cells["gtin"])
        except EpcError as error:
            self.problems.append(f"gtin: {error}")
            return ""

    def _text(self, column: str, *, required: bool = False) -> str:
        text = self._cells.get(column, "")
        if (required and not text) or len(text) > _TEXT_LENGTH or not text.isprintable():
            self.expect(column, f"{1 if required else 0} to {_TEXT_LENGTH} printable characters")
        return text

    def _price_minor(self) -> int:
        cell = self._cells["price_minor"]
        # Thirteen digits hold MAX_MINOR; int() would also take signs, blanks and underscores.
        if cell.isascii() and cell.isdigit() and len(cell) <= 13 and int(cell) <= MAX_MINOR:
            return int(cell)
        self.expect("price_minor", f"a whole number of minor units (cents) from 0 to {MAX_MINOR}")
        return 0

    def _currency(self, expected: str | None) -> str:
        cell = self._cells["currency"]
        if not re.fullmatch("[A-Z]{3}", cell):
            self.expect("currency", "three capital letters (ISO 4217)")
        elif expected not in (None, cell):
            self.expect("currency", f"{expected} as above, since a store sells in one currency")
        return cell

    def _tax_rate(self) -> Decimal:
        try:
            rate = exact_decimal(self._cells["tax_rate"])
        except ValueError:
            rate = Decimal(-1)
        if not 0 <= rate <= 1:
            self.expect("tax_rate", "a fraction from 0 to 1 such as 0.19")
        return rate

    def _groups(self) -> tuple[str, ...]:
        groups = [group.strip() for group in self._cells.get("groups", "").split(_GROUP_SEPARATOR)]
        if not all(group.isprintable() and len(group) <= _TEXT_LENGTH for group in groups):
            self.expect(
                "groups", f"names of at most {_TEXT_LENGTH} printable characters with {_GROUP_SEPARATOR} between"
            )
        return tuple(dict.fromkeys(group for group in groups if group))

    def _picture(self) -> str | None:
        cell = self._cells.get("picture", "")
        if cell and not (_PICTURE.fullmatch(cell) and len(cell) <= _TEXT_LENGTH):
            self.expect("picture", "a path below the pictures' folder, such as pictures/09521321000100.svg")
        return cell or None
