from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.access import Bank
from reader.errors import ProfileError
from reader.profile import InputTrigger, TagFilter, load_profile, power_index

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


def test_a_model_wins_over_its_place_and_its_mode_for_the_place_over_its_mode(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "own.toml").write_text(
        'spec = 1\ndriver = "llrp"\nantenna_ports = 2\nsession = 3\nmode = 1\nsource = "me"\ntested = "on mine"\n'
        "[modes]\npad = 7\n"
    )

    profile = load_profile(written(tmp_path, MINIMAL.replace("impinj-r420", "own")))

    assert (profile.session, profile.mode) == (3, 7)


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
        (
            with_line("colour = 1"),
            r"mine\.toml:8: unknown key colour; expected one of address, antenna\.N\.antenna_gain",
        ),
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


def test_an_antenna_may_differ(tmp_path: Path) -> None:
    content = (
        MINIMAL
        + """\
[antenna.2]
tx_power_dbm = 30.0
antenna_gain_dbi = 9.0
cable_loss_db = 1.0
session = 0
population = 4
target = "single"
mode = 3
"""
    )

    profile = load_profile(written(tmp_path, content))

    assert profile.on(1).power_limit_dbm == 20.0
    other = profile.on(2)
    assert other.power_limit_dbm == pytest.approx(35.15 - 9.0 + 1.0)
    assert (other.session, other.population, other.target, other.mode) == (0, 4, "single", 3)


def test_filters_are_read(tmp_path: Path) -> None:
    content = (
        MINIMAL
        + """\
[[filters]]
bank = "epc"
bit_address = 32
mask = "30ab"
bits = 14
[[filters]]
bank = "tid"
bit_address = 0
mask = "E2"
is_excluding = true
"""
    )

    assert load_profile(written(tmp_path, content)).filters == (
        TagFilter(Bank.EPC, 32, "30AB", 14),
        TagFilter(Bank.TID, 0, "E2", 8, is_excluding=True),
    )


def test_what_else_a_profile_may_say(tmp_path: Path) -> None:
    content = with_line("reads_tid = true\nfixed_channels_mhz = [866.3, 867.5]")

    profile = load_profile(written(tmp_path, content + "[start_input]\nport = 2\nseconds = 4\n"))

    assert profile.reads_tid
    assert profile.fixed_channels_mhz == (866.3, 867.5)
    assert profile.start_input == InputTrigger(2, is_high=True, seconds=4.0)


FILTER = '[[filters]]\nbank = "epc"\nbit_address = 32\nmask = "30"\n'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (MINIMAL + "[antenna.3]\nsession = 1\n", r"mine\.toml:11: antenna\.3: port 3 is none of antennas \[1, 2\]"),
        (MINIMAL + "[antenna.2]\nsession = 4\n", r"mine\.toml:12: antenna\.2\.session is 4, expected a whole number"),
        (MINIMAL + "[antenna.2]\nkeepalive_ms = 500\n", r"mine\.toml:12: unknown key antenna\.2\.keepalive_ms"),
        (
            MINIMAL + "[antenna.left]\nsession = 1\n",
            r"mine\.toml:11: unknown key antenna\.left; expected tables with a number",
        ),
        (MINIMAL + "antenna = 2\n", r"mine\.toml:11: unknown key origin\.antenna"),
        (MINIMAL + FILTER + "[[filters]]\n", r"mine\.toml:15: filters\.2\.bank is missing, expected one of"),
        (MINIMAL + FILTER.replace("30", "3"), r"mine\.toml:14: filters\.1\.mask is '3', expected whole bytes in hex"),
        (MINIMAL + FILTER + FILTER.replace("epc", "reserved"), r'mine\.toml:16: filters\.2\.bank is .* "epc", "tid"'),
        (MINIMAL + FILTER + "bits = 9\n", r"mine\.toml:15: filters\.1\.bits is 9, but the mask 30 has 8"),
        (
            with_line("reads_tid = true").replace("impinj-r420", "alien-f800"),
            r"mine\.toml:8: reads_tid: alien-f800 cannot do it \(LLRP reads it from one tag at a time",
        ),
        (
            MINIMAL.replace("impinj-r420", "r2000").replace('"llrp"', '"r2000"') + FILTER,
            r"mine\.toml:12: filters: r2000 cannot do it \(its inventory has none",
        ),
        (
            MINIMAL.replace("impinj-r420", "jadak-m6e").replace('driver = "llrp"\n', "")
            + "[start_input]\nport = 1\nseconds = 1\n",
            r"mine\.toml:11: start_input: jadak-m6e cannot do it \(the driver reads at once",
        ),
        (MINIMAL + "[start_input]\nport = 1\n", r"mine\.toml:11: start_input\.seconds is missing, expected a number"),
        (
            with_line("fixed_channels_mhz = [866.0]"),
            r"mine\.toml:8: 866 MHz is no channel of Europe, lower band; .*865\.7",
        ),
        (
            with_line("fixed_channels_mhz = [915.25]").replace('"eu"', '"us"'),
            r"mine\.toml:8: fixed_channels_mhz: in United States .* has to hop",
        ),
        (
            with_line("tx_power_dbm = 9.5"),
            r"mine\.toml:8: antenna 1 may have 9\.50 dBm at most, but impinj-r420 sends 10",
        ),
        (
            MINIMAL + "[antenna.2]\ntx_power_dbm = 5\n",
            r"mine\.toml:12: antenna 2 may have 5\.00 dBm at most, but impinj-r420 sends 10",
        ),
    ],
)
def test_what_is_wrong_in_a_table_is_said_with_its_line(tmp_path: Path, content: str, reason: str) -> None:
    with pytest.raises(ProfileError, match=reason):
        load_profile(written(tmp_path, content))


def test_no_such_file(tmp_path: Path) -> None:
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


@pytest.mark.parametrize(("model", "driver"), [("m100", "m100"), ("r2000", "r2000")])
def test_a_module_that_has_to_be_asked_is_not_promised_to_be_missed_sooner(
    model: str, driver: str, tmp_path: Path
) -> None:
    own = (
        f'spec = 1\ndriver = "{driver}"\nmodel = "{model}"\nplace = "pad"\nregion = "eu"\nantennas = [1]\n'
        f'keepalive_ms = %d\n[origin]\ndevice = "mine"\ntested = "never on hardware"\n'
    )

    assert load_profile(written(tmp_path, own % 850)).keepalive_ms == 850
    with pytest.raises(ProfileError, match=r"mine\.toml:7: keepalive_ms is 849, expected at least 850"):
        load_profile(written(tmp_path, own % 849))
