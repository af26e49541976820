"""Bytes to and from a serial module, over whatever its address names. The only importer of pyserial.

What pyserial raises is told here, and nowhere else, as `ReaderError`: besides its own SerialException (an OSError)
there are bare OSErrors, and `termios.error`, which is none (seen with pyserial 3.5, 2026-11).

- A device is opened exclusively (flock): whoever opens it besides steals bytes. pyserial opens and configures it;
  bytes go by its descriptor, in one selector with the waker, because that costs half of pyserial's own reading.
- A socket is TCP as to any reader. The device server behind it has the rate to say.
- What streams in is let gather (`reader.gathering`): a stream at 115,200 baud that wakes us for each of its frames
  costs 4.2 % of a core instead of 2.1 % (measured 2026-11).
- RFC 2217 has a thread and a queue of pyserial's own, and no descriptor: it is looked into every 20 ms. Opening it
  takes up to 5 s for the connection and 6 s for what both sides have to agree on.
"""

from __future__ import annotations

import errno
import os
import selectors
import termios
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Final, Self

import serial

from reader.errors import ReaderBusyError, ReaderGoneError
from reader.gathering import Gathering
from reader.llrp.link import Link
from reader.port import Clock
from reader.serial.address import Address, Way
from reader.serial.rate_search import RatedLink
from reader.system_reasons import reason_of
from reader.waker import Waker

__all__ = ["DeviceLink", "Rfc2217Link", "TcpLink", "open_link"]

_CONNECT_S: Final = 1.5  # one retransmission of SYN (at 1 s) and its way back
_CHUNK_BYTES: Final = 4096
_LOOK_S: Final = 0.02
_NOT_THERE: Final = (errno.ENOENT, errno.ENODEV, errno.ENXIO)
_TAKEN: Final = (errno.EAGAIN, errno.EBUSY)
_FORBIDDEN: Final = (errno.EACCES, errno.EPERM)


def open_link(address: Address, baud: int, waker: Waker, clock: Clock) -> RatedLink:
    """Return a link to ``address``, at ``baud`` where the rate is ours to set.

    Raises:
        ReaderGoneError: There is nothing, or it is not ours to open.
        ReaderBusyError: Another program has it.
    """
    if address.way is Way.DEVICE:
        return DeviceLink(address.path, baud, waker)
    if address.way is Way.RFC2217:
        return Rfc2217Link(address, baud, waker, clock)
    return TcpLink(address, waker)


@contextmanager
def _told_of(where: str, doing: str) -> Iterator[None]:
    """Turn what the system and pyserial raise into errors that a person understands."""
    try:
        yield
    except (serial.SerialException, OSError, termios.error, ValueError, NotImplementedError) as error:
        # pyserial puts termios's error into words, and its number is lost but for the context.
        first = error.__context__ if isinstance(error.__context__, termios.error) else error
        code = first.args[0] if isinstance(first, termios.error) else getattr(first, "errno", None)
        if code in _NOT_THERE:
            raise ReaderGoneError(f"there is no device {where}: is it plugged in?") from error
        if code in _TAKEN:
            raise ReaderBusyError(f"{where} is in use by another program") from error
        if code in _FORBIDDEN:
            raise ReaderGoneError(
                f"no permission to use {where}: the user has to be in the group that owns it (dialout, as a rule)"
            ) from error
        if code == errno.EIO:
            raise ReaderGoneError(f"{where} was unplugged") from error
        if code == errno.ENOTTY:
            raise ReaderGoneError(f"{where} is no serial line") from error
        raise ReaderGoneError(f"{doing} {where} failed: {reason_of(error)}") from error


class _Closed(ABC):
    """What every link here has of a context manager."""

    @abstractmethod
    def close(self) -> None:
        """Give the line back; may be called twice."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class DeviceLink(_Closed):
    """A serial device of this machine; implements `RatedLink`. Owned by one thread."""

    has_rate = True
    is_remote = False

    def __init__(self, path: str, baud: int, waker: Waker) -> None:
        self._path = path
        self._unsent = bytearray()
        with _told_of(path, "opening"):
            self._port = serial.Serial(path, baud, timeout=0, write_timeout=0, exclusive=True)
        # USB adapters gather bytes for 16 ms otherwise; what is none (a pty, an Arduino) knows no such mode.
        with suppress(ValueError, OSError, termios.error):
            self._port.set_low_latency_mode(True)
        self._descriptor = self._port.fileno()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._descriptor, selectors.EVENT_READ)
        self._selector.register(waker, selectors.EVENT_READ)
        self._gathering = Gathering(waker)

    def set_rate(self, baud: int) -> None:
        """See `RatedLink.set_rate`."""
        self._unsent.clear()
        with _told_of(self._path, f"setting {baud} baud on"):
            if self._port.baudrate != baud:
                self._port.baudrate = baud
            self._port.reset_input_buffer()

    def send(self, data: bytes) -> None:
        """See `ByteLink.send`."""
        self._unsent += data
        if not self._unsent:
            return
        self._gathering.asked()
        with _told_of(self._path, "writing to"), suppress(BlockingIOError):
            del self._unsent[: os.write(self._descriptor, self._unsent)]
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)
        self._selector.modify(self._descriptor, wanted)

    def wait(self, timeout_s: float) -> bytes | None:
        """See `ByteLink.wait`; a device that is unplugged is an error, not a closed peer."""
        return self._gathering.wait(self._selector, timeout_s, lambda: self.send(b""), self._receive)

    def _receive(self) -> bytes | None:
        with _told_of(self._path, "reading from"):
            try:
                received = os.read(self._descriptor, _CHUNK_BYTES)
            except BlockingIOError:
                return None
        if not received:  # ready, and nothing there: the system's way to say that a terminal hung up
            raise ReaderGoneError(f"{self._path} was unplugged")
        return received

    def close(self) -> None:
        """See `ByteLink.close`."""
        self._selector.close()
        with suppress(OSError, termios.error):  # what is unplugged may refuse even this; it is closed all the same
            self._port.close()


class Rfc2217Link(_Closed):
    """A module behind a device server that speaks RFC 2217, so that its rate is ours to set."""

    has_rate = True
    is_remote = True

    def __init__(self, address: Address, baud: int, waker: Waker, clock: Clock) -> None:
        self._where = str(address)
        self._waker = waker
        self._clock = clock
        # Changing the timeout later would negotiate everything anew.
        with _told_of(self._where, "opening"):
            self._port = serial.serial_for_url(self._where, baud, timeout=_LOOK_S)

    def set_rate(self, baud: int) -> None:
        """See `RatedLink.set_rate`."""
        with _told_of(self._where, f"setting {baud} baud on"):
            if self._port.baudrate != baud:
                self._port.baudrate = baud
            self._port.reset_input_buffer()

    def send(self, data: bytes) -> None:
        """See `ByteLink.send`; requests are small, so the network takes them at once."""
        if data:
            with _told_of(self._where, "writing to"):
                self._port.write(data)

    def wait(self, timeout_s: float) -> bytes | None:
        """See `ByteLink.wait`; a wake-up is seen within 20 ms."""
        until_s = self._clock.monotonic_s() + timeout_s
        with selectors.DefaultSelector() as selector:
            selector.register(self._waker, selectors.EVENT_READ)
            while True:
                with _told_of(self._where, "reading from"):
                    received = self._port.read(_CHUNK_BYTES)
                if received:
                    return bytes(received)
                if selector.select(0):
                    self._waker.clear()
                    return None
                if self._clock.monotonic_s() >= until_s:
                    return None

    def close(self) -> None:
        """See `ByteLink.close`."""
        with suppress(OSError):  # pyserial shuts down a socket that may be gone
            self._port.close()


class TcpLink(_Closed):
    """A module behind a device server's raw TCP port; the server has the rate to say."""

    has_rate = False
    is_remote = True

    def __init__(self, address: Address, waker: Waker) -> None:
        self._link = Link.connect(address.host, address.port, _CONNECT_S, waker)

    def set_rate(self, baud: int) -> None:
        """Do nothing: see `has_rate`."""

    def send(self, data: bytes) -> None:
        """See `ByteLink.send`."""
        self._link.send(data)

    def wait(self, timeout_s: float) -> bytes | None:
        """See `ByteLink.wait`."""
        return self._link.wait(timeout_s)

    def close(self) -> None:
        """See `ByteLink.close`."""
        self._link.close()
