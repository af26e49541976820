"""Which tags lie in the read zone, is that all of them, and what was taken out? Pure; time is the reads' own.

- `session`: reads and ticks in, `Basket` out. `rule`: its thresholds. `model`: what it gives to others.
- `evidence`: what is known of each tag. `background`: what is there when no basket is.
- `classify`: in or stray, with reasons. `completion`: is it whole, how sure. `removal`: what was taken out.
- `calibrate`: what labelled baskets of a site teach. `replay`: recorded transactions to decisions.
"""

from __future__ import annotations

from reader.basket.model import Basket, Place, Removal, TagEvidence
from reader.basket.rule import BasketRule
from reader.basket.session import BasketSession

__all__ = ["Basket", "BasketRule", "BasketSession", "Place", "Removal", "TagEvidence"]
