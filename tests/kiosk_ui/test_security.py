"""Who may ask, and what a page may load."""

from __future__ import annotations

import re

import pytest

from kiosk_ui.app import UiSettings
from kiosk_ui.errors import SettingsError
from kiosk_ui.security import BODY_LIMIT
from tests.kiosk_ui.conftest import Shop, open_shop
from tests.kiosk_ui.fakes import gtin_of

PAGES = ["/", "/kiosk/1", "/staff", "/shop", "/receipts/tok-123", "/nowhere"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_may_load_from_its_own_origin_only(shop: Shop, path: str) -> None:
    answer = shop.client.get(path, headers={"Accept": "text/html"})
    policy = answer.headers["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_names_no_other_host_and_carries_no_inline_code(shop: Shop, path: str) -> None:
    html = shop.client.get(path, headers={"Accept": "text/html"}).text

    assert "//" not in re.sub(r"http://www\.w3\.org/[\w/]+", "", html)
    assert not re.search(r"\son[a-z]+=|\sstyle=|<style", html)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))


def test_a_picture_can_run_nothing_and_is_kept(shop: Shop) -> None:
    answer = shop.client.get(f"/pictures/{gtin_of(0)}.svg")
    again = shop.client.get(f"/pictures/{gtin_of(0)}.svg", headers={"If-None-Match": answer.headers["ETag"]})

    assert answer.content_type == "image/svg+xml"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["0", "..%2F..%2Fetc", "x" * 300, "４００６３８", "0400638000000101"])
def test_a_picture_that_is_none_is_not_found(shop: Shop, name: str) -> None:
    assert shop.client.get(f"/pictures/{name}.svg").status_code == 404


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:81", "http://localhost.evil.example"]
)
def test_a_post_from_another_page_is_refused(shop: Shop, origin: str) -> None:
    answer = shop.client.post("/api/lanes/1/cancel", headers={"Origin": origin})

    assert (answer.status_code, answer.content_type) == (403, "application/problem+json")
    assert shop.lane.commands == []


def test_a_post_that_a_browser_calls_cross_site_is_refused(shop: Shop) -> None:
    assert shop.client.post("/api/lanes/1/cancel", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_post_from_our_own_page_passes(shop: Shop) -> None:
    own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}

    assert shop.client.post("/api/lanes/1/cancel", headers=own).status_code == 200


def test_a_program_that_is_no_page_passes(shop: Shop) -> None:
    assert shop.client.post("/api/lanes/1/cancel").status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example"])
def test_a_name_that_a_stranger_points_at_us_reaches_nothing(shop: Shop, host: str) -> None:
    assert shop.client.get("/api/lanes/1", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "[::1]:80", "10.0.0.7:8080", "till.fjord.example"])
def test_our_own_names_reach_everything(host: str) -> None:
    shop = open_shop(UiSettings(public_urls=("https://till.fjord.example",)))

    assert shop.client.get("/api/lanes/1", headers={"Host": host}).status_code == 200


def test_only_a_page_of_this_machine_may_frame_ours() -> None:
    framed = open_shop(UiSettings(frame_ancestors=("http://127.0.0.1:8099",))).client.get("/kiosk/1")

    assert "frame-ancestors http://127.0.0.1:8099" in framed.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in framed.headers
    with pytest.raises(SettingsError):
        open_shop(UiSettings(frame_ancestors=("https://elsewhere.example",)))


@pytest.mark.parametrize("url", ["till.fjord.example", "ftp://x", "https://"])
def test_a_public_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(SettingsError):
        open_shop(UiSettings(public_urls=(url,)))


def test_a_body_beyond_the_bound_is_refused(shop: Shop) -> None:
    body = b'{"quote":"' + b"x" * BODY_LIMIT + b'"}'

    answer = shop.client.post("/api/lanes/1/pay", data=body, content_type="application/json")

    assert (answer.status_code, answer.content_type) == (413, "application/problem+json")


def test_a_failure_of_ours_says_nothing_about_us(shop: Shop) -> None:
    shop.desk.figures = {"readers": [{"name": "pad-1"}]}

    answer = shop.client.get("/api/staff/overview")

    assert (answer.status_code, answer.content_type) == (500, "application/problem+json")
    assert "state" not in answer.text
