"""Brings files into a configured store: products, and the tags that it has."""

from __future__ import annotations

from pathlib import Path

from appliance.config import Config
from checkout.catalogue_csv import read_products_csv
from checkout.catalogue_tables import import_products
from checkout.store import Store
from reader.host_clock import HostClock
from stocksync.movement_writer import MovementWriter
from stocksync.stock_import import StockImport, import_stock, read_stock_csv
from stocksync.store_identity import StoreIdentity

__all__ = ["identity_of", "import_catalogue_file", "import_stock_file"]


def identity_of(config: Config) -> StoreIdentity:
    """Return who the configured store is to the world."""
    return StoreIdentity(config.store.id, config.store.gln, config.store.time_zone)


def import_catalogue_file(config: Config, path: Path) -> int:
    """Add or change the products that ``path`` lists; return how many. Raises CatalogueError with every bad row."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        products = read_products_csv(stream, path.name)
    with Store(config.path(config.store.database)) as store:
        store.write(lambda transaction: import_products(transaction, products))
    return len(products)


def import_stock_file(config: Config, path: Path) -> StockImport:
    """Put the tags that ``path`` lists into their zones. Raises StockImportError with every bad row."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = read_stock_csv(stream, path.name, config.store.gln)
    with Store(config.path(config.store.database)) as store:
        return import_stock(store, MovementWriter(identity_of(config), HostClock()), rows)
