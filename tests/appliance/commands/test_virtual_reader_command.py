"""`tagtill virtual-reader llrp` as a process: its one line, its door, its end."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.reader.virtual.llrp_bench import reports
from tests.reader.virtual.test_llrp_reader import Line

pytestmark = pytest.mark.processes

PATIENCE_S = 30.0
SCENE = """
[[antennas]]
port = 1
at = [0, 0, -0.1]
kind = "pad"
[[places]]
name = "pad"
at = [0, 0, 0.1]
"""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []

    def one(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "appliance.cli", "virtual-reader", *arguments]
        running.append(
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "NO_COLOR": "1"}
            )
        )
        return running[-1]

    yield one
    for process in running:
        process.kill()
        process.communicate()


def ready_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def test_it_says_one_line_when_it_listens_and_ends_on_a_signal(start: Start) -> None:
    process = start("llrp", "--port", "0")
    match = re.fullmatch(r"ready llrp (127\.0\.0\.1):(\d+)\n", ready_line(process))
    assert match is not None
    line = Line((match[1], int(match[2])))
    assert line.status() == 0

    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=PATIENCE_S)

    assert (process.returncode, out) == (0, "")
    assert line.is_closed()
    line.sock.close()


def test_the_door_opens_beside_it_and_knows_the_scene(start: Start, tmp_path: Path) -> None:
    scene = tmp_path / "shop.toml"
    scene.write_text(SCENE)
    process = start("llrp", "--port", "0", "--scene", str(scene), "--fault", "slow", "--control", "0")
    match = re.fullmatch(r"ready llrp 127\.0\.0\.1:\d+ control (127\.0\.0\.1:\d+)\n", ready_line(process))
    assert match is not None

    with urllib.request.urlopen(f"http://{match[1]}/state", timeout=PATIENCE_S) as answer:
        state = json.load(answer)

    assert (state["tags"], state["faults"], state["client"], state["rospec"]) == ([], ["slow"], None, "none")


def test_it_can_be_another_reader_with_canned_reports(start: Start) -> None:
    process = start("llrp", "--port", "0", "--personality", "impinj-r420", "--canned", "10", "--canned-rate", "100")
    host, port = ready_line(process).split()[2].split(":")
    line = Line((host, int(port)))
    line.inventory()

    assert len(reports([line.next()])) == 10
    general = line.ask("GET_READER_CAPABILITIES", RequestedData=1).body.children[1]
    assert general.number("DeviceManufacturerName") == 25882
    line.sock.close()


def test_it_says_how_it_is_though_nobody_asked_for_a_port(start: Start) -> None:
    process = start("llrp", "--port", "0")
    assert ready_line(process).startswith("ready llrp ")
    assert process.stderr is not None
    health = process.stderr.readline().split()[-1]

    def asked(path: str) -> str:
        with urllib.request.urlopen(f"{health}{path}", timeout=PATIENCE_S) as answer:
            return str(answer.read(), "utf-8")

    assert json.loads(asked("/healthz")) == {"alive": True}
    assert json.loads(asked("/readyz")) == {"serving": True}
    assert "tagtill_virtual_reader_reads_total 0.0" in asked("/metrics")


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        (["llrp"], 2, "--port"),
        (["llrp", "--port", "0", "--fault", "rain"], 2, "rain"),
        (["barometer", "--port", "0"], 2, "barometer"),
        (["llrp", "--port", "0", "--scene", "nowhere.toml"], 1, "nowhere.toml"),
        (["llrp", "--port", "0", "--personality", "hal-9000"], 2, "hal-9000"),
        (["llrp", "--port", "0", "--personality", "impinj-r420", "--llrp", "1.1"], 2, "does not speak LLRP 1.1"),
        (["llrp", "--port", "0", "--canned-rate", "5"], 2, "--canned"),
    ],
)
def test_what_is_wrong_is_said_on_stderr(start: Start, arguments: list[str], status: int, complaint: str) -> None:
    process = start(*arguments)
    out, err = process.communicate(timeout=PATIENCE_S)

    assert (process.returncode, out) == (status, "")
    assert complaint in err
    assert "Traceback" not in err
