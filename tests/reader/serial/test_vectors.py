"""Every frame of the vectors, as its source has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from reader.serial import m100, mercury, r2000
from reader.serial.framing import Direction
from reader.serial.words import frames_in_words
from tests.reader.serial.lines import GOOD, REFUSED, VECTORS, frames_of

_ENCODE: Final[dict[str, Callable[[Mapping[str, Any]], bytes]]] = {
    "mercury": mercury.encode,
    "m100": m100.encode,
    "r2000": r2000.encode,
}


def named(row: dict[str, Any]) -> str:
    name: str = row["id"]
    return name


def test_all_three_families_are_there() -> None:
    assert {row["family"] for row in VECTORS} == set(_ENCODE)
    assert (len(GOOD), len(REFUSED)) == (124, 5)


@pytest.mark.parametrize("row", GOOD, ids=named)
def test_a_good_frame_has_exactly_these_fields(row: dict[str, Any]) -> None:
    raw = bytes.fromhex(row["bytes_hex"])

    (frame,) = frames_in_words(row["family"], raw, Direction(row["direction"]))

    assert (frame.offset, frame.length, frame.error) == (0, len(raw), None)
    assert frame.fields == row["fields"]
    assert not frame.kind.startswith("unknown")


@pytest.mark.parametrize("row", REFUSED, ids=named)
def test_a_frame_to_refuse_is_told_and_costs_itself_only(row: dict[str, Any]) -> None:
    raw, direction = bytes.fromhex(row["bytes_hex"]), Direction(row["direction"])
    goods = frames_of(row["family"], row["direction"])

    (alone,) = frames_in_words(row["family"], raw, direction)
    assert (alone.length, alone.fields, alone.error) == (len(raw), {}, row["refuse_reason"])

    for good in goods:
        broken, *following = frames_in_words(row["family"], raw + good + good, direction)

        assert (broken.offset, broken.length, broken.fields) == (0, len(raw), {})
        assert broken.error == row["refuse_reason"]
        assert [(f.offset, f.error) for f in following] == [(len(raw), None), (len(raw) + len(good), None)]


@pytest.mark.parametrize("row", [row for row in GOOD if row["direction"] == "to_reader"], ids=named)
def test_a_request_is_written_as_it_was_read(row: dict[str, Any]) -> None:
    assert _ENCODE[row["family"]](row["fields"]).hex() == row["bytes_hex"]
