"""pyImpinj, a public client of A0 boards (PyPI), drives the virtual one over a pty; it checks every tag's CRC."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyImpinj import ImpinjR2KReader

from reader.access import Bank
from reader.virtual.air import Air
from reader.virtual.faults import Fault, Faults
from reader.virtual.scene import builtin_scene
from reader.virtual.serial.r2000 import R2000Module
from reader.virtual.serial_module import VirtualSerialReader
from reader.virtual.world import World

pytestmark = pytest.mark.peers

PATIENCE_S = 10.0
ON_PAD = frozenset(builtin_scene().tags[0].all_epcs)
EPC = min(ON_PAD)


class Board:
    """The virtual board, and pyImpinj as its client."""

    def __init__(self, link: Path) -> None:
        self.world = World(builtin_scene())
        self.faults = Faults()
        self._server = VirtualSerialReader(R2000Module(Air(self.world), self.faults), pty_link=link, faults=self.faults)
        self._server.start()
        self._told: queue.Queue[dict[str, Any]] = queue.Queue()
        self.client: Any = ImpinjR2KReader(self._told, address=1)
        self.client.connect(str(link))
        self.client.worker_start()

    def told_until_the_end(self) -> list[dict[str, Any]]:
        """Return what an inventory tells, its end or its error last."""
        told = [self._told.get(timeout=PATIENCE_S)]
        while told[-1]["type"] == "TAG":
            told.append(self._told.get(timeout=PATIENCE_S))
        return told

    def close(self) -> None:
        self.client.worker_close()
        self._server.stop()


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    board = Board(tmp_path / "r2000")
    yield board
    board.close()


def test_it_learns_what_the_board_is(board: Board) -> None:
    client = board.client

    assert client.identifier()[:7] == b"TAGTILL"
    assert client.temperature() == 38
    assert client.get_frequency_region() == {"Region": "ETSI", "StartFreq": 865.0, "EndFreq": 868.0}
    assert client.get_rf_port_return_loss(866.0) == 17
    assert client.get_ant_connection_detector() == b"\x03"
    assert (client.di(1), client.di(2)) == (0, 0)


def test_it_sets_power_and_antenna(board: Board) -> None:
    client = board.client

    assert client.set_rf_power(20, 21, 22, 23)[0]
    assert client.get_rf_power() == bytes((20, 21, 22, 23))
    assert client.fast_power(25)[0]
    assert client.get_rf_power() == b"\x19"
    assert client.set_work_antenna(1)[0]
    assert client.get_work_antenna() == b"\x01"
    assert client.beeper(0)[0]
    assert client.do(3, level=True)[0]


def test_it_hears_the_tags_on_the_pad(board: Board) -> None:
    board.client.rt_inventory(repeat=20)
    told = board.told_until_the_end()

    tags, end = told[:-1], told[-1]
    assert {tag["epc"] for tag in tags} == ON_PAD
    assert {tag["antenna"] for tag in tags} == {1}
    assert all(-80 < tag["rssi"] < -10 and 865.0 <= tag["frequency"] <= 868.0 for tag in tags)
    assert (end["type"], end["total_read"]) == ("DONE", len(tags))


def test_it_switches_antennas_and_hears_of_the_one_that_is_missing(board: Board) -> None:
    ports = {"A": 0, "Aloop": 3, "B": 1, "Bloop": 3, "C": 3, "Cloop": 1, "Interval": 0, "Repeat": 1}
    board.client.fast_switch_ant_inventory(ports)
    told = board.told_until_the_end()

    assert {tag["antenna"] for tag in told[:-1]} == {1, 2}
    assert told[-1] == {"type": "ERROR", "logs": "Antenna-4 disconnect."}
    assert board.told_until_the_end()[-1]["total_read"] == len(told) - 1


def test_it_empties_the_buffer(board: Board) -> None:
    count = board.client.inventory(repeat=10)

    assert count == len(ON_PAD) == board.client.get_inventory_buffer_tag_count()
    assert set(board.client.get_and_reset_inventory_buffer(count)) == ON_PAD
    assert board.client.get_inventory_buffer_tag_count() == 0


def test_it_reads_and_writes_the_tag_that_it_names(board: Board) -> None:
    memory = board.world.memory(EPC)

    assert board.client.read(EPC, bank="TID", address=0, size=6) == memory.tid
    assert board.client.write(EPC, "CAFE0123", bank="USER", address=2) == EPC
    assert memory.content(Bank.USER)[2:4] == (0xCAFE, 0x0123)
    assert board.client.read(EPC, bank="USER", address=2, size=2) == "CAFE0123"
    assert board.client.read(EPC, bank="USER", address=7, size=2) == ""  # beyond its end


def test_it_gives_a_tag_another_epc(board: Board) -> None:
    new = EPC[:-4] + "ABCD"

    assert board.client.write(EPC, new) == EPC
    board.client.rt_inventory(repeat=20)
    assert {tag["epc"] for tag in board.told_until_the_end()[:-1]} == ON_PAD - {EPC} | {new}


def test_it_hears_that_an_antenna_is_gone(board: Board) -> None:
    board.faults.switch_on(Fault.ANTENNA_GONE)
    board.client.set_work_antenna(1)
    board.client.rt_inventory(repeat=1)

    assert board.told_until_the_end() == [{"type": "ERROR", "logs": "Antenna miss error."}]
