"""Where a virtual serial module is plugged in: a pseudo terminal, or a TCP port as a serial device server opens it."""

from __future__ import annotations

import contextlib
import selectors
import socket
from pathlib import Path
from typing import Protocol

import structlog

from reader.virtual.pseudo_terminal import PseudoTerminal

__all__ = ["Jack", "PtyJack", "TcpJack"]

log = structlog.get_logger()

_RECEIVE_BYTES = 65536


class Jack(Protocol):
    """A place for one plug. Must implement: everything here. Used by one thread."""

    @property
    def spoken(self) -> str:
        """How people are told where it is."""

    @property
    def client(self) -> str | None:
        """Who is at the other end, as far as can be known."""

    @property
    def is_plugged(self) -> bool:
        """Whether a client can reach the module."""

    @property
    def far_baud(self) -> int:
        """The rate at the other end of the line."""

    def plug(self) -> None:
        """Let clients reach the module.

        Raises:
            SceneError, OSError: The address or name cannot be had.
        """

    def unplug(self) -> None:
        """End the client's link; nobody reaches the module until it is plugged in again."""

    def read(self) -> bytes:
        """Return what the client sent since; empty where it sent nothing. Takes and turns away clients."""

    def write(self, octets: bytes) -> int:
        """Return how many of ``octets`` went; where nobody listens, all go nowhere."""

    def refuse(self, is_taken: bool) -> None:
        """Let whoever comes find it taken by somebody else, or free again; who is there already stays."""

    def close(self) -> None:
        """Give everything back; may be called twice."""


class PtyJack:
    """A pseudo terminal whose slave is found at ``link``; ``baud`` is its rate until a client sets one."""

    def __init__(self, link: Path, baud: int, selector: selectors.BaseSelector) -> None:
        self._link = link
        self._baud = baud
        self._selector = selector
        self._terminal: PseudoTerminal | None = None
        self._was_heard = False

    @property
    def spoken(self) -> str:
        """The link's path."""
        return str(self._link)

    @property
    def client(self) -> str | None:
        """The link, once somebody wrote to it: a pty does not tell who opened it."""
        return self.spoken if self._was_heard and self._terminal is not None else None

    @property
    def is_plugged(self) -> bool:
        """Whether the tty is there."""
        return self._terminal is not None

    @property
    def far_baud(self) -> int:
        """The rate that the client set last."""
        return self._terminal.client_baud if self._terminal is not None else self._baud

    def plug(self) -> None:
        """Make the pty and its link.

        Raises:
            SceneError: The link's path is taken by something else.
        """
        if self._terminal is None:
            self._terminal = PseudoTerminal(self._link, self._baud)
            self._selector.register(self._terminal, selectors.EVENT_READ)

    def unplug(self) -> None:
        """Take the pty away; the next one has another number."""
        terminal, self._terminal = self._terminal, None
        if terminal is not None:
            self._selector.unregister(terminal)
            terminal.close()
        self._was_heard = False

    def read(self) -> bytes:
        """Return what was written to the tty."""
        heard = self._terminal.read() if self._terminal is not None else b""
        self._was_heard = self._was_heard or bool(heard)
        return heard

    def write(self, octets: bytes) -> int:
        """Return how many bytes the tty had room for."""
        return self._terminal.write(octets) if self._terminal is not None else len(octets)

    def refuse(self, is_taken: bool) -> None:
        """Hold the lock that a client that wants the tty for itself would take; not while a client has it."""
        if self._terminal is not None:
            self._terminal.occupy(is_taken)

    def close(self) -> None:
        """Take the pty and its link away."""
        self.unplug()


class TcpJack:
    """A TCP port that carries the module's bytes for one client at a time, as `socket://` expects.

    The rate on the module's side is ``baud`` for ever, as configured in a device server: a module that changes its
    own rate is not understood any more.
    """

    def __init__(self, address: tuple[str, int], baud: int, selector: selectors.BaseSelector) -> None:
        self._wanted = address
        self._baud = baud
        self._is_taken = False
        self._selector = selector
        self._listener: socket.socket | None = None
        self._peer: socket.socket | None = None
        self._name = ""
        self._plugged = False

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that it listens on; only after `plug`."""
        assert self._listener is not None, "plug it in first"
        host, port = self._listener.getsockname()[:2]
        return str(host), int(port)

    @property
    def spoken(self) -> str:
        """HOST:PORT."""
        return _spoken(*self.address)

    @property
    def client(self) -> str | None:
        """HOST:PORT of who is connected."""
        return self._name if self._peer is not None else None

    @property
    def is_plugged(self) -> bool:
        """Whether it takes clients."""
        return self._plugged

    @property
    def far_baud(self) -> int:
        """The rate of the device server, whatever the client wants."""
        return self._baud

    def plug(self) -> None:
        """Listen.

        Raises:
            OSError: The address cannot be bound.
        """
        if self._listener is None:
            family = socket.AF_INET6 if ":" in self._wanted[0] else socket.AF_INET
            self._listener = socket.create_server(self._wanted, family=family, backlog=8)
            self._listener.setblocking(False)
            self._selector.register(self._listener, selectors.EVENT_READ)
        self._plugged = True

    def unplug(self) -> None:
        """Drop the client and turn away the next. The port stays bound, or somebody else might have it then."""
        self._drop("unplugged")
        self._plugged = False

    def read(self) -> bytes:
        """Return what the present client sent; take or turn away a new one."""
        heard = self._receive()  # first, so that a client that left and came again finds its place free
        self._accept()
        return heard

    def _receive(self) -> bytes:
        if self._peer is None:
            return b""
        try:
            heard = self._peer.recv(_RECEIVE_BYTES)
        except (BlockingIOError, InterruptedError):
            return b""
        except OSError as error:
            self._drop(str(error))
            return b""
        if not heard:
            self._drop("the client closed")
        return heard

    def write(self, octets: bytes) -> int:
        """Return how many bytes the socket took."""
        if self._peer is None:
            return len(octets)
        try:
            return self._peer.send(octets)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            self._drop(str(error))
            return len(octets)

    def refuse(self, is_taken: bool) -> None:
        """Turn away whoever connects from now on."""
        self._is_taken = is_taken

    def close(self) -> None:
        """Stop listening."""
        self.unplug()
        listener, self._listener = self._listener, None
        if listener is not None:
            self._selector.unregister(listener)
            listener.close()

    def _accept(self) -> None:
        assert self._listener is not None, "plugged in"
        try:
            peer, (host, port, *_) = self._listener.accept()
        except OSError:
            return  # nobody, or gone before we looked
        if not self._plugged or self._peer is not None or self._is_taken:
            log.info("virtual_module.refused", client=_spoken(host, port))
            peer.close()
            return
        peer.setblocking(False)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._peer, self._name = peer, _spoken(host, port)
        self._selector.register(peer, selectors.EVENT_READ)
        log.info("virtual_module.connected", client=self._name)

    def _drop(self, reason: str) -> None:
        peer, self._peer = self._peer, None
        if peer is None:
            return
        log.info("virtual_module.disconnected", client=self._name, reason=reason)
        self._selector.unregister(peer)
        with contextlib.suppress(OSError):  # the client may have closed already
            peer.shutdown(socket.SHUT_RDWR)
        peer.close()


def _spoken(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
