"""AccessSpecs: their states and what is refused; conformance TCR 7.8 and 7.15."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reader.access import Bank, Lock, LockField
from reader.virtual.llrp.element import Bits, Element, make
from reader.virtual.llrp.personality import PLAIN
from tests.reader.virtual.access_bench import (
    ACCESS,
    EPC,
    KILL,
    NEW,
    access_spec,
    acted,
    held,
    killing,
    locking,
    ordered,
    reading,
    results_of,
    shop,
    state_value,
    target,
    told,
    words,
    writing,
)
from tests.reader.virtual.llrp_bench import (
    BenchClient,
    ai_spec,
    ai_stop,
    antenna,
    code,
    culprits,
    epc_of,
    report_spec,
    reports,
    rospec,
    running,
    start_trigger,
    transmitter,
)

# --- states ---------------------------------------------------------------------------------------


def test_an_access_spec_is_added_disabled_enabled_disabled_and_deleted() -> None:
    client = BenchClient()
    spec = access_spec(reading(), writing("AAAA", id=2), count=3, report=1)
    assert code(client.ask("ADD_ACCESSSPEC", spec)) == 0
    assert code(client.ask("ADD_ACCESSSPEC", access_spec(id=7))) == 0

    assert client.ask("GET_ACCESSSPECS").body.each("AccessSpec")[0] == spec
    assert held(client) == [(1, 0), (7, 0)]
    assert code(client.ask("ENABLE_ACCESSSPEC", AccessSpecID=7)) == 0
    assert held(client) == [(1, 0), (7, 1)]
    assert code(client.ask("ENABLE_ACCESSSPEC", AccessSpecID=0)) == 0
    assert held(client) == [(1, 1), (7, 1)]
    assert code(client.ask("DISABLE_ACCESSSPEC", AccessSpecID=1)) == 0
    assert held(client) == [(1, 0), (7, 1)]
    assert code(client.ask("DELETE_ACCESSSPEC", AccessSpecID=7)) == 0
    assert held(client) == [(1, 0)]
    assert code(client.ask("DELETE_ACCESSSPEC", AccessSpecID=0)) == 0
    assert held(client) == []


@pytest.mark.parametrize("name", ["ENABLE_ACCESSSPEC", "DISABLE_ACCESSSPEC", "DELETE_ACCESSSPEC"])
def test_one_that_is_not_there_is_refused_but_all_of_none_are_not(name: str) -> None:
    client = BenchClient()

    assert code(client.ask(name, AccessSpecID=0)) == 0
    answer = client.ask(name, AccessSpecID=9)
    assert (code(answer), culprits(answer)) == (101, [("FieldError", 0, 300)])


def test_they_outlive_the_connection() -> None:
    client = BenchClient()
    ordered(client, access_spec())
    client.device.disconnect()
    client.device.connect(client.now_us)
    client.heard()

    assert held(client) == [(1, 1)]


def test_the_state_value_changes_with_what_is_held_and_not_with_what_is_active() -> None:
    client = shop()
    empty = state_value(client)
    client.ask("ADD_ACCESSSPEC", access_spec(count=1))
    added = state_value(client)
    assert added != empty
    client.ask("ENABLE_ACCESSSPEC", AccessSpecID=1)
    client.ask("DISABLE_ACCESSSPEC", AccessSpecID=1)
    assert state_value(client) == added

    client.ask("ENABLE_ACCESSSPEC", AccessSpecID=1)
    running(client)
    before = state_value(client)
    assert told(client)
    assert held(client) == []
    assert state_value(client) != before


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spec", "chain"),
    [
        (access_spec(id=0), [(207, 200), ("AccessSpecID", 300)]),
        (access_spec(AntennaID=3), [(207, 200), ("AntennaID", 301)]),
        (access_spec(ProtocolID=0), [(207, 200), ("ProtocolID", 301)]),
        (access_spec(CurrentState=1), [(207, 200), ("CurrentState", 300)]),
        (access_spec(targets=(target("A5", bank=Bank.RESERVED),)), [(207, 200), (209, 200), (338, 200), (339, 200)]),
        (access_spec(writing("")), [(207, 200), (209, 200), (342, 200), ("WriteData", 300)]),
    ],
)
def test_what_no_tag_could_obey_is_refused_with_its_place(spec: Element, chain: list[tuple[Any, int]]) -> None:
    client = BenchClient()

    answer = client.ask("ADD_ACCESSSPEC", spec)

    assert code(answer) == 100
    found = [(number, error) for kind, number, error in culprits(answer) if kind == "ParameterError"]
    assert [number for number, _ in found] == [number for number, _ in chain if isinstance(number, int)]
    assert found[-1][1] == 201
    if isinstance(chain[-1][0], str):
        assert culprits(answer)[-1][0] == "FieldError"
        assert culprits(answer)[-1][2] == chain[-1][1]
    assert held(client) == []


@pytest.mark.parametrize(
    ("name", "type", "fields"),
    [
        ("C1G2BlockErase", 346, {"AccessPassword": 0, "MB": 3, "WordPointer": 0, "WordCount": 1}),
        ("ClientRequestOpSpec", 210, {}),
    ],
)
def test_operations_that_it_cannot_do_are_unsupported(name: str, type: int, fields: dict[str, int]) -> None:
    client = BenchClient()

    answer = client.ask("ADD_ACCESSSPEC", access_spec(reading(), make(name, OpSpecID=2, **fields)))

    assert code(answer) == 100
    chain = [("ParameterError", 207, 200), ("ParameterError", 209, 209), ("ParameterError", type, 209)]
    assert culprits(answer) == chain


def test_a_mask_and_its_bits_are_as_long_as_each_other() -> None:
    bad = make("C1G2TargetTag", MB=1, Match=1, Pointer=32, TagMask=Bits(8, b"\xff"), TagData=Bits(16, b"\x30\x36"))
    answer = BenchClient().ask("ADD_ACCESSSPEC", access_spec(targets=(bad,)))

    assert culprits(answer)[-1] == ("FieldError", 4, 300)


def test_it_takes_as_many_as_it_says() -> None:
    client = BenchClient(personality=replace(PLAIN, max_access_specs=2, max_ops_per_access_spec=3))
    shown = client.ask("GET_READER_CAPABILITIES", RequestedData=2).body.the("LLRPCapabilities")
    assert (shown.number("MaxNumAccessSpecs"), shown.number("MaxNumOpSpecsPerAccessSpec")) == (2, 3)

    answer = client.ask("ADD_ACCESSSPEC", access_spec(*(reading(id=n) for n in range(4))))
    assert (code(answer), culprits(answer)[-1]) == (100, ("ParameterError", 341, 205))
    assert code(client.ask("ADD_ACCESSSPEC", access_spec(*(reading(id=n) for n in range(3))))) == 0
    assert code(client.ask("ADD_ACCESSSPEC", access_spec(id=2))) == 0
    answer = client.ask("ADD_ACCESSSPEC", access_spec(id=3))
    assert (code(answer), culprits(answer)) == (105, [("ParameterError", 207, 105)])


def test_operations_of_one_access_spec_have_ids_of_their_own() -> None:
    answer = BenchClient().ask("ADD_ACCESSSPEC", access_spec(reading(id=5), reading(id=5)))

    assert (code(answer), culprits(answer)[-1][0]) == (100, "FieldError")


def test_an_id_is_given_once() -> None:
    client = BenchClient()
    ordered(client, access_spec())

    assert code(client.ask("ADD_ACCESSSPEC", access_spec())) == 100


# --- TCR 7.8: access ------------------------------------------------------------------------------


def test_tcr_7_8_an_epc_is_written_once_and_the_spec_is_gone() -> None:
    client = shop()
    ordered(client, access_spec(writing(NEW, id=5), count=1, id=77))
    running(client, rospec(report=report_spec(EnableAccessSpecID=1)))

    said = client.wait(500)
    (tag,) = [one for one in reports(said) if results_of([one])]

    assert epc_of(tag) == EPC, "the one that it was singulated with"
    assert tag.the("AccessSpecID").number("AccessSpecID") == 77
    result = tag.the("C1G2WriteOpSpecResult")
    assert [result.number(name) for name in ("Result", "OpSpecID", "NumWordsWritten")] == [0, 5, 6]
    assert held(client) == []
    seen = [epc_of(one) for one in reports(client.wait(500))]
    assert NEW in seen
    assert EPC not in seen
    others = [one for one in reports(said) if not results_of([one])]
    assert {one.the("AccessSpecID").number("AccessSpecID") for one in others} == {0}, "a habit of the R420"


def test_tcr_7_8_a_periodic_rospec_reads_the_tags_each_round() -> None:
    client = shop()
    tid = words(client.world.memory(EPC).tid)
    ordered(client, access_spec(reading(count=6)))
    periodic = start_trigger(2, make("PeriodicTriggerValue", Offset=0, Period=1000))
    spec = rospec(ai_spec(antenna(0, transmitter()), stop=ai_stop(1, 300)), start=periodic, report=report_spec(2, 0))
    assert code(client.ask("ADD_ROSPEC", spec)) == 0
    assert code(client.ask("ENABLE_ROSPEC", ROSpecID=1)) == 0

    for _ in range(3):
        (first, *more) = told(client, 1000)
        assert [one.numbers("ReadData") for one in results_of([first, *more])] == [tid] * (1 + len(more))


def test_tcr_7_8_a_disabled_access_spec_has_no_results() -> None:
    client = shop()
    assert code(client.ask("ADD_ACCESSSPEC", access_spec())) == 0
    running(client)

    seen = reports(client.wait(300))

    assert EPC in {epc_of(tag) for tag in seen}
    assert results_of(seen) == []
    assert code(client.ask("ENABLE_ACCESSSPEC", AccessSpecID=1)) == 0
    assert told(client)
    assert code(client.ask("DISABLE_ACCESSSPEC", AccessSpecID=1)) == 0
    client.heard()
    client.wait(100)
    assert told(client) == []


def test_tcr_7_8_without_an_active_rospec_nothing_is_told() -> None:
    client = shop()
    ordered(client, access_spec(writing(NEW)))
    assert code(client.ask("ADD_ROSPEC", rospec())) == 0

    assert reports(client.wait(500)) == []
    assert client.world.memory(EPC).epc == EPC


# --- TCR 7.15: lock and kill ----------------------------------------------------------------------


def test_tcr_7_15_what_is_locked_is_written_no_more() -> None:
    client = shop(access_password=f"{ACCESS:08X}")

    assert acted(client, locking(0, 2, password=ACCESS)) == [0]
    assert client.world.memory(EPC).locks[LockField.EPC] is Lock.LOCKED
    assert acted(client, writing(NEW)) == [2]
    assert client.world.memory(EPC).epc == EPC
    assert acted(client, writing(NEW, password=ACCESS)) == [0]


def test_tcr_7_15_a_tag_is_killed_with_its_password() -> None:
    client = shop(kill_password=f"{KILL:08X}")

    assert acted(client, killing(KILL ^ 1)) == [6]
    assert acted(client, killing(KILL)) == [0]
    running(client)
    assert EPC not in {epc_of(tag) for tag in reports(client.wait(1000))}
