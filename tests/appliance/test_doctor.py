from __future__ import annotations

import json
import sqlite3
import threading
from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server

from appliance.commands.doctor import doctor
from appliance.config import load_config
from appliance.doctor import Verdict, examine
from appliance.wiring import migrate_store
from stocksync.central.keys import hash_key
from tests.appliance.test_config import WHOLE, written
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


def test_a_serial_line_is_looked_at_without_a_word(shop: Path) -> None:
    text = (
        shop.read_text(encoding="utf-8").replace('"virtual-pad"', '"m100-pad-eu"').replace("127.0.0.1:9", "DEVICE", 1)
    )
    address = "/dev/no-such-module"
    shop.write_text(text.replace("DEVICE", address), encoding="utf-8")
    missing = {finding.check: finding for finding in examine(load_config(shop))}["reader pad"]
    shop.write_text(text.replace("DEVICE", "/dev/null"), encoding="utf-8")
    there = {finding.check: finding for finding in examine(load_config(shop))}["reader pad"]

    assert (missing.verdict, missing.detail) == (Verdict.WRONG, f"there is no device {address}: is it plugged in?")
    assert (there.verdict, there.detail) == (Verdict.FINE, "/dev/null is there (m100-pad-eu)")


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
