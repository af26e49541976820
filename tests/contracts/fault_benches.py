"""Every driver on a virtual reader that can be made to do wrong, and what is watched of it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from reader.host_clock import HostClock
from reader.llrp.driver import llrp_reader
from reader.model import LinkState, ReaderEvent, TagRead
from reader.profile import Profile, load_profile
from reader.supervised import SupervisedReader
from reader.virtual.control import ReaderStatus
from reader.virtual.faults import Faults
from reader.virtual.llrp.personalities import PERSONALITIES
from reader.virtual.llrp_reader import VirtualLlrpReader
from reader.virtual.scene import builtin_scene, scene_of
from reader.virtual.world import World
from tests.contracts.serial_benches import serial_bench

__all__ = ["BENCHES", "EPCS", "Device", "FaultBench", "Watch"]

EPCS = ("3034257BF7194E4000001A85", "3034257BF7194E4000001A86")
PATIENCE_S = 10.0
_KEEPALIVE_MS = 500  # so that a silence is noticed soon; a module's signs of life come late enough at 1000


class Device(Protocol):
    """A virtual reader's server."""

    faults: Faults

    @property
    def spoken(self) -> str:
        """Where it is found."""

    @property
    def is_serving(self) -> bool:
        """Whether its thread lives."""

    def status(self) -> ReaderStatus:
        """Return what it is doing."""


@dataclass(frozen=True)
class FaultBench:
    """A reader that is not started, before which `EPCS` lie, and the device at the other end."""

    reader: SupervisedReader
    device: Device
    profile: Profile


@contextmanager
def _llrp(profile_name: str, personality: str) -> Iterator[FaultBench]:
    tags = {"at": (0.0, 0.0, 0.1), "epcs": EPCS, "orientation": (1.0, 0.0, 0.0)}
    scene = scene_of({**builtin_scene().model_dump(), "tags": [tags]})
    device = VirtualLlrpReader(World(scene), personality=PERSONALITIES[personality], seed=1)
    device.start()
    profile = replace(load_profile(profile_name), keepalive_ms=_KEEPALIVE_MS)
    reader = llrp_reader(profile, device.spoken, "lane 1", HostClock(), random.Random(1))
    try:
        yield FaultBench(reader, device, profile)
    finally:
        reader.stop(1.0)
        device.stop()


@contextmanager
def _serial(family: str, profile_name: str, way: str) -> Iterator[FaultBench]:
    with serial_bench(family, way, EPCS, load_profile(profile_name)) as made:
        try:
            yield FaultBench(made.reader, made.device, made.profile)
        finally:
            made.reader.stop(1.0)


_MODULES = {"mercury": "jadak-m6e-pad-eu", "m100": "m100-pad-eu", "r2000": "r2000-pad-eu"}

BENCHES: dict[str, Callable[[], AbstractContextManager[FaultBench]]] = {
    "llrp": partial(_llrp, "virtual-pad", "plain"),
    "llrp impinj": partial(_llrp, "impinj-r420-pad-eu", "impinj-r420"),
    "llrp zebra": partial(_llrp, "zebra-fx9600-pad-eu", "zebra-fx9600"),
    **{
        f"{family} {way}": partial(_serial, family, profile, way)
        for way in ("pty", "tcp")
        for family, profile in _MODULES.items()
    },
}


class Watch:
    """Collects what a reader gives. Whoever waits says for what, and how long that may take."""

    def __init__(self, reader: SupervisedReader) -> None:
        self.reads: list[TagRead] = []
        self.events: list[ReaderEvent] = []
        self._reader = reader
        self._never = threading.Event()

    def look(self, timeout_s: float = 0.02) -> None:
        """Poll once."""
        self.reads += self._reader.poll(timeout_s)
        self.events += self._reader.events()

    def until(self, is_so: Callable[[], bool], within_s: float = PATIENCE_S, *, polls: bool = True) -> None:
        """Watch until something is so; without ``polls`` the reads stay where they are."""
        until_s = time.monotonic() + within_s
        while not is_so():
            assert time.monotonic() < until_s, self.account()
            if polls:
                self.look()
            else:
                self._never.wait(0.01)
                self.events += self._reader.events()

    def until_all_are_seen(self) -> None:
        """Watch until both tags were read."""
        self.until(lambda: {read.epc for read in self.reads} >= set(EPCS))

    def until_it_is_silent(self) -> None:
        """Watch until a quarter of a second passes without a read."""
        before = -1
        until_s = time.monotonic() + PATIENCE_S
        while before != len(self.reads):
            assert time.monotonic() < until_s, self.account()
            before = len(self.reads)
            self.look(0.25)

    def account(self) -> str:
        """Return what happened, for whoever has to find out why something did not."""
        events = "\n".join(f"{event.at_s:.2f} {event.kind}: {event.detail}" for event in self.events[-30:])
        return f"{self._reader.health()}\n{len(self.reads)} reads polled\n{events}"

    @property
    def is_up(self) -> bool:
        """Whether the link is up."""
        return self._reader.health().state is LinkState.UP
