"""The virtual floor against real control doors of real worlds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from appliance.demo.floor import FloorError, Place, ReaderDoor, VirtualFloor
from appliance.demo.scenes import lane_scene, shelf_place, sweep_scene
from reader.virtual.control import ControlDoor, ReaderStatus
from reader.virtual.faults import Faults
from reader.virtual.scene import scene_of
from reader.virtual.world import World

SOCKS, SHOES, LOST, BAG = (f"30340000000000000000000{n}" for n in "1234")
NEAR = [SOCKS]


def quiet() -> ReaderStatus:
    return ReaderStatus(client=None, rospec="none", reads=0, reads_per_s=0.0, tx_power_dbm=None)


class Neighbourhood:
    """One lane's reader and the sweep's, each behind its door."""

    def __init__(self) -> None:
        self.lane = World(scene_of(lane_scene(seed=1)))
        self.sweep = World(scene_of(sweep_scene(seed=1, categories=["Foot wear"])))
        self.doors = [ControlDoor(world, Faults(), quiet) for world in (self.lane, self.sweep)]
        for door in self.doors:
            door.start()
        lane_door, sweep_door = (ReaderDoor("http://{}:{}".format(*door.address)) for door in self.doors)
        self.floor = VirtualFloor(
            [SOCKS, SHOES, LOST],
            {"1": lane_door},
            sweep_door,
            near_shelf={"1": NEAR},
            shelf_of=lambda _: shelf_place("Foot wear"),
            absent=[LOST],
        )
        self.floor.restore("1")
        self.floor.restore(None)

    def close(self) -> None:
        for door in self.doors:
            door.stop()


def lying(world: World) -> dict[str, str | None]:
    return {tag.epc: tag.place for tag in world.tags()}


@pytest.fixture
def shop() -> Iterator[Neighbourhood]:
    neighbourhood = Neighbourhood()
    yield neighbourhood
    neighbourhood.close()


def test_each_reader_hears_what_is_in_its_reach(shop: Neighbourhood) -> None:
    assert lying(shop.lane) == {SOCKS: "shelf"}
    assert lying(shop.sweep) == {SOCKS: "Foot-wear", SHOES: "Foot-wear"}  # and not what was lost


def test_goods_on_the_pad_are_off_the_shelf(shop: Neighbourhood) -> None:
    shop.floor.put([SHOES], Place("pad", "1"))

    assert lying(shop.lane) == {SOCKS: "shelf", SHOES: "pad"}
    assert lying(shop.sweep) == {SOCKS: "Foot-wear"}

    shop.floor.put([SHOES], Place("home"))

    assert lying(shop.lane) == {SOCKS: "shelf"}
    assert lying(shop.sweep) == {SOCKS: "Foot-wear"}


def test_undo_puts_the_last_thing_back(shop: Neighbourhood) -> None:
    shop.floor.put([SHOES], Place("pad", "1"))
    shop.floor.put([SOCKS], Place("pocket", "1"))

    assert shop.floor.undo()
    assert lying(shop.lane) == {SOCKS: "shelf", SHOES: "pad"}
    assert shop.floor.undo()
    assert not shop.floor.undo()
    assert lying(shop.sweep) == {SOCKS: "Foot-wear", SHOES: "Foot-wear"}


def test_a_strangers_bag_may_come_in(shop: Neighbourhood) -> None:
    shop.floor.add([BAG], Place("passing", "1"))

    assert lying(shop.lane)[BAG] == "passing"
    assert BAG not in lying(shop.sweep)


def test_a_reader_that_was_off_is_told_when_it_is_back(shop: Neighbourhood) -> None:
    host, port = shop.doors[0].address
    shop.doors[0].stop()
    shop.floor.put([SHOES], Place("pad", "1"))  # nobody hears it

    fresh = World(scene_of(lane_scene(seed=1)))
    shop.doors[0] = ControlDoor(fresh, Faults(), quiet, host=host, port=port)
    shop.doors[0].start()
    shop.floor.restore("1")

    assert lying(fresh) == {SOCKS: "shelf", SHOES: "pad"}


@pytest.mark.parametrize("text", ["", "pad", "pad:", "shelf:1", "moon", "moon:1"])
def test_places_are_checked(text: str) -> None:
    with pytest.raises(FloorError, match="expected shelf"):
        Place.parse(text)


def test_unknown_items_and_lanes_are_refused(shop: Neighbourhood) -> None:
    with pytest.raises(FloorError, match="no item"):
        shop.floor.put(["FFFF"], Place("home"))
    with pytest.raises(FloorError, match="no lane 9"):
        shop.floor.put([SOCKS], Place("pad", "9"))
    assert shop.floor.place_of(SOCKS) == Place("shelf")
