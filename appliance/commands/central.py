"""`tagtill central`: the central inventory."""

from __future__ import annotations

from pathlib import Path

import click

from appliance.config import load_config
from appliance.wiring import central_settings
from stocksync.central.keys import load_keys
from stocksync.central.serving import serve
from stocksync.central.settings import CentralSettings, CentralSettingsError, database_path
from stocksync.central.storage.writer import CentralStorageError

__all__ = ["central"]


@click.command()
@click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The configuration file, for its [central]; instead of the options below.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8090, type=click.IntRange(0, 65535), show_default=True, help="0 takes a free one.")
@click.option("--db", "database", help="sqlite:///FILE or FILE.")
@click.option("--open", "is_open", is_flag=True, help="Ask nobody for a key; on loopback only.")
@click.option(
    "--keys",
    "keys_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Stores and the SHA-256 of their keys (TOML or JSON).",
)
@click.option("--rebuild", is_flag=True, help="Recompute all stock levels from the events before serving.")
def central(
    config_path: Path | None,
    host: str,
    port: int,
    database: str | None,
    is_open: bool,
    keys_file: Path | None,
    rebuild: bool,
) -> None:
    """Run the central inventory: EPCIS 2.0 in, availability out."""
    try:
        if config_path is not None:
            settings = central_settings(load_config(config_path))
        elif database is not None:
            settings = CentralSettings(
                database=database_path(database),
                host=host,
                port=port,
                keys=load_keys(keys_file) if keys_file is not None else {},
                open=is_open,
            )
        else:
            raise click.UsageError("expected --db or --config")
        serve(settings, lambda url: click.echo(f"ready central {url}"), rebuild=rebuild)
    except (CentralSettingsError, CentralStorageError) as error:
        raise click.ClickException(str(error)) from error
