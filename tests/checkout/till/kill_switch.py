"""Kills a till at a chosen step: before or after any commit, before or after any word with the terminal."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, TypeVar

from checkout.store import Store
from checkout.tender import Attempt, Outcome, PaymentTerminal, TerminalHealth

__all__ = ["KillSwitch", "KilledError", "MortalStore", "MortalTerminal"]

T = TypeVar("T")


class KilledError(BaseException):
    """The process is gone: no `except Exception` of its own sees this."""


class KillSwitch:
    """Counts steps and kills at one of them; 0 never kills, and counts how many there are."""

    def __init__(self, at: int = 0) -> None:
        self.at = at
        self.steps: list[str] = []

    def step(self, name: str) -> None:
        self.steps.append(name)
        if len(self.steps) == self.at:
            raise KilledError(name)


class MortalStore(Store):
    """A store whose process may die just before or just after a commit."""

    def __init__(self, path: Any, switch: KillSwitch) -> None:
        super().__init__(path)
        self._switch = switch

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def mortal(transaction: sqlite3.Connection) -> T:
            result = work(transaction)
            self._switch.step("before a commit")
            return result

        result = super().write(mortal)
        self._switch.step("after a commit")
        return result


class MortalTerminal:
    """A way to a terminal; the till's process may die before its question is out or before the answer is heard."""

    def __init__(self, terminal: PaymentTerminal, switch: KillSwitch) -> None:
        self._terminal = terminal
        self._switch = switch

    def _ask(self, question: Callable[[Attempt], Outcome], attempt: Attempt) -> Outcome:
        self._switch.step(f"before {question.__name__}")
        outcome = question(attempt)
        self._switch.step(f"after {question.__name__}")
        return outcome

    def start(self, attempt: Attempt) -> Outcome:
        return self._ask(self._terminal.start, attempt)

    def poll(self, attempt: Attempt) -> Outcome:
        return self._ask(self._terminal.poll, attempt)

    def lookup(self, attempt: Attempt) -> Outcome:
        return self._ask(self._terminal.lookup, attempt)

    def cancel(self, attempt: Attempt) -> Outcome:
        return self._ask(self._terminal.cancel, attempt)

    def reverse(self, attempt: Attempt) -> Outcome:
        return self._ask(self._terminal.reverse, attempt)

    def health(self) -> TerminalHealth:
        return self._terminal.health()
