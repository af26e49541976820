"""The shop's products in the store's tables.

1. An import is all or nothing (`catalogue_csv` reads the file and reports every bad row of it).
2. An import adds and changes, it never removes: a product that is gone from the file may still hang in the shop.
3. A store sells in one currency.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlite_utils import Migrations
from sqlite_utils.db import Database

from checkout.catalogue import Catalogue, Product
from checkout.errors import CatalogueError

__all__ = ["catalogue_migrations", "import_products", "load_catalogue"]

_COLUMNS = "gtin, name, detail, category, price_minor, currency, tax_rate, groups, picture"

catalogue_migrations = Migrations("checkout.catalogue")


@catalogue_migrations(name="0001_products")
def _create(database: Database) -> None:
    database.execute(
        """
        CREATE TABLE product (
            gtin TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            detail TEXT NOT NULL,
            category TEXT NOT NULL,
            price_minor INTEGER NOT NULL CHECK (price_minor >= 0),
            currency TEXT NOT NULL,
            tax_rate TEXT NOT NULL,
            groups TEXT NOT NULL CHECK (json_valid(groups)),
            picture TEXT
        ) STRICT
        """
    )
    database.execute("CREATE TABLE catalogue_version (id INTEGER PRIMARY KEY CHECK (id = 1), version INTEGER) STRICT")
    database.execute("INSERT INTO catalogue_version VALUES (1, 0)")


def import_products(transaction: sqlite3.Connection, products: Iterable[Product]) -> int:
    """Add or change ``products`` inside ``transaction``, which the caller commits; return the catalogue's new version.

    Raises:
        CatalogueError: The store would sell in two currencies.
    """
    transaction.executemany(
        f"""
        INSERT INTO product ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (gtin) DO UPDATE SET
            name = excluded.name, detail = excluded.detail, category = excluded.category,
            price_minor = excluded.price_minor, currency = excluded.currency, tax_rate = excluded.tax_rate,
            groups = excluded.groups, picture = excluded.picture
        """,  # noqa: S608 - the columns are a constant of this module
        map(_row_of, products),
    )
    currencies = [str(row[0]) for row in transaction.execute("SELECT DISTINCT currency FROM product ORDER BY 1")]
    if len(currencies) > 1:
        raise CatalogueError([f"expected the one currency of a store, found {' and '.join(currencies)}"])
    (version,) = transaction.execute("UPDATE catalogue_version SET version = version + 1 RETURNING version").fetchone()
    return int(version)


def load_catalogue(connection: sqlite3.Connection) -> Catalogue:
    """Return the catalogue as it stands. A version is never newer than its products."""
    (version,) = connection.execute("SELECT version FROM catalogue_version").fetchone()
    rows = connection.execute(f"SELECT {_COLUMNS} FROM product ORDER BY rowid")  # noqa: S608 - as above
    return Catalogue.of(map(_product_of, rows), version)


def _row_of(product: Product) -> tuple[str | int | None, ...]:
    return (
        product.gtin,
        product.name,
        product.detail,
        product.category,
        product.price_minor,
        product.currency,
        format(product.tax_rate, "f"),
        json.dumps(product.groups),
        product.picture,
    )


def _product_of(row: Sequence[Any]) -> Product:
    gtin, name, detail, category, price_minor, currency, tax_rate, groups, picture = row
    return Product(
        gtin, name, detail, category, price_minor, currency, Decimal(tax_rate), tuple(json.loads(groups)), picture
    )
