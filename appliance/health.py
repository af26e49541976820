"""The small health and metrics door of processes that have no pages: /healthz, /readyz, /metrics.

`/healthz`: the process lives. `/readyz`: 200 when every check is well, else 503 and which are not.
What cannot be looked up is not well: 503 too, and the reason is in the log.
Every such process has one: on the port that it is given, else on any free one, which it says on stderr.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import click
import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

__all__ = ["HealthDoor", "health_door", "health_option"]

log = structlog.get_logger()

Checks = Callable[[], Mapping[str, bool]]

_HOST = "127.0.0.1"
_LINE_TIMEOUT_S = 5.0  # a peer that says nothing holds a thread for no longer
_STOP_CHECK_S = 0.1

health_option = click.option(
    "--health-port",
    type=click.IntRange(0, 65535),
    help="Answer /healthz, /readyz and /metrics on this port of loopback; else on any free one, said on stderr.",
)


@contextmanager
def health_door(port: int | None, checks: Checks, registry: CollectorRegistry) -> Iterator[HealthDoor]:
    """Answer on loopback while the block runs, and say on stderr where.

    port: None, like 0, takes any free one.

    Raises:
        OSError: The port is taken.
    """
    door = HealthDoor(_HOST, port or 0, checks, registry)
    door.start()
    try:
        click.echo(f"health http://{_HOST}:{door.port}", err=True)
        yield door
    finally:
        door.stop()


class HealthDoor:
    """Serves the three paths on a thread of its own until `stop`."""

    def __init__(self, host: str, port: int, checks: Checks, registry: CollectorRegistry) -> None:
        """Listen on ``host``:``port`` (0: any). Raises OSError where that is taken."""
        self._server = ThreadingHTTPServer((host, port), _door_of(checks, registry))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_STOP_CHECK_S,), name="health", daemon=True
        )

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()


def _door_of(checks: Checks, registry: CollectorRegistry) -> type[BaseHTTPRequestHandler]:
    class Door(BaseHTTPRequestHandler):
        timeout = _LINE_TIMEOUT_S

        def do_GET(self) -> None:
            try:
                answer = self._look()
            except Exception:
                log.exception("health.look_failed", path=self.path)
                answer = 503, "application/json", b'{"error":"it could not be looked up"}'
            self._answer(*answer)

        def _look(self) -> tuple[int, str, bytes]:
            path = self.path.partition("?")[0]
            if path == "/healthz":
                return 200, "application/json", b'{"alive":true}'
            if path == "/readyz":
                found = dict(checks())
                return 200 if all(found.values()) else 503, "application/json", json.dumps(found).encode()
            if path == "/metrics":
                return 200, CONTENT_TYPE_LATEST, generate_latest(registry)
            return 404, "application/json", b'{"error":"expected /healthz, /readyz or /metrics"}'

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: a probe every few seconds is no news."""

    return Door
