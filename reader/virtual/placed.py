"""A tag where it lies: what the world keeps and the air asks for."""

from __future__ import annotations

from dataclasses import dataclass

from reader.virtual.scene import Material, Vector

__all__ = ["PlacedTag"]


@dataclass(frozen=True, slots=True)
class PlacedTag:
    """One tag and where it lies now; a tag that moves becomes another value.

    epc: what it sends now, which may have been written to it since it came. chip: names it for ever, see `World`.
    at: metres. axis: unit vector along the dipole. attenuation_db: of the place around it, one way.
    kind: a label for people. dead: never answers, from the start or since it was killed.
    """

    epc: str
    chip: str
    place: str | None
    at: Vector
    axis: Vector
    attenuation_db: float = 0.0
    material: Material = "textile"
    kind: str = "goods"
    dead: bool = False
