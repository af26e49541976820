"""`tagtill sync`: movements to central, and how that stands."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import click
import orjson

from appliance.commands.config_option import store_file, store_option
from appliance.config import load_config
from appliance.health import health_door, health_option
from appliance.logs import configure_logs
from appliance.sync_metrics import sync_checks, sync_registry
from checkout.migrations import checkout_migrations
from checkout.store import Store, migrate
from reader.host_clock import HostClock
from stocksync import outbox
from stocksync.daemon import SyncDaemon, SyncSettings
from stocksync.delivery import CaptureLimits
from stocksync.migrations import stocksync_migrations
from stocksync.sync_status import read_status

__all__ = ["sync"]

_BATCH = 500


@click.group()
def sync() -> None:
    """Bring movements to central."""


@sync.command()
@store_option
@click.option("--central", help="With --store: central's address, such as http://127.0.0.1:8090.")
@click.option(
    "--key-file", type=click.Path(dir_okay=False, path_type=Path), help="With --store: the file with the store's key."
)
@click.option("--batch", type=click.IntRange(1, 5000), help="The most events in one request (500).")
@health_option
def run(
    store_path: Path | None,
    config_path: Path,
    central: str | None,
    key_file: Path | None,
    batch: int | None,
    health_port: int | None,
) -> None:
    """Drain the outbox to central until told to stop (Ctrl-C or SIGTERM)."""
    if store_path is not None:
        database = store_path
        settings = _plain_settings(central, key_file, batch)
    else:
        database, settings, configured_port = _configured(config_path, central, key_file, batch)
        health_port = configured_port if health_port is None else health_port
    configure_logs("sync")
    migrate(database, [checkout_migrations, stocksync_migrations])
    stop = threading.Event()
    _stop_on_signals(stop)
    with Store(database) as store:
        daemon = SyncDaemon(store, settings, HostClock())
        with health_door(health_port, sync_checks(daemon), sync_registry(daemon)):
            click.echo(f"ready sync to {settings.central}")
            daemon.run(stop)


@sync.command()
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(store_path: Path | None, config_path: Path, as_json: bool) -> None:
    """Say how much waits for central, since when, and what went wrong last."""
    with _opened(store_file(store_path, config_path)) as store, store.read() as connection:
        found = read_status(connection, HostClock().utc_us() // 1000)
    click.echo(orjson.dumps(found) if as_json else _words(found))


@sync.command("dead-letters")
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per event.")
@click.option("--revive", is_flag=True, help="Put all of them back into the outbox, under their old numbers.")
def dead_letters(store_path: Path | None, config_path: Path, as_json: bool, revive: bool) -> None:
    """List the events that central refused for good, and why."""
    with _opened(store_file(store_path, config_path)) as store:
        if revive:
            count = store.write(outbox.revive)
            click.echo(orjson.dumps({"revived": count}) if as_json else f"{count} events wait for central again")
            return
        with store.read() as connection:
            letters = outbox.dead_letters(connection)
    if not letters and not as_json:
        click.echo("central refused nothing")
    for letter in letters:
        row = letter.row
        fields = {"epoch": row.epoch, "seq": row.seq, "event_id": row.event_id, "reason": letter.reason}
        click.echo(
            orjson.dumps({**fields, "event": _event_of(row.body)})
            if as_json
            else f"{row.epoch}/{row.seq} {row.event_id}: {letter.reason}"
        )


def _event_of(body: str) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body  # that may be why it is here


def _opened(database: Path) -> Store:
    if not database.is_file():
        raise click.ClickException(f"{database}: expected a store's database, there is none")
    migrate(database, [stocksync_migrations])
    return Store(database)


def _plain_settings(central: str | None, key_file: Path | None, batch: int | None) -> SyncSettings:
    if central is None:
        raise click.UsageError("--store needs --central")
    if not central.startswith(("http://", "https://")):
        raise click.UsageError("--central begins with http:// or https://")
    key = key_file.read_text(encoding="utf-8").strip() if key_file is not None else None
    return SyncSettings(central, key, CaptureLimits(events=batch or _BATCH))


def _configured(
    config_path: Path, central: str | None, key_file: Path | None, batch: int | None
) -> tuple[Path, SyncSettings, int | None]:
    if central is not None or key_file is not None:
        raise click.UsageError("--central and --key-file go with --store; else the configuration says them")
    config = load_config(config_path)
    if config.sync is None:
        raise click.ClickException(f"{config_path}: expected a section [sync] that says where central is")
    limits = CaptureLimits(events=batch or config.sync.batch)
    settings = SyncSettings(config.sync.central, config.sync_key(), limits)
    return config.path(config.store.database), settings, config.sync.health_port


def _stop_on_signals(stop: threading.Event) -> None:
    def told(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, told)


def _words(found: dict[str, Any]) -> str:
    lines = [f"{found['state']}: {found['depth']} waiting, {found['sent']} sent, {found['dead']} refused for good"]
    if found["age_s"] is not None:
        lines.append(f"the oldest waits for {found['age_s']:.1f} s")
    if found["lag_s"] is not None:
        lines.append(f"the last one took {found['lag_s']:.3f} s to central, at {found['last_success_utc']}")
    if found["last_error"] is not None:
        lines.append(f"last trouble at {found['last_error_utc']}: {found['last_error']}")
    return "\n".join(lines)
