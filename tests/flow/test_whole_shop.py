"""The whole chain on loopback: shelf, air, LLRP, basket, price, payment, settlement, outbox, central."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from appliance.demo.floor import Place
from appliance.demo.supervisor import DemoShop
from appliance.demo.walk import Shopper
from reader.epc import location_link, sgtin_of
from tests import official_epcis

pytestmark = pytest.mark.processes

LANE = "1"
PATIENCE_S = 30.0


@pytest.fixture(scope="module", autouse=True)
def central_knows_the_stock(demo_shop: DemoShop) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while (depth := _outbox_depth(demo_shop)) != 0:
        assert time.monotonic() < until_s, f"{depth} movements still wait for central"
        demo_shop.tend(0.05)


def _outbox_depth(shop: DemoShop) -> int:
    answer = requests.get(f"{shop.store_url}/api/staff/overview", timeout=5)
    answer.raise_for_status()
    return int(answer.json()["outbox"]["depth"])


@pytest.fixture
def shopper(demo_shop: DemoShop) -> Shopper:
    return Shopper(demo_shop.store_url, LANE, demo_shop.floor, demo_shop.tend)


@pytest.fixture(scope="module")
def goods(demo_shop: DemoShop) -> Iterator[str]:
    return iter(demo_shop.floor.lying("shelf")[500:])


def asked(shop: DemoShop, path: str, **params: str) -> Any:
    answer = requests.get(
        f"{shop.central_url}{path}", params=params, headers={"Authorization": f"Bearer {shop.store_key}"}, timeout=5
    )
    answer.raise_for_status()
    return answer.json()


def available(shop: DemoShop, epcs: list[str]) -> dict[str, int]:
    gtins = {item.gtin for epc in epcs if (item := sgtin_of(epc)) is not None}
    found = asked(shop, "/availability", gtins=",".join(gtins), locations=location_link(shop.shop.gln))
    return {item["gtin"]: item["available"] for item in found["items"]}


def wait_for(shop: DemoShop, epcs: list[str], wanted: dict[str, int]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            found = available(shop, epcs)
        except requests.RequestException:
            found = {}
        if found == wanted:
            return
        assert time.monotonic() < until_s, f"central says {found}, expected {wanted}"
        shop.tend(0.05)


def lowered(before: dict[str, int], epcs: list[str]) -> dict[str, int]:
    taken = Counter(item.gtin for epc in epcs if (item := sgtin_of(epc)) is not None)
    return {gtin: count - taken[gtin] for gtin, count in before.items()}


def test_a_basket_becomes_a_sale_and_a_lower_availability(
    demo_shop: DemoShop, shopper: Shopper, goods: Iterator[str]
) -> None:
    basket = [next(goods) for _ in range(7)]
    before = available(demo_shop, basket)

    walked = shopper.buy(basket)
    shopper.leave(basket)

    assert sorted(walked.epcs) == sorted(basket)
    assert walked.sale
    wait_for(demo_shop, basket, lowered(before, basket))


def test_what_lies_beside_is_not_billed_and_what_was_sold_is_not_billed_again(
    demo_shop: DemoShop, shopper: Shopper, goods: Iterator[str]
) -> None:
    floor = demo_shop.floor
    mine, passing = [next(goods), next(goods)], [next(goods)]
    visitors = [epc for epcs in demo_shop.shop.visitors.values() for epc in epcs]
    floor.put(passing, Place("passing", LANE))
    floor.add(visitors, Place("pad", LANE))

    walked = shopper.buy(mine)

    assert sorted(walked.epcs) == sorted(mine)
    floor.put(passing, Place("shelf"))
    floor.put(visitors, Place("home"))
    shopper.leave(mine)

    shopper.until("the lane to be free", lambda view: view["stage"] == "attract")
    floor.put(mine, Place("pad", LANE))  # the customer comes back with what is theirs, and with one thing more
    more = [next(goods)]
    assert sorted(shopper.buy(more).epcs) == more
    shopper.leave(more)
    floor.put(mine, Place("home"))


def test_a_sale_while_central_is_away_arrives_afterwards(
    demo_shop: DemoShop, shopper: Shopper, goods: Iterator[str]
) -> None:
    basket = [next(goods), next(goods)]
    before = available(demo_shop, basket)
    demo_shop.processes.switch("central", False)
    demo_shop.tend()

    shopper.buy(basket)
    shopper.leave(basket)

    assert demo_shop.processes.state("central") == "off"
    demo_shop.processes.switch("central", True)
    wait_for(demo_shop, basket, lowered(before, basket))


def test_every_event_of_the_shop_is_valid_by_the_official_schema(demo_shop: DemoShop) -> None:
    official_epcis.needed()
    validator = official_epcis.schema()
    seen = Counter[str]()
    token = ""
    while True:
        answer = requests.get(
            f"{demo_shop.central_url}/events",
            params={"perPage": "1000", **({"nextPageToken": token} if token else {})},
            headers={"Authorization": f"Bearer {demo_shop.store_key}"},
            timeout=20,
        )
        answer.raise_for_status()
        document = answer.json()
        assert validator.is_valid(document), next(validator.iter_errors(document)).message
        for event in document["epcisBody"]["queryResults"]["resultsBody"]["eventList"]:
            seen[event["bizStep"]] += 1
        if "next" not in answer.links:
            break
        (token,) = parse_qs(urlsplit(answer.links["next"]["url"]).query)["nextPageToken"]

    assert seen["stocking"] >= len(demo_shop.shop.items)
    assert seen["retail_selling"] > 0


def test_the_demo_in_one_go_prints_one_object() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "appliance.cli", "demo", "--once", "--json", "--items", "3"],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    (line,) = ended.stdout.splitlines()
    told = json.loads(line)
    assert (told["payment"], told["journal"], told["currency"]) == ("captured", "ok", "EUR")
    assert len(told["epcs"]) == 3
    assert told["sale"]
    assert all(item["after"] < item["before"] for item in told["availability"])
    assert set(told["seconds"]) == {"placed_to_total", "paid_to_central"}
