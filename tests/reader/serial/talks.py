"""A module in words, for conversations: each request is answered by a table or by what a test says; time stands still.

The answers are built by `lines`, by the vendors' rules and nothing of ours; requests are only cut by our decoders.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from reader.access import TagOperation, TagTarget
from reader.conversation import AccessErrand, Errand, Outcome
from reader.profile import Profile
from reader.reader_clock import ReaderClock
from reader.serial.dialogue import SerialDialogue
from reader.serial.speaker import SerialFamily

STEP_S: Final = 0.05


class Request(Protocol):
    @property
    def raw(self) -> bytes: ...
    @property
    def command(self) -> int | None: ...
    @property
    def content(self) -> bytes: ...


Answering = Callable[[Any], Sequence[bytes] | None]


class Talk:
    """One conversation with a module that answers at once, in order.

    answer: makes the frames that answer a request; None for silence.
    """

    def __init__(
        self,
        family: SerialFamily[Any],
        profile: Profile,
        cut: Callable[[bytes], Sequence[Request]],
        answer: Callable[[Request], Sequence[bytes]],
    ) -> None:
        self.now_s = 100.0
        self.asked: list[Request] = []
        self.is_mute = False
        self._cut = cut
        self._answer = answer
        self.said = SerialDialogue(family, profile, ReaderClock(), self.now_s)
        self.go_on()

    def go_on(self) -> None:
        """Let requests and answers go to and fro until nobody has anything to say, or 200 requests went by."""
        for _ in range(200):
            requests = self._cut(self.said.take_outgoing())
            if not requests:
                return
            for request in requests:
                self.asked.append(request)
                for frame in () if self.is_mute else self._answer(request):
                    self.said.receive(frame, self.now_s)

    def hear(self, *frames: bytes) -> None:
        """Let frames come, each in a read of its own."""
        for frame in frames:
            self.said.receive(frame, self.now_s)
            self.go_on()

    def wait(self, seconds: float) -> None:
        """Let time pass in small steps."""
        until_s = self.now_s + seconds
        while self.now_s < until_s - 1e-9:
            self.now_s += STEP_S
            self.said.tick(self.now_s)
            self.go_on()

    def do(self, errand: Errand, within_s: float = 5.0) -> Outcome:
        """Do an errand and return what came of it."""
        self.said.begin(errand, self.now_s, self.now_s + within_s)
        self.go_on()
        due_s = self.now_s + within_s + 1.0
        while (outcome := self.said.take_outcome()) is None:
            assert self.now_s < due_s, "an errand without an outcome"
            self.wait(STEP_S)
        return outcome

    def access(self, target: TagTarget, *operations: TagOperation) -> Outcome:
        return self.do(AccessErrand(target, operations))

    def take_asked(self) -> list[str]:
        """Return, once, the requests that were made, as hex."""
        taken, self.asked = self.asked, []
        return [request.raw.hex() for request in taken]

    def take_commands(self) -> list[int]:
        """Return, once, the commands of the requests that were made."""
        taken, self.asked = self.asked, []
        return [request.command or 0 for request in taken]
