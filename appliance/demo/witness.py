"""What the running shop says of itself, asked from outside as any visitor could: a lane, and central's stock."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import requests

from checkout.view import LineKind, Stage

__all__ = ["CentralStock", "ShopWitness", "bought_in", "sold_in"]

_TIMEOUT_S = 1.0  # all of it is on loopback: what takes longer is off, or hangs


class CentralStock(NamedTuple):
    """One product in this store: pieces available to promise, and how old that truth is."""

    available: int
    age_s: float | None


class ShopWitness:
    """Asks the store service and central. A process that is off is an answer too: None."""

    def __init__(self, store_url: str, central_url: str, location: str) -> None:
        """``location``: the store's Digital Link, by which central knows it."""
        self._store_url, self._central_url, self._location = store_url, central_url, location

    def lane(self, lane: str) -> Mapping[str, Any] | None:
        """Return the lane's snapshot as a kiosk gets it, or None where the store service does not answer."""
        return _asked(f"{self._store_url}/api/lanes/{lane}")

    def stock(self, gtins: Collection[str]) -> Mapping[str, CentralStock] | None:
        """Return what central has of each product, or None where it does not answer."""
        if not gtins:
            return {} if _asked(f"{self._central_url}/healthz") is not None else None
        answer = _asked(f"{self._central_url}/availability", gtins=",".join(gtins), locations=self._location)
        if answer is None:
            return None
        return {item["gtin"]: CentralStock(int(item["available"]), item["age_s"]) for item in answer["items"]}


def bought_in(lane: Mapping[str, Any]) -> Sequence[str]:
    """Return the EPCs of the sale whose receipt a lane's snapshot shows; none while there is no receipt."""
    if lane["stage"] != Stage.RECEIPT:
        return ()
    return [line["epc"] for line in lane["lines"] if line["kind"] == LineKind.SALE]


def sold_in(lane: Mapping[str, Any]) -> Sequence[str]:
    """Return the EPCs that a lane's snapshot says are paid for: just now, or in an earlier sale."""
    earlier = [line["epc"] for line in lane["lines"] if line["kind"] == LineKind.SOLD]
    return [*bought_in(lane), *earlier]


def _asked(url: str, **query: str) -> dict[str, Any] | None:
    try:
        # A connection each: one kept open may lead to a process that is no more.
        answer = requests.get(url, params=query, timeout=_TIMEOUT_S)
        return dict(answer.json()) if answer.ok else None
    except (requests.RequestException, ValueError):
        return None  # off, and shown as off
