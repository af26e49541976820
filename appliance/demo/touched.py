"""The products that a visitor touched last, and what central said of each when it left its shelf."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence

__all__ = ["Touched"]


class Touched:
    """The latest few products, newest first. Safe between threads."""

    def __init__(self, most: int = 4) -> None:
        self._most = most
        self._before: OrderedDict[str, int | None] = OrderedDict()
        self._turn = threading.Lock()

    def touch(self, available: Mapping[str, int | None]) -> None:
        """Note products that leave their shelf, with what central says now; None where it does not answer."""
        with self._turn:
            for gtin, count in available.items():
                self._before[gtin] = count
                self._before.move_to_end(gtin, last=False)
            while len(self._before) > self._most:
                self._before.popitem()

    def before(self) -> Sequence[tuple[str, int | None]]:
        """Return each product's GTIN and what central had of it when it was touched."""
        with self._turn:
            return tuple(self._before.items())
