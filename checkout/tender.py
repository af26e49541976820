"""The port to a payment terminal.

1. An attempt is on disk before the first byte of it goes to a terminal.
2. A timeout, a dropped line, an answer that does not match: UNKNOWN, never declined.
3. `cancel` is a wish; only `poll` or `lookup` says how an attempt ended.
4. The same attempt sent again carries the same id and amount, and is charged once.
5. An answer counts only for the attempt, amount and currency that it names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from checkout.money import Money

__all__ = [
    "Attempt",
    "Cancelled",
    "Captured",
    "Declined",
    "NeverSeen",
    "Outcome",
    "PaymentTerminal",
    "Pending",
    "TerminalHealth",
    "Unknown",
]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to be paid: `attempt` is a ULID and the idempotency key; `n` counts from 1 within a sale."""

    attempt: str
    sale: str
    n: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Pending:
    """Not over yet. `prompt` is a code of what the terminal waits for: present_card, working."""

    prompt: str


@dataclass(frozen=True, slots=True)
class Captured:
    """The money was taken; `reference` is the terminal's own number of it."""

    reference: str
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class Declined:
    """No money was taken, and that is final; `reason` is a code: declined, insufficient_funds, busy, …"""

    reason: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """No money was taken, and that is final: the attempt was cancelled."""


@dataclass(frozen=True, slots=True)
class NeverSeen:
    """The terminal answers and has no record of this attempt: no money was taken by it so far."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Whether money was taken cannot be said now; `detail` is for staff."""

    detail: str


Outcome = Pending | Captured | Declined | Cancelled | NeverSeen | Unknown


@dataclass(frozen=True, slots=True)
class TerminalHealth:
    """Whether the terminal answers; `detail` is for staff."""

    up: bool
    detail: str = ""


class PaymentTerminal(Protocol):
    """A payment terminal. No method raises for a line that breaks: it answers `Unknown`.

    Must implement: everything here. Calls are made by one thread at a time and end within a few seconds.
    """

    def start(self, attempt: Attempt) -> Outcome:
        """Arm the terminal. Sent twice, it arms once. `Declined("busy")` when another attempt is open."""

    def poll(self, attempt: Attempt) -> Outcome:
        """Say how the attempt stands; without side effect."""

    def lookup(self, attempt: Attempt) -> Outcome:
        """Like `poll`, after a crash or a lost line: from the terminal's durable record."""

    def cancel(self, attempt: Attempt) -> Outcome:
        """Ask to cancel. The answer is how the attempt stands now, which may still become `Captured`."""

    def reverse(self, attempt: Attempt) -> Outcome:
        """Give the whole amount back: `Cancelled` when done. Sent twice, it gives back once."""

    def health(self) -> TerminalHealth:
        """Say whether the terminal answers."""
