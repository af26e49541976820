"""One LLRP connection from its first byte to its last, without socket, clock or thread.

1. The reader speaks first: a READER_EVENT_NOTIFICATION with ConnectionAttemptEvent. Nothing is sent before it.
   Status 0 is a welcome; 1 to 3 mean that somebody else has the reader (`ReaderBusyError`).
2. Requests and their answers are `asking`'s: one at a time, matched by message id, each with a deadline.
3. Scripts run one after the other: the handshake, then errands and what is asked aside, at last the farewell. An
   errand that fails says so in its outcome; a script that got no answer ends the connection.
4. KEEPALIVE is answered at once, whatever else goes on.
5. Once reports flow, a whole message has to come within `_SILENT_PERIODS` keepalive periods; else the link is dead
   (`ReaderGoneError`). Bytes alone do not count: half a message may be followed by silence, or by what is no message.
6. A message that is unknown or cannot be read costs itself, and is counted. Two exceptions: a length that cannot be
   true (`frames`), and an answer that is waited for.
7. The ROSpec never ends by itself, unless an input starts it. When the reader says that it ended, the connection is
   made anew. One end that comes before any start was heard of is the end of the ROSpec of whoever was here before us:
   a client that died left it running, we deleted it, and the reader kept that event for us. Without this, a till that
   was killed would be told so at each connect, and connect for ever (seen 2026-11). While an errand exchanges ROSpecs
   ends are expected. A ROSpec that pre-empted ours is deleted, and ours started again; one without a name of its own
   cannot be deleted without ours.
8. Leaving: the ROSpec is deleted first, so that nothing transmits unattended, then CLOSE_CONNECTION is sent. An
   AccessSpec that waits for its tag goes before both: it must not meet one under the next client.

An error raised by `receive` or `tick` ends the connection: the socket is to be closed and the session thrown away.
What happened before it can still be taken.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from enum import Enum, auto
from typing import Final

from reader.conversation import AccessErrand, Errand, Found, Noticed, Outcome
from reader.errors import ProtocolError, ReaderGoneError, ReaderTimeoutError
from reader.llrp import control
from reader.llrp.asking import ERROR_MESSAGE, REPORT, Asking, Ended, Patience, Script
from reader.llrp.errands import Done, antennas_asked, errand_run, started_again, temperature_asked
from reader.llrp.frames import Frame, Framer, LengthError
from reader.llrp.handshake import Setup, farewell, handshake, is_welcome
from reader.llrp.notices import found_by, notices_of
from reader.llrp.reports import ReportDecoder
from reader.llrp.status import status_of
from reader.model import ReaderEventKind, TagRead
from reader.profile import Profile
from reader.reader_clock import ReaderClock

__all__ = ["Session"]

_KEEPALIVE: Final = 62
_NOTIFICATION: Final = 63
_SUPPORTED_VERSION: Final = 56  # always of LLRP 1.1, whatever was agreed on
_ANSWERS: Final = frozenset({4, 11, 12, 13, *range(30, 37), *range(50, 58), 1023})
_VERSIONS: Final = (1, 2)
_ALL_ROSPECS: Final = 0
_OTHER_CLIENT_TRIED: Final = 4  # ConnectionAttemptStatusType

# A reader says it with its first segment. One that was mute while we connected must not cost the two seconds within
# which it has to be read again.
_WELCOME_S: Final = 1.5
_SILENT_PERIODS: Final = 2.75
_TEMPERATURE_S: Final = 30.0


class _Stage(Enum):
    EXPECTING_WELCOME = auto()
    SETTING_UP = auto()
    READING = auto()
    LEAVING = auto()
    OVER = auto()


class Session:
    """Implements `reader.conversation.Conversation` over LLRP. All times are host monotonic seconds, passed in.

    Args:
        profile: What the reader is and shall do.
        clock: The estimate of the reader's clock; it outlives connections.
        now_s: When the connection was made.
        patience: How long this reader may take to answer; it outlives connections, too.
    """

    def __init__(self, profile: Profile, clock: ReaderClock, now_s: float, patience: Patience | None = None) -> None:
        self.setup: Setup | None = None
        self._profile = profile
        self._clock = clock
        self._clock_is_of_reads = False
        self._stage = _Stage.EXPECTING_WELCOME
        self._version = 1  # of LLRP that the reader answers in: what it refuses in another cannot silence it
        self._framer = Framer()
        self._decoder = ReportDecoder()
        self._patience = Patience() if patience is None else patience
        self._outgoing = bytearray()
        self._asking = Asking(self._outgoing.extend, self._patience)
        self._waiting: deque[Callable[[Setup], Script[Done]]] = deque()
        self._ends_are_ours = False  # rule 7
        self._errand: Errand | None = None  # under way
        self._ended_rospecs: set[int] = set()  # meanwhile
        self._alive_s = now_s  # when the last whole message came
        self._welcome_due_s = now_s + _WELCOME_S
        self._temperature_due_s = math.inf
        self._reads: list[TagRead] = []
        self._noticed: list[Noticed] = []
        self._outcome: Outcome | None = None

    @property
    def found(self) -> Found | None:
        """What the handshake, or the last retune, found; None before."""
        return None if self.setup is None else found_by(self.setup)

    @property
    def temperature_c(self) -> float | None:
        """The reader's last word on its temperature; Impinj's readers say it, about every half minute."""
        return None if self.setup is None else self.setup.temperature_c

    @property
    def is_reading(self) -> bool:
        """Whether the handshake is done and reports flow."""
        return self._stage is _Stage.READING

    @property
    def is_over(self) -> bool:
        """Whether the farewell is done; the socket may be closed."""
        return self._stage is _Stage.OVER

    @property
    def due_s(self) -> float:
        """When `tick` has to be called at the latest."""
        if self._stage is _Stage.EXPECTING_WELCOME:
            return self._welcome_due_s
        if self._stage is not _Stage.READING:
            return self._asking.due_s
        return min(self._asking.due_s, self._alive_s + self._silence_s, self._temperature_due_s)

    @property
    def _silence_s(self) -> float:
        return _SILENT_PERIODS * self._profile.keepalive_ms / 1000

    def take_outgoing(self) -> bytes:
        """Return, once, the bytes to be sent."""
        taken = bytes(self._outgoing)
        self._outgoing.clear()
        return taken

    def take_reads(self) -> list[TagRead]:
        """Return, once, the reads that arrived."""
        taken, self._reads = self._reads, []
        return taken

    def take_noticed(self) -> list[Noticed]:
        """Return, once, what happened besides tags."""
        taken, self._noticed = self._noticed, []
        return taken

    def receive(self, received: bytes, now_s: float) -> None:
        """Take bytes from the reader; empty means that it closed the connection.

        Raises:
            ReaderError: The connection is of no more use; the kind of error says why.
        """
        if not received:
            if self._stage is _Stage.LEAVING:
                self._stage = _Stage.OVER
                return
            raise ReaderGoneError("the reader closed the connection")
        broken: LengthError | None = None
        try:
            frames = self._framer.feed(received)
        except LengthError as error:
            frames, broken = error.frames, error
        for frame in frames:
            self._alive_s = now_s
            self._take(frame, now_s)
        if broken is not None:
            raise broken

    def tick(self, now_s: float) -> None:
        """Look at the deadlines.

        Raises:
            ReaderTimeoutError: No welcome, or no answer in time.
            ReaderGoneError: The reader promised signs of life and gave none.
        """
        if self._stage is _Stage.EXPECTING_WELCOME:
            if now_s >= self._welcome_due_s:
                raise ReaderTimeoutError(f"the reader took the connection and said nothing for {_WELCOME_S:g} s")
            return
        if self._stage is _Stage.READING:
            if now_s >= self._alive_s + self._silence_s:
                raise ReaderGoneError(f"no sign of life for {now_s - self._alive_s:.1f} s")
            if now_s >= self._temperature_due_s:
                self._temperature_due_s = now_s + _TEMPERATURE_S
                self._ask(temperature_asked, now_s)
        self._go_on(self._asking.tick(now_s), now_s)

    def leave(self, now_s: float) -> None:
        """Begin the farewell; the session is over when it is done. Nothing happens the second time."""
        if self._stage in (_Stage.LEAVING, _Stage.OVER):
            return
        if self._stage is _Stage.EXPECTING_WELCOME:
            self._stage = _Stage.OVER  # rule 1: nothing may be sent
            return
        self._stage = _Stage.LEAVING
        self._waiting.clear()
        changes_tags = isinstance(self._errand, AccessErrand)
        self._go_on(self._asking.run(farewell(self._version, changes_tags=changes_tags), now_s), now_s)

    def begin(self, errand: Errand, now_s: float, due_s: float) -> None:
        """Begin an errand; its outcome can be taken when it is over."""
        self._errand = errand
        self._ask(lambda setup: errand_run(errand, setup, due_s), now_s)

    def take_outcome(self) -> Outcome | None:
        """Return, once, what came of the errand."""
        taken, self._outcome = self._outcome, None
        return taken

    def _ask(self, script: Callable[[Setup], Script[Done]], now_s: float) -> None:
        """Run a script after those that run or wait already."""
        self._waiting.append(script)
        self._go_on(None, now_s)

    def _go_on(self, ended: Ended | None, now_s: float) -> None:
        """Conclude the script that ended, if one did, and begin the next where none runs."""
        while True:
            if ended is not None:
                self._conclude(ended.value, now_s)
            if self.setup is None or not self._waiting or not self._asking.is_idle:
                return
            ended = self._asking.run(self._waiting.popleft()(self.setup), now_s)

    def _conclude(self, value: Setup | Done | None, now_s: float) -> None:
        if value is None:
            self._stage = _Stage.OVER
        elif isinstance(value, Setup):
            self.setup = value
            self._patience.set_up()
            self._decoder = ReportDecoder(value.capabilities.channels_mhz)
            self._stage = _Stage.READING
            self._waiting.append(antennas_asked)
            if value.profile.model.impinj_extensions:
                self._temperature_due_s = now_s
        else:
            if self.setup is not None and value.setup.plan.ports != self.setup.plan.ports:
                self._waiting.append(antennas_asked)
            self.setup = value.setup
            self._profile = value.setup.profile
            self._noticed += value.noticed
            if value.outcome is not None:
                self._end_errand(value.outcome)
            if value.is_last:
                self._temperature_due_s = math.inf

    def _end_errand(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self._errand = None
        ended, self._ended_rospecs = self._ended_rospecs, set()
        if self.setup is not None and self.setup.rospec_id in ended:
            self._end_of_reading(self.setup)

    def _end_of_reading(self, setup: Setup) -> None:
        if setup.plan.start_input is None:
            raise ReaderGoneError("the reader ended the ROSpec by itself")

    def _take(self, frame: Frame, now_s: float) -> None:
        """Rule 6: what cannot be read costs itself, unless it is the answer that is waited for."""
        if frame.version not in _VERSIONS:
            self._malformed(f"a message of version {frame.version}")
            return
        if frame.type != REPORT and self._asking.is_answered_by(frame):
            if frame.type != _SUPPORTED_VERSION:
                self._version = frame.version
            self._go_on(self._asking.take(frame, now_s), now_s)
            return
        try:
            if frame.type == REPORT:
                self._take_reads(frame, now_s)
            elif frame.type == _KEEPALIVE:
                self._take_keepalive(frame)
            elif frame.type == _NOTIFICATION:
                self._take_notification(frame, now_s)
            elif frame.type == ERROR_MESSAGE:
                self._noticed.append(Noticed(ReaderEventKind.EXCEPTION, status_of(frame).words))
            elif frame.type not in _ANSWERS:  # those come late, or out of the blue
                self._malformed(f"a message of unknown type {frame.type}")
        except ProtocolError as error:
            self._malformed(str(error))
        if frame.type == REPORT and not self._asking.is_idle:
            self._take_results(frame, now_s)

    def _take_results(self, report: Frame, now_s: float) -> None:
        self._asking.overhear(report)
        if self._asking.is_answered_by(report):
            self._go_on(self._asking.take(report, now_s), now_s)

    def _malformed(self, why: str) -> None:
        self._noticed.append(Noticed(ReaderEventKind.MALFORMED, why))

    def _take_keepalive(self, frame: Frame) -> None:
        if self._stage is not _Stage.EXPECTING_WELCOME:  # rule 1
            self._outgoing += control.simple("KEEPALIVE_ACK", frame.version, frame.message_id)

    def _take_reads(self, frame: Frame, now_s: float) -> None:
        if self._stage is not _Stage.READING:
            return  # held back for the client before us, or under way while we leave; channels are not known yet
        reads = self._decoder.decode(frame.body)
        if reads:
            self._clock_is_of_reads = True
            self._clock.saw(max(read.t_us for read in reads), now_s)
            self._reads += reads

    def _take_notification(self, frame: Frame, now_s: float) -> None:
        said = control.notification_of(frame)
        if said.time_us is not None and not self._clock_is_of_reads:
            self._clock.saw(said.time_us, now_s)
        if said.connection_attempt is not None:
            self._take_attempt(said.connection_attempt, now_s)
        if said.is_closing and self._stage is not _Stage.LEAVING:
            raise ReaderGoneError("the reader announced that it closes the connection")
        self._take_rospec_event(said, now_s)
        self._noticed += (one for one in notices_of(said) if one.antenna is None or self._uses(one.antenna))

    def _uses(self, port: int) -> bool:
        return self.setup is None or port in self.setup.plan.ports

    def _take_rospec_event(self, said: control.Notification, now_s: float) -> None:
        """Rule 7."""
        setup = self.setup
        ours = control.FIRST_ROSPEC_ID if setup is None else setup.rospec_id
        if said.rospec_started == ours:
            self._ends_are_ours = True
        if said.rospec_ended is None or setup is None or self._stage is not _Stage.READING:
            return
        if self._errand is not None and said.preempting_rospec is None:
            self._ended_rospecs.add(said.rospec_ended)
        elif said.rospec_ended != ours:
            return
        elif not self._ends_are_ours:
            self._ends_are_ours = True
        elif (intruder := said.preempting_rospec) not in (None, _ALL_ROSPECS, ours):
            self._noticed.append(Noticed(ReaderEventKind.EXCEPTION, f"ROSpec {intruder} pre-empted ours"))
            self._ask(lambda current: started_again(current, intruder), now_s)
        else:
            self._end_of_reading(setup)

    def _take_attempt(self, status: int, now_s: float) -> None:
        if self._stage is _Stage.EXPECTING_WELCOME:
            if is_welcome(status):
                self._stage = _Stage.SETTING_UP
                self._go_on(self._asking.run(handshake(self._profile), now_s), now_s)
        elif status == _OTHER_CLIENT_TRIED:
            self._noticed.append(Noticed(ReaderEventKind.EXCEPTION, "another client tried to connect to the reader"))
