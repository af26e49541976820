"""Which module is at the end of a line, asked before anybody knows."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from reader.errors import ProtocolError, ReaderGoneError
from reader.serial.families import Candidate, candidates
from reader.serial.survey import surveyed
from reader.virtual.air import Air
from reader.virtual.faults import Faults
from reader.virtual.scene import builtin_scene
from reader.virtual.serial.m100 import M100Module
from reader.virtual.serial.mercury import MercuryModule
from reader.virtual.serial.r2000 import R2000Module
from reader.virtual.serial_module import VirtualSerialReader
from reader.virtual.world import World
from tests.reader.serial.mercury_script import Script
from tests.reader.serial.served import ServedTty

MODULES: dict[str, type[MercuryModule | M100Module | R2000Module]] = {
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
    assert found.said.keys() & {"hardware", "text", "major"}
    assert reads == 0


def test_something_else_is_said_to_be_none_of_them(tmp_path: Path) -> None:
    with (
        ServedTty(tmp_path / "tty", Script(), baud=None),
        pytest.raises(ProtocolError, match=r"something speaks here, but it is none of Mercury, M100, A0"),
    ):
        surveyed(str(tmp_path / "tty"))


def test_no_device_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ReaderGoneError, match="there is no device"):
        surveyed(str(tmp_path / "tty"))


# An A0 board waits for up to 257 bytes of what noise began, so it is met with several kinds of noise.
SEEDS = {"mercury": (1,), "m100": (1,), "r2000": (2, 3, 5, 7)}


@pytest.mark.parametrize("wanted", candidates(), ids=lambda wanted: wanted.driver)
def test_a_module_is_found_at_every_rate_of_its_family(wanted: Candidate, tmp_path: Path) -> None:
    def found(baud: int, seed: int) -> tuple[str, int | None]:
        faults, link = Faults(), tmp_path / f"{baud} {seed}"
        module = MODULES[wanted.driver](Air(World(builtin_scene())), faults, baud=baud)
        server = VirtualSerialReader(module, pty_link=link, faults=faults, seed=seed)
        server.start()
        try:
            survey = surveyed(str(link))
        finally:
            server.stop()
        return survey.driver, survey.baud

    tries = [(baud, seed) for baud in wanted.family.rates for seed in SEEDS[wanted.driver]]
    with ThreadPoolExecutor(4) as people:  # they mostly wait
        surveys = list(people.map(found, *zip(*tries, strict=True)))

    assert surveys == [(wanted.driver, baud) for baud, _ in tries]
