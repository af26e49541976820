"""`tagtill virtual-reader mercury|m100|r2000` as processes: the one line, the tty, the door, the end."""

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
import serial

pytestmark = pytest.mark.processes

PATIENCE_S = 30.0
# What the vendors' clients ask first, and how the answer begins.
WHO_ARE_YOU = {
    "mercury": (bytes.fromhex("ff00031d0c"), bytes.fromhex("ff140300001212130018")),
    "m100": (bytes.fromhex("bb00030001" "00" "047e"), bytes.fromhex("bb0103")),
    "r2000": (bytes.fromhex("a003017" "2ea"), bytes.fromhex("a005017201")),
}  # fmt: skip

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


@pytest.mark.parametrize("kind", WHO_ARE_YOU)
def test_a_module_on_a_pty_answers_and_ends_on_a_signal(start: Start, tmp_path: Path, kind: str) -> None:
    link = tmp_path / "module"
    process = start(kind, "--pty", str(link))
    assert ready_line(process) == f"ready {kind} {link}\n"
    asked, answered = WHO_ARE_YOU[kind]
    with serial.Serial(str(link), 115_200, timeout=PATIENCE_S, exclusive=True) as client:
        client.write(asked)
        assert client.read(len(answered)) == answered

    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=PATIENCE_S)

    assert (process.returncode, out) == (0, "")
    assert not link.is_symlink()


def test_a_module_on_tcp_with_a_door_and_a_plug(start: Start) -> None:
    process = start("mercury", "--port", "0", "--control", "0", "--model", "nano", "--fault", "refuse")
    match = re.fullmatch(r"ready mercury (127\.0\.0\.1:\d+) control (127\.0\.0\.1:\d+)\n", ready_line(process))
    assert match is not None

    def asked(method: str, path: str, body: bytes | None = None) -> dict[str, object]:
        request = urllib.request.Request(f"http://{match[2]}{path}", body, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            content: dict[str, object] = json.load(answer)
            return content

    state = asked("GET", "/state")
    assert (state["client"], state["rospec"], state["faults"]) == (None, "inactive", ["refuse"])
    assert asked("DELETE", "/faults/refuse") == {"faults": []}
    with serial.serial_for_url(f"socket://{match[1]}", timeout=PATIENCE_S) as client:
        client.write(bytes.fromhex("ff00031d0c"))
        assert client.read(27)[9:13].hex() == "30000002"
        assert asked("PUT", "/inputs/2", b'{"high": true}') == {"input": 2, "high": True}
        assert asked("DELETE", "/plug") == {"plugged": False}
        with pytest.raises(serial.SerialException):
            client.read(1)
    assert asked("PUT", "/plug") == {"plugged": True}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["mercury"], 2, "either --pty LINK or --port PORT"),
        (["m100", "--pty", "a", "--port", "0"], 2, "either --pty LINK or --port PORT"),
        (["mercury", "--pty", "FILE"], 1, "is no link to a pseudo terminal; it is left as it is"),
        (["r2000", "--pty", "nowhere/at/all"], 1, "the link cannot be made"),
        (["mercury", "--port", "0", "--scene", "FILE"], 1, "not TOML"),
    ],
)
def test_what_cannot_be_started_is_one_line(
    start: Start, tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    file = tmp_path / "file"
    file.write_text("no = scene = no tty")
    process = start(*(str(file) if word == "FILE" else word for word in arguments))
    out, err = process.communicate(timeout=PATIENCE_S)

    assert (process.returncode, out) == (code, "")
    assert words in err
    assert "Traceback" not in err
    assert file.read_text() == "no = scene = no tty"
