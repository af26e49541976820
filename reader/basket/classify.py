"""Does this tag lie in the basket? A small logistic model whose summands are the reasons.

Max RSSI is the strongest single feature and fails alone: weak goods and strong strays overlap from about
-65 to -45 dBm. What is seen in most opportunities, by several antennas, stronger than what the site hears
without a basket, and stronger than it was itself before it was laid down, lies in the basket.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["DEFAULT_WEIGHTS", "FEATURES", "Features", "Weights", "contributions", "vector"]

FEATURES = ("bias", "level", "second", "share", "spread", "clear", "background", "rise")

_UNSEEN_DBM = -80.0  # an antenna that did not see the tag: about where decoding ends
_SURE_WATCH = 10.0  # ticks after which what was not heard is not there
_SURE_SIGHTINGS = 8.0  # windows after which a background level is believed


@dataclass(frozen=True, slots=True)
class Features:
    """What is measured of one tag. Levels in dBm at the reader's port.

    usual_share: share of opportunities of an average read's tag: a crowd shares the air, so none is seen often.
    spread_db, spread_weight: scatter of its level, and from how many ticks (old ones fade).
    several_antennas: whether the site has more than one, so that a missing second level means something.
    ceiling_dbm, watched: level below which nearly all tags of the site's background lie, and for how many ticks
        the site was watched without a basket.
    rise_db, sightings: level above what the tag itself had as background, and in how many ticks it was seen there.
    """

    best_dbm: float
    second_dbm: float | None
    share: float
    usual_share: float
    several_antennas: bool
    spread_db: float
    spread_weight: float
    ceiling_dbm: float
    watched: int
    rise_db: float | None
    sightings: int


@dataclass(frozen=True, slots=True)
class Weights:
    """One weight per feature, in the order of `FEATURES`; version names where they come from."""

    values: tuple[float, ...]
    version: str


# Fitted on generated baskets (tests/reader/basket/streams.py, sites 0 to 49), then pulled towards what the
# virtual reader's pad shows, where nothing is handled and a shelf is hardly heard: every real bench differs from
# any model, so no single feature may decide. In the generator "spread" alone would deserve 3.
DEFAULT_WEIGHTS = Weights((2.7, 2.0, 0.3, 0.3, 0.6, 0.7, -5.0, 5.0), "generated-1")


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
        _clip((features.spread_db - 3.0) / 1.5) * features.spread_weight / (features.spread_weight + 5.0),
        min(1.0, features.watched / _SURE_WATCH) * _clip((features.best_dbm - features.ceiling_dbm - 6.0) / 4.0),
        belief,
        belief * _clip(((features.rise_db or 0.0) - 6.0) / 4.0),
    )


def contributions(weights: Weights, features: Features) -> tuple[float, ...]:
    """Return each feature's summand of the log-odds that the tag lies in the basket."""
    return tuple(weight * x for weight, x in zip(weights.values, vector(features), strict=True))


def _clip(x: float) -> float:
    return max(-3.0, min(3.0, x))
