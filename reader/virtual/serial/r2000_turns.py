"""An inventory of an A0 board: rounds on ports in turn, to the last, and no stop. Pure but for the air."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from reader.virtual.air import Air, AirRead, AntennaDrive
from reader.virtual.serial.one_round import OneRound

__all__ = ["Missing", "Over", "Turns"]

_LOOK_US = 3_000  # what it takes to see that there is no antenna


class Missing(NamedTuple):
    """A port has no antenna; ``port`` counts from 0."""

    port: int
    at_us: int


class Over(NamedTuple):
    """The last round is through."""

    at_us: int


class Turns:
    """Plays a round on each of ``ports`` (from 0), in order, from ``start_us`` on, with ``pause_us`` between.

    drive_of: how a port is driven now; None where it has no antenna.
    """

    def __init__(
        self,
        air: Air,
        ports: Sequence[int],
        drive_of: Callable[[int], AntennaDrive | None],
        start_us: int,
        pause_us: int = 0,
    ) -> None:
        self._air = air
        self._ports = ports
        self._drive_of = drive_of
        self._pause_us = pause_us
        self._next = 0
        self._at_us = start_us
        self._round: OneRound | None = None

    @property
    def due_us(self) -> int:
        """When something more may be known."""
        return self._at_us if self._round is None else self._round.played_us

    def next(self, now_us: int) -> AirRead | Missing | Over | None:
        """Return what happens next, None where it does not happen before ``now_us``. After `Over` nothing does."""
        while self._round is not None or self._at_us <= now_us:
            if self._round is None:
                if self._next == len(self._ports):
                    return Over(self._at_us)
                port = self._ports[self._next]
                self._next += 1
                drive = self._drive_of(port)
                if drive is None:
                    self._at_us += _LOOK_US
                    return Missing(port, self._at_us)
                self._round = OneRound(self._air, drive, self._at_us)
            read = self._round.next_read(now_us)
            if read is not None:
                return read
            if not self._round.has_ended(now_us):
                return None
            self._at_us = self._round.played_us + self._pause_us
            self._round = None
        return None

    def skip_to(self, now_us: int) -> None:
        """Let time pass without air."""
        self._at_us = max(self._at_us, now_us)
        if self._round is not None:
            self._round.skip_to(now_us)
