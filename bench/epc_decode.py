"""SGTIN-96 hex to GTIN and serial against epcpy, on the same tags in the same run.

Run: `python -m bench.epc_decode`. Prints microseconds of processor time per tag (median of the rounds) and the ratios:

- cold: every tag of a product never seen before;
- stream: what a reader delivers, the tags of some thousand products again and again, from a cold start;
- full: every form of the identity (URNs, element string, Digital Link), as `tagtill epc decode` prints it.

The promise: at least 6 times epcpy's rate cold, at least 40 times in a stream. A reader delivers a thousand a second:
speed is comfort, strictness is the point.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable

from epcpy.epc_schemes.sgtin import SGTIN
from epcpy.utils.parsers import hex_to_tag_encodable

from reader.epc import check_digit, decode, encode_sgtin96, sgtin_of
from reader.epc.identity import gtin_of_product

PRODUCTS, TAGS, READS, ROUNDS = 2_000, 20_000, 400_000, 7
COLD_TAGS = 3_000
PROMISED_RATIO = {"cold": 6.0, "stream": 40.0}


def tags(products: int, count: int, seed: int = 1) -> list[str]:
    """Return ``count`` tags of so many products; of each product at least one."""
    chance = random.Random(seed)
    bodies = [f"0{chance.randrange(10**12):012}" for _ in range(products)]
    gtins = [body + check_digit(body) for body in bodies]
    chosen = gtins + [chance.choice(gtins) for _ in range(count - products)]
    return [encode_sgtin96(gtin, chance.getrandbits(38)) for gtin in chosen]


def _us(work: Callable[[str], object], epcs: list[str]) -> float:
    """Return how long ``work`` takes for one of ``epcs``, the loop around it not counted."""
    sgtin_of.cache_clear()
    gtin_of_product.cache_clear()
    begin = time.process_time()
    for epc in epcs:
        work(epc)
    worked = time.process_time()
    for _ in epcs:
        pass
    return (2 * worked - begin - time.process_time()) / len(epcs) * 1e6


def _peer(epc: str) -> tuple[str, str]:
    found = hex_to_tag_encodable(epc)
    assert isinstance(found, SGTIN)
    return found.gtin(), found.epc_uri.rpartition(".")[2]


def main() -> int:
    """Print the figures; return 1 when a promise is not kept."""
    cold = tags(COLD_TAGS, COLD_TAGS)
    floor = tags(PRODUCTS, TAGS)
    stream = random.Random(2).choices(floor, k=READS)
    assert all((found := sgtin_of(epc)) and _peer(epc) == (found.gtin, found.serial) for epc in cold[:100])
    ways: dict[str, tuple[Callable[[str], object], list[str]]] = {
        "cold": (sgtin_of, cold),
        "stream": (sgtin_of, stream),
        "full": (decode, cold),
        "epcpy": (_peer, cold),
    }
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):  # in turn, so that other load on the machine meets all alike
        for name, (work, epcs) in ways.items():
            taken[name].append(_us(work, epcs))
    us = {name: statistics.median(times) for name, times in taken.items()}
    for name, each_us in us.items():
        print(f"{name:7} {each_us:7.2f} µs a tag   {us['epcpy'] / each_us:6.1f} x epcpy")
    broken = [name for name, ratio in PROMISED_RATIO.items() if us["epcpy"] < ratio * us[name]]
    print(f"promise broken: {', '.join(broken)}" if broken else "promise kept")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
