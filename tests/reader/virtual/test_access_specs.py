"""AccessSpecs: their states, whom they are meant for, what they do and what is told; conformance TCR 7.8 and 7.15."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reader.access import Bank, Lock, LockField
from reader.virtual.llrp.element import Bits, Element, Message, make
from reader.virtual.llrp.personality import PLAIN
from reader.virtual.scene import builtin_scene, scene_of
from tests.reader.virtual.llrp_bench import (
    BenchClient,
    ai_spec,
    ai_stop,
    antenna,
    code,
    culprits,
    epc_of,
    observing,
    report_spec,
    reports,
    rospec,
    running,
    spoken,
    start_trigger,
    transmitter,
)

EPC = "3036451FD4001940000003E9"
NEW = "3036451FD4001940000AAAAA"
ACCESS, KILL = 0x1234_5678, 0xDEAD_BEEF


# --- building -------------------------------------------------------------------------------------


def words(text: str) -> tuple[int, ...]:
    return tuple(int(text[at : at + 4], 16) for at in range(0, len(text), 4))


def target(
    data: str = "", *, bank: Bank = Bank.EPC, pointer: int = 32, match: int = 1, mask: str | None = None
) -> Element:
    bits = Bits(4 * len(data), bytes.fromhex(data))
    care = Bits(4 * len(data), bytes.fromhex("F" * len(data) if mask is None else mask))
    return make("C1G2TargetTag", MB=int(bank), Match=match, Pointer=pointer, TagMask=care, TagData=bits)


def reading(bank: Bank = Bank.TID, at: int = 0, count: int = 2, *, id: int = 1, password: int = 0) -> Element:
    return make("C1G2Read", OpSpecID=id, AccessPassword=password, MB=int(bank), WordPointer=at, WordCount=count)


def writing(
    data: str, bank: Bank = Bank.EPC, at: int = 2, *, id: int = 1, password: int = 0, name: str = "C1G2Write"
) -> Element:
    return make(name, OpSpecID=id, AccessPassword=password, MB=int(bank), WordPointer=at, WriteData=words(data))


def locking(privilege: int, field: int, *, id: int = 1, password: int = 0) -> Element:
    payload = make("C1G2LockPayload", Privilege=privilege, DataField=field)
    return make("C1G2Lock", payload, OpSpecID=id, AccessPassword=password)


def killing(password: int, *, id: int = 1) -> Element:
    return make("C1G2Kill", OpSpecID=id, KillPassword=password)


def access_spec(
    *ops: Element,
    targets: tuple[Element, ...] | None = None,
    id: int = 1,
    count: int = 0,
    report: int | None = None,
    **fields: int,
) -> Element:
    tags = make("C1G2TagSpec", *((target(EPC),) if targets is None else targets))
    children = [
        make("AccessSpecStopTrigger", AccessSpecStopTrigger=int(count > 0), OperationCountValue=count),
        make("AccessCommand", tags, *(ops or (reading(),))),
    ]
    if report is not None:
        children.append(make("AccessReportSpec", AccessReportTrigger=report))
    given = {"AntennaID": 0, "ProtocolID": 1, "CurrentState": 0, "ROSpecID": 0} | fields
    return make("AccessSpec", *children, AccessSpecID=id, **given)


def shop(**tag: Any) -> BenchClient:
    """Return a reader before which one tag lies, with a memory as given, and three others."""
    document = builtin_scene().model_dump(exclude_unset=True)
    document["tags"] = [
        {"epc": EPC, "at": [0.0, 0.0, 0.1], "orientation": [1, 0, 0], **tag},
        {"place": "pad", "epcs": ["AAAA0001", "AAAA0002", "BBBB00010000"]},
    ]
    return BenchClient(scene_of(document))


def ordered(client: BenchClient, *specs: Element) -> None:
    """Add and enable AccessSpecs."""
    for spec in specs:
        assert code(client.ask("ADD_ACCESSSPEC", spec)) == 0
        assert code(client.ask("ENABLE_ACCESSSPEC", AccessSpecID=spec.number("AccessSpecID"))) == 0


def results_of(tags: list[Element]) -> list[Element]:
    return [child for tag in tags for child in tag.children if child.name.endswith("OpSpecResult")]


def told(client: BenchClient, ms: float = 300) -> list[Element]:
    """Return the tags that are reported with results within a time."""
    return [tag for tag in reports(client.wait(ms)) if results_of([tag])]


def acted(client: BenchClient, *ops: Element, **changes: Any) -> list[int]:
    """Let operations be done once on the tag and return their results, in the order of their ids."""
    ordered(client, access_spec(*ops, count=1, **changes))
    running(client)
    (tag,) = told(client)
    assert code(client.ask("DELETE_ROSPEC", ROSpecID=1)) == 0
    assert [one.number("OpSpecID") for one in results_of([tag])] == list(range(1, len(results_of([tag])) + 1))
    return [one.number("Result") for one in results_of([tag])]


def held(client: BenchClient) -> list[tuple[int, int]]:
    """Return the AccessSpecs that the reader shows: id and state."""
    answer = client.ask("GET_ACCESSSPECS")
    assert code(answer) == 0
    return [(one.number("AccessSpecID"), one.number("CurrentState")) for one in answer.body.each("AccessSpec")]


def state_value(client: BenchClient) -> int:
    answer = client.ask("GET_READER_CONFIG", AntennaID=0, RequestedData=7, GPIPortNum=0, GPOPortNum=0)
    return answer.body.the("LLRPConfigurationStateValue").number("LLRPConfigurationStateValue")


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


# --- results --------------------------------------------------------------------------------------

LOCKED = {"access_password": f"{ACCESS:08X}", "locks": {"epc": "locked", "access_password": "locked"}}


@pytest.mark.parametrize(
    ("op", "result"),
    [
        (reading(), 0),
        (reading(Bank.USER, 8), 4),
        (reading(Bank.RESERVED, 2), 5),
        (reading(password=1), 6),
        (reading(Bank.RESERVED, 2, password=ACCESS), 0),
        (writing("AAAA", Bank.USER, 0), 0),
        (writing("AAAA", Bank.USER, 8), 1),
        (writing("AAAA"), 2),
        (writing("AAAA", password=1), 7),
        (writing("AAAA", password=ACCESS), 0),
        (writing("AAAABBBB", Bank.USER, 7, name="C1G2BlockWrite"), 1),
        (writing("AAAABBBBCCCC", Bank.USER, 0, name="C1G2BlockWrite"), 0),
        (locking(0, 4), 5),
        (locking(3, 3, password=ACCESS), 7),
        (locking(0, 4, password=ACCESS), 0),
        (killing(1), 1),
    ],
)
def test_each_operation_has_result_codes_of_its_own(op: Element, result: int) -> None:
    assert acted(shop(**LOCKED), op) == [result]


@pytest.mark.parametrize(
    ("op", "result"),
    [(writing("AAAA", Bank.USER, 0), 3), (locking(0, 4), 1), (killing(KILL), 2), (reading(), 0)],
)
def test_too_little_power_to_write_is_said(op: Element, result: int) -> None:
    client = shop(kill_password=f"{KILL:08X}", place="bin")
    ordered(client, access_spec(op, count=1))
    for power in range(1, 82, 4):
        running(client, rospec(ai_spec(antenna(0, transmitter(power)))))
        tags = told(client, 500)
        if tags:
            break
        client.ask("DELETE_ROSPEC", ROSpecID=1)

    assert [one.number("Result") for one in results_of(tags)] == [result]


def test_privileges_and_fields_of_locks_are_the_standards() -> None:
    client = shop()
    wanted = {
        LockField.KILL_PASSWORD: (0, Lock.LOCKED),
        LockField.ACCESS_PASSWORD: (1, Lock.ALWAYS_LOCKED),
        LockField.EPC: (2, Lock.ALWAYS_OPEN),
        LockField.USER: (3, Lock.OPEN),
    }
    numbers = {field: number for number, field in enumerate(LockField)}
    payloads = [
        make("C1G2LockPayload", Privilege=privilege, DataField=numbers[field])
        for field, (privilege, _) in wanted.items()
    ]

    assert acted(client, make("C1G2Lock", *payloads, OpSpecID=1, AccessPassword=0)) == [0]
    locks = client.world.memory(EPC).locks
    assert {field: locks[field] for field in wanted} == {field: lock for field, (_, lock) in wanted.items()}


@pytest.mark.parametrize(
    ("op", "result"),
    [
        (reading(Bank.TID, 0, 0), 0),  # a count of 0 reads to the end
        (reading(Bank.TID, 0xFFFF, 0), 4),
        (reading(Bank.USER, 0xFFFF, 0xFFFF), 4),
        (writing("1234", Bank.USER, 0xFFFF), 1),
        (
            make(
                "C1G2Lock",
                make("C1G2LockPayload", Privilege=0, DataField=2),
                make("C1G2LockPayload", Privilege=3, DataField=2),
                OpSpecID=1,
                AccessPassword=0,
            ),
            0,
        ),
    ],
)
def test_what_no_client_of_ours_would_ask_is_answered_by_the_tag(op: Element, result: int) -> None:
    assert acted(shop(), op) == [result]


def test_operations_are_done_in_order_and_see_what_was_done_before() -> None:
    client = shop()
    ops = [
        writing("12345678", Bank.RESERVED, 2, id=1),
        locking(0, 4, id=2, password=ACCESS),
        reading(Bank.RESERVED, 0, 0, id=3, password=ACCESS),
    ]
    ordered(client, access_spec(*ops, count=1))
    running(client)
    (tag,) = told(client)

    assert [one.name for one in results_of([tag])] == [
        "C1G2WriteOpSpecResult",
        "C1G2LockOpSpecResult",
        "C1G2ReadOpSpecResult",
    ]
    assert results_of([tag])[2].numbers("ReadData") == (0, 0, 0x1234, 0x5678)


def test_the_first_failure_ends_it() -> None:
    client = shop(**LOCKED)

    assert acted(client, reading(id=1), writing("AAAA", id=2), writing("AAAA", Bank.USER, 0, id=3)) == [0, 2]
    assert client.world.memory(EPC).content(Bank.USER)[0] == 0


# --- whom it is meant for -------------------------------------------------------------------------


def reached(targets: tuple[Element, ...]) -> set[str]:
    client = shop()
    ordered(client, access_spec(targets=targets))
    running(client)
    return {epc_of(tag) for tag in told(client, 500)}


@pytest.mark.parametrize(
    ("targets", "epcs"),
    [
        ((target(),), {EPC, "AAAA0001", "AAAA0002", "BBBB00010000"}),
        ((target(bank=Bank.RESERVED, pointer=0),), {EPC, "AAAA0001", "AAAA0002", "BBBB00010000"}),
        ((target("AAAA"),), {"AAAA0001", "AAAA0002"}),
        ((target("AAAA", match=0),), {EPC, "BBBB00010000"}),
        ((target("AAAA"), target("0001", pointer=48)), {"AAAA0001"}),
        ((target("0001", pointer=48),), {"AAAA0001", "BBBB00010000"}),
        ((target("0001", pointer=48), target("AAAA", match=0)), {"BBBB00010000"}),
        ((target("A5A5", mask="F0F0"),), {"AAAA0001", "AAAA0002"}),
        ((target("1000", pointer=16, mask="F800"),), {"AAAA0001", "AAAA0002"}),
        ((target("0000", pointer=64),), {"BBBB00010000"}),
        ((target("0000", pointer=64, match=0),), {EPC, "AAAA0001", "AAAA0002"}),
        ((target("E280", bank=Bank.TID, pointer=0),), {EPC, "AAAA0001", "AAAA0002", "BBBB00010000"}),
        ((target("1234", bank=Bank.USER, pointer=0),), set()),
    ],
)
def test_targets_say_by_bits_who_is_meant(targets: tuple[Element, ...], epcs: set[str]) -> None:
    # "0000" at bit 64 of the first tag is 4000 there, and the four-byte tags have no such bits.
    assert reached(targets) == epcs


def test_the_first_that_admits_a_tag_is_executed_and_no_other() -> None:
    client = shop()
    ordered(
        client,
        access_spec(targets=(target("CCCC"),), id=9),
        access_spec(reading(id=1), id=5),
        access_spec(reading(id=2), id=2),
    )
    running(client)
    assert {one.number("OpSpecID") for one in results_of(told(client))} == {1}

    client.ask("DISABLE_ACCESSSPEC", AccessSpecID=5)
    told(client)
    assert {one.number("OpSpecID") for one in results_of(told(client))} == {2}


def test_it_may_be_for_one_antenna_or_one_rospec_only() -> None:
    client = shop()
    ordered(client, access_spec(AntennaID=2))
    running(client, rospec(report=report_spec(EnableAntennaID=1)))
    assert {tag.the("AntennaID").number("AntennaID") for tag in told(client, 1000)} <= {2}
    client.ask("DELETE_ACCESSSPEC", AccessSpecID=0)
    client.wait(50)

    ordered(client, access_spec(ROSpecID=2))
    assert told(client) == []
    ordered(client, access_spec(ROSpecID=1, id=2))
    assert told(client)


def test_it_is_done_as_often_as_it_says_and_every_tag_counts() -> None:
    client = shop()
    ordered(client, access_spec(targets=(target(),), count=5))
    running(client)

    assert len(told(client, 2000)) == 5
    assert held(client) == []


# --- reports --------------------------------------------------------------------------------------


def test_results_come_with_the_rospecs_report_or_at_once() -> None:
    for trigger, said in ((0, ["AISpecEvent 0", "report", "ROSpecEvent 1"]), (1, ["report", "AISpecEvent 0"])):
        client = shop()
        client.events_on(2, 6)
        ordered(client, access_spec(count=1, report=trigger))
        running(client, rospec(ai_spec(antenna(0, transmitter()), stop=ai_stop(1, 500)), report=report_spec(2, 0)))
        messages = client.wait(1000)

        with_results = [one for one in messages if results_of(reports([one]))]
        assert len(with_results) == 1
        at = messages.index(with_results[0])
        told_words = spoken(messages)
        assert [word for word in told_words[max(0, at - 1) :] if word in said][: len(said)] == said


def test_where_it_does_not_say_the_readers_own_setting_decides() -> None:
    client = shop()
    setting = make("AccessReportSpec", AccessReportTrigger=1)
    assert code(client.ask("SET_READER_CONFIG", setting, ResetToFactoryDefault=0)) == 0
    ordered(client, access_spec(count=1))
    running(client, rospec(report=report_spec(0, 0)))

    assert len(told(client)) == 1, "although the ROSpec reports only when asked"


def test_results_are_not_gathered_into_other_entries() -> None:
    client = shop()
    ordered(client, access_spec(count=2))
    running(client, rospec(ai_spec(antenna(0, transmitter()), stop=ai_stop(1, 500)), report=report_spec(1, 0)))

    tags = [tag for tag in reports(client.wait(1000)) if epc_of(tag) == EPC]

    assert [tag.the("TagSeenCount").number("TagCount") for tag in tags if results_of([tag])] == [1, 1]
    assert sum(tag.the("TagSeenCount").number("TagCount") for tag in tags if not results_of([tag])) > 5


def test_an_access_costs_air_time_and_is_told_when_it_is_over() -> None:
    def reads(*ops: Element) -> tuple[int, float]:
        client = shop()
        if ops:
            ordered(client, access_spec(*ops, targets=(target(),)))
        running(client)
        first_ms = 0.0
        count = 0
        while client.now_us < 2_000_000:
            count += len(reports(client.wait(1, step_ms=1)))
            if count and not first_ms:
                first_ms = client.now_us / 1000
        return count, first_ms

    plain, first_ms = reads()
    busy, told_ms = reads(writing("1111" * 6, Bank.USER, 0))
    _, blocks_told_ms = reads(writing("1111" * 6, Bank.USER, 0, name="C1G2BlockWrite"))

    assert busy < plain / 5
    assert first_ms + 60 < told_ms < first_ms + 140
    assert first_ms + 30 < blocks_told_ms < told_ms - 30


def test_an_observation_ends_an_aispec_with_its_access_told_before() -> None:
    client = shop()
    client.events_on(2, 6)
    ordered(client, access_spec(writing("1111" * 6, Bank.USER, 0), targets=(target(),), report=0))
    stop = ai_stop(3, 0, observing(0, tags=1))
    running(client, rospec(ai_spec(antenna(0, transmitter()), stop=stop), report=report_spec(1, 0)))

    messages: list[Message] = client.wait(1000)

    assert len(results_of(reports(messages))) == 1
    assert spoken(messages)[-3:] == ["report", "AISpecEvent 0", "ROSpecEvent 1"]


def test_a_stop_in_the_middle_of_an_access_tells_it_first() -> None:
    client = shop()
    ordered(client, access_spec(writing("1111" * 8, Bank.USER, 0)))
    assert code(client.ask("ADD_ROSPEC", rospec())) == 0
    client.ask("ENABLE_ROSPEC", ROSpecID=1)
    client.ask("START_ROSPEC", ROSpecID=1)
    while client.world.memory(EPC).content(Bank.USER)[0] == 0:
        assert results_of(reports(client.wait(1, step_ms=1))) == []

    client.ask("STOP_ROSPEC", ROSpecID=1)
    assert len(results_of(reports(client.wait(10)))) <= 1
    assert client.world.memory(EPC).content(Bank.USER) == (0x1111,) * 8


def test_the_pc_that_is_reported_is_the_tags_own() -> None:
    client = shop()
    memory = client.world.memory(EPC)
    memory.write(Bank.EPC, 1, [6 << 11 | 0x1AB])
    content = make("C1G2EPCMemorySelector", EnableCRC=1, EnablePCBits=1)
    spec = report_spec(EnableAccessSpecID=1)
    selector = spec.children[0]
    report = make("ROReportSpec", make("TagReportContentSelector", content, **selector.fields), **spec.fields)
    running(client, rospec(report=report))

    tag = next(tag for tag in reports(client.wait(300)) if epc_of(tag) == EPC)

    assert tag.the("C1G2_PC").number("PC_Bits") == 6 << 11 | 0x1AB
    assert tag.the("C1G2_CRC").number("CRC") == memory.crc
