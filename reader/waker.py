"""Ends another thread's wait on a selector."""

from __future__ import annotations

import selectors
import socket
from contextlib import suppress

__all__ = ["Waker"]


class Waker:
    """Ends another thread's wait on a selector."""

    def __init__(self) -> None:
        self._reading, self._writing = socket.socketpair()
        self._reading.setblocking(False)
        self._writing.setblocking(False)

    def fileno(self) -> int:
        """The descriptor that becomes readable."""
        return self._reading.fileno()

    def wake(self) -> None:
        """End the wait; may be called from any thread, any number of times."""
        with suppress(OSError):  # it is full of wake-ups already, or closed: nobody waits any more
            self._writing.send(b"\0")

    def wait(self, timeout_s: float) -> None:
        """Wait for a wake-up, at most ``timeout_s``."""
        with selectors.DefaultSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            selector.select(max(0.0, timeout_s))

    def clear(self) -> None:
        """Take the wake-ups that were sent."""
        with suppress(BlockingIOError):
            while self._reading.recv(1024):
                continue

    def close(self) -> None:
        """Give both ends back."""
        self._reading.close()
        self._writing.close()
