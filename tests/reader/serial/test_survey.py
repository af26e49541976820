"""Which module is at the end of a line, asked before anybody knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reader.errors import ProtocolError, ReaderGoneError
from reader.serial.survey import surveyed
from reader.virtual.air import Air
from reader.virtual.faults import Faults
from reader.virtual.scene import builtin_scene
from reader.virtual.serial.m100 import M100Module
from reader.virtual.serial.mercury import MercuryModule
from reader.virtual.serial.module import SerialModule
from reader.virtual.serial.r2000 import R2000Module
from reader.virtual.serial_module import VirtualSerialReader
from reader.virtual.world import World
from tests.reader.serial.mercury_script import Script
from tests.reader.serial.served import ServedTty

MODULES: dict[str, Callable[[Air, Faults], SerialModule]] = {
    "mercury": MercuryModule,
    "m100": M100Module,
    "r2000": R2000Module,
}


@pytest.mark.parametrize("driver", MODULES)
def test_each_family_is_found_and_nothing_is_transmitted(driver: str, tmp_path: Path) -> None:
    faults = Faults()
    server = VirtualSerialReader(
        MODULES[driver](Air(World(builtin_scene())), faults), pty_link=tmp_path / "tty", faults=faults
    )
    server.start()
    try:
        found = surveyed(str(tmp_path / "tty"))
        reads = server.status().reads
    finally:
        server.stop()

    assert (found.driver, found.baud) == (driver, 115_200)
    assert found.said
    assert reads == 0


def test_something_else_is_said_to_be_none_of_them(tmp_path: Path) -> None:
    with (
        ServedTty(tmp_path / "tty", Script(), baud=None),
        pytest.raises(ProtocolError, match=r"something speaks at .*tty, but neither Mercury, M100 nor A0"),
    ):
        surveyed(str(tmp_path / "tty"))


def test_no_device_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ReaderGoneError, match="there is no device"):
        surveyed(str(tmp_path / "tty"))
