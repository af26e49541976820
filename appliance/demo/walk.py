"""One shopper's walk without a browser: goods on the pad, read, priced, paid, settled, seen by central.

It uses what a kiosk uses, the store service's own JSON; what it prints is in interfaces.md.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import requests

from appliance.demo.floor import Place, VirtualFloor
from appliance.errors import ProcessError

__all__ = ["Shopper", "Walked"]

_PATIENCE_S = 20.0


class Walked(NamedTuple):
    """What a walk saw; seconds are the walker's own."""

    sale: str
    receipt: str
    total_minor: int
    currency: str
    epcs: tuple[str, ...]
    placed_to_total_s: float
    paid_at_s: float  # monotonic


class Shopper:
    """Somebody at one lane."""

    def __init__(self, store_url: str, lane: str, floor: VirtualFloor, idle: Callable[[float], None]) -> None:
        """``idle(seconds)`` is what to do while waiting: tend the shop's processes."""
        self._lane_url = f"{store_url}/api/lanes/{lane}"
        self._store_url = store_url
        self._pad = Place("pad", lane)
        self._floor = floor
        self._idle = idle
        self._session = requests.Session()

    def view(self) -> dict[str, Any]:
        """Return the lane as the kiosk sees it."""
        answer = self._session.get(self._lane_url, timeout=5)
        answer.raise_for_status()
        return dict(answer.json())

    def buy(self, epcs: Sequence[str]) -> Walked:
        """Lay goods down, wait until the lane believes the basket whole, pay, wait for the receipt.

        Raises:
            ProcessError: The walk got stuck; says at which stage and why.
        """
        self.until("the lane to be free", lambda view: view["stage"] == "attract")
        placed_at_s = time.monotonic()
        self._floor.put(epcs, self._pad)
        whole = self.until(
            f"{len(epcs)} items in the basket",
            lambda view: view["complete"] and view["count"] == len(epcs),
        )
        total_at_s = time.monotonic()
        self.command("pay", {"quote": whole["quote"]})
        paid = self.until("the receipt", lambda view: view["stage"] == "receipt")
        return Walked(
            sale=paid["sale"],
            receipt=paid["receipt"]["number"],
            total_minor=paid["total_minor"],
            currency=paid["currency"],
            epcs=tuple(line["epc"] for line in paid["lines"] if line["kind"] == "sale"),
            placed_to_total_s=total_at_s - placed_at_s,
            paid_at_s=time.monotonic(),
        )

    def leave(self, epcs: Sequence[str]) -> None:
        """Take the goods and go."""
        self._floor.put(epcs, Place("home"))
        self.command("finish", {})

    def command(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """Press a button of the kiosk."""
        answer = self._session.post(
            f"{self._lane_url}/{name}", json=body, timeout=5, headers={"Origin": self._store_url}
        )
        answer.raise_for_status()
        return dict(answer.json())

    def until(self, what: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until the lane's view is as wanted. Raises ProcessError."""
        until_s = time.monotonic() + _PATIENCE_S
        while True:
            view = self.view()
            if wanted(view):
                return view
            if time.monotonic() > until_s:
                raise ProcessError(
                    f"waited {_PATIENCE_S:g} s for {what}; the lane is at {view['stage']} with {view['count']} items,"
                    f" complete={view['complete']}, reader_up={view['reader_up']}, payment={view['payment']}"
                )
            self._idle(0.02)
