"""All that the floor's page shows, as one JSON object: goods, lanes, central, processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from appliance.demo.floor import VirtualFloor
from appliance.demo.processes import ProcessGroup
from appliance.demo.touched import Touched
from appliance.demo.witness import CentralStock, bought_in, sold_in

__all__ = ["FloorParts", "LaneViews", "ShelfProduct", "Witness", "floor_state", "look_at_lanes"]

# By the process's name without its lane: what it is called, and what a shopper should see without it.
_ROLES: Mapping[str, tuple[str, str]] = {
    "central": ("Central inventory", "Sales go on. The online shop says how old its numbers are, then catches up."),
    "terminal": ("Card terminal", "The kiosk says so kindly and keeps the list. Nothing is charged, never twice."),
    "reader": ("Tag reader", "The kiosk says the reader takes a short break. Goods are read again when it is back."),
    "sweep-reader": ("Stocktake reader", "Only the stocktake has to wait. Nobody at the kiosk notices."),
    "store": ("Store service", "The kiosk says: one moment. Back again, it knows every sale and what was paid."),
    "sync": ("Sync", "Sales go on and wait in the outbox. Central hears of them when it is back."),
}
_SHOWN_OF_LANE = (
    "stage", "stage_text", "count", "total_text", "complete", "reader_up", "terminal_up", "payment", "receipt",
    "notices",
)  # fmt: skip

_NO_TILL: Mapping[str, Any] = {"stage": "", "lines": ()}

# Lane → its snapshot as a kiosk gets it, or None where the store service does not answer.
LaneViews = Mapping[str, Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class ShelfProduct:
    """A product as its shelf shows it. ``epcs``: every item of it that this shop ever had."""

    gtin: str
    name: str
    detail: str
    category: str
    price: str  # ready to show
    epcs: tuple[str, ...]


class TerminalSwitch(Protocol):
    """Sets how a demo terminal behaves."""

    def behave(self, lane: str, behaviour: str) -> None:
        """Raises ApplianceError where the terminal is off or knows no such behaviour."""

    def behaviour(self, lane: str) -> str | None:
        """Return the behaviour, or None where the terminal is off."""


class Witness(Protocol):
    """Says how the shop stands, from outside."""

    def lane(self, lane: str) -> Mapping[str, Any] | None:
        """Return the lane's snapshot, or None where the store service does not answer."""

    def stock(self, gtins: Sequence[str]) -> Mapping[str, CentralStock] | None:
        """Return what central has of each product, or None where it does not answer."""


class FaultSwitch(Protocol):
    """Switches a fault of a lane's reader."""

    def __call__(self, lane: str, fault: str, on: bool, /) -> None:
        """Raises requests.RequestException where the reader is off."""


@dataclass(frozen=True, slots=True)
class FloorParts:
    """What the page needs. ``visitors``: what other people bring, by name: EPCs that are not this shop's goods."""

    shop_name: str
    floor: VirtualFloor
    products: Sequence[ShelfProduct]
    processes: ProcessGroup
    terminal: TerminalSwitch
    behaviours: Sequence[str]
    faults: FaultSwitch
    visitors: Mapping[str, Sequence[str]]
    pictures: Path
    store_url: str
    witness: Witness


def look_at_lanes(parts: FloorParts) -> LaneViews:
    """Ask every lane how it stands, and tell the floor what was paid for there."""
    views = {lane: parts.witness.lane(lane) for lane in parts.floor.lanes()}
    for view in views.values():
        parts.floor.sell(sold_in(view) if view is not None else ())
    return views


def floor_state(parts: FloorParts, by_epc: Mapping[str, ShelfProduct], touched: Touched) -> dict[str, Any]:
    """Return what the page shows now; asks every process that has to do with it."""
    floor = parts.floor
    views = look_at_lanes(parts)
    on_sale = floor.on_sale()
    return {
        "revision": floor.revision,
        "left": {product.gtin: sum(epc in on_sale for epc in product.epcs) for product in parts.products},
        "lanes": [_lane(parts, by_epc, lane, till) for lane, till in views.items()],
        "taken": len(floor.lying("home")),
        "central": _central(parts, touched),
        "processes": [_process(parts.processes, name) for name in parts.processes.names()],
    }


def _lane(
    parts: FloorParts, by_epc: Mapping[str, ShelfProduct], lane: str, till: Mapping[str, Any] | None
) -> dict[str, Any]:
    reader = parts.floor.reader_state(lane)
    return {
        "lane": lane,
        "behaviour": parts.terminal.behaviour(lane),
        "till": None if till is None else {name: till[name] for name in _SHOWN_OF_LANE},
        # Where the things of the receipt on screen lie now, by kind of place; empty where there is no receipt.
        "bought_at": sorted({parts.floor.place_of(epc).kind for epc in bought_in(till or _NO_TILL)}),
        "reader": None if reader is None else {name: reader[name] for name in ("reads_per_s", "faults")},
        **{
            kind: [
                {**_thing(by_epc.get(epc), epc), "sold": parts.floor.is_sold(epc)}
                for epc in parts.floor.lying(kind, lane)
            ]
            for kind in ("pad", "passing", "pocket")
        },
    }


def _thing(product: ShelfProduct | None, epc: str) -> dict[str, Any]:
    if product is None:
        return {"epc": epc, "gtin": None, "name": "not of this shop", "detail": ""}
    return {"epc": epc, "gtin": product.gtin, "name": product.name, "detail": product.detail}


def _central(parts: FloorParts, touched: Touched) -> dict[str, Any]:
    before = touched.before()
    stock = parts.witness.stock([gtin for gtin, _ in before])
    name_of = {product.gtin: product for product in parts.products}
    return {
        "up": stock is not None,
        "items": [
            {
                "gtin": gtin,
                "name": name_of[gtin].name,
                "detail": name_of[gtin].detail,
                "before": count,
                "now": now.available if (now := (stock or {}).get(gtin)) else None,
                "age_s": now.age_s if now else None,
            }
            for gtin, count in before
        ],
    }


def _process(processes: ProcessGroup, name: str) -> dict[str, Any]:
    role, _, lane = name.rpartition("-")
    title, observe = _ROLES.get(name) or _ROLES.get(role) or (name, "")
    return {
        "name": name,
        "title": f"{title} {lane}" if name not in _ROLES and role in _ROLES else title,
        "observe": observe,
        "state": processes.state(name),
        "restarts": max(0, processes.starts(name) - 1),
    }
