"""Scene files: what is accepted, and how a wrong one is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reader.errors import SceneError
from reader.virtual.scene import Scene, builtin_scene, load_scene, scene_of

EPC = "3036451FD4001940000003E9"
MINIMAL = """
[[antennas]]
port = 1
at = [0, 0, 0]

[[places]]
name = "pad"
at = [0, 0, 0.1]

[[tags]]
epc = "3036451fd4001940000003e9"
place = "pad"
"""


def document(**changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "antennas": [{"port": 1, "at": [0, 0, 0]}],
        "places": [{"name": "pad", "at": [0, 0, 0.1]}],
        "tags": [{"epc": EPC, "place": "pad"}],
    }
    return base | changes


def test_a_minimal_toml_file_is_read_with_defaults(tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text(MINIMAL)

    scene = load_scene(file)

    assert scene.region == "etsi"
    assert scene.tags[0].all_epcs == (EPC,)
    assert scene.antennas[0].facing == (0.0, 0.0, 1.0)


def test_json_and_toml_say_the_same(tmp_path: Path) -> None:
    toml, js = tmp_path / "shop.toml", tmp_path / "shop.json"
    toml.write_text(MINIMAL)
    js.write_text(json.dumps(document()))

    assert load_scene(js) == load_scene(toml)


def test_the_builtin_scene_survives_a_round_trip() -> None:
    scene = builtin_scene()

    assert scene_of(json.loads(scene.model_dump_json())) == scene
    assert len([epc for group in scene.tags if group.place == "pad" for epc in group.all_epcs]) == 7


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"antennas": []}, "antennas"),
        ({"antennas": [{"port": 2, "at": [0, 0, 0]}]}, "antenna ports must be 1 to 1"),
        ({"antennas": [{"port": 1, "at": [0, 0]}]}, "antennas.0.at.2"),
        ({"antennas": [{"port": 1, "at": [0, 0, 0], "facing": [0, 0, 0]}]}, "must point somewhere"),
        ({"tags": [{"epc": EPC, "place": "moon"}]}, "'moon' is not one of"),
        ({"tags": [{"epc": EPC}]}, "a `place` or `at`"),
        ({"tags": [{"place": "pad"}]}, "either `epc` or `epcs`"),
        ({"tags": [{"epc": "30364", "place": "pad"}]}, "tags.0.epc"),
        ({"tags": [{"epcs": [EPC, EPC.lower()], "place": "pad"}]}, "occurs 2 times"),
        ({"tags": [{"epc": EPC, "place": "pad", "colour": "red"}]}, "tags.0.colour"),
        ({"places": [{"name": "pad", "at": [0, 0, 0]}] * 2}, "place 'pad' occurs 2 times"),
        ({"region": "mars"}, "region"),
        ({"walker": {"path": [[0, 0, 0]]}}, "walker.path"),
        ({"walker": {"path": [[0, 0, 0], [1, 0, 0]], "antennas": [3]}}, "antenna 3"),
    ],
)
def test_a_wrong_scene_says_where_and_what(changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(SceneError, match=r"shop\.toml: ") as caught:
        scene_of(document(**changes), "shop.toml")

    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "text"), [("a.toml", "= 3"), ("a.json", "{"), ("b.json", "[]")])
def test_a_file_that_is_no_scene_is_named(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text)

    with pytest.raises(SceneError, match=name):
        load_scene(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SceneError, match=r"nowhere\.toml"):
        load_scene(tmp_path / "nowhere.toml")


def test_scenes_are_values() -> None:
    assert isinstance(builtin_scene(), Scene)
    assert builtin_scene() == builtin_scene()
