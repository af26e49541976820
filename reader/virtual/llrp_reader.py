"""The virtual LLRP reader on TCP: one thread that owns the sockets and the device.

The thread sleeps until bytes come or the device is due; the air is played up to the present each time it
wakes, so a busy field costs no more than an idle one per wake-up. Only this thread touches the device; others
see `status`, which it replaces.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from collections import deque
from dataclasses import dataclass
from queue import SimpleQueue

import structlog

from reader.errors import ProtocolError, SceneError
from reader.virtual.control import ReaderStatus
from reader.virtual.faults import Fault, Faults
from reader.virtual.llrp.canned import CannedReports
from reader.virtual.llrp.codec import FrameCutter
from reader.virtual.llrp.device import LlrpDevice
from reader.virtual.llrp.gpio import InputEdge
from reader.virtual.llrp.layout import Version
from reader.virtual.llrp.personality import PLAIN, Personality
from reader.virtual.world import World

__all__ = ["VirtualLlrpReader"]

log = structlog.get_logger()

_RECEIVE_BYTES = 65536
# A client that does not read is given this much before the link counts as dead (a minute of heavy traffic).
_MAX_UNWRITTEN_BYTES = 4 << 20
_CANNED_BYTES = 512 << 10  # of canned reports at a time; the longest that can be ordered fits in
_ASLEEP_US = 1_000_000  # a gap that only a stopped machine makes; the air is not played for it
_LINGER_S = 2.0  # for the client to take the last bytes of a connection
_BOOT_S = 2.0
_RATE_WINDOW_S = 1.0


@dataclass(slots=True)
class _Client:
    sock: socket.socket
    name: str
    cutter: FrameCutter
    unwritten: bytearray
    closes_at_s: float | None = None  # set once the last bytes are queued


class VirtualLlrpReader:
    """A reader on a TCP port, from `start` to `stop`; both return once it is so.

    port 0 takes any free one, see `address`. personality: whose reader it is. version 1 knows only LLRP 1.0.1, 2 also
    1.1; None what the personality speaks. seed: another air than the scene's. give_up_after_acks: drop a client that
    left so many keepalives unanswered; None never does. canned: reports to send instead of what the air would give.

    Raises:
        SceneError: The scene has more antennas than the model has ports.
    """

    def __init__(
        self,
        world: World,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        faults: Faults | None = None,
        personality: Personality = PLAIN,
        seed: int | None = None,
        version: Version | None = None,
        give_up_after_acks: int | None = None,
        canned: CannedReports | None = None,
    ) -> None:
        self.faults = faults or Faults()
        self.world = world
        self.personality = personality
        self._wanted = (host, port)
        self._canned = canned
        self._edges: SimpleQueue[InputEdge] = SimpleQueue()
        self._seed = seed
        self._version = version
        self._give_up_after_acks = give_up_after_acks
        self._listener: socket.socket | None = None
        self._selector = selectors.DefaultSelector()
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._client: _Client | None = None
        self._booted_s = 0.0
        self._boots_until_s: float | None = None
        self._reads_before_boot = 0
        self._advanced_us = 0
        self._rate: deque[tuple[float, int]] = deque([(0.0, 0)], maxlen=64)
        self._device = self._boot()
        self._note_status()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that it listens on; only after `start`."""
        assert self._listener is not None, "start the reader first"
        host, port = self._listener.getsockname()[:2]
        return str(host), int(port)

    @property
    def spoken(self) -> str:
        """HOST:PORT that it listens on; only after `start`."""
        return _spoken(*self.address)

    @property
    def is_serving(self) -> bool:
        """Whether its thread lives; false before `start`, after `stop`, and if it died of a fault of ours."""
        return self._thread is not None and self._thread.is_alive()

    def status(self) -> ReaderStatus:
        """Return what it is doing, at most a tenth of a second old while it reads."""
        return self._status

    def set_input(self, port: int, high: bool) -> None:
        """Put a level on a general purpose input, from 1; safe from any thread, returns before the reader felt it.

        Raises:
            SceneError: There is no such input.
        """
        if not 1 <= port <= self.personality.inputs:
            raise SceneError(f"input {port} is not one of 1 to {self.personality.inputs}")
        self._edges.put(InputEdge(port, high))
        self._wake_writer.send(b"x")

    def start(self) -> None:
        """Listen, and serve from a thread of its own.

        Raises:
            OSError: The address cannot be bound.
        """
        family = socket.AF_INET6 if ":" in self._wanted[0] else socket.AF_INET
        self._listener = socket.create_server(self._wanted, family=family, backlog=8)
        self._listener.setblocking(False)
        self._wake_reader.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._wake_reader, selectors.EVENT_READ, self._woken)
        self._thread = threading.Thread(target=self._serve, name="virtual-llrp-reader", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye to the client and close; may be called twice."""
        if self._thread is None:
            return
        self._stopping = True
        self._wake_writer.send(b"x")
        self._thread.join()
        self._thread = None
        self._selector.close()
        for sock in (self._listener, self._wake_reader, self._wake_writer):
            if sock is not None:
                sock.close()

    # --- the thread -----------------------------------------------------------------------------------

    def _serve(self) -> None:
        try:
            while not self._stopping:
                now_us = self._now_us()
                for key, mask in self._selector.select(self._pause_s(now_us)):
                    key.data(mask)
                self._pass_time()
            if self._client is not None:
                self._device.say_goodbye(self._now_us())
                self._write()
        except BaseException:
            log.exception("virtual_reader.died")
            raise
        finally:
            self._drop("the reader stops")

    def _now_us(self) -> int:
        return int((time.monotonic() - self._booted_s) * 1e6)

    def _pause_s(self, now_us: int) -> float:
        due_us = self._device.next_due_us(now_us)
        fills_at_us = self._device.fills_at_us(now_us)
        if fills_at_us is not None and self._room():
            due_us = min(due_us, fills_at_us)
        return max(0.0, (due_us - now_us) / 1e6)

    def _room(self) -> int:
        """Return how many bytes of canned reports there is room for: none while the socket takes no more."""
        return _CANNED_BYTES if self._client is not None and not self._client.unwritten else 0

    def _pass_time(self) -> None:
        if self.faults.take(Fault.REBOOT):
            self._reboot()
        if self._boots_until_s is not None and time.monotonic() >= self._boots_until_s:
            self._boots_until_s = None
        now_us = self._now_us()
        if now_us - self._advanced_us > _ASLEEP_US:
            self._device.skip_to(now_us)
        self._advanced_us = now_us
        while not self._edges.empty():
            self._device.advance(now_us)
            self._device.feel(self._edges.get(), now_us)
        self._device.advance(now_us)
        self._device.fill(now_us, self._room())
        self._write()
        client = self._client
        if client is not None and client.closes_at_s is not None and time.monotonic() >= client.closes_at_s:
            self._drop("the last bytes were not taken")
        self._note_status()

    def _boot(self) -> LlrpDevice:
        self._booted_s = time.monotonic()
        self._advanced_us = 0
        return LlrpDevice(
            self.world,
            self.faults,
            personality=self.personality,
            seed=self._seed,
            utc_base_us=time.time_ns() // 1000,
            max_version=self._version,
            give_up_after_acks=self._give_up_after_acks,
            canned=self._canned,
        )

    def _reboot(self) -> None:
        log.info("virtual_reader.reboots")
        self._drop("the reader reboots")
        self._reads_before_boot += self._device.reads
        self._device = self._boot()
        self._boots_until_s = time.monotonic() + _BOOT_S

    def _note_status(self) -> None:
        now_s = time.monotonic()
        reads = self._reads_before_boot + self._device.reads
        if now_s - self._rate[-1][0] >= 0.1:
            self._rate.append((now_s, reads))
            while len(self._rate) > 2 and now_s - self._rate[0][0] > _RATE_WINDOW_S:
                self._rate.popleft()
        since_s, before = self._rate[0]
        rate = (reads - before) / max(_RATE_WINDOW_S, now_s - since_s)
        client = self._client.name if self._client else None
        device = self._device
        self._status = ReaderStatus(
            client,
            device.rospec_state,
            reads,
            round(rate, 1),
            device.tx_power_dbm,
            inputs=device.inputs,
            outputs=device.outputs,
        )

    # --- sockets --------------------------------------------------------------------------------------

    def _woken(self, _mask: int) -> None:
        self._wake_reader.recv(64)

    def _accept(self, _mask: int) -> None:
        assert self._listener is not None, "started"
        try:
            sock, (host, port, *_) = self._listener.accept()
        except OSError:
            return  # the client was gone before we looked
        now_us = self._now_us()
        if self._boots_until_s is not None:
            sock.close()
            return
        name = _spoken(host, port)
        if self._client is not None:
            self._device.another_tried(now_us)
            self._write()  # drops the old client if its link is dead: then the new one may have its place
        if self._client is not None or self.faults.is_on(Fault.REFUSE):
            log.info("virtual_reader.refused", client=name)
            self._turn_away(sock, self._device.refusal(now_us))
            return
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = _Client(sock, name, FrameCutter(), bytearray())
        self._selector.register(sock, selectors.EVENT_READ, self._ready)
        log.info("virtual_reader.connected", client=name)
        self._device.connect(now_us)
        self._write()

    def _turn_away(self, sock: socket.socket, refusal: bytes) -> None:
        with contextlib.suppress(OSError):  # whether it hears it or not, it goes
            sock.setblocking(False)
            sock.send(refusal)
            # Half-closing lets the refusal arrive even if the client has sent something we never read.
            sock.shutdown(socket.SHUT_WR)
        sock.close()

    def _ready(self, mask: int) -> None:
        client = self._client
        if client is None:
            return
        if mask & selectors.EVENT_WRITE:
            self._flush(client)
        if not mask & selectors.EVENT_READ or self._client is None:
            return
        try:
            chunk = client.sock.recv(_RECEIVE_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._drop(str(error))
            return
        if not chunk:
            self._drop("the client closed")
            return
        now_us = self._now_us()
        self._device.advance(now_us)
        try:
            for frame in client.cutter.feed(chunk):
                self._device.received(frame, now_us)
        except ProtocolError as error:
            log.warning("virtual_reader.out_of_step", client=client.name, reason=str(error))
            self._drop(str(error))
            return
        self._write()

    def _write(self) -> None:
        written = self._device.take(self._now_us())
        client = self._client
        if client is None:
            return
        client.unwritten += written
        if client.closes_at_s is None and (self._device.closing or self._device.is_broken):
            client.closes_at_s = time.monotonic() + _LINGER_S
        if client.unwritten or client.closes_at_s is not None:
            self._flush(client)

    def _flush(self, client: _Client) -> None:
        try:
            while client.unwritten:
                sent = client.sock.send(client.unwritten)
                del client.unwritten[:sent]
        except (BlockingIOError, InterruptedError):
            if len(client.unwritten) > _MAX_UNWRITTEN_BYTES:
                self._drop("the client does not read")
                return
        except OSError as error:
            self._drop(str(error))
            return
        if not client.unwritten and client.closes_at_s is not None:
            self._drop("all was said")
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.unwritten else 0)
        self._selector.modify(client.sock, events, self._ready)

    def _drop(self, reason: str) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        log.info("virtual_reader.disconnected", client=client.name, reason=reason)
        self._selector.unregister(client.sock)
        client.sock.close()
        self._device.disconnect()


def _spoken(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
