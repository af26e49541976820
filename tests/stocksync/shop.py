"""A small store for tests: a clock that stands until it is moved, tags, and a database of its own."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from checkout.migrations import checkout_migrations
from checkout.port import ItemMove, MoveReason
from checkout.store import Store, migrate
from reader.epc import encode_sgtin96, encode_sgtin198
from stocksync.migrations import stocksync_migrations
from stocksync.movement import Reason, moment_utc
from stocksync.movement_writer import Draft, MovementWriter
from stocksync.store_identity import FLOOR, StoreIdentity

IDENTITY = StoreIdentity("store-12", "9521321000001", "Europe/Berlin")
START_US = 1_795_344_930_125_000  # 2026-11-22T09:35:30.125Z
GTIN = "09506000134352"


class StandingClock:
    """Implements reader's Clock; moves only when it is told to."""

    def __init__(self, utc_us: int = START_US) -> None:
        self.now_us = utc_us

    def monotonic_s(self) -> float:
        return self.now_us / 1_000_000

    def utc_us(self) -> int:
        return self.now_us

    def advance_s(self, seconds: float) -> None:
        self.now_us += round(seconds * 1_000_000)

    def now(self) -> datetime:
        return moment_utc(self.now_us)


def epc_of(serial: int, gtin: str = GTIN) -> str:
    return encode_sgtin96(gtin, serial)


def long_epc_of(serial: int, gtin: str = GTIN) -> str:
    return encode_sgtin198(gtin, str(serial))


class Shop:
    """One store's database with its writer."""

    def __init__(self, path: Path, clock: StandingClock | None = None) -> None:
        self.clock = clock or StandingClock()
        self.path = path
        migrate(path, [checkout_migrations, stocksync_migrations])
        self.store = Store(path)
        self.writer = MovementWriter(IDENTITY, self.clock, random.Random(12).getrandbits)

    def record(self, *drafts: Draft) -> None:
        self.store.write(lambda transaction: self.writer.record(transaction, drafts))

    def stock(self, *epcs: str, zone: str = FLOOR) -> None:
        self.record(*(Draft(epc, Reason.STOCK, self.clock.now(), zone=zone) for epc in epcs))

    def move(self, reason: MoveReason, document: str, *epcs: str, undoes: str | None = None) -> None:
        moves = [ItemMove(epc, reason, document, "lane-1", self.clock.now(), undoes) for epc in epcs]
        self.store.write(lambda transaction: self.writer.write(transaction, moves))

    def sell(self, document: str, *epcs: str) -> None:
        self.move(MoveReason.SALE, document, *epcs)

    def close(self) -> None:
        self.store.close()


@contextmanager
def open_shop(folder: Path) -> Iterator[Shop]:
    shop = Shop(folder / "store.db")
    try:
        yield shop
    finally:
        shop.close()
