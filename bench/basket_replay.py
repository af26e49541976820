"""Replaying recorded baskets, against real time: from the lines on disk to the decision, and to the end of the stream.

Run: `python -m bench.basket_replay`. Streams of 1,500 reads a second, sixty items among 150 strays: the most that
readers deliver. Prints how many times faster than real time one core decides them, and its share of a core live.
The promise: 50 times real time, 5 % of a core. No public peer decides baskets from reads; the clock is the peer.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from reader.basket import BasketRule, BasketSession
from reader.basket.replay import decisions
from reader.model import TagRead
from reader.port import TagStanding
from reader.recording import json_of_read, recorded_reads

READS_PER_S, ITEMS, STRAYS, SECONDS, BASKETS, ROUNDS = 1_500, 60, 150, 5.0, 6, 3
PLACED_US = 500_000
LEAST_TIMES_REAL = 50.0
MOST_SHARE = 0.05


class _AllForSale:
    def standing_of(self, epcs: object) -> dict[str, TagStanding]:
        assert isinstance(epcs, set)
        return dict.fromkeys(epcs, TagStanding.FOR_SALE)


def stream(seed: int) -> list[TagRead]:
    """Return one basket's reads, in time order."""
    chance = random.Random(seed)
    strays = [(f"30{n:022X}", -64.0) for n in range(STRAYS)]
    goods = [(f"30{chance.getrandbits(80):022X}", -42.0) for _ in range(ITEMS)]
    reads = []
    for n in range(int(READS_PER_S * (PLACED_US / 1e6 + SECONDS))):
        t_us = int(n * 1e6 / READS_PER_S)
        epc, level_dbm = chance.choice(strays + goods if t_us >= PLACED_US else strays)
        reads.append(TagRead(t_us, epc, t_us // 60_000 % 2 + 1, round(level_dbm + chance.gauss(0, 4), 1), 90.0, 866.3))
    return reads


def write(folder: Path) -> float:
    """Write the transactions and return their length in seconds."""
    for number in range(BASKETS):
        lines = (json.dumps(json_of_read(read)) for read in stream(number))
        (folder / f"b{number}.reads.jsonl").write_text("\n".join(lines))
        meta = {"name": f"b{number}", "site": "bench", "placed_us": PLACED_US}
        (folder / f"b{number}.meta.json").write_text(json.dumps(meta))
    return BASKETS * (PLACED_US / 1e6 + SECONDS)


def watch_times_real(folder: Path, length_s: float) -> float:
    """Return how many times faster than real time whole streams are replayed."""
    begin = time.process_time()
    assert sum(1 for _ in decisions(folder, {}, watch=True)) == BASKETS
    return length_s / (time.process_time() - begin)


def decided_times_real(folder: Path) -> float:
    """Return the same up to the decision alone, over the time from the stream's start to the decision."""
    begin = time.process_time()
    decided_s = sum(decision.done_us for decision in decisions(folder, {})) / 1e6
    return decided_s / (time.process_time() - begin)


def live_share(folder: Path) -> float:
    """Return the share of a core that a session takes when a till feeds it every 20 ms."""
    reads = list(recorded_reads(folder / "b0.reads.jsonl"))
    session = BasketSession(BasketRule(), _AllForSale())
    begin, start = time.process_time(), 0
    for now_us in range(0, reads[-1].t_us, 20_000):
        end = start
        while reads[end].t_us < now_us:
            end += 1
        session.feed(reads[start:end])
        session.advance(now_us)
        start = end
    return (time.process_time() - begin) / (reads[-1].t_us / 1e6)


def main() -> int:
    """Print the figures; return 1 when a promise is not kept."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        length_s = write(folder)
        whole = statistics.median(watch_times_real(folder, length_s) for _ in range(ROUNDS))
        decided = statistics.median(decided_times_real(folder) for _ in range(ROUNDS))
        share = statistics.median(live_share(folder) for _ in range(ROUNDS))
    print(f"replay to the end of the stream   {whole:6.1f} x real time")
    print(f"replay to the decision            {decided:6.1f} x real time")
    print(f"live at {READS_PER_S} reads/s              {share:6.1%} of one core")
    kept = whole >= LEAST_TIMES_REAL and decided >= LEAST_TIMES_REAL and share <= MOST_SHARE
    print(f"the promise of {LEAST_TIMES_REAL:.0f} x real time and {MOST_SHARE:.0%} is {'kept' if kept else 'NOT kept'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
