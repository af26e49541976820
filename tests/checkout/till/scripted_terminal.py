"""A terminal that says what a test wrote down, and remembers what it was asked."""

from __future__ import annotations

from checkout.lane_model import Question
from checkout.tender import Attempt, Outcome, Pending, TerminalHealth, Unknown

__all__ = ["ScriptedTerminal"]


class ScriptedTerminal:
    """Answers each question from its own list; the last answer of a list stays."""

    def __init__(self, **answers: list[Outcome]) -> None:
        self.answers: dict[Question, list[Outcome]] = {
            Question.START: [Pending("present_card")],
            Question.POLL: [Pending("present_card")],
            Question.LOOKUP: [Unknown("no line")],
            Question.CANCEL: [Pending("working")],
            Question.REVERSE: [Unknown("no line")],
            **{Question(question): list(outcomes) for question, outcomes in answers.items()},
        }
        self.asked: list[tuple[Question, Attempt]] = []
        self.up = True

    def questions(self) -> list[Question]:
        return [question for question, _ in self.asked]

    def will(self, question: Question, *outcomes: Outcome) -> None:
        self.answers[question] = list(outcomes)

    def _answer(self, question: Question, attempt: Attempt) -> Outcome:
        self.asked.append((question, attempt))
        waiting = self.answers[question]
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    def start(self, attempt: Attempt) -> Outcome:
        return self._answer(Question.START, attempt)

    def poll(self, attempt: Attempt) -> Outcome:
        return self._answer(Question.POLL, attempt)

    def lookup(self, attempt: Attempt) -> Outcome:
        return self._answer(Question.LOOKUP, attempt)

    def cancel(self, attempt: Attempt) -> Outcome:
        return self._answer(Question.CANCEL, attempt)

    def reverse(self, attempt: Attempt) -> Outcome:
        return self._answer(Question.REVERSE, attempt)

    def health(self) -> TerminalHealth:
        return TerminalHealth(self.up)
