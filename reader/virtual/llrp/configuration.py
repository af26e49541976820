"""How the reader is set: what SET_READER_CONFIG changes and GET_READER_CONFIG shows.

Settings are kept as the standard's own elements, so that what is read back is what was set. Every value is
held against `Capabilities` before anything is changed: a request is obeyed whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from reader.virtual.llrp.antennas import AntennaSettings, check_antenna, factory_settings
from reader.virtual.llrp.capabilities import Capabilities
from reader.virtual.llrp.element import Element, make
from reader.virtual.llrp.extension import is_custom
from reader.virtual.llrp.gpio import Gpio
from reader.virtual.llrp.personality import Personality
from reader.virtual.llrp.refusals import bad_field, unsupported
from reader.virtual.llrp.status import Status

__all__ = ["Configuration"]

EVENT_TYPES = {1: range(9), 2: range(10)}  # NotificationEventType, by version
HOPPING, GPI, ROSPEC, BUFFER_WARNING, EXCEPTION, AISPEC, AISPEC_SLOTS, ANTENNA, SPEC_LOOP = 0, 1, 2, 3, 4, 6, 7, 8, 9


# Fields of SET_READER_CONFIG's parameters that name a port, and how many of those there are.
_PORTS: dict[str, Callable[[Personality], int]] = {
    "GPIPortNum": lambda who: who.inputs,
    "GPOPortNumber": lambda who: who.outputs,
    "GPOPortNum": lambda who: who.outputs,
}


def _key_of(custom: Element) -> tuple[str, int]:
    """Return what tells a vendor's setting from others: its name, and its port where it is set per port."""
    return custom.name, next((custom.number(name) for name in _PORTS if name in custom.fields), 0)


@dataclass
class Configuration:
    """The settings of one reader. `antennas` by port; `events` holds the event types that are on."""

    can: Capabilities
    reader_id: bytes  # EUI-64
    antennas: dict[int, AntennaSettings] = field(init=False)
    events: frozenset[int] = field(init=False)
    report: Element = field(init=False)
    access_report: Element = field(init=False)
    keepalive: Element = field(init=False)
    holds_reports: bool = field(init=False)
    gpio: Gpio = field(init=False)
    state_value: int = 1

    def __post_init__(self) -> None:
        self.gpio = Gpio(self.can.who.inputs, self.can.who.outputs)
        self.reset()

    def reset(self) -> None:
        """Return to the factory's settings."""
        who = self.can.who
        self.antennas = {port: factory_settings(self.can) for port in range(1, self.can.antennas + 1)}
        self.events = who.event_types
        self.report = who.factory_report
        self.access_report = make("AccessReportSpec", AccessReportTrigger=who.factory_access_trigger)
        self.keepalive = make("KeepaliveSpec", KeepaliveTriggerType=0, PeriodicTriggerValue=0)
        self.holds_reports = False
        self.gpio.reset()
        self._customs = {_key_of(one): one for one in who.extension.factory_settings(who.inputs, who.outputs)}

    @property
    def customs(self) -> list[Element]:
        """The vendor's own settings."""
        return list(self._customs.values())

    def touch(self) -> None:
        """Count a change, so that a client can see that something changed."""
        self.state_value = (self.state_value + 1) % (1 << 32)

    @property
    def keepalive_us(self) -> int | None:
        """The keepalive period, None where none is asked for."""
        if not self.keepalive.number("KeepaliveTriggerType"):
            return None
        return self.keepalive.number("PeriodicTriggerValue") * 1000 or None

    def apply(self, body: Element) -> None:
        """Obey the body of a SET_READER_CONFIG.

        Raises:
            RefusedError: Something cannot be obeyed; nothing was changed.
        """
        self._check(body)
        if body.number("ResetToFactoryDefault"):
            self.reset()
        spec = body.first("ReaderEventNotificationSpec")
        if spec is not None:
            states = {s.number("EventType"): s.number("NotificationState") for s in spec.children}
            self.events = (self.events | {e for e, on in states.items() if on}) - {
                e for e, on in states.items() if not on
            }
        for wanted in body.each("AntennaConfiguration"):
            for port in [wanted.number("AntennaID")] if wanted.number("AntennaID") else list(self.antennas):
                self.antennas[port] = self.antennas[port].changed_by(wanted)
        self.report = body.first("ROReportSpec") or self.report
        self.access_report = body.first("AccessReportSpec") or self.access_report
        self.keepalive = body.first("KeepaliveSpec") or self.keepalive
        hold = body.first("EventsAndReports")
        if hold is not None:
            self.holds_reports = bool(hold.number("HoldEventsAndReportsUponReconnect"))
        self.gpio.enable(body.each("GPIPortCurrentState"))
        self.gpio.write(body.each("GPOWriteData"))
        self._customs |= {_key_of(child): child for child in body.children if is_custom(child)}
        self.touch()

    def _check(self, body: Element) -> None:
        who = self.can.who
        if body.first("AntennaProperties") is not None:
            raise unsupported("AntennaProperties", "this reader has no such setting")
        for wanted in body.each("AntennaConfiguration"):
            check_antenna(wanted, self.can)
        keepalive = body.first("KeepaliveSpec")
        if keepalive is not None and keepalive.fields == {"KeepaliveTriggerType": 1, "PeriodicTriggerValue": 0}:
            raise bad_field(keepalive, "PeriodicTriggerValue", "no time at all", code=Status.A_INVALID)
        for child in body.children:
            for name, count in _PORTS.items():
                ports = count(who)
                if name in child.fields and not 1 <= child.number(name) <= ports:
                    raise bad_field(child, name, f"there are {ports} such ports")

    def elements(self, body: Element, version: int, connected: frozenset[int], *, with_customs: bool) -> list[Element]:
        """Return what a GET_READER_CONFIG asks for in the standard's part. ``connected``: ports with an antenna.

        with_customs: whether the client knows the vendor's parameters.

        Raises:
            RefusedError: It asks for a port that there is not.
        """
        can, antenna = self.can, body.number("AntennaID")
        limits = {"AntennaID": can.antennas, "GPIPortNum": can.who.inputs, "GPOPortNum": can.who.outputs}
        for name, ports_there in limits.items():
            if body.number(name) > ports_there:
                raise bad_field(body, name, f"there are {ports_there} such ports")
        requested = body.number("RequestedData")
        ports = [antenna] if antenna else list(self.antennas)
        groups: Mapping[int, Callable[[], list[Element]]] = {
            1: lambda: [make("Identification", IDType=0, ReaderID=tuple(self.reader_id))],
            2: lambda: [
                make(
                    "AntennaProperties",
                    AntennaConnected=int(port in connected),
                    AntennaID=port,
                    AntennaGain=can.gain(port),
                )
                for port in ports
            ],
            3: lambda: [self.antennas[port].element(port, with_customs=with_customs) for port in ports],
            5: lambda: [self._event_element(version)],
            4: lambda: [self.report],
            6: lambda: [self.access_report],
            7: lambda: [make("LLRPConfigurationStateValue", LLRPConfigurationStateValue=self.state_value)],
            8: lambda: [self.keepalive],
            9: lambda: self.gpio.input_elements(body.number("GPIPortNum")),
            10: lambda: self.gpio.output_elements(body.number("GPOPortNum")),
            11: lambda: [make("EventsAndReports", HoldEventsAndReportsUponReconnect=int(self.holds_reports))],
        }
        if requested:
            return groups[requested]()
        return [element for group in groups.values() for element in group()]

    def _event_element(self, version: int) -> Element:
        states = [
            make("EventNotificationState", EventType=event, NotificationState=int(event in self.events))
            for event in EVENT_TYPES[version]
        ]
        return make("ReaderEventNotificationSpec", *states)
