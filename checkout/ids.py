"""ULIDs: ids that sort by the time they were made. Source: github.com/ulid/spec, canonical string form."""

from __future__ import annotations

from collections.abc import Callable

from reader.port import Clock

__all__ = ["UlidSource"]

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
_RANDOM_BITS = 80
_LENGTH = 26


class UlidSource:
    """Makes ULIDs that always rise, also within a millisecond and when the clock goes back.

    Not for several threads at once: a store's is called in its database's writer thread only.
    """

    def __init__(self, clock: Clock, randomness: Callable[[int], bytes]) -> None:
        """Take the time from ``clock`` and bytes from ``randomness(count)``, such as `os.urandom`."""
        self._clock = clock
        self._randomness = randomness
        self._last = 0

    def __call__(self) -> str:
        """Return the next id: 26 capital letters and digits."""
        milliseconds = self._clock.utc_us() // 1000
        fresh = milliseconds << _RANDOM_BITS | int.from_bytes(self._randomness(_RANDOM_BITS // 8), "big")
        self._last = fresh if fresh >> _RANDOM_BITS > self._last >> _RANDOM_BITS else self._last + 1
        return "".join(_ALPHABET[self._last >> shift & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))
