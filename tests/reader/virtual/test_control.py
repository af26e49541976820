"""The loopback door: what it does and whom it refuses."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest

from reader.access import Bank
from reader.errors import SceneError
from reader.virtual.control import ControlDoor, ReaderStatus
from reader.virtual.faults import Fault, Faults
from reader.virtual.scene import builtin_scene
from reader.virtual.world import World

EPC = "3036451FD4001940000003E9"


class Door:
    """A door with a world behind it, and a client in front."""

    def __init__(self) -> None:
        self.world = World(builtin_scene())
        self.faults = Faults([Fault.SLOW])
        self.felt: list[tuple[int, bool]] = []
        status = ReaderStatus("10.0.0.1:4", "active", 9, 2.5, 20.0, inputs=(False, True), outputs=(True,))
        self.door = ControlDoor(self.world, self.faults, lambda: status, set_input=self.feel)
        self.door.start()

    def feel(self, port: int, high: bool) -> None:
        if port > 2:
            raise SceneError(f"input {port} is not one of 1 to 2")
        self.felt.append((port, high))

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection(*self.door.address, timeout=5)
        try:
            text = body if isinstance(body, bytes | None) else json.dumps(body)
            connection.request(method, path, text, headers or {})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door()
    yield door
    door.door.stop()


def test_state_tells_tags_faults_and_reader(door: Door) -> None:
    status, state = door.ask("GET", "/state")

    assert status == 200
    reader = {"client", "rospec", "reads", "reads_per_s", "tx_power_dbm", "inputs", "outputs"}
    assert set(state) == {"tags", "faults"} | reader
    assert set(state["tags"][0]) == {"epc", "place", "at", "kind"}
    assert (state["faults"], state["client"], state["rospec"]) == (["slow"], "10.0.0.1:4", "active")
    assert (state["inputs"], state["outputs"]) == ([False, True], [True])


def test_inputs_are_put_high_and_low(door: Door) -> None:
    assert door.ask("PUT", "/inputs/2", {"high": True}) == (200, {"input": 2, "high": True})
    assert door.ask("PUT", "/inputs/1", {"high": False}) == (200, {"input": 1, "high": False})
    assert door.felt == [(2, True), (1, False)]
    assert door.ask("PUT", "/inputs/3", {"high": True}) == (400, {"error": "input 3 is not one of 1 to 2"})
    assert door.ask("PUT", "/inputs/1", {"level": 1})[0] == 400
    assert door.ask("PUT", "/inputs/one", {"high": True})[0] == 404


def test_tags_are_placed_moved_and_removed(door: Door) -> None:
    assert door.ask("POST", "/tags", {"epcs": [EPC, "ABCD"], "place": "bag", "kind": "loose"}) == (200, {"placed": 2})
    assert {t.epc: t.place for t in door.world.tags()}[EPC] == "bag"
    assert door.ask("DELETE", "/tags", {"epcs": [EPC]}) == (200, {"removed": 1})
    assert EPC not in {t.epc for t in door.world.tags()}


def test_the_memory_of_a_tag_is_shown_whole(door: Door) -> None:
    door.world.memory(EPC).write(Bank.RESERVED, 2, [0x1234, 0x5678])
    status, answer = door.ask("GET", f"/tags/{EPC.lower()}/memory")
    (tag,) = answer["tags"]

    assert (status, tag["chip"], tag["epc"], tag["killed"]) == (200, EPC, EPC, False)
    assert tag["banks"]["epc"].startswith(f"{door.world.memory(EPC).crc:04X}3000{EPC}")
    assert tag["banks"]["reserved"] == "0000000012345678"
    assert (len(tag["banks"]["tid"]), tag["banks"]["user"]) == (24, "0" * 32)
    assert (tag["locks"]["epc"], tag["locks"]["tid"]) == ("open", "always_locked")


def test_the_memories_of_all_tags_of_one_epc_are_shown(door: Door) -> None:
    door.ask("POST", "/tags", {"epcs": ["ABCD"], "place": "bag"})
    door.world.memory("ABCD").write(Bank.EPC, 1, [6 << 11, *(int(EPC[at : at + 4], 16) for at in range(0, 24, 4))])
    door.world.written("ABCD")

    assert [tag["chip"] for tag in door.ask("GET", f"/tags/{EPC}/memory")[1]["tags"]] == [EPC, "ABCD"]
    assert door.ask("GET", "/tags/ABCD/memory")[0] == 404


def test_new_tags_may_be_given_a_memory(door: Door) -> None:
    settings = {"tid": "E2801234", "user_words": 2, "access_password": "0000000A", "locks": {"user": "locked"}}
    assert door.ask("POST", "/tags", {"epcs": ["ABCD"], "place": "pad", **settings}) == (200, {"placed": 1})
    (tag,) = door.ask("GET", "/tags/ABCD/memory")[1]["tags"]

    assert (tag["banks"]["tid"], tag["banks"]["user"]) == ("E2801234", "00000000")
    assert tag["banks"]["reserved"] == "000000000000000A"
    assert tag["locks"]["user"] == "locked"
    assert door.ask("POST", "/tags", {"epcs": ["ABCD"], "place": "bag"}) == (200, {"placed": 1})


def test_places_are_listed(door: Door) -> None:
    status, answer = door.ask("GET", "/places")

    assert status == 200
    assert {"pad", "shelf", "bag", "pocket", "neighbour", "bin"} <= {place["name"] for place in answer["places"]}


def test_faults_are_switched(door: Door) -> None:
    assert door.ask("PUT", "/faults/silence") == (200, {"faults": ["silence", "slow"]})
    assert door.faults.is_on(Fault.SILENCE)
    assert door.ask("DELETE", "/faults/slow") == (200, {"faults": ["silence"]})


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/tags", {"epcs": ["XYZ"], "place": "pad"}),
        ("POST", "/tags", {"epcs": [EPC], "place": "moon"}),
        ("POST", "/tags", {"epcs": [EPC]}),
        ("POST", "/tags", {"epcs": [], "place": "pad"}),
        ("POST", "/tags", {"epcs": [EPC], "place": "pad", "at": [1, 2]}),
        ("POST", "/tags", {"epcs": [EPC], "place": "pad", "colour": "red"}),
        ("POST", "/tags", {"epcs": [EPC], "place": "pad", "user_words": 4}),
        ("POST", "/tags", {"epcs": ["AAAA", "BBBB"], "place": "pad", "tid": "E2801234"}),
        ("POST", "/tags", {"epcs": ["AAAA"], "place": "pad", "kill_password": 5}),
        ("POST", "/tags", {"epcs": ["AAAA"], "place": "pad", "locks": {"epc": "shut"}}),
        ("POST", "/tags", b"{"),
        ("POST", "/tags", None),
        ("DELETE", "/tags", []),
        ("PUT", "/faults/rain", None),
    ],
)
def test_bad_input_is_answered_with_one_sentence(door: Door, method: str, path: str, body: Any) -> None:
    revision = door.world.revision

    status, answer = door.ask(method, path, body)

    assert status == 400
    assert set(answer) == {"error"}
    assert "\n" not in answer["error"]
    assert door.world.revision == revision


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "shop.example"}, 403),
        ({"Host": "127.0.0.1.shop.example"}, 403),
        ({"Host": "["}, 400),
        ({"Origin": "http://shop.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Host": "localhost:1", "Origin": "http://localhost:1"}, 200),
    ],
)
def test_only_loopback_and_no_foreign_page_may_ask(door: Door, headers: dict[str, str], status: int) -> None:
    assert door.ask("GET", "/state", headers=headers)[0] == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Content-Length": "99999999"}, 413), ({"Content-Length": "x"}, 400), ({"Transfer-Encoding": "chunked"}, 411)],
)
def test_a_body_has_a_bound(door: Door, headers: dict[str, str], status: int) -> None:
    assert door.ask("POST", "/tags", headers=headers)[0] == status


def test_an_unknown_path_is_not_found(door: Door) -> None:
    assert door.ask("GET", "/")[0] == 404


def test_the_door_opens_on_loopback_only() -> None:
    door = ControlDoor(
        World(builtin_scene()), Faults(), lambda: ReaderStatus(None, "none", 0, 0.0, None), host="0.0.0.0"
    )

    with pytest.raises(SceneError, match="loopback"):
        door.start()
