"""`tagtill demo --once`: one basket from the shelf to central, and what was seen on the way."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from typing import Any

import requests

from appliance.demo.supervisor import DemoShop
from appliance.demo.walk import Shopper
from appliance.errors import ProcessError
from checkout.journal import verify
from checkout.terminals.demo_ledger import charges
from reader.epc import location_link, sgtin_of

__all__ = ["walk_once"]

_PATIENCE_S = 30.0
_LANE = "1"


def walk_once(shop: DemoShop, item_count: int) -> dict[str, Any]:
    """Buy ``item_count`` items and wait until central shows the lower availability.

    Returns:
        What interfaces.md promises for `demo --once --json`.

    Raises:
        ProcessError: Something was not as it must be; says what.
    """
    goods = _choose(shop, item_count)
    gtins = Counter(_gtin_of(epc) for epc in goods)
    before = _until_central(shop, gtins, _stocked(shop, gtins), "the shop's first stock")
    walked = Shopper(shop.store_url, _LANE, shop.floor, shop.tend).buy(goods)
    if sorted(walked.epcs) != sorted(goods):
        raise ProcessError(f"laid down {sorted(goods)}, billed {sorted(walked.epcs)}")
    wanted = {gtin: before[gtin] - count for gtin, count in gtins.items()}
    after = _until_central(shop, gtins, wanted, "the lower availability")
    return {
        "epcs": list(walked.epcs),
        "total_minor": walked.total_minor,
        "currency": walked.currency,
        "sale": walked.sale,
        "receipt": walked.receipt,
        "payment": _payment(shop, walked.total_minor),
        "journal": _journal(shop),
        "availability": [
            {
                "gtin": gtin,
                "location": location_link(shop.shop.gln),
                "before": before[gtin],
                "after": after[gtin],
            }
            for gtin in gtins
        ],
        "seconds": {
            "placed_to_total": round(walked.placed_to_total_s, 3),
            "paid_to_central": round(time.monotonic() - walked.paid_at_s, 3),
        },
    }


def _choose(shop: DemoShop, item_count: int) -> Sequence[str]:
    """Return items from all over the shop that are really on their shelves."""
    shelf = shop.floor.lying("shelf")
    return shelf[5 :: max(1, len(shelf) // item_count)][:item_count]


def _gtin_of(epc: str) -> str:
    item = sgtin_of(epc)
    if item is None:
        raise ProcessError(f"the sample shop holds {epc}, which is no SGTIN")
    return item.gtin


def _stocked(shop: DemoShop, gtins: Collection[str]) -> Mapping[str, int]:
    """Return how many of each the shop's books have."""
    return Counter(item.gtin for item in shop.shop.items if item.gtin in gtins)


def _until_central(shop: DemoShop, gtins: Collection[str], wanted: Mapping[str, int], what: str) -> Mapping[str, int]:
    """Wait until central's availability is as wanted, and return it. Raises ProcessError."""
    until_s = time.monotonic() + _PATIENCE_S
    while True:
        answer = requests.get(
            f"{shop.central_url}/availability",
            params={"gtins": ",".join(gtins), "locations": location_link(shop.shop.gln)},
            headers={"Authorization": f"Bearer {shop.store_key}"},
            timeout=5,
        )
        answer.raise_for_status()
        found = {item["gtin"]: int(item["available"]) for item in answer.json()["items"]}
        if found == dict(wanted):
            return found
        if time.monotonic() > until_s:
            raise ProcessError(f"central did not show {what}: expected {dict(wanted)}, it has {found}")
        shop.tend(0.02)


def _payment(shop: DemoShop, total_minor: int) -> str:
    """Look into the terminal's own books. Raises ProcessError where its last charge is not this one, and standing."""
    booked = charges(shop.terminal_ledger(_LANE))
    if [(charge.amount_minor, charge.is_reversed) for charge in booked][-1:] != [(total_minor, False)]:
        raise ProcessError(f"the terminal's ledger has {booked}, expected a charge of {total_minor}")
    return "captured"


def _journal(shop: DemoShop) -> str:
    path = shop.plan.folder / "store.db"
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        report = verify(connection)
    return "ok" if report.is_sound else f"broken: {report.fault}"
