"""`tagtill journal verify` as a stranger calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from checkout.store import connect
from checkout.tender import Captured
from tests.checkout.shop_bench import ShopBench, quote_for, sock


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "appliance.cli", "journal", "verify", *arguments], capture_output=True, text=True
    )


@pytest.fixture
def store(bench: ShopBench) -> Path:
    for serial in (1, 2):
        attempt = bench.settlement.arm("lane-1", "terminal-1", quote_for(sock(serial)))
        bench.settlement.settle(attempt, Captured("T"))
    return bench.path


def tamper(store: Path, *statements: str) -> None:
    with closing(connect(store)) as connection:
        for trigger in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger['name']}")
        for statement in statements:
            connection.execute(statement)


def test_a_sound_journal_exits_0(store: Path) -> None:
    plain, as_json = run("--store", str(store)), run("--store", str(store), "--json")

    assert (plain.returncode, as_json.returncode) == (0, 0)
    assert "2 sales" in plain.stdout
    answer = json.loads(as_json.stdout)
    assert (answer["ok"], answer["sales"], answer["total_minor"], answer["seq"]) == (True, 2, 2380, None)


def test_a_changed_record_exits_1_and_is_named(store: Path) -> None:
    tamper(store, "UPDATE journal SET body = replace(body, '1190', '1180') WHERE seq = 2")

    plain, as_json = run("--store", str(store)), run("--store", str(store), "--json")

    assert (plain.returncode, as_json.returncode) == (1, 1)
    assert plain.stderr.strip().splitlines() == [
        "tagtill: journal record 2: its text was changed: the hash does not fit"
    ]
    assert json.loads(as_json.stdout)["seq"] == 2


def test_a_cut_off_end_shows_by_the_sale_that_names_it(store: Path) -> None:
    tamper(store, "DELETE FROM journal WHERE seq = 2")

    ended = run("--store", str(store))

    assert ended.returncode == 1
    assert "journal record 2" in ended.stderr


@pytest.mark.parametrize(
    "content", [None, b"", b"this is not a database, by far" * 100], ids=["absent", "empty", "text"]
)
def test_what_is_no_store_exits_1_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "x.db").write_bytes(content)

    ended = run("--store", str(tmp_path / "x.db"))

    assert ended.returncode == 1
    assert len(ended.stderr.strip().splitlines()) == 1
    assert "Traceback" not in ended.stderr
