"""What goes wrong inside the reader: the faults that it notices itself and tells in events.

Source: LLRP 1.1, AntennaEvent, ReaderExceptionEvent, ReportBufferLevelWarningEvent. LLRP has no event for power that
comes back from an antenna: here it is an antenna event, as for one that is gone, and an exception that says why.
"""

from __future__ import annotations

from typing import NamedTuple

from reader.virtual.faults import Fault, Faults
from reader.virtual.llrp.configuration import ANTENNA, BUFFER_WARNING, EXCEPTION
from reader.virtual.llrp.element import Element, make

__all__ = ["Alarm", "Trouble"]

_WARM_C, _TOO_HOT_C = 41, 92
_FILLED_PERCENT = 90


class Alarm(NamedTuple):
    """An event, and the NotificationEventType that switches it."""

    type: int
    event: Element


class Trouble:
    """Watches the faults of a reader whose antennas are on ports 1 to ``ports``; the last one is the bad one."""

    def __init__(self, faults: Faults, ports: int) -> None:
        self._faults = faults
        self._ports = ports
        self._gone = False
        self._reflects = False
        self._is_hot = False

    @property
    def temperature_c(self) -> int:
        """The reader's own temperature."""
        return _TOO_HOT_C if self._is_hot else _WARM_C

    @property
    def gone(self) -> frozenset[int]:
        """Ports whose antenna is not to be used."""
        return frozenset({self._ports}) if self._gone or self._reflects else frozenset()

    @property
    def silenced(self) -> frozenset[int]:
        """Ports that send nothing: all of them where the reader is too hot."""
        return frozenset(range(1, self._ports + 1)) if self._is_hot else self.gone

    def look(self) -> list[Alarm]:
        """Return what changed since the last look."""
        before = self.gone
        reflected, was_hot = self._reflects, self._is_hot
        self._gone = self._faults.is_on(Fault.ANTENNA_GONE)
        self._reflects = self._faults.is_on(Fault.REFLECTION)
        self._is_hot = self._faults.is_on(Fault.OVER_TEMPERATURE)
        alarms = [
            Alarm(ANTENNA, make("AntennaEvent", EventType=int(port not in self.gone), AntennaID=port))
            for port in before ^ self.gone
        ]
        if self._reflects and not reflected:
            reason = f"antenna {self._ports} reflects too much power: check antenna, cable and plug"
            where = make("AntennaID", AntennaID=self._ports)
            alarms.append(Alarm(EXCEPTION, make("ReaderExceptionEvent", where, Message=reason)))
        if self._is_hot and not was_hot:
            reason = f"over temperature, {_TOO_HOT_C} degrees C: transmission stopped until it is cooler"
            alarms.append(Alarm(EXCEPTION, make("ReaderExceptionEvent", Message=reason)))
        if self._faults.take(Fault.BUFFER_WARNING):
            warning = make("ReportBufferLevelWarningEvent", ReportBufferPercentageFull=_FILLED_PERCENT)
            alarms.append(Alarm(BUFFER_WARNING, warning))
        return alarms
