"""AccessSpecs: what they do to tags, whom they are meant for, and what is told."""

from __future__ import annotations

import pytest

from reader.access import Bank, Lock, LockField
from reader.virtual.llrp.element import Element, Message, make
from tests.reader.virtual.access_bench import (
    ACCESS,
    EPC,
    KILL,
    access_spec,
    acted,
    held,
    killing,
    locking,
    ordered,
    reading,
    results_of,
    shop,
    target,
    told,
    writing,
)
from tests.reader.virtual.llrp_bench import (
    ai_spec,
    ai_stop,
    antenna,
    code,
    epc_of,
    observing,
    report_spec,
    reports,
    rospec,
    running,
    spoken,
    transmitter,
)

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
