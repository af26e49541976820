"""The reader's own sign of life: when it is due, and how many were left unanswered."""

from __future__ import annotations

__all__ = ["Keepalive"]


class Keepalive:
    """The keepalives of one connection after another. gives_up_after: so many without an answer; None never does."""

    def __init__(self, gives_up_after: int | None) -> None:
        self.due_us: int | None = None
        self._gives_up_after = gives_up_after
        self._unanswered = 0

    def begin(self, period_us: int | None, now_us: int) -> None:
        """Begin anew, with the first one after ``period_us``; None sends none."""
        self._unanswered = 0
        self._arm(period_us, now_us)

    def end(self) -> None:
        """Send no more."""
        self.due_us = None

    def take(self, period_us: int | None, now_us: int) -> bool:
        """Return whether one is to be sent now; the next is due after ``period_us``."""
        if self.due_us is None or self.due_us > now_us:
            return False
        self._unanswered += 1
        self._arm(period_us, now_us)
        return True

    def answered(self) -> None:
        """Take in that the client answered."""
        self._unanswered = 0

    @property
    def is_given_up(self) -> bool:
        """Whether the client left too many unanswered."""
        return self._gives_up_after is not None and self._unanswered > self._gives_up_after

    def _arm(self, period_us: int | None, now_us: int) -> None:
        self.due_us = None if period_us is None else now_us + period_us
