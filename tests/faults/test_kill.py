"""Any process of the shop killed (-9) at any moment of a walk: one sale, one charge, movements exactly once."""

from __future__ import annotations

import itertools
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
import requests

from appliance.demo.floor import Place
from appliance.demo.supervisor import DemoShop
from appliance.demo.walk import Shopper
from appliance.errors import ProcessError
from checkout.journal import verify
from checkout.terminals.demo_ledger import charges
from reader.epc import sgtin_of

pytestmark = pytest.mark.processes

LANE = "1"
PAD = Place("pad", LANE)
PATIENCE_S = 40.0
PROCESSES = ("store", "terminal-1", "reader-1", "sync", "central")
MOMENTS = ("before", "laid_down", "whole", "paying", "charged", "receipt", "gone")


@pytest.fixture(scope="module")
def goods(demo_shop: DemoShop) -> Iterator[str]:
    """Items that nobody bought yet, one after the other."""
    return iter(demo_shop.floor.lying("shelf")[100:])


class Walk:
    """One shopper's walk with a crash in it."""

    def __init__(self, shop: DemoShop, goods: list[str], victim: str, moment: str) -> None:
        self.shop = shop
        self.goods = goods
        self.victim = victim
        self.moment = moment
        self.charged_before = len(charges(shop.terminal_ledger(LANE)))
        self.killed = False
        self.shopper = Shopper(shop.store_url, LANE, shop.floor, shop.tend)

    def reach(self, moment: str) -> None:
        if moment == self.moment and not self.killed:
            self.killed = True
            self.shop.processes.kill(self.victim)

    def view(self) -> dict[str, Any] | None:
        """Return what the kiosk sees, or None while the store service is away."""
        try:
            return self.shopper.view()
        except requests.RequestException:
            return None

    def press(self, name: str, **body: object) -> None:
        """Press a button as a page does: if nobody answers, the next view says what became of it."""
        try:
            self.shopper.command(name, body)
        except requests.RequestException:
            return

    def run(self) -> dict[str, Any]:
        """Go through with it, whatever happens; return the view with the receipt."""
        self.reach("before")
        self.shop.floor.put(self.goods, PAD)
        self.reach("laid_down")
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            self.shop.tend(0.02)
            view = self.view()
            if view is None:
                continue
            if len(charges(self.shop.terminal_ledger(LANE))) > self.charged_before:
                self.reach("charged")
            match view["stage"]:
                case "basket" if view["complete"] and view["count"] == len(self.goods):
                    self.reach("whole")
                    self.press("pay", quote=view["quote"])
                case "paying":
                    self.reach("paying")
                case "payment_failed":
                    self.press("back")
                case "receipt":
                    if sold_in(self.shop, self.goods[0]) is not None:
                        self.reach("receipt")
                        if (shown := self.view()) is not None and shown["stage"] == "receipt":
                            return shown
                case "attract" if self.killed and sold_in(self.shop, self.goods[0]) is not None:
                    return view  # settled while the kiosk was away
        raise ProcessError(f"no receipt after {PATIENCE_S:g} s; the lane is at {self.view()}")


def rows(shop: DemoShop, statement: str, *values: object) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(f"{(shop.plan.folder / 'store.db').as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(statement, values).fetchall()


def sold_in(shop: DemoShop, epc: str) -> str | None:
    found = rows(shop, "SELECT sale FROM sale_line WHERE epc = ?", epc)
    assert len(found) <= 1, f"{epc} is on {len(found)} bills"
    return str(found[0]["sale"]) if found else None


def selling_events(shop: DemoShop, epc: str) -> list[dict[str, Any]]:
    item = sgtin_of(epc)
    assert item is not None
    answer = requests.get(
        f"{shop.central_url}/events",
        params={"MATCH_epc": item.digital_link, "EQ_bizStep": "retail_selling"},
        headers={"Authorization": f"Bearer {shop.store_key}"},
        timeout=5,
    )
    answer.raise_for_status()
    events: list[dict[str, Any]] = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return events


def wait_for_central(shop: DemoShop, goods: list[str]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while True:
        try:
            counts = [len(selling_events(shop, epc)) for epc in goods]
        except requests.RequestException:
            counts = []
        if counts == [1] * len(goods):
            return
        assert all(count <= 1 for count in counts), f"central heard of a sale twice: {counts}"
        assert time.monotonic() < until_s, f"central has {counts} selling events of {goods}"
        shop.tend(0.05)


def put_back_in_order(shop: DemoShop, walk: Walk) -> None:
    """Leave the lane as the next test wants it: everything up, nobody there."""
    shop.processes.tend_until_ready(PATIENCE_S)
    shop.floor.put(walk.goods, Place("home"))
    until_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < until_s:
        shop.tend(0.02)
        view = walk.view()
        if view is not None and view["stage"] == "attract" and view["reader_up"] and view["terminal_up"]:
            return
        if view is not None and view["stage"] == "receipt":
            walk.press("finish")
    raise ProcessError(f"the lane did not come to rest: {walk.view()}")


@pytest.mark.parametrize(("victim", "moment"), list(itertools.product(PROCESSES, MOMENTS)))
def test_one_sale_one_charge_and_every_movement_once(
    demo_shop: DemoShop, goods: Iterator[str], victim: str, moment: str
) -> None:
    walk = Walk(demo_shop, [next(goods), next(goods)], victim, moment)
    try:
        walk.run()
        walk.shop.floor.put(walk.goods, Place("home"))
        walk.reach("gone")

        assert walk.killed, f"the walk never came to {moment}"
        sales = {sold_in(demo_shop, epc) for epc in walk.goods}
        assert len(sales) == 1
        assert None not in sales
        (sale,) = rows(demo_shop, "SELECT * FROM sale WHERE sale = ?", sales.pop())
        fresh = charges(demo_shop.terminal_ledger(LANE))[walk.charged_before :]
        assert [charge.amount_minor for charge in fresh if not charge.is_reversed] == [sale["total_minor"]]
        wait_for_central(demo_shop, walk.goods)
        with closing(sqlite3.connect(demo_shop.plan.folder / "store.db")) as connection:
            connection.row_factory = sqlite3.Row
            assert verify(connection).is_sound
    finally:
        put_back_in_order(demo_shop, walk)
