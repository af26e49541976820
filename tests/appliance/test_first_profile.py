"""A first profile is written whole, or not at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from appliance.first_profile import FirstProfileError, write_first_profile
from reader.errors import ProfileError
from reader.profile import load_profile
from reader.profile.drafting import Draft, Sighting, drafted

DRAFT = drafted(
    Sighting(
        driver="llrp",
        address="192.0.2.7:5084",
        device="a stranger",
        manufacturer=4711,
        model_id=12,
        antenna_ports=2,
        powers_dbm=(10.0, 30.0),
        channels_mhz=(865.7, 867.5),
        communications_standard=2,
    )
)


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_the_profile_and_its_model_are_written(tmp_path: Path) -> None:
    target = tmp_path / "shop" / "mine" / "first.toml"

    assert write_first_profile(DRAFT, target) == [target, target.parent / "models" / "maker4711-12.toml"]
    assert load_profile(str(target)).model.name == "maker4711-12"
    assert len(everything_in(tmp_path)) == 5


@pytest.mark.parametrize("in_the_way", ["models", "models/maker4711-12.toml", "first.toml"])
def test_what_is_in_the_way_stays_and_nothing_comes_to_it(tmp_path: Path, in_the_way: str) -> None:
    (tmp_path / in_the_way).parent.mkdir(exist_ok=True)
    (tmp_path / in_the_way).write_text("mine")
    before = everything_in(tmp_path)

    with pytest.raises(FirstProfileError):
        write_first_profile(DRAFT, tmp_path / "first.toml")
    assert everything_in(tmp_path) == before


@pytest.mark.parametrize(
    "draft",
    [
        replace(DRAFT, model_text="spec = 9\n"),
        replace(DRAFT, profile_text="spec = 9\n"),
        Draft(DRAFT.profile_text, "m" * 254, DRAFT.model_text),  # a name too long for the disk
    ],
)
def test_a_draft_that_is_no_good_leaves_no_file_and_no_folder(tmp_path: Path, draft: Draft) -> None:
    with pytest.raises((FirstProfileError, ProfileError)):
        write_first_profile(draft, tmp_path / "shop" / "first.toml")

    assert everything_in(tmp_path) == []


def test_a_folder_that_was_there_stays(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()

    with pytest.raises(ProfileError):
        write_first_profile(replace(DRAFT, model_text="spec = 9\n"), tmp_path / "first.toml")
    assert everything_in(tmp_path) == ["models"]


def test_a_profiles_name_ends_in_toml(tmp_path: Path) -> None:
    with pytest.raises(FirstProfileError, match=r"ends in \.toml"):
        write_first_profile(DRAFT, tmp_path / "first.txt")
