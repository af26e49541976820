"""The driver and the virtual reader as programs of their own, as a shop would start them."""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from reader.host_clock import HostClock
from reader.llrp.driver import llrp_reader
from reader.model import LinkState
from reader.profile import load_profile
from reader.supervised import SupervisedReader

pytestmark = pytest.mark.processes

TAGTILL = [sys.executable, "-m", "appliance.cli"]


@contextmanager
def virtual_reader(port: int = 0, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a virtual reader; yield its process and its address once it listens."""
    process = subprocess.Popen(
        [*TAGTILL, "virtual-reader", "llrp", "--port", str(port), *options], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        ready = process.stdout.readline().split()
        assert ready[:2] == ["ready", "llrp"]
        yield process, ready[2]
    finally:
        process.terminate()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


def asked(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*TAGTILL, "reader", *words], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("version", ["1.0.1", "1.1"])
def test_probe_and_inventory(version: str) -> None:
    with virtual_reader(0, "--llrp", version) as (_, address):
        probed = asked("probe", "--profile", "virtual-pad", "--address", address, "--json")
        listed = asked("inventory", "--profile", "virtual-pad", "--address", address, "--seconds", "1", "--json")

    assert (probed.returncode, listed.returncode) == (0, 0)
    assert json.loads(probed.stdout)["tx_power_dbm"] == 20.0
    reads = [json.loads(line) for line in listed.stdout.splitlines()]
    assert len({read["epc"] for read in reads}) >= 7
    assert {tuple(read) for read in reads} == {
        ("t_us", "epc", "antenna", "rssi_dbm", "phase_deg", "channel_mhz", "count")
    }
    times = [read["t_us"] for read in reads]
    assert times == sorted(times)
    assert times[0] == 0


def test_reader_that_is_busy_is_said_in_one_line() -> None:
    with virtual_reader() as (_, address):
        host, _, port = address.rpartition(":")
        with socket.create_connection((host, int(port))) as first:
            assert first.recv(1024)  # welcomed: the reader is taken
            probed = asked("probe", "--profile", "virtual-pad", "--address", address)

    assert probed.returncode == 1
    assert "the reader is refused: another client is connected to the reader" in probed.stderr
    assert "Traceback" not in probed.stderr


def test_reader_that_is_killed_is_read_again_two_seconds_after_it_is_back() -> None:
    with virtual_reader() as (process, address):
        port = int(address.rpartition(":")[2])
        reader = llrp_reader(load_profile("virtual-pad"), address, "lane 1", HostClock(), random.Random(1))
        reader.start()
        try:
            _read_within(reader, 10.0)
            process.kill()
            process.wait(10)
            _wait_for(reader, LinkState.DOWN)
            reader.poll(0.0)
            with virtual_reader(port):
                took_s = _read_within(reader, 10.0)
        finally:
            reader.stop()

    assert took_s < 2.0


def _read_within(reader: SupervisedReader, patience_s: float) -> float:
    """Return how long it took until something was read."""
    began_s = time.monotonic()
    while not reader.poll(0.1):
        assert time.monotonic() - began_s < patience_s, reader.health()
    return time.monotonic() - began_s


def _wait_for(reader: SupervisedReader, state: LinkState) -> None:
    began_s = time.monotonic()
    while reader.health().state is not state:
        reader.poll(0.05)
        assert time.monotonic() - began_s < 10.0, reader.health()
