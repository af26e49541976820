from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.errors import ProfileError
from reader.profile import load_profile, power_index, shipped_profiles

MINIMAL = """\
spec = 1
driver = "llrp"
model = "impinj-r420"
place = "pad"
region = "eu"
antennas = [1, 2]
antenna_gain_dbi = 6.0
[origin]
device = "Impinj Speedway R420"
tested = "never on hardware"
"""


def written(folder: Path, content: str) -> str:
    path = folder / "mine.toml"
    path.write_text(content, encoding="utf-8")
    return str(path)


def with_line(line: str) -> str:
    """The minimal profile with ``line`` in its first table, as line 8."""
    return MINIMAL.replace("[origin]", f"{line}\n[origin]")


@pytest.mark.parametrize("name", shipped_profiles())
def test_shipped_profiles_load_and_are_honest(name: str) -> None:
    profile = load_profile(name)

    assert profile.name == name
    assert profile.region.source
    assert profile.model.source
    assert profile.power_limit_dbm <= profile.tx_power_dbm
    if not name.startswith("virtual-"):
        assert profile.origin.tested == profile.model.tested == "never on hardware"


def test_profile_is_composed_of_its_parts(tmp_path: Path) -> None:
    profile = load_profile(written(tmp_path, MINIMAL))

    assert (profile.driver, profile.antennas, profile.session, profile.target) == ("llrp", (1, 2), 1, "dual")
    assert (profile.model.manufacturer, profile.model.impinj_extensions) == (25882, True)
    assert profile.mode == 1002  # the model's word
    assert profile.region.eirp_dbm == pytest.approx(35.15)
    assert (profile.report_tags, profile.report_ms, profile.keepalive_ms) == (1, 0, 1000)


def test_profile_wins_over_its_model_and_place(tmp_path: Path) -> None:
    profile = load_profile(written(tmp_path, with_line("mode = 2\nsession = 0\ntx_power_dbm = 12.5")))

    assert (profile.mode, profile.session, profile.tx_power_dbm) == (2, 0, 12.5)


def test_parts_beside_a_profile_win_over_the_shipped_ones(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "own.toml").write_text(
        'spec = 1\ndriver = "llrp"\nantenna_ports = 2\nprotocol_version = 2\nsource = "me"\ntested = "on mine"\n'
    )

    profile = load_profile(written(tmp_path, with_line("report_ms = 50").replace("impinj-r420", "own")))

    assert (profile.model.name, profile.report_ms, profile.report_tags) == ("own", 50, 0)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (with_line("tx_power_dbn = 20"), r"mine\.toml:8: unknown key tx_power_dbn; did you mean tx_power_dbm\?"),
        (with_line("colour = 1"), r"mine\.toml:8: unknown key colour; expected one of address, antenna_gain_dbi"),
        (with_line("tx_power_dbm = 99"), r"mine\.toml:8: tx_power_dbm is 99, expected a number from -20 to 40"),
        (with_line("session = true"), r"mine\.toml:8: session is True, expected a whole number from 0 to 3"),
        (with_line("report_tags = 0"), r"mine\.toml:8: report_tags is 0"),
        (with_line("report_ms = 50"), r"mine\.toml:8: reports by time need LLRP 1\.1"),
        (with_line('target = "triple"'), r'expected one of "reader", "single", "dual"'),
        (MINIMAL.replace("[1, 2]", "[1, 1]"), r"mine\.toml:6: antennas is \[1, 1\], expected a list of different"),
        (MINIMAL.replace("[1, 2]", "[1, 5]"), r"mine\.toml:6: impinj-r420 has 4 antenna ports, not port 5"),
        (MINIMAL.replace("[1, 2]", "[]"), r"mine\.toml:6: antennas is \[\]"),
        (MINIMAL.replace("impinj-r420", "r2d2"), r"mine\.toml:3: no model named r2d2; expected one of alien-f800"),
        (MINIMAL.replace('"llrp"', '"m100"'), r"mine\.toml:2: impinj-r420 is spoken to by llrp, not by m100"),
        (MINIMAL.replace('"eu"', '"jp"'), r"mine\.toml:5: the limits of region jp have no source"),
        (MINIMAL.replace('"eu"', '"cn"'), r"mine\.toml:5: the limits of region cn have no source"),
        (MINIMAL.replace("spec = 1\n", "spec = 2\n"), r"mine\.toml:1: spec is 2"),
        (MINIMAL.replace("spec = 1\n", ""), r"mine\.toml: spec is missing"),
        (MINIMAL + "eirp_dbm = 99\n", r"mine\.toml:11: unknown key origin\.eirp_dbm"),
        (with_line("eirp_dbm = 99"), r"mine\.toml:8: unknown key eirp_dbm"),
        ("spec = \n", r"mine\.toml: Invalid value"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, content: str, reason: str) -> None:
    with pytest.raises(ProfileError, match=reason):
        load_profile(written(tmp_path, content))


def test_no_such_profile(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"no profile named r2d2; there are .*impinj-r420-pad"):
        load_profile("r2d2")
    with pytest.raises(ProfileError, match="cannot be read"):
        load_profile(str(tmp_path / "none.toml"))


@pytest.mark.parametrize(
    ("region", "gain", "loss", "limit"),
    [
        ("eu", 6.0, 0.0, 29.15),  # 33 dBm ERP = 35.15 dBm EIRP
        ("eu", 8.5, 1.5, 28.15),
        ("us", 6.0, 0.0, 30.0),  # 36 dBm EIRP
        ("us", 9.0, 0.0, 27.0),  # more gain, less power, dB for dB
        ("us", 2.0, 3.0, 30.0),  # never more than 1 W at the port
        ("eu-upper", 6.0, 0.0, 32.15),
    ],
)
def test_law_limits_the_power_at_the_port(tmp_path: Path, region: str, gain: float, loss: float, limit: float) -> None:
    content = MINIMAL.replace('"eu"', f'"{region}"').replace("gain_dbi = 6.0", f"gain_dbi = {gain}")
    content = content.replace("[origin]", f"tx_power_dbm = 40.0\ncable_loss_db = {loss}\n[origin]")

    assert load_profile(written(tmp_path, content)).power_limit_dbm == pytest.approx(limit)


def test_wish_limits_where_the_law_allows_more(tmp_path: Path) -> None:
    assert load_profile(written(tmp_path, with_line("tx_power_dbm = 12.0"))).power_limit_dbm == 12.0


@pytest.mark.parametrize(
    ("table", "limit", "index"),
    [
        ([10.0, 10.25, 10.5], 10.25, 1),
        ([10.0, 10.25, 10.5], 10.49, 1),
        ([10.5, 10.0, 10.25], 10.3, 2),  # no order is promised
        ([20.0, 20.01], 20.009, 0),
        ([29.0, 29.15, 29.25], 35.15 - 6.0, 1),  # 29.149999999999999 in binary
    ],
)
def test_power_is_the_greatest_not_above_the_limit(table: list[float], limit: float, index: int) -> None:
    assert power_index(table, limit) == index


def test_power_below_the_table_is_refused() -> None:
    with pytest.raises(ProfileError, match=r"smallest power is 10\.00 dBm, but only 9\.99 dBm"):
        power_index([10.0, 20.0], 9.99)
    with pytest.raises(ProfileError, match="lists no transmit power"):
        power_index([], 30.0)


@given(st.lists(st.integers(-1000, 3300), min_size=1), st.integers(-1000, 3300))
def test_power_never_exceeds_the_limit_and_nothing_greater_would_do(table: list[int], limit: int) -> None:
    powers = [value / 100 for value in table]
    fitting = [value for value in table if value <= limit]
    if not fitting:
        with pytest.raises(ProfileError):
            power_index(powers, limit / 100)
        return
    assert table[power_index(powers, limit / 100)] == max(fitting)
