"""What a reader can be made to do wrong, by name.

A fault that *lasts* is in force from the moment it is switched on until it is switched off. A fault
that happens *once* waits for its moment, happens, and switches itself off. Not every fault means something to
every reader: `faults_for` says which ones a family of readers obeys; the others can be switched on and do nothing.

    fault              LLRP reader                                        serial module
    -----------------  -------------------------------------------------  --------------------
    silence            link up, not a byte                                port open, not a byte
    mid_frame          half a report or answer, then the link drops       half a frame, then the port hangs up
    truncate           each report ends inside its last tag               each tag's frame lacks its last bytes
    garbage            bytes that are no LLRP message                     bytes that are no frame
    duplicate          every report twice                                 every tag's frame twice
    slow               answers 1.5 s late                                 answers 1.5 s late
    refuse             new clients hear that somebody else is connected   whoever opens the port finds it taken
    antenna_gone       antenna event, the port is silent                  antenna error, the port is silent
    reflection         antenna event and exception event, port silent     return loss error, the port is silent
    over_temperature   exception event, nothing is sent until it is off   temperature error, nothing is sent till then
    reboot             link drops, nobody gets in for 2 s, settings lost  silence for 2 s, settings lost
    wrong_power_table  the table says 10 dB less than is radiated         power is read back 10 dB less than radiated
    power_not_taken    a power is accepted, another one is kept           a power is accepted, another one is kept
    clock_jump         the UTC clock is an hour ahead                     the module's time stamps jump by an hour
    unknown_tv         a TV parameter of no known type in each tag        –
    refused_add        ADD_ROSPEC is answered with a failure              –
    buffer_warning     report buffer level warning event, once            –
    buffer_overflow    what was gathered is lost, overflow event, once    tag buffer full, once
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from enum import StrEnum
from typing import Literal

from reader.errors import SceneError

__all__ = ["Family", "Fault", "Faults", "fault_named", "faults_for"]

Family = Literal["llrp", "serial"]


class Fault(StrEnum):
    """Each fault and when it ends; what it does is in the table above."""

    SILENCE = "silence"  # lasts; what would have been sent is lost
    MID_FRAME = "mid_frame"  # once
    TRUNCATE = "truncate"  # lasts
    GARBAGE = "garbage"  # once
    DUPLICATE = "duplicate"  # lasts
    SLOW = "slow"  # lasts
    REFUSE = "refuse"  # lasts
    ANTENNA_GONE = "antenna_gone"  # lasts; the highest port that has an antenna
    REFLECTION = "reflection"  # lasts; the same port: a bad antenna, cable or plug sends the power back
    OVER_TEMPERATURE = "over_temperature"  # lasts; sending goes on by itself when it is switched off
    REBOOT = "reboot"  # once
    WRONG_POWER_TABLE = "wrong_power_table"  # lasts
    POWER_NOT_TAKEN = "power_not_taken"  # lasts; what is kept is what is read back
    CLOCK_JUMP = "clock_jump"  # lasts
    UNKNOWN_TV = "unknown_tv"  # lasts
    REFUSED_ADD = "refused_add"  # lasts
    BUFFER_WARNING = "buffer_warning"  # once
    BUFFER_OVERFLOW = "buffer_overflow"  # once


_LLRP_ONLY = frozenset({Fault.UNKNOWN_TV, Fault.REFUSED_ADD, Fault.BUFFER_WARNING})


def faults_for(family: Family) -> tuple[Fault, ...]:
    """Return the faults that mean something to readers of that family, by name."""
    return tuple(sorted(fault for fault in Fault if family == "llrp" or fault not in _LLRP_ONLY))


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
        if fault not in self._on:
            return False  # asked for every frame, hardly ever on
        with self._lock:
            was_on = fault in self._on
            self._on.discard(fault)
        return was_on

    def active(self) -> tuple[str, ...]:
        """Return the names of the faults that are on, sorted."""
        with self._lock:
            return tuple(sorted(fault.value for fault in self._on))
