"""`tagtill virtual-reader`: readers without hardware, each a process of its own."""

from __future__ import annotations

import click

from appliance.commands.virtual_serial import m100, mercury, r2000
from appliance.logs import configure_logs
from appliance.virtual_options import PORT, Surroundings, surroundings_options
from appliance.virtual_serving import serve_until_stopped
from reader.virtual.control import ControlDoor
from reader.virtual.llrp.canned import CannedReports
from reader.virtual.llrp.personalities import PERSONALITIES
from reader.virtual.llrp.personality import PLAIN
from reader.virtual.llrp_reader import VirtualLlrpReader

__all__ = ["virtual_reader"]

_VERSIONS = {"1.0.1": 1, "1.1": 2}


@click.group()
def virtual_reader() -> None:
    """Run a reader without hardware, driven by a model of the air."""


for serial_command in (mercury, m100, r2000):
    virtual_reader.add_command(serial_command)


@virtual_reader.command()
@click.option("--port", type=PORT, required=True, help="TCP port to listen on; 0 takes any free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@surroundings_options("llrp")
@click.option(
    "--personality",
    "whose",
    type=click.Choice(list(PERSONALITIES)),
    default=PLAIN.name,
    show_default=True,
    help="Whose reader it is.",
)
@click.option("--llrp", "version", type=click.Choice(list(_VERSIONS)), help="LLRP version; else what the model speaks.")
@click.option(
    "--canned", type=click.IntRange(1, 2000), help="Send reports of so many made-up tags instead of playing the air."
)
@click.option(
    "--canned-rate", type=click.FloatRange(0.0, min_open=True), help="So many of them a second; else as fast as taken."
)
def llrp(
    around: Surroundings,
    port: int,
    host: str,
    whose: str,
    version: str | None,
    canned: int | None,
    canned_rate: float | None,
) -> None:
    """Speak LLRP on TCP until Ctrl-C or SIGTERM.

    Prints one line on stdout once it listens: `ready llrp HOST:PORT`, then ` control HOST:PORT` where the door
    is open.
    """
    configure_logs("virtual-reader")
    world, faults = around.world(), around.switches()
    if canned_rate is not None and canned is None:
        raise click.UsageError("--canned-rate says how often --canned comes: name both")
    personality = PERSONALITIES[whose]
    if version is not None and _VERSIONS[version] > personality.max_version:
        raise click.UsageError(f"{whose} does not speak LLRP {version}")
    reader = VirtualLlrpReader(
        world,
        host,
        port,
        faults=faults,
        personality=personality,
        seed=around.seed,
        version=None if version is None else _VERSIONS[version],
        canned=None if canned is None else CannedReports(canned, canned_rate),
    )
    door = None
    if around.control is not None:
        door = ControlDoor(world, faults, reader.status, port=around.control, set_input=reader.set_input)
    serve_until_stopped("llrp", reader, door, around.health_port)
