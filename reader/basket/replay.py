"""Recorded transactions to decisions: the same rule as at the till, and nothing after the decision is used.

A site's calibration transactions come first, then the others in order of name; each leaves to the later ones
what it showed of the site up to its own decision, never more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reader.basket.background import Background
from reader.basket.calibrate import Sample, fitted
from reader.basket.model import Basket, TagEvidence
from reader.basket.rule import BasketRule
from reader.basket.session import BasketSession
from reader.errors import RecordingError
from reader.model import TagRead
from reader.port import TagStanding
from reader.recording import load_object, recorded_reads

__all__ = ["Decision", "Site", "Transaction", "decisions", "transactions_in"]

_META_SUFFIX = ".meta.json"
_READS_SUFFIX = ".reads.jsonl"


@dataclass(frozen=True, slots=True)
class Transaction:
    """One recorded basket; ``in_basket`` is its label, None where it is not one for calibration."""

    name: str
    site: str
    placed_us: int
    reads_path: Path
    in_basket: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided of one transaction."""

    name: str
    basket: Basket
    epcs: tuple[str, ...]
    strays: tuple[str, ...]
    done_us: int

    def to_json(self) -> dict[str, Any]:
        """Return the line that `tagtill basket replay` writes."""
        return {
            "name": self.name,
            "done_us": self.done_us,
            "epcs": list(self.epcs),
            "strays": list(self.strays),
            "p_miss": self.basket.p_miss,
            "assist": self.basket.assist,
            "removed": [{"epc": removal.epc, "t_us": removal.t_us} for removal in self.basket.removed],
        }


class _SoldTags:
    """A ledger that knows a few tags as sold; all others are for sale."""

    def __init__(self, sold: Collection[str]) -> None:
        self._sold = frozenset(sold)

    def standing_of(self, epcs: Collection[str]) -> Mapping[str, TagStanding]:
        return {epc: TagStanding.SOLD if epc in self._sold else TagStanding.FOR_SALE for epc in epcs}


class Site:
    """One site's transactions, in order: what is learnt of it, and the decisions."""

    def __init__(self, rule: BasketRule | None = None) -> None:
        """Begin with ``rule``, by default the shipped one."""
        self._shipped = rule or BasketRule()
        self.rule = self._shipped
        self._background = Background()
        self._samples: list[Sample] = []

    def decide(
        self,
        transaction: Transaction,
        reads: Iterable[TagRead],
        sold: Collection[str] = (),
        *,
        watch: bool = False,
    ) -> Decision:
        """Return the decision on ``reads`` (oldest first); with ``watch`` also what was taken out after it.

        Without ``watch`` no read after the decision is taken from ``reads``.
        """
        session = BasketSession(self.rule, _SoldTags(sold), self._background, gated=True)
        stream = iter(reads)
        done = self._run_to_decision(session, transaction.placed_us, stream)
        evidence = session.evidence()
        if watch:  # what is watched after the decision must teach the site nothing
            session.background = self._background.copy()
        self._learn(transaction, evidence, done, sold)
        final = _watched(session, stream, done) if watch else done
        assert done.done_us is not None
        return Decision(
            transaction.name,
            replace(done, removed=final.removed),
            epcs=tuple(epc for epc in done.epcs if epc not in sold),
            strays=(*done.strays, *(epc for epc in done.epcs if epc in sold)),
            done_us=done.done_us,
        )

    def _run_to_decision(self, session: BasketSession, placed_us: int, stream: Iterator[TagRead]) -> Basket:
        marked, now_us = False, placed_us
        for read in stream:
            now_us = max(now_us, read.t_us)
            if not marked and read.t_us >= placed_us:
                session.mark_placed(placed_us)
                marked = True
            basket = session.advance(read.t_us) if session.is_due(read.t_us) else None
            session.feed((read,))
            if basket is not None and basket.complete:
                return basket
        if not marked:
            session.mark_placed(placed_us)
        while not (basket := session.advance(now_us)).complete:
            now_us += self.rule.tick_us
        return basket

    def _learn(
        self, transaction: Transaction, evidence: Iterable[TagEvidence], done: Basket, sold: Collection[str]
    ) -> None:
        label = transaction.in_basket
        inside = label if label is not None else frozenset(done.epcs)
        for tag in evidence:
            if label is not None and tag.epc not in sold:
                self._samples.append((tag.vector, tag.epc in label))
            if tag.epc in inside:
                self._background.forget(tag.epc)
            else:
                self._background.observe(tag.epc, tag.best_dbm, tag.windows)
        if label is not None:
            self.rule = replace(self._shipped, weights=fitted(self._shipped.weights, self._samples))


def transactions_in(folder: Path) -> list[Transaction]:
    """Return the transactions of ``folder`` in the order in which they are to be decided.

    Raises:
        RecordingError: The folder holds none, or one of them is broken; says which and why.
    """
    paths = sorted(folder.glob(f"*{_META_SUFFIX}"))
    if not paths:
        raise RecordingError(f"{folder}: no transactions (NAME{_META_SUFFIX} with NAME{_READS_SUFFIX})")
    found = [_transaction_of(path) for path in paths]
    return sorted(found, key=lambda each: (each.site, each.in_basket is None, each.name))


def _transaction_of(path: Path) -> Transaction:
    meta = load_object(path)
    name, site, placed_us = meta.get("name"), meta.get("site"), meta.get("placed_us")
    if not isinstance(name, str) or not isinstance(site, str) or type(placed_us) is not int:
        raise RecordingError(f"{path}: expected texts `name` and `site` and an integer `placed_us`")
    label: frozenset[str] | None = None
    if meta.get("calibration") is True:
        in_basket = meta.get("in_basket")
        if not isinstance(in_basket, list) or not all(isinstance(epc, str) for epc in in_basket):
            raise RecordingError(f"{path}: a calibration transaction lists its EPCs in `in_basket`")
        label = frozenset(epc.upper() for epc in in_basket)
    reads_path = path.with_name(path.name.removesuffix(_META_SUFFIX) + _READS_SUFFIX)
    if not reads_path.is_file():
        raise RecordingError(f"{reads_path}: missing")
    return Transaction(name, site, placed_us, reads_path, label)


def decisions(
    folder: Path, sold: Mapping[str, Collection[str]], *, rule: BasketRule | None = None, watch: bool = False
) -> Iterator[Decision]:
    """Yield a decision for every transaction of ``folder``; ``sold`` gives the ledger's tags by name.

    Raises:
        RecordingError: A file is broken.
    """
    site, site_name = Site(rule), ""
    for transaction in transactions_in(folder):
        if transaction.site != site_name:
            site, site_name = Site(rule), transaction.site
        reads = recorded_reads(transaction.reads_path)
        yield site.decide(transaction, reads, sold.get(transaction.name, ()), watch=watch)


def _watched(session: BasketSession, stream: Iterator[TagRead], done: Basket) -> Basket:
    """Go on to the end of the stream and return the basket there."""
    last_us = done.done_us or 0
    for read in stream:
        session.feed((read,))
        last_us = read.t_us
    return session.advance(last_us)
