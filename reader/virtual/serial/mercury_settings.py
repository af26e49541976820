"""What a Mercury module is set to, and the requests that show and change it.

Everything is lost at a reboot. A module begins without a region, and sends nothing until one is set; with Gen2 as its
protocol (the vendor's client acts on tags without setting it; an M5e begins with none); with the read filter on; with
transmit power at its highest.

Source: facts measured 2026-11; pins and extended antenna options by the vendor's client.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from reader.virtual.air import Air, AntennaDrive
from reader.virtual.faults import Fault, Faults
from reader.virtual.serial.mercury_gen2 import Gen2Settings
from reader.virtual.serial.mercury_models import MercuryModel
from reader.virtual.serial.mercury_status import RefusedError, Status
from reader.virtual.serial.octets import Octets

__all__ = ["Config", "MercurySettings"]

_GEN2: Final = 5
_FALSE_CDBM: Final = 1000
_OPEN_REGION: Final = 0xFF
# The regions whose law the scene's channels obey; a module is made for one market.
_REGIONS: Final = {"etsi": (0x02, 0x07, 0x08, 0x1E), "fcc": (0x01, 0x0D, 0x0E)}
_TEMPERATURE_C: Final = 35
_HOT_C: Final = 85
_GOOD_RETURN_LOSS_DB: Final = 17
_POOR_RETURN_LOSS_DB: Final = 2


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


@dataclass(frozen=True, slots=True)
class _Port:
    """Own settings of a port; 0 leaves power to the module's."""

    read_cdbm: int = 0
    write_cdbm: int = 0
    settling_us: int = 0


class MercurySettings:
    """Settings, from power on. ``obey`` does the requests that need no air. ``inputs``: levels put on the pins."""

    def __init__(self, model: MercuryModel, air: Air, faults: Faults, inputs: Mapping[int, bool]) -> None:
        self.model = model
        self.gen2 = Gen2Settings()
        self._air = air
        self._faults = faults
        self._regions = (*_REGIONS[air.world.scene.region], _OPEN_REGION)
        self._region = 0
        self._protocol = _GEN2
        self._power_mode = 0
        self._user_mode = 0
        self._read_cdbm = self._write_cdbm = model.max_cdbm
        self._ports = {port: _Port() for port in range(1, model.ports + 1)}
        self._pair = (1, 1)
        self._search_list: tuple[tuple[int, int], ...] = ((1, 1),)
        self._config: dict[int, bytes] = dict(_BEGINNING)
        self._inputs = inputs
        self._outputs: dict[int, bool] = {}  # pins that are outputs, and their levels
        self._obeys: Mapping[int, Callable[[Octets], bytes]] = {
            0x61: self._get_antenna,
            0x62: lambda asked: self._get_power(asked, self._read_cdbm),
            0x63: self._get_protocol,
            0x64: lambda asked: self._get_power(asked, self._write_cdbm),
            0x65: self._get_hop_table,
            0x66: self._get_pins,
            0x67: lambda _: bytes((self._region,)),
            0x68: lambda _: bytes((self._power_mode,)),
            0x6A: self._get_config,
            0x6B: self._get_gen2,
            0x70: lambda _: _GEN2.to_bytes(2, "big"),
            0x71: lambda _: bytes(self._regions),
            0x72: lambda _: bytes((self.temperature_c,)),
            0x91: self._set_antenna,
            0x92: self._set_read_power,
            0x93: self._set_protocol,
            0x94: self._set_write_power,
            0x96: self._set_pin,
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
        return max(self._power_of(tx) for tx, _ in self._search_list) / 100

    @property
    def pin_levels(self) -> int:
        """All pins as metadata has them: bit 0 is pin 1."""
        return sum(1 << (pin - 1) for pin in self._inputs if self._level(pin))

    @property
    def access_port(self) -> int:
        """The port on which single tags are accessed."""
        return self._pair[0]

    def connected(self) -> frozenset[int]:
        """Return the ports that have an antenna now."""
        ports = frozenset(self._air.antennas) & self._ports.keys()
        return ports - {self.faulty_port()} if self._faults.is_on(Fault.ANTENNA_GONE) else ports

    def faulty_port(self) -> int:
        """Return the port that faults of an antenna strike: the highest that has one."""
        return max((port for port in self._ports if port in self._air.antennas), default=0)

    def ports(self, search_flags: int) -> tuple[int, ...]:
        """Return the transmitting ports of a search, in order."""
        match search_flags & 3:
            case 0:
                return (self._pair[0],)
            case 1:
                return tuple(self._ports)[:2]
            case 2:
                return tuple(self._ports)[:2][::-1]
            case _:
                return tuple(dict.fromkeys(tx for tx, _ in self._search_list))

    def drive(self, port: int, *, writes: bool = False) -> AntennaDrive:
        """Return how an antenna is driven."""
        gen2 = self.gen2
        power_cdbm = self._power_of(port, writes=writes)
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

    def _power_of(self, port: int, *, writes: bool = False) -> int:
        own = self._ports.get(port, _Port())
        return (own.write_cdbm or self._write_cdbm) if writes else (own.read_cdbm or self._read_cdbm)

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

    def _get_antenna(self, asked: Octets) -> bytes:
        option = asked.number(1) if len(asked) else 0
        match option:
            case 0:
                return bytes(self._pair)
            case 1:
                return bytes((option, *self._pair))
            case 2:
                return bytes((option, *(side for pair in self._search_list for side in pair)))
            case 3 | 4 if not len(asked):
                return bytes((option,)) + b"".join(self._port_row(port, option) for port in self._ports)
            case 4:
                return self._get_extended(asked.number(1))
            case 5:
                connected = self.connected() if self.model.has_detector else frozenset()
                return bytes((option, *(side for port in self._ports for side in (port, port in connected))))
            case 6:
                return bytes((option, *(side for port in self._ports for side in (port, self._return_loss_db(port)))))
        raise RefusedError(Status.PARAMETER)

    def _port_row(self, port: int, option: int) -> bytes:
        own = self._ports[port]
        row = bytes((port,)) + self._told(own.read_cdbm) + self._told(own.write_cdbm)
        return row + own.settling_us.to_bytes(2, "big") if option == 4 else row

    def _get_extended(self, which: int) -> bytes:
        if which not in (1, 2, 3):
            raise RefusedError(Status.PARAMETER)
        rows = bytearray((4, which))
        for port, own in self._ports.items():
            value = (own.read_cdbm, own.write_cdbm, own.settling_us)[which - 1]
            rows.append(port)
            rows += self._told(value) if which < 3 else value.to_bytes(2, "big")
        return bytes(rows)

    def _return_loss_db(self, port: int) -> int:
        is_bad = self._faults.is_on(Fault.REFLECTION) and port == self.faulty_port()
        return _GOOD_RETURN_LOSS_DB if port in self.connected() and not is_bad else _POOR_RETURN_LOSS_DB

    def _set_antenna(self, wanted: Octets) -> bytes:
        first = wanted.number(1)
        if len(wanted) == 1:
            self._pair = (self._port(first), self._port(wanted.number(1)))
        elif first == 2:
            pairs = []
            while len(wanted):
                pairs.append((self._port(wanted.number(1)), self._port(wanted.number(1))))
            self._search_list = tuple(pairs) or self._search_list
        elif first == 3:
            self._change_ports(wanted, lambda own: replace(own, **self._powers(wanted)))
        elif first == 4 and len(wanted) % 7 == 0:
            self._change_ports(wanted, lambda own: replace(own, **self._powers(wanted), settling_us=wanted.number(2)))
        elif first == 4:
            self._set_extended(wanted.number(1), wanted)
        else:
            raise RefusedError(Status.PARAMETER)
        return b""

    def _powers(self, wanted: Octets) -> dict[str, int]:
        return {"read_cdbm": self._port_power(wanted), "write_cdbm": self._port_power(wanted)}

    def _set_extended(self, which: int, wanted: Octets) -> None:
        match which:
            case 1:
                self._change_ports(wanted, lambda own: replace(own, read_cdbm=self._port_power(wanted)))
            case 2:
                self._change_ports(wanted, lambda own: replace(own, write_cdbm=self._port_power(wanted)))
            case 3:
                self._change_ports(wanted, lambda own: replace(own, settling_us=wanted.number(2)))
            case _:
                raise RefusedError(Status.PARAMETER)

    def _change_ports(self, wanted: Octets, changed: Callable[[_Port], _Port]) -> None:
        ports = dict(self._ports)
        while len(wanted):
            port = self._port(wanted.number(1))
            ports[port] = changed(ports[port])
        self._ports = ports

    def _port(self, port: int) -> int:
        if port not in self._ports:
            raise RefusedError(Status.PARAMETER)
        return port

    def _port_power(self, wanted: Octets) -> int:
        power_cdbm = wanted.number(2, signed=True)
        return self._taken(power_cdbm) if power_cdbm else 0

    def _get_power(self, asked: Octets, power_cdbm: int) -> bytes:
        option = asked.number(1) if len(asked) else 0
        if option > 1:
            raise RefusedError(Status.PARAMETER)
        told = bytes((option,)) + self._told(power_cdbm)
        if option:
            told += b"".join(
                limit.to_bytes(2, "big", signed=True) for limit in (self.model.max_cdbm, self.model.min_cdbm)
            )
        return told

    def _told(self, power_cdbm: int) -> bytes:
        """A power as it is read back; a fault tells less than is radiated."""
        if power_cdbm and self._faults.is_on(Fault.WRONG_POWER_TABLE):
            power_cdbm -= _FALSE_CDBM
        return power_cdbm.to_bytes(2, "big", signed=True)

    def _taken(self, power_cdbm: int) -> int:
        """A power as it is kept; a fault keeps another."""
        if power_cdbm > self.model.max_cdbm:
            raise RefusedError(Status.POWER_TOO_HIGH)
        if power_cdbm < self.model.min_cdbm:
            raise RefusedError(Status.POWER_TOO_LOW)
        if self._faults.is_on(Fault.POWER_NOT_TAKEN):
            return self.model.max_cdbm if power_cdbm != self.model.max_cdbm else self.model.min_cdbm
        return power_cdbm

    def _set_read_power(self, wanted: Octets) -> bytes:
        self._read_cdbm = self._taken(wanted.number(2, signed=True))
        return b""

    def _set_write_power(self, wanted: Octets) -> bytes:
        self._write_cdbm = self._taken(wanted.number(2, signed=True))
        return b""

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

    def _level(self, pin: int) -> bool:
        return self._outputs.get(pin, self._inputs[pin])

    def _get_pins(self, asked: Octets) -> bytes:
        if not len(asked):
            return bytes(self._level(pin) for pin in (1, 2))
        if asked.number(1) != 1:
            raise RefusedError(Status.PARAMETER)
        return bytes((1, *(side for pin in self._inputs for side in (pin, pin in self._outputs, self._level(pin)))))

    def _set_pin(self, wanted: Octets) -> bytes:
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
