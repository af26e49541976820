"""How much of a zone was surely read: the curve of tags over time, and what the last reads say of the rest. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["Curve", "chance_of_new", "grown", "rate_per_s"]

Curve = tuple[tuple[float, int], ...]  # (seconds since the start, different tags by then), rising in both

_MOST_POINTS = 240
_STEP_S = 1.0
_RECENT_S = 5.0


def grown(curve: Curve, elapsed_s: float, unique: int) -> Curve:
    """Return ``curve`` with a point for now; at most one a second, and thinned out so that a long sweep stays small."""
    if curve and elapsed_s - curve[-1][0] < _STEP_S:
        return curve
    longer = (*curve, (round(elapsed_s, 1), unique))
    return longer if len(longer) <= _MOST_POINTS else (*longer[::2], longer[-1])


def rate_per_s(curve: Curve, elapsed_s: float, unique: int) -> float:
    """Return how many new tags a second came in the last few seconds; 0 at the very start."""
    earlier = [point for point in curve if point[0] <= elapsed_s - _RECENT_S]
    since_s, before = earlier[-1] if earlier else (0.0, 0)
    return (unique - before) / (elapsed_s - since_s) if elapsed_s > since_s else 0.0


def chance_of_new(read_counts: Iterable[int]) -> float | None:
    """Return the chance that the next read is of a tag not read before, None before the first read.

    The share of reads whose tag was read only once: while that is not near 0, the sweep is not over.

    Source: I. J. Good, "The population frequencies of species", Biometrika 40 (1953): the Good–Turing estimate.
    """
    counts: Sequence[int] = list(read_counts)
    total = sum(counts)
    return sum(count == 1 for count in counts) / total if total else None
