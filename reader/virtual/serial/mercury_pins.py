"""A Mercury module's pins: inputs until they are made outputs.

Source: the vendor's client.
"""

from __future__ import annotations

from collections.abc import Mapping

from reader.virtual.serial.mercury_status import RefusedError, Status
from reader.virtual.serial.octets import Octets

__all__ = ["MercuryPins"]


class MercuryPins:
    """The pins, from power on. inputs: levels put on them from outside."""

    def __init__(self, inputs: Mapping[int, bool]) -> None:
        self._inputs = inputs
        self._outputs: dict[int, bool] = {}  # pins that are outputs, and their levels

    @property
    def levels(self) -> int:
        """All pins as metadata has them: bit 0 is pin 1."""
        return sum(1 << (pin - 1) for pin in self._inputs if self._level(pin))

    def _level(self, pin: int) -> bool:
        return self._outputs.get(pin, self._inputs[pin])

    def shown(self, asked: Octets) -> bytes:
        """Show the first two pins, or all with their direction."""
        if not len(asked):
            return bytes(self._level(pin) for pin in (1, 2))
        if asked.number(1) != 1:
            raise RefusedError(Status.PARAMETER)
        return bytes((1, *(side for pin in self._inputs for side in (pin, pin in self._outputs, self._level(pin)))))

    def change(self, wanted: Octets) -> bytes:
        """`PIN LEVEL` switches an output; `PIN` asks for its direction; `01 PIN DIRECTION LEVEL` sets both."""
        octets = tuple(wanted.rest())
        pin = octets[1] if len(octets) == 4 else octets[0] if octets else 0
        if pin not in self._inputs:
            raise RefusedError(Status.PARAMETER)
        match octets:
            case [_]:
                return bytes((pin, pin in self._outputs))
            case [_, level]:
                self._outputs[pin] = bool(level)
            case [1, _, 0, _]:
                self._outputs.pop(pin, None)
            case [1, _, 1, level]:
                self._outputs[pin] = bool(level)
            case _:
                raise RefusedError(Status.LENGTH)
        return b""
