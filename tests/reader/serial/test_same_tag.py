"""What a tag is called after a write, and when a read happened: two small laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.access import Bank, KillTag, ReadWords, WriteWords, epc_written
from reader.serial.cycle_clock import CycleClock
from reader.serial.same_tag import epc_after

EPC = "3034257BF7194E4000001A85"


@given(st.binary(max_size=62).filter(lambda octets: len(octets) % 2 == 0))
def test_a_tag_is_called_what_was_written(octets: bytes) -> None:
    assert epc_after(EPC, epc_written(octets.hex())) == octets.hex().upper()


@pytest.mark.parametrize(
    ("operation", "epc"),
    [
        (ReadWords(Bank.EPC, 1, 1), EPC),
        (KillTag(1), EPC),
        (WriteWords(Bank.USER, 2, (0xFFFF,)), EPC),
        (WriteWords(Bank.EPC, 2, (0xFFFF,)), "FFFF" + EPC[4:]),
        (WriteWords(Bank.EPC, 7, (0xFFFF,)), EPC[:-4] + "FFFF"),
        (WriteWords(Bank.EPC, 8, (0xFFFF,)), EPC),  # beyond what it answers
        (WriteWords(Bank.EPC, 1, (0x1000,)), EPC[:8]),  # shorter
        (WriteWords(Bank.EPC, 1, (0x3800,)), EPC + "0000"),  # longer, by what nobody knows
        (WriteWords(Bank.EPC, 0, (0, 0x1000, 0xABCD)), "ABCD" + EPC[4:8]),
    ],
)
def test_parts_of_the_bank_may_be_written(operation: ReadWords | KillTag | WriteWords, epc: str) -> None:
    assert epc_after(EPC, operation) == epc


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 400)), min_size=1, max_size=30))
def test_times_never_go_back_nor_beyond_now(frames: list[tuple[int, int]]) -> None:
    clock = CycleClock()
    clock.begin(100.0)
    told = arrived_ms = offset_ms = 0
    for pause_ms, step_ms in frames:
        offset_ms += step_ms
        arrived_ms = max(arrived_ms, offset_ms) + pause_ms  # what is told lies in the past
        t_us = clock.t_us(offset_ms, 100.0 + arrived_ms / 1000)
        assert told <= t_us <= round((100.0 + arrived_ms / 1000) * 1e6)
        told = t_us


def test_an_offset_of_another_cycle_is_not_believed() -> None:
    clock = CycleClock()
    clock.begin(100.0)

    assert clock.t_us(60_000, 100.5) == 100_500_000
    assert clock.t_us(None, 100.5) == 100_500_000
    assert clock.t_us(400, 100.5) == 100_400_000
