"""A running count of one zone: start, feed, progress, finish. Survives a restart at any moment.

1. The books' expectation is taken in the transaction that opens the count.
2. The sweep so far is stored every second or so; a crash costs that second, which the walk makes good.
3. Finish closes the books first, then tells the world in chunks. Each chunk and its marks commit together, so that a
   count that was killed while it told goes on where it stopped.
4. A tag that was sold or moved since the start is not told of: the movement knows better than the sweep.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable
from datetime import datetime

from checkout.store import Store
from reader.epc import sgtin_of, tag_key
from reader.model import TagRead
from stocksync.clock import Stamp
from stocksync.epcis.events import CountSummary
from stocksync.errors import StocktakeError
from stocksync.ledger import states_of
from stocksync.movement import Reason, moment_utc
from stocksync.movement_writer import Draft, MovementWriter
from stocksync.stocktake import record
from stocksync.stocktake.coverage import Curve, chance_of_new, grown, rate_per_s
from stocksync.stocktake.record import SeenTag, StocktakeRow
from stocksync.stocktake.report import StocktakeProgress, StocktakeReport
from stocksync.stocktake.variance import CountedTag, UnexpectedKind, Variance, has_moved, variance_of

__all__ = ["Stocktake"]

_CHUNK = 500  # events in a transaction: a sale at the till waits behind it for tens of milliseconds at most
_KEEP_TAGS = 200
_KEEP_US = 1_000_000
_URN = "urn:uuid:"


class _Sweep:
    """The open count in memory."""

    def __init__(
        self, row: StocktakeRow, expected: dict[str, CountedTag], seen: Iterable[tuple[str, str, int]]
    ) -> None:
        self.row = row
        self.expected = expected
        self.reads = row.reads
        self.curve: Curve = row.curve
        self.kept_us = row.started_us
        self.unkept: set[str] = set()
        self.by_key = {key: SeenTag(_counted(key, epc), reads) for key, epc, reads in seen}
        self.by_epc = {each.tag.epc: each for each in self.by_key.values()}
        self.found = sum(key in expected for key in self.by_key)

    def note(self, read: TagRead) -> None:
        self.reads += read.seen_count
        tag = self.by_epc.get(read.epc) or self._first_seen(read.epc)
        tag.reads += read.seen_count
        self.unkept.add(tag.tag.tag_key)

    def _first_seen(self, epc: str) -> SeenTag:
        key = tag_key(epc)
        tag = self.by_key.get(key)  # one item may be read in two encodings
        if tag is None:
            tag = self.by_key[key] = SeenTag(_counted(key, epc), 0)
            self.found += key in self.expected
        self.by_epc[epc] = tag
        return tag


class Stocktake:
    """The counts of one store, one at a time. Every method may be called from any thread."""

    def __init__(self, store: Store, writer: MovementWriter, is_ours: Callable[[str], bool]) -> None:
        """Take up a count that a restart interrupted. ``is_ours(gtin)`` says whether a product is this shop's."""
        self._store = store
        self._writer = writer
        self._is_ours = is_ours
        self._lock = threading.RLock()
        self._sweep = self._resumed()

    def start(self, zone: str) -> StocktakeProgress:
        """Begin to count ``zone``.

        Raises:
            StocktakeError: A count is running.
        """
        with self._lock:
            # It may be one that another process began, or that a full disk kept from being told.
            running = self._sweep or self._resumed()
            if running is not None:
                self._sweep = running
                raise StocktakeError(f"the count of {running.row.zone} is running; finish it first")
            self._store.write(lambda transaction: self._begin(transaction, zone))
            self._sweep = sweep = self._resumed()
            assert sweep is not None  # it was opened just now
            return self._progress(sweep)

    def feed(self, reads: Iterable[TagRead]) -> None:
        """Take what a reader read in the zone; while no count runs, nothing."""
        with self._lock:
            sweep = self._sweep
            if sweep is None:
                return
            for read in reads:
                sweep.note(read)
            sweep.curve = grown(sweep.curve, self._elapsed_s(sweep), len(sweep.by_key))
            now_us = self._writer.clock.utc_us()
            if len(sweep.unkept) >= _KEEP_TAGS or (sweep.unkept and not 0 <= now_us - sweep.kept_us < _KEEP_US):
                self._keep(sweep)

    def progress(self) -> StocktakeProgress | None:
        """Return the running count as it stands, or None."""
        with self._lock:
            return None if self._sweep is None else self._progress(self._sweep)

    def report(self) -> StocktakeReport | None:
        """Return the latest count that is over, or None where none is or one is running."""
        with self._store.read() as connection:
            row = record.latest(connection)
        return StocktakeReport.from_json(row.report) if row is not None and row.report is not None else None

    def finish(self) -> StocktakeReport:
        """End the sweep, compare with the books and tell central.

        Raises:
            StocktakeError: No count is running.
        """
        with self._lock:
            sweep = self._sweep
            if sweep is None:
                raise StocktakeError("no count is running")
            self._keep(sweep)
            self._store.write(lambda transaction: self._close_books(transaction, sweep))
            self._sweep = self._resumed()
            report = self.report()
            assert report is not None  # the books were closed just now
            return report

    def _resumed(self) -> _Sweep | None:
        """Go on where the database says that the latest count stands; return the sweep if it is still open."""
        with self._store.read() as connection:
            row = record.latest(connection)
            if row is None or row.state == "finished":
                return None
            if row.state == "open":
                stored = record.seen(connection, row.stocktake)
                return _Sweep(row, record.expected(connection, row.stocktake), stored)
        self._tell_the_world(row)
        return None

    def _begin(self, transaction: sqlite3.Connection, zone: str) -> None:
        started = self._writer.stamp(transaction)
        stocktake = self._writer.new_event_id().removeprefix(_URN)
        record.begin(transaction, stocktake, zone, self._writer.clock.utc_us(), started)

    def _keep(self, sweep: _Sweep) -> None:
        tags = [sweep.by_key[key] for key in sweep.unkept]
        self._store.write(
            lambda transaction: record.keep_sweep(transaction, sweep.row.stocktake, tags, sweep.reads, sweep.curve)
        )
        sweep.unkept.clear()
        sweep.kept_us = self._writer.clock.utc_us()

    def _close_books(self, transaction: sqlite3.Connection, sweep: _Sweep) -> None:
        now_us = self._writer.clock.utc_us()
        states = states_of(transaction, sweep.expected.keys() | sweep.by_key.keys())
        seen = {key: each.tag for key, each in sweep.by_key.items()}
        variance = variance_of(sweep.expected.values(), seen, states, sweep.row.started, self._is_ours)
        report = self._report(sweep, variance, moment_utc(now_us))
        record.close(transaction, sweep.row.stocktake, now_us, report.to_json(), _to_publish(variance))

    def _tell_the_world(self, row: StocktakeRow) -> None:
        """Record what was counted as movements, chunk by chunk, and close the count."""
        while self._store.write(lambda transaction: self._tell_chunk(transaction, row)) == _CHUNK:
            pass
        self._store.write(lambda transaction: self._tell_summary(transaction, row))

    def _tell_chunk(self, transaction: sqlite3.Connection, row: StocktakeRow) -> int:
        tags = record.take_to_publish(transaction, row.stocktake, _CHUNK)
        still = self._unmoved(transaction, [key for key, _ in tags], row.started)
        counted_utc = moment_utc(row.finished_us or row.started_us)
        self._writer.record(
            transaction,
            [
                Draft(epc, Reason.COUNT, counted_utc, zone=row.zone, document=row.stocktake)
                for key, epc in tags
                if key in still
            ],
        )
        return len(tags)

    def _tell_summary(self, transaction: sqlite3.Connection, row: StocktakeRow) -> None:
        assert row.report is not None  # `closing` is written together with it
        report = StocktakeReport.from_json(row.report)
        missing = self._unmoved(transaction, [tag.tag_key for tag in report.missing], row.started)
        ordered = sorted(missing)
        chunks = [ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK)] or [[]]
        self._writer.record_summary(
            transaction,
            [
                CountSummary(
                    stocktake=row.stocktake,
                    zone=row.zone,
                    event_id=self._writer.new_event_id(),
                    started_utc=report.started_utc,
                    finished_utc=report.finished_utc,
                    expected=report.expected,
                    found=report.found,
                    missing=chunk,
                )
                for chunk in chunks
            ],
        )
        record.finish(transaction, row.stocktake)

    @staticmethod
    def _unmoved(transaction: sqlite3.Connection, keys: list[str], started: Stamp) -> set[str]:
        states = states_of(transaction, keys)
        return {key for key in keys if not has_moved(states.get(key), started)}

    def _progress(self, sweep: _Sweep) -> StocktakeProgress:
        return StocktakeProgress(
            stocktake=sweep.row.stocktake,
            zone=sweep.row.zone,
            started_utc=moment_utc(sweep.row.started_us),
            expected=len(sweep.expected),
            found=sweep.found,
            strangers=len(sweep.by_key) - sweep.found,
            reads=sweep.reads,
            tags_per_s=rate_per_s(sweep.curve, self._elapsed_s(sweep), len(sweep.by_key)),
            chance_of_new=chance_of_new(each.reads for each in sweep.by_key.values()),
            curve=sweep.curve,
        )

    def _report(self, sweep: _Sweep, variance: Variance, finished_utc: datetime) -> StocktakeReport:
        return StocktakeReport(
            stocktake=sweep.row.stocktake,
            zone=sweep.row.zone,
            started_utc=moment_utc(sweep.row.started_us),
            finished_utc=finished_utc,
            expected=len(sweep.expected),
            found=len(variance.found),
            moved=len(variance.moved),
            reads=sweep.reads,
            missing=variance.missing,
            unexpected=variance.unexpected,
            chance_of_new=chance_of_new(each.reads for each in sweep.by_key.values()),
            curve=sweep.curve,
        )

    def _elapsed_s(self, sweep: _Sweep) -> float:
        return max(0, self._writer.clock.utc_us() - sweep.row.started_us) / 1_000_000


def _to_publish(variance: Variance) -> list[str]:
    """Return the tags that the count places in its zone; what is foreign is nobody's stock."""
    strangers = [each.tag for each in variance.unexpected if each.kind is not UnexpectedKind.FOREIGN]
    return [tag.tag_key for tag in (*variance.found, *strangers)]


def _counted(key: str, epc: str) -> CountedTag:
    item = sgtin_of(epc)
    return CountedTag(key, epc, item.gtin if item else None)
