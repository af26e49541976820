"""The scene while it changes: tags are placed, moved, removed and written to as the reader runs.

1. Every change makes new values and counts `revision` up, so that the air, which asks many times a second, can tell
   at once that nothing moved and keep what it worked out.
2. A tag is one chip for ever, however its EPC is rewritten: it keeps its place, its nature and its memory. The chip's
   name is the EPC that it came with, or, where another chip has that name, the same with "#2", "#3" and so on.
3. Several tags may come to have one EPC by writing, as those on a roll of blank tags have; whoever names that EPC
   means them all.
4. A tag that is taken out is forgotten with all that was written to it. One that is put in is as from the factory.
"""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from reader.errors import SceneError
from reader.virtual.memory import TagMemory
from reader.virtual.placed import PlacedTag
from reader.virtual.scene import Material, MemorySettings, Place, Scene, SceneTags, Vector, reason_of

__all__ = ["MAX_TAGS", "World"]

# Far more than the largest shop; keeps the control door from filling the memory.
MAX_TAGS = 100_000


class World:
    """The tags of a scene and where they lie; safe to use from several threads."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._places = {place.name: place for place in scene.places}
        self._lock = threading.Lock()
        self._tags: dict[str, PlacedTag] = {}  # by chip
        self._chips: dict[str, list[str]] = {}  # by EPC
        self._memories: dict[str, TagMemory] = {}  # by chip; made when first asked for, unless the scene sets them
        self._moves: dict[str, int] = {}
        self._revision = 0
        for group in scene.tags:
            for epc in group.all_epcs:
                self._put(group, epc, None)
        self._revision += 1

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

    def tag(self, chip: str) -> PlacedTag | None:
        """Return one tag where it lies now; None if it was taken out."""
        return self._tags.get(chip)

    def tags_of(self, epc: str) -> tuple[PlacedTag, ...]:
        """Return the tags that have this EPC now."""
        with self._lock:
            return tuple(self._tags[chip] for chip in self._chips.get(epc.upper(), ()))

    def memory(self, chip: str) -> TagMemory:
        """Return the memory of a tag. Who changes it calls `written` then.

        Raises:
            SceneError: There is no such chip.
        """
        known = self._memories.get(chip)
        if known is not None:
            return known
        with self._lock:
            tag = self._tags.get(chip)
            if tag is None:
                raise SceneError(f"there is no tag {chip!r}")
            return self._memories.setdefault(chip, TagMemory(chip, tag.epc))

    def written(self, chip: str) -> bool:
        """Take in what was done to a tag's memory; return whether it has another EPC now, or was killed."""
        with self._lock:
            tag, memory = self._tags.get(chip), self._memories.get(chip)
            if tag is None or memory is None:
                return False
            now = replace(tag, epc=memory.epc, dead=tag.dead or memory.is_killed)
            if now == tag:
                return False
            self._forget_epc(tag)
            self._chips.setdefault(now.epc, []).append(chip)
            self._tags[chip] = now
            self._revision += 1
        return True

    def place(
        self,
        epcs: Collection[str],
        place: str | None = None,
        *,
        at: Vector | None = None,
        kind: str | None = None,
        material: Material | None = None,
        memory: MemorySettings | None = None,
    ) -> int:
        """Put tags into ``place`` or at a point; an unknown EPC becomes a new tag. Return how many.

        What is not given (kind, material) stays as it was for a known tag, and is the default for a new one.
        ``memory`` is for new tags only. Nothing is changed when anything is wrong.

        Raises:
            SceneError: No such place, neither place nor point, a malformed EPC, a known tag with ``memory``, or too
                many tags.
        """
        if place is not None and place not in self._places:
            raise SceneError(f"place {place!r} is not one of {sorted(self._places)}")
        settings = memory.memory_settings if memory is not None else {}
        if settings.get("tid") is not None and len(epcs) > 1:
            raise SceneError("a `tid` is of one tag only")
        with self._lock:
            wanted: list[tuple[SceneTags, str, PlacedTag | None]] = []
            for epc in dict.fromkeys(epc.upper() for epc in epcs):
                chips = self._chips.get(epc, ())
                if chips and settings:
                    raise SceneError(f"tag {epc!r} is there already; its memory is changed over the air")
                known: list[PlacedTag | None] = [self._tags[chip] for chip in chips]
                wanted += [(_group(epc, place, at, kind, material, settings, tag), epc, tag) for tag in known or [None]]
            if len(self._tags) + sum(1 for *_, tag in wanted if tag is None) > MAX_TAGS:
                raise SceneError(f"a scene holds at most {MAX_TAGS} tags")
            for group, epc, tag in wanted:
                self._put(group, epc, tag)
            self._revision += 1
        return len(wanted)

    def remove(self, epcs: Iterable[str]) -> int:
        """Take tags out of the world; unknown EPCs are no error. Return how many went."""
        with self._lock:
            gone = [chip for epc in epcs for chip in self._chips.pop(epc.upper(), ())]
            for chip in gone:
                del self._tags[chip]
                self._memories.pop(chip, None)
            if gone:
                self._revision += 1
        return len(gone)

    def _put(self, group: SceneTags, epc: str, known: PlacedTag | None) -> None:
        """Place one tag, a new one where none is ``known``."""
        chip = known.chip if known is not None else self._new_chip(epc)
        place = self._places[group.place] if group.place is not None else None
        move = self._moves[chip] = self._moves.get(chip, 0) + 1
        # Seeded by the tag and how often it was moved: what else happens does not matter.
        draw = random.Random(f"{self.scene.seed}/{chip}/{move}")
        axis = group.orientation or (draw.gauss(0.0, 1.0), draw.gauss(0.0, 1.0), draw.gauss(0.0, 1.0))
        self._tags[chip] = PlacedTag(
            epc=epc,
            chip=chip,
            place=group.place,
            at=group.at or _point_in(place, draw),
            axis=_unit(axis),
            attenuation_db=place.attenuation_db if place else 0.0,
            material=group.material,
            kind=group.kind,
            dead=group.dead,
        )
        if known is None:
            self._chips.setdefault(epc, []).append(chip)
            memory = _memory_of(group, chip, epc)
            if memory is not None:
                self._memories[chip] = memory

    def _new_chip(self, epc: str) -> str:
        chip, number = epc, 1
        while chip in self._tags:
            number += 1
            chip = f"{epc}#{number}"
        return chip

    def _forget_epc(self, tag: PlacedTag) -> None:
        chips = self._chips[tag.epc]
        chips.remove(tag.chip)
        if not chips:
            del self._chips[tag.epc]


def _group(
    epc: str,
    place: str | None,
    at: Vector | None,
    kind: str | None,
    material: Material | None,
    settings: Mapping[str, Any],
    known: PlacedTag | None,
) -> SceneTags:
    """Return what one tag is to be, checked."""
    try:
        return SceneTags(
            epc=epc,
            place=place,
            at=at,
            material=material or (known.material if known else "textile"),
            kind=kind or (known.kind if known else "goods"),
            dead=known.dead if known else False,
            **settings,
        )
    except ValidationError as error:
        raise SceneError(f"tag {epc!r}: {reason_of(error)}") from error


def _memory_of(group: SceneTags, chip: str, epc: str) -> TagMemory | None:
    """Return the memory that a group sets; None where it sets nothing."""
    if not group.memory_settings:
        return None
    return TagMemory(
        chip,
        epc,
        tid=group.tid,
        user_words=group.user_words,
        access_password=int(group.access_password, 16),
        kill_password=int(group.kill_password, 16),
        locks=group.locks,
    )


def _point_in(place: Place | None, draw: random.Random) -> Vector:
    assert place is not None, "SceneTags has a place where it has no point"
    x, y, z = (middle + (draw.random() - 0.5) * side for middle, side in zip(place.at, place.size, strict=True))
    return (x, y, z)


def _unit(vector: Vector) -> Vector:
    length = math.hypot(*vector)
    return (vector[0] / length, vector[1] / length, vector[2] / length)
