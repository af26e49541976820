"""SGTIN-96 hex to GTIN and serial, and the full decode, against epcpy on the same tags in the same run.

Run: `python -m bench.epc_decode`. Prints decodes per second of processor time (median of the rounds) and the ratios.
The promise: the fast way at least eight times epcpy's rate, since it is asked for every read.
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

PRODUCTS, TAGS, ROUNDS = 2_000, 20_000, 7
SLOW_TAGS = 1_000  # epcpy is asked for fewer: its rate does not depend on how many
LEAST_RATIO = 8.0


def tags(seed: int = 1) -> list[str]:
    """Return tags of a store: few products, many serials."""
    chance = random.Random(seed)
    bodies = [f"0{chance.randrange(10**12):012}" for _ in range(PRODUCTS)]
    gtins = [body + check_digit(body) for body in bodies]
    return [encode_sgtin96(chance.choice(gtins), chance.getrandbits(38)) for _ in range(TAGS)]


def _rate(work: Callable[[str], object], epcs: list[str]) -> float:
    begin = time.process_time()
    for epc in epcs:
        work(epc)
    return len(epcs) / (time.process_time() - begin)


def _peer(epc: str) -> tuple[str, str]:
    found = hex_to_tag_encodable(epc)
    assert isinstance(found, SGTIN)
    return found.gtin(), found.epc_uri.rpartition(".")[2]


def main() -> int:
    """Print the figures; return 1 when the promise is not kept."""
    epcs = tags()
    sample = epcs[:SLOW_TAGS]
    assert all((found := sgtin_of(epc)) and _peer(epc) == (found.gtin, found.serial) for epc in sample[:100])
    rates: dict[str, list[float]] = {"sgtin_of": [], "decode": [], "epcpy": []}
    for _ in range(ROUNDS):  # in turn, so that other load on the machine meets all alike
        rates["sgtin_of"].append(_rate(sgtin_of, epcs))
        rates["decode"].append(_rate(decode, sample))
        rates["epcpy"].append(_rate(_peer, sample))
    medians = {name: statistics.median(found) for name, found in rates.items()}
    for name, per_s in medians.items():
        print(f"{name:10} {per_s:12,.0f} tags/s   {per_s / medians['epcpy']:6.1f} x epcpy")
    kept = medians["sgtin_of"] >= LEAST_RATIO * medians["epcpy"]
    print(f"the fast way is {'at least' if kept else 'NOT'} {LEAST_RATIO:.0f} times epcpy's rate")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
