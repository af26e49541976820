"""The laws of every serial conversation, on a family of nothing but what is needed to show them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.access import Accessed, Bank, ReadWords, TagOperation, TagTarget
from reader.conversation import AccessErrand, Found, Noticed, Outcome, OutputErrand, RetuneErrand
from reader.errors import ProfileError, ReaderError, ReaderGoneError, ReaderTimeoutError
from reader.model import ReaderEventKind, TagRead
from reader.profile import Profile
from reader.reader_clock import ReaderClock
from reader.serial.acts import Acts, Ask, Listen, ask, rest, tell
from reader.serial.dialogue import SerialDialogue
from reader.serial.mercury import MercuryDecoder, MercuryFrame
from reader.serial.speaker import Heard, SerialFamily
from tests.reader.serial.lines import mercury
from tests.reader.serial.mercury_script import profile_of

PROFILE = profile_of()
OTHER = profile_of(session=2)
TAG = mercury(0x22)
STOPPED = mercury(0x2F)


def question(word: bytes, opcode: int, **how: bool) -> Ask[MercuryFrame]:
    return Ask(word.decode(), word, lambda frame: frame.opcode == opcode, 0.5, 2, **how)


class Toy:
    """Asks in words, is answered in Mercury's frames."""

    def __init__(self, profile: Profile, heard: Heard) -> None:
        self.heard = heard
        self.silence_s = 1.0
        self.reads_by_asking = False
        self.rests_of_rounds = 0

    def greet(self) -> Acts[MercuryFrame, None]:
        yield from ask(question(b"greet", 1))

    def tune(self, profile: Profile) -> Acts[MercuryFrame, Found]:
        answer = yield from ask(question(b"tune%d" % profile.session, 2))
        if answer.status:
            raise ProfileError("not that one")
        return Found("toy", str(profile.session))

    def read(self) -> Acts[MercuryFrame, None]:
        while True:
            yield from tell(b"read", transmits=True)
            if self.reads_by_asking:
                yield from ask(question(b"round", 3, is_patient=True))
                for _ in range(self.rests_of_rounds):
                    yield from ask(question(b"rest", 5, is_sequel=True))
                continue
            ended = yield Listen(lambda frame: frame.opcode == 3, self.silence_s)
            if ended is None:
                raise ReaderGoneError("silence")

    def pause(self) -> Acts[MercuryFrame, None]:
        yield from ask(question(b"pause", 0x2F))

    def access(self, target: TagTarget, operation: TagOperation) -> Acts[MercuryFrame, Accessed]:
        yield from ask(question(b"access", 4))
        return Accessed(operation, target.epc or "", 1)

    def switch_output(self, port: int, *, is_on: bool) -> Acts[MercuryFrame, None]:
        yield from tell(b"out")
        yield from rest(0.3)

    def take_unasked(self, frame: MercuryFrame, now_s: float) -> None:
        if frame.opcode == 0x22:
            self.heard.reads.append(TagRead(round(now_s * 1e6), "AA", 1, -50.0))


class Bench:
    def __init__(self, *, reads_by_asking: bool = False, noticed: tuple[Noticed, ...] = ()) -> None:
        def speaker(profile: Profile, heard: Heard) -> Toy:
            self.toy = Toy(profile, heard)
            self.toy.reads_by_asking = reads_by_asking
            return self.toy

        family: SerialFamily[MercuryFrame] = SerialFamily(
            "toy", (), lambda _: b"", lambda _: MercuryDecoder(), lambda _: True, speaker
        )
        self.now_s = 10.0
        self.clock = ReaderClock()
        self.talk = SerialDialogue(family, PROFILE, self.clock, self.now_s, noticed)

    def say(self, *frames: bytes) -> bytes:
        for frame in frames:
            self.talk.receive(frame, self.now_s)
        return self.talk.take_outgoing()

    def wait(self, seconds: float) -> bytes:
        self.now_s += seconds
        self.talk.tick(self.now_s)
        return self.talk.take_outgoing()

    def set_up(self) -> Bench:
        assert self.talk.take_outgoing() == b"greet"
        assert self.say(mercury(1)) == b"tune1"
        assert self.say(mercury(2)).startswith(b"read")
        was_reading = self.talk.is_reading
        self.say(TAG)
        assert (was_reading, self.talk.is_reading) == (False, True), "it reads from the first sign of life on"
        self.talk.take_reads()
        return self


ACCESS = AccessErrand(TagTarget("AAAA"), (ReadWords(Bank.TID, 0, 1),))


def error_of(outcome: Outcome | None) -> ReaderError:
    assert outcome is not None
    assert outcome.error is not None
    return outcome.error


def test_what_is_read_before_it_is_tuned_is_not_ours() -> None:
    bench = Bench()
    bench.talk.receive(TAG, bench.now_s)
    assert bench.talk.take_reads() == []
    bench.set_up()
    bench.say(TAG, TAG)
    assert len(bench.talk.take_reads()) == 2


def test_a_request_is_repeated_and_then_given_up() -> None:
    bench = Bench()
    assert bench.talk.take_outgoing() == b"greet"
    assert bench.wait(0.4) == b""
    assert bench.wait(0.1) == b"greet"
    with pytest.raises(ReaderTimeoutError, match=r"greet was not answered within 0\.5 s, asked 2 times"):
        bench.wait(0.5)


def test_an_answer_that_hides_behind_a_false_header_is_found_before_the_request_is_repeated() -> None:
    bench = Bench()
    bench.talk.take_outgoing()
    assert bench.say(b"\xff\xf0" + mercury(1)) == b""
    assert bench.wait(0.5) == b"tune1"
    assert [noticed.kind for noticed in bench.talk.take_noticed()] == [ReaderEventKind.MALFORMED]


def test_silence_while_reading_ends_it_and_broken_frames_are_no_sign_of_life() -> None:
    bench = Bench().set_up()
    bench.wait(0.9)
    bench.say(TAG)
    bench.wait(0.9)
    bench.say(TAG[:-1] + b"\0")
    with pytest.raises(ReaderGoneError, match="silence"):
        bench.wait(0.2)


def test_what_happened_while_the_line_was_made_is_told() -> None:
    told = Noticed(ReaderEventKind.BAUD_DIFFERS, "answers at 57600")

    assert Bench(noticed=(told,)).talk.take_noticed() == [told]


def test_the_clock_is_the_host_s() -> None:
    bench = Bench().set_up()

    assert bench.clock.now_us(11.5) == 11_500_000


def test_an_errand_pauses_and_resumes_and_no_read_is_lost() -> None:
    bench = Bench().set_up()
    bench.talk.begin(ACCESS, bench.now_s, bench.now_s + 5.0)
    assert bench.talk.take_outgoing() == b"pause"
    assert bench.say(TAG, STOPPED) == b"access"
    assert bench.talk.is_reading
    assert bench.talk.take_outcome() is None
    assert bench.say(mercury(4), TAG) == b"read"
    outcome = bench.talk.take_outcome()

    assert outcome is not None
    assert [done.epc for done in outcome.results] == ["AAAA"]
    assert len(bench.talk.take_reads()) == 2
    assert bench.talk.take_outcome() is None


def test_an_errand_never_comes_between_a_request_and_its_answer() -> None:
    bench = Bench(reads_by_asking=True).set_up()
    bench.talk.begin(ACCESS, bench.now_s, bench.now_s + 5.0)
    assert bench.say(TAG) == b""
    assert bench.say(mercury(3)) == b"pause"
    assert bench.say(STOPPED) == b"access"
    # Errands in a row do not starve the reading: a round comes between them.
    assert bench.say(mercury(4)) == b"readround"
    bench.talk.begin(ACCESS, bench.now_s, bench.now_s + 5.0)
    assert bench.say(TAG) == b""
    assert bench.say(mercury(3)) == b"pause"


def test_an_errand_waits_for_the_sequels_of_a_request() -> None:
    bench = Bench(reads_by_asking=True).set_up()
    bench.toy.rests_of_rounds = 2
    bench.talk.begin(ACCESS, bench.now_s, bench.now_s + 5.0)
    assert bench.say(mercury(3)) == b"rest"
    assert bench.say(mercury(5)) == b"rest"
    assert bench.say(mercury(5)) == b"pause"


def test_a_patient_request_lives_on_signs_of_life() -> None:
    bench = Bench(reads_by_asking=True).set_up()
    for _ in range(5):
        assert bench.wait(0.4) == b""
        bench.say(TAG)
    assert bench.wait(0.5) == b"round"


def test_a_late_errand_fails_and_the_reading_begins_anew() -> None:
    bench = Bench().set_up()
    bench.talk.begin(ACCESS, bench.now_s, bench.now_s + 0.3)
    bench.say(STOPPED)
    assert bench.wait(0.3) == b"read"

    assert isinstance(error_of(bench.talk.take_outcome()), ReaderTimeoutError)
    assert bench.say(mercury(4)) == b"", "its late answer is nobody's"
    assert bench.talk.is_reading


def test_an_errand_that_never_got_its_turn_fails_in_time() -> None:
    bench = Bench(reads_by_asking=True).set_up()
    bench.talk.begin(ACCESS, bench.now_s, bench.now_s + 0.3)
    assert bench.wait(0.3) == b""

    assert isinstance(error_of(bench.talk.take_outcome()), ReaderTimeoutError)
    assert bench.say(mercury(3)) == b"readround"


def test_a_retune_takes_effect_or_leaves_everything_as_it_was() -> None:
    bench = Bench().set_up()
    bench.talk.begin(RetuneErrand(OTHER), bench.now_s, bench.now_s + 5.0)
    bench.say(STOPPED)
    assert bench.say(mercury(2)) == b"read"
    assert bench.talk.take_outcome() == Outcome()
    assert bench.talk.found == Found("toy", "2")

    bench.talk.begin(RetuneErrand(PROFILE), bench.now_s, bench.now_s + 5.0)
    assert bench.say(STOPPED) == b"pausetune1"
    assert bench.say(mercury(2, status=0x0105)) == b"tune2", "the one in force is put back"
    assert bench.say(mercury(2)) == b"read"
    assert isinstance(error_of(bench.talk.take_outcome()), ProfileError)
    assert bench.talk.found == Found("toy", "2")


def test_what_a_late_retune_did_is_put_back_in_its_own_time() -> None:
    bench = Bench().set_up()
    bench.talk.begin(RetuneErrand(OTHER), bench.now_s, bench.now_s + 0.3)
    assert bench.say(STOPPED) == b"pausetune2"
    assert bench.wait(0.3) == b"tune1"
    assert bench.wait(0.2) == b""
    assert bench.say(mercury(2)) == b"read"
    assert isinstance(error_of(bench.talk.take_outcome()), ReaderTimeoutError)
    assert bench.talk.found == Found("toy", "1")


@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize("is_answered", [False, True])
def test_where_the_profile_in_force_cannot_be_put_back_the_connection_ends(is_late: bool, is_answered: bool) -> None:
    bench = Bench().set_up()
    bench.talk.begin(RetuneErrand(OTHER), bench.now_s, bench.now_s + 0.3)
    assert bench.say(STOPPED) == b"pausetune2"
    put_back = bench.wait(0.3) if is_late else bench.say(mercury(2, status=0x0105))
    assert put_back == b"tune1"
    assert bench.talk.is_reading, "the link is the same still"

    if is_answered:
        with pytest.raises(ProfileError):
            bench.say(mercury(2, status=0x0105))
    else:
        assert bench.wait(0.5) == b"tune1"
        with pytest.raises(ReaderTimeoutError, match="tune1"):
            bench.wait(0.5)
    assert bench.talk.take_outgoing() == b"", "it must not read at settings that nobody knows"


def test_a_rest_is_kept_and_reads_come_meanwhile() -> None:
    bench = Bench().set_up()
    bench.talk.begin(OutputErrand(1, is_on=True), bench.now_s, bench.now_s + 5.0)
    assert bench.say(STOPPED) == b"pauseout"
    bench.say(TAG)
    assert bench.wait(0.29) == b""
    assert bench.wait(0.02) == b"read"
    assert bench.talk.take_outcome() == Outcome()
    assert len(bench.talk.take_reads()) == 1


@pytest.mark.parametrize("answered", [True, False])
def test_the_farewell_ends_in_bounded_time_answered_or_not(answered: bool) -> None:
    bench = Bench().set_up()
    bench.talk.leave(bench.now_s)
    bench.talk.leave(bench.now_s)
    assert bench.talk.take_outgoing() == b"pause"
    if answered:
        bench.say(STOPPED)
    else:
        bench.wait(0.5)
        bench.wait(0.5)

    assert bench.talk.is_over
    assert not bench.talk.is_reading


def test_a_line_that_closes_during_the_farewell_is_no_error() -> None:
    bench = Bench().set_up()
    bench.talk.leave(bench.now_s)
    bench.talk.receive(b"", bench.now_s)

    assert bench.talk.is_over


@given(st.lists(st.binary(max_size=40), max_size=12), st.integers(1, 9))
def test_no_bytes_raise_and_what_is_good_among_them_is_read(noise: list[bytes], cut: int) -> None:
    bench = Bench().set_up()
    bench.toy.silence_s = 1000.0
    # A run of zeros is no header and no length that would swallow the tag behind it.
    stream = b"".join(part + bytes(300) + TAG for part in noise)
    for at in range(0, len(stream), cut):
        bench.say(stream[at : at + cut])

    assert len(bench.talk.take_reads()) >= len(noise)
