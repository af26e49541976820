"""The memory of a tag that was just heard, if it is still there: the control door takes tags out at any time."""

from __future__ import annotations

from reader.errors import SceneError
from reader.virtual.air import Air
from reader.virtual.memory import TagMemory

__all__ = ["memory_of"]


def memory_of(air: Air, chip: str) -> TagMemory | None:
    """Return the memory of ``chip``; None where it was taken out of the world since it was heard."""
    try:
        return air.world.memory(chip)
    except SceneError:
        return None
