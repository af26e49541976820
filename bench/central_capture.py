"""Capturing at central, beside what SQLite itself takes: the same events into the same tables by plain executemany.

Run: `python -m bench.central_capture`. Documents of 500 single-tag events of a store that stocks and sells, through the
whole application (unpack, validate, normalise, deduplicate, believe, levels, commit) in one thread. Its peer is the
engine: the rows of event and mention of the same batch, one full commit per batch, nothing decided. Both flush to disk.
The promise: 3,000 events a second on one core.
"""

from __future__ import annotations

import sqlite3
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import zstandard

from checkout.store import connect
from stocksync.central.app import PARTS, create_app
from stocksync.central.settings import CentralSettings
from stocksync.clock import Stamp

BATCH, BATCHES, ROUNDS = 500, 12, 3
LEAST_EVENTS_PER_S = 3_000.0
START_MS, TIME = 1_700_000_000_000, "2023-11-14T22:13:20.000+00:00"
SITE = "https://id.gs1.org/414/9521321000001"
CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"tagtill": "urn:tagtill:epcis:"}]


def event(seq: int) -> dict[str, Any]:
    """Return one movement: of each two, the first stocks an item and the second sells it."""
    is_sale = seq % 2 == 0
    item = (seq + 1) // 2
    place = {"id": f"{SITE}/254/{'lane-1' if is_sale else 'floor'}"}
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:0193a5b0-0000-7000-8000-{seq:012x}",
        "eventTime": TIME,
        "eventTimeZoneOffset": "+00:00",
        "epcList": [f"https://id.gs1.org/01/{_gtin(item % 300)}/21/{item}"],
        "action": "OBSERVE",
        "bizStep": "retail_selling" if is_sale else "stocking",
        "disposition": "retail_sold" if is_sale else "sellable_accessible",
        "readPoint": place,
        **({} if is_sale else {"bizLocation": place}),
        "tagtill:store": "store-1",
        "tagtill:epoch": 1,
        "tagtill:seq": seq,
        "tagtill:hlc": str(Stamp(START_MS + seq, 0, "store-1")),
    }


def _gtin(product: int) -> str:
    body = f"0950600{product:06d}"
    return body + str(-sum(int(digit) * (3 - 2 * (n % 2)) for n, digit in enumerate(body)) % 10)


def bodies() -> list[bytes]:
    """Return the documents as a store sends them."""
    head = {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2023-11-14T22:13:20Z",
    }
    return [
        zstandard.compress(
            orjson.dumps({**head, "epcisBody": {"eventList": [event(first + n) for n in range(BATCH)]}}), 1
        )
        for first in range(1, BATCH * BATCHES, BATCH)
    ]


@contextmanager
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="tagtill-bench-") as name:
        yield Path(name)


def central_s(path: Path, documents: Sequence[bytes]) -> tuple[float, float]:
    """Return wall and CPU seconds for capturing ``documents``."""
    app = create_app(CentralSettings(path, open=True))
    client = app.test_client()
    headers = {"Content-Type": "application/json", "Content-Encoding": "zstd", "GS1-Capture-Error-Behaviour": "proceed"}
    begun_s, cpu_s = time.perf_counter(), time.process_time()
    for body in documents:
        answer = client.post("/capture", data=body, headers=headers)
        assert answer.status_code == 202, answer.text
    took = time.perf_counter() - begun_s, time.process_time() - cpu_s
    assert app.extensions[PARTS].storage.rebuild() == 0
    app.extensions[PARTS].storage.close()
    return took


def engine_s(source: Path, path: Path) -> float:
    """Return wall seconds for inserting the rows that central made in ``source``, batch by batch."""
    read = sqlite3.connect(source)
    events = read.execute("SELECT * FROM event ORDER BY number").fetchall()
    mentions = read.execute("SELECT key, event, role FROM mention ORDER BY event").fetchall()
    tables = "SELECT sql FROM sqlite_master WHERE tbl_name IN ('event', 'mention') AND sql NOT NULL"
    statements = [sql for (sql,) in read.execute(tables)]
    read.close()
    write = connect(path)
    write.execute("PRAGMA foreign_keys=OFF")  # the table of contexts is not here
    for sql in statements:
        write.execute(sql)
    marks = ", ".join("?" * len(events[0]))
    begun_s = time.perf_counter()
    for first in range(0, len(events), BATCH):
        write.execute("BEGIN IMMEDIATE")
        write.executemany(f"INSERT INTO event VALUES ({marks})", events[first : first + BATCH])
        write.executemany("INSERT INTO mention VALUES (?, ?, ?)", mentions[first : first + BATCH])
        write.execute("COMMIT")
    took_s = time.perf_counter() - begun_s
    write.close()
    return took_s


def main() -> int:
    """Print the figures; 1 where the promise is not kept."""
    documents, count = bodies(), BATCH * BATCHES
    ours, cpu, engine = [], [], []
    for _ in range(ROUNDS):
        with folder() as place:
            wall_s, cpu_s = central_s(place / "central.db", documents)
            ours.append(count / wall_s)
            cpu.append(count / cpu_s)
            engine.append(count / engine_s(place / "central.db", place / "engine.db"))
    ratios = [one / other for one, other in zip(ours, engine, strict=True)]
    print(
        f"central capture: {statistics.median(ours):,.0f} events/s ({statistics.median(cpu):,.0f} per CPU-s);"
        f" plain SQLite rows {statistics.median(engine):,.0f}/s; ratio {statistics.median(ratios):.2f}"
        f" (batches of {BATCH}, full commits)"
    )
    return 0 if statistics.median(cpu) >= LEAST_EVENTS_PER_S else 1


if __name__ == "__main__":
    sys.exit(main())
