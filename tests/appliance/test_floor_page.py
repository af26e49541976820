"""The floor page's JSON: what a visitor may wish for, what is refused, and what every answer says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from appliance.demo.processes import ProcessPlan
from appliance.demo.witness import ShopWitness
from tests.appliance.floor_stage import (
    BAG,
    LANE,
    NOBODY,
    SHOES,
    SHOES_GTIN,
    SOCKS,
    SOCKS_GTIN,
    FloorStage,
    line,
)


@pytest.fixture
def page(tmp_path: Path) -> FloorStage:
    return FloorStage(tmp_path)


def epcs(state: Mapping[str, Any], kind: str) -> list[str]:
    return [thing["epc"] for thing in state["lanes"][0][kind]]


def test_a_product_goes_to_the_pad_and_its_item_back(page: FloorStage) -> None:
    state = page.wish("/api/move", {"gtin": SOCKS_GTIN, "to": "pad:1"})

    assert epcs(state, "pad") == [SOCKS]
    assert state["left"] == {SOCKS_GTIN: 1, SHOES_GTIN: 1}
    assert state["lanes"][0]["pad"][0] == {
        "epc": SOCKS,
        "gtin": SOCKS_GTIN,
        "name": "Socks",
        "detail": "blue",
        "sold": False,
    }

    state = page.wish("/api/move", {"epcs": [SOCKS], "to": "passing:1"})
    assert (epcs(state, "pad"), epcs(state, "passing")) == ([], [SOCKS])

    state = page.wish("/api/move", {"all_of": "passing:1", "to": "home"})
    assert (epcs(state, "passing"), state["taken"]) == ([], 1)


def test_the_demo_says_how_its_processes_stand(page: FloorStage) -> None:
    assert page.client.get("/healthz").status_code == 200
    assert page.client.get("/readyz").status_code == 200

    page.processes.add(ProcessPlan("central", ("central",)))  # wished, and not started yet
    answer = page.client.get("/readyz")
    assert (answer.status_code, answer.get_json()) == (503, {"central": False})
    assert 'tagtill_demo_process_up{process="central"} 0.0' in page.client.get("/metrics").text


def test_undo_goes_back_one_step_and_says_when_there_is_none(page: FloorStage) -> None:
    page.wish("/api/move", {"gtin": SHOES_GTIN, "to": "pocket:1"})

    assert epcs(page.wish("/api/undo", {}), "pocket") == []
    assert page.refusal("/api/undo", {}) == "nothing was moved yet"


def test_a_visitor_brings_what_is_not_of_this_shop(page: FloorStage) -> None:
    state = page.wish("/api/visit", {"visitor": "a stranger", "to": "pad:1"})

    assert state["lanes"][0]["pad"] == [
        {"epc": BAG, "gtin": None, "name": "not of this shop", "detail": "", "sold": False}
    ]


def test_the_lane_is_told_as_the_store_tells_it(page: FloorStage) -> None:
    lane = page.state()["lanes"][0]

    assert lane["till"] == {name: value for name, value in LANE.items() if name != "lines"}
    assert lane["reader"] is None  # its door does not answer


def test_a_store_and_a_central_that_are_off_are_said_to_be(page: FloorStage) -> None:
    page.wish("/api/move", {"gtin": SOCKS_GTIN, "to": "pad:1"})
    page.central.view, page.central.available = None, None
    state = page.state()

    assert state["lanes"][0]["till"] is None
    assert state["central"]["up"] is False
    assert [(item["before"], item["now"]) for item in state["central"]["items"]] == [(9, None)]


def test_the_real_witness_takes_silence_for_an_answer() -> None:
    witness = ShopWitness(NOBODY, NOBODY, "https://id.gs1.org/414/9521321000018")

    assert witness.lane("1") is None
    assert witness.stock([]) is None
    assert witness.stock([SOCKS_GTIN]) is None


def test_what_was_touched_shows_centrals_number_before_and_now(page: FloorStage) -> None:
    assert page.state()["central"] == {"up": True, "items": []}
    page.wish("/api/move", {"gtin": SOCKS_GTIN, "to": "pad:1"})
    page.wish("/api/move", {"gtin": SHOES_GTIN, "to": "pad:1"})
    page.central.available = {SOCKS_GTIN: 8, SHOES_GTIN: 3}
    page.wish("/api/move", {"all_of": "pad:1", "to": "home"})

    shown = [(item["gtin"], item["before"], item["now"]) for item in page.state()["central"]["items"]]
    assert shown == [(SHOES_GTIN, 3, 3), (SOCKS_GTIN, 9, 8)]  # the last touched first

    page.wish("/api/move", {"gtin": SOCKS_GTIN, "to": "pad:1"})
    first = page.state()["central"]["items"][0]
    assert (first["before"], first["now"], first["age_s"]) == (8, 8, 0.5)


def test_pad_and_bin_are_emptied_together(page: FloorStage) -> None:
    page.wish("/api/move", {"gtin": SOCKS_GTIN, "to": "pad:1"})
    page.wish("/api/move", {"gtin": SHOES_GTIN, "to": "pocket:1"})

    state = page.wish("/api/move", {"all_of": ["pad:1", "pocket:1"], "to": "shelf"})

    assert (epcs(state, "pad"), epcs(state, "pocket")) == ([], [])
    assert state["left"] == {SOCKS_GTIN: 2, SHOES_GTIN: 1}


class TestSold:
    """What was paid for is the shopper's: it goes home, and is no goods of the shelf any more."""

    @pytest.fixture
    def sale(self, page: FloorStage) -> FloorStage:
        """Return the floor with socks on the pad and shoes in the bin, and the receipt of both on screen."""
        page.wish("/api/move", {"gtin": SOCKS_GTIN, "to": "pad:1"})
        page.wish("/api/move", {"gtin": SHOES_GTIN, "to": "pocket:1"})
        page.central.view = {**LANE, "stage": "receipt", "lines": [line(SOCKS), line(SHOES)]}
        return page

    def test_it_may_not_go_back_to_the_shelf(self, sale: FloorStage) -> None:
        said = "that is paid for: what is sold can only be taken home"

        assert sale.refusal("/api/move", {"all_of": ["pad:1", "pocket:1"], "to": "shelf"}) == said
        assert sale.refusal("/api/move", {"epcs": [SOCKS], "to": "shelf"}) == said
        state = sale.state()
        assert [thing["sold"] for kind in ("pad", "pocket") for thing in state["lanes"][0][kind]] == [True, True]
        assert state["left"] == {SOCKS_GTIN: 1, SHOES_GTIN: 0}

    def test_undo_is_no_way_around(self, sale: FloorStage) -> None:
        assert "paid for" in sale.refusal("/api/undo", {})
        assert epcs(sale.state(), "pocket") == [SHOES]

    def test_what_is_not_sold_still_goes_back(self, sale: FloorStage) -> None:
        sale.wish("/api/move", {"gtin": SOCKS_GTIN, "to": "pad:1"})

        state = sale.wish("/api/move", {"all_of": ["pad:1", "pocket:1"], "to": "shelf"})

        assert (epcs(state, "pad"), epcs(state, "pocket")) == ([SOCKS], [SHOES])
        assert state["left"] == {SOCKS_GTIN: 1, SHOES_GTIN: 0}

    def test_the_floor_says_where_it_went(self, sale: FloorStage) -> None:
        assert sale.state()["lanes"][0]["bought_at"] == ["pad", "pocket"]
        sale.wish("/api/move", {"all_of": "pad:1", "to": "home"})
        assert sale.state()["lanes"][0]["bought_at"] == ["home", "pocket"]
        sale.central.view = LANE
        assert sale.state()["lanes"][0]["bought_at"] == []

    def test_put_back_while_it_was_being_paid_it_is_none_of_the_shelfs(self, page: FloorStage) -> None:
        page.wish("/api/move", {"gtin": SHOES_GTIN, "to": "pad:1"})
        page.wish("/api/move", {"all_of": "pad:1", "to": "shelf"})
        page.central.view = {**LANE, "stage": "receipt", "lines": [line(SHOES)]}

        state = page.state()

        assert state["lanes"][0]["bought_at"] == ["shelf"]
        assert state["left"][SHOES_GTIN] == 0
        assert page.refusal("/api/move", {"gtin": SHOES_GTIN, "to": "pad:1"}) == "no Shoes is left on the shelf"

    def test_what_the_till_knows_of_an_earlier_sale_is_sold_too(self, page: FloorStage) -> None:
        page.wish("/api/move", {"gtin": SOCKS_GTIN, "to": "pad:1"})
        page.central.view = {**LANE, "lines": [line(SOCKS, "sold"), line(SHOES)]}

        assert page.state()["lanes"][0]["pad"][0]["sold"] is True
        assert page.state()["left"] == {SOCKS_GTIN: 1, SHOES_GTIN: 1}  # a basket is no sale


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/api/move", [], "expected a JSON object"),
        ("/api/move", {"gtin": SOCKS_GTIN}, "no place 'None'"),
        ("/api/move", {"gtin": SOCKS_GTIN, "to": "moon"}, "no place 'moon'"),
        ("/api/move", {"gtin": SOCKS_GTIN, "to": "pad:9"}, "no lane 9"),
        ("/api/move", {"gtin": "00000000000000", "to": "home"}, "expected epcs, all_of or the gtin"),
        ("/api/move", {"epcs": "all", "to": "home"}, "expected epcs as a list"),
        ("/api/move", {"epcs": [7], "to": "home"}, "expected epcs as a list"),
        ("/api/move", {"epcs": [SOCKS] * 501, "to": "home"}, "at most 500"),
        ("/api/move", {"epcs": [SOCKS, "FFFF"], "to": "home"}, "no item FFFF"),
        ("/api/move", {"all_of": "nowhere", "to": "home"}, "no place 'nowhere'"),
        ("/api/visit", {"visitor": "nobody", "to": "pad:1"}, "expected a visitor out of a stranger"),
        ("/api/visit", {"visitor": "a stranger", "to": ""}, "no place ''"),
        ("/api/processes/central", {"action": "explode"}, "expected an action"),
        ("/api/terminal/7", {"behaviour": "approve"}, "no lane 7"),
        ("/api/faults/1/gremlins", {"on": True}, "expected a lane, a fault"),
        ("/api/faults/7/silence", {"on": True}, "expected a lane, a fault"),
        ("/api/faults/1/silence", {"on": "yes"}, "on as true or false"),
    ],
)
def test_a_wish_that_cannot_be_fulfilled_is_refused_in_one_sentence(
    page: FloorStage, path: str, body: Any, says: str
) -> None:
    before = page.state()

    said = page.refusal(path, body)

    assert says in said
    assert "\n" not in said
    assert page.state() == before


def test_a_bare_shelf_is_said_to_be_bare(page: FloorStage) -> None:
    page.wish("/api/move", {"gtin": SHOES_GTIN, "to": "pad:1"})

    assert page.refusal("/api/move", {"gtin": SHOES_GTIN, "to": "pad:1"}) == "no Shoes is left on the shelf"


def test_processes_are_shown_with_what_to_watch_for(page: FloorStage) -> None:
    assert page.state()["processes"] == []
    assert "no process central" in page.refusal("/api/processes/central", {"action": "kill"}, status=409)

    for name in ("central", "reader-1", "sweep-reader"):  # wished for, and never tended: none is started
        page.processes.add(ProcessPlan(name, ()))
    state = page.wish("/api/processes/reader-1", {"action": "off"})

    shown = {row["name"]: row for row in state["processes"]}
    assert [row["title"] for row in shown.values()] == ["Central inventory", "Tag reader 1", "Stocktake reader"]
    assert {name: row["state"] for name, row in shown.items()} == {
        "central": "down",
        "reader-1": "off",
        "sweep-reader": "down",
    }
    assert all(row["observe"] and row["restarts"] == 0 for row in shown.values())


def test_terminal_and_faults_are_switched(page: FloorStage) -> None:
    assert page.wish("/api/terminal/1", {"behaviour": "decline"})["lanes"][0]["behaviour"] == "decline"
    page.wish("/api/faults/1/silence", {"on": True})
    assert page.faults == [("1", "silence", True)]

    page.reader_is_off = True
    assert "reader of lane 1 is off" in page.refusal("/api/faults/1/silence", {"on": False})


def test_only_its_own_page_may_wish(page: FloorStage) -> None:
    body = {"gtin": SOCKS_GTIN, "to": "pad:1"}
    for origin in ("http://evil.example", "http://127.0.0.1:9999", "null"):
        answer = page.client.post("/api/move", json=body, headers={"Origin": origin})
        assert answer.status_code == 403
        assert "error" in answer.get_json()
    assert epcs(page.state(), "pad") == []

    own = page.client.post("/api/move", json=body, headers={"Origin": "http://localhost"})
    assert own.status_code == 200


def test_a_name_that_was_rebound_to_loopback_reaches_nothing(page: FloorStage) -> None:
    for path in ("/", "/api/floor"):
        assert page.client.get(path, headers={"Host": "evil.example"}).status_code == 400


def test_a_body_that_is_too_large_is_not_read(page: FloorStage) -> None:
    answer = page.client.post("/api/move", data=b" " * 70_000, content_type="application/json")

    assert answer.status_code in (400, 413)
    assert "error" in answer.get_json()


@pytest.mark.parametrize("path", ["/", "/api/floor", "/static/floor.css", "/look/css/base.css", "/nowhere"])
def test_every_answer_keeps_pages_to_this_machine(page: FloorStage, path: str) -> None:
    with page.client.get(path) as answer:  # closes the file behind it
        headers = answer.headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'; frame-src http://127.0.0.1:18080; frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_the_page_holds_no_script_and_no_style_of_its_own(page: FloorStage) -> None:
    html = page.client.get("/").text

    assert " style=" not in html
    assert "<style" not in html
    assert " onclick" not in html
    assert html.count("<script") == html.count('<script type="module" src="/static/')
    assert 'src="http://127.0.0.1:18080/kiosk/1"' in html


def test_goods_are_drawn_without_their_ground(page: FloorStage) -> None:
    answer = page.client.get(f"/goods/{SOCKS_GTIN}.svg")

    assert answer.mimetype == "image/svg+xml"
    assert "<ellipse" in answer.text
    assert '<rect width="200" height="200"' not in answer.text
    assert page.client.get("/goods/00000000000000.svg").status_code == 404
    with page.client.get("/favicon.ico") as icon:
        assert icon.mimetype == "image/svg+xml"
