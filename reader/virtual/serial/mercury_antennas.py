"""A Mercury module's antenna ports: which ones a search uses, with what power, and what it finds behind them.

Powers are in hundredths of a dBm, as on the wire. A port without a power of its own has the module's.

Source: facts measured 2026-11; extended antenna options by the vendor's client.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Final

from reader.virtual.faults import Fault, Faults
from reader.virtual.serial.mercury_models import MercuryModel
from reader.virtual.serial.mercury_status import RefusedError, Status
from reader.virtual.serial.octets import Octets

__all__ = ["MercuryAntennas"]

_FALSE_CDBM: Final = 1000
_GOOD_RETURN_LOSS_DB: Final = 17
_POOR_RETURN_LOSS_DB: Final = 2


@dataclass(frozen=True, slots=True)
class _Port:
    """Own settings of a port; 0 leaves power to the module's."""

    read_cdbm: int = 0
    write_cdbm: int = 0
    settling_us: int = 0


class MercuryAntennas:
    """The ports of a module, from power on. plugged: those that have an antenna.

    Whoever shows or changes them by a request gets what its answer holds; RefusedError: nothing was changed.
    """

    def __init__(self, model: MercuryModel, plugged: Collection[int], faults: Faults) -> None:
        self._model = model
        self._plugged = frozenset(plugged)
        self._faults = faults
        self._read_cdbm = self._write_cdbm = model.max_cdbm
        self._ports = {port: _Port() for port in range(1, model.ports + 1)}
        self._pair = (1, 1)
        self._search_list: tuple[tuple[int, int], ...] = ((1, 1),)

    @property
    def access_port(self) -> int:
        """The port on which single tags are accessed."""
        return self._pair[0]

    def connected(self) -> frozenset[int]:
        """Return the ports that have an antenna now."""
        ports = self._plugged & self._ports.keys()
        return ports - {self.faulty_port()} if self._faults.is_on(Fault.ANTENNA_GONE) else ports

    def faulty_port(self) -> int:
        """Return the port that faults of an antenna strike: the highest that has one."""
        return max((port for port in self._ports if port in self._plugged), default=0)

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

    @property
    def search_cdbm(self) -> int:
        """The greatest power that reading uses, over the ports in the search list."""
        return max(self.power_cdbm(tx) for tx, _ in self._search_list)

    def power_cdbm(self, port: int, *, writes: bool = False) -> int:
        """Return the power of a port."""
        own = self._ports.get(port, _Port())
        return (own.write_cdbm or self._write_cdbm) if writes else (own.read_cdbm or self._read_cdbm)

    # --- requests: 61, 91 -------------------------------------------------------------------------------

    def shown(self, asked: Octets) -> bytes:
        """Show what a request asks for: the pair, the search list, powers, or what is behind the ports."""
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
                connected = self.connected() if self._model.has_detector else frozenset()
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

    def change(self, wanted: Octets) -> bytes:
        """Set the pair, the search list or powers."""
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

    # --- requests: 62, 64, 92, 94 -----------------------------------------------------------------------

    def shown_read_power(self, asked: Octets) -> bytes:
        """Show the module's power for reading, and its limits."""
        return self._shown_power(asked, self._read_cdbm)

    def shown_write_power(self, asked: Octets) -> bytes:
        """Show the module's power for writing, and its limits."""
        return self._shown_power(asked, self._write_cdbm)

    def _shown_power(self, asked: Octets, power_cdbm: int) -> bytes:
        option = asked.number(1) if len(asked) else 0
        if option > 1:
            raise RefusedError(Status.PARAMETER)
        told = bytes((option,)) + self._told(power_cdbm)
        if option:
            told += b"".join(
                limit.to_bytes(2, "big", signed=True) for limit in (self._model.max_cdbm, self._model.min_cdbm)
            )
        return told

    def _told(self, power_cdbm: int) -> bytes:
        """A power as it is read back; a fault tells less than is radiated."""
        if power_cdbm and self._faults.is_on(Fault.WRONG_POWER_TABLE):
            power_cdbm -= _FALSE_CDBM
        return power_cdbm.to_bytes(2, "big", signed=True)

    def _taken(self, power_cdbm: int) -> int:
        """A power as it is kept; a fault keeps another."""
        if power_cdbm > self._model.max_cdbm:
            raise RefusedError(Status.POWER_TOO_HIGH)
        if power_cdbm < self._model.min_cdbm:
            raise RefusedError(Status.POWER_TOO_LOW)
        if self._faults.is_on(Fault.POWER_NOT_TAKEN):
            return self._model.max_cdbm if power_cdbm != self._model.max_cdbm else self._model.min_cdbm
        return power_cdbm

    def change_read_power(self, wanted: Octets) -> bytes:
        """Set the module's power for reading."""
        self._read_cdbm = self._taken(wanted.number(2, signed=True))
        return b""

    def change_write_power(self, wanted: Octets) -> bytes:
        """Set the module's power for writing."""
        self._write_cdbm = self._taken(wanted.number(2, signed=True))
        return b""
