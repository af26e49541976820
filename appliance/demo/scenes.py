"""The sample shop's scenes: a lane's pad with its neighbourhood, and the shop floor that a sweep walks.

Lengths are metres. The format is `reader.virtual.scene`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["lane_scene", "shelf_place", "sweep_scene"]

_GONDOLA_LENGTH = 3.0
_AISLE = 1.8
_WALK_HEIGHT = 1.1
_WALK_SPEED_M_S = 1.8  # brisk: once round twelve gondolas in 41 s


def lane_scene(seed: int) -> dict[str, Any]:
    """Return a pad with an antenna below and one behind, a shelf across the aisle, room to pass by."""
    return {
        "seed": seed,
        "region": "etsi",
        "antennas": [
            {"port": 1, "at": [0.0, 0.0, -0.06], "facing": [0.0, 0.0, 1.0], "gain_dbi": -6.0, "kind": "pad"},
            {"port": 2, "at": [0.0, 0.3, 0.15], "facing": [0.0, -1.0, 0.0], "gain_dbi": -6.0, "kind": "pad"},
        ],
        "places": [
            {"name": "pad", "at": [0.0, 0.0, 0.1], "size": [0.4, 0.3, 0.14]},
            {"name": "pocket", "at": [0.15, 0.1, 0.03], "size": [0.1, 0.1, 0.02]},
            {"name": "passing", "at": [0.4, -1.5, 0.3], "size": [0.3, 0.2, 0.3], "attenuation_db": 4.0},
            {"name": "shelf", "at": [0.0, 2.4, 0.6], "size": [2.4, 0.3, 1.0], "attenuation_db": 3.0},
        ],
        "tags": [],
    }


def shelf_place(category: str) -> str:
    """Return the scene's name of a category's gondola."""
    return "".join(letter if letter.isalnum() else "-" for letter in category)


def sweep_scene(seed: int, categories: Sequence[str]) -> dict[str, Any]:
    """Return one gondola per category, and somebody who walks along all of them with two antennas, to and fro."""
    rows = {shelf_place(category): row * _AISLE for row, category in enumerate(categories)}
    path: list[list[float]] = []
    for index, y in enumerate(rows.values()):
        ends = [-_GONDOLA_LENGTH / 2, _GONDOLA_LENGTH / 2]
        path.extend([x, y + _AISLE / 2, _WALK_HEIGHT] for x in (ends if index % 2 == 0 else reversed(ends)))
    return {
        "seed": seed,
        "region": "etsi",
        "antennas": [
            {"port": 1, "at": [0.0, 0.1, 0.0], "facing": [0.0, 1.0, 0.0], "gain_dbi": 6.0, "kind": "handheld"},
            {"port": 2, "at": [0.0, -0.1, 0.0], "facing": [0.0, -1.0, 0.0], "gain_dbi": 6.0, "kind": "handheld"},
        ],
        "places": [
            {"name": name, "at": [0.0, y, 0.9], "size": [_GONDOLA_LENGTH, 0.4, 1.2]} for name, y in rows.items()
        ],
        "tags": [],
        "walker": {"path": path, "speed_m_s": _WALK_SPEED_M_S, "antennas": [1, 2], "loop": True},
    }
