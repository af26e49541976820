"""The scene while it changes."""

from __future__ import annotations

import pytest

from reader.errors import SceneError
from reader.virtual.scene import builtin_scene
from reader.virtual.world import World

ON_PAD = "3036451FD4001940000003E9"
NEW = "3036451FD40032400000FFFF"


def place_of(world: World, epc: str) -> str | None:
    return next(tag.place for tag in world.tags() if tag.epc == epc)


def test_the_same_seed_puts_every_tag_at_the_same_point() -> None:
    assert World(builtin_scene()).tags() == World(builtin_scene()).tags()


def test_tags_lie_inside_their_place() -> None:
    world = World(builtin_scene())

    for tag in world.tags():
        place = world.places[tag.place or ""]
        assert all(abs(a - m) <= s / 2 for a, m, s in zip(tag.at, place.at, place.size, strict=True))


def test_moving_a_tag_makes_a_new_value_and_a_new_revision() -> None:
    world = World(builtin_scene())
    before = world.revision

    assert world.place([ON_PAD.lower()], "bag") == 1

    assert place_of(world, ON_PAD) == "bag"
    assert world.revision > before
    assert len(world.tags()) == 13


def test_an_unknown_epc_becomes_a_tag_and_keeps_its_kind_when_moved() -> None:
    world = World(builtin_scene())
    world.place([NEW], "pad", kind="loose", material="air")
    world.place([NEW], "shelf")

    tag = world.tags()[-1]

    assert (tag.epc, tag.place, tag.kind, tag.material) == (NEW, "shelf", "loose", "air")


def test_a_point_wins_over_the_places_box() -> None:
    world = World(builtin_scene())
    world.place([NEW], "pocket", at=(1.0, 2.0, 3.0))

    assert world.tags()[-1].at == (1.0, 2.0, 3.0)
    assert world.tags()[-1].attenuation_db == 8.0


@pytest.mark.parametrize(("epcs", "place"), [([ON_PAD], "moon"), ([ON_PAD, "XYZ"], "bag"), ([ON_PAD], None)])
def test_nothing_moves_when_anything_is_wrong(epcs: list[str], place: str | None) -> None:
    world = World(builtin_scene())
    before = world.revision

    with pytest.raises(SceneError):
        world.place(epcs, place)

    assert world.revision == before
    assert place_of(world, ON_PAD) == "pad"


def test_removing_forgets_tags_and_minds_no_strangers() -> None:
    world = World(builtin_scene())

    assert world.remove([ON_PAD.lower(), NEW]) == 1
    assert ON_PAD not in {tag.epc for tag in world.tags()}
