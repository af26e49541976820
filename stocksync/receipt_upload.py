"""Receipts to central, where the address behind their QR code opens them. Never in the way of a movement."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import orjson
import structlog

from checkout.receipts.upload import PendingReceipt, mark_uploaded, pending_uploads
from checkout.store import Store
from reader.port import Clock
from stocksync.central_client import CentralClient
from stocksync.delivery import Verdict, backoff_s, verdict_of_event
from stocksync.errors import CentralGoneError

__all__ = ["ReceiptUploads"]

log = structlog.get_logger()

_AT_A_TIME = 20  # then movements are looked after again


class ReceiptUploads:
    """Sends receipts, a few at a time; after a failure it rests, however often it is asked."""

    def __init__(self, store: Store, clock: Clock, jitter: Callable[[], float]) -> None:
        """Send what ``store`` holds; ``jitter()`` is from 0 to 1."""
        self._store = store
        self._clock = clock
        self._jitter = jitter
        self._rests_until_s = 0.0
        self._failures = 0
        self._refused: set[str] = set()  # until the next start; a receipt that central cannot take stalls no other

    def is_due(self) -> bool:
        """Whether something waits and the rest after the last failure is over."""
        return self._clock.monotonic_s() >= self._rests_until_s and bool(self._waiting())

    def send(self, client: CentralClient) -> None:
        """Send a few receipts, if it is time to."""
        if self._clock.monotonic_s() < self._rests_until_s:
            return
        for receipt in self._waiting():
            try:
                self._send(client, receipt)
            except CentralGoneError as error:
                self._rest(error)
                return
            self._failures = 0

    def _send(self, client: CentralClient, receipt: PendingReceipt) -> None:
        answer = client.receipt(receipt.token, orjson.dumps(receipt.content))
        if 200 <= answer.status < 300 or answer.status == 409:
            self._store.write(partial(mark_uploaded, token=receipt.token))
            return
        verdict = verdict_of_event(answer.status)
        if verdict in (Verdict.REFUSED, Verdict.TOO_LARGE):
            self._refused.add(receipt.token)
            log.error("receipt_refused", reason=answer.words)
            return
        raise CentralGoneError(
            f"central answers {answer.words}",
            needs_person=verdict is not Verdict.TRY_AGAIN,
            retry_after_s=answer.retry_after_s,
        )

    def _rest(self, error: CentralGoneError) -> None:
        if self._failures == 0:
            log.warning("receipts_wait", reason=str(error))
        self._failures += 1
        self._rests_until_s = self._clock.monotonic_s() + backoff_s(
            self._failures,
            needs_person=error.needs_person,
            retry_after_s=error.retry_after_s,
            jitter=self._jitter(),
        )

    def _waiting(self) -> list[PendingReceipt]:
        with self._store.read() as connection:
            found = pending_uploads(connection, _AT_A_TIME + len(self._refused))
        return [receipt for receipt in found if receipt.token not in self._refused]
