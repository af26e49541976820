from __future__ import annotations

import json
import re
import socket
import sqlite3
import threading
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server

from appliance.commands.doctor import doctor
from appliance.config import load_config
from appliance.doctor import Finding, Verdict, examine
from appliance.reader_check import looked_at
from appliance.wiring import migrate_store
from reader.errors import ReaderGoneError
from reader.virtual.air import Air
from reader.virtual.faults import Faults
from reader.virtual.scene import builtin_scene
from reader.virtual.serial.r2000 import R2000Module
from reader.virtual.serial_module import VirtualSerialReader
from reader.virtual.world import World
from stocksync.central.keys import hash_key
from tests.appliance.test_config import WHOLE, written
from tests.reader.llrp.line import welcome
from tests.reader.llrp.tcp_reader import TcpReader
from tests.stocksync.central.world import Central


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A configured store whose reader, terminal and central are all switched off."""
    (tmp_path / "store.key").write_text("key", encoding="utf-8")
    nobody = WHOLE.replace("5084", "9").replace("9100", "9").replace("8090", "9")
    path = written(tmp_path, nobody)
    migrate_store(load_config(path))
    return path


def test_what_is_off_is_wrong_and_what_is_fine_is_fine(shop: Path) -> None:
    found = {finding.check: finding for finding in examine(load_config(shop))}

    assert {check for check, finding in found.items() if finding.verdict is Verdict.WRONG} == {
        "reader pad",
        "terminal card",
        "central",
    }
    assert found["journal"].detail == "0 records, 0 sales"
    assert found["outbox"].verdict is Verdict.FINE
    assert all(finding.remedy for finding in found.values() if finding.verdict is Verdict.WRONG)


def test_a_store_that_is_no_database_is_told_plainly(shop: Path) -> None:
    (shop.parent / "store.db").write_bytes(b"no database at all" * 100)

    found = {finding.check: finding for finding in examine(load_config(shop))}

    assert found["database"].verdict is Verdict.WRONG
    assert "restore" in found["database"].remedy


def test_an_old_outbox_is_a_warning(shop: Path) -> None:
    with sqlite3.connect(shop.parent / "store.db") as connection:
        connection.execute(
            "INSERT INTO outbox (epoch, seq, event_id, body, appended_ms) VALUES (1, 1, 'urn:uuid:1', '{}', 0)"
        )
    connection.close()

    found = {finding.check: finding for finding in examine(load_config(shop))}

    assert found["outbox"].verdict is Verdict.WARNING
    assert found["outbox"].detail.startswith("1 movements wait")


def test_the_command_says_one_object_per_check_and_exits_1(shop: Path) -> None:
    ended = CliRunner().invoke(doctor, ["--config", str(shop), "--json"])

    assert ended.exit_code == 1
    verdicts = {line["check"]: line["verdict"] for line in map(json.loads, ended.stdout.splitlines())}
    assert verdicts["terminal card"] == "wrong"
    assert verdicts["disk"] in ("fine", "warning")


def test_a_profile_beside_the_configuration_is_found_and_one_without_an_address_is_told(shop: Path) -> None:
    own = shop.parent / "own.toml"
    builtin = (files("firmware_configs") / "virtual-pad.toml").read_text(encoding="utf-8")
    kept = [line for line in builtin.splitlines() if not line.startswith("address")]
    own.write_text("\n".join(kept), encoding="utf-8")
    text = shop.read_text(encoding="utf-8").replace('"virtual-pad"', '"own.toml"')
    shop.write_text(text.replace('address = "127.0.0.1:9"\n', "", 1), encoding="utf-8")

    found = {finding.check: finding for finding in examine(load_config(shop))}

    assert found["reader pad"].verdict is Verdict.WRONG
    assert "expected an address" in found["reader pad"].detail


def pad_of(shop: Path, address: str, profile: str = "virtual-pad") -> Finding:
    """Return what doctor finds of a reader at ``address``."""
    text = shop.read_text(encoding="utf-8").replace('"virtual-pad"', f'"{profile}"')
    shop.write_text(text.replace("127.0.0.1:9", address, 1), encoding="utf-8")
    return {finding.check: finding for finding in examine(load_config(shop))}["reader pad"]


def test_a_reader_is_fine_where_it_answers_in_its_protocol_and_nothing_is_changed(shop: Path) -> None:
    with TcpReader() as line:
        address = line.address
        found = pad_of(shop, address)
        asked = set(line.scripts[0].asked)

    assert (found.verdict, found.detail) == (Verdict.FINE, f"answers in LLRP at {address} (virtual-pad)")
    assert asked <= {1, 2, 14, 46}


def test_a_port_that_speaks_no_llrp_is_no_reader(shop: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        found = pad_of(shop, f"127.0.0.1:{mute.getsockname()[1]}")

    assert found.verdict is Verdict.WRONG
    assert "took the connection" in found.detail


def test_a_reader_that_somebody_holds_is_there_and_told(shop: Path) -> None:
    with TcpReader() as line:
        line.greeting = welcome(2)
        found = pad_of(shop, line.address)

    assert (found.verdict, found.detail) == (Verdict.WARNING, "another client is connected to the reader")


@pytest.mark.parametrize("profile", ["r2000-pad-eu", "m100-pad-eu"])
def test_a_module_is_asked_by_its_line(shop: Path, profile: str) -> None:
    device, faults = shop.parent / "module", Faults()
    board = VirtualSerialReader(R2000Module(Air(World(builtin_scene())), faults), pty_link=device, faults=faults)
    board.start()
    try:
        found = pad_of(shop, str(device), profile)
    finally:
        board.stop()

    if profile == "r2000-pad-eu":
        assert (found.verdict, found.detail) == (Verdict.FINE, f"answers as A0 (R2000) at {device} (r2000-pad-eu)")
    else:
        assert found.verdict is Verdict.WRONG
        assert "a module that speaks A0 (R2000) is at" in found.detail


def test_a_device_that_is_not_there_is_told(shop: Path) -> None:
    found = pad_of(shop, "/dev/no-such-module", "m100-pad-eu")

    assert found.detail == "there is no device /dev/no-such-module: is it plugged in?"


def test_no_error_number_and_no_program_s_name_is_shown(shop: Path) -> None:
    told = " ".join(finding.detail for finding in examine(load_config(shop)))

    assert told.count("nothing takes connections there") == 3  # reader, terminal, central
    assert not {"Errno", "ECONNREFUSED", "HTTPConnectionPool"} & set(re.findall(r"\w+", told))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({}, "reads for the store at 127.0.0.1:9 (virtual-pad)"),
        ({"antennas_gone": [2]}, "reads for the store at 127.0.0.1:9 (virtual-pad); no antenna at port 2"),
        ({"temperature_c": 81.0}, "reads for the store at 127.0.0.1:9 (virtual-pad); hot: 81 °C"),
    ],
)
def test_a_running_store_is_asked_instead_of_its_reader(shop: Path, row: dict[str, object], words: str) -> None:
    config = load_config(shop)
    look = looked_at(config, "pad", lambda: [{"name": "pad antenna 1, 2", "state": "up", **row}])

    assert "; ".join([look.detail, *look.troubles]) == words
    with pytest.raises(ReaderGoneError, match="the store says that it is down: unplugged"):
        looked_at(config, "pad", lambda: [{"name": "left + pad", "state": "down", "detail": "unplugged"}])


def test_a_module_behind_a_network_is_left_alone_while_the_store_runs(shop: Path) -> None:
    text = shop.read_text(encoding="utf-8").replace('"virtual-pad"', '"m100-pad-eu"')
    shop.write_text(text.replace("127.0.0.1:9", "socket://127.0.0.1:9", 1), encoding="utf-8")

    assert looked_at(load_config(shop), "pad", list).troubles == (
        "not asked: the store runs, and may be speaking with it",
    )


@pytest.mark.parametrize(("key", "verdict"), [("key", Verdict.FINE), ("another", Verdict.WRONG)])
def test_central_is_fine_only_where_it_knows_the_key(shop: Path, key: str, verdict: Verdict) -> None:
    central = Central(shop.parent, keys={"harbour": (hash_key(key),)})
    server = make_server("127.0.0.1", 0, central.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        text = shop.read_text(encoding="utf-8").replace("http://127.0.0.1:9/", f"http://127.0.0.1:{server.port}/")
        shop.write_text(text, encoding="utf-8")
        found = {finding.check: finding for finding in examine(load_config(shop))}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        central.close()

    assert found["central"].verdict is verdict
