"""`tagtill stocktake`: count a zone by one sweep, without the staff page."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from appliance.commands.config_option import config_option
from appliance.config import Config, load_config
from appliance.errors import ConfigError
from appliance.importing import identity_of
from appliance.lane_readers import configured_reader
from appliance.wiring import migrate_store
from checkout.catalogue_tables import load_catalogue
from checkout.store import Store
from reader.host_clock import HostClock
from stocksync.movement_writer import MovementWriter
from stocksync.stocktake.stocktake import Stocktake

__all__ = ["stocktake"]

_POLL_S = 0.2
_SHOWN = 20
_ENOUGH = 0.8  # of what is expected; below, it is the sweep that is short, not the stock


@click.group()
def stocktake() -> None:
    """Count the shop by a sweep: start, sweep (as often as it takes), report."""


@stocktake.command()
@config_option
@click.option("--zone", help="What to count; default: [stocktake] zone.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def start(config_path: Path, zone: str | None, as_json: bool) -> None:
    """Begin a count: from here on, what is sold or moved is not missing."""
    config = load_config(config_path)
    with _count_of(config) as count:
        progress = count.start(zone or (config.stocktake.zone if config.stocktake else "floor")).to_json()
    _say(progress, as_json, f"counting {progress['zone']}: {progress['expected']} tags expected; now sweep")


@stocktake.command()
@config_option
@click.option("--seconds", default=30.0, show_default=True, type=click.FloatRange(min=0, min_open=True))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per second.")
def sweep(config_path: Path, seconds: float, as_json: bool) -> None:
    """Walk with the configured reader and take in what it reads."""
    config = load_config(config_path)
    if config.stocktake is None:
        raise ConfigError(config_path, ["[stocktake] is missing: no reader to walk with"])
    reader = configured_reader(config, config.stocktake.reader)
    with _count_of(config) as count:
        if count.progress() is None:
            raise click.ClickException("no count is running; begin with `tagtill stocktake start`")
        reader.start()
        try:
            until_s = time.monotonic() + seconds
            say_at_s = 0.0
            while (now_s := time.monotonic()) < until_s:
                count.feed(reader.poll(min(_POLL_S, until_s - now_s)))
                if now_s >= say_at_s and (progress := count.progress()) is not None:
                    say_at_s = now_s + 1.0
                    health = reader.health()
                    words = (
                        f"{progress.found} of {progress.expected} found, {progress.tags_per_s:.0f} new tags a second"
                    )
                    _say(progress.to_json(), as_json, f"{words} (reader {health.state.value})")
        finally:
            reader.stop()
            count.feed(reader.poll(0))


@stocktake.command()
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--anyway", is_flag=True, help="Also where too little was read to call the rest missing.")
def report(config_path: Path, as_json: bool, anyway: bool) -> None:
    """End the count, if one runs, and say what was expected, found, missing and unexpected.

    What is missing is no longer promised to anybody, so a sweep that read too little is not ended unless told to.
    """
    config = load_config(config_path)
    with _count_of(config) as count:
        progress = count.progress()
        if progress is not None and progress.found < _ENOUGH * progress.expected and not anyway:
            raise click.ClickException(
                f"only {progress.found} of {progress.expected} expected tags were read, so"
                f" {progress.expected - progress.found} would be called missing; sweep on, or say --anyway"
            )
        found = count.finish() if progress is not None else count.report()
        if found is None:
            raise click.ClickException("nothing has been counted yet; begin with `tagtill stocktake start`")
    told = found.to_json()
    if as_json:
        click.echo(json.dumps(told))
        return
    click.echo(
        f"{told['zone']}: {told['expected']} expected, {told['found']} found, {told['moved']} sold or moved meanwhile"
    )
    for name in ("missing", "unexpected"):
        click.echo(f"{len(told[name])} {name}")
        for tag in told[name][:_SHOWN]:
            click.echo(f"  {tag['epc']}  {tag['gtin'] or ''}  {tag.get('kind', '')}".rstrip())
        if len(told[name]) > _SHOWN:
            click.echo(f"  … and {len(told[name]) - _SHOWN} more (--json has all)")


def _say(state: dict[str, Any], as_json: bool, words: str) -> None:
    click.echo(json.dumps(state) if as_json else words)


@contextmanager
def _count_of(config: Config) -> Iterator[Stocktake]:
    migrate_store(config)
    with Store(config.path(config.store.database)) as store:
        with store.read() as connection:
            catalogue = load_catalogue(connection)
        writer = MovementWriter(identity_of(config), HostClock())
        yield Stocktake(store, writer, lambda gtin: catalogue.get(gtin) is not None)
