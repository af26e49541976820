"""A virtual A0 board sends on the carriers that it was given, and on no others."""

from __future__ import annotations

import pytest

from reader.virtual.air import Air
from reader.virtual.faults import Faults
from reader.virtual.serial.r2000 import R2000Module
from tests.reader.serial.lines import r2000
from tests.reader.virtual.serial.module_bench import ModuleBench, pad_world

REAL_TIME = 0x89


@pytest.mark.parametrize(
    ("region", "indices"),
    [
        ("02 05 05", {5}),  # 867.5 MHz
        ("02 03 05", {3, 4, 5}),
        ("04 3c 04 0d 35 a4", {0, 1, 2, 3}),  # 865.7 MHz and three on, 600 kHz apart
        ("04 3c 02 0d 37 fc", {0, 1}),  # 866.3 and 866.9 MHz
        ("01 07 3b", set()),  # America's: the scene has no such carriers
    ],
)
def test_it_sends_on_the_carriers_that_it_was_given(region: str, indices: set[int]) -> None:
    module = ModuleBench(R2000Module(Air(pad_world({})), Faults()))
    module.ask(r2000(0x78, bytes.fromhex(region)))
    frames = [frame for _ in range(20) for frame in module.ask(r2000(REAL_TIME, b"\x05"), 1_000)]

    assert {frame[4] >> 2 for frame in frames if len(frame) > 12} == indices
