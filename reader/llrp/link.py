"""A TCP connection to a reader that never blocks longer than it is told, and can be woken from another thread."""

from __future__ import annotations

import errno
import os
import selectors
import socket
from contextlib import suppress
from types import TracebackType
from typing import Final

from reader.errors import ProfileError, ReaderGoneError
from reader.gathering import Gathering
from reader.system_reasons import reason_of
from reader.waker import Waker

__all__ = ["DEFAULT_PORT", "Link", "host_and_port"]

DEFAULT_PORT: Final = 5084  # LLRP 1.1, section 8: assigned by IANA
_CHUNK_BYTES: Final = 1 << 16
# All that is ever sent at once is a ROSpec, of a few hundred bytes; a reader that leaves this much lying is gone.
_MAX_UNSENT_BYTES: Final = 1 << 16


def host_and_port(address: str) -> tuple[str, int]:
    """Split ``host``, ``host:port``, ``[v6]`` or ``[v6]:port``; a bare IPv6 address is taken as it is.

    Raises:
        ProfileError: It is none of these.
    """
    if "/" in address:
        raise ProfileError(f"{address} is a device; LLRP wants HOST:PORT")
    host, port = address, ""
    if address.startswith("["):
        host, closed, rest = address[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise ProfileError(f"{address!r} is no address; expected host:port or [v6]:port")
        port = rest[1:]
    elif address.count(":") == 1:
        host, _, port = address.partition(":")
    if not host or (port and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536)):
        raise ProfileError(f"{address!r} is no address; expected host:port or [v6]:port")
    return host, int(port) if port else DEFAULT_PORT


class Link:
    """One connection. Owned by one thread; only its `Waker` is touched by others."""

    def __init__(self, connected: socket.socket, waker: Waker) -> None:
        self._socket = connected
        self._unsent = bytearray()
        self._gathering = Gathering(waker)
        self._selector = selectors.DefaultSelector()
        self._selector.register(connected, selectors.EVENT_READ)
        self._selector.register(waker, selectors.EVENT_READ)

    @classmethod
    def connect(cls, host: str, port: int, timeout_s: float, waker: Waker) -> Link:
        """Connect to the first address of ``host`` that answers; a wake-up ends the attempt.

        Raises:
            ReaderGoneError: No address answered in time, the name is not known, or the attempt was ended.
        """
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise ReaderGoneError(f"{host} is not known: is the name right, and is this box on the network?") from error
        reason = "no address"
        for family, kind, protocol, _, address in found:
            connecting = socket.socket(family, kind, protocol)
            try:
                _connect_within(connecting, address, timeout_s / len(found), waker)
            except OSError as error:
                connecting.close()
                reason = reason_of(error)
                continue
            # Requests are small and waited for; Nagle would hold each back for the acknowledgement of the last.
            connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return cls(connecting, waker)
        raise ReaderGoneError(f"{host}:{port} does not answer: {reason}")

    def send(self, data: bytes) -> None:
        """Queue ``data`` and send what the connection takes now; `wait` sends the rest.

        Raises:
            ReaderGoneError: The connection is broken, or the reader has not taken anything for so long that more
                than `_MAX_UNSENT_BYTES` wait for it.
        """
        self._unsent += data
        if not self._unsent:
            return
        self._gathering.asked()
        try:
            with suppress(BlockingIOError):  # the peer is slow; `wait` goes on when it takes more
                del self._unsent[: self._socket.send(self._unsent)]
        except OSError as error:
            raise ReaderGoneError(f"the connection broke: {reason_of(error)}") from error
        if len(self._unsent) > _MAX_UNSENT_BYTES:
            raise ReaderGoneError(f"the reader does not take what it is sent: {len(self._unsent)} bytes wait")
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)
        self._selector.modify(self._socket, wanted)

    def wait(self, timeout_s: float) -> bytes | None:
        """Return bytes that arrived, empty when the reader closed, or None after ``timeout_s`` or a wake-up.

        Raises:
            ReaderGoneError: The connection is broken.
        """
        return self._gathering.wait(self._selector, timeout_s, lambda: self.send(b""), self._receive)

    def _receive(self) -> bytes | None:
        try:
            return self._socket.recv(_CHUNK_BYTES)
        except BlockingIOError:
            return None
        except OSError as error:
            raise ReaderGoneError(f"the connection broke: {reason_of(error)}") from error

    def close(self) -> None:
        """Close the connection; the waker stays."""
        self._selector.close()
        self._socket.close()

    def __enter__(self) -> Link:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _connect_within(connecting: socket.socket, address: object, timeout_s: float, waker: Waker) -> None:
    """Connect a socket and leave it non-blocking; OSError when that fails, takes too long or is woken."""
    connecting.setblocking(False)
    code = connecting.connect_ex(address)  # type: ignore[arg-type]  # whatever getaddrinfo gave for this family
    if code == errno.EINPROGRESS:
        with selectors.DefaultSelector() as selector:
            selector.register(connecting, selectors.EVENT_WRITE)
            selector.register(waker, selectors.EVENT_READ)
            ready = {key.fileobj for key, _ in selector.select(timeout_s)}
        if connecting not in ready:
            raise TimeoutError(*(("the attempt was ended",) if waker in ready else (errno.ETIMEDOUT, "no answer")))
        code = connecting.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))
