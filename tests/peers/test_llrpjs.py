"""llrpjs, a public client for Node, drives the virtual reader over TCP: inventory, keepalives, access, a farewell."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from reader.virtual.llrp_reader import VirtualLlrpReader
from reader.virtual.scene import builtin_scene
from reader.virtual.world import World
from tests.peers.tools import missing, tool

pytestmark = pytest.mark.peers

HERE = Path(__file__).parent
MODULES = HERE.parents[1] / ".tools" / "llrpjs" / "node_modules"
EPC = "3036451FD4001940000003E9"


@pytest.fixture(scope="module")
def world() -> World:
    return World(builtin_scene())


@pytest.fixture(scope="module")
def told(world: World) -> dict[str, Any]:
    """What llrpjs made of a conversation."""
    node = tool("node")
    if not (MODULES / "llrpjs").is_dir():
        missing("llrpjs")
    reader = VirtualLlrpReader(world)
    reader.start()
    host, port = reader.address
    command = [node, str(HERE / "llrpjs" / "drive.js"), host, str(port), EPC]
    try:
        done = subprocess.run(
            command, env=os.environ | {"NODE_PATH": str(MODULES)}, capture_output=True, text=True, timeout=60
        )
    finally:
        reader.stop()
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def test_it_learns_what_the_reader_is(told: dict[str, Any]) -> None:
    assert (told["welcome"], told["antennas"], told["powers"]) == ("Success", 2, 81)


def test_it_sees_the_tags_on_the_pad(told: dict[str, Any], world: World) -> None:
    seen = {tag["epc"] for tag in told["tags"]}

    assert set(builtin_scene().tags[0].all_epcs) <= seen <= {tag.epc for tag in world.tags()}
    assert {tag["antenna"] for tag in told["tags"]} == {1, 2}
    assert all(-90 < tag["rssi"] < -10 for tag in told["tags"])


def test_it_reads_a_chips_number(told: dict[str, Any], world: World) -> None:
    (tag,) = [tag for tag in told["tags"] if "words" in tag]

    assert tag["epc"] == EPC
    assert tag["words"] == world.memory(EPC).tid


def test_every_request_is_answered_once_and_keepalives_go_on(told: dict[str, Any]) -> None:
    names: dict[str, int] = told["names"]

    assert names.pop("DELETE_ROSPEC_RESPONSE") == 2
    assert {names[name] for name in names if name.endswith("_RESPONSE")} == {1}
    assert names["KEEPALIVE"] >= 3
    assert "ERROR_MESSAGE" not in names
    assert told["state"] == "Active"
