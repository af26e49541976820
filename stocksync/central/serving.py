"""The central inventory as a process: waitress around the application, until a signal."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from types import FrameType

import structlog
import waitress.server  # type: ignore[import-untyped]  # waitress publishes no types

from stocksync.central.app import PARTS, create_app
from stocksync.central.parts import CentralParts
from stocksync.central.settings import CentralSettings
from stocksync.central.storage.writer import CentralStorageError

__all__ = ["keep_tidy", "serve"]

log = structlog.get_logger()

_CONNECTIONS = 500  # kept-alive ones of stores included; each costs a descriptor, not a thread
_HEADER_LIMIT = 64 << 10
_TIDY_EVERY_S = 3600.0


def serve(settings: CentralSettings, ready: Callable[[str], None] | None = None, *, rebuild: bool = False) -> None:
    """Serve until SIGTERM or SIGINT; runs on the main thread. ``ready`` is told the address once it listens.

    rebuild: recompute all levels from the events first.

    Raises:
        CentralStorageError: The database cannot be opened.
        OSError: The address cannot be had.
    """
    # It warns whenever a request waits for a thread at all, were it for a millisecond.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    app = create_app(settings)
    parts: CentralParts = app.extensions[PARTS]
    try:
        _purge(parts)
        if rebuild:
            log.info("central.rebuilt", levels_corrected=parts.storage.rebuild())
        server = waitress.server.create_server(
            app,
            host=settings.host,
            port=settings.port,
            threads=settings.threads,
            connection_limit=_CONNECTIONS,
            # Above our own limits, so that it is our problem+json that says what they are.
            max_request_body_size=4 * settings.file_limit,
            max_request_header_size=_HEADER_LIMIT,
            clear_untrusted_proxy_headers=True,
            ident=None,
        )
        try:
            _stop_on_signals(parts)
            threading.Thread(target=keep_tidy, args=(parts,), name="central-tidy", daemon=True).start()
            if ready is not None:
                ready(_address_of(server, settings.host))
            server.run()
        finally:
            server.close()
    finally:
        parts.storage.close()


def keep_tidy(parts: CentralParts, every_s: float = _TIDY_EVERY_S) -> None:
    """Delete what has expired, again and again, until ``parts`` stop: a central may run for months."""
    while not parts.stopping.wait(every_s):
        try:
            _purge(parts)
        except CentralStorageError as error:  # it is no worse for waiting
            log.warning("central.not_tidied", error=str(error))


def _purge(parts: CentralParts) -> None:
    now_us = parts.clock.utc_us()
    parts.storage.purge(now_us, now_us - round(parts.settings.job_s * 1e6))


def _stop_on_signals(parts: CentralParts) -> None:
    def stop(_signum: int, _frame: FrameType | None) -> None:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, signal.SIG_IGN)
        parts.stopping.set()  # streams end by themselves, or waitress would wait for them
        raise SystemExit  # waitress's own way out of its loop

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)


def _address_of(server: waitress.server.BaseWSGIServer, host: str) -> str:
    # A name with several addresses makes several sockets; they differ in the address, and with port 0 in the port.
    listening = getattr(server, "effective_listen", None)
    port = listening[0][1] if listening else server.effective_port
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
