"""How the reader is set: what SET_READER_CONFIG changes and GET_READER_CONFIG shows.

Settings are kept as the standard's own elements, so that what is read back is what was set. Every value is
held against `Capabilities` before anything is changed: a request is obeyed whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from reader.virtual.air import AntennaDrive, Target
from reader.virtual.llrp.capabilities import Capabilities
from reader.virtual.llrp.element import Element, make
from reader.virtual.llrp.layout import ALL_PARAMETERS, field_number
from reader.virtual.llrp.select import selector_of
from reader.virtual.llrp.status import Problem, RefusedError, Status

__all__ = ["AntennaSettings", "Configuration", "bad_field", "check_antenna", "drive_of", "unsupported"]

EVENT_TYPES = {1: range(9), 2: range(10)}  # NotificationEventType, by version
HOPPING, ROSPEC, EXCEPTION, AISPEC, AISPEC_SLOTS, ANTENNA, SPEC_LOOP = 0, 2, 4, 6, 7, 8, 9


def bad_field(
    element: Element, name: str, reason: str, *around: str, code: Status = Status.A_OUT_OF_RANGE
) -> RefusedError:
    """Return a refusal of one field; ``around`` names the parameters it stands in, outermost first."""
    inside = element.name if element.name in ALL_PARAMETERS else None
    path = tuple(ALL_PARAMETERS[n].type for n in (*around, *([inside] if inside else [])))
    return RefusedError(
        Problem.FIELD,
        f"{element.name}.{name} = {element.fields[name]!r}: {reason}",
        path=path,
        field=field_number(element.name, name),
        value_code=code,
    )


def unsupported(name: str, reason: str, *around: str) -> RefusedError:
    """Return a refusal of a whole parameter."""
    return RefusedError(
        Problem.UNSUPPORTED_PARAMETER,
        f"{name}: {reason}",
        path=tuple(ALL_PARAMETERS[n].type for n in around),
        culprit=ALL_PARAMETERS[name].type,
    )


@dataclass(frozen=True, slots=True)
class AntennaSettings:
    """How one antenna is driven, as elements; each replaced as a whole when it is set."""

    receiver: Element
    transmitter: Element
    state_aware: int
    filters: tuple[Element, ...]
    rf_control: Element
    singulation: Element

    def changed_by(self, wanted: Element) -> AntennaSettings:
        """Return these settings with what an AntennaConfiguration names put in their place."""
        command = wanted.first("C1G2InventoryCommand")
        settings = replace(
            self,
            receiver=wanted.first("RFReceiver") or self.receiver,
            transmitter=wanted.first("RFTransmitter") or self.transmitter,
        )
        if command is None:
            return settings
        return replace(
            settings,
            state_aware=command.number("TagInventoryStateAware"),
            filters=tuple(command.each("C1G2Filter")),
            rf_control=command.first("C1G2RFControl") or self.rf_control,
            singulation=command.first("C1G2SingulationControl") or self.singulation,
        )

    def element(self, port: int) -> Element:
        """Return the AntennaConfiguration that says the same."""
        command = make(
            "C1G2InventoryCommand",
            *self.filters,
            self.rf_control,
            self.singulation,
            TagInventoryStateAware=self.state_aware,
        )
        return make("AntennaConfiguration", self.receiver, self.transmitter, command, AntennaID=port)


def factory_settings(can: Capabilities) -> AntennaSettings:
    """Return what an antenna is set to before anybody sets it: full power, mode 2, session 1."""
    return AntennaSettings(
        receiver=make("RFReceiver", ReceiverSensitivity=1),
        transmitter=make("RFTransmitter", HopTableID=1, ChannelIndex=1, TransmitPower=len(can.powers)),
        state_aware=0,
        filters=(),
        rf_control=make("C1G2RFControl", ModeIndex=2, Tari=0),
        singulation=make("C1G2SingulationControl", Session=1, TagPopulation=32, TagTransitTime=0),
    )


def check_antenna(wanted: Element, can: Capabilities, *around: str) -> None:
    """Hold an AntennaConfiguration against what the reader can.

    Raises:
        RefusedError: An antenna, index, mode or filter that the capabilities do not list.
    """
    here = (*around, "AntennaConfiguration")
    if wanted.number("AntennaID") > can.antennas:
        raise bad_field(wanted, "AntennaID", f"there are {can.antennas} antennas", *around)
    receiver = wanted.first("RFReceiver")
    if receiver is not None and receiver.number("ReceiverSensitivity") != 1:
        raise bad_field(receiver, "ReceiverSensitivity", "the table has one entry", *here)
    transmitter = wanted.first("RFTransmitter")
    if transmitter is not None:
        _check_transmitter(transmitter, can, here)
    commands = wanted.each("C1G2InventoryCommand")
    if len(commands) > 1:
        raise RefusedError(
            Problem.OVERFLOW_PARAMETER,
            "one air protocol, one C1G2InventoryCommand",
            path=tuple(ALL_PARAMETERS[n].type for n in here),
            culprit=ALL_PARAMETERS["C1G2InventoryCommand"].type,
        )
    for command in commands:
        _check_command(command, can, (*here, "C1G2InventoryCommand"))


def _check_transmitter(transmitter: Element, can: Capabilities, here: tuple[str, ...]) -> None:
    if not 1 <= transmitter.number("TransmitPower") <= len(can.powers):
        raise bad_field(transmitter, "TransmitPower", f"the table has indices 1 to {len(can.powers)}", *here)
    if transmitter.number("HopTableID") > 1:
        raise bad_field(transmitter, "HopTableID", "there is one table", *here)
    if transmitter.number("ChannelIndex") > len(can.plan.khz):
        raise bad_field(transmitter, "ChannelIndex", f"there are {len(can.plan.khz)} channels", *here)


def _check_command(command: Element, can: Capabilities, here: tuple[str, ...]) -> None:
    filters = command.each("C1G2Filter")
    if len(filters) > can.max_filters:
        raise RefusedError(
            Problem.OVERFLOW_PARAMETER,
            f"at most {can.max_filters} filters",
            path=tuple(ALL_PARAMETERS[n].type for n in here),
            culprit=ALL_PARAMETERS["C1G2Filter"].type,
        )
    for one in filters:
        if one.first("C1G2TagInventoryStateAwareFilterAction") is not None:
            raise unsupported("C1G2TagInventoryStateAwareFilterAction", "filters select, no more", *here, "C1G2Filter")
        mask = one.the("C1G2TagInventoryMask")
        if not mask.number("MB"):
            raise bad_field(mask, "MB", "passwords cannot be filtered by", *here, "C1G2Filter")
    control = command.first("C1G2RFControl")
    if control is not None:
        mode = can.mode(control.number("ModeIndex"))
        if mode is None:
            raise bad_field(control, "ModeIndex", "no mode has this identifier", *here)
        if control.number("Tari") not in (0, int(mode.tari_us * 1000)):
            raise bad_field(control, "Tari", f"this mode has {mode.tari_us} µs", *here)


def drive_of(port: int, settings: AntennaSettings, can: Capabilities, power_offset_db: float = 0.0) -> AntennaDrive:
    """Return what the air is to do for one antenna that is set so."""
    mode = can.mode(settings.rf_control.number("ModeIndex"))
    assert mode is not None, "checked when it was set"
    target = Target.DUAL
    action = settings.singulation.first("C1G2TagInventoryStateAwareSingulationAction")
    if settings.state_aware and action is not None:
        target = Target.B if action.number("I") else Target.A
    return AntennaDrive(
        port=port,
        tx_power_dbm=can.powers[settings.transmitter.number("TransmitPower") - 1] / 100 + power_offset_db,
        mode=mode,
        session=settings.singulation.number("Session"),
        target=target,
        population=max(1, settings.singulation.number("TagPopulation")),
        selects=selector_of(settings.filters),
    )


def factory_report() -> Element:
    """Return the ROReportSpec in force where a ROSpec has none."""
    return make(
        "ROReportSpec",
        make(
            "TagReportContentSelector",
            make("C1G2EPCMemorySelector", EnableCRC=0, EnablePCBits=1),
            EnableROSpecID=1,
            EnableSpecIndex=1,
            EnableInventoryParameterSpecID=1,
            EnableAntennaID=1,
            EnableChannelIndex=1,
            EnablePeakRSSI=1,
            EnableFirstSeenTimestamp=1,
            EnableLastSeenTimestamp=1,
            EnableTagSeenCount=1,
            EnableAccessSpecID=0,
        ),
        ROReportTrigger=2,
        N=0,
    )


@dataclass
class Configuration:
    """The settings of one reader. `antennas` by port; `events` holds the event types that are on."""

    can: Capabilities
    reader_id: bytes  # EUI-64
    antennas: dict[int, AntennaSettings] = field(default_factory=dict)
    events: frozenset[int] = frozenset()
    report: Element = field(default_factory=factory_report)
    access_report: Element = field(default_factory=lambda: make("AccessReportSpec", AccessReportTrigger=0))
    keepalive: Element = field(
        default_factory=lambda: make("KeepaliveSpec", KeepaliveTriggerType=0, PeriodicTriggerValue=0)
    )
    holds_reports: bool = False
    state_value: int = 1

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Return to the factory's settings."""
        self.antennas = {port: factory_settings(self.can) for port in range(1, self.can.antennas + 1)}
        self.events = frozenset()
        self.report = factory_report()
        self.access_report = make("AccessReportSpec", AccessReportTrigger=0)
        self.keepalive = make("KeepaliveSpec", KeepaliveTriggerType=0, PeriodicTriggerValue=0)
        self.holds_reports = False

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
        self.touch()

    def _check(self, body: Element) -> None:
        for name in ("AntennaProperties", "GPOWriteData", "GPIPortCurrentState"):
            if body.first(name) is not None:
                raise unsupported(name, "this reader has no such setting")
        for wanted in body.each("AntennaConfiguration"):
            check_antenna(wanted, self.can)

    def elements(self, requested: int, antenna: int, version: int, connected: frozenset[int]) -> list[Element]:
        """Return what a GET_READER_CONFIG asks for. ``connected``: ports with an antenna on them."""
        ports = [antenna] if antenna else list(self.antennas)
        groups: Mapping[int, Callable[[], list[Element]]] = {
            1: lambda: [make("Identification", IDType=0, ReaderID=tuple(self.reader_id))],
            2: lambda: [
                make(
                    "AntennaProperties",
                    AntennaConnected=int(port in connected),
                    AntennaID=port,
                    AntennaGain=self.can.gains[port - 1],
                )
                for port in ports
            ],
            3: lambda: [self.antennas[port].element(port) for port in ports],
            5: lambda: [self._event_element(version)],
            4: lambda: [self.report],
            6: lambda: [self.access_report],
            7: lambda: [make("LLRPConfigurationStateValue", LLRPConfigurationStateValue=self.state_value)],
            8: lambda: [self.keepalive],
            9: list,
            10: list,
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
