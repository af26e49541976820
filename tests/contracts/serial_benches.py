"""Benches of the serial families on virtual modules, each over a pty and over TCP."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from math import inf
from pathlib import Path
from typing import Any, cast

from reader.host_clock import HostClock
from reader.profile import Model, Profile, load_profile
from reader.serial.driver import serial_reader
from reader.supervised import SupervisedReader
from reader.virtual.air import Air
from reader.virtual.faults import Fault, Faults
from reader.virtual.scene import builtin_scene, scene_of
from reader.virtual.serial.m100 import M100Module
from reader.virtual.serial.mercury import MercuryModule
from reader.virtual.serial.module import SerialModule
from reader.virtual.serial.r2000 import R2000Module
from reader.virtual.serial_module import VirtualSerialReader
from reader.virtual.world import World

__all__ = ["SerialBench", "serial_bench", "serial_benches"]

_MODULES: dict[str, Callable[[Air, Faults], SerialModule]] = {
    "mercury": MercuryModule,
    "m100": partial(M100Module, first_cdbm=2600),  # so that one that was not tuned is above every limit
    "r2000": R2000Module,
}
_PATIENCE_S = 5.0

_WAYS = [(family, way) for family in _MODULES for way in ("pty", "tcp")]


def _profile_of(family: str) -> Profile:
    # An M100's power is not in dBm at its port: its model says what each setting gives.
    power_table = {2000: 20.0} if family == "m100" else {}
    model = Model(family, family, 1, "tests", "never on hardware", power_table=power_table)
    return replace(load_profile("virtual-pad"), driver=family, model=model, antennas=(1,), mode=None)


class _Watched:
    """A module, and what it transmitted at most, in dBm, while its power was what it told."""

    def __init__(self, module: SerialModule, faults: Faults) -> None:
        self._module = module
        self._faults = faults
        self.most_dbm = -inf

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)

    def received(self, octets: bytes, now_us: int) -> None:
        self._module.received(octets, now_us)
        self._look()

    def advance(self, now_us: int) -> None:
        self._look()
        self._module.advance(now_us)
        self._look()

    def _look(self) -> None:
        power_dbm = self._module.tx_power_dbm
        if self._module.is_reading and power_dbm is not None and not self._faults.is_on(Fault.WRONG_POWER_TABLE):
            self.most_dbm = max(self.most_dbm, power_dbm)


class SerialBench:
    """A driver and the virtual module at the other end of its line."""

    def __init__(self, family: str, device: VirtualSerialReader, profile: Profile | None = None) -> None:
        self.profile = profile or _profile_of(family)
        self.reader: SupervisedReader = serial_reader(
            self.profile, device.spoken, "lane 1", HostClock(), random.Random(1)
        )
        self.device = device

    def cut(self) -> None:
        """Unplug the module, and plug it in again at once."""
        for is_plugged in (False, True):
            self.device.set_plugged(is_plugged)
            until_s = time.monotonic() + _PATIENCE_S
            while self.device.is_plugged is not is_plugged:
                assert time.monotonic() < until_s, "the module does not come or go"
                self.reader.poll(0.005)


@contextmanager
def serial_bench(family: str, way: str, epcs: Sequence[str], profile: Profile | None = None) -> Iterator[SerialBench]:
    """Lay ``epcs`` before a module of ``family`` that is reached by ``way``; None for a profile of antenna 1 alone.

    Whatever happens, the module may transmit at no more than the profile allows: that is asserted at the end.
    """
    tags = {"at": (0.0, 0.0, 0.1), "epcs": tuple(epcs), "orientation": (1.0, 0.0, 0.0)}
    scene = builtin_scene()
    faults = Faults()
    watched = _Watched(
        _MODULES[family](Air(World(scene_of({**scene.model_dump(), "tags": [tags]})), 1), faults), faults
    )
    module = cast(SerialModule, watched)
    with tempfile.TemporaryDirectory() as folder:
        if way == "pty":
            device = VirtualSerialReader(module, pty_link=Path(folder) / "module", faults=faults)
        else:
            device = VirtualSerialReader(module, address=("127.0.0.1", 0), faults=faults)
        device.start()
        try:
            bench = SerialBench(family, device, profile)
            yield bench
        finally:
            device.stop()
    allowed_dbm = max(bench.profile.on(port).power_limit_dbm for port in bench.profile.antennas)
    assert watched.most_dbm <= allowed_dbm + 1e-6, f"it transmitted at {watched.most_dbm} dBm, not {allowed_dbm}"


def serial_benches(epcs: Sequence[str]) -> dict[str, Callable[[], AbstractContextManager[SerialBench]]]:
    """Return a bench for each family and way, by name."""
    return {f"{family}, {way}": partial(serial_bench, family, way, epcs) for family, way in _WAYS}
