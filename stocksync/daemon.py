"""The sync daemon: drains the outbox to central, for ever.

One thread, one connection to central, its own process beside the store service. All that it must remember is in the
outbox, so that it may be killed at any moment: what central had and we did not hear of is sent again, and known there.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson
import structlog
from tenacity import RetryCallState, RetryError, Retrying, retry_if_exception_type

from checkout.store import Store, connect
from reader.port import Clock
from stocksync import outbox
from stocksync.central_client import Answer, CentralClient
from stocksync.delivery import (
    CaptureLimits,
    Job,
    Verdict,
    backoff_s,
    batch_of,
    job_of,
    limits_of,
    suspects_of,
    verdict_of_capture,
    verdict_of_event,
)
from stocksync.epcis.events import document_of, standalone
from stocksync.epcis.validation import problems_of_event
from stocksync.errors import CentralGoneError
from stocksync.movement import moment_utc
from stocksync.outbox import OutboxRow
from stocksync.receipt_upload import ReceiptUploads
from stocksync.sync_status import SyncState, note_failure, note_success, read_status

__all__ = ["Stop", "SyncDaemon", "SyncSettings"]

log = structlog.get_logger()

_LOOK_S = 0.03  # how often the database is asked whether it changed; 20 µs a time (measured 2026-11)
_LOOKS_PER_RECEIPT = 15  # receipts that failed are tried again without any change to the database
_FIRST_JOB_LOOK_S = 0.005
_LONGEST_JOB_LOOK_S = 0.5
_JOB_PATIENCE_S = 60.0
_REST_S = 1.0  # after a fault that is not central's


class Stop(Protocol):
    """What ends `run`: a `threading.Event` does."""

    def is_set(self) -> bool:
        """Say whether to stop."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait at most ``timeout`` seconds to be told to stop; say whether to stop."""


@dataclass(frozen=True, slots=True)
class SyncSettings:
    """Where central is (base address), the store's key, and the most that a batch may hold whatever central allows."""

    central: str
    key: str | None = None
    most: CaptureLimits = field(default_factory=CaptureLimits)


@dataclass(slots=True)
class _Delivery:
    """What became of one batch, as far as it is known."""

    acknowledged: list[OutboxRow] = field(default_factory=list)
    dead: list[tuple[OutboxRow, str]] = field(default_factory=list)


class SyncDaemon:
    """Brings one store's outbox to central."""

    def __init__(
        self,
        store: Store,
        settings: SyncSettings,
        clock: Clock,
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Drain ``store`` to where ``settings`` say; ``jitter()`` is from 0 to 1."""
        self._store = store
        self._settings = settings
        self._clock = clock
        self._jitter = jitter
        self._receipts = ReceiptUploads(store, clock, jitter)
        self._limits: CaptureLimits | None = None  # None: central has not been asked yet
        self._told: str | None = None  # the failure that was last logged and noted

    def run(self, stop: Stop) -> None:
        """Drain, wait for new rows, and again, until ``stop``; ends within one request's time of it."""
        log.info("sync_started", central=self._settings.central)
        with CentralClient(self._settings.central, self._settings.key) as client:
            while not stop.is_set():
                seen = self._data_version()
                try:
                    self.drain(client, stop)
                    self._receipts.send(client)
                except (
                    sqlite3.OperationalError
                ) as error:  # full disk, a lock held too long: it passes, or a person acts
                    log.error("store_unusable", reason=str(error))
                    stop.wait(_REST_S)
                    continue
                except Exception:  # a fault of ours: what waits is on disk, and a daemon that ended would bring nothing
                    log.exception("sync_failed")
                    stop.wait(_REST_S)
                    continue
                self._await_work(seen, stop)
        log.info("sync_stopped")

    def _await_work(self, seen: int, stop: Stop) -> None:
        """Wait until the database has changed since ``seen``, or a receipt is due again."""
        looks = 0
        while not stop.is_set() and self._data_version() == seen:
            stop.wait(_LOOK_S)
            looks += 1
            if looks % _LOOKS_PER_RECEIPT == 0 and self._receipts.is_due():
                return

    def drain(self, client: CentralClient, stop: Stop) -> None:
        """Send until the outbox is empty, trying again for ever; returns early only for ``stop``."""
        retrying = Retrying(
            retry=retry_if_exception_type(CentralGoneError),
            wait=self._wait_s,
            stop=lambda _: stop.is_set(),
            sleep=lambda seconds: _rest(stop, float(seconds)),
            before_sleep=self._tell,
        )
        try:
            while not stop.is_set() and retrying(self._send_batch, client, stop):
                pass
        except RetryError:  # stopped while central was away; the rows wait for the next start
            return

    def status(self) -> dict[str, Any]:
        """Return how it stands, see `sync_status.read_status`; from any thread."""
        # A connection of its own: the store keeps one for each thread that reads, and a web server makes many threads.
        with closing(connect(self._store.path)) as connection:
            return read_status(connection, self._now_ms())

    def _send_batch(self, client: CentralClient, stop: Stop) -> bool:
        """Send the next batch; False if nothing waits. Raises CentralGoneError, after noting what did get through."""
        if stop.is_set():  # told to stop while waiting to try again
            return False
        limits = self._settings.most if self._limits is None else self._limits
        with self._store.read() as connection:
            rows = outbox.claim(connection, limits.events)
        if not rows:
            return False
        if self._limits is None:
            self._limits = self._asked_limits(client)
        delivery = _Delivery()
        try:
            self._deliver(client, stop, self._sound(rows, delivery), delivery)
        finally:
            if delivery.acknowledged or delivery.dead:
                self._store.write(lambda transaction: self._settle(transaction, delivery))
        if self._told is not None:
            log.info("central_back")
            self._told = None
        return True

    def _asked_limits(self, client: CentralClient) -> CaptureLimits:
        answer = client.options()
        if answer.status in (404, 405, 501):  # a server that knows no OPTIONS may still capture
            return self._settings.most
        return limits_of(_answered(answer).headers, self._settings.most)

    def _sound(self, rows: Sequence[OutboxRow], delivery: _Delivery) -> Sequence[OutboxRow]:
        """Return the next batch of valid events; what our own schema refuses is dead before it stalls the others."""
        sound: list[OutboxRow] = []
        for row in rows:
            reason = _unfitness_of(row)
            if reason is None:
                sound.append(row)
            else:
                delivery.dead.append((row, reason))
        return batch_of(sound, self._limits or self._settings.most)

    def _deliver(self, client: CentralClient, stop: Stop, batch: Sequence[OutboxRow], delivery: _Delivery) -> None:
        if not batch:
            return
        answer = client.capture(document_of((row.body for row in batch), moment_utc(self._clock.utc_us())))
        match verdict_of_capture(answer.status):
            case Verdict.PENDING:
                self._follow_job(client, stop, answer, batch, delivery)
            case Verdict.REFUSED:
                self._send_singly(client, batch, delivery)
            case Verdict.TOO_LARGE if len(batch) == 1:
                delivery.dead.append((batch[0], f"too large for central, {answer.words}"))
            case Verdict.TOO_LARGE:
                self._limits = limits_of(answer.headers, self._settings.most).halved_from(len(batch))
            case Verdict.OTHER_ENCODING if client.use_next_encoding():
                pass  # the next round sends the same, less compressed
            case verdict:
                raise _gone(answer, verdict)

    def _follow_job(
        self, client: CentralClient, stop: Stop, answer: Answer, batch: Sequence[OutboxRow], delivery: _Delivery
    ) -> None:
        location = answer.headers.get("Location")
        if location is None:
            raise CentralGoneError("central accepted a capture and did not say where its job is")
        job = self._finished_job(client, stop, location)
        suspects = [] if job.is_success else suspects_of(job, batch)
        numbers = {row[:2] for row in suspects}
        delivery.acknowledged.extend(row for row in batch if row[:2] not in numbers)
        self._send_singly(client, suspects, delivery)

    def _finished_job(self, client: CentralClient, stop: Stop, location: str) -> Job:
        look_s, waited_s = _FIRST_JOB_LOOK_S, 0.0
        while True:
            answer = client.job(location)
            if answer.status == 404:
                raise CentralGoneError("central has forgotten a capture job before it ended")
            job = job_of(_answered(answer).body)
            if not job.is_running:
                return job
            if waited_s > _JOB_PATIENCE_S or stop.wait(look_s):
                raise CentralGoneError(f"central's capture job did not end within {waited_s:.0f} s")
            waited_s += look_s
            look_s = min(2 * look_s, _LONGEST_JOB_LOOK_S)

    def _send_singly(self, client: CentralClient, rows: Sequence[OutboxRow], delivery: _Delivery) -> None:
        for row in rows:
            body = orjson.dumps(standalone(orjson.loads(row.body)))
            answer = client.event(body)
            while answer.status == 415 and client.use_next_encoding():
                answer = client.event(body)
            match verdict_of_event(answer.status, answer.body):
                case Verdict.ACKNOWLEDGED:
                    delivery.acknowledged.append(row)
                case Verdict.REFUSED | Verdict.TOO_LARGE:
                    delivery.dead.append((row, f"central refuses it, {answer.words}"))
                case verdict:
                    raise _gone(answer, verdict)

    def _settle(self, transaction: sqlite3.Connection, delivery: _Delivery) -> None:
        now_ms = self._now_ms()
        outbox.acknowledge(transaction, delivery.acknowledged)
        for row, reason in delivery.dead:
            outbox.bury(transaction, row, reason, now_ms)
            log.error("event_refused_for_good", epoch=row.epoch, seq=row.seq, reason=reason)
        if delivery.acknowledged:
            lag_ms = max(0, now_ms - delivery.acknowledged[-1].appended_ms)
            note_success(transaction, len(delivery.acknowledged), lag_ms, now_ms)

    def _wait_s(self, state: RetryCallState) -> float:
        error = _error_of(state)
        return backoff_s(
            state.attempt_number,
            needs_person=error.needs_person,
            retry_after_s=error.retry_after_s,
            jitter=self._jitter(),
        )

    def _tell(self, state: RetryCallState) -> None:
        """Log and note a failure once, not at every attempt."""
        error = _error_of(state)
        if self._told == str(error):
            return
        self._told = str(error)
        self._limits = None  # whatever comes back may have other limits
        kind = SyncState.NEEDS_PERSON if error.needs_person else SyncState.UNREACHABLE
        (log.error if error.needs_person else log.warning)("central_gone", reason=str(error))
        self._store.write(lambda transaction: note_failure(transaction, kind, str(error), self._now_ms()))

    def _data_version(self) -> int:
        """Return a number that changes when any other connection commits; costs no lock and no disk access."""
        with self._store.read() as connection:
            return int(connection.execute("PRAGMA data_version").fetchone()[0])

    def _now_ms(self) -> int:
        return self._clock.utc_us() // 1000


def _unfitness_of(row: OutboxRow) -> str | None:
    try:
        problems = problems_of_event(orjson.loads(row.body))
    except orjson.JSONDecodeError as error:
        return f"not JSON: {error}"
    return f"not valid EPCIS 2.0: {problems[0]}" if problems else None


def _answered(answer: Answer) -> Answer:
    """Return ``answer`` if it is a success, else raise what it means."""
    if 200 <= answer.status < 300:
        return answer
    raise _gone(answer, verdict_of_event(answer.status))


def _gone(answer: Answer, verdict: Verdict) -> CentralGoneError:
    needs_person = verdict in (Verdict.NEEDS_PERSON, Verdict.OTHER_ENCODING)
    return CentralGoneError(
        f"central answers {answer.words}", needs_person=needs_person, retry_after_s=answer.retry_after_s
    )


def _error_of(state: RetryCallState) -> CentralGoneError:
    error = state.outcome.exception() if state.outcome is not None else None
    assert isinstance(error, CentralGoneError)  # the only kind that is tried again
    return error


def _rest(stop: Stop, seconds: float) -> None:
    stop.wait(seconds)
