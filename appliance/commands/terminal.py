"""`tagtill terminal`: the demo payment terminal as a process of its own."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import click

from checkout.terminals.demo_server import Behaviour, DemoTerminalServer

__all__ = ["terminal"]


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=0, type=click.IntRange(0, 65535), show_default=True, help="0 takes a free one.")
@click.option(
    "--ledger", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The terminal's own SQLite file."
)
@click.option(
    "--behaviour",
    default=Behaviour.APPROVE.value,
    show_default=True,
    type=click.Choice([behaviour.value for behaviour in Behaviour]),
    help="How it plays its part, until told otherwise.",
)
@click.option(
    "--card-seconds", default=1.2, show_default=True, type=click.FloatRange(0, 600), help="How long the card takes."
)
def terminal(host: str, port: int, ledger: Path, behaviour: str, card_seconds: float) -> None:
    """Run the demo payment terminal; its ledger outlives every crash."""
    stop = threading.Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: stop.set())
    ledger.parent.mkdir(parents=True, exist_ok=True)
    with DemoTerminalServer(ledger, host, port, Behaviour(behaviour), card_seconds) as server:
        bound_host, bound_port = server.address
        click.echo(f"ready terminal {bound_host}:{bound_port}")
        stop.wait()
