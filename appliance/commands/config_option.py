"""The option that most commands share: which configuration file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from appliance.config import load_config

__all__ = ["config_option", "store_file", "store_option"]

_Command = TypeVar("_Command", bound=Callable[..., Any])


def config_option(command: _Command) -> _Command:
    """Add `--config FILE` (or TAGTILL_CONFIG; tagtill.toml in this folder where neither is given)."""
    return click.option(
        "--config",
        "config_path",
        type=click.Path(dir_okay=False, path_type=Path),
        envvar="TAGTILL_CONFIG",
        default=Path("tagtill.toml"),
        show_default=True,
        help="The configuration file.",
    )(command)


def store_option(command: _Command) -> _Command:
    """Add `--store FILE` beside `--config FILE`: one database by itself, without a configuration."""
    return config_option(
        click.option(
            "--store",
            "store_path",
            type=click.Path(dir_okay=False, path_type=Path),
            help="A store's database, instead of the configured one.",
        )(command)
    )


def store_file(store_path: Path | None, config_path: Path) -> Path:
    """Return the database that the two options mean. Raises ConfigError."""
    if store_path is not None:
        return store_path
    config = load_config(config_path)
    return config.path(config.store.database)
