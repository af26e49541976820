"""A module that is reset while it is driven forgets its power: `serial_bench` asserts that it never transmits at more
than the profile allows, whatever happens here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from reader.access import Bank, ReadWords, TagTarget
from reader.errors import ReaderError
from reader.model import LinkState
from reader.virtual.faults import Fault
from tests.contracts.serial_benches import SerialBench, serial_bench

EPC = "3034257BF7194E4000001A85"
PATIENCE_S = 15.0


def wait_until(bench: SerialBench, condition: Callable[[], bool]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until_s, bench.reader.health()
        bench.reader.poll(0.02)


@pytest.mark.parametrize("family", ["mercury", "m100", "r2000"])
@pytest.mark.parametrize("acts", [True, False])
def test_a_reset_in_the_middle_is_got_over_at_no_more_power(family: str, acts: bool) -> None:
    with serial_bench(family, "tcp", (EPC,)) as bench:
        bench.reader.start()
        wait_until(bench, lambda: bench.reader.health().reads > 0)

        bench.device.faults.switch_on(Fault.REBOOT)
        if acts:
            with suppress(ReaderError):  # where it was quicker than the reset, it succeeded
                bench.reader.perform(TagTarget(EPC), (ReadWords(Bank.TID, 0, 2),), PATIENCE_S)
        wait_until(bench, lambda: not bench.device.faults.is_on(Fault.REBOOT))
        reads_before = bench.reader.health().reads
        wait_until(bench, lambda: bench.reader.health().reads > reads_before + 5)

        assert bench.reader.health().state is LinkState.UP
        bench.reader.stop()
