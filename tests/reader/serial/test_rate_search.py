"""Finding the rate, on a line of bytes and a clock that stands still while nobody waits."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import pytest

from reader.errors import ProtocolError, ReaderGoneError
from reader.serial.mercury_conversation import MERCURY
from reader.serial.rate_search import find_rate
from tests.reader.serial.lines import mercury
from tests.reader.serial.mercury_script import KEEP_ALIVE, profile_of, tag_frame

VERSION = mercury(0x03, bytes(20))


class Line:
    """A module that says ``answers[rate]`` at a rate, one list item per question; also the clock."""

    is_remote = False

    def __init__(self, answers: dict[int, list[bytes | None]], *, has_rate: bool = True) -> None:
        self.has_rate = has_rate
        self.rate = 0
        self.rates: list[int] = []
        self.asked = 0
        self._answers = answers
        self._waiting: list[bytes | None] = []
        self._now_s = 0.0

    def monotonic_s(self) -> float:
        return self._now_s

    def utc_us(self) -> int:
        return 0

    def set_rate(self, baud: int) -> None:
        self.rate = baud
        self.rates.append(baud)

    def send(self, data: bytes) -> None:
        self.asked += 1
        left = self._answers.get(self.rate, [])
        self._waiting = [left.pop(0)] if left else []

    def wait(self, timeout_s: float) -> bytes | None:
        if self._waiting:
            self._now_s += timeout_s / 10
            return self._waiting.pop(0)
        self._now_s += timeout_s
        return None

    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


def found(line: Line, first: int = 115_200) -> int:
    return find_rate(line, MERCURY, profile_of(), line, first)


@pytest.mark.parametrize("answer", [VERSION, mercury(0x2F, b"\x02"), KEEP_ALIVE, tag_frame(), b"\x55\xff" + VERSION])
def test_whatever_the_family_says_proves_the_rate(answer: bytes) -> None:
    line = Line({115_200: [answer]})

    assert found(line) == 115_200
    assert line.asked == 1


def test_a_first_question_may_be_lost() -> None:
    line = Line({115_200: [b"\xff", VERSION]})

    assert found(line) == 115_200
    assert line.asked == 2


def test_where_it_was_found_the_last_time_is_asked_first_and_then_the_profile_s() -> None:
    line = Line({})
    with pytest.raises(ReaderGoneError, match="no answer at 57600, 115200, 9600"):
        found(line, 57_600)

    assert line.rates[:4] == [57_600, 57_600, 115_200, 9600]
    assert len(line.rates) == len(set(line.rates)) + 1
    assert line.monotonic_s() < 2.5


def test_garbage_at_a_rate_does_not_hide_the_answer_at_another() -> None:
    line = Line({115_200: [b"\x00\xf7\xff\x13", b"\x80"], 57_600: [VERSION]})

    assert found(line) == 57_600


def test_only_garbage_means_that_something_else_is_there() -> None:
    line = Line({rate: [b"\x00\xf7\xff\x13"] for rate in MERCURY.rates})

    with pytest.raises(ProtocolError, match=r"something speaks at 115200, 9600, .* baud, but not Mercury") as raised:
        found(line)
    assert raised.value.frame.startswith(b"\x00\xf7")


def test_a_line_without_a_rate_is_asked_twice() -> None:
    line = Line({}, has_rate=False)
    with pytest.raises(ReaderGoneError, match="no answer: is the module powered"):
        found(line)

    assert (line.asked, line.rates) == (2, [])


def test_a_line_that_closes_ends_the_search() -> None:
    with pytest.raises(ReaderGoneError, match="closed"):
        found(Line({115_200: [b""]}))


def test_a_wake_up_ends_the_search_but_not_the_question_under_way() -> None:
    woken = Line({115_200: [None]})
    with pytest.raises(ReaderGoneError, match="ended"):
        found(woken)
    assert woken.asked == 1
