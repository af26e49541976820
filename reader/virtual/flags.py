"""What tags remember between rounds, SL and the inventoried flags, and what a Select does to it. Pure.

A flag is *up* when it is set: SL asserted, or a session's inventoried flag B. How long it stays so by itself:

    S0          while the tag has power
    S1          0.5 to 5 s, with power or without
    S2, S3, SL  while the tag has power, and 2 s or more after that

Source: GS1 EPC Gen2 2.1, sections 6.3.2.2 and 6.3.2.3 (flags, Table 6.20) and 6.3.2.12.1.1 (Select).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import Protocol, TypeVar

from reader.access import Bank
from reader.virtual.memory import TagMemory
from reader.virtual.propagation import TagNature

__all__ = ["Flag", "Flags", "Mask", "Powered", "Select", "Turn"]


T = TypeVar("T")


class Flag(IntEnum):
    """Which flag, numbered as in Select's Target."""

    S0 = 0
    S1 = 1
    S2 = 2
    S3 = 3
    SL = 4


class Powered(Protocol):
    """A tag that has power now."""

    @property
    def nature(self) -> TagNature:
        """What it is like."""


class Turn(Enum):
    """What happens to a flag, in the words of Gen2's table of actions."""

    SELECTED = "assert SL, or inventoried to A"
    UNSELECTED = "deassert SL, or inventoried to B"
    OTHER = "negate SL, or A to B and B to A"


# By action: what happens to tags that match, and to those that do not.
_ACTIONS: tuple[tuple[Turn | None, Turn | None], ...] = (
    (Turn.SELECTED, Turn.UNSELECTED),
    (Turn.SELECTED, None),
    (None, Turn.UNSELECTED),
    (Turn.OTHER, None),
    (Turn.UNSELECTED, Turn.SELECTED),
    (Turn.UNSELECTED, None),
    (None, Turn.SELECTED),
    (None, Turn.OTHER),
)
_HELD_BY_POWER = (Flag.S2, Flag.S3, Flag.SL)


@dataclass(frozen=True, slots=True)
class Mask:
    """Bits of a bank that a tag is compared with: ``length`` of them from bit ``pointer`` on; no bits match any tag."""

    bank: Bank
    pointer: int
    length: int
    value: int

    def matches(self, memory: TagMemory) -> bool:
        """Whether a tag has these bits there; not if its bank ends before."""
        return self.length == 0 or memory.bits(self.bank, self.pointer, self.length) == self.value


@dataclass(frozen=True, slots=True)
class Select:
    """A Select command. action: 0 to 7."""

    mask: Mask
    flag: Flag
    action: int

    def turn_of(self, memory: TagMemory) -> Turn | None:
        """Return what it does to the flag of the tag with that memory; None for nothing."""
        return _ACTIONS[self.action][0 if self.mask.matches(memory) else 1]


class Flags:
    """The flags of all tags, by chip. Times are µs and never go back."""

    def __init__(self) -> None:
        # Per flag: until when it is up. Absent or past: it is not.
        self._until: tuple[dict[str, float], ...] = tuple({} for _ in Flag)

    def is_up(self, flag: int, chip: str, now_us: float) -> bool:
        """Whether SL is asserted, or a session's flag is B."""
        return self._until[flag].get(chip, 0.0) > now_us

    def those(self, flag: int, tags: Mapping[str, T], now_us: float, *, up: bool) -> dict[str, T]:
        """Return which of ``tags``, by chip, have that flag up, or not up; in their order."""
        until = self._until[flag]
        return {chip: tag for chip, tag in tags.items() if (until.get(chip, 0.0) > now_us) == up}

    def put(self, flag: int, chip: str, nature: TagNature, now_us: float, *, up: bool) -> None:
        """Set a powered tag's flag; one that is up already stays so for its whole time again."""
        if up:
            self._until[flag][chip] = now_us + _lasting_us(flag, nature)
        else:
            self.lower(flag, chip)

    def obey(self, select: Select, chip: str, memory: TagMemory, nature: TagNature, now_us: float) -> None:
        """Do to a powered tag's flag what ``select`` says."""
        turn = select.turn_of(memory)
        if turn is None:
            return
        if turn is Turn.OTHER:
            up = not self.is_up(select.flag, chip, now_us)
        else:
            up = (turn is Turn.SELECTED) == (select.flag is Flag.SL)
        self.put(select.flag, chip, nature, now_us, up=up)

    def hold(self, powered: Mapping[str, Powered], now_us: float) -> None:
        """Let powered tags, by chip, keep the flags that power holds."""
        for flag in _HELD_BY_POWER:
            until = self._until[flag]
            if not until:
                continue
            for chip, tag in powered.items():
                if until.get(chip, 0.0) > now_us:
                    until[chip] = now_us + tag.nature.s2_persistence_us

    def raised(self, flag: int) -> tuple[str, ...]:
        """Return the tags that had the flag up when last asked for, some of them perhaps no more."""
        return tuple(self._until[flag])

    def lower(self, flag: int, chip: str) -> None:
        """Take a tag's flag down."""
        self._until[flag].pop(chip, None)

    def carrier_off(self) -> None:
        """Let all tags lose their power for a moment: S0 forgets at once."""
        self._until[Flag.S0].clear()

    def forget(self, chip: str) -> None:
        """Forget a tag that was taken away."""
        for until in self._until:
            until.pop(chip, None)


def _lasting_us(flag: int, nature: TagNature) -> float:
    match flag:
        case Flag.S0:
            return math.inf  # while powered; cleared where the carrier goes off
        case Flag.S1:
            return nature.s1_persistence_us
        case _:
            return nature.s2_persistence_us
