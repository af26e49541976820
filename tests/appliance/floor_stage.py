"""The floor's page on parts that a test holds in its hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import requests
from flask import Flask
from flask.testing import FlaskClient

from appliance.demo.floor import FloorError, ReaderDoor, VirtualFloor
from appliance.demo.floor_page import create_floor_app
from appliance.demo.floor_state import FloorParts, ShelfProduct
from appliance.demo.pictures import picture_svg
from appliance.demo.processes import ProcessGroup
from appliance.demo.witness import CentralStock

__all__ = ["BAG", "LANE", "MORE_SOCKS", "NOBODY", "SHOES", "SHOES_GTIN", "SOCKS", "SOCKS_GTIN", "FloorStage", "line"]

SOCKS, MORE_SOCKS, SHOES, BAG = (f"30340000000000000000000{n}" for n in "1234")
SOCKS_GTIN, SHOES_GTIN = "09521321001015", "09521321001022"
NOBODY = "http://127.0.0.1:1"  # tcpmux: nothing listens there
LANE = {
    "stage": "basket", "stage_text": "Goods in the tray", "count": 1, "total_text": "€5.00", "complete": True,
    "reader_up": True, "terminal_up": True, "payment": None, "receipt": None, "notices": [], "lines": [],
}  # fmt: skip


def line(epc: str, kind: str = "sale") -> dict[str, Any]:
    """Return a line of a lane's snapshot, as far as the floor reads it."""
    return {"epc": epc, "kind": kind}


class Terminal:
    """A terminal switch that remembers."""

    chosen = "approve"

    def behave(self, lane: str, behaviour: str) -> None:
        if lane not in ("1", "2"):
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


class FloorStage:
    """The page's client, and the parts behind it."""

    def __init__(self, folder: Path, lanes: Sequence[str] = ("1",), store_url: str = "http://127.0.0.1:18080") -> None:
        self.central, self.terminal = Central(), Terminal()
        self.processes = ProcessGroup(folder / "logs")
        self.faults: list[tuple[str, str, bool]] = []
        self.reader_is_off = False
        for gtin, drawing in ((SOCKS_GTIN, "cap"), (SHOES_GTIN, "cap")):
            (folder / f"{gtin}.svg").write_text(picture_svg(drawing, "#112233", "#445566", "Goods", "k1"))
        door = ReaderDoor(NOBODY)
        self.floor = VirtualFloor(
            [SOCKS, MORE_SOCKS, SHOES], dict.fromkeys(lanes, door), door, {}, shelf_of=lambda _: "all"
        )
        self.app: Flask = create_floor_app(
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
                store_url=store_url,
                witness=self.central,
            )
        )
        self.client: FlaskClient = self.app.test_client()

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
