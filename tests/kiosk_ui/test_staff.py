"""Staff: their door, their figures, their deeds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checkout.view import Stage
from kiosk_ui.app import UiSettings
from kiosk_ui.staff.door import LOCK_S, TRIES, Door, Knock
from tests.kiosk_ui.conftest import Shop, open_shop
from tests.kiosk_ui.fakes import basket_of, lines_of

ELSEWHERE = {"REMOTE_ADDR": "10.0.0.7"}
DEED = {"paid": True, "operator": "Ada Berg", "evidence": "slip 0042"}


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def locked() -> Shop:
    return open_shop(UiSettings(staff_pin="4711"))


def test_without_a_pin_only_this_machine_is_staff(shop: Shop) -> None:
    assert shop.client.get("/staff").status_code == 200
    assert shop.client.get("/staff", environ_base=ELSEWHERE).status_code == 403
    assert shop.client.get("/api/staff/overview", environ_base=ELSEWHERE).status_code == 403


def test_with_a_pin_nobody_is_staff_before_it_is_entered(locked: Shop) -> None:
    assert locked.client.get("/staff").status_code == 401
    assert locked.client.get("/api/staff/overview").status_code == 401
    assert locked.client.post("/api/staff/lanes/1/resolve", json=DEED).status_code == 401


def test_the_pin_opens_from_anywhere_until_staff_leave(locked: Shop) -> None:
    entered = locked.client.post("/staff/enter", data={"pin": "4711"}, environ_base=ELSEWHERE)
    inside = locked.client.get("/api/staff/overview", environ_base=ELSEWHERE)
    locked.client.post("/staff/leave", environ_base=ELSEWHERE)

    cookie = entered.headers["Set-Cookie"]
    assert "SameSite=Strict" in cookie
    assert "HttpOnly" in cookie
    assert inside.status_code == 200
    assert locked.client.get("/api/staff/overview", environ_base=ELSEWHERE).status_code == 401


def test_a_restart_locks_the_staff_page(locked: Shop) -> None:
    cookie = locked.client.post("/staff/enter", data={"pin": "4711"}).headers["Set-Cookie"].split(";")[0]
    restarted = open_shop(UiSettings(staff_pin="4711"))

    assert restarted.client.get("/api/staff/overview", headers={"Cookie": cookie}).status_code == 401


@pytest.mark.parametrize("pin", ["", "0", "47110", "４７１１", "4711 "])
def test_a_wrong_pin_stays_outside(locked: Shop, pin: str) -> None:
    answer = locked.client.post("/staff/enter", data={"pin": pin})

    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert f"{TRIES - 1} tries left" in answer.text


def test_after_five_wrong_tries_even_the_right_pin_waits() -> None:
    clock = Clock()
    door = Door("4711", clock)

    knocks = [door.knock("10.0.0.7", "0000") for _ in range(TRIES)]
    assert knocks == [Knock.WRONG] * (TRIES - 1) + [Knock.LOCKED]
    assert door.knock("10.0.0.7", "4711") is Knock.LOCKED
    assert door.knock("10.0.0.8", "4711") is Knock.RIGHT
    clock.now_s += LOCK_S
    assert door.knock("10.0.0.7", "4711") is Knock.RIGHT


def test_an_ipv6_device_is_its_network() -> None:
    door = Door("4711", Clock())
    for n in range(TRIES):
        door.knock(f"2001:db8::{n}", "0000")

    assert door.knock("2001:db8::ffff", "4711") is Knock.LOCKED


@given(st.lists(st.text(max_size=8), max_size=30))
def test_no_guess_but_the_pin_opens(guesses: list[str]) -> None:
    door = Door("4711", Clock())

    assert all(door.knock("10.0.0.7", guess) is not Knock.RIGHT for guess in guesses if guess != "4711")


def test_the_overview_shows_the_box_and_its_lanes(shop: Shop) -> None:
    shop.lane.show(**basket_of(lines_of(2)), help_called=True)

    body = shop.client.get("/api/staff/overview").get_json()

    assert [(lane["stage"], lane["count"], lane["help_called"]) for lane in body["lanes"]] == [("basket", 2, True)]
    assert [reader["state_text"] for reader in body["readers"]] == ["Up", "Down"]
    assert (body["outbox"]["depth"], body["sales"]["total_text"]) == (4, "€982.31")


def test_a_desk_that_knows_nothing_yet_is_no_failure(shop: Shop) -> None:
    shop.desk.figures = {}

    body = shop.client.get("/api/staff/overview").get_json()

    assert (body["readers"], body["outbox"]["depth"], body["central"]["up"]) == ([], 0, False)


def test_sales_come_with_their_time_in_the_store() -> None:
    shop = open_shop(UiSettings(language="en-IE", time_zone="Europe/Vienna"))

    sales = shop.client.get("/api/staff/sales").get_json()["sales"]

    assert (sales[0]["sold_text"], sales[0]["total_text"]) == ("22 Nov, 11:10", "€19.90")


def test_a_stocktake_runs_once_and_ends_once(shop: Shop) -> None:
    client = shop.client
    assert client.get("/api/staff/stocktake").get_json() == {"stocktake": None}
    assert client.post("/api/staff/stocktake/finish").status_code == 409
    started = client.post("/api/staff/stocktake/start", json={"zone": " shop floor "}).get_json()["stocktake"]
    assert (started["state"], started["zone"]) == ("running", "shop floor")
    assert client.post("/api/staff/stocktake/start", json={"zone": "x"}).status_code == 409
    ended = client.post("/api/staff/stocktake/finish").get_json()["stocktake"]
    assert (ended["found"], len(ended["missing"]), len(ended["unexpected"])) == (2997, 3, 1)


@pytest.mark.parametrize("stage", [Stage.PAYMENT_UNKNOWN, Stage.CLOSED])
def test_staff_decide_an_unknown_payment_with_name_and_evidence(shop: Shop, stage: Stage) -> None:
    shop.lane.show(stage=stage)

    answer = shop.client.post("/api/staff/lanes/1/resolve", json=DEED)

    assert answer.status_code == 200
    assert shop.lane.commands == [("resolve", True, "Ada Berg", "slip 0042")]


def test_a_payment_that_is_known_is_not_decided_again(shop: Shop) -> None:
    assert shop.client.post("/api/staff/lanes/1/resolve", json=DEED).status_code == 409
    assert shop.lane.commands == []


@pytest.mark.parametrize("lacking", [{"operator": ""}, {"evidence": "  "}, {"paid": "yes"}, {"operator": "x" * 201}])
def test_a_decision_without_name_evidence_or_verdict_is_none(shop: Shop, lacking: dict[str, object]) -> None:
    shop.lane.show(stage=Stage.PAYMENT_UNKNOWN)

    assert shop.client.post("/api/staff/lanes/1/resolve", json={**DEED, **lacking}).status_code == 422
    assert shop.lane.commands == []
