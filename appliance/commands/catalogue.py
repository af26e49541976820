"""`tagtill catalogue`: products and prices into the store."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import click
import orjson

from appliance.commands.config_option import store_file, store_option
from appliance.commands.refusal import refusal_of
from checkout.catalogue_csv import read_products_csv
from checkout.catalogue_tables import catalogue_migrations, import_products
from checkout.errors import CatalogueError
from checkout.store import Store, migrate

__all__ = ["catalogue"]


@click.group()
def catalogue() -> None:
    """Import products and prices."""


@catalogue.command("import")
@click.argument("source", metavar="FILE.csv", type=click.Path(path_type=Path))
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON objects: what was imported, or each problem.")
def import_(source: Path, store_path: Path | None, config_path: Path, as_json: bool) -> None:
    """Add or change the products that FILE.csv lists; with one bad row nothing is changed.

    Every bad row is printed, with its line.
    """
    try:
        with source.open(encoding="utf-8-sig", newline="") as stream:
            products = read_products_csv(stream, source.name)
    except CatalogueError as error:
        raise refusal_of(source, error.problems, as_json=as_json) from None

    def work(transaction: sqlite3.Connection) -> int:
        return import_products(transaction, products)

    database = store_file(store_path, config_path)
    migrate(database, [catalogue_migrations])
    with Store(database) as store:
        version = store.write(work)
    if as_json:
        click.echo(orjson.dumps({"products": len(products), "version": version}))
    else:
        click.echo(f"{len(products)} products imported, catalogue version {version}")
