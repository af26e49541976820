"""A stocktake with the reader that walks: the reader runs while a count runs, and no longer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from checkout.catalogue import Catalogue
from reader.port import TagReader
from stocksync.errors import StocktakeError
from stocksync.stocktake.stocktake import Stocktake

__all__ = ["SweepCounting"]

log = structlog.get_logger()

_POLL_S = 0.2
_RETRY_S = 1.0


class SweepCounting:
    """Implements `Counting`: one sweep at a time; a count that a restart interrupted goes on."""

    def __init__(
        self,
        stocktake: Stocktake,
        open_sweep_reader: Callable[[], TagReader] | None,
        catalogue: Callable[[], Catalogue],
    ) -> None:
        """``open_sweep_reader`` returns a reader that is not started; None where the shop has none to walk with."""
        self._stocktake = stocktake
        self._open_reader = open_sweep_reader
        self._catalogue = catalogue
        self._turn = threading.Lock()
        self._stop: threading.Event | None = None
        self._thread: threading.Thread | None = None

    def resume(self) -> None:
        """Walk on with a count that was running when the service ended."""
        if self._stocktake.progress() is not None and self._open_reader is not None:
            log.info("stocktake.resumed")
            with self._turn:
                self._walk(self._open_reader())

    def state(self) -> Mapping[str, Any] | None:
        """Return the running or the latest count, its missing and unexpected tags with their products."""
        running = self._stocktake.progress()
        if running is not None:
            return running.to_json()
        report = self._stocktake.report()
        return None if report is None else self._with_products(report.to_json())

    def start(self, zone: str) -> Mapping[str, Any]:
        """Begin to sweep ``zone``. Raises StocktakeError: one runs already, or there is no reader to walk with."""
        with self._turn:
            if self._open_reader is None:
                raise StocktakeError("no reader to walk with is configured; set [stocktake] reader")
            reader = self._open_reader()  # first: a count that is open without a reader finds nothing
            try:
                progress = self._stocktake.start(zone)
            except Exception:
                reader.stop()
                raise
            self._walk(reader)
            return progress.to_json()

    def finish(self) -> Mapping[str, Any]:
        """End the sweep and compare. Raises StocktakeError where none runs."""
        with self._turn:
            self._halt()
            return self._with_products(self._stocktake.finish().to_json())

    def close(self) -> None:
        """Stop walking; the count stays open and goes on at the next start."""
        with self._turn:
            self._halt()

    def _walk(self, reader: TagReader) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sweep, args=(reader, self._stop), name="sweep", daemon=True)
        self._thread.start()

    def _halt(self) -> None:
        if self._stop is not None and self._thread is not None:
            self._stop.set()
            self._thread.join()
        self._stop = self._thread = None

    def _sweep(self, reader: TagReader, stop: threading.Event) -> None:
        reader.start()
        try:
            while not stop.is_set():
                try:
                    self._stocktake.feed(reader.poll(_POLL_S))
                except Exception:  # a full disk, say; what was read is kept in memory and stored with the next try
                    log.exception("stocktake.sweep_failed")
                    stop.wait(_RETRY_S)
        finally:
            reader.stop()

    def _with_products(self, report: dict[str, Any]) -> dict[str, Any]:
        catalogue = self._catalogue()
        for tag in (*report["missing"], *report["unexpected"]):
            product = catalogue.get(tag["gtin"]) if tag["gtin"] else None
            tag["name"] = product.name if product else ""
            tag["detail"] = product.detail if product else ""
            tag["picture"] = f"/pictures/{product.gtin}.svg" if product and product.picture else None
        return report
