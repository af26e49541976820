"""A scripted reader behind a real TCP port, for tests of the driver's thread and socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from tests.reader.llrp.line import ScriptedReader, report, tag, welcome


class TcpReader:
    """Accepts one client after the other, each on a new script.

    Attributes:
        scripts: The script of each connection so far.
        greeting: What a new connection is told.
        after_start: Bytes to send when START_ROSPEC was answered, by the number of the connection from 0.
    """

    def __init__(self, family: socket.AddressFamily = socket.AF_INET) -> None:
        self.scripts: list[ScriptedReader] = []
        self.greeting = welcome()
        self.after_start: Callable[[int], bytes] = lambda _: report(tag())
        self.new_script: Callable[[], ScriptedReader] = ScriptedReader
        self._server = socket.create_server(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0), family=family)
        self._client: socket.socket | None = None
        self._told = threading.Condition()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        host, port = self._server.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def wait_for_requests(self, number: int, connection: int = 0) -> None:
        """Wait until the given connection was asked for ``number`` (a message type)."""
        with self._told:
            assert self._told.wait_for(
                lambda: len(self.scripts) > connection and number in self.scripts[connection].asked, timeout=10
            )

    def wait_for_connections(self, count: int) -> None:
        with self._told:
            assert self._told.wait_for(lambda: len(self.scripts) >= count, timeout=10)

    def send(self, data: bytes) -> None:
        assert self._client is not None
        self._client.sendall(data)

    def cut(self) -> None:
        """Drop the client without a word."""
        assert self._client is not None
        self._client.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return  # closed: the test is over
            with client:
                self._converse(client)

    def _converse(self, client: socket.socket) -> None:
        script = self.new_script()
        with self._told:
            self._client = client
            number = len(self.scripts)
            self.scripts.append(script)
            self._told.notify_all()
        try:
            client.sendall(self.greeting)
            while received := client.recv(65536):
                has_started = 22 in script.asked
                client.sendall(script.feed(received))
                with self._told:
                    self._told.notify_all()
                if 22 in script.asked and not has_started:
                    client.sendall(self.after_start(number))
                if 14 in script.asked:
                    return
        except OSError:
            return  # cut, by the test or by the driver

    def __enter__(self) -> TcpReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # A thread that waits in accept is not woken by close alone.
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        if self._client is not None:
            with suppress(OSError):
                self._client.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
