"""The scene while it changes: tags are placed, moved and removed as the reader runs.

Every change makes new values and counts `revision` up, so that the air, which asks many times a
second, can tell at once that nothing moved and keep what it worked out.
"""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Collection, Iterable, Mapping

from pydantic import ValidationError

from reader.errors import SceneError
from reader.virtual.placed import PlacedTag
from reader.virtual.scene import Material, Place, Scene, SceneTags, Vector, reason_of

__all__ = ["MAX_TAGS", "World"]

# Far more than the largest shop; keeps the control door from filling the memory.
MAX_TAGS = 100_000


class World:
    """The tags of a scene and where they lie; safe to use from several threads."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._places = {place.name: place for place in scene.places}
        self._lock = threading.Lock()
        self._tags: dict[str, PlacedTag] = {}
        self._moves: dict[str, int] = {}
        self._revision = 0
        for group in scene.tags:
            self._put(group)

    @property
    def revision(self) -> int:
        """A number that grows with every change."""
        return self._revision

    @property
    def places(self) -> Mapping[str, Place]:
        """The scene's places by name; they never change."""
        return self._places

    def tags(self) -> tuple[PlacedTag, ...]:
        """Return every tag, in the order in which they came."""
        with self._lock:
            return tuple(self._tags.values())

    def place(
        self,
        epcs: Collection[str],
        place: str | None = None,
        *,
        at: Vector | None = None,
        kind: str | None = None,
        material: Material | None = None,
    ) -> int:
        """Put tags into ``place`` or at a point; an unknown EPC becomes a new tag. Return how many.

        What is not given (kind, material) stays as it was for a known tag, and is the default for a new one.
        Nothing is changed when anything is wrong.

        Raises:
            SceneError: No such place, neither place nor point, a malformed EPC, or too many tags.
        """
        with self._lock:
            wanted = [self._group(epc.upper(), place, at, kind, material) for epc in epcs]
            if len(self._tags.keys() | {group.epc for group in wanted}) > MAX_TAGS:
                raise SceneError(f"a scene holds at most {MAX_TAGS} tags")
            for group in wanted:
                self._put(group)
        return len(wanted)

    def remove(self, epcs: Iterable[str]) -> int:
        """Take tags out of the world; unknown EPCs are no error. Return how many went."""
        with self._lock:
            gone = [tag for epc in epcs if (tag := self._tags.pop(epc.upper(), None)) is not None]
            if gone:
                self._revision += 1
        return len(gone)

    def _group(
        self, epc: str, place: str | None, at: Vector | None, kind: str | None, material: Material | None
    ) -> SceneTags:
        if place is not None and place not in self._places:
            raise SceneError(f"place {place!r} is not one of {sorted(self._places)}")
        known = self._tags.get(epc)
        try:
            return SceneTags(
                epc=epc,
                place=place,
                at=at,
                material=material or (known.material if known else "textile"),
                kind=kind or (known.kind if known else "goods"),
                dead=known.dead if known else False,
            )
        except ValidationError as error:
            raise SceneError(f"tag {epc!r}: {reason_of(error)}") from error

    def _put(self, group: SceneTags) -> None:
        place = self._places[group.place] if group.place is not None else None
        for epc in group.all_epcs:
            move = self._moves[epc] = self._moves.get(epc, 0) + 1
            # Seeded by the tag and how often it was moved: what else happens does not matter.
            draw = random.Random(f"{self.scene.seed}/{epc}/{move}")
            axis = group.orientation or (draw.gauss(0.0, 1.0), draw.gauss(0.0, 1.0), draw.gauss(0.0, 1.0))
            self._tags[epc] = PlacedTag(
                epc=epc,
                place=group.place,
                at=group.at or _point_in(place, draw),
                axis=_unit(axis),
                attenuation_db=place.attenuation_db if place else 0.0,
                material=group.material,
                kind=group.kind,
                dead=group.dead,
            )
        self._revision += 1


def _point_in(place: Place | None, draw: random.Random) -> Vector:
    assert place is not None, "SceneTags has a place where it has no point"
    x, y, z = (middle + (draw.random() - 0.5) * side for middle, side in zip(place.at, place.size, strict=True))
    return (x, y, z)


def _unit(vector: Vector) -> Vector:
    length = math.hypot(*vector)
    return (vector[0] / length, vector[1] / length, vector[2] / length)
