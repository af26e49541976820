"""Requests and their answers on one connection. Pure.

What is to be asked is a script: a generator that yields steps and is sent the frame that answers each.

1. One step is open at a time. An answer carries its request's message id; any other is late, and no business of a
   script.
2. A refusal (ERROR_MESSAGE, or a status other than success) is thrown into the script as `ReaderRefusedError`, a
   deadline that passed as `ReaderTimeoutError`. A script that can live with it catches it; otherwise it ends by it.
3. A script never yields while it is being closed: whoever throws a connection away throws its scripts away, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, TypeVar

from reader.errors import ReaderError, ReaderRefusedError, ReaderTimeoutError
from reader.llrp.frames import Frame
from reader.llrp.status import M_SUCCESS, status_of

__all__ = ["ERROR_MESSAGE", "REPORT", "Asking", "Ended", "Listening", "Patience", "Request", "Script", "Step"]

ERROR_MESSAGE: Final = 100
REPORT: Final = 61
_GREATEST_ID: Final = 0xFFFFFFFF
# A LAN answers in milliseconds. A reader that measures its antennas when it is set takes a second or two, but that
# is learnt (`Patience`): whoever is read again within two seconds cannot spend five on a request that got lost.
_FIRST_S: Final = 1.0
_LONGEST_S: Final = 8.0
_MARGIN: Final = 3.0  # times the slowest answer seen

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Request:
    """One message to the reader.

    answer: the type of its answer, None where the standard has none.
    encode: makes the bytes, given the message id.
    deadline_s: None for as long as this reader may be expected to take, which is learnt from.
    overhear: is given the body of each report that comes before the answer.
    """

    name: str
    answer: int | None
    encode: Callable[[int], bytes]
    deadline_s: float | None = None
    overhear: Callable[[bytes], None] | None = None


@dataclass(frozen=True, slots=True)
class Listening:
    """Waits until ``due_s`` for a report that ``is_wanted``, given its body. Nothing is sent."""

    is_wanted: Callable[[bytes], bool]
    due_s: float


Step = Request | Listening
Script = Generator[Step, Frame, _T]


class Patience:
    """How long a reader may take to answer; one for all connections to it.

    Short at first, `_MARGIN` times what the last setting up needed, and twice as long after each request that was not
    answered, until a setting up succeeds.
    """

    def __init__(self, first_s: float = _FIRST_S) -> None:
        self._first_s = first_s
        self._needed_s = 0.0
        self._slowest_s = 0.0
        self._factor = 1.0

    @property
    def answer_s(self) -> float:
        """How long to wait for an answer."""
        return min(_LONGEST_S, max(self._first_s, _MARGIN * self._needed_s) * self._factor)

    def answered(self, after_s: float) -> None:
        """Take notice of an answer."""
        self._slowest_s = max(self._slowest_s, after_s)

    def unanswered(self) -> None:
        """Take notice of a request that got no answer in time."""
        self._factor = min(_LONGEST_S, self._factor * 2)

    def set_up(self) -> None:
        """Take notice that a setting up succeeded."""
        self._needed_s, self._slowest_s = self._slowest_s, 0.0
        self._factor = 1.0


class Ended(NamedTuple):
    """A script's return value."""

    value: Any


class _Open(NamedTuple):
    """The step that waits; `message_id` counts only for a request."""

    step: Step
    message_id: int
    since_s: float
    due_s: float


class Asking:
    """Runs one script at a time. What a script raises comes out of the method that drove it.

    Args:
        send: Takes the bytes of each request.
        patience: How long the reader may take.
    """

    def __init__(self, send: Callable[[bytes], None], patience: Patience) -> None:
        self._send = send
        self._patience = patience
        self._script: Script[Any] | None = None
        self._open: _Open | None = None
        self._next_id = 1

    @property
    def is_idle(self) -> bool:
        """Whether no script runs."""
        return self._script is None

    @property
    def due_s(self) -> float:
        """When `tick` has to be called at the latest."""
        return math.inf if self._open is None else self._open.due_s

    def run(self, script: Script[Any], now_s: float) -> Ended | None:
        """Begin ``script``; one that still runs is dropped. Returns its end where it is over at once."""
        self._script = script
        return self._drive(lambda: next(script), now_s)

    def is_answered_by(self, frame: Frame) -> bool:
        """Whether ``frame`` is what the open step waits for."""
        if self._open is None:
            return False
        step = self._open.step
        if isinstance(step, Listening):
            return frame.type == REPORT and step.is_wanted(frame.body)
        return frame.message_id == self._open.message_id and frame.type in (step.answer, ERROR_MESSAGE)

    def overhear(self, report: Frame) -> None:
        """Let an open request that cares for reports have one."""
        step = None if self._open is None else self._open.step
        if isinstance(step, Request) and step.overhear is not None:
            step.overhear(report.body)

    def take(self, frame: Frame, now_s: float) -> Ended | None:
        """Go on with the answer to the open step.

        Raises:
            ReaderError: What the script raised, or a refusal that it did not catch.
        """
        script, open_ = self._script, self._open
        assert script is not None
        assert open_ is not None
        refusal: ReaderError | None = None
        if isinstance(open_.step, Request):
            self._patience.answered(now_s - open_.since_s)
            status = status_of(frame)
            if frame.type == ERROR_MESSAGE or status.code != M_SUCCESS:
                refusal = ReaderRefusedError(open_.step.name, status.code, status.words)
        if refusal is not None:
            return self._drive(lambda: script.throw(refusal), now_s)
        return self._drive(lambda: script.send(frame), now_s)

    def tick(self, now_s: float) -> Ended | None:
        """Go on without an answer where the deadline of the open step has passed.

        Raises:
            ReaderError: What the script raised; `ReaderTimeoutError` where it did not catch it.
        """
        script, open_ = self._script, self._open
        if script is None or open_ is None or now_s < open_.due_s:
            return None
        if isinstance(open_.step, Request):
            if open_.step.deadline_s is None:
                self._patience.unanswered()
            late = ReaderTimeoutError(f"{open_.step.name} was not answered within {open_.due_s - open_.since_s:.3g} s")
        else:
            late = ReaderTimeoutError("no such report came")
        return self._drive(lambda: script.throw(late), now_s)

    def _drive(self, resume: Callable[[], Step], now_s: float) -> Ended | None:
        """Resume the script, up to the next step that waits."""
        script = self._script
        assert script is not None
        while True:
            self._open = None
            try:
                step = resume()
            except StopIteration as end:
                self._script = None
                return Ended(end.value)
            except BaseException:
                self._script = None
                raise
            if self._begin(step, now_s):
                return None
            resume = script.__next__

    def _begin(self, step: Step, now_s: float) -> bool:
        """Begin a step; return whether anything has to be waited for."""
        if isinstance(step, Listening):
            self._open = _Open(step, 0, now_s, step.due_s)
            return True
        message_id = self._next_id
        self._next_id = message_id % _GREATEST_ID + 1
        self._send(step.encode(message_id))
        if step.answer is None:
            return False
        deadline_s = self._patience.answer_s if step.deadline_s is None else step.deadline_s
        self._open = _Open(step, message_id, now_s, now_s + deadline_s)
        return True
