"""How a session ends, or goes on although a ROSpec ended: against the scripted reader."""

from __future__ import annotations

import struct

import pytest

from reader.errors import (
    ReaderGoneError,
    ReaderTimeoutError,
)
from tests.reader.llrp.line import (
    ScriptedReader,
    event,
    message,
    status,
    tlv,
)
from tests.reader.llrp.opened import exchange, opened

ROSPEC_STARTED = event(tlv(249, struct.pack(">BII", 0, 1, 0)))


def test_the_end_of_a_dead_clients_rospec_is_not_ours() -> None:
    session = opened(ScriptedReader())

    session.receive(event(tlv(249, struct.pack(">BII", 1, 1, 0))) + ROSPEC_STARTED, 1.0)

    assert session.is_reading


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (event(tlv(257)), "announced"),
        (ROSPEC_STARTED + event(tlv(249, struct.pack(">BII", 1, 1, 0))), "ended the ROSpec"),
        (2 * event(tlv(249, struct.pack(">BII", 1, 1, 0))), "ended the ROSpec"),
        (b"", "closed the connection"),
    ],
)
def test_end_of_reading_is_the_end_of_the_link(sent: bytes, reason: str) -> None:
    session = opened(ScriptedReader())

    with pytest.raises(ReaderGoneError, match=reason):
        session.receive(sent, 1.0)


def test_a_rospec_that_pre_empts_ours_is_deleted_and_ours_started_again() -> None:
    reader = ScriptedReader()
    session = opened(reader)
    reader.asked.clear()
    reader.requests.clear()

    session.receive(ROSPEC_STARTED + event(tlv(249, struct.pack(">BII", 2, 1, 9))), 1.0)
    exchange(session, reader)

    assert [(asked, frame[10:]) for asked, frame in zip(reader.asked, reader.requests, strict=True)] == [
        (21, b"\0\0\0\x09"),
        (22, b"\0\0\0\x01"),
    ]
    assert [noticed.detail for noticed in session.take_noticed()] == ["ROSpec 9 pre-empted ours"]
    assert session.is_reading


def test_a_rospec_that_stays_pre_empted_is_the_end_of_the_link() -> None:
    reader = ScriptedReader()
    session = opened(reader)
    reader.answers[22] = lambda message_id: message(32, message_id, status(101))
    session.receive(ROSPEC_STARTED + event(tlv(249, struct.pack(">BII", 2, 1, 9))), 1.0)

    with pytest.raises(ReaderGoneError, match="pre-empted"):
        exchange(session, reader)


@pytest.mark.parametrize("nameless", [0, 1])  # deleting 0 would delete all
def test_nothing_is_deleted_for_a_rospec_that_cannot_be_told_from_ours(nameless: int) -> None:
    session = opened(ScriptedReader())

    with pytest.raises(ReaderGoneError, match="ended"):
        session.receive(ROSPEC_STARTED + event(tlv(249, struct.pack(">BII", 2, 1, nameless))), 1.0)

    assert session.take_outgoing() == b""


def test_leaving_silences_the_reader_first() -> None:
    reader = ScriptedReader()
    session = opened(reader)
    reader.asked.clear()

    session.leave(1.0)
    exchange(session, reader)

    assert reader.asked == [21, 14]
    assert session.is_over


def test_leaving_a_reader_that_does_not_answer_ends_all_the_same() -> None:
    session = opened(ScriptedReader())
    session.leave(100.0)
    session.leave(100.1)

    session.tick(102.0)
    assert session.take_outgoing()[-10:-8] == b"\x08\x0e"
    with pytest.raises(ReaderTimeoutError, match="CLOSE_CONNECTION"):
        session.tick(112.0)


def test_reader_that_closes_while_we_leave_has_answered() -> None:
    session = opened(ScriptedReader())
    session.leave(1.0)

    session.receive(b"", 1.1)

    assert session.is_over


def test_leaving_in_the_middle_of_the_set_up() -> None:
    reader = ScriptedReader()
    reader.answers[20] = lambda _: b""
    session = opened(reader)
    del reader.answers[20]

    session.leave(1.0)
    exchange(session, reader)

    assert reader.asked[-2:] == [21, 14]
    assert session.is_over
