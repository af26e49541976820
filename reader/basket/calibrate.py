"""What a site teaches: labelled baskets bend the weights of the classifier, as far as they speak for it.

The default weights are the prior of a logistic regression, each with its own stiffness, so that three
baskets move the threshold and thirty move the rest. Newton's method; the problem is convex.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from reader.basket.classify import Weights

__all__ = ["Sample", "fitted"]

Sample = tuple[tuple[float, ...], bool]  # feature vector, and whether the tag lay in the basket

_BIAS_SPREAD = 2.0  # how far a site's threshold may plausibly lie from the default
_WEIGHT_SPREAD = 0.5
_ROUNDS = 12


def fitted(prior: Weights, samples: Sequence[Sample]) -> Weights:
    """Return ``prior`` moved towards what ``samples`` of one site say; without samples, ``prior`` itself."""
    if not samples:
        return prior
    size = len(prior.values)
    stiffness = [1 / _BIAS_SPREAD**2] + [1 / _WEIGHT_SPREAD**2] * (size - 1)
    weights = list(prior.values)
    for _ in range(_ROUNDS):
        gradient = [s * (w - p) for s, w, p in zip(stiffness, weights, prior.values, strict=True)]
        curvature = [[stiffness[i] if i == j else 0.0 for j in range(size)] for i in range(size)]
        for x, is_in in samples:
            chance = _logistic(sum(w * value for w, value in zip(weights, x, strict=True)))
            slope = chance * (1 - chance)
            for i in range(size):
                gradient[i] += (chance - is_in) * x[i]
                for j in range(i, size):
                    curvature[i][j] += slope * x[i] * x[j]
        for i in range(size):
            for j in range(i):
                curvature[i][j] = curvature[j][i]
        step = _solved(curvature, gradient)
        weights = [w - s for w, s in zip(weights, step, strict=True)]
        if max(map(abs, step)) < 1e-6:
            break
    return Weights(tuple(weights), f"{prior.version}+{len(samples)}")


def _logistic(score: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Return x of matrix·x = right; the matrix is positive definite, so no pivoting is needed."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for i in range(size):
        for k in range(i + 1, size):
            factor = rows[k][i] / rows[i][i]
            for j in range(i, size + 1):
                rows[k][j] -= factor * rows[i][j]
    x = [0.0] * size
    for i in reversed(range(size)):
        x[i] = (rows[i][size] - sum(rows[i][j] * x[j] for j in range(i + 1, size))) / rows[i][i]
    return x
