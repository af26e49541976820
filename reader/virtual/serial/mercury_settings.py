"""What a Mercury module is set to, and the requests that show and change it.

Everything is lost at a reboot. A module begins without a region, and sends nothing until one is set; with Gen2 as its
protocol (the vendor's client acts on tags without setting it; an M5e begins with none); with the read filter on; with
transmit power at its highest.

Source: facts measured 2026-11.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Final

from reader.virtual.air import Air, AntennaDrive
from reader.virtual.faults import Fault, Faults
from reader.virtual.serial.mercury_antennas import MercuryAntennas
from reader.virtual.serial.mercury_gen2 import Gen2Settings
from reader.virtual.serial.mercury_models import MercuryModel
from reader.virtual.serial.mercury_pins import MercuryPins
from reader.virtual.serial.mercury_status import RefusedError, Status
from reader.virtual.serial.octets import Octets

__all__ = ["Config", "MercurySettings"]

_GEN2: Final = 5
_OPEN_REGION: Final = 0xFF
# The regions whose law the scene's channels obey; a module is made for one market.
_REGIONS: Final = {"etsi": (0x02, 0x07, 0x08, 0x1E), "fcc": (0x01, 0x0D, 0x0E)}
_TEMPERATURE_C: Final = 35
_HOT_C: Final = 85


class Config(IntEnum):
    """Keys of the reader configuration that mean something here."""

    UNIQUE_BY_ANTENNA = 0x00  # 0: a tag counts anew on each antenna
    SAFETY_ANTENNA_CHECK = 0x04
    RECORD_HIGHEST_RSSI = 0x06
    READ_FILTER = 0x0C  # 1: a tag is told once
    READ_FILTER_TIMEOUT = 0x0D  # ms, four bytes; 0: for the whole search
    CURRENT_TRANSPORT = 0x0E
    PRODUCT_GROUP = 0x12


_BEGINNING: Final[Mapping[int, bytes]] = {
    Config.UNIQUE_BY_ANTENNA: b"\1",
    0x03: b"\0",  # antenna control by pins
    Config.SAFETY_ANTENNA_CHECK: b"\1",
    0x05: b"\1",  # safety temperature check
    Config.RECORD_HIGHEST_RSSI: b"\1",
    0x08: b"\1",  # unique by data
    0x0A: b"\1",  # self jammer cancellation
    0x0B: b"\1",  # unique by protocol
    Config.READ_FILTER: b"\1",
    Config.READ_FILTER_TIMEOUT: b"\0\0\0\0",
    Config.CURRENT_TRANSPORT: b"\0",  # serial: the reply CRC cannot be switched off
    Config.PRODUCT_GROUP: b"\0\0",  # a module, no finished reader
    0x13: b"\0\0",
    0x1E: b"\0",  # trigger read by pin
}
# Of requests of a fixed form: how many bytes they may have.
_SIZES: Final[Mapping[int, tuple[int, ...]]] = {
    **dict.fromkeys((0x67, 0x68, 0x70, 0x71, 0x72), (0,)),
    **dict.fromkeys((0x62, 0x63, 0x64, 0x66), (0, 1)),
    **dict.fromkeys((0x97, 0x98), (1,)),
    **dict.fromkeys((0x6A, 0x6B, 0x92, 0x93, 0x94), (2,)),
}
_CONSTANT: Final = (Config.CURRENT_TRANSPORT, Config.PRODUCT_GROUP, 0x13)


class MercurySettings:
    """Settings, from power on. ``obey`` does the requests that need no air. ``inputs``: levels put on the pins."""

    def __init__(self, model: MercuryModel, air: Air, faults: Faults, inputs: Mapping[int, bool]) -> None:
        self.model = model
        self.gen2 = Gen2Settings()
        self.antennas = MercuryAntennas(model, air.antennas.keys(), faults)
        self.pins = MercuryPins(inputs)
        self._air = air
        self._faults = faults
        self._regions = (*_REGIONS[air.world.scene.region], _OPEN_REGION)
        self._region = 0
        self._protocol = _GEN2
        self._power_mode = 0
        self._user_mode = 0
        self._config: dict[int, bytes] = dict(_BEGINNING)
        self._obeys: Mapping[int, Callable[[Octets], bytes]] = {
            0x61: self.antennas.shown,
            0x62: self.antennas.shown_read_power,
            0x63: self._get_protocol,
            0x64: self.antennas.shown_write_power,
            0x65: self._get_hop_table,
            0x66: self.pins.shown,
            0x67: lambda _: bytes((self._region,)),
            0x68: lambda _: bytes((self._power_mode,)),
            0x6A: self._get_config,
            0x6B: self._get_gen2,
            0x70: lambda _: _GEN2.to_bytes(2, "big"),
            0x71: lambda _: bytes(self._regions),
            0x72: lambda _: bytes((self.temperature_c,)),
            0x91: self.antennas.change,
            0x92: self.antennas.change_read_power,
            0x93: self._set_protocol,
            0x94: self.antennas.change_write_power,
            0x96: self.pins.change,
            0x97: self._set_region,
            0x98: self._set_power_mode,
            0x9A: self._set_config,
            0x9B: self._set_gen2,
        }

    # --- what the radio asks ------------------------------------------------------------------------

    @property
    def temperature_c(self) -> int:
        """Of the module."""
        return _HOT_C if self._faults.is_on(Fault.OVER_TEMPERATURE) else _TEMPERATURE_C

    @property
    def tx_power_dbm(self) -> float:
        """The greatest that reading uses, over the ports in the search list."""
        return self.antennas.search_cdbm / 100

    def drive(self, port: int, *, writes: bool = False) -> AntennaDrive:
        """Return how an antenna is driven."""
        gen2 = self.gen2
        power_cdbm = self.antennas.power_cdbm(port, writes=writes)
        return AntennaDrive(port, power_cdbm / 100, gen2.mode, gen2.session, gen2.target, gen2.population)

    def check_ready(self) -> None:
        """Refuse to send without a protocol or a region.

        Raises:
            RefusedError: Says which is missing.
        """
        if not self._protocol:
            raise RefusedError(Status.NO_PROTOCOL)
        if not self._region:
            raise RefusedError(Status.REGION)

    def flag(self, key: Config) -> bool:
        """Whether a configuration key is not 0."""
        return any(self._config[key])

    @property
    def read_filter_us(self) -> float | None:
        """How long a tag that was told is not told again; None where every read is told."""
        if not self.flag(Config.READ_FILTER):
            return None
        timeout_ms = int.from_bytes(self._config[Config.READ_FILTER_TIMEOUT], "big")
        return timeout_ms * 1000.0 if timeout_ms else float("inf")

    # --- requests -------------------------------------------------------------------------------------

    def obeys(self, opcode: int) -> bool:
        """Whether `obey` takes that request."""
        return opcode in self._obeys

    def obey(self, opcode: int, content: bytes) -> bytes:
        """Do a request and return what its answer holds.

        Raises:
            RefusedError: It cannot be done; nothing was changed.
            ShortError: The content ends too early.
        """
        if len(content) not in _SIZES.get(opcode, (len(content),)):
            raise RefusedError(Status.LENGTH)
        return self._obeys[opcode](Octets(content))

    def _get_protocol(self, asked: Octets) -> bytes:
        listed = asked.rest()[:1]  # option 1 asks for the list, which has one entry
        return listed + self._protocol.to_bytes(2, "big")

    def _set_protocol(self, wanted: Octets) -> bytes:
        protocol = wanted.number(2)
        if protocol not in (0, _GEN2):
            raise RefusedError(Status.PARAMETER)
        self._protocol = protocol
        return b""

    def _get_hop_table(self, asked: Octets) -> bytes:
        option = asked.rest()
        if option[:1] == b"\1":  # hop time, ms
            return option[:1] + (self._air.plan.dwell_us // 1000).to_bytes(4, "big")
        return b"".join(khz.to_bytes(4, "big") for khz in self._air.plan.khz)

    def _set_region(self, wanted: Octets) -> bytes:
        region = wanted.number(1)
        if region not in self._regions:
            raise RefusedError(Status.REGION)
        self._region = region
        return b""

    def _set_power_mode(self, wanted: Octets) -> bytes:
        mode = wanted.number(1)
        if mode > 4:
            raise RefusedError(Status.PARAMETER)
        self._power_mode = mode
        return b""

    def _get_config(self, asked: Octets) -> bytes:
        option, key = asked.number(1), asked.number(1)
        if option != 1 or key not in self._config:
            raise RefusedError(Status.PARAMETER)
        return bytes((option, key)) + self._config[key]

    def _set_config(self, wanted: Octets) -> bytes:
        option, key, value = wanted.number(1), wanted.number(1), wanted.rest()
        if option != 1 or key not in self._config or key in _CONSTANT or len(value) != len(self._config[key]):
            raise RefusedError(Status.PARAMETER)
        self._config[key] = value
        return b""

    def _get_gen2(self, asked: Octets) -> bytes:
        protocol, key = asked.number(1), asked.number(1)
        if protocol != _GEN2:
            raise RefusedError(Status.PARAMETER)
        return bytes((protocol, key)) + self.gen2.value(key)

    def _set_gen2(self, wanted: Octets) -> bytes:
        protocol, key = wanted.number(1), wanted.number(1)
        if protocol != _GEN2:
            raise RefusedError(Status.PARAMETER)
        self.gen2.change(key, wanted.rest())
        return b""
