"""Who may open the staff page: whoever knows the PIN, or, without one, this machine alone."""

from __future__ import annotations

import hmac
import ipaddress
import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

__all__ = ["LOCK_S", "TRIES", "Door", "Knock"]

TRIES = 5
LOCK_S = 300.0  # 5 tries in 5 minutes: a 4-digit PIN lasts a week on average, and wrong tries are logged
_REMEMBERED = 4096  # addresses with wrong tries; the oldest is forgotten first


class Knock(Enum):
    """What became of a try."""

    RIGHT = "right"
    WRONG = "wrong"
    LOCKED = "locked"


@dataclass(slots=True)
class _Tried:
    wrong: int = 0
    locked_until_s: float = -math.inf


class Door:
    """Checks a PIN, at most `TRIES` times per address before it locks for `LOCK_S`. Not for several threads at once.

    monotonic_s: the host's clock, in seconds that never go back.
    """

    def __init__(self, pin: str, monotonic_s: Callable[[], float]) -> None:
        self._pin = pin.encode()
        self._monotonic_s = monotonic_s
        self._tried: OrderedDict[str, _Tried] = OrderedDict()

    def knock(self, address: str, pin: str) -> Knock:
        """Try ``pin``. A locked address learns nothing, not even with the right one."""
        place = _place_of(address)
        tried = self._tried.get(place) or _Tried()
        if self._monotonic_s() < tried.locked_until_s:
            return Knock.LOCKED
        if hmac.compare_digest(pin.encode(), self._pin):
            self._tried.pop(place, None)
            return Knock.RIGHT
        tried.wrong += 1
        if tried.wrong >= TRIES:
            tried.wrong, tried.locked_until_s = 0, self._monotonic_s() + LOCK_S
        self._remember(place, tried)
        return Knock.LOCKED if tried.wrong == 0 else Knock.WRONG

    def tries_left(self, address: str) -> int:
        """Return how many tries ``address`` has before it is locked out."""
        tried = self._tried.get(_place_of(address))
        return TRIES - (tried.wrong if tried else 0)

    def locked_s(self, address: str) -> float:
        """Return for how many seconds ``address`` is locked out yet, 0 where it is not."""
        tried = self._tried.get(_place_of(address))
        return max(0.0, tried.locked_until_s - self._monotonic_s()) if tried else 0.0

    def _remember(self, place: str, tried: _Tried) -> None:
        self._tried[place] = tried
        self._tried.move_to_end(place)
        while len(self._tried) > _REMEMBERED:
            self._tried.popitem(last=False)


def _place_of(address: str) -> str:
    """Return what one device cannot change at will: its IPv4 address, or its IPv6 network."""
    parsed = ipaddress.ip_address(address)
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)
