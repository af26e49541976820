"""What an M100 module is told and tells about itself: its settings, its names, its channels. Pure.

Sources: MagicRF M100/QM100 firmware manual; R200 user protocol 2.3.3; facts measured 2026-11.
"""

from __future__ import annotations

import random
from typing import Final

from reader.virtual.scene import Region
from reader.virtual.serial.m100_select import Query, Select

__all__ = ["DONE", "FIRST_CDBM", "WRONG_COMMAND", "M100Settings", "RefusedError"]

DONE: Final = b"\x00"
WRONG_COMMAND: Final = 0x17
LEAST_CDBM: Final = 0
FIRST_CDBM: Final = 2000
MOST_CDBM: Final = 2600

_CHIP_DBM: Final = 20
_NAMES: Final = {1: b"V2.3.5", 2: b"MagicRF"}
# Number of a region: how many channels it has.
_CHANNELS: Final = {1: 20, 2: 52, 3: 15, 4: 20, 6: 32}
_REGION_OF: Final[dict[Region, int]] = {"etsi": 3, "fcc": 2}
_SELECT_ALWAYS, _SELECT_NEVER, _SELECT_FOR_ACCESS = 0, 1, 2
_MOST_IDLE_MINUTES: Final = 30
_ON_OR_OFF: Final = (0x00, 0xFF)
_PINS: Final = range(1, 5)
_GPIO_DIRECTION, _GPIO_SET, _GPIO_GET = range(3)
_JAMMER_SCAN: Final = 0xF2
_NOISE_DBM: Final = -72.0
_NOISE_SPREAD_DB: Final = 2.5


class RefusedError(Exception):
    """The module answers with the error ``code``."""

    def __init__(self, code: int) -> None:
        super().__init__(f"{code:02X}")
        self.code = code


class M100Settings:
    """All that can be set, as after power on. Power is in hundredths of a dBm, as on the wire.

    amplifier_db: what the board adds behind the chip, whose scale it leaves as it is; its text says the sum.
    """

    def __init__(
        self,
        scene_region: Region,
        seed: int,
        select: Select | None = None,
        amplifier_db: int = 0,
        power_cdbm: int = FIRST_CDBM,
    ) -> None:
        self.power_cdbm = power_cdbm
        self.query = Query()
        self.select = select or Select()
        self.idle_minutes = 0  # 0: never sleeps by itself
        self._select_mode = _SELECT_FOR_ACCESS
        self._region = _REGION_OF[scene_region]
        self._channel = 0
        self._modem = bytes.fromhex("020600b0")  # mixer gain, IF gain, threshold: as real modules say
        self._levels = dict.fromkeys(_PINS, 0)
        self._seed = seed
        self._names = {0: f"M100 {_CHIP_DBM + amplifier_db}dBm V1.0".encode(), **_NAMES}

    def selects_for(self, *, access: bool) -> bool:
        """Return whether a Select is sent before an inventory, or before an access."""
        return self._select_mode == _SELECT_ALWAYS or (access and self._select_mode == _SELECT_FOR_ACCESS)

    def obey(self, command: int, content: bytes, *, keeps_power: bool) -> bytes | None:
        """Set or tell something; return the answer's parameters, None where the command is not about settings.

        keeps_power: whether a power is kept as it was asked for; a faulty module keeps another one.

        Raises:
            RefusedError: The parameters make no sense.
        """
        told = self._told(command, content)
        if told is not None:
            return told
        match command, len(content):
            case 0x07, 1:
                _check(content[0] in _CHANNELS)
                self._region, self._channel = content[0], 0
            case 0x0C, _:
                select = Select.read(content)
                if select is None:
                    raise RefusedError(WRONG_COMMAND)
                # Setting it switches it on for everything but inventories, as the manual has it.
                self.select, self._select_mode = select, _SELECT_FOR_ACCESS
            case 0x0E, 2:
                query = Query(int.from_bytes(content, "big"))
                _check(query.is_possible)
                self.query = query
            case 0x12, 1:
                _check(content[0] in (_SELECT_ALWAYS, _SELECT_NEVER, _SELECT_FOR_ACCESS))
                self._select_mode = content[0]
            case 0x1D, 1:
                _check(content[0] <= _MOST_IDLE_MINUTES)
                self.idle_minutes = content[0]
            case 0xA9, _:
                _check(
                    bool(content) and len(content) == 1 + content[0] and max(content[1:], default=0) < self._channels
                )
            case 0xAB, 1:
                _check(content[0] < self._channels)
                self._channel = content[0]
            case ((0xAD | 0xB0), 1):  # to hop, to leave the carrier on: the air does both as its region has it
                _check(content[0] in _ON_OR_OFF)
            case 0xB6, 2:
                self._take_power(int.from_bytes(content, "big"), is_kept=keeps_power)
            case 0xF0, 4:
                self._modem = content
            case 0x04, 3:
                pass  # how deep it idles shows on the supply only
            case _:
                return None
        return DONE

    def _told(self, command: int, content: bytes) -> bytes | None:
        match command, len(content):
            case 0x03, 1:
                _check(content[0] in self._names)
                return content + self._names[content[0]]
            case 0x08, 0:
                return bytes((self._region,))
            case 0x0B, 0:
                return self.select.written()
            case 0x0D, 0:
                return self.query.word.to_bytes(2, "big")
            case 0xAA, 0:
                return bytes((self._channel,))
            case 0xB7, 0:
                return self.power_cdbm.to_bytes(2, "big")
            case 0xF1, 0:
                return self._modem
            case ((0xF2 | 0xF3), 0):
                return self._scanned(command)
            case 0x1A, 3:
                return self._pin(*content)
        return None

    @property
    def _channels(self) -> int:
        return _CHANNELS[self._region]

    def _take_power(self, cdbm: int, *, is_kept: bool) -> None:
        _check(LEAST_CDBM <= cdbm <= MOST_CDBM)
        if not is_kept:
            cdbm = LEAST_CDBM if cdbm == MOST_CDBM else MOST_CDBM
        self.power_cdbm = cdbm

    def _pin(self, act: int, pin: int, level: int) -> bytes:
        """Set a pin's direction or level, or read its level; the answer repeats act and pin."""
        _check(pin in _PINS and act in (_GPIO_DIRECTION, _GPIO_SET, _GPIO_GET) and level in (0, 1))
        if act == _GPIO_GET:
            return bytes((act, pin, self._levels[pin]))
        if act == _GPIO_SET:
            self._levels[pin] = level
        return bytes((act, pin, 1))

    def _scanned(self, command: int) -> bytes:
        """Return first and last channel, and for each what is heard there, s8 dBm: noise, the same each time."""
        last = self._channels - 1
        draw = random.Random(f"{self._seed}/{command}/{self._region}")
        floor_dbm = _NOISE_DBM if command == _JAMMER_SCAN else _NOISE_DBM - 6.0
        heard = (round(draw.gauss(floor_dbm, _NOISE_SPREAD_DB)) & 0xFF for _ in range(last + 1))
        return bytes((0, last, *heard))


def _check(makes_sense: bool) -> None:
    if not makes_sense:
        raise RefusedError(WRONG_COMMAND)
