from __future__ import annotations

from pathlib import Path

import pytest

from appliance.config import Config, is_loopback, load_config
from appliance.config_files import file_problems
from appliance.errors import ConfigError

WHOLE = """\
[store]
id = "harbour"
name = "Harbour Street"
gln = "9521321000018"

[readers.pad]
profile = "virtual-pad"
address = "127.0.0.1:5084"

[terminals.card]
driver = "demo"
address = "127.0.0.1:9100"

[lanes.1]
reader = "pad"
terminal = "card"

[sync]
central = "http://127.0.0.1:8090/"
key_file = "store.key"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "shop.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems_in(folder: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load_config(written(folder, text))
    return caught.value.problems


def test_a_whole_file_is_read_with_paths_relative_to_it(tmp_path: Path) -> None:
    (tmp_path / "store.key").write_text("secret\n", encoding="utf-8")

    config = load_config(written(tmp_path, WHOLE))

    assert config.store.currency == "EUR"
    assert config.path(config.store.database) == tmp_path / "store.db"
    assert config.sync is not None
    assert config.sync.central == "http://127.0.0.1:8090"
    assert config.sync_key() == "secret"


def test_antennas_of_a_reader_that_is_not_there_are_told_as_that(tmp_path: Path) -> None:
    text = WHOLE.replace('reader = "pad"', 'reader = "padz"\nantennas = [1]')

    (problem,) = problems_in(tmp_path, text)

    assert problem == "line 15: lanes.1.reader: expected one of [readers.…]: pad"


def test_a_module_may_be_any_device_that_is_there(tmp_path: Path) -> None:
    device = tmp_path / "module"
    text = WHOLE.replace("127.0.0.1:5084", str(device))
    (problem,) = problems_in(tmp_path, text)
    assert "a device as /dev/serial/by-id/" in problem

    device.touch()
    assert load_config(written(tmp_path, text)).readers["pad"].address == str(device)


def test_the_environment_wins_over_a_key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAGTILL_SYNC_KEY", "from the environment")

    assert load_config(written(tmp_path, WHOLE)).sync_key() == "from the environment"


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, WHOLE))

    with pytest.raises(ConfigError, match=r"sync\.key_file: expected a readable file"):
        config.sync_key()


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ('currency = "euro"', 'gln = "9521321000018"', "line 4: store.currency: expected"),
        ('gln = "9521321000019"', 'gln = "9521321000018"', "line 4: store.gln: expected a GLN"),
        ("port = 5084", 'profile = "virtual-pad"', "line 7: unknown key readers.pad.port"),
        ('address = "nowhere"', 'address = "127.0.0.1:9100"', "line 12: terminals.card.address: expected an address"),
        ('driver = "nexo"', 'driver = "demo"', "line 11: terminals.card.driver: expected"),
        ('reader = "door"', 'reader = "pad"', "line 15: lanes.1.reader: expected one of [readers.…]: pad"),
        ('batch = "many"', 'central = "http://127.0.0.1:8090/"', "line 19: sync.batch: expected a valid integer"),
    ],
)
def test_each_problem_has_its_line_and_what_was_expected(tmp_path: Path, wrong: str, right: str, said: str) -> None:
    assert any(problem.startswith(said) for problem in problems_in(tmp_path, WHOLE.replace(right, wrong, 1)))


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    broken = WHOLE.replace('name = "Harbour Street"', "name = 7").replace('driver = "demo"', "driver = 8")

    assert len(problems_in(tmp_path, broken)) == 2


def test_a_broken_value_hides_no_dangling_name(tmp_path: Path) -> None:
    broken = WHOLE.replace('name = "Harbour Street"', "name = 7").replace('reader = "pad"', 'reader = "door"')

    assert [problem.partition(":")[0] for problem in problems_in(tmp_path, broken)] == ["line 3", "line 15"]


def test_files_that_are_named_and_not_there_are_told_with_what_they_should_be(tmp_path: Path) -> None:
    text = WHOLE.replace('gln = "9521321000018"', 'gln = "9521321000018"\npromotions = "offers.json"')

    found = list(file_problems(load_config(written(tmp_path, text.replace("virtual-pad", "moon-pad")))))

    assert [problem.partition(":")[0] for problem in found] == [
        "store.promotions",
        "sync.key_file",
        "readers.pad.profile",
    ]
    assert "[] for none" in found[0]


def test_broken_toml_and_missing_files_are_one_clear_problem(tmp_path: Path) -> None:
    assert problems_in(tmp_path, "[store\n")[0].startswith("expected TOML")
    with pytest.raises(ConfigError, match="expected a readable file: it is not there"):
        load_config(tmp_path / "absent.toml")


def test_a_lane_shares_neither_reader_nor_terminal(tmp_path: Path) -> None:
    found = problems_in(tmp_path, WHOLE + '\n[lanes.2]\nreader = "pad"\nterminal = "card"\n')

    assert "lanes: expected a terminal of its own for each lane" in found
    assert any(problem.startswith("line 23: lanes.2.reader: expected a reader of its own") for problem in found)


TWO = """
[readers.other]
profile = "virtual-pad"

[terminals.cash]
driver = "demo"
address = "127.0.0.1:9101"

[lanes.2]
terminal = "cash"
"""


def two_lanes(first: str, second: str) -> str:
    """Two lanes, with what they say of their readers; the first's stands in line 15, the second's in line 31."""
    return WHOLE.replace('reader = "pad"', first) + TWO + second + "\n"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ('reader = "pad"', 'reader = "other"'),
        ('reader = "pad"\nantennas = [1]', 'reader = "pad"\nantennas = [2]'),
        ('reader = "pad"\nantennas = [2]', 'reader = "other"\nantennas = [2, 1]'),
        ('readers = ["pad"]', 'readers = ["other"]'),
    ],
)
def test_lanes_share_readers_by_antenna_or_join_them(tmp_path: Path, first: str, second: str) -> None:
    assert load_config(written(tmp_path, two_lanes(first, second))).lanes["2"].terminal == "cash"


def test_a_lane_joins_readers(tmp_path: Path) -> None:
    lane = WHOLE.replace('reader = "pad"', 'readers = ["pad", "other"]') + '[readers.other]\nprofile = "virtual-pad"\n'

    assert load_config(written(tmp_path, lane)).lanes["1"].readers == ("pad", "other")


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ('reader = "pad"', 'reader = "pad"', "line 31: lanes.2.reader: expected a reader of its own: pad is lane 1's"),
        ('reader = "pad"', 'reader = "pad"\nantennas = [2]', "line 31: lanes.2.reader: expected a reader of its own"),
        (
            'readers = ["pad"]',
            'reader = "pad"',
            "line 31: lanes.2.reader: expected a reader of its own: pad is lane 1's",
        ),
        (
            'reader = "other"',
            'readers = ["pad", "other"]',
            "line 31: lanes.2.readers: expected a reader of its own: other",
        ),
        (
            'reader = "pad"\nantennas = [1, 2]',
            'reader = "pad"\nantennas = [2]',
            "line 33: lanes.2.antennas: expected ports of its own: antenna 2 of pad is lane 1's",
        ),
        (
            'reader = "pad"',
            'reader = "other"\nantennas = [3]',
            "line 32: lanes.2.antennas: expected some of 1, 2, which the profile virtual-pad uses, found 3",
        ),
        ('reader = "pad"', 'readers = ["door"]', "line 31: lanes.2.readers: expected one of [readers.…]: pad, other"),
        (
            'reader = "pad"',
            'reader = "other"\nreaders = ["other"]',
            "line 29: lanes.2: expected one of reader and readers",
        ),
        ('reader = "pad"', "", "line 29: lanes.2: expected one of reader and readers"),
        (
            'reader = "pad"',
            'readers = ["other"]\nantennas = [1]',
            "line 29: lanes.2: expected antennas only beside reader",
        ),
        ('reader = "pad"', 'readers = ["other", "other"]', "line 29: lanes.2: expected each of its readers"),
        ('reader = "pad"', 'reader = "other"\nantennas = [0]', "line 32: lanes.2.antennas"),
    ],
)
def test_what_lanes_cannot_share_is_told_with_its_line(tmp_path: Path, first: str, second: str, said: str) -> None:
    problems = problems_in(tmp_path, two_lanes(first, second))

    assert any(problem.startswith(said) for problem in problems), problems


@pytest.mark.parametrize("address", ["/dev/serial/by-id/usb-1", "socket://10.0.0.7:4001", "rfc2217://[::1]:4001"])
def test_a_reader_may_be_at_a_serial_line(tmp_path: Path, address: str) -> None:
    config = load_config(written(tmp_path, WHOLE.replace("127.0.0.1:5084", address)))

    assert config.readers["pad"].address == address


def test_a_lanes_name_must_do_as_a_gs1_place(tmp_path: Path) -> None:
    (found,) = problems_in(tmp_path, WHOLE.replace("[lanes.1]", f"[lanes.{'x' * 21}]"))

    assert found.startswith(f"line 14: lanes.{'x' * 21}: expected a name that GS1 takes")


def test_an_open_central_is_for_loopback_only(tmp_path: Path) -> None:
    found = problems_in(tmp_path, WHOLE + '\n[central]\nhost = "0.0.0.0"\nopen = true\n')

    assert "loopback only" in found[0]


def test_a_config_cannot_be_changed_after_it_was_checked(tmp_path: Path) -> None:
    config: Config = load_config(written(tmp_path, WHOLE))

    with pytest.raises(ValueError, match="frozen"):
        config.store.id = "another"


@pytest.mark.parametrize(
    ("host", "expected"), [("127.0.0.1", True), ("::1", True), ("0.0.0.0", False), ("shop", False)]
)
def test_loopback_is_told_apart(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_an_address_that_the_driver_cannot_use_is_told_by_the_check(tmp_path: Path) -> None:
    (tmp_path / "store.key").write_text("secret\n", encoding="utf-8")
    text = WHOLE.replace('address = "127.0.0.1:5084"', 'address = "/dev/ttyUSB0"')

    (problem,) = file_problems(load_config(written(tmp_path, text)))

    assert problem == "readers.pad: /dev/ttyUSB0 is a device; LLRP wants HOST:PORT"
