"""The server of a virtual serial module: one thread that owns the line and the module.

1. Bytes take their time in both directions, ten bits each at the rate in force; a client at another rate, at the
   moment when they arrive, hears and says noise.
2. The module is asked for a frame only while the wire has room, so that what the line cannot carry piles up in the
   module, where it stops the radio as in a real one.
3. What the client does not take in time is lost, as a UART loses it; only an unpaced line waits for its client.
4. Unplugging takes the tty (or the client's connection) away and the power with it; plugging in again is a reboot.

Only this thread touches the module; others see `status`, which it replaces, and leave wishes (`set_plugged`).
"""

from __future__ import annotations

import random
import selectors
import threading
import time
from collections import deque
from pathlib import Path

import structlog

from reader.virtual.control import ReaderStatus
from reader.virtual.faults import Fault, Faults
from reader.virtual.jacks import Jack, PtyJack, TcpJack
from reader.virtual.serial.module import SerialModule
from reader.virtual.serial.spoiler import Spoiler
from reader.virtual.serial.wire import Wire, garbled
from reader.waker import Waker

__all__ = ["VirtualSerialReader"]

log = structlog.get_logger()

_AHEAD_US = 30_000  # of line time kept on the wire: enough for a thread that wakes late
_FLOOD_BYTES = 65536  # the same where the line is not paced
_ASLEEP_US = 1_000_000  # a gap that only a stopped machine makes; the air is not played for it
_IDLE_US = 250_000  # faults and wishes are looked for this often
_BOOT_US = 2_000_000
_LOOSE_US = 1_000_000  # how long the link stays away after a frame that broke in the middle
_RATE_WINDOW_S = 1.0


class VirtualSerialReader:
    """A module behind a pty or a TCP port, from `start` to `stop`; both return once it is so.

    module: begins at the rate that the line has. pty_link: where the tty's name is kept; else address: host and
    port, 0 takes any free one. is_paced: False carries bytes as fast as the machine can, for benches.
    """

    def __init__(
        self,
        module: SerialModule,
        *,
        pty_link: Path | None = None,
        address: tuple[str, int] | None = None,
        faults: Faults | None = None,
        seed: int = 1,
        is_paced: bool = True,
    ) -> None:
        assert (pty_link is None) != (address is None), "either a pty or an address"
        self.faults = faults or Faults()
        self._module = module
        self._is_paced = is_paced
        self._random = random.Random(f"{seed}/noise")
        self._selector = selectors.DefaultSelector()
        self._waker = Waker()
        self._jack: Jack
        if pty_link is not None:
            self._jack = PtyJack(pty_link, module.baud, self._selector)
        else:
            assert address is not None, "checked above"
            self._jack = TcpJack(address, module.baud, self._selector)
        self._spoiler = Spoiler(self.faults, seed)
        self._inward, self._outward = Wire(is_paced=is_paced), Wire(is_paced=is_paced)
        self._unwritten = bytearray()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._wanted_plugged = True
        self._loose_until_us: int | None = None
        self._boots_until_us: int | None = None
        self._started_s = 0.0
        self._advanced_us = 0
        self._rate: deque[tuple[float, int]] = deque([(0.0, 0)], maxlen=64)
        self._status = ReaderStatus(None, "inactive", 0, 0.0, None)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that it listens on; only after `start`, and only without a pty."""
        assert isinstance(self._jack, TcpJack), "it has a pty"
        return self._jack.address

    @property
    def spoken(self) -> str:
        """Where a client finds it: the link's path, or HOST:PORT; only after `start`."""
        return self._jack.spoken

    @property
    def is_serving(self) -> bool:
        """Whether its thread lives; false before `start`, after `stop`, and if it died of a fault of ours."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def is_plugged(self) -> bool:
        """Whether a client can reach the module now."""
        return self._jack.is_plugged

    def status(self) -> ReaderStatus:
        """Return what it is doing, at most a tenth of a second old while it reads."""
        return self._status

    def start(self) -> None:
        """Plug it in, and serve from a thread of its own.

        Raises:
            SceneError: The pty's link cannot be made.
            OSError: The address cannot be bound.
        """
        self._jack.plug()
        self._selector.register(self._waker, selectors.EVENT_READ)
        self._started_s = time.monotonic()
        self._thread = threading.Thread(target=self._serve, name="virtual-serial-reader", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Unplug it for good; may be called twice, and after a `start` that failed."""
        if self._thread is not None:
            self._stopping = True
            self._waker.wake()
            self._thread.join()
            self._thread = None
        self._selector.close()
        self._waker.close()

    def set_plugged(self, is_plugged: bool) -> None:
        """Pull the plug, or put it in again, from any thread; takes effect soon, this does not wait for it."""
        self._wanted_plugged = is_plugged
        self._waker.wake()

    # --- the thread -----------------------------------------------------------------------------------

    def _serve(self) -> None:
        try:
            while not self._stopping:
                has_come = self._selector.select(self._pause_s())
                self._jack.refuse(self.faults.is_on(Fault.REFUSE))
                if has_come:
                    self._waker.clear()
                    self._hear()
                self._pass_time()
        except BaseException:
            log.exception("virtual_module.died")
            raise
        finally:
            self._jack.close()

    def _now_us(self) -> int:
        return int((time.monotonic() - self._started_s) * 1e6)

    def _pause_s(self) -> float:
        now_us = self._now_us()
        waits = [self._inward.due_us(), self._outward.due_us(), self._boots_until_us, self._loose_until_us]
        if self._boots_until_us is None and self._jack.is_plugged:
            waits.append(self._module.next_due_us(now_us))
        due_us = min([now_us + _IDLE_US, *(wait for wait in waits if wait is not None)])
        if self._unwritten:
            due_us = min(due_us, now_us + 1000)  # the client's buffer is full: look again in a moment
        return max(0.0, (due_us - now_us) / 1e6)

    def _hear(self) -> None:
        heard = self._jack.read()
        if not heard:
            return
        far_baud, baud = self._jack.far_baud, self._module.baud
        if far_baud != baud:
            heard = garbled(heard, far_baud, baud, self._random)
        self._inward.put(heard, baud, self._now_us())  # noise is as long as what was said, and has the ear's rate

    def _pass_time(self) -> None:
        now_us = self._now_us()
        self._obey_wishes(now_us)
        if self._jack.is_plugged and self._is_up(now_us):
            if now_us - self._advanced_us > _ASLEEP_US:
                self._module.skip_to(now_us)
            heard = self._inward.take(now_us)
            if heard:
                self._module.received(heard, now_us)
            self._module.advance(now_us)
            self._say(now_us)
        self._advanced_us = now_us
        self._write(now_us)
        self._note_status()

    def _is_up(self, now_us: int) -> bool:
        if self._boots_until_us is not None and now_us >= self._boots_until_us:
            self._boots_until_us = None
        if self._boots_until_us is not None:
            self._inward.take(now_us)  # nobody listens
        return self._boots_until_us is None

    def _obey_wishes(self, now_us: int) -> None:
        if self.faults.take(Fault.REBOOT):
            log.info("virtual_module.reboots")
            self._power_on(now_us)
            self._boots_until_us = now_us + _BOOT_US
        if self._loose_until_us is not None:
            if now_us < self._loose_until_us:
                return
            self._loose_until_us = None
            if self._wanted_plugged:
                self._jack.plug()
        if self._wanted_plugged == self._jack.is_plugged:
            return
        log.info("virtual_module.plugged" if self._wanted_plugged else "virtual_module.unplugged")
        if self._wanted_plugged:
            self._power_on(now_us)
            self._jack.plug()
        else:
            self._jack.unplug()
            self._forget_line()

    def _power_on(self, now_us: int) -> None:
        self._module.reboot(now_us)
        self._forget_line()

    def _forget_line(self) -> None:
        self._inward.clear()
        self._outward.clear()
        self._unwritten.clear()

    def _say(self, now_us: int) -> None:
        lost = 0  # bytes that a fault keeps off the wire fill no line: the module may have more of them for ever
        while self._has_room(now_us) and lost < _FLOOD_BYTES:
            baud = self._module.baud
            said = self._module.take(now_us)
            if said is None:
                return
            spoiled = self._spoiler.spoil(said)
            lost += 0 if spoiled.octets else len(said.frame)
            self._outward.put(spoiled.octets, baud, now_us, spoiled.delay_us)
            if spoiled.drops:
                self._come_loose(now_us)
                return

    def _has_room(self, now_us: int) -> bool:
        if self._is_paced:
            return self._outward.ahead_us(now_us) < _AHEAD_US
        if len(self._unwritten) < _FLOOD_BYTES:
            self._unwritten += self._through(now_us)
        return len(self._unwritten) < _FLOOD_BYTES

    def _come_loose(self, now_us: int) -> None:
        """Lose the link for a moment, with what was already on the wire still through."""
        self._unwritten += self._through(now_us + _ASLEEP_US)
        self._write(now_us)
        log.info("virtual_module.came_loose")
        self._jack.unplug()
        self._forget_line()
        self._loose_until_us = now_us + _LOOSE_US

    def _write(self, now_us: int) -> None:
        self._unwritten += self._through(now_us)
        if not self._unwritten:
            return
        del self._unwritten[: self._jack.write(bytes(self._unwritten))]
        if self._is_paced and self._unwritten:
            log.debug("virtual_module.overrun", bytes=len(self._unwritten))
            self._unwritten.clear()

    def _through(self, now_us: int) -> bytes:
        """Return what the client hears by ``now_us``; at another rate than the bytes were sent at it is noise."""
        pieces = self._outward.through(now_us)
        if not pieces:
            return b""
        ear_baud = self._jack.far_baud
        return b"".join(
            octets if baud == ear_baud else garbled(octets, baud, ear_baud, self._random) for octets, baud in pieces
        )

    def _note_status(self) -> None:
        now_s, reads = time.monotonic(), self._module.reads
        if now_s - self._rate[-1][0] >= 0.1:
            self._rate.append((now_s, reads))
            while len(self._rate) > 2 and now_s - self._rate[0][0] > _RATE_WINDOW_S:
                self._rate.popleft()
        since_s, before = self._rate[0]
        rate = (reads - before) / max(_RATE_WINDOW_S, now_s - since_s)
        state = "active" if self._module.is_reading else "inactive"
        self._status = ReaderStatus(self._jack.client, state, reads, round(rate, 1), self._module.tx_power_dbm)
