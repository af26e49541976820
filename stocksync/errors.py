"""What can go wrong between a sale or a sweep and the world's view of the stock.

SyncError
├── ClockStampError (ValueError)   text that is no stamp of a hybrid logical clock
├── MovementError (ValueError)     a movement that cannot be
├── EncodingError (ValueError)     a serial that is taken, or an EPC that another chip carries
├── StockImportError (ValueError)  tags that cannot be imported; carries every bad row
├── StocktakeError (RuntimeError)  a step that does not fit how the stocktake stands
├── CentralGoneError (ConnectionError)  central cannot be reached or refuses us; trying again helps
└── those of the central inventory, with what raises them: `CentralSettingsError`, `CentralStorageError`,
    `EventError`, `ProblemError`
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "CentralGoneError",
    "ClockStampError",
    "EncodingError",
    "MovementError",
    "StockImportError",
    "StocktakeError",
    "SyncError",
]


class SyncError(Exception):
    """Base of every error of this package; `retry_helps` says whether the same again may succeed."""

    retry_helps = False


class ClockStampError(SyncError, ValueError):
    """Text or numbers that are no stamp of a hybrid logical clock."""


class EncodingError(SyncError, ValueError):
    """A serial that is taken, or an EPC that another chip carries."""


class MovementError(SyncError, ValueError):
    """A movement that cannot be: says which field and what was expected."""


class StockImportError(SyncError, ValueError):
    """Tags that cannot be imported; none of them was.

    Attributes:
        problems: One sentence per bad row, with its line number.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems[:3]) + (f"; and {len(problems) - 3} more" if len(problems) > 3 else ""))
        self.problems = tuple(problems)


class StocktakeError(SyncError, RuntimeError):
    """A step that does not fit how the stocktake stands: none is open, or one is open already."""


class CentralGoneError(SyncError, ConnectionError):
    """Central cannot be reached, or refuses us for now; what was to be sent is kept.

    Attributes:
        needs_person: A wrong key or address; trying again helps only after somebody put it right.
        retry_after_s: How long central asked us to wait, 0 if it did not.
    """

    retry_helps = True

    def __init__(self, reason: str, *, needs_person: bool = False, retry_after_s: float = 0.0) -> None:
        super().__init__(reason)
        self.needs_person = needs_person
        self.retry_after_s = retry_after_s
