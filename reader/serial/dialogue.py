"""One serial connection from its first byte to its last, whatever the family. No port, no clock, no thread.

1. A family says what it has to say in generators of acts (`reader.serial.speaker.Speaker`); one runs at a time. The
   order is: greet, tune, read; an errand pauses, does its acts, and reads anew; the farewell pauses.
2. One request is open at a time. A sound frame goes to it first; what it does not accept goes to
   `Speaker.take_unasked`: reads come at any time, and those under way when a pause begins are not lost.
3. Before the module is tuned nothing but answers is taken: what it reads then, it reads for somebody else.
4. A broken frame costs itself, and is counted. Only sound frames are signs of life.
5. When a deadline passes on a quiet line, what waits in the decoder is looked at first: a header byte that was none
   may have swallowed the answer. Then the request is repeated, or given up.
6. It `is_reading` from the first sound frame after what transmits was sent, so that a refused start is no success.
7. An errand never comes between a request and its answer, nor before a request that is the sequel of another. One
   that is late fails, and the reading begins anew. Where the profile in force cannot be put back after a retune that
   failed, the connection ends: nobody knows what is.
8. The clock of reads is the host's monotonic one: modules have none that outlives a command.

An error raised by `receive` or `tick` ends the connection. What happened before can still be taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from math import inf
from typing import Any, Final, Generic

from reader.conversation import AccessErrand, Errand, Found, Noticed, Outcome, OutputErrand, RetuneErrand
from reader.errors import ReaderError, ReaderGoneError, ReaderTimeoutError
from reader.model import ReaderEventKind, TagRead
from reader.profile import Profile
from reader.reader_clock import ReaderClock
from reader.serial.acts import Acts, Ask, F, Listen, Rest, Tell
from reader.serial.same_tag import performed
from reader.serial.speaker import Heard, SerialFamily

__all__ = ["SerialDialogue"]

_QUIET_S: Final = 0.05  # no byte for so long: nothing is under way (USB adapters hand on every 16 ms)
_PARTING_S: Final = 0.05  # for the last bytes to leave, where nothing answers them


class _Stage(Enum):
    SETTING_UP = auto()
    READING = auto()
    ERRAND = auto()
    PUTTING_BACK = auto()  # what an errand that failed left half done
    LEAVING = auto()
    OVER = auto()


class _Open(Generic[F]):
    """The act that waits."""

    def __init__(self, act: Ask[F] | Listen[F] | Rest, now_s: float) -> None:
        self.act = act
        self.tries_left = act.tries - 1 if isinstance(act, Ask) else 0
        self._until_s = now_s + act.at_most_s if isinstance(act, Listen) else inf
        self.due_s = min(now_s + self._patience_s, self._until_s)

    @property
    def _patience_s(self) -> float:
        if isinstance(self.act, Ask):
            return self.act.deadline_s
        return self.act.silence_s if isinstance(self.act, Listen) else self.act.for_s

    @property
    def may_be_left(self) -> bool:
        return not isinstance(self.act, Ask)

    def waits_for(self, frame: F) -> bool:
        if isinstance(self.act, Ask):
            return self.act.accepts(frame)
        return isinstance(self.act, Listen) and self.act.until(frame)

    def saw_life(self, now_s: float) -> None:
        if isinstance(self.act, Listen) or (isinstance(self.act, Ask) and self.act.is_patient):
            self.due_s = min(now_s + self._patience_s, self._until_s)

    def begin_again(self, now_s: float) -> None:
        self.tries_left -= 1
        self.due_s = now_s + self._patience_s


class _Wanted:
    """An errand that waits for its turn, or is under way."""

    def __init__(self, errand: Errand, due_s: float) -> None:
        self.errand = errand
        self.due_s = due_s


class SerialDialogue(Generic[F]):
    """Implements `reader.conversation.Conversation` for a serial family.

    Args:
        family: Who is spoken to.
        profile: What the reader is and shall do.
        clock: The estimate of the reader's clock; here it is the host's.
        now_s: When the connection was made.
        noticed: What happened while it was made.
    """

    def __init__(
        self,
        family: SerialFamily[F],
        profile: Profile,
        clock: ReaderClock,
        now_s: float,
        noticed: Sequence[Noticed] = (),
    ) -> None:
        clock.saw(round(now_s * 1e6), now_s)  # rule 8
        self._profile = profile
        self._heard = Heard(noticed=list(noticed))
        self._speaker = family.speaker(profile, self._heard)
        self._decoder = family.decoder(profile)
        self._stage = _Stage.SETTING_UP
        self._has_begun = self._is_confirmed = False  # rule 6
        self._acts: Acts[F, Any] = self._setup()
        self._open: _Open[F] | None = None
        self._errand: _Wanted | None = None
        self._outcome: Outcome | None = None
        self._found: Found | None = None
        self._received_s = now_s
        self._outgoing = bytearray()
        self._go_on(None, now_s)

    @property
    def is_reading(self) -> bool:
        """Whether the module was tuned and has been heard since; stays so during errands."""
        return self._is_confirmed and self._stage in (_Stage.READING, _Stage.ERRAND, _Stage.PUTTING_BACK)

    @property
    def is_over(self) -> bool:
        """Whether the farewell is done."""
        return self._stage is _Stage.OVER

    @property
    def found(self) -> Found | None:
        """What is at the other end; None before it is tuned."""
        return self._found

    @property
    def temperature_c(self) -> float | None:
        """The module's last word on its temperature."""
        return self._heard.temperature_c

    @property
    def due_s(self) -> float:
        """When `tick` has to be called at the latest."""
        due_s = self._open.due_s if self._open is not None else self._received_s
        return due_s if self._errand is None else min(due_s, self._errand.due_s)

    def take_outgoing(self) -> bytes:
        """Return, once, the bytes to be sent."""
        taken = bytes(self._outgoing)
        self._outgoing.clear()
        return taken

    def take_reads(self) -> list[TagRead]:
        """Return, once, the reads that arrived."""
        taken, self._heard.reads = self._heard.reads, []
        return taken

    def take_noticed(self) -> list[Noticed]:
        """Return, once, what happened besides tags."""
        taken, self._heard.noticed = self._heard.noticed, []
        return taken

    def take_outcome(self) -> Outcome | None:
        """Return, once, what came of the errand."""
        taken, self._outcome = self._outcome, None
        return taken

    def receive(self, received: bytes, now_s: float) -> None:
        """Take bytes from the module; empty means that the line was closed.

        Raises:
            ReaderError: The connection is of no more use; the kind of error says why.
        """
        if not received:
            if self._stage is _Stage.LEAVING:
                self._over()
                return
            raise ReaderGoneError("the line was closed at the other end")
        self._received_s = now_s
        for frame in self._decoder.feed(received):
            self._take(frame, now_s)

    def tick(self, now_s: float) -> None:
        """Look at the deadlines.

        Raises:
            ReaderError: What the family makes of a request without answer, or of silence.
        """
        while self._stage is not _Stage.OVER and now_s >= self.due_s:
            if self._errand is not None and now_s >= self._errand.due_s:
                self._fail_late_errand(now_s)
                continue
            waiting = self._open
            if now_s - self._received_s >= _QUIET_S:
                for frame in self._decoder.finish():  # rule 5
                    self._take(frame, now_s)
            if waiting is not None and self._open is waiting and now_s >= waiting.due_s:
                self._expire(waiting, now_s)

    def leave(self, now_s: float) -> None:
        """Begin the farewell, whatever is under way; nothing happens the second time."""
        if self._stage in (_Stage.LEAVING, _Stage.OVER):
            return
        self._stage = _Stage.LEAVING
        self._begin(self._farewell(), now_s)

    def begin(self, errand: Errand, now_s: float, due_s: float) -> None:
        """Begin an errand, as soon as no request of the reading is open."""
        self._errand = _Wanted(errand, due_s)
        if self._stage is _Stage.READING and self._open is not None and self._open.may_be_left:
            self._begin_errand(now_s)

    def _begin(self, acts: Acts[F, Any], now_s: float) -> None:
        self._acts.close()
        self._acts = acts
        self._go_on(None, now_s)

    def _begin_reading(self, now_s: float) -> None:
        self._stage = _Stage.READING
        self._begin(self._speaker.read(), now_s)

    def _begin_errand(self, now_s: float) -> None:
        assert self._errand is not None, "an errand waits"
        self._stage = _Stage.ERRAND
        self._begin(self._acts_of(self._errand.errand), now_s)

    def _setup(self) -> Acts[F, None]:
        yield from self._speaker.greet()
        self._found = yield from self._speaker.tune(self._profile)

    def _farewell(self) -> Acts[F, None]:
        yield from self._speaker.pause()
        if self._outgoing:
            yield Rest(_PARTING_S)

    def _acts_of(self, errand: Errand) -> Acts[F, Outcome]:
        yield from self._speaker.pause()
        if isinstance(errand, AccessErrand):
            return Outcome((yield from performed(errand.target, errand.operations, self._speaker.access)))
        if isinstance(errand, OutputErrand):
            yield from self._speaker.switch_output(errand.port, is_on=errand.is_on)
        else:
            yield from self._retune(errand)
        return Outcome()

    def _retune(self, errand: RetuneErrand) -> Acts[F, None]:
        try:
            found = yield from self._speaker.tune(errand.profile)
        except ReaderError:
            assert self._errand is not None, "this one"
            self._errand.due_s = inf  # what is put back has its own deadlines
            self._stage = _Stage.PUTTING_BACK
            yield from self._speaker.tune(self._profile)
            self._stage = _Stage.ERRAND
            raise
        self._profile, self._found = errand.profile, found

    def _go_on(self, answer: F | None, now_s: float, error: ReaderError | None = None) -> None:
        """Go on with the acts, up to the next one that waits."""
        self._open = None
        self._heard.now_s = now_s
        while True:
            try:
                act = self._acts.send(answer) if error is None else self._acts.throw(error)
            except StopIteration as end:
                self._finish(end.value, now_s)
                return
            except ReaderError as failure:
                self._fail(failure, now_s)
                return
            answer = error = None
            is_sequel = isinstance(act, Ask) and act.is_sequel
            if self._stage is _Stage.READING and self._errand is not None and not is_sequel:
                self._begin_errand(now_s)  # rule 7: no request is open, and the next one can wait
                return
            if isinstance(act, Ask | Tell) and act.transmits and self._stage is _Stage.READING:
                self._has_begun = True
            if isinstance(act, Tell):
                self._outgoing += act.sent
                continue
            if isinstance(act, Ask):
                self._outgoing += act.sent
            self._open = _Open(act, now_s)
            return

    def _finish(self, outcome: Outcome | None, now_s: float) -> None:
        if self._stage is _Stage.LEAVING:
            self._over()
            return
        if self._stage is _Stage.READING:
            raise ReaderGoneError("the module does not read any more")
        if self._stage is _Stage.ERRAND:
            self._errand, self._outcome = None, outcome
        self._begin_reading(now_s)

    def _fail(self, error: ReaderError, now_s: float) -> None:
        if self._stage is _Stage.LEAVING:
            self._over()  # it is silent, or gone
            return
        if self._stage is not _Stage.ERRAND:
            raise error
        self._errand, self._outcome = None, Outcome(error=error)
        self._begin_reading(now_s)

    def _over(self) -> None:
        self._stage = _Stage.OVER
        self._open = None

    def _take(self, frame: F, now_s: float) -> None:
        if frame.error is not None:
            self._heard.notice(ReaderEventKind.MALFORMED, f"a frame of {len(frame.raw)} bytes: {frame.error}")
            return
        stage, had_begun = self._stage, self._has_begun
        if self._open is not None and self._open.waits_for(frame):
            self._go_on(frame, now_s)
        else:
            if self._open is not None:
                self._open.saw_life(now_s)
            if stage is not _Stage.SETTING_UP:  # rule 3
                self._speaker.take_unasked(frame, now_s)
        if stage is _Stage.READING and had_begun:
            self._is_confirmed = True

    def _expire(self, waiting: _Open[F], now_s: float) -> None:
        act = waiting.act
        if not isinstance(act, Ask):
            self._go_on(None, now_s)
        elif waiting.tries_left > 0:
            waiting.begin_again(now_s)
            self._outgoing += act.sent
        else:
            times = f", asked {act.tries} times" if act.tries > 1 else ""
            late = ReaderTimeoutError(f"{act.name} was not answered within {act.deadline_s:g} s{times}")
            self._go_on(None, now_s, late)

    def _fail_late_errand(self, now_s: float) -> None:
        assert self._errand is not None, "an errand is late"
        late = ReaderTimeoutError("the errand was not done in time; nobody knows how far it came")
        if self._stage is _Stage.ERRAND:
            self._go_on(None, now_s, late)
        else:
            self._errand, self._outcome = None, Outcome(error=late)
