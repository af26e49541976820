from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from appliance.commands.doctor import doctor
from appliance.config import load_config
from appliance.doctor import Verdict, examine
from appliance.wiring import migrate_store
from tests.appliance.test_config import WHOLE, written


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
