"""Where each thing of the demo lies, kept here so that a reader that was off finds its tags again.

The virtual readers obey it through their control doors; a reader that is off is told when it is back.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests
import structlog

from appliance.errors import ApplianceError

__all__ = ["FloorError", "Place", "ReaderDoor", "VirtualFloor"]

log = structlog.get_logger()

_DOOR_TIMEOUT_S = 3.0
_TAGS_A_CALL = 1000


class FloorError(ApplianceError, ValueError):
    """A wish that the floor cannot fulfil: an unknown item or place."""


class ReaderDoor:
    """The loopback JSON door of one virtual reader."""

    def __init__(self, url: str) -> None:
        self._url = url

    def place(self, epcs: Sequence[str], place: str) -> None:
        """Put tags somewhere in the reader's scene. Raises requests.RequestException where it is off."""
        for start in range(0, len(epcs), _TAGS_A_CALL):
            self._call("POST", "/tags", {"epcs": list(epcs[start : start + _TAGS_A_CALL]), "place": place})

    def remove(self, epcs: Sequence[str]) -> None:
        """Take tags out of the scene. Raises requests.RequestException where it is off."""
        self._call("DELETE", "/tags", {"epcs": list(epcs)})

    def fault(self, name: str, on: bool) -> None:
        """Switch a fault. Raises requests.RequestException where it is off."""
        self._call("PUT" if on else "DELETE", f"/faults/{name}", None)

    def state(self) -> dict[str, Any]:
        """Return what the reader says of itself. Raises requests.RequestException where it is off."""
        return dict(self._call("GET", "/state", None))

    def _call(self, method: str, path: str, body: Any) -> Any:
        # A connection each: one kept open may lead to a reader that is no more.
        answer = requests.request(method, self._url + path, json=body, timeout=_DOOR_TIMEOUT_S)
        answer.raise_for_status()
        return answer.json() if answer.content else {}


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere on the floor: ``kind`` is shelf, pad, passing, pocket or home; lane where it has one."""

    kind: str
    lane: str | None = None

    @classmethod
    def parse(cls, text: str) -> Place:
        """Read "shelf", "home" or "pad:1". Raises FloorError."""
        kind, _, lane = text.partition(":")
        if (kind in ("shelf", "home") and not lane) or (kind in ("pad", "passing", "pocket") and lane):
            return cls(kind, lane or None)
        raise FloorError(f"no place {text!r}; expected shelf, home, or pad:LANE, passing:LANE, pocket:LANE")

    def __str__(self) -> str:
        return f"{self.kind}:{self.lane}" if self.lane else self.kind


_SHELF = Place("shelf")


class VirtualFloor:
    """The items of a sample shop and where they lie.

    Each lane's reader hears what lies on its pad, passes by or hides in a pocket, and a shelf close by;
    the sweep's reader hears everything that is still on a shelf.
    """

    def __init__(
        self,
        epcs: Iterable[str],
        lanes: Mapping[str, ReaderDoor],
        sweep: ReaderDoor | None,
        near_shelf: Mapping[str, Collection[str]],
        shelf_of: Callable[[str], str],
        absent: Collection[str] = (),
    ) -> None:
        """Lay everything on its shelf.

        Args:
            epcs: Every item of the shop, upper-case hex.
            lanes: Each lane's reader.
            sweep: The reader that walks the floor.
            near_shelf: Per lane, the items of the shelf behind it, which its reader may hear.
            shelf_of: The shelf of an item, by its name in the sweep's scene.
            absent: Items that are gone, though the books have them.
        """
        self._lanes = dict(lanes)
        self._sweep = sweep
        self._shelf_of = shelf_of
        self._near = {lane: frozenset(near_shelf.get(lane, ())) for lane in lanes}
        self._turn = threading.RLock()
        self._where: dict[str, Place] = dict.fromkeys(epcs, _SHELF)
        for epc in absent:
            self._where[epc] = Place("home")
        self._trail: deque[tuple[str, Place, Place]] = deque(maxlen=200)
        self._sold: set[str] = set()
        self.revision = 0

    def lanes(self) -> Sequence[str]:
        """Return the lanes' names."""
        return tuple(self._lanes)

    def place_of(self, epc: str) -> Place:
        """Return where an item lies. Raises FloorError for one that was never here."""
        try:
            return self._where[epc]
        except KeyError:
            raise FloorError(f"no item {epc} on this floor") from None

    def lying(self, kind: str, lane: str | None = None) -> list[str]:
        """Return what lies in such a place, in the order of the shop."""
        with self._turn:
            return [epc for epc, place in self._where.items() if place.kind == kind and place.lane == lane]

    def add(self, epcs: Iterable[str], place: Place) -> None:
        """Bring things that the shop's books do not have: a stranger's bag, a tote."""
        fresh = [epc for epc in epcs if epc not in self._where]
        with self._turn:
            self._where.update(dict.fromkeys(fresh, Place("home")))
            self.put(fresh, place)

    def sell(self, epcs: Iterable[str]) -> None:
        """Note what the till says is paid for: it is the shopper's, and never goods on a shelf again."""
        with self._turn:
            self._sold.update(epc for epc in epcs if epc in self._where)

    def is_sold(self, epc: str) -> bool:
        """Say whether an item was paid for, as far as the floor was told."""
        return epc in self._sold

    def on_sale(self) -> frozenset[str]:
        """Return what a shopper may take from a shelf; what was paid for after it was put back there is not."""
        return frozenset(self.lying("shelf")) - self._sold

    def require_unsold(self, epcs: Iterable[str]) -> None:
        """Refuse what a visitor may not lay back on a shelf. Raises FloorError."""
        if any(self.is_sold(epc) for epc in epcs):
            raise FloorError("that is paid for: what is sold can only be taken home")

    def put(self, epcs: Sequence[str], place: Place) -> None:
        """Move items. A reader that is off learns of it later, see `restore`. Raises FloorError."""
        if place.lane is not None and place.lane not in self._lanes:
            raise FloorError(f"no lane {place.lane}; there are {', '.join(self._lanes)}")
        with self._turn:
            moved = [(epc, self.place_of(epc)) for epc in epcs if self.place_of(epc) != place]
            for epc, old in moved:
                self._where[epc] = place
                self._trail.append((epc, old, place))
            self.revision += 1
            for lane, door in self._lanes.items():
                self._tell(door, lane, [epc for epc, _ in moved])
            if self._sweep is not None:
                self._tell(self._sweep, None, [epc for epc, _ in moved])

    def reader_state(self, lane: str) -> dict[str, Any] | None:
        """Return what a lane's reader says of itself, or None where it is off. Raises FloorError."""
        if lane not in self._lanes:
            raise FloorError(f"no lane {lane}; there are {', '.join(self._lanes)}")
        try:
            return self._lanes[lane].state()
        except (requests.RequestException, ValueError):
            return None  # off, and shown as off

    def undo(self) -> bool:
        """Put the last moved item back where it was; False where nothing was moved.

        Raises:
            FloorError: It lay on a shelf, and was paid for since; the next call goes on before it.
        """
        with self._turn:
            if not self._trail:
                return False
            epc, old, _ = self._trail.pop()
            if old == _SHELF:
                self.require_unsold([epc])
            self.put([epc], old)
            self._trail.pop()
            return True

    def restore(self, lane: str | None) -> None:
        """Tell a reader that came up everything that lies in its reach (None: the sweep's reader)."""
        door = self._sweep if lane is None else self._lanes[lane]
        if door is None:
            return
        with self._turn:
            self._tell(door, lane, list(self._where), anew=True)

    def _scene_place(self, epc: str, lane: str | None) -> str | None:
        """Return the place's name in a reader's scene, or None where that reader cannot hear it."""
        place = self._where[epc]
        if lane is None:
            return self._shelf_of(epc) if place == _SHELF else None
        if place == _SHELF:
            return "shelf" if epc in self._near[lane] else None
        return place.kind if place.lane == lane else None

    def _tell(self, door: ReaderDoor, lane: str | None, epcs: Sequence[str], anew: bool = False) -> None:
        heard: dict[str, list[str]] = {}
        unheard: list[str] = []
        for epc in epcs:
            place = self._scene_place(epc, lane)
            if place is None:
                unheard.append(epc)
            else:
                heard.setdefault(place, []).append(epc)
        try:
            for place, there in heard.items():
                door.place(there, place)
            if unheard and not anew:
                door.remove(unheard)
        except requests.RequestException as error:
            log.info("floor.reader_off", lane=lane or "sweep", error=type(error).__name__)
