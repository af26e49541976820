"""The reader's general purpose inputs and outputs, and the triggers that wait for an input.

An input port that is not enabled says nothing: it starts and stops nothing and makes no event. From the factory none
is enabled, as an R420 5.14 showed. Its level can be asked for all the same.

Source: LLRP 1.1, GPIPortCurrentState, GPOWriteData, GPITriggerValue, GPIEvent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reader.virtual.llrp.element import Element, make

__all__ = ["Gpio", "InputEdge"]


@dataclass(frozen=True, slots=True)
class InputEdge:
    """An input port, counted from 1, that went high or low."""

    port: int
    high: bool


class Gpio:
    """Levels of all ports; False is low."""

    def __init__(self, inputs: int, outputs: int) -> None:
        self._inputs = [False] * inputs
        self._enabled = [False] * inputs
        self._outputs = [False] * outputs

    @property
    def inputs(self) -> tuple[bool, ...]:
        """Which inputs are high, port 1 first."""
        return tuple(self._inputs)

    @property
    def outputs(self) -> tuple[bool, ...]:
        """Which outputs are high, port 1 first."""
        return tuple(self._outputs)

    def reset(self) -> None:
        """Disable all inputs and set all outputs low; what others put on the inputs stays."""
        self._enabled = [False] * len(self._inputs)
        self._outputs = [False] * len(self._outputs)

    def feel(self, edge: InputEdge) -> bool:
        """Put a level on an input; return whether that is news that the reader is to act on."""
        changed = self._inputs[edge.port - 1] != edge.high
        self._inputs[edge.port - 1] = edge.high
        return changed and self._enabled[edge.port - 1]

    def enable(self, states: Sequence[Element]) -> None:
        """Obey GPIPortCurrentStates; their levels are the reader's to say and are not looked at."""
        for state in states:
            self._enabled[state.number("GPIPortNum") - 1] = bool(state.number("Config"))

    def write(self, orders: Sequence[Element]) -> None:
        """Obey GPOWriteDatas."""
        for order in orders:
            self._outputs[order.number("GPOPortNumber") - 1] = bool(order.number("GPOData"))

    def input_elements(self, port: int) -> list[Element]:
        """Return the GPIPortCurrentState of one port, or of all for 0."""
        return [
            make("GPIPortCurrentState", GPIPortNum=one, Config=int(enabled), State=int(high))
            for one, (enabled, high) in enumerate(zip(self._enabled, self._inputs, strict=True), start=1)
            if port in (0, one)
        ]

    def output_elements(self, port: int) -> list[Element]:
        """Return the GPOWriteData of one port, or of all for 0."""
        return [
            make("GPOWriteData", GPOPortNumber=one, GPOData=int(high))
            for one, high in enumerate(self._outputs, start=1)
            if port in (0, one)
        ]
