"""Central as a process: it says when it listens, goes when told, and keeps what it acknowledged through a kill."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from appliance.commands.central import central
from stocksync.central.keys import hash_key
from tests.stocksync.central.world import CONTEXT, GTIN, START_MS, document, movement

pytestmark = pytest.mark.processes
PATIENCE_S = 30.0
LONG_AGO_MS = 1_600_000_000_000 - START_MS  # before any real clock that the process may have


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start `tagtill central` and yield it with its address; kill it in the end if it is still there."""
    process = start(*arguments)
    try:
        assert process.stdout is not None
        ready = process.stdout.readline().split()
        assert ready[:2] == ["ready", "central"], ready
        yield process, ready[2]
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE_S)


def start(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "appliance.cli", "central", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("wanted", [signal.SIGTERM, signal.SIGINT])
def test_it_goes_at_once_and_cleanly_with_streams_open(tmp_path: Path, wanted: signal.Signals) -> None:
    with running("--db", str(tmp_path / "c.db"), "--open") as (process, url):
        streams = [requests.get(f"{url}/changes", stream=True, timeout=PATIENCE_S) for _ in range(3)]
        first = [next(stream.iter_lines()) for stream in streams]
        assert first == [b"retry: 1000"] * 3

        told_s = time.monotonic()
        process.send_signal(wanted)
        assert process.wait(PATIENCE_S) == 0
        assert time.monotonic() - told_s < 4.0
        assert process.stderr is not None
        assert process.stderr.read() == ""
        for stream in streams:
            stream.close()


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'c.db'}"
    for n in range(3):
        with running("--db", database, "--open") as (process, url):
            event = {"@context": CONTEXT, **movement("stock", [n], n, at_ms=LONG_AGO_MS)}
            assert requests.post(f"{url}/events", json=event, timeout=PATIENCE_S).status_code == 201
            process.kill()
            process.wait(PATIENCE_S)
    with running("--db", database, "--open", "--rebuild") as (process, url):
        (level,) = requests.get(f"{url}/availability/{GTIN}", timeout=PATIENCE_S).json()["locations"]
        assert level["on_hand"] == 3


def test_stores_come_with_keys_of_a_file(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps({"store-0": hash_key("zero")}))
    with running("--db", str(tmp_path / "c.db"), "--keys", str(keys), "--host", "localhost") as (_, url):
        body = document(movement("stock", [1], 1))
        statuses = [
            requests.post(f"{url}/capture", json=body, headers=headers, timeout=PATIENCE_S).status_code
            for headers in ({}, {"Authorization": "Bearer one"}, {"Authorization": "Bearer zero"})
        ]
        assert statuses == [401, 401, 202]


def test_a_body_beyond_every_limit_is_refused_and_the_next_request_is_served(tmp_path: Path) -> None:
    with running("--db", str(tmp_path / "c.db"), "--open") as (_, url):
        answer = requests.post(
            f"{url}/capture", data=bytes(9 << 20), headers={"Content-Type": "application/json"}, timeout=PATIENCE_S
        )
        assert answer.status_code == 413
        assert answer.json()["type"] == "epcisException:CaptureLimitExceededException"
        assert requests.get(f"{url}/healthz", timeout=PATIENCE_S).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--db", "c.db"), "keys"),
        (("--db", "c.db", "--open", "--host", "0.0.0.0"), "loopback"),
        (("--db", "postgresql://db/central", "--open"), "not supported yet"),
        (("--db", "c.db", "--keys", "nowhere.toml"), "nowhere.toml"),
        (("--db", f"{__file__}/c.db", "--open"), "c.db"),
    ],
)
def test_what_it_cannot_obey_is_refused_in_one_line(arguments: tuple[str, ...], words: str) -> None:
    done = CliRunner().invoke(central, ["--port", "0", *arguments])

    assert done.exit_code == 1
    assert done.stdout == ""
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with running("--db", str(tmp_path / "c.db"), "--open") as (_, url):
        second = start("--db", str(tmp_path / "d.db"), "--open", "--port", url.rpartition(":")[2])
        _, words = second.communicate(timeout=PATIENCE_S)

    assert second.returncode == 1
    assert "in use" in words
    assert "Traceback" not in words
