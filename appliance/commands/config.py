"""`tagtill config check`: would this configuration be obeyed?"""

from __future__ import annotations

from pathlib import Path

import click
import orjson

from appliance.commands.config_option import config_option
from appliance.config import load_config
from appliance.config_files import file_problems
from appliance.errors import ConfigError

__all__ = ["config"]


@click.group()
def config() -> None:
    """The configuration."""


@config.command("check")
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(config_path: Path, as_json: bool) -> None:
    """Check the configuration file whole, every problem with its line; then the files that it names."""
    found = load_config(config_path)
    if problems := list(file_problems(found)):
        raise ConfigError(config_path, problems)
    if as_json:
        parts = {"lanes": list(found.lanes), "readers": list(found.readers), "terminals": list(found.terminals)}
        click.echo(orjson.dumps({"file": str(config_path), "ok": True, "store": found.store.id, **parts}))
        return
    click.echo(
        f"{config_path}: fine. Store {found.store.id} with {len(found.lanes)} lanes,"
        f" {len(found.readers)} readers, {len(found.terminals)} terminals"
    )
