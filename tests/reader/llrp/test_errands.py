"""Errands against the scripted reader: what is asked in which order, and what is made of the answers."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.access import Accessed, AccessFault, Bank, KillTag, ReadWords, TagOperation, TagTarget, WriteWords
from reader.conversation import AccessErrand, Errand, Outcome, OutputErrand, RetuneErrand
from reader.errors import (
    ProfileError,
    ReaderGoneError,
    ReaderRefusedError,
    ReaderTimeoutError,
    TagAccessError,
)
from reader.llrp.session import Session
from reader.model import ReaderEventKind
from reader.profile import InputTrigger, Profile, load_profile
from reader.reader_clock import ReaderClock
from tests.reader.llrp.line import (
    IMPINJ,
    ScriptedReader,
    capabilities,
    custom,
    event,
    message,
    report,
    status,
    tag,
    tlv,
    welcome,
)

PAD = load_profile("virtual-pad")
SWEEP = load_profile("virtual-sweep")  # session 2, each tag once
EPC = "3034257BF7194E4000001A85"
READ = ReadWords(Bank.TID, 0, 2)
WRITE = WriteWords(Bank.USER, 0, (1,))
EXCHANGE = [60, 23, 21, 20, 2, 26, 24, 22]


class Line:
    """A session that reads, its scripted reader, and the bytes between them."""

    def __init__(self, profile: Profile = PAD, reader: ScriptedReader | None = None) -> None:
        self.reader = ScriptedReader() if reader is None else reader
        self.session = Session(profile, ReaderClock(), 0.0)
        self.session.receive(welcome(), 0.0)
        self.carry(0.0)
        assert self.session.is_reading
        self.reader.asked.clear()
        self.reader.requests.clear()

    def carry(self, now_s: float) -> None:
        while outgoing := self.session.take_outgoing():
            answered = self.reader.feed(outgoing)
            if answered:
                self.session.receive(answered, now_s)

    def begin(self, errand: Errand, due_s: float = 5.0) -> Outcome | None:
        self.session.begin(errand, 0.0, due_s)
        self.carry(0.0)
        return self.session.take_outcome()

    def requests(self, number: int) -> list[bytes]:
        """The bodies of the requests of that type."""
        return [
            frame[10:] for asked, frame in zip(self.reader.asked, self.reader.requests, strict=True) if asked == number
        ]


def result(op_id: int, code: int = 0, kind: int = 349, words: tuple[int, ...] = (0xE280, 0x1160)) -> bytes:
    rest = struct.pack(f">H{len(words)}H", len(words), *words) if kind == 349 else b"\0\1" if kind == 350 else b""
    return tlv(kind, struct.pack(">BH", code, op_id) + rest)


def access(*operations: TagOperation, epc: str | None = EPC, antenna: int | None = None) -> AccessErrand:
    return AccessErrand(TagTarget(epc, antenna), operations)


def on_enable(*reports: bytes) -> ScriptedReader:
    """A reader that carries out an AccessSpec as soon as it is enabled."""
    reader = ScriptedReader()
    reader.answers[42] = lambda message_id: message(52, message_id, status()) + b"".join(reports)
    return reader


def test_an_access_is_added_enabled_reported_and_deleted() -> None:
    line = Line(reader=on_enable(report(tag(antenna=2, extra=result(1) + result(2, kind=350)))))

    outcome = line.begin(access(READ, WRITE))

    assert outcome == Outcome((Accessed(READ, EPC, 2, (0xE280, 0x1160)), Accessed(WRITE, EPC, 2)))
    assert line.reader.asked == [40, 42, 41]
    assert line.requests(42) == line.requests(41) != [bytes(4)]
    assert [read.antenna for read in line.session.take_reads()] == [2]  # the report counts as a read, too


def test_results_may_come_in_pieces_among_the_reads_of_others() -> None:
    line = Line()
    assert line.begin(access(READ, WRITE)) is None
    other = bytes.fromhex("E20000000000000000000001")
    for body in (tag(other), tag(extra=result(1)), tag(other), tag(extra=result(2, kind=350))):
        assert line.session.take_outcome() is None
        line.session.receive(report(body), 0.5)
    line.carry(0.5)

    outcome = line.session.take_outcome()
    assert outcome is not None
    assert [done.operation for done in outcome.results] == [READ, WRITE]
    assert len(line.session.take_reads()) == 4


def test_the_first_failure_ends_it_and_says_what_was_done() -> None:
    line = Line(reader=on_enable(report(tag(extra=result(1) + result(2, code=2, kind=350)))))

    outcome = line.begin(access(READ, WRITE, READ))

    assert outcome is not None
    assert isinstance(outcome.error, TagAccessError)
    assert outcome.error.fault is AccessFault.LOCKED
    assert [done.operation for done in outcome.error.done] == [READ]
    assert line.reader.asked[-1] == 41


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_broken_reports_cost_themselves_and_not_the_access(data: st.DataObject) -> None:
    line = Line()
    line.begin(access(READ))
    body = bytearray(tag(extra=result(77)) + tag())
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    del body[data.draw(st.integers(0, len(body))) :]
    line.session.receive(report(bytes(body)), 0.5)
    outcome = line.session.take_outcome()
    if outcome is not None:
        return  # damage made it a result of ours

    line.session.receive(report(tag(extra=result(1))), 0.6)
    line.carry(0.6)

    outcome = line.session.take_outcome()
    assert outcome is not None
    assert outcome.results or isinstance(outcome.error, TagAccessError)


def test_each_access_has_ids_of_its_own() -> None:
    """So that the report of one that was given up cannot be taken for the next one's."""
    line = Line()
    for first in (1, 3):
        assert line.begin(access(READ, WRITE)) is None
        line.session.receive(report(tag(extra=result(first) + result(first + 1, kind=350))), 0.5)
        line.carry(0.5)
        outcome = line.session.take_outcome()
        assert outcome is not None
        assert len(outcome.results) == 2

    assert len(set(line.requests(42))) == 2


def test_a_tag_that_never_comes_is_said_not_to_have_been_seen() -> None:
    line = Line()
    line.begin(access(KillTag(5)), due_s=2.0)
    line.session.receive(report(tag(bytes.fromhex("E20000000000000000000001"))), 1.0)

    assert line.session.due_s < 2.0
    line.session.tick(1.7)
    line.carry(1.7)

    outcome = line.session.take_outcome()
    assert outcome is not None
    assert isinstance(outcome.error, TagAccessError)
    assert outcome.error.fault is AccessFault.NO_TAG
    assert "not seen" in str(outcome.error)
    assert line.reader.asked == [40, 42, 41]  # the kill must not happen afterwards


def test_a_tag_that_is_seen_but_not_acted_on_leaves_everything_open() -> None:
    line = Line()
    line.begin(access(READ), due_s=2.0)
    line.session.receive(report(tag()), 1.0)
    line.session.tick(1.7)
    line.carry(1.7)

    outcome = line.session.take_outcome()
    assert outcome is not None
    assert isinstance(outcome.error, ReaderTimeoutError)
    assert "was read" in str(outcome.error)


def test_what_happens_just_before_it_is_given_up_did_happen() -> None:
    line = Line()
    line.reader.answers[41] = lambda message_id: report(tag(extra=result(1))) + message(51, message_id, status(101))
    line.begin(access(READ), due_s=2.0)
    line.session.tick(1.7)
    line.carry(1.7)

    outcome = line.session.take_outcome()
    assert outcome is not None
    assert [done.words for done in outcome.results] == [(0xE280, 0x1160)]


@pytest.mark.parametrize("number", [40, 42])
def test_a_reader_that_refuses_an_access_is_said_to(number: int) -> None:
    line = Line()
    line.reader.answers[number] = lambda message_id: message(number + 10, message_id, status(101, "no"))

    outcome = line.begin(access(READ))

    assert outcome is not None
    assert isinstance(outcome.error, ReaderRefusedError)
    assert line.session.is_reading
    assert line.reader.asked == ([40] if number == 40 else [40, 42, 41])


@pytest.mark.parametrize(
    ("errand", "caps", "reason"),
    [
        (access(READ), {"access_specs": 0}, "changes none"),
        (access(*[READ] * 9), {}, "at most 8 operations"),
        (access(READ, antenna=4), {}, "antenna 4 is not in use"),
    ],
)
def test_what_cannot_be_done_is_not_begun(errand: AccessErrand, caps: dict[str, int], reason: str) -> None:
    line = Line(reader=ScriptedReader(capabilities(**caps)))  # type: ignore[arg-type]  # of the fields that they name

    outcome = line.begin(errand)

    assert outcome is not None
    assert isinstance(outcome.error, ReaderRefusedError)
    assert reason in str(outcome.error)
    assert line.reader.asked == []


def test_a_tag_that_keeps_silent_is_woken_by_another_rospec_for_a_while() -> None:
    line = Line(SWEEP, on_enable(report(tag(extra=result(1)))))
    line.reader.answers[60] = lambda _: report(tag(antenna=2))  # gathered before the exchange

    outcome = line.begin(access(READ))

    assert outcome is not None
    assert outcome.results
    assert line.reader.asked == [*EXCHANGE, 40, 42, 41, *EXCHANGE]
    assert [read.antenna for read in line.session.take_reads()] == [2, 1, 2]
    added = line.requests(20)
    sessions = [body[body.index(b"\x01\x50\x00\x0b") + 4] >> 6 for body in added]  # C1G2SingulationControl
    assert sessions == [0, 2]
    assert [struct.unpack_from(">I", body, 4)[0] for body in added] == [2, 3]
    assert line.session.is_reading


def test_the_old_rospec_is_back_when_the_tag_was_not_found() -> None:
    line = Line(SWEEP)
    line.begin(access(READ), due_s=2.0)
    line.session.tick(1.7)
    line.carry(1.7)

    assert line.reader.asked == [*EXCHANGE, 40, 42, 41, *EXCHANGE]
    outcome = line.session.take_outcome()
    assert outcome is not None
    assert isinstance(outcome.error, TagAccessError)


def test_a_reader_that_waits_for_its_input_is_started_for_an_access() -> None:
    profile = replace(PAD, start_input=InputTrigger(1, True, 2.0))
    reader = on_enable(report(tag(extra=result(1))))
    reader.caps = capabilities(inputs=1)
    line = Line(profile, reader)

    outcome = line.begin(access(READ))

    assert outcome is not None
    assert outcome.results
    assert line.reader.asked == [*EXCHANGE, 40, 42, 41, *EXCHANGE[:-1]]  # and waits again, unstarted


def test_leaving_in_the_middle_of_an_access_takes_it_away_first() -> None:
    line = Line()
    line.begin(access(KillTag(7)))
    line.reader.asked.clear()
    line.session.leave(1.0)
    line.carry(1.0)

    assert line.reader.asked == [41, 21, 14]


def test_an_output_is_switched() -> None:
    line = Line(reader=ScriptedReader(capabilities(outputs=4)))

    assert line.begin(OutputErrand(3, True)) == Outcome()
    assert line.begin(OutputErrand(4, False)) == Outcome()
    assert line.requests(3) == [b"\0" + tlv(219, b"\0\3\x80"), b"\0" + tlv(219, b"\0\4\x00")]


def test_an_output_that_is_not_there_is_refused() -> None:
    line = Line(reader=ScriptedReader(capabilities(outputs=2)))

    for port in (0, 3):
        outcome = line.begin(OutputErrand(port, True))
        assert outcome is not None
        assert isinstance(outcome.error, ReaderRefusedError)
    assert line.reader.asked == []


def test_an_output_that_the_reader_refuses_is_an_outcome_and_no_end() -> None:
    line = Line(reader=ScriptedReader(capabilities(outputs=2)))
    line.reader.answers[3] = lambda message_id: message(13, message_id, status(401))

    outcome = line.begin(OutputErrand(1, True))

    assert outcome is not None
    assert isinstance(outcome.error, ReaderRefusedError)
    assert line.session.is_reading


QUIET = replace(PAD, tx_power_dbm=15.0, keepalive_ms=4000)


def test_a_retune_exchanges_the_rospec_and_reads_its_power_back() -> None:
    line = Line()
    line.reader.answers[60] = lambda _: report(tag(antenna=2))

    assert line.begin(RetuneErrand(QUIET)) == Outcome()

    assert line.reader.asked == [60, 23, 21, 3, 20, 2, 26, 24, 22]
    assert line.session.found is not None
    assert line.session.found.tx_powers_dbm == {1: 15.0, 2: 15.0}
    assert len(line.session.take_reads()) == 1
    line.session.tick(10.9)  # 2.75 periods of the new keepalive


def test_a_profile_that_the_reader_cannot_obey_changes_nothing() -> None:
    line = Line()

    outcome = line.begin(RetuneErrand(replace(PAD, mode=77)))

    assert outcome is not None
    assert isinstance(outcome.error, ProfileError)
    assert line.reader.asked == []
    assert line.session.found is not None
    assert line.session.found.tx_powers_dbm == {1: 20.0, 2: 20.0}


def test_a_profile_that_the_reader_refuses_leaves_the_old_one_in_force() -> None:
    line = Line()
    refusals = iter([status(101), status()])
    held: list[bytes] = []

    def add(message_id: int) -> bytes:
        held.append(line.reader.requests[-1][10:])
        return message(30, message_id, next(refusals))

    line.reader.answers[20] = add
    line.reader.answers[26] = lambda message_id: message(36, message_id, status() + held[-1])
    outcome = line.begin(RetuneErrand(QUIET))

    assert outcome is not None
    assert isinstance(outcome.error, ReaderRefusedError)
    assert line.reader.asked == [60, 23, 21, 3, 20, 21, 3, 20, 2, 26, 24, 22]
    assert line.session.is_reading
    assert line.session.found is not None
    assert line.session.found.tx_powers_dbm == {1: 20.0, 2: 20.0}


def test_a_reader_that_takes_nothing_back_is_connected_anew() -> None:
    line = Line()
    line.reader.answers[20] = lambda message_id: message(30, message_id, status(101))

    with pytest.raises(ReaderGoneError, match="does not take back"):
        line.begin(RetuneErrand(QUIET))


def test_the_end_of_the_rospec_that_is_exchanged_is_no_surprise() -> None:
    line = Line()
    started = event(tlv(249, struct.pack(">BII", 0, 1, 0)))
    ended = event(tlv(249, struct.pack(">BII", 1, 1, 0)))
    line.session.receive(started, 0.0)
    line.reader.answers[23] = lambda message_id: ended + message(33, message_id, status())

    assert line.begin(RetuneErrand(QUIET)) == Outcome()
    assert line.session.is_reading


def test_the_end_of_the_new_rospec_is_the_end_of_the_link() -> None:
    line = Line()
    line.session.receive(event(tlv(249, struct.pack(">BII", 0, 1, 0))), 0.0)
    ended = event(tlv(249, struct.pack(">BII", 1, 2, 0)))
    line.reader.answers[22] = lambda message_id: ended + message(32, message_id, status())

    with pytest.raises(ReaderGoneError, match="by itself"):
        line.begin(RetuneErrand(QUIET))


def test_a_request_of_an_errand_that_gets_no_answer_ends_the_link() -> None:
    line = Line(reader=ScriptedReader(capabilities(outputs=1)))
    line.reader.answers[3] = lambda _: b""
    line.begin(OutputErrand(1, True))

    with pytest.raises(ReaderTimeoutError, match="SET_READER_CONFIG"):
        line.session.tick(1.0)


def test_an_impinj_reader_is_asked_how_warm_it_is_every_half_minute() -> None:
    profile = replace(load_profile("impinj-r420-pad-eu"), mode=None)
    line = Line(profile, ScriptedReader(capabilities(maker=IMPINJ)))
    line.reader.answers[2] = lambda i: message(12, i, status() + custom(22, b"\0\0") + custom(37, b"\0\x29"))

    line.session.tick(0.0)
    line.carry(0.0)
    assert line.session.temperature_c == 41
    line.session.receive(message(62, 1), 29.0)
    line.session.tick(29.9)
    line.carry(29.9)
    assert line.reader.asked == [2, 72]
    line.reader.answers[2] = lambda i: message(12, i, status() + custom(37, struct.pack(">h", -5)))
    line.session.tick(30.0)
    line.carry(30.0)
    assert line.session.temperature_c == -5


@pytest.mark.parametrize("answer", [status(111), status(), status() + custom(37, b"\x29")])
def test_a_reader_that_does_not_say_how_warm_it_is_is_asked_once(answer: bytes) -> None:
    profile = replace(load_profile("impinj-r420-pad-eu"), mode=None)
    line = Line(profile, ScriptedReader(capabilities(maker=IMPINJ)))
    line.reader.answers[2] = lambda i: message(12, i, answer)
    line.session.tick(0.0)
    line.carry(0.0)
    line.session.receive(message(62, 1), 31.0)
    line.session.tick(31.0)
    line.carry(31.0)

    assert line.session.temperature_c is None
    assert line.reader.asked == [2, 72]
    assert line.session.is_reading


def test_an_errand_waits_for_what_was_asked_aside() -> None:
    profile = replace(load_profile("impinj-r420-pad-eu"), mode=None)
    line = Line(profile, ScriptedReader(capabilities(maker=IMPINJ, outputs=1)))
    line.session.tick(0.0)  # its request is open now

    assert line.begin(OutputErrand(1, True)) == Outcome()
    assert line.reader.asked == [2, 3]


@pytest.mark.parametrize(("bit", "words"), [(0x80, "input 2 is high"), (0, "input 2 is low")])
def test_an_input_that_changes_is_told(bit: int, words: str) -> None:
    line = Line(reader=ScriptedReader(capabilities(inputs=2)))

    line.session.receive(event(tlv(248, struct.pack(">HB", 2, bit))), 1.0)

    assert [(one.kind, one.detail) for one in line.session.take_noticed()] == [(ReaderEventKind.INPUT_CHANGED, words)]


def test_a_rospec_that_an_input_starts_may_end() -> None:
    line = Line(replace(PAD, start_input=InputTrigger(1, True, 2.0)), ScriptedReader(capabilities(inputs=1)))

    for _ in range(2):
        line.session.receive(event(tlv(249, struct.pack(">BII", 0, 1, 0))), 1.0)
        line.session.receive(event(tlv(249, struct.pack(">BII", 1, 1, 0))), 2.0)

    assert line.session.is_reading
    assert 22 not in line.reader.asked
