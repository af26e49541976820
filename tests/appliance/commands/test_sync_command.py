from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from appliance.cli import tagtill
from appliance.sync_metrics import sync_checks, sync_registry
from checkout.migrations import checkout_migrations
from checkout.store import Store, migrate
from reader.epc import encode_sgtin96
from reader.host_clock import HostClock
from stocksync import outbox
from stocksync.daemon import SyncDaemon, SyncSettings
from stocksync.migrations import stocksync_migrations
from stocksync.movement import Reason, moment_utc
from stocksync.movement_writer import Draft, MovementWriter
from stocksync.store_identity import StoreIdentity


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A store with two movements that wait."""
    path = tmp_path / "store.db"
    migrate(path, [checkout_migrations, stocksync_migrations])
    writer = MovementWriter(StoreIdentity("s1", "9521321000001"), HostClock())
    drafts = [
        Draft(encode_sgtin96("09506000134352", serial), Reason.STOCK, moment_utc(0), zone="floor") for serial in (1, 2)
    ]
    with Store(path) as store:
        store.write(lambda transaction: writer.record(transaction, drafts))
    return path


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(tagtill, ["sync", *arguments])


def test_status_says_what_waits(database: Path) -> None:
    found = json.loads(_run("status", "--store", str(database), "--json").output)

    assert (found["state"], found["depth"], found["sent"], found["dead"]) == ("never_run", 2, 0, 0)
    assert found["age_s"] >= 0
    assert "2 waiting" in _run("status", "--store", str(database)).output


def test_dead_letters_are_listed_and_revived(database: Path) -> None:
    with Store(database) as store:
        with store.read() as connection:
            row = outbox.claim(connection, 1)[0]
        store.write(lambda transaction: outbox.bury(transaction, row, "central refuses it, 400", 1))

    listed = json.loads(_run("dead-letters", "--store", str(database), "--json").output)
    assert (listed["seq"], listed["reason"]) == (1, "central refuses it, 400")
    assert listed["event"]["eventID"] == listed["event_id"]
    assert "400" in _run("dead-letters", "--store", str(database)).output

    assert json.loads(_run("dead-letters", "--store", str(database), "--revive", "--json").output) == {"revived": 1}
    assert _run("dead-letters", "--store", str(database)).output == "central refused nothing\n"


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    result = _run("status", "--store", str(tmp_path / "none.db"))

    assert result.exit_code == 1
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    "arguments",
    [("run", "--store", "x.db"), ("run", "--central", "http://c"), ("run", "--store", "x", "--central", "c")],
)
def test_options_that_do_not_go_together(arguments: tuple[str, ...]) -> None:
    assert _run(*arguments).exit_code == 2


def test_metrics_tell_depth_and_age(database: Path) -> None:
    with Store(database) as store:
        daemon = SyncDaemon(store, SyncSettings("http://127.0.0.1:1"), HostClock())
        registry = sync_registry(daemon)

        assert registry.get_sample_value("tagtill_outbox_depth") == 2
        assert (registry.get_sample_value("tagtill_outbox_age_seconds") or 0) > 0
        assert registry.get_sample_value("tagtill_sync_sent_total") == 0
        assert sync_checks(daemon)() == {"central": True}
