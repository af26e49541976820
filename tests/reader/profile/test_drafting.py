"""First profiles of readers that nobody described."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.errors import ProfileError
from reader.profile import Profile, load_profile, shipped_models
from reader.profile.drafting import Draft, Sighting, drafted, likely_regions, matching_model

EU = (865.7, 866.3, 866.9, 867.5)
STRANGER = Sighting(
    driver="llrp",
    address="192.0.2.7:5084",
    device="maker 4711, model 12",
    firmware="1.2",
    manufacturer=4711,
    model_id=12,
    protocol_version=2,
    antenna_ports=3,
    powers_dbm=(10.0, 20.0, 30.0),
    channels_mhz=EU,
    communications_standard=2,
    millers={0: 1, 7: 4, 9: 8},
)
R420 = replace(STRANGER, manufacturer=25882, model_id=2001002, protocol_version=1, millers={1002: 0, 2: 4})


def loaded(folder: Path, draft: Draft) -> Profile:
    (folder / "models").mkdir(parents=True, exist_ok=True)
    (folder / "first.toml").write_text(draft.profile_text, encoding="utf-8")
    if draft.model_text is not None:
        (folder / "models" / f"{draft.model_name}.toml").write_text(draft.model_text, encoding="utf-8")
    return load_profile(str(folder / "first.toml"))


def test_a_stranger_gets_a_model_of_its_own(tmp_path: Path) -> None:
    draft = drafted(STRANGER)
    profile = loaded(tmp_path, draft)

    assert profile.model.name == "maker4711-12"
    assert (profile.model.manufacturer, list(profile.model.model_ids)) == (4711, [12])
    assert (profile.antennas, profile.region.name, profile.mode) == ((1, 2), "eu", 7)
    assert profile.address == "192.0.2.7:5084"
    assert profile.model.protocol_version == 2
    assert profile.origin.tested == "asked what it is, never set up"


def test_a_reader_of_a_later_version_is_spoken_to_by_the_greatest_that_we_know(tmp_path: Path) -> None:
    assert loaded(tmp_path, drafted(replace(STRANGER, protocol_version=3))).model.protocol_version == 2


def test_a_reader_that_ships_is_named(tmp_path: Path) -> None:
    draft = drafted(R420)
    profile = loaded(tmp_path, draft)

    assert draft.model_text is None
    assert profile.model == shipped_models()["impinj-r420"]
    assert profile.mode == 1002


def test_a_mode_that_the_reader_does_not_list_is_replaced(tmp_path: Path) -> None:
    assert loaded(tmp_path, drafted(replace(R420, millers={2: 4, 3: 8}))).mode == 2


def test_the_makers_extensions_are_asked_for(tmp_path: Path) -> None:
    assert loaded(tmp_path, drafted(replace(STRANGER, manufacturer=25882))).model.impinj_extensions
    assert loaded(tmp_path, drafted(replace(STRANGER, manufacturer=161))).model.zebra_extensions


def test_a_reader_that_cannot_be_as_quiet_as_a_pad_is_as_quiet_as_it_can(tmp_path: Path) -> None:
    profile = loaded(tmp_path, drafted(replace(STRANGER, powers_dbm=(25.0, 30.0))))

    assert profile.power_limit_dbm == 25.0
    with pytest.raises(ProfileError, match=r"smallest power is 30\.00 dBm, but only 29\.15"):
        drafted(replace(STRANGER, powers_dbm=(30.0, 31.0)))


@pytest.mark.parametrize(
    ("standard", "channels", "regions"),
    [
        (2, EU, ["eu"]),
        (2, (916.3, 917.5), ["eu-upper"]),
        (1, (902.75, 927.25), ["us"]),
        (1, (916.3,), ["us"]),
        (0, (916.3,), ["eu-upper", "us"]),
        (2, (), ["eu", "eu-upper"]),
        (6, (916.8,), []),
        (1, EU, []),
    ],
)
def test_the_region_is_the_one_that_holds_what_it_says(
    standard: int, channels: tuple[float, ...], regions: list[str]
) -> None:
    assert likely_regions(replace(STRANGER, communications_standard=standard, channels_mhz=channels)) == regions


def test_a_region_that_is_not_clear_is_a_persons_to_say(tmp_path: Path) -> None:
    either = replace(STRANGER, communications_standard=0, channels_mhz=(916.3,))
    with pytest.raises(ProfileError, match=r"may be one for eu-upper or us.*say --region, one of eu, eu-upper, us"):
        drafted(either)
    assert loaded(tmp_path, drafted(either, "us")).region.name == "us"

    with pytest.raises(ProfileError, match="none of ours holds"):
        drafted(replace(STRANGER, communications_standard=6))
    with pytest.raises(ProfileError, match=r"does not fit into region us: .* 865\.7 to 867\.5 MHz"):
        drafted(STRANGER, "us")
    with pytest.raises(ProfileError, match="no region named moon"):
        drafted(STRANGER, "moon")
    with pytest.raises(ProfileError, match="region jp have no source"):
        drafted(STRANGER, "jp")


def test_a_serial_module_is_the_model_it_is_likeliest_to_be(tmp_path: Path) -> None:
    module = Sighting(driver="m100", address="/dev/ttyUSB0", device="a module that speaks M100", model="m100")

    profile = loaded(tmp_path, drafted(module, "eu"))

    model = matching_model(module)
    assert model is not None
    assert (profile.driver, profile.model.name, profile.antennas, profile.mode) == ("m100", model.name, (1,), None)


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_a_reader_says_of_itself_can_be_written(device: str, firmware: str) -> None:
    draft = drafted(replace(STRANGER, device=device, firmware=firmware))

    tomllib.loads(draft.profile_text)
    assert draft.model_text is not None
    tomllib.loads(draft.model_text)
