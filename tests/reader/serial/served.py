"""A scripted Mercury module behind a pty that can be unplugged, or behind TCP. One thread; while it streams, a tag and
a keep-alive come every 20 ms.
"""

from __future__ import annotations

import os
import select
import socket
import termios
import threading
import tty
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from tests.reader.serial.mercury_script import KEEP_ALIVE, Script, tag_frame

_PERIOD_S = 0.02
_CODES = {57_600: termios.B57600, 115_200: termios.B115200, 9600: termios.B9600}
NOISE = b"\x00\xf7\xff\x13\x80\x9c"


class Tty:
    """A pty whose far end has a stable name: what a client opens as a device."""

    def __init__(self, name: Path) -> None:
        self.name = name
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        name.unlink(missing_ok=True)
        name.symlink_to(os.ttyname(self._slave))

    def baud_code(self) -> int:
        """What the client set, as termios says it."""
        code: int = termios.tcgetattr(self.master)[4]
        return code

    def unplug(self) -> None:
        self.name.unlink(missing_ok=True)
        os.close(self._slave)
        os.close(self.master)

    def __enter__(self) -> Tty:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self.unplug()


class ServedTty:
    """Serves ``script`` on a pty at ``baud``; at any other rate, and at all where it is None, it answers noise."""

    def __init__(self, name: Path, script: Script, baud: int | None = 115_200) -> None:
        self._name = name
        self._script = script
        self._code = None if baud is None else _CODES[baud]
        self._over = threading.Event()
        self._tty = Tty(name)
        self._thread = threading.Thread(target=self._run, args=(self._tty,))
        self._thread.start()

    def unplug(self) -> None:
        self._over.set()
        self._thread.join()
        self._tty.unplug()
        self._script.is_streaming = False

    def plug(self) -> None:
        self._over.clear()
        self._tty = Tty(self._name)
        self._thread = threading.Thread(target=self._run, args=(self._tty,))
        self._thread.start()

    def _run(self, line: Tty) -> None:
        while not self._over.is_set():
            ready, _, _ = select.select([line.master], [], [], _PERIOD_S)
            said = b""
            if ready:
                heard = os.read(line.master, 4096)
                said = self._script.hear(heard) if line.baud_code() == self._code else NOISE
            elif self._script.is_streaming:
                said = tag_frame(ms=1) + KEEP_ALIVE
            if said:
                os.write(line.master, said)

    def __enter__(self) -> ServedTty:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if not self._over.is_set():
            self.unplug()


class ServedTcp:
    """Serves ``script`` to one client after another."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._over = threading.Event()
        self._client: socket.socket | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def cut(self) -> None:
        """Break the connection of the client that is there."""
        if self._client is not None:
            with suppress(OSError):
                self._client.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        while not self._over.is_set():
            if not select.select([self._listening], [], [], _PERIOD_S)[0]:
                continue
            self._client, _ = self._listening.accept()
            with self._client as client, suppress(OSError):
                self._serve(client)
            self._script.is_streaming = False

    def _serve(self, client: socket.socket) -> None:
        while not self._over.is_set():
            ready, _, _ = select.select([client], [], [], _PERIOD_S)
            said = b""
            if ready:
                heard = client.recv(4096)
                if not heard:
                    return
                said = self._script.hear(heard)
            elif self._script.is_streaming:
                said = tag_frame(ms=1) + KEEP_ALIVE
            if said:
                client.sendall(said)

    def __enter__(self) -> ServedTcp:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self._listening.close()
