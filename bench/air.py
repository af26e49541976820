"""The virtual air: how much faster than a real one it is played, and how many reads a CPU second gives.

Run: `python -m bench.air`. Each scene is played for 20 simulated seconds; the peer is the air itself, which takes its
time: a ratio of 10 means that a tenth of a core keeps up with a reader in real time.

The promise: a pad at least 50 times real time; a walk past 3,000 tags at least 4 times, at several hundred reads a
second.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from reader.virtual.air import Air, AntennaDrive, Inventory, Target
from reader.virtual.gen2 import MODES
from reader.virtual.scene import Scene, builtin_scene, scene_of
from reader.virtual.world import World

SECONDS = 20
ROUNDS = 3


def sweep(racks: int = 10, tags_each: int = 300) -> Scene:
    """Return a walk past shelves that hold 3,000 tags."""
    names = [f"rack {n}" for n in range(racks)]
    return scene_of(
        {
            "antennas": [{"port": 1, "at": [0, 0, 0], "facing": [0, 1, 0], "kind": "handheld"}],
            "places": [
                {"name": name, "at": [2 + 1.2 * n, 1.0, 1.0], "size": [1.0, 0.4, 1.6]} for n, name in enumerate(names)
            ],
            "tags": [
                {"place": name, "epcs": [f"30364500{n:08X}{tag:08X}" for tag in range(tags_each)]}
                for n, name in enumerate(names)
            ],
            "walker": {"path": [[0, 0, 1], [16, 0, 1]], "speed_m_s": 0.8},
        }
    )


def play(scene: Scene, drives: Sequence[AntennaDrive]) -> tuple[int, int, float]:
    """Play a scene and return reads, tags found and CPU seconds."""
    inventory = Inventory(Air(World(scene)), drives, 0)
    began_s = time.process_time()
    reads = inventory.advance(SECONDS * 1_000_000)
    return len(reads), len({read.epc for read in reads}), time.process_time() - began_s


def main() -> int:
    """Print the figures; return 1 when the promise is not kept."""
    pad = [AntennaDrive(port, 20.0, MODES[2]) for port in (1, 2)]
    fast = [AntennaDrive(port, 20.0, MODES[0]) for port in (1, 2)]
    walk = [AntennaDrive(1, 27.0, MODES[1], session=1, population=200)]
    count = [AntennaDrive(1, 27.0, MODES[1], session=2, target=Target.A, population=200)]
    kept = True
    for name, scene, drives, least in (
        ("pad, Miller-4", builtin_scene(), pad, 50.0),
        ("pad, FM0", builtin_scene(), fast, 50.0),
        ("3,000 tags, S1 dual target", sweep(), walk, 4.0),
        ("3,000 tags, S2 single target", sweep(), count, 4.0),
    ):
        reads, found, cpu_s = min((play(scene, drives) for _ in range(ROUNDS)), key=lambda played: played[2])
        ratio = SECONDS / cpu_s
        kept = kept and ratio >= least
        print(
            f"air, {name}: {reads / SECONDS:.0f} reads/s of {found} tags; {reads / cpu_s:.0f} reads per CPU second; "
            f"{ratio:.0f} times real time ({100 / ratio:.1f} % of a core); limit {least:.0f} times"
        )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
