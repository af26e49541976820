"""What a reader is, asked without changing anything and without ever transmitting."""

from __future__ import annotations

from typing import Final

from reader.errors import ReaderGoneError, ReaderTimeoutError
from reader.host_clock import HostClock
from reader.llrp import control
from reader.llrp.asking import Asking, Ended, Patience
from reader.llrp.frames import Framer
from reader.llrp.handshake import Survey, closing, is_welcome, survey
from reader.llrp.link import Link, host_and_port
from reader.waker import Waker

__all__ = ["Survey", "surveyed"]

_NOTIFICATION: Final = 63


def surveyed(address: str, timeout_s: float = 10.0) -> Survey:
    """Connect to the reader at ``address``, ask what it is, and leave.

    Nothing is set, deleted or started: whatever the reader does by itself it goes on doing.

    Args:
        address: host:port or [v6]:port; 5084 where the port is left out.
        timeout_s: For all of it.

    Raises:
        ProfileError: The address is none.
        ReaderGoneError: Nobody answers there, or the connection broke.
        ReaderBusyError: Another client has the reader.
        ReaderTimeoutError: The reader took the connection and did not say what it is in time.
        ReaderRefusedError, ProtocolError: The reader did not say it, or in words that are no LLRP.
    """
    host, port = host_and_port(address)
    clock = HostClock()
    due_s = clock.monotonic_s() + timeout_s
    waker = Waker()
    try:
        with Link.connect(host, port, timeout_s, waker) as link:
            visit = _Visit(timeout_s)
            while not visit.is_over:
                link.send(visit.take_outgoing())
                received = link.wait(min(due_s, visit.due_s) - clock.monotonic_s())
                now_s = clock.monotonic_s()
                if received is not None:
                    visit.receive(received, now_s)
                visit.tick(now_s)
                if now_s >= due_s:
                    break
    finally:
        waker.close()
    if visit.found is None:
        raise ReaderTimeoutError(f"{address} took the connection and did not say what it is within {timeout_s:g} s")
    return visit.found


class _Visit:
    """One connection that only asks, from the welcome to the farewell."""

    def __init__(self, timeout_s: float) -> None:
        self.found: Survey | None = None
        self.is_over = False
        self._outgoing = bytearray()
        # Four requests share the time; a reader that is slow is waited for, one that is mute is not.
        self._asking = Asking(self._outgoing.extend, Patience(timeout_s / 4))
        self._framer = Framer()
        self._is_welcome = False

    @property
    def due_s(self) -> float:
        return self._asking.due_s

    def take_outgoing(self) -> bytes:
        taken = bytes(self._outgoing)
        self._outgoing.clear()
        return taken

    def receive(self, received: bytes, now_s: float) -> None:
        if not received:
            if self.found is None:
                raise ReaderGoneError("the reader closed the connection")
            self.is_over = True
            return
        for frame in self._framer.feed(received):
            if self._asking.is_answered_by(frame):
                self._go_on(self._asking.take(frame, now_s), now_s)
            elif frame.type == _NOTIFICATION and not self._is_welcome:
                attempt = control.notification_of(frame).connection_attempt
                if attempt is not None and is_welcome(attempt):
                    self._is_welcome = True
                    self._asking.run(survey(), now_s)

    def tick(self, now_s: float) -> None:
        self._go_on(self._asking.tick(now_s), now_s)

    def _go_on(self, ended: Ended | None, now_s: float) -> None:
        if ended is None:
            return
        if self.found is not None:
            self.is_over = True
            return
        self.found = found = ended.value
        self._asking.run(closing(found.current_version), now_s)
