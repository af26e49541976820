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
from tests.reader.llrp.line import ScriptedReader, message, status
from tests.reader.llrp.tcp_reader import TcpReader


def test_an_amplified_module_is_not_taken_for_a_bare_one(tmp_path: Path) -> None:
    """Its scale says 20 dBm for what leaves the port as 26."""
    server = VirtualSerialReader(
        M100Module(Air(World(builtin_scene())), Faults(), amplifier_db=6), pty_link=tmp_path / "tty"
    )
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


def test_a_reader_that_speaks_a_version_nobody_knows_yet_is_described_all_the_same(tmp_path: Path) -> None:
    script = ScriptedReader()
    script.answers[46] = lambda message_id: message(56, message_id, b"\x01\x03" + status(), 2)
    with TcpReader() as line:
        line.new_script = lambda: script
        seen = seen_at(line.address, 5.0)

    assert seen.words["protocol"] == "LLRP 1.0.1, at most version 3, later than 1.1"
    draft = drafted(seen.sighting)
    assert draft.model_text is not None
    assert "protocol_version = 2\n" in draft.model_text
