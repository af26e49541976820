"""How an M100 module asks tags: its Query word, its Select, and which tags those leave. Pure.

1. A Select is sent before each act that its mode names; it makes tags that match differ from those that do not, in
   the SL flag or in the flag of one session, as its action says.
2. The Query that follows asks for SL or not (its Sel bits), and for the flag of its session (its Target bit). So a
   Select has an effect only where it set what the Query asks for.
3. Flags that an action leaves alone or turns over are taken to stay as they are: SL not set, sessions as the air
   has them.

Source: GS1 EPC Gen2 2.1, sections 6.3.2.12.1.1 (Select, actions) and 6.3.2.12.2.1 (Query).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from reader.access import Bank
from reader.virtual.memory import TagMemory

__all__ = ["Asked", "Query", "Select"]

_SELECT_HEAD_BYTES: Final = 7
_TARGET_SL: Final = 4
_ASKS_ALL: Final = (0, 1)
_ASKS_SL: Final = 3


class _Flag(Enum):
    """What a Select does to a tag: SL set or flag to A, SL not set or flag to B, nothing that counts."""

    UP = "up"
    DOWN = "down"
    KEPT = "kept"


# By action: what happens to tags that match, and to those that do not.
_ACTIONS: Final = (
    (_Flag.UP, _Flag.DOWN),
    (_Flag.UP, _Flag.KEPT),
    (_Flag.KEPT, _Flag.DOWN),
    (_Flag.KEPT, _Flag.KEPT),
    (_Flag.DOWN, _Flag.UP),
    (_Flag.DOWN, _Flag.KEPT),
    (_Flag.KEPT, _Flag.UP),
    (_Flag.KEPT, _Flag.KEPT),
)


@dataclass(frozen=True, slots=True)
class Query:
    """The Query word: DR, M, TRext, Sel, session, target, Q from the top, and three bits of nothing."""

    word: int = 0x1020

    @property
    def is_possible(self) -> bool:
        """Whether the chip can speak so: it knows DR 8, FM0 and a pilot tone only."""
        return self.word & 0xF000 == 0x1000

    @property
    def sel(self) -> int:
        """0 and 1: all tags, 2: those without SL, 3: those with."""
        return self.word >> 10 & 3

    @property
    def asks_some(self) -> bool:
        """Whether SL decides who answers."""
        return self.sel not in _ASKS_ALL

    @property
    def session(self) -> int:
        """0 to 3."""
        return self.word >> 8 & 3

    @property
    def target_b(self) -> bool:
        """Whether tags are asked whose flag is B."""
        return bool(self.word >> 7 & 1)

    @property
    def q(self) -> int:
        """The frame has 2^q slots."""
        return self.word >> 3 & 0xF


@dataclass(frozen=True, slots=True)
class Select:
    """What a Select compares, and what it does then. ``mask``: as sent, whole bytes, or fewer than ``bits`` say."""

    target: int = 0
    action: int = 0
    bank: int = Bank.EPC
    pointer: int = 32
    bits: int = 0
    truncates: int = 0
    mask: bytes = b""

    @classmethod
    def read(cls, content: bytes) -> Select | None:
        """Return the Select of a request's parameters; None where they are too short for one."""
        if len(content) < _SELECT_HEAD_BYTES:
            return None
        first = content[0]
        pointer = int.from_bytes(content[1:5], "big")
        return cls(first >> 5, first >> 2 & 7, first & 3, pointer, content[5], content[6], content[7:])

    def written(self) -> bytes:
        """Return the parameters that say this."""
        first = self.target << 5 | self.action << 2 | self.bank
        return bytes((first, *self.pointer.to_bytes(4, "big"), self.bits, self.truncates)) + self.mask

    def leaves(self, memory: TagMemory, query: Query) -> bool:
        """Return whether a tag answers ``query`` after this Select was sent."""
        flag = _ACTIONS[self.action][0 if self._matches(memory) else 1]
        if self.target == _TARGET_SL:
            return not query.asks_some or (flag is _Flag.UP) == (query.sel == _ASKS_SL)
        if query.sel == _ASKS_SL:
            return False  # nobody ever set SL
        if self.target != query.session or flag is _Flag.KEPT:
            return True
        return (flag is _Flag.DOWN) == query.target_b

    def makes_a(self, memory: TagMemory, session: int) -> bool:
        """Return whether this sets a tag's flag of ``session`` to A."""
        flag = _ACTIONS[self.action][0 if self._matches(memory) else 1]
        return self.target == session and flag is _Flag.UP

    def _matches(self, memory: TagMemory) -> bool:
        if not self.bits:
            return True
        size = (self.bits + 7) // 8
        wanted = int.from_bytes(self.mask[:size].ljust(size, b"\0"), "big") >> (8 * size - self.bits)
        return memory.bits(Bank(self.bank), self.pointer, self.bits) == wanted


@dataclass(frozen=True, slots=True)
class Asked:
    """Says of a tag whether it answers ``query``, after ``select`` where one was sent. Equal ones are the same."""

    query: Query
    select: Select | None

    def __call__(self, memory: TagMemory) -> bool:
        """Return whether the tag of ``memory`` answers."""
        if self.select is not None:
            return self.select.leaves(memory, self.query)
        return self.query.sel != _ASKS_SL  # nobody ever set SL
