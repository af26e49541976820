"""One LLRP connection from its first byte to its last, without socket, clock or thread.

1. The reader speaks first: a READER_EVENT_NOTIFICATION with ConnectionAttemptEvent. Nothing is sent before it.
   Status 0 is a welcome; 1 to 3 mean that somebody else has the reader (`ReaderBusyError`).
2. One request is open at a time. Its answer carries its message id; an answer with another id is late, and dropped.
   ERROR_MESSAGE with its id, or a status other than success, is a refusal (`ReaderRefusedError`).
3. Every request has a deadline (`ReaderTimeoutError`).
4. KEEPALIVE is answered at once, whatever else goes on.
5. Once reports flow, a whole message has to come within `_SILENT_PERIODS` keepalive periods; else the link is dead
   (`ReaderGoneError`). Bytes alone do not count: half a message may be followed by silence, or by what is no message.
6. A message that is unknown or cannot be read costs itself, and is counted. Two exceptions: a length that cannot be
   true (`frames`), and an answer that is waited for.
7. The ROSpec never ends by itself. When the reader says that it ended, the connection is made anew. One end that comes
   before any start was heard of is the end of the ROSpec of whoever was here before us: a client that died left it
   running, we deleted it, and the reader kept that event for us. Without this, a till that was killed would be
   told so at each connect, and connect for ever (seen 2026-11).
8. Leaving: the ROSpec is deleted first, so that nothing transmits unattended, then CLOSE_CONNECTION is sent.

An error raised by `receive` or `tick` ends the connection: the socket is to be closed and the session thrown away.
What happened before it can still be taken.
"""

from __future__ import annotations

from collections.abc import Generator
from enum import Enum, auto
from typing import Final

from reader.conversation import Errand, Found, Noticed, Outcome
from reader.errors import ProtocolError, ReaderBusyError, ReaderGoneError, ReaderRefusedError, ReaderTimeoutError
from reader.llrp import control
from reader.llrp.frames import Frame, Framer, LengthError
from reader.llrp.handshake import ERROR_MESSAGE, Request, Setup, farewell, handshake
from reader.llrp.reports import ReportDecoder
from reader.llrp.status import M_SUCCESS, status_of
from reader.model import ReaderEventKind, TagRead
from reader.profile import Profile
from reader.reader_clock import ReaderClock

__all__ = ["Session"]

_RO_ACCESS_REPORT: Final = 61
_KEEPALIVE: Final = 62
_NOTIFICATION: Final = 63
_ANSWERS: Final = frozenset({4, 11, 12, 13, *range(30, 37), *range(50, 58), ERROR_MESSAGE, 1023})
_VERSIONS: Final = (1, 2)

# A reader says it with its first segment. One that was mute while we connected must not cost the two seconds within
# which it has to be read again.
_WELCOME_S: Final = 1.5
_SILENT_PERIODS: Final = 2.75
_GREATEST_ID: Final = 0xFFFFFFFF
_REFUSALS: Final = {
    1: "the reader has connected to somebody else by itself",
    2: "another client is connected to the reader",
    3: "the reader refuses connections and does not say why",
}


class _Stage(Enum):
    EXPECTING_WELCOME = auto()
    SETTING_UP = auto()
    READING = auto()
    LEAVING = auto()
    OVER = auto()


class _Open:
    """The request that waits for its answer."""

    def __init__(self, request: Request, message_id: int, due_s: float) -> None:
        self.request = request
        self.message_id = message_id
        self.due_s = due_s


class Session:
    """Implements `reader.conversation.Conversation` over LLRP. All times are host monotonic seconds, passed in.

    Args:
        profile: What the reader is and shall do.
        clock: The estimate of the reader's clock; it outlives connections.
        now_s: When the connection was made.
    """

    def __init__(self, profile: Profile, clock: ReaderClock, now_s: float) -> None:
        self.setup: Setup | None = None
        self._profile = profile
        self._clock = clock
        self._clock_is_of_reads = False
        self._stage = _Stage.EXPECTING_WELCOME
        self._framer = Framer()
        self._decoder = ReportDecoder()
        self._conversation: Generator[Request, Frame, Setup | None] = handshake(profile)
        self._open: _Open | None = None
        self._ends_are_ours = False  # rule 7
        self._next_id = 1
        self._alive_s = now_s  # when the last whole message came
        self._welcome_due_s = now_s + _WELCOME_S
        self._outgoing = bytearray()
        self._reads: list[TagRead] = []
        self._noticed: list[Noticed] = []
        self._outcome: Outcome | None = None

    @property
    def found(self) -> Found | None:
        """What the handshake found; None before its end."""
        if self.setup is None:
            return None
        seen, plan = self.setup.capabilities, self.setup.plan
        known = self._profile.model
        is_known = seen.model_id in known.model_ids
        return Found(
            model=self._profile.origin.device if is_known else f"maker {seen.manufacturer}, model {seen.model_id}",
            firmware=seen.firmware,
            tx_powers_dbm=dict.fromkeys(plan.antennas, plan.tx_power_dbm),
            is_expected=is_known or not known.model_ids,
        )

    @property
    def temperature_c(self) -> float | None:
        """The reader's last word on its temperature."""
        return None

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
        if self._open is not None:
            return self._open.due_s
        return self._alive_s + self._silence_s

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
        if now_s < self.due_s or self._stage is _Stage.OVER:
            return
        if self._stage is _Stage.EXPECTING_WELCOME:
            raise ReaderTimeoutError(f"the reader took the connection and said nothing for {_WELCOME_S:g} s")
        if self._open is None:
            raise ReaderGoneError(f"no sign of life for {now_s - self._alive_s:.1f} s")
        request = self._open.request
        if self._stage is _Stage.LEAVING and request.name != "CLOSE_CONNECTION":
            self._advance(None, now_s)
            return
        raise ReaderTimeoutError(f"{request.name} was not answered within {request.deadline_s:g} s")

    def leave(self, now_s: float) -> None:
        """Begin the farewell; the session is over when it is done. Nothing happens the second time."""
        if self._stage in (_Stage.LEAVING, _Stage.OVER):
            return
        if self._stage is _Stage.EXPECTING_WELCOME:
            self._stage = _Stage.OVER  # rule 1: nothing may be sent
            return
        self._stage = _Stage.LEAVING
        self._open = None
        self._conversation = farewell(self.setup.version if self.setup else 1)
        self._advance(None, now_s)

    def begin(self, errand: Errand, now_s: float, due_s: float) -> None:
        """Begin an errand; its outcome can be taken when it is over."""
        del now_s, due_s
        self._outcome = Outcome(error=ReaderRefusedError(type(errand).__name__, 0, "this driver cannot do it yet"))

    def take_outcome(self) -> Outcome | None:
        """Return, once, what came of the errand."""
        taken, self._outcome = self._outcome, None
        return taken

    def _advance(self, answer: Frame | None, now_s: float) -> None:
        """Go on with the conversation, up to the next request that has an answer."""
        while True:
            self._open = None
            try:
                request = next(self._conversation) if answer is None else self._conversation.send(answer)
            except StopIteration as end:
                self._finish(end.value)
                return
            message_id = self._next_id
            self._next_id = message_id % _GREATEST_ID + 1
            self._outgoing += request.encode(message_id)
            answer = None
            if request.answer is not None:
                self._open = _Open(request, message_id, now_s + request.deadline_s)
                return

    def _finish(self, setup: Setup | None) -> None:
        if setup is None:
            self._stage = _Stage.OVER
            return
        self.setup = setup
        self._decoder = ReportDecoder(setup.capabilities.channels_mhz)
        self._stage = _Stage.READING

    def _take(self, frame: Frame, now_s: float) -> None:
        """Rule 6: what cannot be read costs itself, unless it is the answer that is waited for."""
        if frame.version not in _VERSIONS:
            self._malformed(f"a message of version {frame.version}")
            return
        is_waited_for = self._is_waited_for(frame)
        try:
            if frame.type == _RO_ACCESS_REPORT:
                self._take_report(frame, now_s)
            elif frame.type == _KEEPALIVE:
                self._take_keepalive(frame)
            elif frame.type == _NOTIFICATION:
                self._take_notification(frame, now_s)
            elif frame.type in _ANSWERS:
                self._take_answer(frame, now_s)
            else:
                self._malformed(f"a message of unknown type {frame.type}")
        except ProtocolError as error:
            if is_waited_for:
                raise
            self._malformed(str(error))

    def _is_waited_for(self, frame: Frame) -> bool:
        return (
            self._open is not None
            and frame.message_id == self._open.message_id
            and frame.type in (self._open.request.answer, ERROR_MESSAGE)
        )

    def _malformed(self, why: str) -> None:
        self._noticed.append(Noticed(ReaderEventKind.MALFORMED, why))

    def _take_keepalive(self, frame: Frame) -> None:
        if self._stage is not _Stage.EXPECTING_WELCOME:  # rule 1
            self._outgoing += control.simple("KEEPALIVE_ACK", frame.version, frame.message_id)

    def _take_report(self, frame: Frame, now_s: float) -> None:
        if self._stage is not _Stage.READING:
            return  # held back for the client before us, or under way while we leave; channels are not known yet
        reads = self._decoder.decode(frame.body)
        if reads:
            self._clock_is_of_reads = True
            self._clock.saw(max(read.t_us for read in reads), now_s)
            self._reads += reads

    def _take_answer(self, frame: Frame, now_s: float) -> None:
        if not self._is_waited_for(frame) or self._open is None:
            if frame.type == ERROR_MESSAGE:
                self._noticed.append(Noticed(ReaderEventKind.EXCEPTION, status_of(frame).words))
            return  # rule 2: late
        request = self._open.request
        status = status_of(frame)
        if not request.may_fail and (frame.type == ERROR_MESSAGE or status.code != M_SUCCESS):
            raise ReaderRefusedError(request.name, status.code, status.words)
        self._advance(frame, now_s)

    def _take_notification(self, frame: Frame, now_s: float) -> None:
        said = control.notification_of(frame)
        if said.time_us is not None and not self._clock_is_of_reads:
            self._clock.saw(said.time_us, now_s)
        if said.connection_attempt is not None:
            self._take_attempt(said.connection_attempt, now_s)
        if said.is_closing and self._stage is not _Stage.LEAVING:
            raise ReaderGoneError("the reader announced that it closes the connection")
        if said.rospec_started == control.ROSPEC_ID:
            self._ends_are_ours = True
        if said.rospec_ended == control.ROSPEC_ID and self._stage is _Stage.READING:
            if self._ends_are_ours:
                raise ReaderGoneError("the reader ended the ROSpec by itself")
            self._ends_are_ours = True
        self._noticed += _notices_of(said)

    def _take_attempt(self, status: int, now_s: float) -> None:
        if status in _REFUSALS and self._stage is _Stage.EXPECTING_WELCOME:
            raise ReaderBusyError(_REFUSALS[status])
        if status == 0 and self._stage is _Stage.EXPECTING_WELCOME:
            self._stage = _Stage.SETTING_UP
            self._advance(None, now_s)
        elif status == 4:
            self._noticed.append(Noticed(ReaderEventKind.EXCEPTION, "another client tried to connect to the reader"))


def _notices_of(said: control.Notification) -> list[Noticed]:
    notices: list[Noticed] = []
    if said.antenna_gone is not None:
        notices.append(Noticed(ReaderEventKind.ANTENNA_GONE, f"antenna {said.antenna_gone}", said.antenna_gone))
    if said.antenna_back is not None:
        notices.append(Noticed(ReaderEventKind.ANTENNA_BACK, f"antenna {said.antenna_back}", said.antenna_back))
    if said.buffer_percent is not None:
        notices.append(Noticed(ReaderEventKind.BUFFER_FILLING, f"{said.buffer_percent} % full"))
    if said.has_overflowed:
        notices.append(Noticed(ReaderEventKind.BUFFER_OVERFLOWED, "the reader dropped reports"))
    if said.exception is not None:
        notices.append(Noticed(ReaderEventKind.EXCEPTION, said.exception))
    return notices
