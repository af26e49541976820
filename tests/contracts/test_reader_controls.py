"""What every reader owes whoever acts on tags, outputs and settings. A driver joins by a bench in `_BENCHES`."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial

import pytest

from reader.access import (
    AccessFault,
    Bank,
    KillTag,
    Lock,
    LockField,
    LockTag,
    ReadWords,
    TagOperation,
    TagTarget,
    WriteWords,
    epc_written,
)
from reader.errors import ProfileError, ReaderError, ReaderGoneError, ReaderRefusedError, TagAccessError
from reader.host_clock import HostClock
from reader.llrp.driver import llrp_reader
from reader.model import LinkState, ReaderEventKind
from reader.port import ControlledReader
from reader.profile import Profile, load_profile
from reader.virtual.faults import Fault
from reader.virtual.llrp.personalities import PERSONALITIES
from reader.virtual.llrp_reader import VirtualLlrpReader
from reader.virtual.scene import builtin_scene, scene_of
from reader.virtual.world import World
from tests.contracts.fault_benches import Device
from tests.contracts.serial_benches import serial_bench

EPC, OTHER = "3034257BF7194E4000001A85", "3034257BF7194E4000001A86"
NEW = "3034257BF7194E4000FFFFFF"
ABSENT = "3034257BF7194E4000000001"
READ_TID = ReadWords(Bank.TID, 0, 6)
PATIENCE_S = 10.0
SEARCH_S = 1.5  # some look for a tag port by port, and do not come round in less than a second


@dataclass
class Bench:
    """A reader under test that is not started; `EPC` and `OTHER` lie before it.

    kind: its protocol. profile: the one that it was opened with. outputs: how many it has. unplug: breaks its line.
    """

    kind: str
    reader: ControlledReader
    profile: Profile
    outputs: int
    device: Device
    unplug: Callable[[], None]


@contextmanager
def _llrp(profile_name: str, personality: str) -> Iterator[Bench]:
    tags = {"at": (0.0, 0.0, 0.1), "epcs": (EPC, OTHER), "orientation": (1.0, 0.0, 0.0)}
    scene = scene_of({**builtin_scene().model_dump(), "tags": [tags]})
    who = PERSONALITIES[personality]
    device = VirtualLlrpReader(World(scene), personality=who, seed=1)
    device.start()
    host, port = device.address
    profile = load_profile(profile_name)
    reader = llrp_reader(profile, f"{host}:{port}", "lane 1", HostClock(), random.Random(1))
    try:
        yield Bench("llrp", reader, profile, who.outputs, device, device.stop)
    finally:
        reader.stop()
        device.stop()


@contextmanager
def _serial(family: str, profile: str) -> Iterator[Bench]:
    with serial_bench(family, "tcp", (EPC, OTHER), load_profile(profile)) as made:
        try:
            yield Bench(family, made.reader, made.profile, 0, made.device, lambda: made.device.set_plugged(False))
        finally:
            made.reader.stop()


_BENCHES: dict[str, Callable[[], AbstractContextManager[Bench]]] = {
    "llrp": partial(_llrp, "virtual-pad", "plain"),
    "llrp, each tag once": partial(_llrp, "virtual-sweep", "plain"),
    "llrp, impinj": partial(_llrp, "impinj-r420-pad-eu", "impinj-r420"),
    "llrp, zebra": partial(_llrp, "zebra-fx9600-pad-eu", "zebra-fx9600"),
    "mercury": partial(_serial, "mercury", "jadak-m6e-pad-eu"),
    "m100": partial(_serial, "m100", "m100-pad-eu"),
    "r2000": partial(_serial, "r2000", "r2000-pad-eu"),
}


class Wrong(Enum):
    """Why a tag does not do what it is asked for, and what that is called."""

    LOCKED = AccessFault.LOCKED
    OVERRUN = AccessFault.OVERRUN
    PASSWORD = AccessFault.PASSWORD
    KILL_PASSWORD = "a wrong kill password"
    NO_KILL_PASSWORD = AccessFault.ZERO_KILL_PASSWORD


# Where a protocol has no word for it. An A0 board says which command failed, not why. A tag that is told a wrong kill
# password falls silent, and an M100 says "no tag, or CRC fault".
_SAID_OTHERWISE = {
    ("r2000", Wrong.LOCKED): AccessFault.TAG,
    ("r2000", Wrong.OVERRUN): AccessFault.TAG,
    ("r2000", Wrong.NO_KILL_PASSWORD): AccessFault.TAG,
    ("m100", Wrong.KILL_PASSWORD): AccessFault.TAG,
}
_OTHER_DBM = {"r2000": 22.0}  # its range begins at 20


@pytest.fixture(params=_BENCHES)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """A reader that reads."""
    with _BENCHES[request.param]() as made:
        made.reader.start()
        wait_until(made, lambda: made.reader.health().state is LinkState.UP)
        yield made


def wait_until(bench: Bench, condition: Callable[[], bool]) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until_s, bench.reader.health()
        bench.reader.poll(0.02)


def done(bench: Bench, *operations: TagOperation, epc: str | None = EPC) -> list[tuple[int, ...]]:
    """Return what each operation read."""
    return [one.words for one in bench.reader.perform(TagTarget(epc), operations, PATIENCE_S)]


def fault(bench: Bench, *operations: TagOperation, epc: str | None = EPC, timeout_s: float = PATIENCE_S) -> AccessFault:
    with pytest.raises(TagAccessError) as caught:
        bench.reader.perform(TagTarget(epc), operations, timeout_s)
    return caught.value.fault


def told(bench: Bench, wrong: Wrong) -> AccessFault:
    """Return what the reader says of it."""
    plainly = AccessFault.PASSWORD if wrong is Wrong.KILL_PASSWORD else AccessFault(wrong.value)
    return _SAID_OTHERWISE.get((bench.kind, wrong), plainly)


def seen(bench: Bench, epc: str) -> bool:
    return epc in {read.epc for read in bench.reader.poll(0.1)}


def test_each_chip_has_a_number_of_its_own(bench: Bench) -> None:
    mine, others = done(bench, READ_TID), done(bench, READ_TID, epc=OTHER)

    assert len(mine[0]) == len(others[0]) == 6
    assert mine != others
    assert done(bench, READ_TID) == mine


def test_what_is_written_is_read_and_nobody_elses_is_changed(bench: Bench) -> None:
    wanted = (0x1234, 0x5678)

    assert done(bench, WriteWords(Bank.USER, 2, wanted), ReadWords(Bank.USER, 2, 2))[1] == wanted
    assert done(bench, ReadWords(Bank.USER, 2, 2), epc=OTHER) == [(0, 0)]


def test_the_tag_is_named_in_what_was_done(bench: Bench) -> None:
    (one,) = bench.reader.perform(TagTarget(EPC), (READ_TID,), PATIENCE_S)

    assert (one.operation, one.epc) == (READ_TID, EPC)
    assert one.antenna in bench.profile.antennas


def test_a_tag_that_got_another_epc_has_it(bench: Bench) -> None:
    (tid,) = done(bench, READ_TID)

    assert done(bench, epc_written(NEW), READ_TID)[1] == tid  # the operations behind it are on the same tag
    assert done(bench, READ_TID, epc=NEW) == [tid]
    assert fault(bench, READ_TID, timeout_s=SEARCH_S) is AccessFault.NO_TAG


def test_the_first_failure_ends_it_and_tells_what_was_done(bench: Bench) -> None:
    with pytest.raises(TagAccessError) as caught:
        bench.reader.perform(
            TagTarget(EPC), (READ_TID, ReadWords(Bank.USER, 200, 1), WriteWords(Bank.USER, 0, (9,))), PATIENCE_S
        )

    assert caught.value.fault is told(bench, Wrong.OVERRUN)
    assert [one.operation for one in caught.value.done] == [READ_TID]
    assert done(bench, ReadWords(Bank.USER, 0, 1)) == [(0,)]


def test_locks_ask_for_the_password(bench: Bench) -> None:
    done(bench, WriteWords(Bank.RESERVED, 2, (0xCAFE, 0xF00D)))
    done(bench, LockTag(((LockField.USER, Lock.LOCKED),), password=0xCAFEF00D))

    assert fault(bench, WriteWords(Bank.USER, 0, (1,))) is told(bench, Wrong.LOCKED)
    assert fault(bench, WriteWords(Bank.USER, 0, (1,), password=5)) is told(bench, Wrong.PASSWORD)
    assert done(bench, WriteWords(Bank.USER, 0, (1,), password=0xCAFEF00D), ReadWords(Bank.USER, 0, 1))[1] == (1,)


def test_a_kill_asks_for_its_own_password(bench: Bench) -> None:
    assert fault(bench, KillTag(0x77)) is told(bench, Wrong.NO_KILL_PASSWORD)
    done(bench, WriteWords(Bank.RESERVED, 0, (0, 0x77)))

    assert fault(bench, KillTag(0x78)) is told(bench, Wrong.KILL_PASSWORD)
    assert done(bench, READ_TID)


def test_a_killed_tag_answers_nobody(bench: Bench) -> None:
    done(bench, WriteWords(Bank.RESERVED, 0, (0, 0x77)))

    done(bench, KillTag(0x77))

    assert fault(bench, READ_TID, timeout_s=SEARCH_S) is AccessFault.NO_TAG
    assert done(bench, READ_TID, epc=OTHER)


def test_a_tag_that_is_not_there_is_said_to_be_missing_in_time(bench: Bench) -> None:
    began_s = time.monotonic()

    assert fault(bench, READ_TID, epc=ABSENT, timeout_s=SEARCH_S) is AccessFault.NO_TAG
    assert time.monotonic() - began_s < SEARCH_S + 1.0


def test_reading_goes_on_around_it(bench: Bench) -> None:
    connects = bench.reader.health().connects
    done(bench, READ_TID)
    if bench.profile.target == "single":
        done(bench, epc_written(NEW))  # read once already: only under another name is it read again
        wait_until(bench, lambda: bench.reader.health().reads > 0)
    else:
        bench.reader.poll(0.0)
        wait_until(bench, lambda: seen(bench, EPC))

    assert bench.reader.health().connects == connects


def test_outputs_are_switched_or_refused(bench: Bench) -> None:
    for port in range(1, bench.outputs + 1):
        bench.reader.set_output(port, is_on=True)
        bench.reader.set_output(port, is_on=False)

    with pytest.raises(ReaderRefusedError):
        bench.reader.set_output(99, is_on=True)
    assert bench.reader.health().state is LinkState.UP


def test_another_profile_is_in_force_at_once(bench: Bench) -> None:
    connects = bench.reader.health().connects
    quieter = replace(bench.profile, name="quieter", session=0, target="dual")

    bench.reader.retune(quieter)

    assert ReaderEventKind.RETUNED in {happened.kind for happened in bench.reader.events()}
    bench.reader.poll(0.0)
    wait_until(bench, lambda: seen(bench, EPC))
    assert bench.reader.health().connects == connects


def test_another_power_is_sent_and_read_back(bench: Bench) -> None:
    wanted_dbm = _OTHER_DBM.get(bench.kind, 17.0)

    bench.reader.retune(replace(bench.profile, name="quieter", tx_power_dbm=wanted_dbm))

    powers = bench.reader.health().tx_powers_dbm
    assert powers == dict.fromkeys(bench.profile.antennas, pytest.approx(wanted_dbm, abs=0.3))
    assert max(powers.values()) <= wanted_dbm
    wait_until(bench, lambda: bench.device.status().tx_power_dbm == pytest.approx(max(powers.values())))


def test_a_power_that_is_not_taken_is_never_read_at(bench: Bench) -> None:
    """Whether what was in force could be put back, or the link was made anew: it reads at what it says it reads at."""
    before = bench.reader.health().tx_powers_dbm
    bench.device.faults.switch_on(Fault.POWER_NOT_TAKEN)
    with pytest.raises((ProfileError, ReaderGoneError)):
        bench.reader.retune(replace(bench.profile, tx_power_dbm=_OTHER_DBM.get(bench.kind, 17.0)))
    wait_until(bench, lambda: bench.reader.health().state is not LinkState.UP)

    bench.device.faults.switch_off(Fault.POWER_NOT_TAKEN)
    wait_until(bench, lambda: bench.reader.health().state is LinkState.UP)

    assert bench.reader.health().tx_powers_dbm == before
    wait_until(bench, lambda: bench.device.status().tx_power_dbm == pytest.approx(max(before.values())))


def test_a_profile_that_cannot_be_obeyed_changes_nothing(bench: Bench) -> None:
    before = bench.reader.health().tx_powers_dbm
    with pytest.raises(ProfileError):
        bench.reader.retune(replace(bench.profile, name="silent", tx_power_dbm=-20.0))

    assert bench.reader.health().tx_powers_dbm == before
    assert bench.reader.health().state is LinkState.UP
    assert done(bench, READ_TID)


def test_a_profile_for_another_reader_is_refused(bench: Bench) -> None:
    other = replace(bench.profile, model=replace(bench.profile.model, name="another"))

    with pytest.raises(ProfileError):
        bench.reader.retune(other)


def test_a_line_that_breaks_meanwhile_is_said(bench: Bench) -> None:
    caught: list[ReaderError] = []

    def ask() -> None:
        try:
            bench.reader.perform(TagTarget(ABSENT), (READ_TID,), PATIENCE_S)
        except ReaderError as error:
            caught.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    bench.reader.poll(0.2)
    bench.unplug()
    asking.join(PATIENCE_S)

    assert [type(error) for error in caught] == [ReaderGoneError]


def test_the_next_one_is_done_when_the_line_broke_in_the_middle(bench: Bench) -> None:
    connects = bench.reader.health().connects
    bench.device.faults.switch_on(Fault.MID_FRAME)

    with pytest.raises(ReaderGoneError):
        bench.reader.perform(TagTarget(ABSENT), (READ_TID,), PATIENCE_S)

    wait_until(bench, lambda: bench.reader.health().connects > connects)
    assert done(bench, READ_TID)


def test_without_a_link_it_is_said_in_time(bench: Bench) -> None:
    bench.unplug()
    wait_until(bench, lambda: bench.reader.health().state is not LinkState.UP)

    for ask in (
        lambda: bench.reader.perform(TagTarget(EPC), (READ_TID,), 0.3),
        lambda: bench.reader.set_output(1, is_on=True, timeout_s=0.3),
    ):
        began_s = time.monotonic()
        with pytest.raises(ReaderGoneError):
            ask()
        assert time.monotonic() - began_s < 1.3


def test_several_threads_may_ask_at_once(bench: Bench) -> None:
    wanted = {EPC: done(bench, READ_TID), OTHER: done(bench, READ_TID, epc=OTHER)}
    with ThreadPoolExecutor(4) as threads:
        epcs = [EPC, OTHER] * 3
        found = list(threads.map(lambda epc: done(bench, READ_TID, epc=epc), epcs))

    assert found == [wanted[epc] for epc in epcs]


@pytest.mark.parametrize("name", _BENCHES)
def test_a_reader_that_is_not_started_can_do_nothing(name: str) -> None:
    with _BENCHES[name]() as made:
        with pytest.raises(ReaderGoneError):
            made.reader.perform(TagTarget(EPC), (READ_TID,))
        with pytest.raises(ReaderGoneError):
            made.reader.set_output(1, is_on=True)
        with pytest.raises(ReaderGoneError):
            made.reader.retune(made.profile)
