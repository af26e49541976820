"""Pricing a big basket under many promotions, against no pricing at all: the plain Decimal sum of the same units.

Run: `python -m bench.pricing`. Prints milliseconds (best and median of the rounds) and the ratio of the medians.
The promise: 60 units under 50 promotions within 20 ms.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from checkout.pricing import PriceRequest, parse_request, price

UNITS, PROMOTIONS, ROUNDS = 60, 50, 50
LIMIT_MS = 20.0


def basket(*, consuming: bool, seed: int = 1) -> PriceRequest:
    """Return a basket under every type of promotion, or under those that consume nothing: the most work."""
    chance = random.Random(seed)
    groups = [f"group-{n}" for n in range(12)]

    def units() -> list[dict[str, Any]]:
        return [
            {
                "id": f"u{n}",
                "gtin": f"{chance.randrange(40):013}",
                "price_minor": chance.randrange(100, 20_000),
                "tax_rate": chance.choice(["0.19", "0.07", "0.0825"]),
                "groups": chance.sample(groups, 2),
            }
            for n in range(UNITS)
        ]

    def promotion(n: int) -> dict[str, Any]:
        select = chance.choice([{"all": True}, {"groups": [chance.choice(groups)]}])
        one_group = {"groups": [chance.choice(groups)]}
        everything = select if consuming else {"all": True}
        kinds: list[dict[str, Any]] = [
            {"type": "percent", "percent": "2.5", "per": chance.choice(["unit", "basket"]), "select": everything},
            {"type": "amount", "amount_minor": 15, "per": chance.choice(["unit", "basket"]), "select": everything},
            {"type": "cheapest_free", "for_every": 3, "select": one_group},
            {"type": "cheapest_percent", "for_every": 2, "percent": "20", "select": one_group},
            {"type": "bundle", "count": 2, "price_minor": 9_000, "select": one_group},
            {
                "type": "buy_get",
                "buy": {"select": one_group, "count": 2},
                "get": {"select": one_group, "count": 1, "percent": "50"},
            },
        ]
        return kinds[n % (6 if consuming else 2)]

    return parse_request({"currency": "EUR", "units": units(), "promotions": [promotion(n) for n in range(PROMOTIONS)]})


def _milliseconds(work: Callable[[], object], times: int) -> list[float]:
    durations = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        for _ in range(times):
            work()
        durations.append((time.perf_counter() - begin) * 1000 / times)
    return durations


def main() -> int:
    """Print the figures; return 1 when the promise is not kept."""
    mixed, heaviest = basket(consuming=True), basket(consuming=False)
    amounts = [Decimal(unit.price_minor) / 100 for unit in mixed.units]
    plain_ms = statistics.median(_milliseconds(lambda: sum(amounts), 100))
    kept = True
    for name, request in (("every type", mixed), ("nothing consumed", heaviest)):
        ours = _milliseconds(partial(price, request), 1)
        ours_ms = statistics.median(ours)
        kept = kept and ours_ms <= LIMIT_MS
        print(
            f"pricing, {name}: {UNITS} units x {PROMOTIONS} promotions {ours_ms:.2f} ms (best {min(ours):.2f}); "
            f"plain Decimal sum {plain_ms:.4f} ms; ratio {ours_ms / plain_ms:.0f}; limit {LIMIT_MS:.0f} ms"
        )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
