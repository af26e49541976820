"""How long to wait between attempts at a link that is down. Pure: the randomness is passed in."""

from __future__ import annotations

from random import Random
from typing import Final

__all__ = ["Backoff"]

_FIRST_S: Final = 0.1
_LONGEST_S: Final = 1.0  # a reader that is back shall be read again within two seconds


class Backoff:
    """Waits of 0, then 0.1 s doubling up to 1 s, each shortened by up to a half at random.

    The jitter keeps a shop's readers, all gone with one switch, from coming back in step.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._failures = 0

    def next_s(self) -> float:
        """Return how long after its beginning the last attempt is to be followed by the next."""
        failures, self._failures = self._failures, self._failures + 1
        if failures == 0:
            return 0.0
        longest = min(_LONGEST_S, _FIRST_S * 2.0 ** min(failures - 1, 10))
        return longest * (0.5 + 0.5 * self._random.random())

    def reset(self) -> None:
        """Begin anew: the link was up."""
        self._failures = 0
