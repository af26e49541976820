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
    doubt_score: a tag this near to the threshold is in doubt.
    sold_score, sold_hold_us: while no basket is open, a sold tag is told of only after it scored so high for so long.
        Drawn benches (tests/reader/basket/streams.py, 80 sites): it tells of 93 % of sold goods on the pad and of
        20 % of worn clothes, where accept_score alone tells of 84 % of these.
    early_score: added to accept_score and divided by the opportunities that saw the tag: with few reads a
        plain strong signal is the better witness.
    quiet_us: complete when nothing was accepted for so long. 0.75 s was complete in 98 % of measured baskets;
        the longer part is kept for tags that are still in doubt.
    doubt_quiet_us: the same while a tag is in doubt.
    quiet_cycles: and for so many cycles: antenna rotations, or turns of each tag where a crowd shares the air.
    cap_us: complete at the latest, with a question to a person. empty_us: the same with nothing accepted.
    dead_share: share of items whose tag never answers (0.1 % to 10 % in audits; plain textiles well below 1 %).
    assist_above: p_miss above which a person is asked.
    forget_us: a stray that was silent so long is forgotten.
    linger_us: a tag that was not accepted for so long while no basket is there is background.
    cold_score, cold_ticks: added to accept_score, fading to nothing, while the site is not known yet: a shelf heard
        at switch-on is no basket. Strong goods enter all the same, since they may have lain there before.
    least_gap, chance, gap_factor: a tag is gone after a gap of max(least_gap, ln chance / ln(1 - its rate),
        gap_factor x its longest gap + 1) ticks in which others of the basket were read.
    lift_hold_us: the whole basket is silent for so long before all of it is gone: somebody may lift it, or
        stand before the antenna.
    faint_db, faint_dbm: a read so far below the tag's own level and below this level comes from elsewhere.
    """

    tick_us: int = 100_000
    longest_rotation_ticks: int = 5
    weights: Weights = DEFAULT_WEIGHTS
    accept_score: float = 0.0
    release_score: float = -2.0
    early_score: float = 1.0
    sold_score: float = 6.0
    sold_hold_us: int = 500_000
    doubt_score: float = 1.5
    quiet_us: int = 600_000
    doubt_quiet_us: int = 900_000
    quiet_cycles: int = 2
    cap_us: int = 4_000_000
    empty_us: int = 3_000_000
    dead_share: float = 0.004
    assist_above: float = 0.35
    forget_us: int = 10_000_000
    linger_us: int = 1_500_000
    cold_score: float = 3.0
    cold_ticks: int = 30
    least_gap: int = 6
    chance: float = 2e-4
    gap_factor: float = 1.6
    lift_hold_us: int = 1_200_000
    faint_db: float = 16.0
    faint_dbm: float = -58.0
