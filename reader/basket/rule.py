"""The thresholds of the basket rule; each can be set per site, none needs to be."""

from __future__ import annotations

from dataclasses import dataclass

from reader.basket.classify import DEFAULT_WEIGHTS, Weights

__all__ = ["BasketRule"]


@dataclass(frozen=True, slots=True)
class BasketRule:
    """Times in microseconds of the reader's clock, scores in log-odds, levels in dB.

    tick_us: all decisions fall on ticks. 100 ms is the coherence time of fading among people.
    longest_rotation_ticks: an opportunity is one antenna rotation, but at most this many ticks.
    accept_score, release_score: a tag enters above the first and leaves below the second; between, it stays.
    early_score: added to accept_score and divided by the opportunities that saw the tag: with few reads a
        plain strong signal is the better witness.
    quiet_us: complete when nothing was accepted for so long, and for one antenna rotation. 0.75 s was complete
        in 98 % of measured baskets; the longer part is kept for tags that are still in doubt.
    doubt_quiet_us: the same while a tag is in doubt.
    cap_us: complete at the latest, with a question to a person. empty_us: the same with nothing accepted.
    dead_share: share of items whose tag never answers (0.1 % to 10 % in audits; plain textiles well below 1 %).
    assist_above: p_miss above which a person is asked.
    forget_us: a stray that was silent so long is forgotten.
    """

    tick_us: int = 100_000
    longest_rotation_ticks: int = 5
    weights: Weights = DEFAULT_WEIGHTS
    accept_score: float = 0.0
    release_score: float = -2.0
    early_score: float = 1.0
    doubt_score: float = 1.5
    quiet_us: int = 600_000
    doubt_quiet_us: int = 900_000
    cap_us: int = 4_000_000
    empty_us: int = 3_000_000
    dead_share: float = 0.004
    assist_above: float = 0.25
    forget_us: int = 5_000_000
    # Removal: gone after a gap of max(least_gap, ln chance / ln(1 - p), gap_factor x longest gap + 1) ticks.
    least_gap: int = 6
    chance: float = 5e-4
    gap_factor: float = 1.6
    silent_ticks: int = 3  # ticks without any read of the basket that do not count: a hop, a switch, a hand
    lift_hold_us: int = 1_200_000  # the whole basket silent: somebody lifts it, or stands before the antenna
    faint_db: float = 16.0  # a read so far below the tag's own level, and below faint_dbm, comes from elsewhere
    faint_dbm: float = -58.0
