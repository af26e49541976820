"""What the online shop asks, and the pages that anybody may open."""

from __future__ import annotations

from kiosk_ui.app import UiSettings
from tests.kiosk_ui.conftest import Shop, open_shop
from tests.kiosk_ui.fakes import gtin_of, stock_of
from tests.kiosk_ui.test_lanes_api import events_of


def test_products_come_with_price_and_picture(shop: Shop) -> None:
    body = shop.client.get("/api/shop/products").get_json()

    assert len(body["products"]) == 12
    assert body["products"][0]["price_text"] == "€129.90"
    assert body["categories"][0] == "Outdoor"


def test_availability_says_how_old_it_is(shop: Shop) -> None:
    shop.relay.fall_silent(41.0)

    body = shop.client.get("/api/shop/availability").get_json()

    assert (body["central_up"], body["silent_s"]) == (False, 41.0)
    assert body["items"][0]["age_s"] == 2


def test_a_stream_begins_with_everything_then_tells_what_changes(shop: Shop) -> None:
    answer = shop.client.get("/api/shop/events", buffered=False)
    stream = (chunk.decode() for chunk in answer.iter_encoded())
    begun = next(stream) + next(stream)
    shop.relay.tell(stock_of(gtin_of(1), 0))
    rest = "".join(stream)
    answer.close()

    assert events_of(begun)[0][0] == "snapshot"
    assert ("availability", 0) in [(name, body.get("available")) for name, body in events_of(rest)]


def test_stock_of_another_store_is_not_told() -> None:
    shop = open_shop(UiSettings(location="store-99", stream_life_s=0.05))

    events = events_of(shop.client.get("/api/shop/events").text)

    assert events[0][1]["items"] == []


def test_the_index_leads_everywhere(shop: Shop) -> None:
    page = shop.client.get("/").text

    assert all(f'href="{path}"' in page for path in ("/kiosk/1", "/staff", "/shop"))
    assert "Fjord &amp; Field" in page


def test_a_receipt_is_shown_to_whoever_holds_its_token(shop: Shop) -> None:
    page = shop.client.get("/receipts/tok-123").text

    assert "2026-000417" in page
    assert "€145.82" in page
    assert "Nov 22, 2026, 11:15:00" in page
    assert shop.client.get("/receipts/tok-124").status_code == 404


def test_the_words_of_the_pages_come_from_here(shop: Shop) -> None:
    script = shop.client.get("/words.js")

    assert script.content_type.startswith("text/javascript")
    assert '"kiosk.pay": "Pay {total}"' in script.text
    assert "problem." not in script.text


def test_a_page_that_is_not_there_is_a_page(shop: Shop) -> None:
    answer = shop.client.get("/nowhere", headers={"Accept": "text/html"})

    assert (answer.status_code, answer.mimetype) == (404, "text/html")


def test_health_readiness_and_metrics(shop: Shop) -> None:
    assert shop.client.get("/healthz").get_json() == {"status": "ok"}
    assert shop.client.get("/readyz").status_code == 200
    shop.relay.fall_silent(99)
    assert shop.client.get("/readyz").status_code == 200
    shop.lane.show(reader_up=False)
    unready = shop.client.get("/readyz")
    assert (unready.status_code, unready.get_json()["problems"]) == (503, ["lane 1: the reader is down"])
    figures = shop.client.get("/metrics").text
    assert 'tagtill_lane_reader_up{lane="1"} 0.0' in figures
    assert 'tagtill_lane_stage{lane="1",stage="attract"} 1.0' in figures
    assert 'tagtill_http_requests_total{endpoint="health.healthz",method="GET",status="200"} 1.0' in figures
    assert "tagtill_central_up 0.0" in figures
