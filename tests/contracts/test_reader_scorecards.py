"""What a driver's card calls "done" was done on the virtual reader that speaks its protocol: here, or where it is said.

A card that says "done" without a proof fails, and so does a proof of what is not called done.
"""

from __future__ import annotations

import random
import time
from ast import FunctionDef, parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from reader.access import Bank, ReadWords, TagTarget, WriteWords
from reader.host_clock import HostClock
from reader.llrp.driver import llrp_reader
from reader.model import LinkState, TagRead
from reader.profile import Profile, load_profile
from reader.profile.keys import CAPABILITIES
from reader.profile.parts import driver_card, names_of
from reader.supervised import SupervisedReader
from reader.virtual.llrp_reader import VirtualLlrpReader
from reader.virtual.scene import builtin_scene, scene_of
from reader.virtual.world import World
from tests.contracts.serial_benches import serial_bench

EPC = "3034257BF7194E4000001A85"
PATIENCE_S = 10.0
PROFILES = {
    "llrp": replace(load_profile("virtual-pad"), antennas=(1,)),
    "mercury": replace(load_profile("jadak-m6e-pad-eu"), antennas=(1,)),
    "m100": load_profile("m100-pad-eu"),
    "r2000": replace(load_profile("r2000-pad-eu"), antennas=(1,)),
}

_ALL = frozenset(PROFILES)
_BOARDS = frozenset({"mercury", "r2000"})
_READS = "tests/contracts/test_tag_reader.py"
_CONTROLS = "tests/contracts/test_reader_controls.py"
_FAULTS = "tests/contracts/test_reader_faults.py"
_LLRP = "tests/reader/llrp/test_access_on_virtual.py"
_HERE = f"tests/contracts/{Path(__file__).name}"
# By capability, who proves it of which drivers.
PROOFS: dict[str, dict[str, frozenset[str]]] = {
    "inventory": {f"{_READS}::test_it_reads_what_lies_before_it": _ALL},
    "power_read_back": {f"{_CONTROLS}::test_a_power_that_is_not_taken_is_never_read_at": _ALL},
    "per_antenna": {f"{_HERE}::test_each_antenna_has_its_own_power": frozenset({"llrp"})},
    "phase": {f"{_HERE}::test_reads_say_what_the_card_says": frozenset({"mercury"})},
    "channel": {f"{_HERE}::test_reads_say_what_the_card_says": _ALL - {"m100"}},
    "tid": {f"{_HERE}::test_tids_come_with_the_reads": frozenset({"mercury"})},
    "filters": {
        f"{_LLRP}::test_filters_decide_who_takes_part": frozenset({"llrp"}),
        "tests/reader/serial/test_virtual_modules.py::test_a_filter_is_obeyed": frozenset({"m100"}),
    },
    "fixed_channels": {f"{_HERE}::test_a_fixed_carrier_is_the_only_one": frozenset({"r2000"})},
    "read_write": {f"{_CONTROLS}::test_what_is_written_is_read_and_nobody_elses_is_changed": _ALL},
    "block_write": {f"{_HERE}::test_words_are_written_in_blocks": frozenset({"llrp", "r2000"})},
    "lock": {f"{_CONTROLS}::test_locks_ask_for_the_password": _ALL},
    "kill": {f"{_CONTROLS}::test_a_killed_tag_answers_nobody": _ALL},
    "outputs": {
        f"{_LLRP}::test_outputs_are_switched": frozenset({"llrp"}),
        f"{_HERE}::test_a_module_switches_an_output": _ALL - {"llrp"},
    },
    "inputs": {f"{_LLRP}::test_an_input_starts_reading_for_a_while": frozenset({"llrp"})},
    "temperature": {f"{_HERE}::test_a_board_tells_its_temperature": _BOARDS},
    "antenna_check": {f"{_FAULTS}::test_a_fault_that_befalls_a_reader_that_reads": _BOARDS | {"llrp"}},
    "reflection": {f"{_FAULTS}::test_a_fault_that_befalls_a_reader_that_reads": frozenset({"mercury"})},
    "retune": {f"{_CONTROLS}::test_another_profile_is_in_force_at_once": _ALL},
    "reconnect": {f"{_READS}::test_it_reads_again_within_two_seconds_of_a_cut": _ALL},
    "clock": {f"{_READS}::test_its_clock_is_that_of_its_reads": frozenset({"llrp"})},
}


@pytest.mark.parametrize("driver", names_of("driver"))
@pytest.mark.parametrize("capability", CAPABILITIES)
def test_what_is_called_done_was_done(driver: str, capability: str) -> None:
    proofs = [test for test, of in PROOFS[capability].items() if driver in of]

    assert (driver_card(driver).values[f"scorecard.{capability}"] == "done") == bool(proofs)
    for proof in proofs:
        path, _, name = proof.partition("::")
        assert name in _tests_in(path), f"{proof} is no more"


@cache
def _tests_in(path: str) -> set[str]:
    source = (Path(__file__).parents[2] / path).read_text(encoding="utf-8")
    return {node.name for node in parse(source).body if isinstance(node, FunctionDef)}


@contextmanager
def reading(driver: str, **other: Any) -> Iterator[tuple[SupervisedReader, Profile]]:
    """A reader of that protocol with one tag before its antenna 1, by its profile with ``other`` settings."""
    profile = replace(PROFILES[driver], **other)
    if driver != "llrp":
        with serial_bench(driver, "tcp", (EPC,), profile) as made:
            yield from _started(made.reader, profile)
        return
    tags = {"at": (0.0, 0.0, 0.1), "epcs": (EPC,), "orientation": (1.0, 0.0, 0.0)}
    device = VirtualLlrpReader(World(scene_of({**builtin_scene().model_dump(), "tags": [tags]})), seed=1)
    device.start()
    try:
        host, port = device.address
        yield from _started(llrp_reader(profile, f"{host}:{port}", "lane 1", HostClock(), random.Random(1)), profile)
    finally:
        device.stop()


def _started(reader: SupervisedReader, profile: Profile) -> Iterator[tuple[SupervisedReader, Profile]]:
    reader.start()
    try:
        until(reader, lambda _: reader.health().state is LinkState.UP)
        yield reader, profile
    finally:
        reader.stop()


def until(reader: SupervisedReader, is_so: Callable[[list[TagRead]], bool]) -> list[TagRead]:
    """Collect reads until ``is_so`` of them."""
    reads: list[TagRead] = []
    until_s = time.monotonic() + PATIENCE_S
    while not is_so(reads):
        assert time.monotonic() < until_s, reader.health()
        reads += reader.poll(0.02)
    return reads


def many(reads: list[TagRead]) -> bool:
    return len(reads) >= 5


@pytest.mark.parametrize("driver", PROFILES)
def test_reads_say_what_the_card_says(driver: str) -> None:
    card = driver_card(driver).values
    with reading(driver) as (reader, _):
        reads = until(reader, many)

    assert {read.phase_deg is not None for read in reads} == {card["scorecard.phase"] == "done"}
    assert {read.channel_mhz is not None for read in reads} == {card["scorecard.channel"] == "done"}


def test_each_antenna_has_its_own_power() -> None:
    with reading("llrp", antennas=(1, 2), overrides={2: {"tx_power_dbm": 15.0}}) as (reader, _):
        assert reader.health().tx_powers_dbm == {1: 20.0, 2: 15.0}


def test_tids_come_with_the_reads() -> None:
    with reading("mercury", reads_tid=True) as (reader, _):
        reads = until(reader, many)
        (done,) = reader.perform(TagTarget(EPC), (ReadWords(Bank.TID, 0, 6),))

    assert {read.tid for read in reads} == {"".join(f"{word:04X}" for word in done.words)}


@pytest.mark.parametrize("carrier", [865.7, 867.5])
def test_a_fixed_carrier_is_the_only_one(carrier: float) -> None:
    """Also after a retune: the virtual air begins on one of four at random."""
    with reading("r2000", fixed_channels_mhz=(carrier,)) as (reader, profile):
        before = until(reader, many)
        reader.retune(replace(profile, fixed_channels_mhz=(866.3,)))
        reader.poll(0.0)
        after = until(reader, many)

    assert {read.channel_mhz for read in before} == {carrier}
    assert {read.channel_mhz for read in after} == {866.3}


@pytest.mark.parametrize("driver", ["llrp", "r2000"])
def test_words_are_written_in_blocks(driver: str) -> None:
    with reading(driver) as (reader, _):
        write = WriteWords(Bank.USER, 0, (0xCAFE, 0xF00D), in_blocks=True)
        _, read = reader.perform(TagTarget(EPC), (write, ReadWords(Bank.USER, 0, 2)))

    assert read.words == (0xCAFE, 0xF00D)


@pytest.mark.parametrize("driver", ["m100", "mercury", "r2000"])
def test_a_module_switches_an_output(driver: str) -> None:
    with reading(driver) as (reader, _):
        for is_on in (True, False):
            reader.set_output(1, is_on=is_on)
        until(reader, many)


@pytest.mark.parametrize("driver", sorted(_BOARDS))
def test_a_board_tells_its_temperature(driver: str) -> None:
    with reading(driver) as (reader, _):
        until(reader, lambda _: (reader.health().temperature_c or 0) > 20)
