"""What a receipt's QR code opens."""

from __future__ import annotations

import base64
import hashlib
import re
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from stocksync.central.serving import keep_tidy
from tests.stocksync.central.world import Central, authorised, ring

TOKEN = "Zm9vYmFyYmF6cXV1eDEyMz"
RECEIPT = {
    "number": "12-000123",
    "issued_utc": "2026-11-22T09:35:30.125Z",
    "currency": "EUR",
    "total_minor": 3499,
    "discount_minor": 500,
    "lines": [
        {"name": "Socks <b>&", "detail": "42", "gross_minor": 1999, "discount_minor": 500, "promotions": ["3 for 2"]},
        {"name": "Hat", "gross_minor": 1500, "gtin": "09506000134352"},
    ],
    "tax": [{"rate": "0.19", "gross_minor": 3499, "net_minor": 2940, "tax_minor": 559}],
    "store": "Main Street",
}


def test_a_receipt_is_a_page_for_people_and_json_for_programs(central: Central) -> None:
    assert central.client.put(f"/receipts/{TOKEN}", json=RECEIPT).status_code == 204
    assert central.client.put(f"/receipts/{TOKEN}", json=RECEIPT).status_code == 204

    page = central.client.get(f"/receipts/{TOKEN}", headers={"Accept": "text/html,*/*;q=0.8"})
    data = central.client.get(f"/receipts/{TOKEN}", headers={"Accept": "application/json"})

    assert page.content_type == "text/html; charset=utf-8"
    for text in ("12-000123", "€34.99", "€19.99", "3 for 2", "-€5.00", "Main Street", "19 %", "2026-11-22 09:35 UTC"):
        assert text in page.text
    assert "Socks &lt;b&gt;&amp;" in page.text
    assert data.json == RECEIPT


def test_a_receipt_is_kept_by_nobody_and_loads_nothing(central: Central) -> None:
    central.client.put(f"/receipts/{TOKEN}", json=RECEIPT)
    page = central.client.get(f"/receipts/{TOKEN}")
    missing = central.client.get(f"/receipts/{TOKEN}x")
    for answer in (page, missing):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)
        assert style is not None
        assert base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode() in policy
        assert "<script" not in answer.text
        assert "src=" not in answer.text


def test_it_speaks_the_visitors_language(central: Central) -> None:
    central.client.put(f"/receipts/{TOKEN}", json=RECEIPT)
    page = central.client.get(f"/receipts/{TOKEN}", headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"})

    assert '<html lang="de">' in page.text
    assert "34,99" in page.text


def test_gone_is_gone_and_says_so_kindly(central: Central) -> None:
    central.client.put(f"/receipts/{TOKEN}", json=RECEIPT)
    central.clock.advance_s(central.settings.receipt_s)

    page = central.client.get(f"/receipts/{TOKEN}")
    data = central.client.get(f"/receipts/{TOKEN}", headers={"Accept": "application/json"})

    assert (page.status_code, data.status_code) == (404, 404)
    assert "The shop will gladly" in page.text or "shop will gladly" in page.text
    assert data.content_type == "application/problem+json"


@pytest.mark.parametrize("token", ["short", "x" * 21, "x" * 129, "x" * 21 + "!", "x" * 21 + "ä"])
def test_a_guessable_token_is_refused(central: Central, token: str) -> None:
    assert central.client.put(f"/receipts/{token}", json=RECEIPT).status_code == 400
    assert central.client.get(f"/receipts/{token}").status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"number": ""},
        {"currency": "euro"},
        {"total_minor": "many"},
        {"total_minor": 10**13},
        {"issued_utc": "2026-11-22T09:35:30"},
        {"lines": None},
        {"lines": [{"name": "x"}]},
        {"lines": [{"name": "x" * 201, "gross_minor": 1}]},
        {"lines": [{"name": "x", "gross_minor": 1}] * 1001},
        {"tax": [{"rate": "19%", "gross_minor": 1, "net_minor": 1, "tax_minor": 0}]},
    ],
)
def test_what_is_no_receipt_is_refused(central: Central, change: dict[str, Any]) -> None:
    answer = central.client.put(f"/receipts/{TOKEN}", json={**RECEIPT, **change})

    assert answer.status_code == 400
    assert answer.json["errors"]


def test_only_its_author_replaces_a_receipt(tmp_path: Path) -> None:
    central = Central(tmp_path, keys=ring(store_0="zero", store_1="one"))
    path = f"/receipts/{TOKEN}"

    assert central.client.put(path, json=RECEIPT, headers=authorised("zero")).status_code == 204
    assert central.client.put(path, json=RECEIPT, headers=authorised("one")).status_code == 409
    assert central.client.get(path).status_code == 200  # the token is the key
    central.close()


def test_what_has_expired_is_deleted_while_central_runs(tmp_path: Path) -> None:
    central = Central(tmp_path, receipt_s=60)
    assert central.client.put(f"/receipts/{TOKEN}", json=RECEIPT).status_code == 204
    central.clock.advance_s(61)
    tidying = threading.Thread(target=keep_tidy, args=(central.parts, 0.01))
    tidying.start()
    try:
        deadline_s = time.monotonic() + 10
        with closing(sqlite3.connect(tmp_path / "central.db")) as file:
            while file.execute("SELECT count(*) FROM receipt").fetchone() != (0,):
                assert time.monotonic() < deadline_s
                threading.Event().wait(0.01)
    finally:
        central.parts.stopping.set()
        tidying.join(10)
        central.close()
    assert not tidying.is_alive()
