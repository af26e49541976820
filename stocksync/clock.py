"""The hybrid logical clock: wall time that never goes back, and a total order over stores.

1. A stamp is 48 bits of milliseconds since 1970, a counter of 16 bits, and the node that made it.
2. The next stamp is above the last one whatever the wall clock does; where that stands or goes back, the counter rises.
3. Its text sorts as the clock does, in any tool that sorts text.
4. This module reads no time and keeps no state. The last stamp is kept in the database by the transaction that used it,
   so that a restart goes on above it.

Source: Kulkarni et al., "Logical Physical Clocks" (2014), with the milliseconds and the counter of our own widths.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from stocksync.errors import ClockStampError

__all__ = ["Stamp", "stamp_after"]

_LAST_MS = (1 << 48) - 1
_LAST_COUNTER = (1 << 16) - 1
_NODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_TEXT = re.compile(rf"([0-9a-f]{{12}})-([0-9a-f]{{4}})-({_NODE.pattern})")


@dataclass(frozen=True, slots=True, order=True)
class Stamp:
    """One moment of the clock; compares by time, then counter, then node.

    node: 1 to 64 characters, letters, digits, `_`, `.`, `-`; a store's id.
    """

    ms: int
    counter: int
    node: str

    def __post_init__(self) -> None:
        if not 0 <= self.ms <= _LAST_MS:
            raise ClockStampError(f"milliseconds fit 48 bits, {self.ms} does not")
        if not 0 <= self.counter <= _LAST_COUNTER:
            raise ClockStampError(f"the counter fits 16 bits, {self.counter} does not")
        if not _NODE.fullmatch(self.node):
            raise ClockStampError(f"a node is 1 to 64 letters, digits, '_', '.' or '-', not {self.node!r}")

    def __str__(self) -> str:
        return f"{self.ms:012x}-{self.counter:04x}-{self.node}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the stamp that ``text`` writes. Raises ClockStampError."""
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ClockStampError(f"a stamp is 12 hex digits, 4 hex digits and a node with '-' between, not {text!r}")
        return cls(int(match[1], 16), int(match[2], 16), match[3])


def stamp_after(last: Stamp | None, now_ms: int, node: str) -> Stamp:
    """Return a stamp of ``node`` above ``last``, at ``now_ms`` or as little later as that takes."""
    if last is None or now_ms > last.ms:
        return Stamp(now_ms, 0, node)
    if last.counter < _LAST_COUNTER:
        return Stamp(last.ms, last.counter + 1, node)
    return Stamp(last.ms + 1, 0, node)
