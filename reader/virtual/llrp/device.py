"""The whole LLRP reader behind one door: frames and time in, bytes out.

1. `connect` first; the reader speaks first. `received` takes whole frames in order, `advance` lets time pass,
   `take` returns what is to be written. All times are microseconds of uptime; they never go back.
2. Every request gets exactly one answer with its id, in order. What is wrong with a known request is said in
   its own response; ERROR_MESSAGE is for what has none. An ERROR_MESSAGE is never answered.
3. One connection at a time. Settings and ROSpecs outlive it; the protocol version does not.

Source: LLRP 1.1, sections 8 to 13; EPCglobal LLRP conformance 1.1 (2010).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from reader.errors import SceneError
from reader.virtual.air import Air, AntennaDrive
from reader.virtual.faults import Fault, Faults
from reader.virtual.llrp.accessspec import access_plan
from reader.virtual.llrp.accessspecs import AccessSpecs
from reader.virtual.llrp.antennas import AntennaSettings, drive_of
from reader.virtual.llrp.canned import CannedFlow, CannedReports
from reader.virtual.llrp.capabilities import Capabilities, capability_elements
from reader.virtual.llrp.codec import decode, header_of
from reader.virtual.llrp.configuration import GPI, Configuration
from reader.virtual.llrp.dialect import Dialect
from reader.virtual.llrp.element import Element, make
from reader.virtual.llrp.extension import ReportContext
from reader.virtual.llrp.gpio import InputEdge
from reader.virtual.llrp.keepalive import Keepalive
from reader.virtual.llrp.layout import ALL_MESSAGES, Version
from reader.virtual.llrp.outlet import Kind, Outlet
from reader.virtual.llrp.personality import PLAIN, Personality
from reader.virtual.llrp.refusals import bad_field
from reader.virtual.llrp.reports import ReportPlan, TagEntry, TagWriter, report_plan
from reader.virtual.llrp.rospec import AiPlan, RoPlan, rospec_plan
from reader.virtual.llrp.rospecs import RoSpec, RoSpecs
from reader.virtual.llrp.run import Event, Notice
from reader.virtual.llrp.status import RefusedError, Status, status_of, success
from reader.virtual.llrp.trouble import Trouble
from reader.virtual.llrp.vendors_part import VendorsPart
from reader.virtual.llrp.voice import Voice
from reader.virtual.memory import TagMemory
from reader.virtual.world import World

__all__ = ["LlrpDevice"]

_ERROR_MESSAGE = 100
_IDLE_US = 250_000  # faults and new clients are looked for this often
_TICK_US = 10_000  # an active ROSpec's reads come out at most this late
_FALSE_POWER = -1000  # dBm × 100

# ConnectionAttemptStatusType
CONNECTED, REFUSED_OTHER_CLIENT, ANOTHER_TRIED = 0, 2, 4


class LlrpDevice:
    """An LLRP reader.

    utc_base_us: the UTC time at uptime 0. max_version: 1 knows only LLRP 1.0.1; None what the personality speaks.
    canned: reports to send instead of what the air would give.

    Raises:
        SceneError: The scene has more antennas than the model has ports.
    """

    def __init__(
        self,
        world: World,
        faults: Faults,
        *,
        personality: Personality = PLAIN,
        seed: int | None = None,
        utc_base_us: int = 0,
        max_version: Version | None = None,
        give_up_after_acks: int | None = None,
        canned: CannedReports | None = None,
    ) -> None:
        scene = world.scene
        self.air = Air(world, seed)
        self.closing = False
        self._faults = faults
        self._can = Capabilities(
            gains=tuple(int(100 * a.gain_dbi) for a in sorted(scene.antennas, key=lambda a: a.port)),
            region=scene.region,
            who=personality,
        )
        if len(self._can.plugged) > self._can.antennas:
            raise SceneError(f"{personality.name} has {self._can.antennas} antenna ports, the scene more antennas")
        reader_id = hashlib.sha256(f"{self.air.seed}/reader".encode()).digest()[:8]
        self._config = Configuration(self._can, reader_id)
        self._vendors_part = VendorsPart(self._can, self._config)
        self._accessspecs = AccessSpecs(self._can, self.air, self._config)
        self._rospecs = RoSpecs(self._can, self.air, self._drives, self._accessspecs.executed)
        self._outlet = Outlet(faults, self.air.seed)
        self._dialect = Dialect(personality.max_version if max_version is None else max_version)
        self._voice = Voice(self._dialect, self._config, self._outlet, faults, utc_base_us)
        self._keepalive = Keepalive(give_up_after_acks)
        self._trouble = Trouble(faults, len(self._can.plugged))
        self._canned = None if canned is None else CannedFlow(canned, self.air.seed)
        self._silence()

    # --- the connection ---------------------------------------------------------------------------

    def connect(self, now_us: int) -> None:
        """Begin a connection; the reader's first notification is ready to be taken."""
        self.closing = False
        self._dialect.begin()
        self._vendors_part.close()
        self._outlet.connect(holding=self._config.holds_reports)
        if not self._faults.is_on(Fault.SILENCE):
            self._outlet.emit_first(self._voice.attempt(CONNECTED, now_us))
        self._keepalive.begin(self._config.keepalive_us, now_us)
        if not self._config.holds_reports:
            self._let_go(now_us)

    def disconnect(self) -> None:
        """End the connection; ROSpecs go on and what they report is held."""
        self._outlet.disconnect()
        self._keepalive.end()

    def another_tried(self, now_us: int) -> None:
        """Tell the client that somebody else tried to connect."""
        self._voice.tell_attempt(ANOTHER_TRIED, now_us)

    def say_goodbye(self, now_us: int) -> None:
        """Announce that the reader closes the connection."""
        self._voice.notify(make("ConnectionCloseEvent"), now_us)
        self.closing = True

    def refusal(self, now_us: int) -> bytes:
        """Return what a client hears that is turned away."""
        return self._voice.attempt(REFUSED_OTHER_CLIENT, now_us)

    def _let_go(self, now_us: int) -> None:
        self._outlet.release()
        if self._outlet.take_overflow():
            self._voice.notify(make("ReportBufferOverflowErrorEvent"), now_us)

    @property
    def is_broken(self) -> bool:
        """Whether the link is to be dropped without a word, once what was taken is written."""
        return self._outlet.broken or self._keepalive.is_given_up

    def take(self, now_us: int) -> bytes:
        """Return the bytes to be written now."""
        return self._outlet.take(now_us)

    # --- what it is doing ---------------------------------------------------------------------------

    @property
    def reads(self) -> int:
        """Singulations since the reader started."""
        return self._rospecs.reads + (self._canned.reads if self._canned else 0)

    @property
    def rospec_state(self) -> str:
        """The state of the liveliest ROSpec: none, disabled, inactive or active."""
        state = max((spec.state for spec in self._rospecs), default=None)
        return "none" if state is None else state.name.lower()

    @property
    def tx_power_dbm(self) -> float | None:
        """The greatest conducted power that the ROSpecs order; None without one."""
        plans = [plan for spec in self._rospecs for plan in spec.plan.specs]
        return max((drive.tx_power_dbm for plan in plans for drive in self._drives(plan)), default=None)

    # --- time -------------------------------------------------------------------------------------

    def advance(self, now_us: int) -> None:
        """Let time pass: start, play and end ROSpecs, send keepalives, notice faults."""
        self._watch(now_us)
        self._rospecs.advance(now_us)
        self._tell(self._rospecs.told())
        if self._keepalive.take(self._config.keepalive_us, now_us):
            self._voice.keepalive(now_us)

    def next_due_us(self, now_us: int) -> int:
        """Return when `advance` should be called next at the latest."""
        if any(spec.run for spec in self._rospecs):
            return now_us + _TICK_US
        times = [self._keepalive.due_us, self._outlet.due_us(), *(spec.starts_at_us for spec in self._rospecs)]
        return min([now_us + _IDLE_US, *(t for t in times if t is not None)])

    def skip_to(self, now_us: int) -> None:
        """Let time pass without air, as when the machine slept."""
        self._rospecs.skip_to(now_us)

    def feel(self, edge: InputEdge, now_us: int) -> None:
        """Put a level on an input; the port is one of the reader's."""
        if not self._config.gpio.feel(edge):
            return
        event = make("GPIEvent", GPIPortNumber=edge.port, GPIEvent=int(edge.high))
        self._voice.notify(event, now_us, GPI)
        self._rospecs.felt(edge, now_us)
        self._tell(self._rospecs.told())

    @property
    def inputs(self) -> tuple[bool, ...]:
        """Which inputs are high, port 1 first."""
        return self._config.gpio.inputs

    @property
    def outputs(self) -> tuple[bool, ...]:
        """Which outputs are high, port 1 first."""
        return self._config.gpio.outputs

    def _watch(self, now_us: int) -> None:
        silenced = self._trouble.silenced
        for alarm in self._trouble.look():
            self._voice.notify(alarm.event, now_us, alarm.type)
        if self._trouble.silenced != silenced:
            self._silence()
        if self._rospecs.active is not None and self._faults.take(Fault.BUFFER_OVERFLOW):
            self._rospecs.lose_gathered(now_us)

    def _silence(self) -> None:
        """Send from no port that is not to send; canned reports need no air at all."""
        all_ports = frozenset(range(1, self._can.antennas + 1))
        self._rospecs.silence(self._trouble.silenced if self._canned is None else all_ports)

    # --- canned reports -----------------------------------------------------------------------------

    def fill(self, now_us: int, room: int) -> None:
        """Send the canned reports that are due, as long as they fit into ``room`` bytes."""
        canned = self._filling()
        if canned is None:
            return
        utc_offset_us = self._voice.utc_offset_us()
        for frame in canned.frames(self._rospecs.active, now_us, utc_offset_us, self._dialect.version, room):
            self._outlet.emit(Kind.REPORT, frame, now_us)

    def fills_at_us(self, now_us: int) -> int | None:
        """Return when `fill` has something to send; None where nothing is canned, or nothing may come now."""
        canned = self._filling()
        return None if canned is None else canned.due_us(self._rospecs.active, now_us)

    def _filling(self) -> CannedFlow | None:
        """Return what canned reports come from; None while no port may send, or while they would pile up nowhere."""
        canned = self._canned
        if canned is None or self._trouble.silenced == self._can.plugged:
            return None
        return canned if self._outlet.flows or not canned.is_endless else None

    # --- requests -----------------------------------------------------------------------------------

    def received(self, frame: bytes, now_us: int) -> None:
        """Take one whole frame from the client."""
        header = header_of(frame)
        if self.closing or header.type == _ERROR_MESSAGE:
            return
        try:
            name = self._dialect.request_name(header)
        except RefusedError as refusal:
            self._voice.refuse_message(header, refusal, now_us)
            return
        self._obey(name, frame, now_us)
        self._tell(self._rospecs.told())

    def _obey(self, name: str, frame: bytes, now_us: int) -> None:
        header = header_of(frame)
        try:
            request = decode(frame, self._vendors_part.understood)
            if name == "CUSTOM_MESSAGE":
                self._voice.answer_custom(self._vendors_part.open(request), now_us)
                return
            self._vendors_part.check(request.body)
            elements = self._outcome(name, request.body, now_us)
        except RefusedError as refusal:
            if f"{name}_RESPONSE" in ALL_MESSAGES:
                self._voice.answer(name, header.id, now_us, [status_of(refusal)])
            else:
                self._voice.refuse(header.id, refusal, now_us)
            return
        if elements is not None:
            self._voice.answer(name, header.id, now_us, [success(), *elements])

    def _outcome(self, name: str, body: Element, now_us: int) -> list[Element] | None:
        """Do what a request asks; return what its response holds besides the status, None for no response.

        Raises:
            RefusedError: It cannot be done; nothing was changed.
        """
        match name:
            case "GET_READER_CAPABILITIES":
                offset = _FALSE_POWER if self._faults.is_on(Fault.WRONG_POWER_TABLE) else 0
                standard = capability_elements(self._can, body.number("RequestedData"), self._dialect.version, offset)
                return standard + self._vendors_part.capability_elements(body, self._trouble.temperature_c)
            case "GET_READER_CONFIG":
                return self._shown_config(body)
            case "SET_READER_CONFIG":
                self._set_config(body, now_us)
            case "CLOSE_CONNECTION":
                self.closing = True
            case "ADD_ROSPEC":
                self._add_rospec(body.the("ROSpec"))
            case "DELETE_ROSPEC":
                self._rospecs.delete(body, now_us)
                self._config.touch()
            case "START_ROSPEC":
                self._rospecs.start(body, now_us)
            case "STOP_ROSPEC":
                self._rospecs.stop(body, now_us)
            case "ENABLE_ROSPEC":
                self._rospecs.enable(body, now_us)
            case "DISABLE_ROSPEC":
                self._rospecs.disable(body, now_us)
            case "GET_ROSPECS":
                return [spec.plan.element_in(spec.state) for spec in self._rospecs]
            case "ADD_ACCESSSPEC":
                self._accessspecs.add(access_plan(body.the("AccessSpec"), self._can))
            case "DELETE_ACCESSSPEC":
                self._accessspecs.delete(body)
            case "ENABLE_ACCESSSPEC" | "DISABLE_ACCESSSPEC":
                self._accessspecs.switch(body, on=name == "ENABLE_ACCESSSPEC")
            case "GET_ACCESSSPECS":
                return self._accessspecs.elements()
            case "SET_PROTOCOL_VERSION":
                self._dialect.agree_on(body.number("ProtocolVersion"))
            case "GET_REPORT":
                self._report_gathered(now_us)
                return None
            case "ENABLE_EVENTS_AND_REPORTS":
                self._let_go(now_us)
                return None
            case "KEEPALIVE_ACK":
                self._keepalive.answered()
                return None
        return []

    def _shown_config(self, body: Element) -> list[Element]:
        connected = self._can.plugged - self._trouble.gone
        standard = self._config.elements(
            body, self._dialect.version, connected, with_customs=self._vendors_part.is_open
        )
        return standard + self._vendors_part.config_elements(body, self._trouble.temperature_c)

    def _set_config(self, body: Element, now_us: int) -> None:
        period_us = self._config.keepalive_us
        self._config.apply(self._as_taken(body))
        if body.first("KeepaliveSpec") is not None or self._config.keepalive_us != period_us:
            self._keepalive.begin(self._config.keepalive_us, now_us)

    def _add_rospec(self, wanted: Element) -> None:
        plan = rospec_plan(self._as_taken(wanted), self._can)
        if self._faults.is_on(Fault.REFUSED_ADD):
            raise bad_field(wanted, "ROSpecID", "a fault refuses every ROSpec", code=Status.A_INVALID)
        report = report_plan(plan.report or self._config.report)
        self._rospecs.add(plan, report, self._writer(plan, report))
        self._config.touch()

    def _writer(self, plan: RoPlan, report: ReportPlan) -> TagWriter:
        def power_index(entry: TagEntry) -> int:
            return self._settings(plan.specs[entry.spec_index - 1], entry.antenna).transmitter.number("TransmitPower")

        who = self._can.who
        return TagWriter(
            report.selector,
            plan.id,
            tells_channel=not (who.hides_hop_channel and self._can.plan.hops),
            addition=who.extension.tag_addition(report.spec, ReportContext(self._tid, power_index)),
        )

    def _tid(self, entry: TagEntry) -> str:
        try:
            return self.air.world.memory(entry.chip).tid
        except SceneError:  # it was taken away since; chips of that name have this TID from the factory
            return TagMemory(entry.chip, entry.epc).tid

    def _report_gathered(self, now_us: int) -> None:
        self._outlet.release(reports_only=True)
        tags = [tag for spec, entries in self._rospecs.gathered() for tag in self._voice.written(spec.writer, entries)]
        self._voice.report(tags or [b""], now_us)  # asked for, so it comes, even if empty

    def _drives(self, plan: AiPlan) -> list[AntennaDrive]:
        return [drive_of(port, self._settings(plan, port), self._can) for port in plan.ports]

    def _settings(self, plan: AiPlan, port: int) -> AntennaSettings:
        settings = self._config.antennas[port]
        for wanted in plan.settings:
            if wanted.number("AntennaID") in (0, port):
                settings = settings.changed_by(wanted)
        return settings

    def _as_taken(self, element: Element) -> Element:
        """Return an element as this reader keeps it: as it is, unless a fault keeps another power."""
        if not self._faults.is_on(Fault.POWER_NOT_TAKEN):
            return element
        if element.name == "RFTransmitter":
            most = max(self._can.powers)
            kept = min(self._can.powers) if element.number("TransmitPower") == most else most
            return Element(element.name, {**element.fields, "TransmitPower": kept}, element.children)
        return Element(element.name, element.fields, tuple(self._as_taken(child) for child in element.children))

    def _tell(self, told: Iterable[tuple[RoSpec, Notice]]) -> None:
        for spec, notice in told:
            if isinstance(notice, Event):
                self._voice.notify(notice.element, notice.at_us, notice.type)
            else:
                self._voice.report(self._voice.written(spec.writer, notice.entries), notice.at_us)
