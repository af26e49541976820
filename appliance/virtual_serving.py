"""What all commands of virtual readers do once their reader is made: serve, say so, and stop when told to."""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack
from typing import Protocol

import click

from appliance.health import health_door
from appliance.virtual_reader_metrics import virtual_reader_registry
from reader.virtual.control import ControlDoor, ReaderStatus

__all__ = ["ServedReader", "serve_until_stopped"]

_LOOK_S = 0.5  # how soon a reader that died of a fault of ours is noticed


class ServedReader(Protocol):
    """A virtual reader of any kind."""

    @property
    def spoken(self) -> str:
        """Where a client finds it; only after `start`."""

    @property
    def is_serving(self) -> bool:
        """Whether its thread lives."""

    def status(self) -> ReaderStatus:
        """Return what it is doing."""

    def start(self) -> None:
        """Serve from a thread of its own."""

    def stop(self) -> None:
        """End it."""


def serve_until_stopped(kind: str, reader: ServedReader, door: ControlDoor | None, health_port: int | None) -> None:
    """Serve until Ctrl-C or SIGTERM; say `ready KIND WHERE` and where the door is once it listens.

    Raises:
        click.ClickException: The reader broke down.
    """
    stopped = _stop_signal()
    with ExitStack() as ending:
        reader.start()
        ending.callback(reader.stop)
        if door is not None:
            door.start()
            ending.callback(door.stop)
        registry = virtual_reader_registry(reader.status)
        ending.enter_context(health_door(health_port, lambda: {"serving": reader.is_serving}, registry))
        click.echo(" ".join(["ready", kind, reader.spoken, *_door_words(door)]))
        while not stopped.wait(_LOOK_S):
            if not reader.is_serving:
                raise click.ClickException("the virtual reader broke down; its log says where")


def _stop_signal() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stopped.set())
    return stopped


def _door_words(door: ControlDoor | None) -> list[str]:
    if door is None:
        return []
    host, port = door.address
    return ["control", f"[{host}]:{port}" if ":" in host else f"{host}:{port}"]
