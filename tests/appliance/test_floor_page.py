"""The floor page's JSON: what a visitor may wish for, what is refused, and what every answer says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient

from appliance.demo.floor import FloorError, ReaderDoor, VirtualFloor
from appliance.demo.floor_page import create_floor_app
from appliance.demo.floor_state import FloorParts, ShelfProduct
from appliance.demo.pictures import picture_svg
from appliance.demo.processes import ProcessGroup, ProcessPlan
from appliance.demo.witness import CentralStock, ShopWitness

SOCKS, MORE_SOCKS, SHOES, BAG = (f"30340000000000000000000{n}" for n in "1234")
SOCKS_GTIN, SHOES_GTIN = "09521321001015", "09521321001022"
NOBODY = "http://127.0.0.1:1"  # tcpmux: nothing listens there
LANE = {
    "stage": "basket", "stage_text": "Goods in the tray", "count": 1, "total_text": "€5.00", "complete": True,
    "reader_up": True, "terminal_up": True, "payment": None, "receipt": None, "notices": [], "lines": ["much more"],
}  # fmt: skip


class Terminal:
    """A terminal switch that remembers."""

    chosen = "approve"

    def behave(self, lane: str, behaviour: str) -> None:
        if lane != "1":
            raise FloorError(f"no lane {lane}")
        self.chosen = behaviour

    def behaviour(self, lane: str) -> str | None:
        return self.chosen


class Central:
    """What the shop says, held in the test's hand; None: that process is off."""

    view: Mapping[str, Any] | None = LANE
    available: dict[str, int] | None

    def __init__(self) -> None:
        self.available = {SOCKS_GTIN: 9, SHOES_GTIN: 3}

    def lane(self, lane: str) -> Mapping[str, Any] | None:
        return self.view

    def stock(self, gtins: Sequence[str]) -> Mapping[str, CentralStock] | None:
        if self.available is None:
            return None
        return {gtin: CentralStock(self.available[gtin], 0.5) for gtin in gtins}


class Page:
    """The page's client, and the parts behind it."""

    def __init__(self, folder: Path) -> None:
        self.central, self.terminal = Central(), Terminal()
        self.processes = ProcessGroup(folder / "logs")
        self.faults: list[tuple[str, str, bool]] = []
        self.reader_is_off = False
        (folder / f"{SOCKS_GTIN}.svg").write_text(picture_svg("cap", "#112233", "#445566", "Socks", "k1"))
        door = ReaderDoor(NOBODY)
        self.floor = VirtualFloor([SOCKS, MORE_SOCKS, SHOES], {"1": door}, door, {}, shelf_of=lambda _: "all")
        app = create_floor_app(
            FloorParts(
                shop_name="Nordhang",
                floor=self.floor,
                products=[
                    ShelfProduct(SOCKS_GTIN, "Socks", "blue", "Foot wear", "€5.00", (SOCKS, MORE_SOCKS)),
                    ShelfProduct(SHOES_GTIN, "Shoes", "42", "Foot wear", "€95.00", (SHOES,)),
                ],
                processes=self.processes,
                terminal=self.terminal,
                behaviours=["approve", "decline"],
                faults=self.fault,
                visitors={"a stranger": [BAG]},
                pictures=folder,
                store_url="http://127.0.0.1:18080",
                witness=self.central,
            )
        )
        self.client: FlaskClient = app.test_client()

    def fault(self, lane: str, fault: str, on: bool, /) -> None:
        if self.reader_is_off:
            raise requests.ConnectionError("refused")
        self.faults.append((lane, fault, on))

    def state(self) -> dict[str, Any]:
        return dict(self.client.get("/api/floor").get_json())

    def wish(self, path: str, body: Any) -> dict[str, Any]:
        answer = self.client.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return dict(answer.get_json())

    def refusal(self, path: str, body: Any, status: int = 400) -> str:
        answer = self.client.post(path, json=body)
        assert answer.status_code == status, answer.text
        said = answer.get_json()
        assert set(said) == {"error"}
        return str(said["error"])


@pytest.fixture
def page(tmp_path: Path) -> Page:
    return Page(tmp_path)


def epcs(state: Mapping[str, Any], kind: str) -> list[str]:
    return [thing["epc"] for thing in state["lanes"][0][kind]]


def test_a_product_goes_to_the_pad_and_its_item_back(page: Page) -> None:
    state = page.wish("/api/move", {"gtin": SOCKS_GTIN, "to": "pad:1"})

    assert epcs(state, "pad") == [SOCKS]
    assert state["left"] == {SOCKS_GTIN: 1, SHOES_GTIN: 1}
    assert state["lanes"][0]["pad"][0] == {"epc": SOCKS, "gtin": SOCKS_GTIN, "name": "Socks", "detail": "blue"}

    state = page.wish("/api/move", {"epcs": [SOCKS], "to": "passing:1"})
    assert (epcs(state, "pad"), epcs(state, "passing")) == ([], [SOCKS])

    state = page.wish("/api/move", {"all_of": "passing:1", "to": "home"})
    assert (epcs(state, "passing"), state["taken"]) == ([], 1)


def test_the_demo_says_how_its_processes_stand(page: Page) -> None:
    assert page.client.get("/healthz").status_code == 200
    assert page.client.get("/readyz").status_code == 200

    page.processes.add(ProcessPlan("central", ("central",)))  # wished, and not started yet
    answer = page.client.get("/readyz")
    assert (answer.status_code, answer.get_json()) == (503, {"central": False})
    assert 'tagtill_demo_process_up{process="central"} 0.0' in page.client.get("/metrics").text


def test_undo_goes_back_one_step_and_says_when_there_is_none(page: Page) -> None:
    page.wish("/api/move", {"gtin": SHOES_GTIN, "to": "pocket:1"})

    assert epcs(page.wish("/api/undo", {}), "pocket") == []
    assert page.refusal("/api/undo", {}) == "nothing was moved yet"


def test_a_visitor_brings_what_is_not_of_this_shop(page: Page) -> None:
    state = page.wish("/api/visit", {"visitor": "a stranger", "to": "pad:1"})

    assert state["lanes"][0]["pad"] == [{"epc": BAG, "gtin": None, "name": "not of this shop", "detail": ""}]


def test_the_lane_is_told_as_the_store_tells_it(page: Page) -> None:
    lane = page.state()["lanes"][0]

    assert lane["till"] == {name: value for name, value in LANE.items() if name != "lines"}
    assert lane["reader"] is None  # its door does not answer


def test_a_store_and_a_central_that_are_off_are_said_to_be(page: Page) -> None:
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


def test_what_was_touched_shows_centrals_number_before_and_now(page: Page) -> None:
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
    page: Page, path: str, body: Any, says: str
) -> None:
    before = page.state()

    said = page.refusal(path, body)

    assert says in said
    assert "\n" not in said
    assert page.state() == before


def test_a_bare_shelf_is_said_to_be_bare(page: Page) -> None:
    page.wish("/api/move", {"gtin": SHOES_GTIN, "to": "pad:1"})

    assert page.refusal("/api/move", {"gtin": SHOES_GTIN, "to": "pad:1"}) == "no Shoes is left on the shelf"


def test_processes_are_shown_with_what_to_watch_for(page: Page) -> None:
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


def test_terminal_and_faults_are_switched(page: Page) -> None:
    assert page.wish("/api/terminal/1", {"behaviour": "decline"})["lanes"][0]["behaviour"] == "decline"
    page.wish("/api/faults/1/silence", {"on": True})
    assert page.faults == [("1", "silence", True)]

    page.reader_is_off = True
    assert "reader of lane 1 is off" in page.refusal("/api/faults/1/silence", {"on": False})


def test_only_its_own_page_may_wish(page: Page) -> None:
    body = {"gtin": SOCKS_GTIN, "to": "pad:1"}
    for origin in ("http://evil.example", "http://127.0.0.1:9999", "null"):
        answer = page.client.post("/api/move", json=body, headers={"Origin": origin})
        assert answer.status_code == 403
        assert "error" in answer.get_json()
    assert epcs(page.state(), "pad") == []

    own = page.client.post("/api/move", json=body, headers={"Origin": "http://localhost"})
    assert own.status_code == 200


def test_a_name_that_was_rebound_to_loopback_reaches_nothing(page: Page) -> None:
    for path in ("/", "/api/floor"):
        assert page.client.get(path, headers={"Host": "evil.example"}).status_code == 400


def test_a_body_that_is_too_large_is_not_read(page: Page) -> None:
    answer = page.client.post("/api/move", data=b" " * 70_000, content_type="application/json")

    assert answer.status_code in (400, 413)
    assert "error" in answer.get_json()


@pytest.mark.parametrize("path", ["/", "/api/floor", "/static/floor.css", "/look/css/base.css", "/nowhere"])
def test_every_answer_keeps_pages_to_this_machine(page: Page, path: str) -> None:
    with page.client.get(path) as answer:  # closes the file behind it
        headers = answer.headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'; frame-src http://127.0.0.1:18080; frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_the_page_holds_no_script_and_no_style_of_its_own(page: Page) -> None:
    html = page.client.get("/").text

    assert " style=" not in html
    assert "<style" not in html
    assert " onclick" not in html
    assert html.count("<script") == html.count('<script type="module" src="/static/')
    assert 'src="http://127.0.0.1:18080/kiosk/1"' in html


def test_goods_are_drawn_without_their_ground(page: Page) -> None:
    answer = page.client.get(f"/goods/{SOCKS_GTIN}.svg")

    assert answer.mimetype == "image/svg+xml"
    assert "<ellipse" in answer.text
    assert '<rect width="200" height="200"' not in answer.text
    assert page.client.get("/goods/00000000000000.svg").status_code == 404
    with page.client.get("/favicon.ico") as icon:
        assert icon.mimetype == "image/svg+xml"
