"""One inventory round on one antenna, as modules count rounds: queries until one of them finds nobody new.

The air plays on for ever; a module that is told "three rounds" has to know when one is through. Rounds are the same
however often, and up to when, one asks for their reads: same seed, same reads.
"""

from __future__ import annotations

from reader.virtual.air import Air, AirRead, AntennaDrive, Inventory

__all__ = ["OneRound"]


class OneRound:
    """A round from ``start_us`` on. The carrier was off before it, so that session S0 begins anew."""

    def __init__(self, air: Air, drive: AntennaDrive, start_us: int) -> None:
        self.reads = 0
        self._air = air
        self._inventory = Inventory(air, [drive], start_us)
        self._productive = 0  # the last query that did not find everybody silent
        self._waiting: AirRead | None = None
        self._is_through = False

    @property
    def played_us(self) -> int:
        """How far it was played: when it ended, once it `has_ended`; else when something more may be known."""
        return self._waiting.t_us if self._waiting is not None else self._inventory.now_us

    def has_ended(self, now_us: int) -> bool:
        """Whether it is through by ``now_us``, with every read taken."""
        return self._is_through and self._waiting is None and self._inventory.now_us <= now_us

    def next_read(self, until_us: int) -> AirRead | None:
        """Play to the next read, or to ``until_us`` or the round's end where there is none before."""
        while self._waiting is None and not self._is_through and self._inventory.now_us <= until_us:
            self._step()
        read = self._waiting
        if read is None or read.t_us > until_us:
            return None
        self._waiting = None
        self.reads += 1
        return read

    def skip_to(self, now_us: int) -> None:
        """Let time pass without air, as when the machine slept or the line was full."""
        if not self._is_through:
            self._inventory.skip_to(now_us)

    def _step(self) -> None:
        """Play the least that can be played: to one read, or through one query without."""
        inventory = self._inventory
        # The first call plays, and keeps what it finds back, being later than asked for; the second fetches it.
        read = inventory.next_read(inventory.now_us + 1) or inventory.next_read(inventory.now_us)
        if read is None and inventory.now_us < self._air.hop_at_us:
            self._is_through = inventory.slots.rounds > self._productive
            return
        # A query that a hop cut short says nothing about who is there.
        self._waiting = read
        self._productive = inventory.slots.rounds
