"""Lets what streams in gather for a moment, so that a stream does not wake us for each of its messages.

Waking up is dearer than what is then done, because the caches are cold: at a reader's best of 1,200 reads/s a wake-up
for each report took 3.3 % of a core in reports of ten tags and 7.5 % in reports of one; gathered, they take 1.7 % and
2.3 % (measured 2026-11 on two shared cores, see bench/llrp_stream.py and bench/serial_wire.py). A read that comes in
a stream is told 10 ms later on average; who lays goods on the pad waits for ten and more reads of each.

1. The first bytes after a silence are never kept waiting; neither are answers to what was sent, nor the few messages
   that may have been under way before them.
2. What is many already is not gathered: at full speed the pauses would be all that limits a link. A single small rest
   of it is no sign that it has slowed down.
3. A wake-up ends the rest.
"""

from __future__ import annotations

import select
import selectors
from collections.abc import Callable
from typing import Final

from reader.waker import Waker

__all__ = ["Gathering"]

_GATHER_S: Final = 0.02  # a tty's buffer holds 4 kB: 44 ms at 921,600 baud
_MANY_BYTES: Final = 4096
_STREAM: Final = 2
_BEFORE_THE_ANSWER: Final = 8  # messages that a reader may send before it answers


class Gathering:
    """Decides when to rest, and rests; for one link, by the thread that owns it."""

    def __init__(self, waker: Waker) -> None:
        self._waker = waker
        self._woken = select.poll()
        self._woken.register(waker, select.POLLIN)
        self._awaited = 0  # how many more times bytes are to be taken at once
        self._small_in_a_row = 0

    def asked(self) -> None:
        """Take notice that something was sent: what comes next is waited for."""
        self._awaited = _BEFORE_THE_ANSWER

    def came(self, received: bytes | None) -> None:
        """Take notice of what a wait brought."""
        is_small = received is not None and 0 < len(received) < _MANY_BYTES
        self._small_in_a_row = self._small_in_a_row + 1 if is_small else 0
        if received and self._awaited:
            self._awaited -= 1

    def wait(
        self,
        selector: selectors.BaseSelector,
        timeout_s: float,
        send_rest: Callable[[], None],
        receive: Callable[[], bytes | None],
    ) -> bytes | None:
        """Wait for ``selector``, which has the waker and the link's descriptor; return what was received.

        None after ``timeout_s``, or a wake-up. Raises what ``send_rest`` and ``receive`` raise.
        """
        if self.is_woken(timeout_s):
            timeout_s = 0.0
        received: bytes | None = None
        for key, ready in selector.select(max(0.0, timeout_s)):
            if key.fileobj is self._waker:
                self._waker.clear()
                continue
            if ready & selectors.EVENT_WRITE:
                send_rest()
            if ready & selectors.EVENT_READ:
                received = receive()
        self.came(received)
        return received

    def is_woken(self, timeout_s: float) -> bool:
        """Rest where bytes are streaming in, at most ``timeout_s``; return whether a wake-up ended it."""
        if self._awaited or self._small_in_a_row < _STREAM:
            return False
        return bool(self._woken.poll(1000 * min(_GATHER_S, max(0.0, timeout_s))))
