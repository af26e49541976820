"""What every virtual reader is asked on the command line: what lies where, what is broken, and which doors are open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any

import click

from appliance.health import health_option
from reader.virtual.faults import Family, Fault, Faults, faults_for
from reader.virtual.scene import builtin_scene, load_scene
from reader.virtual.world import World

__all__ = ["PORT", "Surroundings", "gathered", "surroundings_options"]

PORT = click.IntRange(0, 65535)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The options that all virtual readers share. control, health_port: None where not asked for."""

    scene_file: Path | None
    faults: tuple[str, ...]
    control: int | None
    seed: int | None
    health_port: int | None

    def world(self) -> World:
        """Return the scene, to be changed while the reader runs.

        Raises:
            SceneError: There is no such file, or it is no scene.
        """
        return World(load_scene(self.scene_file) if self.scene_file else builtin_scene())

    def switches(self) -> Faults:
        """Return the faults, those that are named switched on."""
        return Faults(Fault(name) for name in self.faults)


def surroundings_options(family: Family) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options that all virtual readers share; it gets them as one ``around``."""
    named = [fault.value for fault in faults_for(family)]
    options = (
        click.option(
            "--scene",
            "scene_file",
            type=click.Path(path_type=Path),
            help="What lies where, TOML or JSON; else a counter.",
        ),
        click.option(
            "--fault",
            "faults",
            multiple=True,
            type=click.Choice(named),
            help="Switch a fault on; may be repeated.",
        ),
        click.option("--control", type=PORT, help="Open the loopback door on this port; 0 takes any free one."),
        click.option("--seed", type=int, help="Another air than the scene's own seed gives."),
        health_option,
    )
    return lambda command: gathered(command, "around", Surroundings, options)


def gathered(
    command: Callable[..., None], name: str, kind: type[Any], options: tuple[Callable[..., Any], ...]
) -> Callable[..., None]:
    """Return ``command`` with more options, which it gets as one dataclass ``kind`` under ``name``."""
    names = [one.name for one in fields(kind)]

    @wraps(command)  # click keeps the command's own options on it
    def with_them(**given: Any) -> None:
        command(**{name: kind(**{one: given.pop(one) for one in names})}, **given)

    optioned: Callable[..., None] = with_them
    for option in reversed(options):
        optioned = option(optioned)
    return optioned
