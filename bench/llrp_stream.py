"""From the reader's process over TCP through the driver into the consumer's hand, beside sllurp's client.

Run: `python -m bench.llrp_stream [--seconds 60]`. The virtual reader runs as a process of its own and sends prepared
reports (so that its air model is not what is measured), as fast as the client takes them; each client counts the
reads it gets in its own consumer. "of a core" is the client's processor time. Then ours alone takes 1,200 reads a
second, which is the best a reader does, and says what that costs.

The promise: at least 50,000 reads/s, more than sllurp's client, and under 3 % of one core at 1,200 reads/s.
"""

from __future__ import annotations

import argparse
import json
import logging
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from sllurp.llrp import LLRPReaderClient, LLRPReaderConfig

from reader.model import LinkState
from reader.profile import load_profile
from reader.registry import open_reader

PROMISED_READS_PER_S = 50_000
PROMISED_SHARE = 0.03
READER_BEST_PER_S = 1_200
PEER_CONFIG = {"antennas": [1, 2], "report_every_n_tags": None, "start_inventory": True, "keepalive_interval": 1000}


@dataclass(frozen=True, slots=True)
class Flow:
    """What one client did: reads a second, and how much of one core it took."""

    reads_per_s: float
    of_a_core: float


@contextmanager
def reader_process(tags_per_message: int, messages_per_s: float | None = None) -> Iterator[str]:
    """Run a virtual reader that sends prepared reports; yield its address."""
    words = ["virtual-reader", "llrp", "--port", "0", "--canned", str(tags_per_message)]
    if messages_per_s is not None:
        words += ["--canned-rate", str(messages_per_s)]
    command = [sys.executable, "-c", "from appliance.cli import main; main()", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[2]
        finally:
            process.terminate()


def ours(address: str, seconds: float) -> Flow:
    """Read through our driver for ``seconds``."""
    reader = open_reader(load_profile("virtual-pad"), address)
    reader.start()
    while reader.health().state is not LinkState.UP:
        reader.poll(0.05)
    reader.poll(0.1)
    began_s, began_cpu_s, reads = time.monotonic(), time.process_time(), 0
    while time.monotonic() - began_s < seconds:
        reads += len(reader.poll(0.2))
    took_s, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
    reader.stop()
    return Flow(reads / took_s, cpu_s / took_s)


def sllurps(address: str, seconds: float) -> Flow:
    """Read through sllurp's client for ``seconds``."""
    host, _, port = address.partition(":")
    client = LLRPReaderClient(host, int(port), LLRPReaderConfig(PEER_CONFIG))
    reads, flowing = 0, threading.Event()

    def take(_client: object, tags: list[object]) -> None:
        nonlocal reads
        reads += len(tags)
        flowing.set()

    client.add_tag_report_callback(take)
    client.connect()
    try:
        if not flowing.wait(10):
            raise RuntimeError("sllurp's client got no report")
        began_s, began_cpu_s, before = time.monotonic(), time.process_time(), reads
        time.sleep(seconds)
        took_s, cpu_s, got = time.monotonic() - began_s, time.process_time() - began_cpu_s, reads - before
    finally:
        client.disconnect(timeout=5)
    return Flow(got / took_s, cpu_s / took_s)


def _peer_in_a_process(address: str, seconds: float) -> Flow:
    """Run `sllurps` in a process of its own: its threads do not always end."""
    code = (
        "import json,os,sys; from bench.llrp_stream import sllurps; "
        f"flow = sllurps({address!r}, {seconds!r}); print(json.dumps([flow.reads_per_s, flow.of_a_core])); "
        "sys.stdout.flush(); os._exit(0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=seconds + 60, check=True
    )
    return Flow(*json.loads(done.stdout.splitlines()[-1]))


def main() -> int:
    """Print the figures; return 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6.0, help="how long each flow is watched")
    seconds = parser.parse_args().seconds
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    broken = []
    for tags in (10, 200):
        with reader_process(tags) as address:
            mine = ours(address, seconds)
        with reader_process(tags) as address:
            peer = _peer_in_a_process(address, seconds)
        ratio = mine.reads_per_s / peer.reads_per_s
        print(
            f"{tags:4} tags a report   ours {mine.reads_per_s:9,.0f} reads/s ({mine.of_a_core:4.0%} of a core)   "
            f"sllurp {peer.reads_per_s:9,.0f} reads/s ({peer.of_a_core:4.0%})   {ratio:5.1f} x"
        )
        if mine.reads_per_s < PROMISED_READS_PER_S or ratio < 1:
            broken.append(f"{tags} tags a report")
    for tags in (1, 10):
        with reader_process(tags, READER_BEST_PER_S / tags) as address:
            steady = ours(address, seconds)
        print(f"{tags:4} tags a report   {steady.reads_per_s:,.0f} reads/s take {steady.of_a_core:.1%} of a core")
        if tags > 1 and steady.of_a_core > PROMISED_SHARE:
            broken.append("the cost at 1,200 reads/s")
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    print(f"promise broken: {', '.join(broken)}" if broken else "promise kept")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
