"""The scene while it changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reader.access import Bank, Lock, LockField, epc_written
from reader.errors import SceneError
from reader.virtual.scene import MemorySettings, builtin_scene, scene_of
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


# --- tags that are written to ---------------------------------------------------------------------


def rewrite(world: World, chip: str, epc: str) -> None:
    operation = epc_written(epc)
    world.memory(chip).write(operation.bank, operation.address, operation.words)
    assert world.written(chip)


def test_a_rewritten_tag_stays_where_it_is_and_answers_to_its_new_name() -> None:
    world = World(builtin_scene())
    before, order = world.revision, [tag.chip for tag in world.tags()]
    (tag,) = world.tags_of(ON_PAD)

    rewrite(world, ON_PAD, NEW)

    assert world.tags_of(NEW) == (replace(tag, epc=NEW),)
    assert world.tags_of(ON_PAD) == ()
    assert world.revision > before
    assert [tag.chip for tag in world.tags()] == order
    assert world.place([NEW], "bag") == 1
    assert [(tag.chip, tag.place) for tag in world.tags_of(NEW)] == [(ON_PAD, "bag")]


def test_the_old_epc_is_free_for_another_chip() -> None:
    world = World(builtin_scene())
    rewrite(world, ON_PAD, NEW)

    world.place([ON_PAD], "shelf")
    world.place([ON_PAD], "bag")

    assert [tag.chip for tag in world.tags_of(ON_PAD)] == [f"{ON_PAD}#2"]
    assert world.memory(f"{ON_PAD}#2").epc == ON_PAD
    assert world.memory(f"{ON_PAD}#2").tid != world.memory(ON_PAD).tid


def test_whoever_names_an_epc_means_all_tags_that_have_it() -> None:
    world = World(builtin_scene())
    chips = [tag.chip for tag in world.tags()][:3]
    world.place([chips[0]], "pad", material="metal")
    for chip in chips:
        rewrite(world, chip, NEW)

    assert world.place([NEW], "pocket") == 3
    assert {(tag.chip, tag.place) for tag in world.tags_of(NEW)} == {(chip, "pocket") for chip in chips}
    assert sorted(tag.material for tag in world.tags_of(NEW)) == ["metal", "textile", "textile"]
    assert world.remove([NEW]) == 3
    assert len(world.tags()) == 10


def test_a_tag_that_comes_again_is_as_from_the_factory() -> None:
    world = World(builtin_scene())
    world.memory(ON_PAD).write(Bank.USER, 0, [7])
    world.remove([ON_PAD])

    with pytest.raises(SceneError):
        world.memory(ON_PAD)
    world.place([ON_PAD], "pad")

    assert world.memory(ON_PAD).content(Bank.USER)[0] == 0


def test_what_writes_no_epc_moves_nothing() -> None:
    world = World(builtin_scene())
    before = world.revision
    world.memory(ON_PAD).write(Bank.USER, 0, [7])

    assert not world.written(ON_PAD)
    assert world.revision == before


def test_a_scene_says_what_memory_its_tags_have() -> None:
    document = builtin_scene().model_dump(exclude_unset=True)
    document["tags"] = [
        {"epc": "AAAA", "place": "pad", "tid": "E2801234", "user_words": 0, "locks": {"epc": "always_locked"}},
        {"epcs": ["BBBB", "CCCC"], "place": "pad", "access_password": "0000ABCD", "kill_password": "00000001"},
        {"epc": "DDDD", "place": "pad"},
    ]
    world = World(scene_of(document))

    assert (world.memory("AAAA").tid, world.memory("AAAA").content(Bank.USER)) == ("E2801234", ())
    assert world.memory("AAAA").locks[LockField.EPC] is Lock.ALWAYS_LOCKED
    assert world.memory("AAAA").locks[LockField.TID] is Lock.ALWAYS_LOCKED
    assert [world.memory(chip).access_password for chip in ("AAAA", "BBBB", "CCCC")] == [0, 0xABCD, 0xABCD]
    assert world.memory("CCCC").kill_password == 1
    assert len(world.memory("DDDD").content(Bank.USER)) == 8


@pytest.mark.parametrize(
    "settings",
    [
        {"tid": "E2"},
        {"tid": "E2801234", "epcs": ["AAAA", "BBBB"], "epc": None},
        {"user_words": -1},
        {"access_password": "1"},
        {"locks": {"epc": "shut"}},
        {"locks": {"crc": "locked"}},
    ],
)
def test_memory_that_no_tag_has_is_refused(settings: dict[str, object]) -> None:
    document = builtin_scene().model_dump(exclude_unset=True)
    document["tags"] = [{"epc": "AAAA", "place": "pad", **settings}]

    with pytest.raises(SceneError):
        scene_of(document)


def test_new_tags_come_with_the_memory_that_is_asked_for_and_known_ones_keep_theirs() -> None:
    world = World(builtin_scene())
    settings = MemorySettings(access_password="00000007", locks={LockField.USER: Lock.LOCKED})
    world.place([NEW], "pad", memory=settings)

    assert world.memory(NEW).access_password == 7
    assert world.memory(NEW).locks[LockField.USER] is Lock.LOCKED
    with pytest.raises(SceneError, match="already"):
        world.place([ON_PAD], "pad", memory=settings)
    with pytest.raises(SceneError, match="one tag"):
        world.place(["AAAA", "BBBB"], "pad", memory=MemorySettings(tid="E2801234"))
