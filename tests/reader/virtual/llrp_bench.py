"""A client for tests: raw bytes of its own in, the reader's bytes cut and decoded by the reader's codec.

It drives the device without a socket, on a clock that moves only when told.
"""

from __future__ import annotations

import struct
from typing import Any

from reader.virtual.faults import Faults
from reader.virtual.llrp.codec import FrameCutter, decode, encode
from reader.virtual.llrp.device import LlrpDevice
from reader.virtual.llrp.element import Element, Message, make, message
from reader.virtual.llrp.personality import PLAIN, Personality
from reader.virtual.scene import Scene, builtin_scene
from reader.virtual.world import World

MS = 1000
SECOND = 1_000_000
ON_PAD = {f"3036451FD4001{n}" for n in ("940000003E9", "980000003EA", "9C0000003EB", "A00000003EC")} | {
    f"3036451FD4001{n}" for n in ("A40000003ED", "A80000003EE", "AC0000003EF")
}


def frame(type: int, body: bytes = b"", *, id: int = 7, version: int = 1, reserved: int = 0) -> bytes:
    """Write a message by hand."""
    return struct.pack(">HII", reserved << 13 | version << 10 | type, 10 + len(body), id) + body


def tlv(type: int, body: bytes = b"") -> bytes:
    """Write a TLV parameter by hand."""
    return struct.pack(">HH", type, 4 + len(body)) + body


KEEPALIVE_5S = tlv(220, struct.pack(">BI", 1, 5000))


def selector(**on: int) -> Element:
    names = (
        "EnableROSpecID",
        "EnableSpecIndex",
        "EnableInventoryParameterSpecID",
        "EnableAntennaID",
        "EnableChannelIndex",
        "EnablePeakRSSI",
        "EnableFirstSeenTimestamp",
        "EnableLastSeenTimestamp",
        "EnableTagSeenCount",
        "EnableAccessSpecID",
    )
    defaults = {"EnableAntennaID": 1, "EnablePeakRSSI": 1, "EnableLastSeenTimestamp": 1, "EnableTagSeenCount": 1}
    return make("TagReportContentSelector", **{name: (defaults | on).get(name, 0) for name in names})


def report_spec(trigger: int = 1, n: int = 1, **on: int) -> Element:
    return make("ROReportSpec", selector(**on), ROReportTrigger=trigger, N=n)


def transmitter(power: int = 41, hop_table: int = 1, channel: int = 1) -> Element:
    return make("RFTransmitter", HopTableID=hop_table, ChannelIndex=channel, TransmitPower=power)


def ai_stop(kind: int = 0, duration_ms: int = 0, observation: Element | None = None) -> Element:
    children = [observation] if observation else []
    return make("AISpecStopTrigger", *children, AISpecStopTriggerType=kind, DurationTrigger=duration_ms)


def input_edge(port: int, high: int = 1, timeout_ms: int = 0) -> Element:
    return make("GPITriggerValue", GPIPortNum=port, GPIEvent=high, Timeout=timeout_ms)


def observing(kind: int, *, tags: int = 0, attempts: int = 0, t_ms: int = 0, timeout_ms: int = 0) -> Element:
    return make(
        "TagObservationTrigger",
        TriggerType=kind,
        NumberOfTags=tags,
        NumberOfAttempts=attempts,
        T=t_ms,
        Timeout=timeout_ms,
    )


def antenna(port: int, *children: Element) -> Element:
    return make("AntennaConfiguration", *children, AntennaID=port)


def ai_spec(
    *settings: Element, ports: tuple[int, ...] = (0,), stop: Element | None = None, protocol: int = 1
) -> Element:
    inventory = make("InventoryParameterSpec", *settings, InventoryParameterSpecID=1, ProtocolID=protocol)
    return make("AISpec", stop or ai_stop(), inventory, AntennaIDs=ports)


def start_trigger(kind: int = 0, *children: Element) -> Element:
    return make("ROSpecStartTrigger", *children, ROSpecStartTriggerType=kind)


def rospec(
    *specs: Element,
    id: int = 1,
    start: Element | None = None,
    stop: int = 0,
    stop_ms: int = 0,
    report: Element | None = None,
    priority: int = 0,
    state: int = 0,
) -> Element:
    boundary = make(
        "ROBoundarySpec",
        start or start_trigger(),
        make("ROSpecStopTrigger", ROSpecStopTriggerType=stop, DurationTriggerValue=stop_ms),
    )
    reports = [report or report_spec()]
    return make(
        "ROSpec",
        boundary,
        *(specs or (ai_spec(antenna(0, transmitter())),)),
        *reports,
        ROSpecID=id,
        Priority=priority,
        CurrentState=state,
    )


class BenchClient:
    """A connected client on a device of its own; ``now_us`` is the clock."""

    def __init__(
        self,
        scene: Scene | None = None,
        *,
        faults: Faults | None = None,
        max_version: int | None = None,
        personality: Personality = PLAIN,
    ) -> None:
        self.faults = faults or Faults()
        self.world = World(scene or builtin_scene())
        self.device = LlrpDevice(
            self.world, self.faults, utc_base_us=10**15, max_version=max_version, personality=personality
        )
        self.vendors: set[int] = {personality.extension.pen}
        self.now_us = 0
        self.version = 1
        self.raw: list[bytes] = []
        self._cutter = FrameCutter()
        self._next_id = 100
        self.device.connect(0)
        self.greeting = self.heard()

    def heard(self) -> list[Message]:
        """Return what the reader said since last asked."""
        frames = list(self._cutter.feed(self.device.take(self.now_us)))
        self.raw += frames
        return [decode(one, self.vendors) for one in frames]

    def send(self, raw: bytes) -> list[Message]:
        """Send bytes and return all that is said at once."""
        self.device.received(raw, self.now_us)
        return self.heard()

    def ask(self, name: str, *children: Element, **fields: int) -> Message:
        """Send a request and return its answer, which is the first thing said."""
        self._next_id += 1
        raw = encode(message(name, self._next_id, *children, version=self.version, **fields))
        answer = self.send(raw)[0]
        assert answer.id == self._next_id
        return answer

    def wait(self, ms: float, step_ms: float = 10.0) -> list[Message]:
        """Let time pass and return all that was said."""
        said: list[Message] = []
        end_us = self.now_us + int(ms * MS)
        while self.now_us < end_us:
            self.now_us = min(end_us, self.now_us + int(step_ms * MS))
            self.device.advance(self.now_us)
            said += self.heard()
        return said

    def events_on(self, *types: int) -> None:
        states = [make("EventNotificationState", EventType=type, NotificationState=1) for type in types]
        assert (
            code(self.ask("SET_READER_CONFIG", make("ReaderEventNotificationSpec", *states), ResetToFactoryDefault=0))
            == 0
        )


def code(answer: Message) -> int:
    """Return the StatusCode of an answer."""
    return answer.body.the("LLRPStatus").number("StatusCode")


def culprits(answer: Message) -> list[tuple[str, int, int]]:
    """Return the chain below LLRPStatus: (kind, type or field number, code), outermost first."""
    chain: list[tuple[str, int, int]] = []
    at = answer.body.the("LLRPStatus")
    while at.children:
        at = at.children[0]
        number = at.number("FieldNum") if at.name == "FieldError" else at.number("ParameterType")
        chain.append((at.name, number, at.number("ErrorCode")))
    return chain


def reports(said: list[Message]) -> list[Element]:
    """Return the TagReportData of all reports."""
    return [tag for one in said if one.name == "RO_ACCESS_REPORT" for tag in one.body.children]


def epc_of(tag: Element) -> str:
    epc = tag.children[0]
    value = epc.fields["EPC"]
    if epc.name == "EPC_96":
        assert isinstance(value, bytes)
        return value.hex().upper()
    return epc.bits("EPC").octets.hex().upper()


def spoken(said: list[Message]) -> list[str]:
    """Return the story in words: each report, each event by what it says."""
    words = []
    for one in said:
        if one.name != "READER_EVENT_NOTIFICATION":
            words.append("report" if one.name == "RO_ACCESS_REPORT" else one.name)
            continue
        event = one.body.the("ReaderEventNotificationData").children[1]
        words.append(f"{event.name} {event.number('EventType')}" if "EventType" in event.fields else event.name)
    return words


def running(client: BenchClient, spec: Element | None = None) -> None:
    """Add, enable and start a ROSpec."""
    assert code(client.ask("ADD_ROSPEC", spec or rospec())) == 0
    assert code(client.ask("ENABLE_ROSPEC", ROSpecID=1)) == 0
    assert code(client.ask("START_ROSPEC", ROSpecID=1)) == 0


def with_stop(stop: Element, **changes: Any) -> Element:
    """Return a ROSpec with one AISpec on all antennas that ends so."""
    return rospec(ai_spec(antenna(0, transmitter()), stop=stop), **changes)
