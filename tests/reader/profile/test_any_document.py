"""Whatever a file holds: a profile, or one error that says what was expected and where."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reader.errors import ProfileError
from reader.profile import Profile, load_profile
from reader.profile.keys import MODEL, PLACE, PROFILE
from reader.settings_file import Expected

PROFILE_FILE: Mapping[str, Any] = {
    "spec": 1,
    "model": "mine",
    "place": "mine",
    "region": "eu",
    "origin": {"device": "x", "tested": "y"},
}
MODEL_FILE: Mapping[str, Any] = {
    "spec": 1,
    "driver": "llrp",
    "antenna_ports": 4,
    "source": "s",
    "tested": "t",
}
PLACE_FILE: Mapping[str, Any] = {
    "spec": 1,
    "purpose": "p",
    "tx_power_dbm": 20.0,
    "session": 1,
    "population": 8,
    "target": "dual",
    "report_tags": 1,
    "keepalive_ms": 1000,
    "antennas": [1, 2],
    "antenna_gain_dbi": 6.0,
}
KINDS = [(PROFILE_FILE, PROFILE), (MODEL_FILE, MODEL), (PLACE_FILE, PLACE)]
STEPS = sorted({step for _, known in KINDS for key in known for step in key.split(".")})
ODD_NAMES = ["N", "*", "1", "2", "01", "0", "²", "x", "", "a.b", "origin.device", "antenna.1.session", "9" * 20, "\n"]

names = st.sampled_from(STEPS + ODD_NAMES)
POOL: list[Any] = [
    True,
    1,
    2,
    7,
    20.5,
    255,
    866.3,
    [1],
    [1, 2],
    [[1, 2]],
    ["pad"],
    "epc",
    "30",
    "F" * 64,
    "single",
    "llrp",
    "eu",
]
scalars = st.sampled_from(POOL) | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
    max_leaves=8,
)


@st.composite
def documents(draw: st.DrawFn, base: Mapping[str, Any], known: Mapping[str, Expected]) -> dict[str, Any]:
    """Return ``base`` with some of it replaced or missing, and with more at places that are known, or nearly."""
    document = deepcopy(dict(base))
    for key in draw(st.lists(st.sampled_from(sorted(base)), max_size=1)):
        del document[key]
    for path in draw(st.lists(st.sampled_from(sorted(known)), max_size=3)):
        inner: Any = document
        *tables, last = path.split(".")
        for step in tables:
            name = draw(st.sampled_from(ODD_NAMES)) if step in "N*" else step
            inner = inner.setdefault(name, {})
            if not isinstance(inner, dict):
                break
        else:
            fitting = [one for one in POOL if known[path].accepts(one)]
            inner[last] = draw(st.sampled_from(fitting)) if bool(fitting) and draw(st.booleans()) else draw(values)
    if draw(st.booleans()):
        document[draw(names)] = draw(values)
    return document


def toml(value: Any) -> str:
    """Return ``value`` as TOML writes it inline."""
    match value:
        case bool():
            return str(value).lower()
        case float():
            return "nan" if math.isnan(value) else repr(value)
        case str():
            return '"' + "".join(f"\\U{ord(letter):08X}" for letter in value) + '"'
        case list():
            return "[" + ", ".join(map(toml, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{toml(name)} = {toml(inner)}" for name, inner in value.items()) + "}"
        case _:
            return str(value)


def lines(document: Mapping[str, Any]) -> Iterator[str]:
    return (f"{toml(name)} = {toml(value)}" for name, value in document.items())


def loaded(folder: Path, profile: str, model: str, place: str) -> Profile | str:
    """Return the profile of three files, or why it is refused: in one line."""
    for path, text in (("mine.toml", profile), ("models/mine.toml", model), ("places/mine.toml", place)):
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        return load_profile(str(folder / "mine.toml"))
    except ProfileError as error:
        refusal = str(error)
    assert "\n" not in refusal
    return refusal


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as made:
        yield Path(made)


@settings(max_examples=400)
@given(documents(*KINDS[0]), documents(*KINDS[1]), documents(*KINDS[2]), st.integers(0, 3))
def test_any_document_is_a_profile_or_one_error(
    folder: Path, profile: dict[str, Any], model: dict[str, Any], place: dict[str, Any], changed: int
) -> None:
    """One of the three is changed at a time, so that the others do not hide it; or all of them are."""
    drawn = [
        one if changed in (number, 3) else base
        for number, (one, (base, _)) in enumerate(zip((profile, model, place), KINDS, strict=True))
    ]
    found = loaded(folder, *("\n".join(lines(document)) for document in drawn))

    if isinstance(found, Profile):
        assert found.antennas
        assert found.overrides.keys() <= set(found.antennas)
        for port in found.antennas:
            assert found.on(port).power_limit_dbm <= found.power_limit_dbm <= found.region.eirp_dbm + 40


@given(st.text())
@example("a = " + "9" * 5000)
@example("session = 0x" + "F" * 5000)
@example("x = " + "[" * 5000)
@example("session." + ".".join("a" * 3000) + " = 1")
@example("session = [{" + ".".join("a" * 3000) + " = 1}]")
@example("model = 'a\0b'")
@example("model = '" + "a" * 300 + "'")
def test_any_text_is_a_profile_or_one_error(folder: Path, text: str) -> None:
    plain = "\n".join(lines(PROFILE_FILE))
    others = ("\n".join(lines(MODEL_FILE)), "\n".join(lines(PLACE_FILE)))

    assert isinstance(loaded(folder, plain, *others), Profile)
    loaded(folder, text + "\n" + plain, *others)
    loaded(folder, plain + "\n" + text, *others)


MINIMAL = 'spec = 1\nmodel = "virtual"\nplace = "pad"\nregion = "eu"\norigin = { device = "x", tested = "y" }\n'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[antenna.N]\nsession = 2", r"toml:6: unknown key antenna\.N; expected tables with a number from 1"),
        ('[antenna."²"]\nsession = 2', r"toml:6: unknown key antenna\.²; expected tables with a number from 1"),
        ("[antenna.1]\nmode = 1\n[antenna.01]\nmode = 2", r"toml:8: unknown key antenna\.01; expected tables with"),
        ("[[antenna]]\nmode = 1", r"toml:6: antenna is a list of tables, expected tables with a number"),
        ("antenna = 1", r"toml:6: antenna is 1, expected tables with a number"),
        ("antenna.1 = 1", r"toml:6: antenna\.1 is 1, expected one table, \[antenna\.1\]"),
        ("[antenna.2]", r"toml:6: the table antenna\.2 is empty"),
        ("antenna = {1 = {session = 9}}", r"toml:6: antenna\.1\.session is 9, expected a whole number"),
        ('[filters.2]\nbank = "epc"', r"toml:6: filters is a table, expected a list of tables, each headed \[\[filte"),
        ("filters = [1]", r"toml:6: filters is \[1\], expected a list of tables"),
        ("[[start_input]]\nport = 1", r"toml:6: start_input is a list of tables, expected one table, \[start_input\]"),
        ("start_input = 1", r"toml:6: start_input is 1, expected one table"),
        ('"start_input.port" = 1', r"toml:6: unknown key start_input\.port; expected one of"),
        ("session.a = 1", r"toml:6: session is a table, expected a whole number"),
        (
            f'[[filters]]\nbank = "epc"\nbit_address = 0\nmask = "{"00" * 32}"',
            r"toml:9: filters\.1\.mask has 256 bits, but a tag compares 255 at most",
        ),
    ],
)
def test_a_table_of_the_wrong_kind_is_said_with_its_line(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "mine.toml").write_text(MINIMAL + text, encoding="utf-8")

    with pytest.raises(ProfileError, match=reason):
        load_profile(str(tmp_path / "mine.toml"))


def test_a_part_is_looked_for_only_where_parts_are(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(MINIMAL.replace('"virtual"', '"../models/virtual"'), encoding="utf-8")

    with pytest.raises(ProfileError, match=r"toml:2: model is .* expected a name, without slashes"):
        load_profile(str(tmp_path / "mine.toml"))


def test_a_path_that_is_none_is_refused() -> None:
    with pytest.raises(ProfileError, match="cannot be read"):
        load_profile("a\0b.toml")
