"""`tagtill stock`: the tags that this store has."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
import orjson

from appliance.commands.config_option import store_option
from appliance.commands.refusal import refusal_of
from appliance.config import load_config
from checkout.store import Store, migrate
from reader.host_clock import HostClock
from stocksync.errors import StockImportError
from stocksync.migrations import stocksync_migrations
from stocksync.movement_writer import MovementWriter
from stocksync.stock_import import import_stock, read_stock_csv
from stocksync.store_identity import StoreIdentity

__all__ = ["stock"]


@click.group()
def stock() -> None:
    """Import the tags that this store has."""


@stock.command("import")
@click.argument("source", metavar="FILE.csv", type=click.Path(path_type=Path))
@store_option
@click.option("--store-id", help="With --store: the id under which central knows the store.")
@click.option("--gln", help="With --store: the store's GLN, 13 digits.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON objects: what was imported, or each problem.")
def import_(
    source: Path, store_path: Path | None, config_path: Path, store_id: str | None, gln: str | None, as_json: bool
) -> None:
    """Put the tags that FILE.csv lists (columns epc, zone) into their zones; with one bad row nothing is changed.

    Every bad row is printed, with its line; so is an item that is listed twice.
    """
    database, identity = _store_of(store_path, config_path, store_id, gln)
    try:
        with source.open(encoding="utf-8-sig", newline="") as stream:
            rows = read_stock_csv(stream, source.name, identity.gln)
    except StockImportError as error:
        raise refusal_of(source, error.problems, as_json=as_json) from None
    migrate(database, [stocksync_migrations])
    with Store(database) as store:
        result = import_stock(store, MovementWriter(identity, HostClock()), rows)
    if as_json:
        click.echo(orjson.dumps(asdict(result)))
    else:
        click.echo(f"{result.imported} tags imported, {result.known} were there already, {result.sold} are sold")


def _store_of(
    store_path: Path | None, config_path: Path, store_id: str | None, gln: str | None
) -> tuple[Path, StoreIdentity]:
    if store_path is not None:
        if store_id is None or gln is None:
            raise click.UsageError("--store needs --store-id and --gln: central has to know whose tags these are")
        return store_path, StoreIdentity(store_id, gln)
    if store_id is not None or gln is not None:
        raise click.UsageError("--store-id and --gln go with --store; else the configuration says who the store is")
    config = load_config(config_path)
    return config.path(config.store.database), StoreIdentity(config.store.id, config.store.gln)
