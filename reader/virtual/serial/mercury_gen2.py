"""Gen2 settings of a Mercury module by their keys, and what the air makes of them.

Source: facts measured 2026-11 (session and target A captured, other values by the vendor's enumerations).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import IntEnum
from typing import Final

from reader.virtual.air import Target
from reader.virtual.gen2 import RfMode
from reader.virtual.serial.mercury_status import RefusedError, Status

__all__ = ["Gen2Settings"]


class _Key(IntEnum):
    SESSION = 0x00
    TARGET = 0x01
    ENCODING = 0x02
    LINK_FREQUENCY = 0x10
    TARI = 0x11
    Q = 0x12


_BLF_KHZ: Final[Mapping[int, float]] = {0: 250.0, 2: 320.0, 4: 640.0}
_TARI_US: Final[Mapping[int, float]] = {0: 25.0, 1: 12.5, 2: 6.25}
_MILLER: Final[Mapping[int, int]] = {0: 1, 1: 2, 2: 4, 3: 8}
_TARGETS: Final[Mapping[bytes, Target]] = {
    b"\1\0": Target.A,
    b"\1\1": Target.B,
    b"\0\0": Target.DUAL,
    b"\0\1": Target.DUAL,
}
_DYNAMIC_POPULATION: Final = 32
_FASTEST_SENSITIVITY_DBM: Final = -70.0
_FASTEST_KHZ: Final = 640.0
_MAX_Q: Final = 15


class Gen2Settings:
    """What `GET` and `SET` of protocol parameters show and change."""

    def __init__(self) -> None:
        self._values: dict[_Key, bytes] = {
            _Key.SESSION: b"\0",
            _Key.TARGET: b"\1\0",
            _Key.ENCODING: b"\2",
            _Key.LINK_FREQUENCY: b"\0",
            _Key.TARI: b"\0",
            _Key.Q: b"\0",
        }

    def value(self, key: int) -> bytes:
        """Return what is set.

        Raises:
            RefusedError: There is no such key.
        """
        return self._values[_key(key)]

    def change(self, key: int, value: bytes) -> None:
        """Set one.

        Raises:
            RefusedError: There is no such key, or the value is none of its values.
        """
        name = _key(key)
        if not _is_possible(name, value):
            raise RefusedError(Status.PARAMETER)
        self._values[name] = value

    @property
    def session(self) -> int:
        """0 to 3."""
        return self._values[_Key.SESSION][0]

    @property
    def target(self) -> Target:
        """Whose turn it is."""
        return _TARGETS[self._values[_Key.TARGET]]

    @property
    def population(self) -> int:
        """Tags that the first Q is right for."""
        value = self._values[_Key.Q]
        return 1 << value[1] if value[0] else _DYNAMIC_POPULATION

    @property
    def q(self) -> int:
        """The first Q."""
        return int(math.log2(self.population))

    @property
    def link_frequency_code(self) -> int:
        """The link frequency as metadata has it."""
        return self._values[_Key.LINK_FREQUENCY][0]

    @property
    def mode(self) -> RfMode:
        """How tags are spoken to. A receiver decodes lower rates further down: 10 dB for a tenth of the rate."""
        blf_khz = _BLF_KHZ[self.link_frequency_code]
        miller = _MILLER[self._values[_Key.ENCODING][0]]
        sensitivity_dbm = _FASTEST_SENSITIVITY_DBM + 10 * math.log10(blf_khz / miller / _FASTEST_KHZ)
        tari_us = _TARI_US[self._values[_Key.TARI][0]]
        return RfMode(0, tari_us, blf_khz, miller, round(sensitivity_dbm, 1))


def _key(key: int) -> _Key:
    try:
        return _Key(key)
    except ValueError:
        raise RefusedError(Status.PARAMETER) from None


def _is_possible(key: _Key, value: bytes) -> bool:
    match key:
        case _Key.SESSION:
            return len(value) == 1 and value[0] <= 3
        case _Key.TARGET:
            return value in _TARGETS
        case _Key.ENCODING:
            return len(value) == 1 and value[0] in _MILLER
        case _Key.LINK_FREQUENCY:
            return len(value) == 1 and value[0] in _BLF_KHZ
        case _Key.TARI:
            return len(value) == 1 and value[0] in _TARI_US
        case _Key.Q:
            return value == b"\0" or (len(value) == 2 and value[0] == 1 and value[1] <= _MAX_Q)
