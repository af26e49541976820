"""`tagtill reader`, as a user types it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from appliance.cli import tagtill
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
    assert found == [
        {
            "profile": "virtual-pad",
            "driver": "llrp",
            "model": "maker 4711, model 1",
            "firmware": "1.2.3",
            "region": "eu",
            "antennas": [1, 2],
            "tx_power_dbm": 20.0,
            "power_limit_dbm": 20.0,
            "tested": "in every run of the tests; there is no hardware to it",
        }
    ]


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


def test_reader_that_refuses_is_one_line_and_exit_1() -> None:
    with TcpReader() as line:
        line.new_script = lambda: ScriptedReader(capabilities(powers_dbm=[27.0]))
        code, printed, error = run("inventory", "--profile", "virtual-pad", "--address", line.address, "--json")

    assert (code, printed) == (1, [])
    assert "the reader is refused: the reader's smallest power is 27.00 dBm" in error


def test_profile_that_is_none_is_exit_1() -> None:
    result = CliRunner().invoke(tagtill, ["reader", "probe", "--profile", "nope"])

    assert result.exit_code == 1
    assert "no profile named nope" in str(result.exception)
