"""sllurp's own client as a process: `python -m tests.reader.virtual.sllurp_client HOST PORT CONFIG EPCS`.

Prints one JSON object once it has seen all of EPCS: EPC → names and antenna of its last report. It ends without waiting
for sllurp's threads: told to disconnect from another thread, they hang now and then (facts measured 2026-11).
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import Any

from sllurp.llrp import LLRPReaderClient, LLRPReaderConfig

PATIENCE_S = 30.0


def main(host: str, port: str, config: str, epcs: str) -> None:
    """Inventory until every EPC was seen."""
    wanted = set(json.loads(epcs))
    seen: dict[str, dict[str, Any]] = {}
    done = threading.Event()

    def take(_client: object, tags: list[dict[str, Any]]) -> None:
        for tag in tags:
            seen[tag["EPC-96"].decode().upper()] = {"fields": sorted(tag), "antenna": tag["AntennaID"]}
        if seen.keys() >= wanted:
            done.set()

    client = LLRPReaderClient(host, int(port), LLRPReaderConfig(json.loads(config)))
    client.add_tag_report_callback(take)
    client.connect()
    done.wait(PATIENCE_S)
    print(json.dumps(dict(seen)), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
