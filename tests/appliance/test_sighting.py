"""What an unknown module is taken for."""

from __future__ import annotations

from pathlib import Path

from appliance.sighting import seen_at
from reader.profile import load_profile
from reader.profile.drafting import drafted
from reader.virtual.air import Air
from reader.virtual.faults import Faults
from reader.virtual.scene import builtin_scene
from reader.virtual.serial.m100 import M100Module
from reader.virtual.serial_module import VirtualSerialReader
from reader.virtual.world import World


def test_an_amplified_module_is_not_taken_for_a_bare_one(tmp_path: Path) -> None:
    """Its scale says 20 dBm for what leaves the port as 26."""
    server = VirtualSerialReader(M100Module(Air(World(builtin_scene())), Faults()), pty_link=tmp_path / "tty")
    server.start()
    try:
        seen = seen_at(str(tmp_path / "tty"), 5.0)
    finally:
        server.stop()
    (tmp_path / "first.toml").write_text(drafted(seen.sighting, "eu").profile_text, encoding="utf-8")
    profile = load_profile(str(tmp_path / "first.toml"))

    assert seen.words["said"]["text"] == "M100 26dBm V1.0"
    assert profile.model.name == "m100-26dbm"
    assert (profile.antennas, profile.address) == ((1,), str(tmp_path / "tty"))
