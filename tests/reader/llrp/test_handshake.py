"""What is asked until reports flow, in which order, and what ends it: against the scripted reader."""

from __future__ import annotations

import struct

import pytest

from reader.errors import (
    ProfileError,
    ProtocolError,
    ReaderBusyError,
    ReaderError,
    ReaderRefusedError,
    ReaderTimeoutError,
)
from reader.llrp.asking import Patience
from reader.llrp.session import Session
from reader.profile import load_profile
from reader.reader_clock import ReaderClock
from tests.reader.llrp.line import (
    ScriptedReader,
    capabilities,
    message,
    report,
    status,
    tag,
    welcome,
)
from tests.reader.llrp.opened import exchange, opened

VIRTUAL = load_profile("virtual-pad")
IMPINJ = load_profile("impinj-r420-pad-eu")
FULL_SETUP = [46, 47, 41, 21, 1, 3, 20, 2, 26, 24, 22, 64, 2]


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


def test_impinj_extensions_come_before_any_setting_and_1_0_1_is_not_negotiated() -> None:
    reader = ScriptedReader(capabilities(maker=25882))
    session = opened(reader, "impinj-r420-pad-eu")

    assert reader.asked == [41, 21, 1, 1023, *FULL_SETUP[5:]]
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
    """And what a client before us left there does not go on transmitting behind the refusal."""
    reader = ScriptedReader(caps)

    with pytest.raises(ProfileError, match=reason):
        opened(reader, profile_name)
    assert {41, 21} <= set(reader.asked)
    assert 20 not in reader.asked


def test_another_makers_reader_is_refused_in_words_before_it_sees_a_custom_message() -> None:
    reader = ScriptedReader(capabilities(maker=161))

    with pytest.raises(ProfileError, match=r"25882 \(Impinj\), but this one says 161 \(Zebra or Motorola\)"):
        opened(reader, "impinj-r420-pad-eu")
    assert reader.asked == [41, 21, 1]


def test_what_was_left_is_deleted_before_a_makers_extensions_can_be_refused() -> None:
    reader = ScriptedReader(capabilities(maker=25882))
    reader.answers[1023] = lambda message_id: message(100, message_id, status(109))

    with pytest.raises(ReaderRefusedError):
        opened(reader, "impinj-r420-pad-eu")
    assert reader.asked == [41, 21, 1, 1023]


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


def test_reports_before_the_set_up_is_done_are_not_ours() -> None:
    session = Session(VIRTUAL, ReaderClock(), 0.0)
    session.receive(welcome() + report(tag()), 0.1)

    assert session.take_reads() == []


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
