"""`tagtill virtual-reader`: readers without hardware, each a process of its own."""

from __future__ import annotations

from pathlib import Path

import click

from appliance.commands.virtual_serial import m100, mercury, r2000
from appliance.health import health_option
from appliance.logs import configure_logs
from appliance.virtual_serving import serve_until_stopped
from reader.virtual.control import ControlDoor
from reader.virtual.faults import Fault, Faults, faults_for
from reader.virtual.llrp.canned import CannedReports
from reader.virtual.llrp.personalities import PERSONALITIES
from reader.virtual.llrp.personality import PLAIN
from reader.virtual.llrp_reader import VirtualLlrpReader
from reader.virtual.scene import builtin_scene, load_scene
from reader.virtual.world import World

__all__ = ["virtual_reader"]

_PORT = click.IntRange(0, 65535)
_VERSIONS = {"1.0.1": 1, "1.1": 2}


@click.group()
def virtual_reader() -> None:
    """Run a reader without hardware, driven by a model of the air."""


for serial_command in (mercury, m100, r2000):
    virtual_reader.add_command(serial_command)


@virtual_reader.command()
@click.option("--port", type=_PORT, required=True, help="TCP port to listen on; 0 takes any free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--scene", "scene_file", type=click.Path(path_type=Path), help="What lies where, TOML or JSON; else a counter."
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    type=click.Choice([fault.value for fault in faults_for("llrp")]),
    help="Switch a fault on; may be repeated.",
)
@click.option("--control", type=_PORT, help="Open the loopback door on this port; 0 takes any free one.")
@click.option("--seed", type=int, help="Another air than the scene's own seed gives.")
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
@health_option
def llrp(
    port: int,
    host: str,
    scene_file: Path | None,
    faults: tuple[str, ...],
    control: int | None,
    seed: int | None,
    whose: str,
    version: str | None,
    canned: int | None,
    canned_rate: float | None,
    health_port: int | None,
) -> None:
    """Speak LLRP on TCP until Ctrl-C or SIGTERM.

    Prints one line on stdout once it listens: `ready llrp HOST:PORT`, then ` control HOST:PORT` where the door
    is open.
    """
    configure_logs("virtual-reader")
    world = World(load_scene(scene_file) if scene_file else builtin_scene())
    switches = Faults(Fault(name) for name in faults)
    if canned_rate is not None and canned is None:
        raise click.UsageError("--canned-rate says how often --canned comes: name both")
    personality = PERSONALITIES[whose]
    if version is not None and _VERSIONS[version] > personality.max_version:
        raise click.UsageError(f"{whose} does not speak LLRP {version}")
    reader = VirtualLlrpReader(
        world,
        host,
        port,
        faults=switches,
        personality=personality,
        seed=seed,
        version=None if version is None else _VERSIONS[version],
        canned=None if canned is None else CannedReports(canned, canned_rate),
    )
    door = (
        None
        if control is None
        else ControlDoor(world, switches, reader.status, port=control, set_input=reader.set_input)
    )
    serve_until_stopped("llrp", reader, door, health_port)
