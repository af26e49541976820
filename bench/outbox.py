"""The outbox: appending sales beside sqlite-utils, draining beside one request per event, in the same run.

Run: `python -m bench.outbox`. Append: sales of four items, flushed to the disk at each commit, per second of CPU (the
flush is the disk's own time, and noise). Ours also reads and moves on the tags' states, makes the EPCIS events and
numbers them; the peer is handed finished rows and writes them with sqlite-utils' `insert_all` and `upsert_all` in one
`atomic()` block per sale, under the same pragmas. Drain: the daemon's batches over one compressed connection, beside
`requests.post` for each event, to the same server on loopback, per second.

What a shop needs: 20,000 movements a day, about 12 a second in a rush. The promise: appending costs at most 1.5 times
sqlite-utils' bare writes, and draining is ten times faster than one request per event.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests
import structlog
from sqlite_utils import Database

from checkout.migrations import checkout_migrations
from checkout.port import ItemMove, MoveReason
from checkout.store import Store, connect, migrate
from reader.epc import encode_sgtin96, tag_key
from reader.host_clock import HostClock
from stocksync import outbox
from stocksync.central_client import CentralClient
from stocksync.daemon import SyncDaemon, SyncSettings
from stocksync.migrations import stocksync_migrations
from stocksync.movement import moment_utc
from stocksync.movement_writer import MovementWriter
from stocksync.store_identity import StoreIdentity

ROUNDS = 5
SALES = 60
ITEMS = 4
EVENTS = 2000
SINGLE_EVENTS = 200
PROMISED_APPEND = 0.67
PROMISED_DRAIN = 10.0
GTIN = "09506000134352"


def appended_per_s(folder: Path) -> tuple[float, float]:
    """Return items per second of CPU, ours and sqlite-utils', median of the rounds, taken in turn."""
    clock = HostClock()
    path = folder / "ours.db"
    migrate(path, [checkout_migrations, stocksync_migrations])
    writer = MovementWriter(StoreIdentity("bench", "9521321000001"), clock)
    peer = _Peer(folder / "peer.db")
    serials = itertools.count(1)
    ours: list[float] = []
    theirs: list[float] = []
    with Store(path) as store:
        for _ in range(ROUNDS):
            sales = [[encode_sgtin96(GTIN, next(serials)) for _ in range(ITEMS)] for _ in range(SALES)]

            def sell(sales: list[list[str]] = sales) -> None:
                for number, epcs in enumerate(sales):
                    now_utc = moment_utc(clock.utc_us())
                    moves = [ItemMove(epc, MoveReason.SALE, f"{epcs[0]}-{number}", "1", now_utc) for epc in epcs]
                    store.write(lambda transaction, moves=moves: writer.write(transaction, moves))  # type: ignore[misc] # bound now

            ours.append(SALES * ITEMS / _cpu_seconds(sell))
            theirs.append(SALES * ITEMS / _cpu_seconds(lambda sales=sales: peer.sell(sales)))  # type: ignore[misc] # bound now
    return statistics.median(ours), statistics.median(theirs)


class _Peer:
    """The same rows by sqlite-utils, under the same pragmas."""

    def __init__(self, path: Path) -> None:
        migrate(path, [stocksync_migrations])
        connect(path).close()
        self._database = Database(path)
        self._database.execute("PRAGMA synchronous=FULL")
        self._seq = 0

    def sell(self, sales: list[list[str]]) -> None:
        body = "x" * 560  # the size of a sale's event
        for epcs in sales:
            first = self._seq + 1
            self._seq += len(epcs)
            keys = [tag_key(epc) for epc in epcs]
            numbered = list(zip(range(first, self._seq + 1), epcs, keys, strict=True))
            with self._database.atomic():
                self._database.table("movement").insert_all(
                    {
                        "epoch": 1, "seq": seq, "hlc": "h", "event_id": "e", "tag_key": key, "epc": epc, "gtin": GTIN,
                        "reason": "sale", "occurred_us": 1, "lane": "1", "document": "d",
                    }
                    for seq, epc, key in numbered
                )  # fmt: skip
                self._database.table("tag_state").upsert_all(
                    (
                        {"tag_key": key, "epc": epc, "gtin": GTIN, "state": "sold", "hlc": "h"}
                        for _, epc, key in numbered
                    ),
                    pk="tag_key",
                )
                self._database.table("tag_sale").upsert_all(
                    ({"tag_key": key, "document": "d", "sold_hlc": "h", "sold_us": 1} for key in keys),
                    pk=("tag_key", "document"),
                )
                self._database.table("outbox").insert_all(
                    {"epoch": 1, "seq": seq, "event_id": "e", "body": body, "appended_ms": 1} for seq, _, _ in numbered
                )


def drained_per_s(folder: Path) -> tuple[float, float]:
    """Return events per second to the same server: by the daemon, and by one request for each."""
    path = folder / "drain.db"
    migrate(path, [checkout_migrations, stocksync_migrations])
    writer = MovementWriter(StoreIdentity("bench", "9521321000001"), HostClock())
    now_utc = moment_utc(HostClock().utc_us())
    moves = [
        ItemMove(encode_sgtin96(GTIN, serial), MoveReason.SALE, "d", "1", now_utc) for serial in range(1, EVENTS + 1)
    ]
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Sink)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    central = f"http://127.0.0.1:{server.server_address[1]}"
    with Store(path) as store:
        store.write(lambda transaction: writer.write(transaction, moves))
        with store.read() as connection:
            bodies = [row.body.encode() for row in outbox.claim(connection, SINGLE_EVENTS)]
        daemon = SyncDaemon(store, SyncSettings(central), HostClock())
        with CentralClient(central, None) as client:
            ours_s = _seconds(lambda: daemon.drain(client, threading.Event()))
        theirs_s = _seconds(lambda: [requests.post(f"{central}/events", data=body, timeout=10) for body in bodies])
    server.shutdown()
    server.server_close()
    return EVENTS / ours_s, SINGLE_EVENTS / theirs_s


class _Sink(BaseHTTPRequestHandler):
    """Takes everything and keeps nothing."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet, else the peer would wait 40 ms for each (Nagle)

    def do_OPTIONS(self) -> None:
        self._answer(204)

    def do_GET(self) -> None:
        self._answer(200, b'{"running":false,"success":true}')

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._answer(202 if self.path == "/capture" else 201)

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Location", "/capture/1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU time of this process, all threads."""
    began = time.process_time()
    work()
    return time.process_time() - began


def main() -> int:
    """Print the figures; 1 when a promise is broken."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    with tempfile.TemporaryDirectory() as folder:
        append, append_peer = appended_per_s(Path(folder))
        drain, drain_peer = drained_per_s(Path(folder))
    print("outbox                                       ours      peer    ratio")
    for words, ours, peer in (
        (f"append, sales of {ITEMS}, items per CPU-s   ", append, append_peer),
        ("drain, events per s (peer: one by one)", drain, drain_peer),
    ):
        print(f"{words}   {ours:7.0f}   {peer:7.0f}   {ours / peer:5.1f} x")
    kept = append / append_peer >= PROMISED_APPEND and drain / drain_peer >= PROMISED_DRAIN
    print("promise kept" if kept else f"promise broken: {PROMISED_APPEND} x and {PROMISED_DRAIN} x")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
