"""Who may do what."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stocksync.central.keys import KeyRing, hash_key, load_keys
from stocksync.central.settings import CentralSettings, CentralSettingsError, database_path
from tests.stocksync.central.world import GTIN, Central, authorised, movement, ring

KEYS = ring(store_0="zero", store_1="one")


def test_a_ring_knows_its_stores() -> None:
    keys = KeyRing({"a": (hash_key("old"), hash_key("new").upper()), "b": (hash_key("other"),)})
    assert [keys.store_of(key) for key in ("old", "new", "other", "", hash_key("old"))] == ["a", "a", "b", None, None]


@pytest.mark.parametrize("name", ["keys.toml", "keys.json"])
def test_a_keys_file_is_read_in_both_forms(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    one = hash_key("k")
    path.write_text(json.dumps({"a": one, "b": [one]}) if name.endswith("json") else f'a = "{one}"\nb = ["{one}"]\n')

    assert load_keys(path) == {"a": (one,), "b": (one,)}


@pytest.mark.parametrize("text", ["", "a = 5", 'a = "the key itself"', "a = [", "[a]\nb = 1"])
def test_a_keys_file_that_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys.toml"
    path.write_text(text)
    with pytest.raises(CentralSettingsError, match=r"keys\.toml"):
        load_keys(path)


def test_without_keys_central_does_not_start_but_open_on_loopback(tmp_path: Path) -> None:
    CentralSettings(tmp_path / "x", open=True, host="::1")
    for settings in ({}, {"open": True, "host": "0.0.0.0"}, {"open": True, "host": "central.example"}):
        with pytest.raises(CentralSettingsError):
            CentralSettings(tmp_path / "x", **settings)  # type: ignore[arg-type]  # one value of each kind


def test_a_database_is_a_file_and_postgresql_says_not_yet() -> None:
    assert database_path("sqlite:////var/lib/central.db") == Path("/var/lib/central.db")
    assert database_path("central.db") == Path("central.db")
    for text in ("sqlite:///", ":memory:", "mysql://x/y", ""):
        with pytest.raises(CentralSettingsError):
            database_path(text)
    with pytest.raises(CentralSettingsError, match="not supported yet"):
        database_path("postgresql://central@db/stock")


def test_nothing_is_read_or_written_without_a_key(tmp_path: Path) -> None:
    central = Central(tmp_path, keys=KEYS)
    paths = ("/events", f"/availability/{GTIN}", "/availability", "/changes", "/capture", "/exceptions", "/tags/x")
    for path in (*paths, "/capture/1"):
        answer = central.client.get(path)
        assert answer.status_code == 401
        assert answer.json["type"] == "epcisException:SecurityException"
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    for wrong in ("", "Basic zero", "Bearer", "Bearer two", "zero"):
        headers = {"Authorization": wrong}
        assert central.client.post("/events", json={}, headers=headers).status_code == 401
    assert central.client.put(f"/receipts/{'x' * 22}", json={}).status_code == 401
    central.close()


def test_a_key_writes_its_own_stores_events_only(tmp_path: Path) -> None:
    central = Central(tmp_path, keys=KEYS)
    mine, theirs = movement("stock", [1], 1), movement("stock", [2], 2, site=1)

    assert central.post(mine, "zero").status_code == 201
    assert central.post(theirs, "zero").status_code == 403
    job = central.capture(movement("stock", [3], 3), theirs, key="zero")
    assert [(error["status"], error["index"]) for error in job["errors"]] == [(403, 1)]
    central.close()


def test_a_job_is_its_authors(tmp_path: Path) -> None:
    central = Central(tmp_path, keys=KEYS)
    job = central.capture(movement("stock", [1], 1), key="zero")

    path = f"/capture/{job['captureID']}"
    assert central.client.get(path, headers=authorised("one")).status_code == 404
    assert central.client.get("/capture", headers=authorised("one")).json == []
    assert len(central.client.get("/capture", headers=authorised("zero")).json) == 1
    central.close()


def test_public_reads_open_reading_and_nothing_else(tmp_path: Path) -> None:
    central = Central(tmp_path, keys=KEYS, public_reads=True)

    assert central.client.get(f"/availability/{GTIN}").status_code == 200
    assert central.client.get("/events").status_code == 200
    assert central.client.get("/exceptions").status_code == 401
    assert central.post(movement("stock", [1], 1)).status_code == 401
    central.close()
