"""What an A0 board is told and tells about itself: its settings, and which of them are in flash. Pure.

Flash outlives a reset: power by command 76, region, identifier, antenna detector, RF profile, buzzer, fast TID by 8D.
The working antenna, power by 66, the EPC match and fast TID by 8C do not.

Sources: Rodinbell UHF RFID reader serial interface protocol; facts measured 2026-11 (the sign of the temperature, the
spans of power).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from reader.virtual.gen2 import RfMode
from reader.virtual.memory import TagMemory
from reader.virtual.scene import Region

__all__ = ["DONE", "PORTS", "EpcMatch", "R2000Settings", "RefusedError"]

DONE: Final = b"\x10"
PORTS: Final = 4

_VERSION: Final = bytes((1, 9))
_PARAMETER_INVALID: Final = 0x41
_ANTENNA_INVALID: Final = 0x47
_POWER_OUT_OF_RANGE: Final = 0x48
_REGION_OUT_OF_RANGE: Final = 0x49
_BUZZER_OUT_OF_RANGE: Final = 0x4B
_MATCH_LENGTH_WRONG: Final = 0x4D
_MATCH_MODE_INVALID: Final = 0x4E
_FREQUENCIES_INVALID: Final = 0x4F

_MOST_DBM: Final = 33
_LEAST_TEMPORARY_DBM: Final = 20
_USER_REGION: Final = 4
_UPPER_KHZ: Final = 902_000
_LAST_INDEX: Final = 63  # six bits
# Number of a region: its frequency indices. FCC, ETSI, China.
_INDICES: Final = {1: range(7, 60), 2: range(7), 3: range(43, 54)}
_REGION_BYTES: Final[dict[Region, bytes]] = {"etsi": bytes((2, 0, 6)), "fcc": bytes((1, 7, 59))}
_MATCH_SET, _MATCH_CLEARED = 0, 1
_PINS_IN, _PINS_OUT = (1, 2), (3, 4)
_FAST_TID_ON: Final = 0x8D
# FM0 40 kHz, Miller-4 250 kHz (the one that is recommended), Miller-4 300 kHz, FM0 400 kHz.
_MODES: Final = {
    0xD0: RfMode(0, tari_us=25.0, blf_khz=40.0, miller=1, sensitivity_dbm=-80.0),
    0xD1: RfMode(1, tari_us=25.0, blf_khz=250.0, miller=4, sensitivity_dbm=-80.0),
    0xD2: RfMode(2, tari_us=25.0, blf_khz=300.0, miller=4, sensitivity_dbm=-79.0),
    0xD3: RfMode(3, tari_us=6.25, blf_khz=400.0, miller=1, sensitivity_dbm=-72.0),
}


class RefusedError(Exception):
    """The board answers with the error ``code``."""

    def __init__(self, code: int) -> None:
        super().__init__(f"{code:02X}")
        self.code = code


@dataclass(frozen=True, slots=True)
class EpcMatch:
    """The one tag that access commands are meant for."""

    epc: bytes

    def __call__(self, memory: TagMemory) -> bool:
        """Return whether it is the tag of ``memory``."""
        return bytes.fromhex(memory.epc) == self.epc


@dataclass(slots=True)
class _Flash:
    region: bytes
    powers_dbm: list[int] = field(default_factory=lambda: [30] * PORTS)
    identifier: bytes = b"TAGTILL-A0\xff\xff"
    detector_db: int = 3
    profile: int = 0xD1
    fast_tid: int = 0


class R2000Settings:
    """All that can be set, as a new board has it. Power is in whole dBm, for each port."""

    def __init__(self, scene_region: Region) -> None:
        self.flash_writes = 0
        self._flash = _Flash(_REGION_BYTES[scene_region])
        self.restart()

    def restart(self) -> None:
        """Forget what is not in flash."""
        self.antenna = 0
        self.match: EpcMatch | None = None
        self._temporary_dbm: list[int] | None = None
        self._fast_tid = self._flash.fast_tid
        self._levels = dict.fromkeys(_PINS_IN, 0)

    @property
    def powers_dbm(self) -> list[int]:
        """The power of each port that is in force."""
        return self._temporary_dbm or self._flash.powers_dbm

    @property
    def detector_db(self) -> int:
        """The least return loss of an antenna that counts as one; 0: nothing is looked for."""
        return self._flash.detector_db

    def frequency_index(self, khz: int) -> int:
        """Return the nearest of the frequencies that tags are told by.

        In a region of the host's own they are those of that, from 0; else 0 to 6 from 865 MHz and 7 to 59 from
        902 MHz, every 0.5 MHz.
        """
        nearest = self._nearest_index(khz)
        if self._flash.region[0] == _USER_REGION:
            return min(self._flash.region[2] - 1, max(0, nearest), _LAST_INDEX)
        if khz < _UPPER_KHZ:
            return min(6, max(0, nearest))
        return min(59, nearest)

    def channels(self, plan_khz: Sequence[int]) -> tuple[int, ...]:
        """Return which of the air's carriers, counted from 1, are those of the table that was set.

        The air has its region's channels, the board's own tables have steps of 0.5 MHz: the nearest stands for each.
        """
        own = self._indices
        return tuple(channel for channel, khz in enumerate(plan_khz, 1) if self._nearest_index(khz) in own)

    @property
    def _indices(self) -> range:
        region = self._flash.region
        return range(region[2]) if region[0] == _USER_REGION else range(region[1], region[2] + 1)

    def _nearest_index(self, khz: int) -> int:
        """Return the index of the nearest frequency in steps of the table, which may lie outside it."""
        region = self._flash.region
        if region[0] == _USER_REGION:
            start_khz, step_khz = int.from_bytes(region[3:6], "big"), 10 * region[1]
            return round((khz - start_khz) / step_khz)
        if khz < _UPPER_KHZ:
            return round((khz - 865_000) / 500)
        return 7 + round((khz - _UPPER_KHZ) / 500)

    @property
    def mode(self) -> RfMode:
        """How tags are spoken to."""
        return _MODES[self._flash.profile]

    @property
    def has_fast_tid(self) -> bool:
        """Whether tags send their TID behind the EPC."""
        return self._fast_tid == _FAST_TID_ON

    def obey(self, command: int, content: bytes, *, keeps_power: bool) -> bytes | None:
        """Set or tell something; return the answer's data, None where the command is not about settings.

        keeps_power: whether a power is kept as it was asked for; a faulty board keeps another one.

        Raises:
            RefusedError: The data make no sense.
        """
        told = self._told(command) if not content else None
        if told is not None:
            return told
        match command, len(content):
            case 0x66, (1 | 4):
                self._temporary_dbm = _powers(content, _LEAST_TEMPORARY_DBM, is_kept=keeps_power)
            case 0x74, 1:
                _check(content[0] < PORTS, _ANTENNA_INVALID)
                self.antenna = content[0]
            case 0x61, 2:
                _check(content[0] in _PINS_OUT and content[1] in (0, 1))
            case 0x85, size if size:
                self.match = _match(content)
            case 0x8C, 1:
                _check(content[0] in (0, _FAST_TID_ON))
                self._fast_tid = content[0]
            case _:
                if not self._burn(command, content, keeps_power=keeps_power):
                    return None
                self.flash_writes += 1
        return DONE

    def _burn(self, command: int, content: bytes, *, keeps_power: bool) -> bool:
        """Set what is kept in flash; return whether the command was of these."""
        flash = self._flash
        match command, len(content):
            case 0x62, 1:
                flash.detector_db = content[0]
            case 0x67, 12:
                flash.identifier = content
            case 0x69, 1:
                _check(content[0] in _MODES)
                flash.profile = content[0]
            case 0x76, (1 | 4):
                flash.powers_dbm = _powers(content, 0, is_kept=keeps_power)
                self._temporary_dbm = None
            case 0x78, (3 | 6):
                flash.region = _region(content)
            case 0x7A, 1:
                _check(content[0] <= 2, _BUZZER_OUT_OF_RANGE)
            case 0x8D, 1:
                _check(content[0] in (0, _FAST_TID_ON))
                flash.fast_tid = self._fast_tid = content[0]
            case _:
                return False
        return True

    def _told(self, command: int) -> bytes | None:
        match command:
            case 0x60:
                return bytes(self._levels.values())
            case 0x63:
                return bytes((self._flash.detector_db,))
            case 0x68:
                return self._flash.identifier
            case 0x6A:
                return bytes((self._flash.profile,))
            case 0x72:
                return _VERSION
            case 0x75:
                return bytes((self.antenna,))
            case 0x77:
                powers = self.powers_dbm
                return bytes(powers[:1] if len(set(powers)) == 1 else powers)
            case 0x79:
                return self._flash.region
            case 0x86:
                match = self.match
                return bytes((_MATCH_CLEARED,)) if match is None else bytes((_MATCH_SET, len(match.epc))) + match.epc
            case 0x8E:
                return bytes((self._fast_tid,))
            case 0x97:
                return bytes(self.powers_dbm).ljust(8, b"\0")
        return None


def _powers(content: bytes, least_dbm: int, *, is_kept: bool) -> list[int]:
    """Return the power of each port; one byte is for all."""
    _check(all(least_dbm <= dbm <= _MOST_DBM for dbm in content), _POWER_OUT_OF_RANGE)
    powers = list(content) * (PORTS // len(content))
    if is_kept:
        return powers
    return [_LEAST_TEMPORARY_DBM if dbm == _MOST_DBM else _MOST_DBM for dbm in powers]


def _region(content: bytes) -> bytes:
    if content[0] == _USER_REGION:
        _check(len(content) == 6 and content[1] > 0 and content[2] > 0, _FREQUENCIES_INVALID)
        return content
    _check(len(content) == 3 and content[0] in _INDICES, _REGION_OUT_OF_RANGE)
    indices = _INDICES[content[0]]
    _check(content[1] in indices and content[2] in indices and content[1] <= content[2], _FREQUENCIES_INVALID)
    return content


def _match(content: bytes) -> EpcMatch | None:
    if content[0] == _MATCH_CLEARED:
        return None  # an EPC may follow; some hosts send one
    _check(content[0] == _MATCH_SET, _MATCH_MODE_INVALID)
    _check(len(content) > 1 and content[1] == len(content) - 2, _MATCH_LENGTH_WRONG)
    return EpcMatch(content[2:])


def _check(makes_sense: bool, code: int = _PARAMETER_INVALID) -> None:
    if not makes_sense:
        raise RefusedError(code)
