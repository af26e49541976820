"""What a reader is taken for, by the numbers that it says of itself."""

from __future__ import annotations

import struct

import pytest

from tests.reader.llrp.line import ScriptedReader, capabilities
from tests.reader.llrp.opened import opened

R420, FX9600 = (25882, 2001002), (161, 96008)


def reader(maker: int, model_id: int) -> ScriptedReader:
    said = capabilities(maker=maker, modes=(0, 2, 3, 1002)).replace(
        struct.pack(">II", maker, 1), struct.pack(">II", maker, model_id)
    )
    return ScriptedReader(said)


@pytest.mark.parametrize(
    ("profile", "numbers", "model", "is_expected"),
    [
        ("impinj-r420-pad-eu", R420, "Impinj Speedway R420", True),
        ("zebra-fx7500-pad-eu", R420, "Impinj Speedway R420", False),
        ("zebra-fx7500-pad-eu", (161, 75004), "Zebra or Motorola, model 75004", True),  # its numbers are not known
        ("zebra-fx9600-pad-eu", (161, 96004), "Zebra or Motorola, model 96004", False),
        ("generic-llrp-pad-eu", FX9600, "Zebra FX9600", True),
        ("virtual-pad", (32473, 1), "maker 32473, model 1", True),
    ],
)
def test_a_reader_is_named_by_its_own_numbers(
    profile: str, numbers: tuple[int, int], model: str, is_expected: bool
) -> None:
    found = opened(reader(*numbers), profile).found

    assert found is not None
    assert (found.model, found.is_expected) == (model, is_expected)
