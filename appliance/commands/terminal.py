"""`tagtill terminal`: the demo payment terminal as a process of its own."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack
from pathlib import Path

import click
from prometheus_client import CollectorRegistry, Gauge

from appliance.config import DemoTerminalSection, load_config
from appliance.errors import ConfigError
from appliance.health import health_door, health_option
from appliance.logs import configure_logs
from checkout.terminals.demo_server import Behaviour, DemoTerminalServer, charges

__all__ = ["terminal"]


@click.command()
@click.option(
    "--config",
    "config_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The configuration file, for its [demo_terminal]; options below count before it.",
)
@click.option("--host", help="Address to listen on (127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one (0).")
@click.option("--ledger", type=click.Path(dir_okay=False, path_type=Path), help="The terminal's own SQLite file.")
@click.option(
    "--behaviour",
    default=Behaviour.APPROVE.value,
    show_default=True,
    type=click.Choice([behaviour.value for behaviour in Behaviour]),
    help="How it plays its part, until told otherwise.",
)
@click.option("--card-seconds", type=click.FloatRange(0, 60), help="How long the card takes (1.2).")
@health_option
def terminal(
    config_path: Path | None,
    host: str | None,
    port: int | None,
    ledger: Path | None,
    behaviour: str,
    card_seconds: float | None,
    health_port: int | None,
) -> None:
    """Run the demo payment terminal; its ledger outlives every crash."""
    section, ledger_path = _configured(config_path, ledger)
    configure_logs("terminal")
    stop = threading.Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: stop.set())
    ledger_path.parent.mkdir(parents=True, exist_ok=True)
    server = DemoTerminalServer(
        ledger_path,
        section.host if host is None else host,
        section.port if port is None else port,
        Behaviour(behaviour),
        section.card_seconds if card_seconds is None else card_seconds,
    )
    with ExitStack() as ending:
        ending.enter_context(server)
        door_port = section.health_port if health_port is None else health_port
        ending.enter_context(health_door(door_port, lambda: _checks(server), _registry(ledger_path)))
        bound_host, bound_port = server.address
        click.echo(f"ready terminal {bound_host}:{bound_port}")
        stop.wait()


def _configured(config_path: Path | None, ledger: Path | None) -> tuple[DemoTerminalSection, Path]:
    """Return the section that counts and the ledger's path."""
    if config_path is None:
        if ledger is None:
            raise click.UsageError("expected --ledger or --config")
        return DemoTerminalSection(port=0), ledger
    config = load_config(config_path)
    if config.demo_terminal is None:
        raise ConfigError(config_path, ["expected a section [demo_terminal]"])
    return config.demo_terminal, config.path(config.demo_terminal.ledger) if ledger is None else ledger


def _checks(server: DemoTerminalServer) -> dict[str, bool]:
    return {"answers": server.answer({"op": "health"}) is not None}  # offline is one of its behaviours


def _registry(ledger_path: Path) -> CollectorRegistry:
    registry = CollectorRegistry()
    made = Gauge("tagtill_terminal_charges", "Charges made, by the terminal's own ledger", registry=registry)
    made.set_function(lambda: len(charges(ledger_path)))
    given_back = Gauge("tagtill_terminal_reversals", "Charges given back", registry=registry)
    given_back.set_function(lambda: sum(charge.is_reversed for charge in charges(ledger_path)))
    return registry
