"""`tagtill reader`, as a user types it."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from appliance.cli import tagtill
from reader.profile import shipped_profiles
from reader.virtual.air import Air
from reader.virtual.faults import Fault, Faults
from reader.virtual.scene import builtin_scene
from reader.virtual.serial.r2000 import R2000Module
from reader.virtual.serial_module import VirtualSerialReader
from reader.virtual.world import World
from tests.reader.llrp.line import ScriptedReader, capabilities, message, report, tag, welcome
from tests.reader.llrp.tcp_reader import TcpReader


def run(*words: str, stdin: str | None = None) -> tuple[int, list[dict[str, Any]], str]:
    """Return exit code, the objects printed, and the error text."""
    result = CliRunner().invoke(tagtill, ["reader", *words], input=stdin)
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()], result.stderr


def test_decode_prints_one_object_per_frame() -> None:
    stream = welcome() + message(999, 1, b"\xab") + report(tag())[:-1]

    code, frames, _ = run("decode", "--protocol", "llrp", stream.hex(), "--json")

    assert code == 0
    assert [(f["offset"], f["length"], f["kind"], f["error"]) for f in frames] == [
        (0, 32, "READER_EVENT_NOTIFICATION", None),
        (32, 11, "UNKNOWN_999", "unknown"),
        (43, len(stream) - 43, "RO_ACCESS_REPORT", "truncated"),
    ]
    assert frames[0]["fields"]["ReaderEventNotificationData"]["ConnectionAttemptEvent"] == {"Status": 0}


@pytest.mark.parametrize(
    "spelling", ["04 3E 00 00 00 0A 00 00 00 01", "04:3e:00:00:00:0a:00:00:00:01", "0x043e0000000a00000001\n"]
)
def test_decode_takes_hex_as_people_paste_it(spelling: str) -> None:
    code, frames, _ = run("decode", "--protocol", "llrp", "--json", stdin=spelling)

    assert code == 0
    assert [frame["kind"] for frame in frames] == ["KEEPALIVE"]


@pytest.mark.parametrize(
    ("hex_text", "reason"), [("04 3G", "'G' is no hex digit"), ("043", "3 hex digits are no whole bytes")]
)
def test_decode_refuses_what_is_no_hex(hex_text: str, reason: str) -> None:
    result = CliRunner().invoke(tagtill, ["reader", "decode", "--protocol", "llrp", hex_text])

    assert result.exit_code == 1
    assert reason in result.stderr


def test_decode_finds_the_good_frame_behind_a_broken_one() -> None:
    broken, good = "a00a018900001d00000001bc", "a005017b0120be"

    code, frames, _ = run("decode", "--protocol", "r2000", "--json", broken + good)

    assert code == 0
    assert frames == [
        {"offset": 0, "length": 12, "kind": "real_time_inventory", "fields": {}, "error": "checksum"},
        {
            "offset": 12,
            "length": 7,
            "kind": "get_temperature",
            "fields": {"address": 1, "command": 123, "sign": 1, "temperature_c": 32},
            "error": None,
        },
    ]


@pytest.mark.parametrize(
    ("protocol", "direction", "hex_text", "kind"),
    [
        ("mercury", "to_reader", "ff029203e842b1", "set_read_power"),
        ("mercury", "from_reader", "ff00920000273b", "set_read_power"),
        ("m100", "from_reader", "bb00220000227e", "inventory"),
        ("r2000", "to_reader", "a004017401e6", "set_working_antenna"),
    ],
)
def test_decode_is_told_who_sent_serial_bytes(protocol: str, direction: str, hex_text: str, kind: str) -> None:
    code, frames, _ = run("decode", "--protocol", protocol, "--direction", direction, "--json", hex_text)

    assert code == 0
    assert [(frame["kind"], frame["error"]) for frame in frames] == [(kind, None)]


def test_probe_says_what_the_reader_is() -> None:
    with TcpReader() as line:
        code, found, _ = run("probe", "--profile", "virtual-pad", "--address", line.address, "--json")

    assert code == 0
    assert found[0].pop("clock_offset_s") < 0
    assert found == [
        {
            "profile": "virtual-pad",
            "driver": "llrp",
            "model": "maker 4711, model 1",
            "firmware": "1.2.3",
            "region": "eu",
            "antennas": [1, 2],
            "tx_power_dbm": 20.0,
            "tx_powers_dbm": {"1": 20.0, "2": 20.0},
            "power_limit_dbm": 20.0,
            "antennas_gone": [],
            "temperature_c": None,
            "tested": "in every run of the tests; there is no hardware to it",
        }
    ]


def test_probe_without_a_profile_asks_and_sets_nothing() -> None:
    with TcpReader() as line:
        code, found, _ = run("probe", "--address", line.address, "--json")
        asked = set(line.scripts[0].asked)

    assert code == 0
    assert asked <= {1, 2, 14, 46}  # capabilities, configuration, farewell, versions
    assert (found[0]["device"], found[0]["firmware"]) == ("maker 4711, model 1", "1.2.3")
    assert (found[0]["standard"], found[0]["regions"], found[0]["model"]) == ("ETSI EN 302 208", ["eu"], None)
    assert found[0]["tx_power_dbm"] == {"least": 10.0, "greatest": 30.0, "steps": 5}
    assert [mode["mode"] for mode in found[0]["modes"]] == [0, 2, 1002]
    assert "generic-llrp-pad-eu" in found[0]["profiles"]


def test_probe_names_the_model_that_ships() -> None:
    said = capabilities(maker=57690).replace(struct.pack(">II", 57690, 1), struct.pack(">II", 57690, 40))
    with TcpReader() as line:
        line.new_script = lambda: ScriptedReader(said)
        code, found, _ = run("probe", "--address", line.address, "--json")

    assert code == 0
    assert found[0]["model"] == "seuic-uf40"
    assert found[0]["profiles"] == ["seuic-uf40-gate-eu", "seuic-uf40-pad-eu", "seuic-uf40-sweep-eu"]


def test_probe_writes_a_first_profile_that_sets_the_reader_up(tmp_path: Path) -> None:
    target = tmp_path / "mine" / "first.toml"
    with TcpReader() as line:
        code, found, _ = run("probe", "--address", line.address, "--write", str(target), "--json")
        assert code == 0
        assert found[0]["written"] == [str(target), str(tmp_path / "mine" / "models" / "maker4711-1.toml")]

        code, found, _ = run("probe", "--profile", str(target), "--json")
        assert (code, found[0]["tx_power_dbm"]) == (0, 20.0)

        result = CliRunner().invoke(tagtill, ["reader", "probe", "--address", line.address, "--write", str(target)])
        assert result.exit_code == 1
        assert "is there already; nothing was written" in str(result.exception)


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (["probe"], 2, "say --profile, or --address"),
        (["probe", "--profile", "virtual-pad", "--write", "x.toml"], 2, "for a reader without a profile"),
        (["probe", "--address", "/dev/no-such-module"], 1, "there is no device /dev/no-such-module"),
        (["profiles", "impinj-r700-pad"], 1, "say which region's law"),
    ],
)
def test_what_cannot_be_done_is_one_line(words: list[str], code: int, reason: str) -> None:
    result = CliRunner().invoke(tagtill, ["reader", *words])

    assert result.exit_code == code
    assert reason in result.stderr + str(result.exception)


def test_profiles_are_listed_for_people_and_for_programs() -> None:
    listed = CliRunner().invoke(tagtill, ["reader", "profiles"])
    assert listed.exit_code == 0
    assert "impinj-r700" in listed.stdout
    assert "MODEL-PLACE-REGION" in listed.stdout

    _, rows, _ = run("profiles", "--json")
    assert {row["name"] for row in rows} == set(shipped_profiles())


def test_one_profile_is_shown_with_its_reasons_and_its_scorecard() -> None:
    shown = CliRunner().invoke(tagtill, ["reader", "profiles", "jadak-nano-pad-us"]).stdout
    assert "places/pad.toml:" in shown
    assert "never on hardware" in shown
    assert "exempt: its user guide says that it does not support it" in shown

    _, rows, _ = run("profiles", "impinj-r420-sweep-eu", "--json")
    assert rows[0]["settings"]["tx_power_dbm"]["value"] == 30.0
    assert rows[0]["power_limits_dbm"] == {"1": 29.15}
    assert rows[0]["scorecard"]["reconnect"] == "done"


def test_inventory_prints_reads_from_the_start() -> None:
    with TcpReader() as line:
        line.after_start = lambda _: report(tag(last_us=7_000_500), tag(last_us=7_000_000, antenna=2))
        code, reads, _ = run(
            "inventory", "--profile", "virtual-pad", "--address", line.address, "--seconds", "0.3", "--json"
        )

    assert code == 0
    assert reads == [
        {
            "t_us": t_us,
            "epc": "3034257BF7194E4000001A85",
            "antenna": antenna,
            "rssi_dbm": -50.0,
            "phase_deg": None,
            "channel_mhz": 865.7,
            "count": 1,
        }
        for t_us, antenna in ((0, 2), (500, 1))
    ]


def test_inventory_says_why_no_tag_was_read() -> None:
    with TcpReader() as line:
        line.after_start = lambda _: b""
        code, reads, error = run(
            "inventory", "--profile", "virtual-sweep", "--address", line.address, "--seconds", "0.2", "--json"
        )

    assert (code, reads) == (0, [])
    assert error.startswith("no tag was read: session S2 with a single target: what was read keeps silent")


@pytest.mark.parametrize("command", [["inventory", "--seconds", "0.5", "--json"], ["probe", "--json"]])
def test_what_the_reader_reports_besides_is_said_once(command: list[str], tmp_path: Path) -> None:
    faults = Faults([Fault.ANTENNA_GONE])
    board = VirtualSerialReader(
        R2000Module(Air(World(builtin_scene())), faults), pty_link=tmp_path / "module", faults=faults
    )
    board.start()
    try:
        code, _, error = run(*command, "--profile", "r2000-pad-eu", "--address", str(tmp_path / "module"))
    finally:
        board.stop()

    assert code == 0
    assert error == "antenna_gone: antenna 2 (screw it on; antennas without a DC path are invisible to some readers)\n"


def test_probe_for_people_says_which_reader_it_is_and_what_the_law_allows() -> None:
    numbers = struct.pack(">II", 25882, 1), struct.pack(">II", 25882, 2001002)
    said = capabilities(maker=25882, modes=(0, 3)).replace(*numbers)
    with TcpReader() as line:
        line.new_script = lambda: ScriptedReader(said)
        ended = CliRunner().invoke(
            tagtill, ["reader", "probe", "--profile", "zebra-fx7500-pad-eu", "--address", line.address]
        )

    assert ended.exit_code == 0
    assert ended.stderr == "model_differs: the profile is for Zebra FX7500, this is Impinj Speedway R420\n"
    assert "device                   Impinj Speedway R420\n" in ended.stdout
    assert (
        "antenna 1                20.00 dBm as read back; at most 20.00 dBm at the port (20 are wished" in ended.stdout
    )


def test_reader_that_refuses_is_one_line_and_exit_1() -> None:
    with TcpReader() as line:
        line.new_script = lambda: ScriptedReader(capabilities(powers_dbm=[27.0]))
        code, printed, error = run("inventory", "--profile", "virtual-pad", "--address", line.address, "--json")

    assert (code, printed) == (1, [])
    assert error.startswith("Error: the reader is refused: the reader's smallest power is 27.00 dBm")
    assert error.count("\n") == 1


def test_profile_that_is_none_is_exit_1() -> None:
    result = CliRunner().invoke(tagtill, ["reader", "probe", "--profile", "nope"])

    assert result.exit_code == 1
    assert "no profile named nope" in str(result.exception)
