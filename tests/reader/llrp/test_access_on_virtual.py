"""Errands against the virtual reader: tags whose memory really changes, inputs, outputs, other profiles."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reader.access import (
    Accessed,
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
from reader.conversation import AccessErrand, Outcome, OutputErrand, RetuneErrand
from reader.errors import ProfileError, ReaderRefusedError, TagAccessError
from reader.llrp.makers import zebra_report_selector
from reader.llrp.words import frames_in_words
from reader.model import ReaderEventKind
from reader.profile import InputTrigger, TagFilter, load_profile
from reader.virtual.faults import Fault
from reader.virtual.llrp.gpio import InputEdge
from reader.virtual.scene import builtin_scene
from tests.reader.llrp.pair import Pair

EPC = "3036451FD4001940000003E9"
NEIGHBOUR = "3036451FD4001980000003EA"
NEW_EPC = "3036451FD400194000002710"
PAD = load_profile("virtual-pad")
SWEEP = replace(load_profile("virtual-sweep"), keepalive_ms=1000)
READ_TID = ReadWords(Bank.TID, 0, 6)
AMERICAN = builtin_scene().model_copy(update={"region": "fcc"})


def reading(*arguments: object, **keywords: object) -> Pair:
    pair = Pair(*arguments, **keywords)  # type: ignore[arg-type]  # passed on as they came
    pair.run(1.0)
    assert pair.session.is_reading
    return pair


def access(*operations: TagOperation, epc: str | None = EPC, antenna: int | None = None) -> AccessErrand:
    return AccessErrand(TagTarget(epc, antenna), operations)


def results(outcome: Outcome) -> tuple[Accessed, ...]:
    assert outcome.error is None, outcome.error
    return outcome.results


def fault(outcome: Outcome) -> AccessFault:
    assert isinstance(outcome.error, TagAccessError), outcome
    return outcome.error.fault


@pytest.mark.parametrize("max_version", [1, 2])
@pytest.mark.parametrize("profile", [PAD, SWEEP], ids=["pad", "sweep"])
def test_a_chip_says_its_number(profile: object, max_version: int) -> None:
    pair = reading(profile, max_version=max_version)

    (read,) = results(pair.done(access(READ_TID)))

    assert "".join(f"{word:04X}" for word in read.words) == pair.memory(EPC).tid
    assert read.epc == EPC
    pair.run(1.0)
    assert pair.session.is_reading
    assert ReaderEventKind.MALFORMED not in pair.kinds


def test_a_tag_is_given_another_epc_and_is_the_same_for_what_follows() -> None:
    pair = reading()
    tid = pair.memory(EPC).tid
    pair.reads.clear()

    done = results(pair.done(access(epc_written(NEW_EPC), ReadWords(Bank.EPC, 2, 6), READ_TID)))

    assert "".join(f"{word:04X}" for word in done[1].words) == NEW_EPC
    assert pair.memory(NEW_EPC).tid == tid
    pair.run(1.0)
    assert NEW_EPC in {read.epc for read in pair.reads}
    assert fault(pair.done(access(READ_TID), 1.0)) is AccessFault.NO_TAG  # under its old name


def test_words_are_written_also_in_blocks() -> None:
    pair = reading()
    written = (0x1111, 0x2222, 0x3333)

    done = results(
        pair.done(
            access(
                WriteWords(Bank.USER, 1, written),
                WriteWords(Bank.USER, 4, written, in_blocks=True),
                ReadWords(Bank.USER, 0, 8),
            )
        )
    )

    assert done[2].words == (0, *written, *written, 0)


def test_locks_and_passwords_hold() -> None:
    pair = reading()
    secured = access(
        WriteWords(Bank.RESERVED, 2, (0xDEAD, 0xBEEF)),
        LockTag(((LockField.USER, Lock.LOCKED), (LockField.ACCESS_PASSWORD, Lock.LOCKED)), password=0xDEADBEEF),
    )
    assert len(results(pair.done(secured))) == 2

    assert fault(pair.done(access(WriteWords(Bank.USER, 0, (1,))))) is AccessFault.LOCKED
    assert fault(pair.done(access(ReadWords(Bank.RESERVED, 2, 2)))) is AccessFault.LOCKED
    assert fault(pair.done(access(WriteWords(Bank.USER, 0, (1,), password=7)))) is AccessFault.PASSWORD
    assert results(pair.done(access(WriteWords(Bank.USER, 0, (1,), password=0xDEADBEEF))))


def test_a_killed_tag_is_silent_for_ever() -> None:
    pair = reading()
    assert fault(pair.done(access(KillTag(0)))) is AccessFault.ZERO_KILL_PASSWORD
    results(pair.done(access(WriteWords(Bank.RESERVED, 0, (0, 9)))))
    assert fault(pair.done(access(KillTag(8)))) is AccessFault.PASSWORD

    results(pair.done(access(KillTag(9))))

    pair.run(0.3)
    pair.reads.clear()
    pair.run(1.0)
    assert EPC not in {read.epc for read in pair.reads}
    assert NEIGHBOUR in {read.epc for read in pair.reads}


def test_what_a_tag_does_not_have_is_said() -> None:
    pair = reading()

    outcome = pair.done(access(READ_TID, ReadWords(Bank.USER, 200, 1), READ_TID))

    assert fault(outcome) is AccessFault.OVERRUN
    assert isinstance(outcome.error, TagAccessError)
    assert [done.operation for done in outcome.error.done] == [READ_TID]


def test_any_tag_is_whichever_answers_first_and_only_one() -> None:
    pair = reading()

    (written,) = results(pair.done(access(WriteWords(Bank.USER, 0, (77,)), epc=None)))

    pair.run(1.0)
    changed = [tag.epc for tag in pair.world.tags() if pair.world.memory(tag.chip).content(Bank.USER)[0] == 77]
    assert changed == [written.epc]


def test_an_antenna_that_does_not_see_the_tag_does_not_find_it() -> None:
    pair = reading()

    assert results(pair.done(access(READ_TID, antenna=1)))[0].antenna == 1
    pair.world.remove([EPC])
    outcome = pair.done(access(READ_TID, antenna=1), 1.0)
    assert fault(outcome) is AccessFault.NO_TAG
    assert "not seen" in str(outcome.error)


def test_nothing_is_done_to_a_tag_that_comes_after_it_was_given_up() -> None:
    pair = reading()
    place = pair.world.tags_of(EPC)[0]
    pair.world.remove([EPC])
    assert fault(pair.done(access(WriteWords(Bank.USER, 0, (1,))), 1.0)) is AccessFault.NO_TAG

    pair.world.place([EPC], at=place.at)
    pair.run(1.0)

    assert EPC in {read.epc for read in pair.reads}
    assert pair.memory(EPC).content(Bank.USER)[0] == 0


def test_a_sweep_goes_on_where_it_was_after_an_access() -> None:
    """Tags that it has counted are woken for the access, and are silent to it again afterwards."""
    pair = reading(SWEEP)
    pair.run(1.0)
    pair.reads.clear()
    pair.run(0.5)
    quiet = len(pair.reads)

    results(pair.done(access(READ_TID)))
    assert len(pair.reads) > quiet  # reading went on meanwhile
    pair.run(0.2)
    pair.reads.clear()
    pair.run(0.5)

    assert len(pair.reads) <= quiet + 3
    assert pair.device.rospec_state == "active"


def test_outputs_are_switched() -> None:
    pair = reading()

    assert pair.done(OutputErrand(2, True)).error is None
    assert pair.device.outputs == (False, True)
    assert pair.done(OutputErrand(2, False)).error is None
    assert pair.device.outputs == (False, False)
    assert isinstance(pair.done(OutputErrand(3, True)).error, ReaderRefusedError)


def test_inputs_that_change_are_told() -> None:
    pair = reading()

    pair.device.feel(InputEdge(1, True), pair.now_us)
    pair.run(0.1)
    pair.device.feel(InputEdge(1, False), pair.now_us)
    pair.run(0.1)

    assert [detail for kind, detail in zip(pair.kinds, pair.details, strict=True) if "input" in kind] == [
        "input 1 is high",
        "input 1 is low",
    ]


def test_an_input_starts_reading_for_a_while() -> None:
    pair = reading(replace(PAD, start_input=InputTrigger(1, is_high=True, seconds=0.5)))
    assert pair.reads == []

    for _ in range(2):
        pair.device.feel(InputEdge(1, True), pair.now_us)
        pair.run(1.0)
        assert pair.reads
        pair.device.feel(InputEdge(1, False), pair.now_us)
        pair.reads.clear()
        pair.run(0.5)
        assert pair.reads == []
    assert results(pair.done(access(READ_TID)))  # and does not have to wait for the input
    pair.run(0.1)
    pair.reads.clear()
    pair.run(0.5)
    assert pair.reads == []


def test_another_profile_is_in_force_without_a_new_connection() -> None:
    pair = reading()
    other = replace(PAD, tx_power_dbm=27.0, overrides={1: {"tx_power_dbm": 12.5}}, keepalive_ms=500)

    assert pair.done(RetuneErrand(other)).error is None

    assert pair.session.found is not None
    assert pair.session.found.tx_powers_dbm == {1: 12.5, 2: 27.0}
    assert pair.device.tx_power_dbm == 27.0
    pair.reads.clear()
    pair.run(2.0)
    assert pair.reads
    assert pair.session.is_reading


def test_what_the_reader_had_gathered_is_not_lost_when_the_profile_changes() -> None:
    pair = reading(replace(PAD, report_tags=10_000))
    pair.run(1.0)
    assert pair.reads == []  # all of it waits in the reader
    began_us = pair.now_us

    assert pair.done(RetuneErrand(PAD)).error is None

    earlier = [read for read in pair.reads if read.t_us < 10**15 + began_us]
    assert sum(read.seen_count for read in earlier) > 100
    assert len({read.epc for read in earlier}) >= 7


def test_a_profile_that_the_reader_lacks_the_mode_for_changes_nothing() -> None:
    pair = reading()
    sent = len(pair.sent)

    assert isinstance(pair.done(RetuneErrand(replace(PAD, mode=4711))).error, ProfileError)
    assert len(pair.sent) == sent


@pytest.mark.parametrize(
    ("fault", "error"), [(Fault.REFUSED_ADD, ReaderRefusedError), (Fault.POWER_NOT_TAKEN, ProfileError)]
)
def test_a_profile_that_the_reader_does_not_obey_leaves_the_old_one(fault: Fault, error: type[Exception]) -> None:
    pair = reading()
    pair.faults.switch_on(fault)
    pair.session.begin(RetuneErrand(replace(PAD, tx_power_dbm=15.0)), pair.now_us / 1e6, pair.now_us / 1e6 + 5)
    while kinds_sent(pair).count("ADD_ROSPEC") < 2:
        pair.step()
    pair.faults.switch_off(fault)  # and the old one is taken back
    while (outcome := pair.session.take_outcome()) is None:
        pair.step()

    assert isinstance(outcome.error, error)
    assert pair.session.found is not None
    assert pair.session.found.tx_powers_dbm == {1: 20.0, 2: 20.0}
    assert pair.device.tx_power_dbm == 20.0
    pair.reads.clear()
    pair.run(0.5)
    assert pair.reads


def kinds_sent(pair: Pair) -> list[str]:
    return [frame.kind for frame in frames_in_words(pair.sent)]


@pytest.mark.parametrize("excluding", [False, True])
def test_filters_decide_who_takes_part(excluding: bool) -> None:
    pad_only = TagFilter(Bank.EPC, 32, "3036451FD40019", 56, is_excluding=excluding)
    pair = reading(replace(PAD, filters=(pad_only,), tx_power_dbm=27.0))
    pair.run(1.0)

    assert pair.reads
    assert {read.epc.startswith("3036451FD40019") for read in pair.reads} == {not excluding}


def test_an_impinj_reader_gives_all_that_it_has() -> None:
    profile = replace(load_profile("impinj-r420-pad-eu"), reads_tid=True, fixed_channels_mhz=(866.9,))
    pair = reading(profile, personality="impinj-r420")
    pair.run(1.0)

    assert {read.channel_mhz for read in pair.reads} == {866.9}
    assert {read.tid for read in pair.reads if read.epc == EPC} == {pair.memory(EPC).tid}
    assert all(read.phase_deg is not None for read in pair.reads)
    assert pair.session.temperature_c is not None
    assert results(pair.done(access(READ_TID, WriteWords(Bank.USER, 0, (5,)))))
    assert ReaderEventKind.MALFORMED not in pair.kinds


def test_an_impinj_sweep_wakes_its_tags_for_an_access() -> None:
    pair = reading(load_profile("impinj-r700-sweep-eu"), personality="impinj-r700")
    pair.run(2.0)

    assert results(pair.done(access(READ_TID)))
    pair.run(0.2)
    pair.reads.clear()
    pair.run(0.5)
    assert EPC not in {read.epc for read in pair.reads}


def test_an_impinj_reader_under_fcc_hops_and_refuses_to_stay() -> None:
    profile = replace(load_profile("impinj-r420-pad-us"), fixed_channels_mhz=(915.25,))
    pair = Pair(profile, personality="impinj-r420", scene=AMERICAN)

    with pytest.raises(ProfileError, match="has to hop"):
        pair.run(1.0)


def test_a_zebra_reader_is_asked_for_the_phase() -> None:
    pair = reading(load_profile("zebra-fx9600-pad-eu"), personality="zebra-fx9600")
    pair.run(1.0)

    assert pair.reads
    assert zebra_report_selector() in pair.sent
    assert results(pair.done(access(READ_TID)))
    assert ReaderEventKind.MALFORMED not in pair.kinds
