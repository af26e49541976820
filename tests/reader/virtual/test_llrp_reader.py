"""The reader on a real socket: who may connect, what faults do to the line, and what strangers make of it."""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import bitstring
import pytest
from pyllrp import pyllrp

from reader.errors import SceneError
from reader.virtual.faults import Fault
from reader.virtual.llrp.canned import CannedReports
from reader.virtual.llrp.codec import FrameCutter, decode, encode
from reader.virtual.llrp.element import Element, Message, make, message
from reader.virtual.llrp.personalities import PERSONALITIES
from reader.virtual.llrp.status import RefusedError
from reader.virtual.llrp_reader import VirtualLlrpReader
from reader.virtual.scene import builtin_scene
from reader.virtual.world import World
from tests.reader.virtual.llrp_bench import ON_PAD, code, epc_of, frame, reports, rospec, start_trigger

PATIENCE_S = 10.0
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def reader() -> Iterator[VirtualLlrpReader]:
    reader = VirtualLlrpReader(World(builtin_scene()))
    reader.start()
    yield reader
    reader.stop()


@pytest.fixture
def connect(reader: VirtualLlrpReader) -> Iterator[Callable[[], Line]]:
    lines: list[Line] = []

    def one() -> Line:
        lines.append(Line(reader.address))
        return lines[-1]

    yield one
    for line in lines:
        line.sock.close()


class Line:
    """A client's end of the link."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.sock = socket.create_connection(address, timeout=PATIENCE_S)
        self.raw = b""
        self._cutter = FrameCutter()
        self._waiting: list[Message] = []

    def next(self) -> Message:
        """Return the next message; EOFError where the reader closed."""
        while not self._waiting:
            chunk = self.sock.recv(65536)
            if not chunk:
                raise EOFError
            self.raw += chunk
            self._waiting += [decode(one) for one in self._cutter.feed(chunk)]
        return self._waiting.pop(0)

    def status(self) -> int:
        """Return the status of the connection attempt that the reader tells next."""
        return self.next().body.children[0].the("ConnectionAttemptEvent").number("Status")

    def read_on(self) -> None:
        """Read messages until something is wrong."""
        while True:
            self.next()

    def ask(self, name: str, *children: Element, **fields: int) -> Message:
        self.sock.sendall(encode(message(name, 5, *children, **fields)))
        while True:
            answer = self.next()
            if answer.id == 5 and answer.name == f"{name}_RESPONSE":
                return answer

    def inventory(self) -> None:
        """Start a ROSpec that reports every read."""
        assert self.status() == 0
        assert code(self.ask("ADD_ROSPEC", rospec(start=start_trigger(1)))) == 0
        assert code(self.ask("ENABLE_ROSPEC", ROSpecID=1)) == 0

    def is_closed(self) -> bool:
        """Read to the end; whether the reader closed within the patience of this test."""
        try:
            while self.sock.recv(65536):
                pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True


Connect = Callable[[], Line]


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another thread does."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        threading.Event().wait(0.01)


# --- who may connect ------------------------------------------------------------------------------


def test_a_second_client_is_turned_away_and_the_first_one_told(connect: Connect) -> None:
    first, second = connect(), connect()

    assert [first.status(), second.status(), first.status()] == [0, 2, 4]
    assert second.is_closed()
    assert code(first.ask("GET_ROSPECS")) == 0


def test_a_client_that_vanished_makes_room(reader: VirtualLlrpReader, connect: Connect) -> None:
    first = connect()
    assert first.status() == 0
    first.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    first.sock.close()

    assert connect().status() == 0


def test_closing_is_answered_and_the_link_ends(connect: Connect) -> None:
    line = connect()
    line.status()

    assert code(line.ask("CLOSE_CONNECTION")) == 0
    assert line.is_closed()


def test_stopping_says_goodbye(reader: VirtualLlrpReader, connect: Connect) -> None:
    line = connect()
    line.status()
    reader.stop()

    assert line.next().body.children[0].first("ConnectionCloseEvent") is not None
    assert line.is_closed()
    reader.stop()


def test_settings_and_rospecs_outlive_a_connection(connect: Connect) -> None:
    line = connect()
    line.status()
    line.ask("ADD_ROSPEC", rospec())
    line.ask("CLOSE_CONNECTION")
    assert line.is_closed()
    again = connect()
    again.status()

    assert len(again.ask("GET_ROSPECS").body.each("ROSpec")) == 1


# --- the stream -----------------------------------------------------------------------------------


def test_several_messages_in_one_segment_and_one_over_many(connect: Connect) -> None:
    line = connect()
    line.status()
    line.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.sock.sendall(frame(26, id=1) + frame(26, id=2) + frame(1, b"\0", id=3)[:7])
    assert [line.next().id, line.next().id] == [1, 2]
    for octet in frame(1, b"\0", id=3)[7:]:
        line.sock.sendall(bytes([octet]))

    assert line.next().id == 3


def test_a_stream_out_of_step_ends_the_link(connect: Connect) -> None:
    line = connect()
    line.status()
    line.sock.sendall(struct.pack(">HII", 1 << 10 | 26, 3, 1))

    assert line.is_closed()


def test_keepalives_come_while_reads_pour_in(connect: Connect) -> None:
    line = connect()
    line.inventory()
    spec = make("KeepaliveSpec", KeepaliveTriggerType=1, PeriodicTriggerValue=100)
    line.ask("SET_READER_CONFIG", spec, ResetToFactoryDefault=0)
    names = [line.next().name for _ in range(100)]

    assert names.count("KEEPALIVE") >= 2
    assert names.count("RO_ACCESS_REPORT") > 50


def test_status_tells_client_state_power_and_pace(reader: VirtualLlrpReader, connect: Connect) -> None:
    assert reader.status().rospec == "none"
    line = connect()
    line.inventory()

    until(lambda: reader.status().reads_per_s > 100)
    status = reader.status()

    host, port = line.sock.getsockname()
    assert (status.client, status.rospec, status.tx_power_dbm) == (f"{host}:{port}", "active", 20.0)


def test_inputs_are_felt_and_outputs_shown(reader: VirtualLlrpReader, connect: Connect) -> None:
    line = connect()
    assert line.status() == 0
    gpio = [
        make("ReaderEventNotificationSpec", make("EventNotificationState", EventType=1, NotificationState=1)),
        make("GPOWriteData", GPOPortNumber=1, GPOData=1),
        make("GPIPortCurrentState", GPIPortNum=2, Config=1, State=0),
    ]
    assert code(line.ask("SET_READER_CONFIG", *gpio, ResetToFactoryDefault=0)) == 0
    reader.set_input(2, True)

    event = line.next().body.children[0].the("GPIEvent")
    assert event.fields == {"GPIPortNumber": 2, "GPIEvent": 1}
    until(lambda: (reader.status().inputs, reader.status().outputs) == ((False, True), (True, False)))
    with pytest.raises(SceneError):
        reader.set_input(3, True)


@pytest.mark.parametrize("order", [CannedReports(10), CannedReports(10, messages_per_s=200)])
def test_canned_reports_pour_in_and_a_client_that_does_not_read_costs_nothing(order: CannedReports) -> None:
    reader = VirtualLlrpReader(World(builtin_scene()), canned=order)
    reader.start()
    line = Line(reader.address)
    try:
        line.inventory()
        tags = [tag for _ in range(50) for tag in reports([line.next()])]
        assert len(tags) == 500
        until(lambda: reader.status().reads > 1000)
        assert reader.is_serving
    finally:
        line.sock.close()
        reader.stop()


# --- faults on the line ---------------------------------------------------------------------------


def test_refusing_turns_everybody_away(reader: VirtualLlrpReader, connect: Connect) -> None:
    reader.faults.switch_on(Fault.REFUSE)
    line = connect()

    assert line.status() == 2
    assert line.is_closed()


def test_silence_says_nothing_and_keeps_the_link(reader: VirtualLlrpReader, connect: Connect) -> None:
    reader.faults.switch_on(Fault.SILENCE)
    line = connect()
    until(lambda: reader.status().client is not None)
    line.sock.settimeout(0.2)

    with pytest.raises(TimeoutError):
        line.sock.recv(1)


def test_half_a_frame_and_then_nothing(reader: VirtualLlrpReader, connect: Connect) -> None:
    line = connect()
    line.inventory()
    reader.faults.switch_on(Fault.MID_FRAME)

    with pytest.raises(EOFError):
        line.read_on()
    length = sum(len(one) for one in FrameCutter().feed(line.raw))
    assert len(line.raw) > length
    assert not reader.faults.is_on(Fault.MID_FRAME), "it happens once"


def test_garbage_puts_the_stream_out_of_step(reader: VirtualLlrpReader, connect: Connect) -> None:
    line = connect()
    line.inventory()
    reader.faults.switch_on(Fault.GARBAGE)

    with pytest.raises(ValueError, match="a frame cannot have"):
        line.read_on()


@pytest.mark.parametrize("fault", [Fault.TRUNCATE, Fault.UNKNOWN_TV])
def test_a_broken_report_is_a_whole_frame_that_does_not_decode(
    fault: Fault, reader: VirtualLlrpReader, connect: Connect
) -> None:
    line = connect()
    line.inventory()
    reader.faults.switch_on(fault)

    with pytest.raises(RefusedError):
        line.read_on()


def test_duplicates_come_twice(reader: VirtualLlrpReader, connect: Connect) -> None:
    reader.faults.switch_on(Fault.DUPLICATE)
    line = connect()
    line.inventory()
    ids = [line.next().id for _ in range(20)]

    assert ids[::2] == ids[1::2]


def test_a_reboot_drops_the_link_and_forgets(reader: VirtualLlrpReader, connect: Connect) -> None:
    line = connect()
    line.inventory()
    reader.faults.switch_on(Fault.REBOOT)
    assert line.is_closed()

    assert connect().is_closed(), "nobody gets in while it boots"
    began = time.monotonic()
    while True:
        again = connect()
        try:
            assert again.status() == 0
            break
        except (EOFError, ConnectionError):
            assert time.monotonic() - began < PATIENCE_S
            threading.Event().wait(0.05)
    assert again.ask("GET_ROSPECS").body.each("ROSpec") == []


# --- independent eyes -----------------------------------------------------------------------------


SLLURP_CONFIG = {
    "antennas": [1, 2],
    "session": 1,
    "report_every_n_tags": 1,
    "tag_content_selector": dict.fromkeys(
        (
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
        ),
        True,
    ),
}
IMPINJ_CONFIG = {
    "tx_power": 41,
    "impinj_extended_configuration": True,
    "impinj_search_mode": 2,
    "impinj_tag_content_selector": {
        "EnableRFPhaseAngle": True,
        "EnablePeakRSSI": True,
        "EnableRFDopplerFrequency": True,
    },
}


@pytest.mark.peers
@pytest.mark.parametrize(
    ("name", "config", "more_fields"),
    [
        ("plain", {"mode_identifier": 2, "tx_power_dbm": 20.0}, set()),
        ("impinj-r420", {"mode_identifier": 1000} | IMPINJ_CONFIG, {"ImpinjPeakRSSI", "ImpinjRFPhaseAngle"}),
        ("impinj-r700", {"mode_identifier": 1002} | IMPINJ_CONFIG, {"ImpinjPeakRSSI", "ImpinjRFPhaseAngle"}),
        # sllurp looks a power up in a list that it fills from 1, so that it is given the index here
        ("zebra-fx9600", {"mode_identifier": 2, "tx_power": 100}, set()),
    ],
)
def test_sllurps_own_client_sees_the_same_tags_on_every_reader(
    name: str, config: dict[str, object], more_fields: set[str]
) -> None:
    reader = VirtualLlrpReader(World(builtin_scene()), personality=PERSONALITIES[name])
    reader.start()
    host, port = reader.address
    words = (host, str(port), json.dumps(SLLURP_CONFIG | config), json.dumps(sorted(ON_PAD)))
    client = subprocess.Popen(
        [sys.executable, "-m", "tests.reader.virtual.sllurp_client", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        until(lambda: reader.status().tx_power_dbm is not None)
        power_dbm = reader.status().tx_power_dbm
        said, _ = client.communicate(timeout=60)
    finally:
        client.kill()
        client.wait()
        reader.stop()

    seen = json.loads(said)
    known = {tag.epc for tag in reader.world.tags()}
    assert ON_PAD <= seen.keys() <= known
    assert power_dbm == 20.0
    assert {tag["antenna"] for tag in seen.values()} <= {1, 2}
    assert all(more_fields <= set(tag["fields"]) for tag in seen.values())


@pytest.mark.peers
def test_pyllrp_decodes_what_the_reader_sends(connect: Connect) -> None:
    line = connect()
    line.inventory()
    for name, fields in (
        ("GET_READER_CAPABILITIES", {"RequestedData": 0}),
        ("GET_READER_CONFIG", {"AntennaID": 0, "RequestedData": 0, "GPIPortNum": 0, "GPOPortNum": 0}),
        ("GET_ROSPECS", {}),
    ):
        assert code(line.ask(name, **fields)) == 0
    said = [line.next() for _ in range(60)]
    line.ask("STOP_ROSPEC", ROSpecID=1)

    names: set[str] = set()
    epcs: set[str] = set()
    for raw in FrameCutter().feed(line.raw):
        stranger = pyllrp.UnpackMessage(bitstring.ConstBitStream(raw))
        names.add(type(stranger).__name__)
        if type(stranger).__name__ == "RO_ACCESS_REPORT_Message":
            epcs |= {f"{tag['EPC']:024X}" for tag in stranger.getTagData()}

    assert names >= {
        "READER_EVENT_NOTIFICATION_Message",
        "ADD_ROSPEC_RESPONSE_Message",
        "GET_READER_CAPABILITIES_RESPONSE_Message",
        "GET_READER_CONFIG_RESPONSE_Message",
        "GET_ROSPECS_RESPONSE_Message",
        "RO_ACCESS_REPORT_Message",
    }
    assert epcs >= {epc_of(tag) for tag in reports(said)}
