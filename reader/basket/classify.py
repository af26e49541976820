"""Does this tag lie in the basket? A small logistic model whose summands are the reasons.

Max RSSI is the strongest single feature and fails alone: weak goods and strong strays overlap from about
-65 to -45 dBm. What is seen in most opportunities, by several antennas, about as strong as the strongest
tag, and stronger than it was before it was laid down, lies in the basket.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["DEFAULT_WEIGHTS", "FEATURES", "Features", "Weights", "contributions", "vector"]

FEATURES = ("bias", "level", "second", "share", "gap", "spread", "background", "rise")

_UNSEEN_DBM = -80.0  # an antenna that did not see the tag: about where decoding ends
_SURE_SIGHTINGS = 8.0  # windows after which a background level is believed


@dataclass(frozen=True, slots=True)
class Features:
    """What is measured of one tag. Levels in dBm at the reader's port.

    usual_share: share of opportunities of an average read's tag: a crowd shares the air, so none is seen often.
    spread_db, spread_weight: scatter of its level, and from how many ticks (old ones fade).
    several_antennas: whether the site has more than one, so that a missing second level means something.
    top_dbm: level of the strongest tag in the zone.
    sightings: windows in which it was seen before the basket began, here or at earlier baskets.
    """

    best_dbm: float
    second_dbm: float | None
    share: float
    usual_share: float
    several_antennas: bool
    top_dbm: float
    spread_db: float
    spread_weight: float
    rise_db: float | None
    sightings: int


@dataclass(frozen=True, slots=True)
class Weights:
    """One weight per feature, in the order of `FEATURES`; version names where they come from."""

    values: tuple[float, ...]
    version: str


# Fitted on generated baskets (tests/reader/basket/streams.py, sites 0 to 49; 98 % of tags right there), then
# rounded, and "background" and "rise" taken back to a third: every real bench differs from a generator, and
# goods of a near shelf do get bought.
DEFAULT_WEIGHTS = Weights((1.2, 2.0, 0.4, 0.4, 0.3, 0.3, -3.0, 3.0), "generated-1")


def vector(features: Features) -> tuple[float, ...]:
    """Return the features scaled to about -3 to 3, in the order of `FEATURES`."""
    second = 0.0
    if features.several_antennas:
        second = _clip(((features.second_dbm or _UNSEEN_DBM) + 58.0) / 6.0)
    belief = min(1.0, features.sightings / _SURE_SIGHTINGS)
    return (
        1.0,
        _clip((features.best_dbm + 52.0) / 6.0),
        second,
        _clip(2.0 * math.log(features.share / features.usual_share)),
        _clip((features.best_dbm - features.top_dbm + 15.0) / 6.0),
        _clip((features.spread_db - 3.0) / 1.5) * features.spread_weight / (features.spread_weight + 5.0),
        belief,
        belief * _clip(((features.rise_db or 0.0) - 6.0) / 4.0),
    )


def contributions(weights: Weights, features: Features) -> tuple[float, ...]:
    """Return each feature's summand of the log-odds that the tag lies in the basket."""
    return tuple(weight * x for weight, x in zip(weights.values, vector(features), strict=True))


def _clip(x: float) -> float:
    return max(-3.0, min(3.0, x))
