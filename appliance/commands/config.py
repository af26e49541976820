"""`tagtill config check`: would this configuration be obeyed?"""

from __future__ import annotations

from pathlib import Path

import click

from appliance.commands.config_option import config_option
from appliance.config import load_config

__all__ = ["config"]


@click.group()
def config() -> None:
    """The configuration."""


@config.command("check")
@config_option
def check(config_path: Path) -> None:
    """Check the configuration file whole; every problem with its line."""
    found = load_config(config_path)
    click.echo(
        f"{config_path}: fine. Store {found.store.id} with {len(found.lanes)} lanes,"
        f" {len(found.readers)} readers, {len(found.terminals)} terminals"
    )
