"""`tagtill virtual-reader mercury|m100|r2000`: serial reader modules without hardware, each a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from appliance.health import health_option
from appliance.logs import configure_logs
from appliance.virtual_serving import serve_until_stopped
from reader.virtual.air import Air
from reader.virtual.control import ControlDoor
from reader.virtual.faults import Fault, Faults, faults_for
from reader.virtual.scene import builtin_scene, load_scene
from reader.virtual.serial.m100 import M100Module
from reader.virtual.serial.m100_line import Build
from reader.virtual.serial.mercury import MercuryModule
from reader.virtual.serial.mercury_models import BAUDS, MODELS
from reader.virtual.serial.module import SerialModule
from reader.virtual.serial.r2000 import R2000Module
from reader.virtual.serial_module import VirtualSerialReader
from reader.virtual.world import World

__all__ = ["m100", "mercury", "r2000"]

_PORT = click.IntRange(0, 65535)

_LINE_OPTIONS = (
    click.option(
        "--pty",
        "pty_link",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Make a pseudo terminal and keep a link to it here.",
    ),
    click.option("--port", type=_PORT, help="Listen on this TCP port instead; 0 takes any free one."),
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on with --port."),
    click.option(
        "--scene", "scene_file", type=click.Path(path_type=Path), help="What lies where, TOML or JSON; else a counter."
    ),
    click.option(
        "--fault",
        "faults",
        multiple=True,
        type=click.Choice([fault.value for fault in faults_for("serial")]),
        help="Switch a fault on; may be repeated.",
    ),
    click.option("--control", type=_PORT, help="Open the loopback door on this port; 0 takes any free one."),
    click.option("--seed", type=int, help="Another air than the scene's own seed gives."),
    click.option("--unpaced", is_flag=True, help="Carry bytes as fast as the machine can, not as the line would."),
    health_option,
)


@dataclass(frozen=True, slots=True)
class _Line:
    """What the options that all modules share say."""

    pty_link: Path | None
    port: int | None
    host: str
    scene_file: Path | None
    faults: tuple[str, ...]
    control: int | None
    seed: int | None
    unpaced: bool
    health_port: int | None


def _line_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a line; it gets them as one `_Line`, before its own."""

    @wraps(command)  # click keeps the command's own options on it
    def with_line(**given: Any) -> None:
        names = _Line.__dataclass_fields__.keys()
        command(_Line(**{name: given.pop(name) for name in names}), **given)

    optioned: Callable[..., None] = with_line
    for option in reversed(_LINE_OPTIONS):
        optioned = option(optioned)
    return optioned


@click.command()
@_line_options
@click.option("--model", type=click.Choice(sorted(MODELS)), default="m6e", show_default=True)
@click.option(
    "--baud",
    type=click.Choice([str(baud) for baud in BAUDS]),
    default="115200",
    show_default=True,
    help="Rate after power on.",
)
@click.option("--bootloader", is_flag=True, help="Begin in the bootloader, as some modules do.")
@click.option("--canned", is_flag=True, help="Stream prepared tags at full wire speed, without the air; for benches.")
def mercury(line: _Line, model: str, baud: str, bootloader: bool, canned: bool) -> None:
    """Be a ThingMagic/JADAK module until Ctrl-C or SIGTERM.

    Prints one line on stdout once a client can come: `ready mercury LINK` (or HOST:PORT), then ` control HOST:PORT`
    where the door is open.
    """

    def made(air: Air, faults: Faults) -> MercuryModule:
        return MercuryModule(
            air, faults, model=MODELS[model], baud=int(baud), starts_in_bootloader=bootloader, is_canned=canned
        )

    _serve("mercury", line, made)


@click.command()
@_line_options
@click.option(
    "--build", type=click.Choice([build.name.lower() for build in Build]), default="bb", help="How its frames begin."
)
def m100(line: _Line, build: str) -> None:
    """Be an M100, QM100 or R200 module until Ctrl-C or SIGTERM.

    Prints one line on stdout once a client can come: `ready m100 LINK` (or HOST:PORT), then ` control HOST:PORT`
    where the door is open.
    """
    _serve("m100", line, lambda air, faults: M100Module(air, faults, build=Build[build.upper()]))


@click.command()
@_line_options
@click.option("--address", type=click.IntRange(0, 0xFE), default=1, show_default=True, help="Its address on the bus.")
def r2000(line: _Line, address: int) -> None:
    """Be a board with an Impinj R2000 or E710 and A0 frames until Ctrl-C or SIGTERM.

    Prints one line on stdout once a client can come: `ready r2000 LINK` (or HOST:PORT), then ` control HOST:PORT`
    where the door is open.
    """
    _serve("r2000", line, lambda air, faults: R2000Module(air, faults, address=address))


def _serve(kind: str, line: _Line, made: Callable[[Air, Faults], SerialModule]) -> None:
    if (line.pty_link is None) == (line.port is None):
        raise click.UsageError("give either --pty LINK or --port PORT")
    configure_logs("virtual-reader")
    world = World(load_scene(line.scene_file) if line.scene_file else builtin_scene())
    faults = Faults(Fault(name) for name in line.faults)
    air = Air(world, line.seed)
    module = made(air, faults)
    reader = VirtualSerialReader(
        module,
        pty_link=line.pty_link,
        address=None if line.port is None else (line.host, line.port),
        faults=faults,
        seed=air.seed,
        is_paced=not line.unpaced,
    )
    door = None
    if line.control is not None:
        door = ControlDoor(
            world,
            faults,
            reader.status,
            port=line.control,
            set_input=module.set_input if isinstance(module, MercuryModule) else None,
            set_plugged=reader.set_plugged,
        )
    serve_until_stopped(kind, reader, door, line.health_port)
