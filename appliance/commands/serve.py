"""`tagtill serve`: the store service."""

from __future__ import annotations

import signal
from pathlib import Path

import click

from appliance.commands.config_option import config_option
from appliance.config import load_config
from appliance.wiring import store_service

__all__ = ["serve"]


@click.command()
@config_option
def serve(config_path: Path) -> None:
    """Run the store service: lanes, kiosk, staff page, online shop. Ctrl-C ends it; open payments are looked up
    at the next start."""
    config = load_config(config_path)
    with store_service(config) as server:
        for wanted in (signal.SIGTERM, signal.SIGINT):
            signal.signal(wanted, lambda *_: server.stop())
        click.echo(f"ready store {server.url}")
        server.run()
