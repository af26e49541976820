from __future__ import annotations

import struct

import pytest

from reader.errors import (
    ProfileError,
    ProtocolError,
    ReaderBusyError,
    ReaderError,
    ReaderGoneError,
    ReaderRefusedError,
    ReaderTimeoutError,
)
from reader.llrp.asking import Patience
from reader.llrp.session import Session
from reader.model import ReaderEventKind
from reader.profile import load_profile
from reader.reader_clock import ReaderClock
from tests.reader.llrp.line import (
    ScriptedReader,
    capabilities,
    event,
    message,
    report,
    status,
    tag,
    tlv,
    welcome,
)

VIRTUAL = load_profile("virtual-pad")
IMPINJ = load_profile("impinj-r420-pad-eu")
FULL_SETUP = [46, 47, 1, 41, 21, 3, 20, 2, 26, 24, 22, 64, 2]


def exchange(session: Session, reader: ScriptedReader, now_s: float = 0.0) -> None:
    """Carry bytes to and fro until neither side has more to say."""
    while outgoing := session.take_outgoing():
        answered = reader.feed(outgoing)
        if answered:
            session.receive(answered, now_s)


def opened(reader: ScriptedReader, profile_name: str = "virtual-pad", now_s: float = 0.0) -> Session:
    session = Session(load_profile(profile_name), ReaderClock(), now_s)
    session.receive(welcome(), now_s)
    exchange(session, reader, now_s)
    return session


def test_nothing_is_sent_before_the_welcome() -> None:
    session = Session(VIRTUAL, ReaderClock(), 0.0)
    session.receive(message(62, 1), 0.1)

    assert session.take_outgoing() == b""
    session.tick(1.4)
    with pytest.raises(ReaderTimeoutError, match="said nothing"):
        session.tick(1.5)


@pytest.mark.parametrize("attempt", [1, 2, 3])
def test_refused_connection_says_why(attempt: int) -> None:
    session = Session(VIRTUAL, ReaderClock(), 0.0)

    with pytest.raises(ReaderBusyError):
        session.receive(welcome(attempt), 0.1)
    assert session.take_outgoing() == b""


def test_handshake_in_the_order_of_the_standard() -> None:
    reader = ScriptedReader()
    session = opened(reader)

    assert reader.asked == FULL_SETUP
    assert session.is_reading
    assert session.setup is not None
    assert session.setup.version == 2
    assert session.found is not None
    assert session.found.tx_powers_dbm == {1: 20.0, 2: 20.0}


def test_impinj_extensions_come_first_and_1_0_1_is_not_negotiated() -> None:
    reader = ScriptedReader(capabilities(maker=25882))
    session = opened(reader, "impinj-r420-pad-eu")

    assert reader.asked == [1023, *FULL_SETUP[2:]]
    assert session.setup is not None
    assert session.setup.version == 1


@pytest.mark.parametrize(
    ("answer_to_46", "answer_to_47", "version", "asked"),
    [
        (lambda i: message(100, i, status(110)), None, 1, [46]),
        (lambda i: message(56, i, b"\0\0" + status(110), 2), None, 1, [46]),
        (lambda i: message(56, i, b"\1\1" + status(), 2), None, 1, [46]),
        (lambda i: message(56, i, b"\2\2" + status(), 2), None, 2, [46]),
        (lambda i: message(56, i, b"\1\2" + status(), 2), lambda i: message(57, i, status(112), 2), 2, [46, 47]),
        (lambda i: message(56, i, b"\1\2" + status(), 2), lambda i: message(57, i, status(110), 2), 1, [46, 47]),
        (lambda i: message(56, i, b"\1\2" + status(), 2), lambda i: message(100, i, status(110), 2), 1, [46, 47]),
    ],
)
def test_version_that_both_speak(answer_to_46: object, answer_to_47: object, version: int, asked: list[int]) -> None:
    reader = ScriptedReader()
    reader.answers = {n: a for n, a in ((46, answer_to_46), (47, answer_to_47)) if callable(a)}
    session = opened(reader)

    assert session.is_reading
    assert session.setup is not None
    assert session.setup.version == version
    assert reader.asked == asked + FULL_SETUP[2:]
    assert {frame[0] >> 2 for frame in reader.requests[len(asked) :]} == {version}


@pytest.mark.parametrize("number", [1, 3, 21, 20, 24, 22, 2, 26])
@pytest.mark.parametrize("code", [101, 999])
def test_refusal_of_a_request_is_typed(number: int, code: int) -> None:
    reader = ScriptedReader()
    answer = number + 10
    reader.answers[number] = lambda message_id: message(answer, message_id, status(code, "no"))

    with pytest.raises(ReaderRefusedError) as caught:
        opened(reader)
    assert caught.value.status == code
    assert reader.asked[-1] == number


def test_error_message_counts_as_refusal() -> None:
    reader = ScriptedReader()
    reader.answers[20] = lambda message_id: message(100, message_id, status(109))

    with pytest.raises(ReaderRefusedError, match=r"ADD_ROSPEC.*M_UnsupportedMessage"):
        opened(reader)


def test_reader_without_access_specs_is_fine() -> None:
    reader = ScriptedReader()
    reader.answers[41] = lambda message_id: message(51, message_id, status(101))

    assert opened(reader).is_reading


def test_power_that_is_not_held_is_refused_before_anything_transmits() -> None:
    reader = ScriptedReader(power_held=5)

    with pytest.raises(ProfileError, match=r"antenna 1: power index 3 \(20\.00 dBm\) was set, but the reader holds 5"):
        opened(reader)
    assert not {24, 22} & set(reader.asked)


@pytest.mark.parametrize(
    ("caps", "profile_name", "reason"),
    [
        (capabilities(antennas=1), "virtual-pad", "antenna port 2"),
        (capabilities(standard=1), "virtual-pad", "communications standard 1"),
        (capabilities(khz=[915_250]), "virtual-pad", "915.25 MHz"),
        (capabilities(powers_dbm=[25.0]), "virtual-pad", "smallest power is 25.00 dBm"),
        (capabilities(maker=161), "impinj-r420-pad-eu", "manufacturer 25882"),
        (capabilities(maker=25882, modes=[0, 2]), "impinj-r420-pad-eu", "mode 1002, but the reader lists 0, 2"),
    ],
)
def test_reader_that_does_not_fit_the_profile_is_refused(caps: bytes, profile_name: str, reason: str) -> None:
    reader = ScriptedReader(caps)

    with pytest.raises(ProfileError, match=reason):
        opened(reader, profile_name)
    assert 20 not in reader.asked


def test_unanswered_request_has_a_deadline() -> None:
    reader = ScriptedReader()
    reader.answers[20] = lambda _: b""
    session = opened(reader)

    session.tick(0.9)
    with pytest.raises(ReaderTimeoutError, match="ADD_ROSPEC was not answered within 1 s"):
        session.tick(1.0)


@pytest.mark.parametrize("swallowed", FULL_SETUP[:-2])  # without those that nobody waits for
def test_a_swallowed_request_leaves_time_to_read_again_within_two_seconds(swallowed: int) -> None:
    reader = ScriptedReader()
    reader.answers[swallowed] = lambda _: b""
    session = opened(reader)

    assert session.due_s <= 1.0
    with pytest.raises(ReaderTimeoutError):
        session.tick(1.0)


def test_a_slow_reader_is_given_more_time_at_each_connection_and_then_what_it_needs() -> None:
    """It takes 3 s to each ENABLE_ROSPEC: set up at the third attempt, and at the first one ever after."""
    patience = Patience()
    outcomes = []
    for _ in range(4):
        reader = ScriptedReader()
        reader.answers[24] = lambda _: b""
        session = Session(VIRTUAL, ReaderClock(), 0.0, patience)
        session.receive(welcome(), 0.0)
        exchange(session, reader)
        late = message(34, struct.unpack_from(">I", reader.requests[-1], 6)[0], status(), version=2)
        try:
            session.tick(2.9)
            session.receive(late, 3.0)
            exchange(session, reader, 3.0)
        except ReaderTimeoutError:
            outcomes.append("late")
        else:
            outcomes.append("reading" if session.is_reading else "stuck")

    assert outcomes == ["late", "late", "reading", "reading"]


def test_late_answer_is_dropped() -> None:
    reader = ScriptedReader()
    reader.answers[1] = lambda i: message(11, i + 50, status(101)) + message(11, i, status() + capabilities())

    assert opened(reader).is_reading


def test_answer_without_status_is_the_end() -> None:
    reader = ScriptedReader()
    reader.answers[22] = lambda message_id: message(32, message_id)

    with pytest.raises(ProtocolError, match="without LLRPStatus"):
        opened(reader)


def test_unreadable_answer_that_is_waited_for_is_the_end() -> None:
    reader = ScriptedReader()
    reader.answers[1] = lambda message_id: message(11, message_id, status() + capabilities()[:-9])

    with pytest.raises(ProtocolError):
        opened(reader)


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


def test_reports_before_the_set_up_is_done_are_not_ours() -> None:
    session = Session(VIRTUAL, ReaderClock(), 0.0)
    session.receive(welcome() + report(tag()), 0.1)

    assert session.take_reads() == []


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


@pytest.mark.parametrize("answer", [status(101), status() + tlv(221, b"\0"), b""])
def test_a_reader_that_does_not_tell_of_its_antennas_reads_all_the_same(answer: bytes) -> None:
    reader = ScriptedReader()
    bodies = iter([status(), answer])
    reader.answers[2] = lambda message_id: message(12, message_id, body) if (body := next(bodies)) else b""
    session = opened(reader)
    session.tick(2.0)

    assert session.is_reading
    assert session.take_noticed() == []


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


def test_error_message_out_of_the_blue_is_told() -> None:
    session = opened(ScriptedReader())

    session.receive(message(100, 0, status(112)), 1.0)

    assert [noticed.detail for noticed in session.take_noticed()] == ["M_UnexpectedMessage"]


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


def test_every_cut_of_the_set_up_is_a_typed_error_or_a_wait() -> None:
    """A reader that hangs up after any byte of the handshake."""
    reader = ScriptedReader()
    session = Session(IMPINJ, ReaderClock(), 0.0)
    whole: list[bytes] = [welcome()]
    session.receive(whole[0], 0.0)
    reader.caps = capabilities(maker=25882)
    while outgoing := session.take_outgoing():
        answered = reader.feed(outgoing)
        if not answered:
            break
        whole.append(answered)
        session.receive(answered, 0.0)
    assert session.is_reading

    for answers in range(len(whole)):
        for size in (0, 1, 9, 10, len(whole[answers]) - 1):
            cut = Session(IMPINJ, ReaderClock(), 0.0)
            for answered in whole[:answers]:
                cut.receive(answered, 0.0)
            if size:
                cut.receive(whole[answers][:size], 0.0)
            with pytest.raises(ReaderError):
                cut.receive(b"", 0.0)
