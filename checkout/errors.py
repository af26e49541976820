"""What can go wrong between a basket and a sale.

CheckoutError
├── MoneyError (ValueError)          amounts that do not go together
├── CatalogueError (ValueError)      a catalogue that cannot be imported; carries every bad row
├── LabelError (ValueError)          a label that cannot be printed
├── PricingError (ValueError)        a basket or promotion that cannot be priced
├── StoreError (RuntimeError)        the store's database cannot be used
├── JournalError (ValueError)        the journal does not verify
├── IllegalMoveError (RuntimeError)  a move that the order's states do not know
└── TerminalError (ConnectionError)  the terminal could not be asked; the outcome is unknown
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "CatalogueError",
    "CheckoutError",
    "IllegalMoveError",
    "JournalError",
    "LabelError",
    "MoneyError",
    "PricingError",
    "StoreError",
    "TerminalError",
]


class CheckoutError(Exception):
    """Base of every error of this package; `retry_helps` says whether the same again may succeed."""

    retry_helps = False


class MoneyError(CheckoutError, ValueError):
    """Amounts or currencies that do not go together."""


class CatalogueError(CheckoutError, ValueError):
    """A catalogue that cannot be imported; nothing of it was.

    Attributes:
        problems: One sentence per bad row, with its line number.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems[:3]) + (f"; and {len(problems) - 3} more" if len(problems) > 3 else ""))
        self.problems = tuple(problems)


class LabelError(CheckoutError, ValueError):
    """A label that cannot be printed as it is wanted; says what would do."""


class PricingError(CheckoutError, ValueError):
    """A basket or a promotion that cannot be priced; says where and what was expected."""


class StoreError(CheckoutError, RuntimeError):
    """The store's database cannot be opened, migrated or written."""


class JournalError(CheckoutError, ValueError):
    """The journal does not verify; `seq` is the first record in doubt."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(f"journal record {seq}: {reason}")
        self.seq = seq


class IllegalMoveError(CheckoutError, RuntimeError):
    """A move that the order's states do not know."""


class TerminalError(CheckoutError, ConnectionError):
    """The terminal could not be asked. What became of the request is unknown, never failed."""

    retry_helps = True
