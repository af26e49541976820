"""A session that reads: messages, events, signs of life, the clock; against the scripted reader."""

from __future__ import annotations

import struct

import pytest

from reader.errors import (
    ProtocolError,
    ReaderGoneError,
)
from reader.llrp.session import Session
from reader.model import ReaderEventKind
from reader.profile import load_profile
from reader.reader_clock import ReaderClock
from tests.reader.llrp.line import (
    ScriptedReader,
    event,
    message,
    report,
    status,
    tag,
    tlv,
    welcome,
)
from tests.reader.llrp.opened import exchange, opened

VIRTUAL = load_profile("virtual-pad")


def test_keepalives_are_answered_with_their_id() -> None:
    session = opened(ScriptedReader())

    session.receive(message(62, 4242), 1.0)

    assert session.take_outgoing() == message(72, 4242)


def test_silence_is_noticed_after_two_and_three_quarter_periods() -> None:
    session = opened(ScriptedReader(), now_s=10.0)
    session.receive(message(62, 1), 11.0)
    session.take_outgoing()

    session.tick(13.7)
    assert session.due_s == pytest.approx(13.75)
    with pytest.raises(ReaderGoneError, match=r"no sign of life for 2\.8 s"):
        session.tick(13.75)


def test_half_a_message_is_no_sign_of_life() -> None:
    session = opened(ScriptedReader(), now_s=10.0)
    half = report(tag())[:-1]
    session.receive(half[:20], 12.0)
    session.receive(half[20:], 12.7)

    with pytest.raises(ReaderGoneError, match="no sign of life"):
        session.tick(12.76)


@pytest.mark.parametrize(
    "broken",
    [
        message(999, 1, b"?"),
        message(62, 1, version=5),
        report(b"\x00\xf0\x00\x20\x8d"),
        message(63, 1),
        message(63, 1, tlv(246, tlv(256, b"\x00"))),
        message(63, 1, tlv(246, tlv(256, b"\x00\x63"))),
        report(tlv(240, b"\xff")),
    ],
)
def test_message_that_cannot_be_read_costs_itself(broken: bytes) -> None:
    session = opened(ScriptedReader())

    session.receive(report(tag(antenna=1)) + broken + report(tag(antenna=2)), 1.0)

    assert [read.antenna for read in session.take_reads()] == [1, 2]
    assert [noticed.kind for noticed in session.take_noticed()] == [ReaderEventKind.MALFORMED]


def test_impossible_length_ends_the_link_but_not_the_reads_before_it() -> None:
    session = opened(ScriptedReader())

    with pytest.raises(ProtocolError, match="a message of 3 bytes"):
        session.receive(report(tag()) + b"\x04\x3e\0\0\0\3\0\0\0\1", 1.0)

    assert len(session.take_reads()) == 1


def test_one_byte_at_a_time_is_the_same() -> None:
    session = opened(ScriptedReader())
    stream = report(tag()) + message(62, 1) + report(tag(antenna=2), tag(antenna=3))

    for byte in stream:
        session.receive(bytes([byte]), 1.0)

    assert [read.antenna for read in session.take_reads()] == [1, 2, 3]


def test_channels_are_those_of_the_reader() -> None:
    session = opened(ScriptedReader())

    session.receive(report(tag(channel=3), tag(channel=0)), 1.0)

    assert [read.channel_mhz for read in session.take_reads()] == [866.9, None]


@pytest.mark.parametrize(
    ("parameter", "kind", "detail"),
    [
        (tlv(255, struct.pack(">BH", 0, 2)), ReaderEventKind.ANTENNA_GONE, "antenna 2"),
        (tlv(255, struct.pack(">BH", 1, 2)), ReaderEventKind.ANTENNA_BACK, "antenna 2"),
        (tlv(250, b"\x5a"), ReaderEventKind.BUFFER_FILLING, "90 % full"),
        (tlv(251), ReaderEventKind.BUFFER_OVERFLOWED, "the reader dropped reports"),
        (tlv(252, b"\0\3hot"), ReaderEventKind.EXCEPTION, "hot"),
        (tlv(256, b"\0\4"), ReaderEventKind.EXCEPTION, "another client tried to connect to the reader"),
    ],
)
def test_reader_events_are_passed_on(parameter: bytes, kind: ReaderEventKind, detail: str) -> None:
    session = opened(ScriptedReader())

    session.receive(event(parameter), 1.0)

    assert [(noticed.kind, noticed.detail) for noticed in session.take_noticed()] == [(kind, detail)]


def test_antennas_that_are_missing_from_the_start_are_told() -> None:
    """Of those in use; port 4 is nobody's business here."""
    reader = ScriptedReader()
    properties = b"".join(tlv(221, struct.pack(">BHh", on << 7, port, 600)) for port, on in ((1, 1), (2, 0), (4, 0)))
    usual = status() + tlv(222, struct.pack(">H", 1))
    bodies = iter([usual, status() + properties])
    reader.answers[2] = lambda message_id: message(12, message_id, next(bodies))
    session = opened(reader)

    assert [(one.kind, one.antenna) for one in session.take_noticed()] == [(ReaderEventKind.ANTENNA_GONE, 2)]


def test_an_antenna_that_nobody_uses_may_come_and_go() -> None:
    session = opened(ScriptedReader())

    session.receive(event(tlv(255, struct.pack(">BH", 0, 4))) + event(tlv(255, struct.pack(">BH", 1, 4))), 1.0)

    assert session.take_noticed() == []


@pytest.mark.parametrize("answer", [status(101), status() + tlv(221, b"\0"), b""])
def test_a_reader_that_does_not_tell_of_its_antennas_reads_all_the_same(answer: bytes) -> None:
    reader = ScriptedReader()
    bodies = iter([status(), answer])
    reader.answers[2] = lambda message_id: message(12, message_id, body) if (body := next(bodies)) else b""
    session = opened(reader)
    session.tick(2.0)

    assert session.is_reading
    assert session.take_noticed() == []


def test_error_message_out_of_the_blue_is_told() -> None:
    session = opened(ScriptedReader())

    session.receive(message(100, 0, status(112)), 1.0)

    assert [noticed.detail for noticed in session.take_noticed()] == ["M_UnexpectedMessage"]


def test_clock_follows_the_welcome_then_the_reads() -> None:
    clock = ReaderClock()
    session = Session(VIRTUAL, clock, 0.0)
    session.receive(welcome(utc_us=5_000_000), 0.0)
    assert clock.now_us(1.0) == 6_000_000
    exchange(session, ScriptedReader())
    session.receive(report(tag(last_us=9_000_000)), 1.0)
    session.receive(event(tlv(251), utc_us=99_000_000), 1.0)

    assert clock.now_us(1.0) == 9_000_000


def test_reports_that_were_held_for_us_do_not_spoil_the_clock() -> None:
    """A reader that reads on while we are away lets go of minutes of reports when we are back."""
    clock = ReaderClock()
    before = Session(VIRTUAL, clock, 0.0)
    before.receive(welcome(utc_us=1_000_000_000), 0.0)
    exchange(before, ScriptedReader())
    before.receive(report(tag(last_us=1_001_000_000)), 1.0)

    after = Session(VIRTUAL, clock, 100.0)
    after.receive(welcome(utc_us=1_100_000_000), 100.0)
    exchange(after, ScriptedReader(), 100.0)
    for second in range(5, 95):
        after.receive(report(tag(last_us=1_000_000_000 + second * 1_000_000)), 100.0 + second / 1000)
    assert clock.now_us(101.0) == 1_101_000_000
    after.receive(report(tag(last_us=1_102_000_000)), 102.0)

    assert clock.now_us(103.0) == 1_103_000_000
    assert len(after.take_reads()) == 91  # and what was read is not lost
