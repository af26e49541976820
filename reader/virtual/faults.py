"""What a reader can be made to do wrong, by name.

A fault that *lasts* is in force from the moment it is switched on until it is switched off. A fault
that happens *once* waits for its moment, happens, and switches itself off.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from enum import StrEnum

from reader.errors import SceneError

__all__ = ["Fault", "Faults", "fault_named"]


class Fault(StrEnum):
    """Each fault and what it does."""

    SILENCE = "silence"  # lasts: the link stays up, not a byte comes; what would have been sent is lost
    MID_FRAME = "mid_frame"  # once: half of the next report or answer, then the link drops
    TRUNCATE = "truncate"  # lasts: each report ends in the middle of its last tag
    GARBAGE = "garbage"  # once: bytes that are no LLRP message
    DUPLICATE = "duplicate"  # lasts: every report comes twice
    SLOW = "slow"  # lasts: every answer comes 1.5 s late
    REFUSE = "refuse"  # lasts: every new client is told that somebody else is connected
    ANTENNA_GONE = "antenna_gone"  # lasts: the highest antenna port is disconnected
    REBOOT = "reboot"  # once: the link drops, nobody can connect for 2 s, every setting is lost
    WRONG_POWER_TABLE = "wrong_power_table"  # lasts: the table says 10 dB less than what is radiated
    POWER_NOT_TAKEN = "power_not_taken"  # lasts: a power is accepted, but another one is kept and read back
    CLOCK_JUMP = "clock_jump"  # lasts: the UTC clock is an hour ahead
    UNKNOWN_TV = "unknown_tv"  # lasts: each tag's report begins with a TV parameter of no known type
    REFUSED_ADD = "refused_add"  # lasts: ADD_ROSPEC is answered with a failure


def fault_named(name: str) -> Fault:
    """Return the fault of that name.

    Raises:
        SceneError: There is none; names those that there are.
    """
    try:
        return Fault(name)
    except ValueError as error:
        raise SceneError(f"no fault is called {name!r}; there are {', '.join(sorted(Fault))}") from error


class Faults:
    """The switches; safe to use from several threads."""

    def __init__(self, on: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._on = set(on)

    def switch_on(self, fault: Fault) -> None:
        """Put ``fault`` in force; twice is the same as once."""
        with self._lock:
            self._on.add(fault)

    def switch_off(self, fault: Fault) -> None:
        """End ``fault``; one that is off stays off."""
        with self._lock:
            self._on.discard(fault)

    def is_on(self, fault: Fault) -> bool:
        """Whether ``fault`` is in force or waits for its moment."""
        return fault in self._on

    def take(self, fault: Fault) -> bool:
        """Switch ``fault`` off; return whether it was on. For faults that happen once."""
        with self._lock:
            was_on = fault in self._on
            self._on.discard(fault)
        return was_on

    def active(self) -> tuple[str, ...]:
        """Return the names of the faults that are on, sorted."""
        with self._lock:
            return tuple(sorted(fault.value for fault in self._on))
