"""Each serial family's driver on a line that is always full, beside pyserial alone and beside pyImpinj.

Run: `python -m bench.serial_wire [--seconds 6]`. A module of its own process says numbered tags on a pty, as fast as
the line is; "of a core" is the client's processor time, driver and consumer together. "engine" is pyserial 3.5 reading
the same line by 512 bytes and throwing them away. pyImpinj is the public client of A0 boards, of which none is known
to speak at 921,600 baud.

The promise: no tag lost, under 3 % of one core at 115,200 baud and under 12 % at 921,600, and cheaper than pyImpinj.
"""

from __future__ import annotations

import argparse
import json
import logging
import queue
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import serial
import structlog
from pyImpinj import ImpinjR2KReader

from bench._full_line import BYTES_PER_TAG, TAGS
from reader.model import LinkState
from reader.profile import Profile, load_profile
from reader.registry import open_reader

PROMISED_SHARE = {115_200: 0.03, 921_600: 0.12}
PROFILES = {"mercury": "jadak-m6e-pad-eu", "m100": "m100-pad-eu", "r2000": "r2000-pad-eu"}
LEAST_OF_LINE = 0.9  # else it was no full line
BITS_PER_BYTE = 10


@dataclass(frozen=True, slots=True)
class Flow:
    """What one client did: tags a second, how much of one core it took, and how many tags it did not get."""

    tags_per_s: float
    of_a_core: float
    lost: int


@contextmanager
def full_line(family: str, baud: int, *, at_once: bool = False) -> Iterator[str]:
    """Run the module's process; yield the device that it is at."""
    with tempfile.TemporaryDirectory() as folder:
        link = str(Path(folder) / "module")
        command = [sys.executable, "-m", "bench._full_line", family, str(baud), link]
        command += ["--at-once"] if at_once else []
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            assert process.stdout is not None
            try:
                assert process.stdout.readline() == "ready\n"
                yield link
            finally:
                process.terminate()


def profile_of(family: str, baud: int) -> Profile:
    """Return a profile for a module that speaks at ``baud``."""
    profile = load_profile(PROFILES[family])
    return replace(profile, model=replace(profile.model, baud=baud))


def ours(family: str, baud: int, seconds: float) -> Flow:
    """Read through our driver for ``seconds``."""
    with full_line(family, baud) as device:
        reader = open_reader(profile_of(family, baud), device)
        reader.start()
        until_s = time.monotonic() + 20
        while reader.health().state is not LinkState.UP:
            reader.poll(0.05)
            if time.monotonic() > until_s:
                raise RuntimeError(f"{family} at {baud}: {reader.health()}, {reader.events()}")
        reader.poll(0.2)
        turns = []
        began_s, began_cpu_s = time.monotonic(), time.process_time()
        while time.monotonic() - began_s < seconds:
            turns.append(reader.poll(0.2))
        took_s, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
        malformed = reader.health().malformed
        reader.stop()
    numbers = [int(read.epc[12:], 16) for turn in turns for read in turn]
    return Flow(len(numbers) / took_s, cpu_s / took_s, _missing(numbers) + malformed)


def _missing(numbers: list[int]) -> int:
    return sum((after - before - 1) % TAGS for before, after in pairwise(numbers))


def engine(baud: int, seconds: float) -> Flow:
    """Read a full line by pyserial, and throw everything away."""
    with full_line("m100", baud, at_once=True) as device, serial.Serial(device, baud, timeout=0.02) as port:
        port.read(512)
        began_s, began_cpu_s, got = time.monotonic(), time.process_time(), 0
        while time.monotonic() - began_s < seconds:
            got += len(port.read(512))
        took_s, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
    return Flow(got / BYTES_PER_TAG["m100"] / took_s, cpu_s / took_s, 0)


def pyimpinjs(baud: int, seconds: float) -> Flow:
    """Read a full line by pyImpinj, beginning each inventory when the last one ended."""
    told: queue.Queue[dict[str, Any]] = queue.Queue()
    numbers: list[int] = []
    with full_line("r2000", baud) as device:
        client: Any = ImpinjR2KReader(told, address=1)
        client.connect(device, baud)
        client.worker_start()
        client.rt_inventory(repeat=255)
        told.get(timeout=10)
        began_s, began_cpu_s = time.monotonic(), time.process_time()
        while time.monotonic() - began_s < seconds:
            try:
                one = told.get(timeout=2.0)
            except queue.Empty:
                one = {"type": "LOST"}  # the end of an inventory, or its beginning
            if one["type"] == "TAG":
                numbers.append(int(one["epc"][12:], 16))
            else:
                client.rt_inventory(repeat=255)
        took_s, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
        client.worker_close()
    return Flow(len(numbers) / took_s, cpu_s / took_s, _missing(numbers))


def _peer_in_a_process(baud: int, seconds: float) -> Flow:
    """Run `pyimpinjs` in a process of its own: its thread does not always end."""
    code = (
        "import json,logging,os,sys; logging.disable(logging.CRITICAL); from bench.serial_wire import pyimpinjs; "
        f"flow = pyimpinjs({baud}, {seconds!r}); print(json.dumps([flow.tags_per_s, flow.of_a_core, flow.lost])); "
        "sys.stdout.flush(); os._exit(0)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True)
    return Flow(*json.loads(done.stdout.splitlines()[-1]))


def main() -> int:
    """Print the figures; return 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6.0, help="how long each flow is watched")
    seconds = parser.parse_args().seconds
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    broken = []
    for baud, promised in PROMISED_SHARE.items():
        limit = engine(baud, seconds)
        print(f"{baud:7} baud  engine    {limit.of_a_core:6.2%} of a core, nothing decoded")
        for family, size in BYTES_PER_TAG.items():
            flow = ours(family, baud, seconds)
            of_line = flow.tags_per_s * size * BITS_PER_BYTE / baud
            print(
                f"{baud:7} baud  {family:8}  {flow.of_a_core:6.2%} of a core at {flow.tags_per_s:5,.0f} tags/s, "
                f"{of_line:4.0%} of the line, {flow.lost} lost   {flow.of_a_core / limit.of_a_core:4.1f} x engine"
            )
            if flow.lost or flow.of_a_core > promised or of_line < LEAST_OF_LINE:
                broken.append(f"{family} at {baud}")
            if family == "r2000":
                peer = _peer_in_a_process(baud, seconds)
                print(
                    f"{baud:7} baud  pyImpinj  {peer.of_a_core:6.2%} of a core at {peer.tags_per_s:5,.0f} tags/s, "
                    f"{peer.lost} lost   {peer.of_a_core / flow.of_a_core:4.1f} x ours"
                )
                if peer.of_a_core < flow.of_a_core:
                    broken.append(f"pyImpinj at {baud}")
    print(f"promise broken: {', '.join(broken)}" if broken else "promise kept")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
