"""The profiles that come with the program: every combination that makes sense, and no other."""

from __future__ import annotations

import pytest

from reader.errors import ProfileError
from reader.profile import Model, compose, load_profile, shipped_models, shipped_profiles
from reader.profile.keys import CAPABILITIES, PLACES
from reader.profile.parts import names_of, part_of, shipped
from reader.settings_file import SettingsFile

PROMISED = {
    *("impinj-r700", "impinj-r420", "impinj-r220", "impinj-r120", "zebra-fx9600", "zebra-fx7500"),
    *("jadak-sargas", "jadak-m6", "jadak-m6e", "jadak-nano", "generic-llrp", "m100", "r2000"),
}


def place(name: str) -> SettingsFile:
    return part_of(SettingsFile("test", "", {"place": name}), "place", (shipped(),))


@pytest.mark.parametrize("name", shipped_profiles())
def test_it_loads_and_is_honest(name: str) -> None:
    profile = load_profile(name)

    assert profile.name == name
    assert profile.region.source
    assert profile.model.source
    assert profile.driver == profile.model.driver
    assert set(profile.antennas) <= set(range(1, profile.model.antenna_ports + 1))
    for port in profile.antennas:
        assert profile.on(port).power_limit_dbm <= profile.tx_power_dbm
    if not name.startswith("virtual-"):
        assert profile.origin.tested == profile.model.tested == "never on hardware"


def test_what_was_promised_is_there() -> None:
    names = set(shipped_profiles())

    for model in PROMISED:
        assert {f"{model}-pad-eu", f"{model}-pad-us"} <= names


@pytest.mark.parametrize("model", shipped_models().values(), ids=lambda model: model.name)
def test_a_model_is_good_for_the_places_that_it_can_serve(model: Model) -> None:
    for name in PLACES:
        wanted = place(name).values
        greatest_dbm = model.power_range_dbm[1] if model.power_range_dbm else wanted.get("least_power_dbm", 0)
        can_serve = model.antenna_ports >= wanted.get("least_antennas", 1) and greatest_dbm >= wanted.get(
            "least_power_dbm", 0
        )
        assert (name in model.places) == (can_serve and bool(model.places)), name


@pytest.mark.parametrize("model", shipped_models().values(), ids=lambda model: model.name)
def test_a_scorecard_is_whole(model: Model) -> None:
    assert model.scorecard.keys() == CAPABILITIES.keys()
    assert model.device
    if model.places:
        assert model.tested == "never on hardware"


def test_every_region_with_a_source_is_of_use_and_no_other() -> None:
    used = {region for model in shipped_models().values() for region in model.regions}

    assert used == {"eu", "eu-upper", "us"}
    assert used | {"cn", "jp"} == set(names_of("region"))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (
            "impinj-r700-pad",
            "say which region's law, impinj-r700-pad-eu, impinj-r700-pad-eu-upper or impinj-r700-pad-us",
        ),
        ("m100", "say for which place and which region's law, m100-pad-eu or m100-pad-us"),
        ("m100-pad", "say which region's law, m100-pad-eu or m100-pad-us"),
        ("m100-gate-eu", "m100 is no good as a gate; there are m100-26dbm-pad-eu, .*m100-pad-us"),
        ("virtual-gate-eu", "virtual is no good as a gate; there are virtual-pad or virtual-sweep"),
        ("impinj-r420-pad-eu-upper", "impinj-r420 is not known to be sold for eu-upper; impinj-r420-pad-eu or"),
        ("impinj-r700-pad-jp", "the limits of region jp have no source"),
        ("impinj-r700-pda-eu", "did you mean impinj-r700-pad-eu"),
        ("r2d2", "no profile named r2d2; `tagtill reader profiles` lists all"),
        ("", "no profile named ;"),
    ],
)
def test_a_name_that_is_none_is_refused_with_those_that_are(name: str, reason: str) -> None:
    with pytest.raises(ProfileError, match=reason):
        load_profile(name)


def test_every_figure_says_where_it_comes_from() -> None:
    figures = {figure.key: figure for figure in compose("impinj-r120-pad-eu").figures}

    assert figures["tx_power_dbm"].where.startswith("places/pad.toml:")
    assert "neighbouring lane" in figures["tx_power_dbm"].reason
    assert figures["mode"].where.startswith("models/impinj-r120.toml:")
    assert (figures["antennas"].value, figures["antennas"].reason) == ([1], "impinj-r120 has 1 of these [1, 2]")
    assert figures["reads_tid"].where == "default"
    assert figures["report_ms"].value == 0
