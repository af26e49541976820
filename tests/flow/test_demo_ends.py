"""However the demo is ended, nothing of it stays: no process, no folder."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.processes

PATIENCE_S = 60.0


class Demo:
    """`tagtill demo` as a process of its own, its temporary folders below ``home``."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-m", "appliance.cli", "demo", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(home), "PYTHONUNBUFFERED": "1"},
        )

    def read_until(self, pattern: str) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if re.search(pattern, line):
                return line
        raise AssertionError(f"the demo ended without saying {pattern}: {self.process.communicate()[1]}")

    def children(self) -> list[int]:
        """Return the processes that read this demo's folder, by their command line (Linux)."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                command = (entry / "cmdline").read_bytes() if entry.name.isdigit() else b""
            except OSError:
                continue  # it ended meanwhile
            if str(self.home).encode() in command:
                found.append(int(entry.name))
        return found


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def start(home: Path) -> Iterator[Callable[..., Demo]]:
    """Start demos; one that a failed test left running is ended."""
    started: list[Demo] = []

    def begin(*arguments: str) -> Demo:
        started.append(Demo(home, *arguments))
        return started[-1]

    yield begin
    for demo in started:
        if demo.process.poll() is None:
            demo.process.terminate()
            demo.process.communicate(timeout=PATIENCE_S)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_open_demo_ends_politely_and_leaves_nothing(start: Callable[..., Demo], ending: signal.Signals) -> None:
    demo = start()
    demo.read_until("Ctrl-C closes it")
    assert len(demo.children()) >= 6

    demo.process.send_signal(ending)
    _, errors = demo.process.communicate(timeout=PATIENCE_S)

    assert demo.process.returncode == 0, errors
    assert errors == ""
    assert demo.children() == []


def test_a_walk_can_be_broken_off(start: Callable[..., Demo]) -> None:
    demo = start("--once", "--json")
    while not demo.children():
        assert demo.process.poll() is None, demo.process.communicate()[1]

    demo.process.send_signal(signal.SIGINT)
    output, errors = demo.process.communicate(timeout=PATIENCE_S)

    assert demo.process.returncode == 130, errors
    assert output == ""
    assert demo.children() == []
