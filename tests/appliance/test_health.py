"""The health door: what it answers, and that no long-running process is without one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests
from prometheus_client import CollectorRegistry, Gauge

from appliance.health import health_door
from checkout.migrations import checkout_migrations
from checkout.store import migrate
from stocksync.migrations import stocksync_migrations

PATIENCE_S = 30.0


def test_the_door_answers_three_paths_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    registry = CollectorRegistry()
    Gauge("things", "Things", registry=registry).set(3)
    checks = {"well": True}

    with health_door(None, lambda: checks, registry) as door:
        url = f"http://127.0.0.1:{door.port}"
        assert capsys.readouterr().err == f"health {url}\n"
        assert requests.get(f"{url}/healthz?probe=1", timeout=PATIENCE_S).json() == {"alive": True}
        assert requests.get(f"{url}/readyz", timeout=PATIENCE_S).json() == {"well": True}
        checks["well"] = False
        refusal = requests.get(f"{url}/readyz", timeout=PATIENCE_S)
        assert (refusal.status_code, refusal.json()) == (503, {"well": False})
        assert "things 3.0" in requests.get(f"{url}/metrics", timeout=PATIENCE_S).text
        assert requests.get(f"{url}/state", timeout=PATIENCE_S).status_code == 404

    with pytest.raises(requests.ConnectionError):
        requests.get(f"{url}/healthz", timeout=PATIENCE_S)


def test_what_cannot_be_looked_up_is_not_well() -> None:
    def broken() -> Mapping[str, bool]:
        raise OSError("disk I/O error")

    registry = CollectorRegistry()
    Gauge("depth", "Of the outbox", registry=registry).set_function(lambda: float(len(broken())))

    with health_door(None, broken, registry) as door:
        url = f"http://127.0.0.1:{door.port}"
        statuses = [requests.get(f"{url}/{path}", timeout=PATIENCE_S).status_code for path in ("readyz", "metrics")]
        assert statuses == [503, 503]
        assert requests.get(f"{url}/healthz", timeout=PATIENCE_S).status_code == 200


@pytest.mark.processes
@pytest.mark.parametrize(
    ("arguments", "ready"),
    [
        (("sync", "run", "--store", "store.db", "--central", "http://127.0.0.1:1"), {"central": True}),
        (("terminal", "--ledger", "terminal.db"), {"answers": True}),
    ],
)
def test_a_process_that_was_given_no_port_says_which_it_took(
    arguments: tuple[str, ...], ready: dict[str, bool], tmp_path: Path
) -> None:
    migrate(tmp_path / "store.db", [checkout_migrations, stocksync_migrations])
    process = subprocess.Popen(
        [sys.executable, "-m", "appliance.cli", *arguments],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        kind, url = process.stderr.readline().split()
        assert kind == "health"
        assert process.stdout.readline().startswith("ready ")
        assert requests.get(f"{url}/healthz", timeout=PATIENCE_S).status_code == 200
        assert requests.get(f"{url}/readyz", timeout=PATIENCE_S).json() == ready
        assert "# HELP tagtill_" in requests.get(f"{url}/metrics", timeout=PATIENCE_S).text
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
