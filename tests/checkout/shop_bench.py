"""A small shop for the tests of settling and of the till: goods, a clock that stands still, a reader, a store.

Everything that the till shares with the world is a fake of one of our ports; the disk and the demo terminal
are real.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from checkout.catalogue import Catalogue, Product
from checkout.ids import UlidSource
from checkout.journal import JournalReport, verify
from checkout.lines import ShopKnowledge, lines_of, price_lines
from checkout.migrations import checkout_migrations
from checkout.payments import taken_minor
from checkout.port import ItemMove, SoldIn
from checkout.quote import Quote, quote_of
from checkout.settlement import Settlement
from checkout.shop import Shop
from checkout.store import Store, connect, migrate
from checkout.tender import PaymentTerminal
from checkout.terminals.demo import DemoTerminal
from checkout.terminals.demo_server import DemoTerminalServer
from checkout.till import Till, TillParts
from checkout.view import LaneView
from reader.basket import BasketRule, BasketSession
from reader.epc import encode_sgtin96
from reader.model import LinkState, ReaderEvent, ReaderHealth, TagRead

SOCK = Product("09521321000100", "Trail Sock", "40–42", "Socks", 1190, "EUR", Decimal("0.19"), ("socks",), "s.svg")
BAR = Product("09521321000209", "Oat Bar", "", "Bars", 214, "EUR", Decimal("0.07"), ("food",))
GIFT = Product("09521321000308", "Sticker", "", "Gifts", 0, "EUR", Decimal("0.19"))
CATALOGUE = Catalogue.of([SOCK, BAR, GIFT], 1)
SHOP = Shop("s12", "Tagtill Sample Shop", "EUR", "Europe/Berlin", "https://central.example/receipts/{token}")
START_US = 1_793_000_000_000_000  # an autumn day of 2026


def sock(serial: int) -> str:
    return encode_sgtin96(SOCK.gtin, serial, 7)


def bar(serial: int) -> str:
    return encode_sgtin96(BAR.gtin, serial, 7)


def gift(serial: int) -> str:
    return encode_sgtin96(GIFT.gtin, serial, 7)


def quote_for(*epcs: str) -> Quote:
    lines = lines_of(epcs, CATALOGUE, {})
    return quote_of(lines, price_lines(lines, (), "EUR"))


class HandClock:
    """A clock that goes when it is told to."""

    def __init__(self, now_s: float = 0.0) -> None:
        self.now_s = now_s

    def monotonic_s(self) -> float:
        return self.now_s

    def utc_us(self) -> int:
        return START_US + round(self.now_s * 1e6)


class Pad:
    """A reader whose tags are laid down by hand. Each poll lets a tick pass and reads everything twice."""

    name = "pad"

    def __init__(self, clock: HandClock) -> None:
        self.tags: list[str] = []
        self.is_up = True
        self._clock = clock

    def start(self) -> None:
        """Nothing to connect to."""

    def poll(self, timeout_s: float) -> Sequence[TagRead]:
        self._clock.now_s += 0.1
        if not self.is_up:
            return ()
        t_us = self.clock_us()
        return [TagRead(t_us, epc, antenna, -45.0) for epc in self.tags for antenna in (1, 2)]

    def events(self) -> Sequence[ReaderEvent]:
        return ()

    def clock_us(self) -> int:
        return round(self._clock.now_s * 1e6)

    def health(self) -> ReaderHealth:
        return ReaderHealth(LinkState.UP if self.is_up else LinkState.DOWN)

    def stop(self, deadline_s: float = 10.0) -> None:
        """Nothing to close."""


class Books:
    """Ledger and sink on a table of the same store; `fault` is raised by the next writes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.fault: Exception | None = None
        self.writes = 0

    def sold(self, epcs: Collection[str]) -> Mapping[str, SoldIn]:
        with self._store.read() as connection:
            rows = connection.execute("SELECT epc, document FROM books").fetchall()
        wanted = set(epcs)
        return {
            row["epc"]: SoldIn(row["document"], datetime(2026, 11, 5, tzinfo=UTC))
            for row in rows
            if row["epc"] in wanted
        }

    def write(self, transaction: sqlite3.Connection, moves: Sequence[ItemMove]) -> None:
        self.writes += 1
        transaction.executemany("INSERT INTO books VALUES (?, ?)", [(move.epc, move.document) for move in moves])
        if self.fault is not None:
            raise self.fault


P = ParamSpec("P")
T = TypeVar("T")


class AtOnce(Executor):
    """Runs each call where it is submitted, so that a test is in step with the terminal."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        done: Future[T] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class ShopBench:
    """One store on disk with everything around it; `till` begins a process anew on the same disk."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "store.db"
        self.ledger_path = folder / "terminal.db"
        self.clock = HandClock(1000.0)
        migrate(self.path, [checkout_migrations])
        with closing(connect(self.path)) as connection:
            connection.execute("CREATE TABLE books (epc TEXT NOT NULL, document TEXT NOT NULL)")
        self.pad = Pad(self.clock)
        self._open: list[Store] = []
        self._seed = 0
        self.open_store()

    def open_store(self, opened: Callable[[Path], Store] = Store) -> None:
        """Begin anew on the disk, as a restarted process does."""
        self.store = opened(self.path)
        self._open.append(self.store)
        self.books = Books(self.store)
        self._seed += 1
        counter = iter(range(1, 1_000_000))
        ids = UlidSource(self.clock, lambda count: bytes([self._seed]) * count)
        self.settlement = Settlement(
            self.store, self.books, SHOP, self.clock, ids, lambda: f"token-{self._seed}-{next(counter)}"
        )

    def till(self, terminal: PaymentTerminal, lane: str = "lane-1", **changes: Any) -> Till:
        session = BasketSession(BasketRule(), ShopKnowledge(lambda: CATALOGUE, self.books))
        parts = {
            "lane": lane,
            "reader": self.pad,
            "basket": session,
            "catalogue": lambda: CATALOGUE,
            "ledger": self.books,
            "terminal": terminal,
            "terminal_name": "terminal-1",
            "settlement": self.settlement,
            "clock": self.clock,
            "executor": AtOnce(),
        }
        return Till(TillParts(**{**parts, **changes}))

    def terminal_server(self, **options: Any) -> DemoTerminalServer:
        return DemoTerminalServer(self.ledger_path, **{"card_s": 3600.0, **options})

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        with self.store.read() as connection:
            return [dict(row) for row in connection.execute(query, values)]

    def states(self) -> list[str]:
        return [row["state"] for row in self.rows("SELECT state FROM sale ORDER BY sale")]

    def sales(self) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM sale WHERE state IN ('paid', 'fulfilled')")

    def journal(self) -> JournalReport:
        with self.store.read() as connection:
            return verify(connection)

    def taken_minor(self) -> int:
        with self.store.read() as connection:
            sales = [row["sale"] for row in connection.execute("SELECT sale FROM sale")]
            return sum(taken_minor(connection, sale) for sale in sales)

    def close(self) -> None:
        for store in self._open:
            store.close()


def client_of(server: DemoTerminalServer) -> DemoTerminal:
    return DemoTerminal(*server.address, timeout_s=5.0)


def step_until(till: Till, holds: Callable[[LaneView], bool], turns: int = 400) -> LaneView:
    """Let the lane turn until its view is as wanted; the reader's clock goes on by 0.1 s per turn."""
    for _ in range(turns):
        view = till.step(0.0)
        if holds(view):
            return view
    raise AssertionError(f"after {turns} turns the lane still shows {till.view()}")
