"""The demo twenty times in a row: whatever depends on luck shows here."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.deep, pytest.mark.processes, pytest.mark.timeout(900)]


@pytest.mark.parametrize("seed", range(1, 21))
def test_the_demo_never_fails(seed: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "appliance.cli", "demo", "--once", "--json", "--seed", str(seed)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["journal"] == "ok"
