"""What the central inventory asks of its storage.

1. What `capture` returned from is on disk and survives a power cut, as far as the disk keeps its word.
2. A batch, the states of its tags, the levels of their products and its exceptions commit together or not at all.
3. Levels are equal to a recount of all events at every moment, whatever the order in which the events came.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from stocksync.central.belief import Belief
from stocksync.central.model import (
    CaptureBatch,
    CaptureJob,
    CaptureOutcome,
    ExceptionRecord,
    Level,
    StoredEvent,
    StoredReceipt,
)
from stocksync.central.query import EventQuery, PageMark

__all__ = ["CentralStorage"]


class CentralStorage(Protocol):
    """A storage of the central inventory. Must implement: everything here; any thread may call.

    Every method raises `CentralStorageError` where the engine fails (a full disk); a retry may help.
    """

    def capture(self, batch: CaptureBatch) -> CaptureOutcome:
        """Store what is new of ``batch``, believe it, record the job. With ROLLBACK one conflict refuses all."""

    def events(self, query: EventQuery, mark: PageMark | None, limit: int) -> Sequence[StoredEvent]:
        """Return at most ``limit`` events behind ``mark``, in the query's order."""

    def count(self, query: EventQuery, at_most: int) -> int:
        """Return how many events there are, or ``at_most`` where there are more."""

    def job(self, job_id: str) -> CaptureJob | None:
        """Return a capture job."""

    def jobs(self, author: str | None, before: str | None, limit: int) -> Sequence[CaptureJob]:
        """Return ``author``'s jobs (None: everybody's), newest first, those before the id ``before``."""

    def levels(self, gtins: Collection[str] | None, locations: Collection[str] | None) -> Sequence[Level]:
        """Return the levels of ``gtins`` at ``locations`` (None: all), by GTIN and location."""

    def levels_since(self, revision: int) -> Sequence[Level]:
        """Return the levels that changed after ``revision``, in the order of their last change."""

    def revision(self) -> int:
        """Return the number of the latest change of any level; it never goes back."""

    def wait_for_change(self, revision: int, timeout_s: float) -> int:
        """Return the revision as soon as it is above ``revision``, or after ``timeout_s``, or when closing."""

    def beliefs(self, tags: Collection[str]) -> Mapping[str, Belief]:
        """Return what is believed of those of ``tags`` (canonical keys) that were ever heard of."""

    def exceptions(self, after: int, limit: int) -> Sequence[ExceptionRecord]:
        """Return exception records with a number above ``after``, oldest first."""

    def put_receipt(self, token: str, receipt: StoredReceipt) -> bool:
        """Keep a receipt under its token. False: another author has it."""

    def receipt(self, token: str, now_us: int) -> StoredReceipt | None:
        """Return the receipt, or None where there is none or it expired."""

    def purge(self, now_us: int, jobs_before_us: int) -> None:
        """Delete receipts that expired by ``now_us``, and jobs that finished before ``jobs_before_us``."""

    def rebuild(self) -> int:
        """Recompute beliefs and levels from the events; return how many levels differed (0 unless there is a fault)."""

    def close(self) -> None:
        """Wake who waits, finish what is queued, close; may be called twice."""
