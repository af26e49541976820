"""The server under the pages: waitress, set for live streams, and stopped without leaving one behind."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

import waitress  # type: ignore[import-untyped]  # waitress publishes no types
from flask import Flask
from waitress import wasyncore  # waitress has no public way to leave its loop

from kiosk_ui.events import StreamSlots
from kiosk_ui.security import BODY_LIMIT

__all__ = ["PageServer"]

_BACKLOG = 128
_CONNECTION_LIMIT = 400  # idle keep-alive connections included; each costs one descriptor, not a thread
_LOOP_S = 1.0


class PageServer:
    """Serves an application of `create_app` on one address. It listens as soon as it is made.

    Raises:
        OSError: The address cannot be had.
    """

    def __init__(self, app: Flask, host: str, port: int, *, threads: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        self.host, self.port = self._socket.getsockname()[:2]
        self._slots: StreamSlots = app.extensions["tagtill.streams"]
        self._map: dict[int, object] = {}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._server = waitress.create_server(
            app,
            map=self._map,
            sockets=[self._socket],
            threads=threads,
            ident=None,
            connection_limit=_CONNECTION_LIMIT,
            max_request_body_size=4 * BODY_LIMIT,
            max_request_header_size=64 * 1024,
            clear_untrusted_proxy_headers=True,
        )

    @property
    def url(self) -> str:
        """Return the address as a browser writes it, without a slash at its end."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{name}:{self.port}"

    def run(self) -> None:
        """Serve until `stop` is called from another thread or a signal."""
        while not self._stopping.is_set():
            wasyncore.loop(timeout=_LOOP_S, map=self._map, count=1)
        self._server.task_dispatcher.shutdown()
        wasyncore.close_all(self._map)

    def start(self) -> None:
        """Serve in a thread."""
        self._thread = threading.Thread(target=self.run, name="pages", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End streams and serving; may be called twice. After `start` it returns when all has ended."""
        self._slots.close()
        if not self._stopping.is_set():
            self._stopping.set()
            # The loop looks every second by itself; it may have ended and closed its trigger just now.
            with suppress(OSError):
                self._server.pull_trigger()
        if self._thread is not None:
            self._thread.join()
