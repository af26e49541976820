"""`tagtill virtual-reader mercury|m100|r2000`: serial reader modules without hardware, each a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from appliance.logs import configure_logs
from appliance.virtual_options import PORT, Surroundings, gathered, surroundings_options
from appliance.virtual_serving import serve_until_stopped
from reader.virtual.air import Air
from reader.virtual.control import ControlDoor
from reader.virtual.faults import Faults
from reader.virtual.serial import m100 as m100_module
from reader.virtual.serial import mercury_models
from reader.virtual.serial import r2000 as r2000_module
from reader.virtual.serial.m100_line import Build
from reader.virtual.serial.mercury import MercuryModule
from reader.virtual.serial.module import SerialModule
from reader.virtual.serial_module import VirtualSerialReader

__all__ = ["m100", "mercury", "r2000"]

_LINE_OPTIONS = (
    click.option(
        "--pty",
        "pty_link",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Make a pseudo terminal and keep a link to it here.",
    ),
    click.option("--port", type=PORT, help="Listen on this TCP port instead; 0 takes any free one."),
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on with --port."),
    click.option("--unpaced", is_flag=True, help="Carry bytes as fast as the machine can, not as the line would."),
)


@dataclass(frozen=True, slots=True)
class _Line:
    """Where a client finds a module, and how its bytes are carried."""

    pty_link: Path | None
    port: int | None
    host: str
    unpaced: bool


def _line_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a line; it gets them as one ``line``."""
    return gathered(command, "line", _Line, _LINE_OPTIONS)


_CANNED = click.option(
    "--canned", is_flag=True, help="Tell prepared tags at full wire speed, without the air; for benches."
)


def _baud_option(bauds: Sequence[int]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the option that says the rate of its module, one of ``bauds``, as ``baud``."""
    return click.option(
        "--baud",
        type=click.Choice([str(baud) for baud in bauds]),
        default="115200",
        show_default=True,
        callback=lambda _context, _option, chosen: int(chosen),
        help="Rate after power on.",
    )


@click.command()
@_line_options
@surroundings_options("serial")
@click.option("--model", type=click.Choice(sorted(mercury_models.MODELS)), default="m6e", show_default=True)
@_baud_option(mercury_models.BAUDS)
@click.option("--bootloader", is_flag=True, help="Begin in the bootloader, as some modules do.")
@_CANNED
def mercury(around: Surroundings, line: _Line, model: str, baud: int, bootloader: bool, canned: bool) -> None:
    """Be a ThingMagic/JADAK module until Ctrl-C or SIGTERM.

    Prints one line on stdout once a client can come: `ready mercury LINK` (or HOST:PORT), then ` control HOST:PORT`
    where the door is open.
    """

    def made(air: Air, faults: Faults) -> MercuryModule:
        return MercuryModule(
            air,
            faults,
            model=mercury_models.MODELS[model],
            baud=baud,
            starts_in_bootloader=bootloader,
            is_canned=canned,
        )

    _serve("mercury", around, line, made)


@click.command()
@_line_options
@surroundings_options("serial")
@click.option(
    "--build", type=click.Choice([build.name.lower() for build in Build]), default="bb", help="How its frames begin."
)
@_baud_option(m100_module.BAUDS)
@_CANNED
def m100(around: Surroundings, line: _Line, build: str, baud: int, canned: bool) -> None:
    """Be an M100, QM100 or R200 module until Ctrl-C or SIGTERM.

    Prints one line on stdout once a client can come: `ready m100 LINK` (or HOST:PORT), then ` control HOST:PORT`
    where the door is open.
    """

    def made(air: Air, faults: Faults) -> m100_module.M100Module:
        return m100_module.M100Module(air, faults, build=Build[build.upper()], baud=baud, is_canned=canned)

    _serve("m100", around, line, made)


@click.command()
@_line_options
@surroundings_options("serial")
@click.option("--address", type=click.IntRange(0, 0xFE), default=1, show_default=True, help="Its address on the bus.")
@_baud_option(r2000_module.BAUDS)
@_CANNED
def r2000(around: Surroundings, line: _Line, address: int, baud: int, canned: bool) -> None:
    """Be a board with an Impinj R2000 or E710 and A0 frames until Ctrl-C or SIGTERM.

    Prints one line on stdout once a client can come: `ready r2000 LINK` (or HOST:PORT), then ` control HOST:PORT`
    where the door is open.
    """

    def made(air: Air, faults: Faults) -> r2000_module.R2000Module:
        return r2000_module.R2000Module(air, faults, address=address, baud=baud, is_canned=canned)

    _serve("r2000", around, line, made)


def _serve(kind: str, around: Surroundings, line: _Line, made: Callable[[Air, Faults], SerialModule]) -> None:
    if (line.pty_link is None) == (line.port is None):
        raise click.UsageError("give either --pty LINK or --port PORT")
    configure_logs("virtual-reader")
    world, faults = around.world(), around.switches()
    air = Air(world, around.seed)
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
    if around.control is not None:
        door = ControlDoor(
            world,
            faults,
            reader.status,
            port=around.control,
            set_input=module.set_input if isinstance(module, MercuryModule) else None,
            set_plugged=reader.set_plugged,
        )
    serve_until_stopped(kind, reader, door, around.health_port)
