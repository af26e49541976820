"""What a virtual serial module is to the server that gives it a line.

A module is pure: it has no descriptor, no clock and no thread. All times are microseconds since the server started;
they never go back, not even over a reboot.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

__all__ = ["Said", "SerialModule"]


class Said(NamedTuple):
    """One whole frame that a module says. ``is_tag``: it reports a tag (faults treat reports unlike answers)."""

    frame: bytes
    is_tag: bool = False


class SerialModule(Protocol):
    """A reader module behind two wires. Must implement: everything here."""

    @property
    def baud(self) -> int:
        """The rate at which it listens and speaks now.

        The server asks before each `take`: a module that answers a change of rate at the old one changes when
        that answer was taken.
        """

    @property
    def reads(self) -> int:
        """Singulations since the module was made; a reboot does not set it back."""

    @property
    def is_reading(self) -> bool:
        """Whether an inventory runs."""

    @property
    def tx_power_dbm(self) -> float | None:
        """The greatest conducted power that is set; None where nothing can be sent yet."""

    def received(self, octets: bytes, now_us: int) -> None:
        """Take bytes as they come off the line, cut anywhere; unreadable ones cost themselves only."""

    def advance(self, now_us: int) -> None:
        """Let time pass: play the air up to ``now_us``, notice faults."""

    def take(self, now_us: int) -> Said | None:
        """Return, once, the next frame to put on the wire; None where there is nothing to say.

        Asked for only while the wire has room: what piles up in the module is what the line cannot carry, and a
        module stops its radio while too much has (real ones block on their UART).
        """

    def next_due_us(self, now_us: int) -> int:
        """Return when `advance` should be called next at the latest."""

    def skip_to(self, now_us: int) -> None:
        """Let time pass without air, as when the machine slept."""

    def reboot(self, now_us: int) -> None:
        """Begin anew as after power on: settings and what was to be said are lost, the rate is the first again.

        The server keeps the line dead while it boots.
        """
