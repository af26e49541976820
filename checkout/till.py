"""A lane that runs: reader, basket, prices, terminal and disk, joined by the machine of `lane`.

1. One thread calls `step`; pages call the rest from theirs. Everything happens under one lock, except waiting
   for reads and talking to the terminal.
2. What the machine wants done is done in its order. A write that the disk refuses is tried again, and what
   follows it waits: nothing goes to the terminal ahead of the record of it.
3. It may be killed at any instruction. The next start finds on disk what to look up.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace

import structlog

from checkout import lane_model as lane
from checkout.catalogue import Catalogue
from checkout.errors import IllegalMoveError, StoreError
from checkout.lane import advance, opened
from checkout.lane_pad import PriceList, has_sold, pad_of, seen_in
from checkout.lane_view import view_of
from checkout.port import ItemLedger
from checkout.pricing import Promotion
from checkout.sale import Decision
from checkout.settlement import Settlement
from checkout.tender import PaymentTerminal, Unknown
from checkout.terminal_worker import TerminalWorker
from checkout.view import LaneView, Stage
from reader.basket import Basket, BasketSession
from reader.model import LinkState, TagRead
from reader.port import Clock, TagReader

__all__ = ["Till", "TillParts"]

log = structlog.get_logger()

_STEP_S = 0.1  # a tick of the basket rule; also how late an answer of the terminal is heard
_PRICE_EVERY_S = 0.5  # prices and other lanes' sales change without the basket changing
_HEALTH_S = 5.0
_HEALTH_DOWN_S = 1.0
_RETRY_S = 1.0  # between two tries of a write that the disk refused


@dataclass(frozen=True, slots=True)
class TillParts:
    """What a till is made of.

    lane, terminal_name: as staff call them; an attempt remembers both. basket: a session of this lane alone.
    catalogue, promotions: asked again and again, so that an import counts at once.
    executor: runs one call at a time; None for a thread of the till's own.
    """

    lane: str
    reader: TagReader
    basket: BasketSession
    catalogue: Callable[[], Catalogue]
    ledger: ItemLedger
    terminal: PaymentTerminal
    terminal_name: str
    settlement: Settlement
    clock: Clock
    promotions: Callable[[], Sequence[Promotion]] = tuple
    executor: Executor | None = None


class Till:
    """One running lane, as the pages see it (`KioskLane`)."""

    def __init__(self, parts: TillParts) -> None:
        """Join ``parts``. Nothing moves before `step` or `run`; until then the lane is closed."""
        self._parts = parts
        self._own_executor = ThreadPoolExecutor(1, f"terminal-{parts.lane}") if parts.executor is None else None
        self._terminal = TerminalWorker(parts.terminal, parts.executor or self._own_executor)  # type: ignore[arg-type]  # one of the two is there
        self._changed = threading.Condition(threading.RLock())
        self._state = lane.LaneState(Stage.CLOSED)
        self._owed: deque[lane.Action] = deque()
        self._retry_at_s = 0.0
        self._is_open = False
        self._foreign_attempts: frozenset[str] = frozenset()
        self._basket = Basket()
        self._priced = lane.Pad()
        self._priced_at_s = float("-inf")
        self._health_at_s = float("-inf")
        self._view = self._view_now(parts.clock.utc_us() // 1000)

    # --- for pages, from any thread

    def view(self) -> LaneView:
        """Return the lane as it is now."""
        return self._view

    def wait(self, revision: int, timeout_s: float) -> LaneView:
        """Return the view as soon as its revision differs from ``revision``, or after ``timeout_s``."""
        with self._changed:
            self._changed.wait_for(lambda: self._view.revision != revision, timeout_s)
            return self._view

    def pay(self, quote: str) -> LaneView:
        """Freeze the basket and arm the terminal, if ``quote`` is still what the shopper saw."""
        with self._changed:
            if not self._owed:
                self._price(is_due=True)  # a price or another lane's sale may have changed since the last look
                self._apply(lane.PayPressed(quote))
            return self._publish()

    def cancel_payment(self) -> LaneView:
        """Ask the terminal to stop."""
        return self._press(lane.CancelPressed())

    def back(self) -> LaneView:
        """From a failed payment back to the basket."""
        return self._press(lane.BackPressed())

    def finish(self) -> LaneView:
        """The shopper is done with the receipt."""
        return self._press(lane.FinishPressed())

    def call_help(self, wanted: bool) -> LaneView:
        """Call staff, or say that they came."""
        return self._press(lane.HelpPressed(wanted))

    def resolve_unknown(self, paid: bool, operator: str, evidence: str) -> LaneView:
        """Staff decide an unknown payment; without operator and evidence nothing changes."""
        if not operator.strip() or not evidence.strip():
            return self.view()
        return self._press(lane.StaffDecided(paid, Decision(operator.strip(), evidence.strip())))

    # --- for the lane's own thread

    def run(self, stop: threading.Event) -> None:
        """Start the reader and serve shoppers until ``stop``; a fault is logged and the lane goes on."""
        self._parts.reader.start()
        try:
            while not stop.is_set():
                try:
                    self.step(_STEP_S)
                except Exception:
                    log.exception("a turn of the lane failed", lane=self._parts.lane)
                    stop.wait(_RETRY_S)
        finally:
            self._parts.reader.stop()
            self.close()

    def close(self) -> None:
        """End the terminal's thread; an open attempt is looked up at the next start."""
        if self._own_executor is not None:
            self._own_executor.shutdown()

    def step(self, timeout_s: float) -> LaneView:
        """Do one turn: wait at most ``timeout_s`` for reads, then let everything that happened count.

        Raises:
            StoreError, sqlite3.Error: The disk refused; the next turn tries again.
        """
        reader = self._parts.reader
        reads = reader.poll(timeout_s)
        is_up, now_us = reader.health().state is LinkState.UP, reader.clock_us()
        for event in reader.events():
            log.info("reader", lane=self._parts.lane, kind=event.kind, detail=event.detail)
        with self._changed:
            if not self._is_open:
                self._open()
            self._work_off()
            try:
                self._take_in(reads, is_up, now_us)
            finally:  # goods that cannot be looked up or priced must not hold up money that is on its way
                self._attend_payment()
                self._publish()
            return self._view

    def _attend_payment(self) -> None:
        """Let what the terminal said count, and the time that passed."""
        for answer in self._terminal.answers():
            self._apply(answer)
        self._apply(lane.Tick())
        self._check_terminal()

    def _open(self) -> None:
        """Find on disk what a crash left, before anybody is served."""
        parts, settlement = self._parts, self._parts.settlement
        settlement.fulfil_paid()
        settlement.void_unpaid(parts.lane)
        found = settlement.open_attempts(parts.lane)
        settlement.note_start(parts.lane)
        # Another terminal knows nothing of them: "never seen" from this one would prove nothing.
        self._foreign_attempts = frozenset(
            attempt.attempt.attempt for attempt in found if attempt.terminal != parts.terminal_name
        )
        self._is_open = True
        if found:
            log.warning("attempts of before the restart", lane=parts.lane, count=len(found))
        self._turn(opened(found, parts.clock.monotonic_s()))

    def _take_in(self, reads: Sequence[TagRead], is_up: bool, now_us: int) -> None:
        basket = self._parts.basket
        if is_up != self._state.reader_up:
            if is_up:
                basket.resume(now_us)
            else:
                basket.pause(now_us)
            self._apply(lane.ReaderChanged(is_up))
        if is_up:
            basket.feed(reads)
            self._basket = basket.advance(now_us)
            self._price(is_due=False)

    def _price(self, *, is_due: bool) -> None:
        """Let the machine see the basket, priced anew where it changed or the last price is old."""
        parts, basket, now_s = self._parts, self._basket, self._parts.clock.monotonic_s()
        known, seen = {line.epc for line in self._priced.lines}, seen_in(basket)
        if is_due or now_s - self._priced_at_s >= _PRICE_EVERY_S or known != set(seen):
            prices = PriceList(parts.catalogue(), parts.promotions(), parts.settlement.shop.currency)
            sold = parts.ledger.sold(seen) if seen else {}
            self._priced = pad_of(basket, prices, sold, has_sold=has_sold(parts.basket.evidence()))
            self._priced_at_s = now_s
        self._priced = replace(self._priced, is_complete=basket.complete, needs_assistance=basket.assist)
        self._apply(lane.BasketSeen(self._priced))

    def _check_terminal(self) -> None:
        now_s = self._parts.clock.monotonic_s()
        every_s = _HEALTH_S if self._state.terminal_up else _HEALTH_DOWN_S
        if self._state.payment is None and self._terminal.is_idle and now_s - self._health_at_s >= every_s:
            self._health_at_s = now_s
            self._terminal.check_health()

    def _press(self, event: lane.Event) -> LaneView:
        with self._changed:
            self._apply(event)
            return self._publish()

    def _apply(self, event: lane.Event) -> None:
        self._turn(advance(self._state, event, self._parts.clock.monotonic_s()))

    def _turn(self, turn: lane.Turn) -> None:
        if turn.state.stage is not self._state.stage:
            log.info("lane", lane=self._parts.lane, stage=turn.state.stage, sale=turn.state.sale)
        self._state = turn.state
        self._owed.extend(turn.actions)
        if turn.actions:
            self._work_off()

    def _work_off(self) -> None:
        """Do what is owed, in order, until it is done or the disk refuses."""
        while self._owed and self._parts.clock.monotonic_s() >= self._retry_at_s:
            try:
                followed_by = self._perform(self._owed[0])
            except (sqlite3.Error, StoreError) as error:
                log.error("the disk refused, trying again", lane=self._parts.lane, error=str(error))
                self._retry_at_s = self._parts.clock.monotonic_s() + _RETRY_S
                return
            except IllegalMoveError as error:
                log.error("the lane is closed for staff", lane=self._parts.lane, error=str(error))
                self._owed.clear()
                followed_by = lane.Refused()
            else:
                self._owed.popleft()
            if followed_by is not None:
                turn = advance(self._state, followed_by, self._parts.clock.monotonic_s())
                self._state = turn.state
                self._owed.extend(turn.actions)

    def _perform(self, action: lane.Action) -> lane.Event | None:
        settlement = self._parts.settlement
        match action:
            case lane.Arm():
                return self._arm(action)
            case lane.Ask(question, attempt):
                if attempt.attempt in self._foreign_attempts:
                    return lane.Answered(question, attempt, Unknown("it was sent to another terminal"))
                self._terminal.ask(question, attempt)
            case lane.Settle(attempt, captured, decision):
                receipt = settlement.settle(attempt, captured, decision)
                self._priced_at_s = float("-inf")  # what lies there is sold now
                return lane.Settled(attempt, receipt)
            case lane.Release(attempt, outcome):
                settlement.release(attempt, outcome)
            case lane.RequestCancel(attempt, reason):
                settlement.request_cancel(attempt, reason)
            case lane.Lose(attempt, detail):
                settlement.lose(attempt, detail)
            case lane.Resume(attempt):
                settlement.resume(attempt)
            case lane.RequestReversal(attempt, captured):
                settlement.request_reversal(attempt, captured)
            case lane.DecideUnpaid(attempt, decision):
                settlement.decide_unpaid(attempt, decision)
            case lane.RecordStrayCapture(attempt, captured):
                settlement.record_stray_capture(attempt, captured)
            case lane.Reopen(sale):
                settlement.reopen(sale)
            case lane.Void(sale, reason):
                settlement.void(sale, reason)
            case lane.ForgetBasket():
                self._parts.basket.reset()
                self._basket = Basket()
        return None

    def _arm(self, action: lane.Arm) -> lane.Event:
        parts = self._parts
        try:
            attempt = parts.settlement.arm(
                parts.lane, parts.terminal_name, action.quote, action.sale or None, self._evidence()
            )
        except IllegalMoveError as error:
            log.warning("the terminal cannot be armed", lane=parts.lane, error=str(error))
            return lane.ArmRefused("terminal_busy")
        except (sqlite3.Error, StoreError) as error:
            log.error("the disk refused an attempt", lane=parts.lane, error=str(error))
            return lane.ArmRefused("store_trouble")
        return lane.Armed(attempt)

    def _evidence(self) -> str:
        """Return as JSON why each tag is on the bill or not, and by which rule."""
        basket = self._parts.basket
        tags = [tag.to_json() for tag in basket.evidence()]
        return json.dumps({"rule": asdict(basket.rule), "basket": asdict(self._basket), "tags": tags})

    def _view_now(self, revision: int) -> LaneView:
        view = view_of(self._state, self._parts.lane, self._parts.settlement.shop.currency, revision)
        return replace(view, notices=(*view.notices, "store_trouble")) if self._owed else view

    def _publish(self) -> LaneView:
        revision = self._view.revision
        if self._view_now(revision) != self._view:
            self._view = self._view_now(revision + 1)
            self._changed.notify_all()
        return self._view
