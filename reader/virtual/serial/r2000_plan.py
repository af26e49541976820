"""What an inventory request of an A0 board asks: which ports in which order, and how tags are asked. Pure.

Repeat FF of 80 and 89 means "as fast as can be", which is one round here. 8B has forms with a byte for SL and one for
phase more; 8A is four pairs of port and rounds, port FF for none, then the pause and the repeat.

Source: Rodinbell UHF RFID reader serial interface protocol; facts measured 2026-11. Unverified: 8B's longer forms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reader.virtual.serial.r2000_settings import PORTS, RefusedError

__all__ = ["INVENTORY_COMMANDS", "RoundPlan", "round_plan"]

_BUFFERED, _REAL_TIME, _FAST_SWITCH, _SESSION = 0x80, 0x89, 0x8A, 0x8B
INVENTORY_COMMANDS: Final = frozenset((_BUFFERED, _REAL_TIME, _FAST_SWITCH, _SESSION))
_FASTEST: Final = 0xFF
_PARAMETER_INVALID: Final = 0x41


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """One inventory. ``ports``: one round on each, counted from 0. ``sl``: 0 to 3, as in Gen2's Query."""

    command: int
    ports: tuple[int, ...]
    session: int = 0
    target_b: bool = False
    sl: int = 0
    has_phase: bool = False
    pause_us: int = 0

    @property
    def is_buffered(self) -> bool:
        """Whether tags are kept instead of told."""
        return self.command == _BUFFERED

    @property
    def switches_ports(self) -> bool:
        """Whether it goes on where a port has no antenna."""
        return self.command == _FAST_SWITCH


def round_plan(command: int, content: bytes, antenna: int) -> RoundPlan:
    """Return what a request of `INVENTORY_COMMANDS` asks; ``antenna``: the working one, from 0.

    Raises:
        RefusedError: Its data make no sense.
    """
    match command, len(content):
        case ((0x80 | 0x89), 1):
            return RoundPlan(command, _repeated(antenna, 1 if content[0] == _FASTEST else content[0]))
        case 0x8B, (3 | 4 | 5):
            session, target, *between, repeat = content
            sl, phase = (*between, 0, 0)[:2]
            if session < 4 and target < 2 and sl < 4 and phase < 2:
                return RoundPlan(command, _repeated(antenna, repeat), session, target == 1, sl, phase == 1)
        case 0x8A, 10:
            ports = [port for pair in range(0, 8, 2) for port in _turns(content[pair], content[pair + 1])]
            if ports and content[9]:
                return RoundPlan(command, tuple(ports) * content[9], pause_us=1000 * content[8])
    raise RefusedError(_PARAMETER_INVALID)


def _repeated(antenna: int, repeat: int) -> tuple[int, ...]:
    if not repeat:
        raise RefusedError(_PARAMETER_INVALID)
    return (antenna,) * repeat


def _turns(port: int, rounds: int) -> tuple[int, ...]:
    """Return the turns of one pair; ports that the board does not have are off."""
    return (port,) * rounds if port < PORTS else ()
