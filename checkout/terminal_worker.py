"""Asks a payment terminal beside the lane's own thread, so that a slow terminal never stops the reading."""

from __future__ import annotations

import queue
from collections.abc import Callable
from concurrent.futures import Executor

import structlog

from checkout.lane_model import Answered, Question, TerminalChanged
from checkout.tender import Attempt, Outcome, PaymentTerminal, TerminalHealth, Unknown

__all__ = ["TerminalWorker"]

log = structlog.get_logger()


class TerminalWorker:
    """One terminal, asked one question after the other; answers are fetched with `answers`."""

    def __init__(self, terminal: PaymentTerminal, executor: Executor) -> None:
        """Ask ``terminal`` in ``executor``, which runs one call at a time, in order."""
        self._executor = executor
        self._health = terminal.health
        self._ask: dict[Question, Callable[[Attempt], Outcome]] = {
            Question.START: terminal.start,
            Question.POLL: terminal.poll,
            Question.LOOKUP: terminal.lookup,
            Question.CANCEL: terminal.cancel,
            Question.REVERSE: terminal.reverse,
        }
        self._answers: queue.SimpleQueue[Answered | TerminalChanged] = queue.SimpleQueue()
        self._asked = 0
        self._fetched = 0

    @property
    def is_idle(self) -> bool:
        """Return whether every answer was fetched."""
        return self._asked == self._fetched

    def ask(self, question: Question, attempt: Attempt) -> None:
        """Ask; returns at once."""
        self._asked += 1
        self._executor.submit(self._answer, question, attempt)

    def check_health(self) -> None:
        """Ask whether the terminal answers at all; returns at once."""
        self._asked += 1
        self._executor.submit(self._answer_health)

    def answers(self) -> list[Answered | TerminalChanged]:
        """Return the answers that came since the last call, oldest first."""
        fetched = []
        while not self._answers.empty():  # one thread fetches: what is there stays there
            fetched.append(self._answers.get_nowait())
        self._fetched += len(fetched)
        return fetched

    def _answer(self, question: Question, attempt: Attempt) -> None:
        outcome: Outcome
        try:
            outcome = self._ask[question](attempt)
        except Exception as error:
            log.exception("the terminal's adapter failed", question=question, attempt=attempt.attempt)
            outcome = Unknown(f"{type(error).__name__}: {error}")
        self._answers.put(Answered(question, attempt, outcome))

    def _answer_health(self) -> None:
        try:
            health = self._health()
        except Exception as error:
            log.exception("the terminal's adapter failed", question="health")
            health = TerminalHealth(False, f"{type(error).__name__}: {error}")
        self._answers.put(TerminalChanged(health.up))
