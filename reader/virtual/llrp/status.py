"""LLRP's status codes, and how a refusal names the culprit.

A refusal at message level carries an M code; one inside a parameter carries M_ParameterError and a chain of
ParameterErrors that leads down to the culprit, with P codes on the way; values that cannot be obeyed carry an
A code in a FieldError. Source: LLRP 1.1, section 15 (LLRPStatus, FieldError, ParameterError).
"""

from __future__ import annotations

from enum import IntEnum

from reader.errors import ProtocolError
from reader.virtual.llrp.element import Element, make

__all__ = ["Problem", "RefusedError", "Status", "status_of", "success"]


class Status(IntEnum):
    """Codes that say what is wrong with a value."""

    A_INVALID = 300
    A_OUT_OF_RANGE = 301


class Problem(IntEnum):
    """What is wrong, counted as the M codes count: M code - 100."""

    PARAMETER = 0
    FIELD = 1
    UNEXPECTED_PARAMETER = 2
    MISSING_PARAMETER = 3
    DUPLICATE_PARAMETER = 4
    OVERFLOW_PARAMETER = 5
    OVERFLOW_FIELD = 6
    UNKNOWN_PARAMETER = 7
    UNSUPPORTED_MESSAGE = 9
    UNSUPPORTED_VERSION = 10
    UNSUPPORTED_PARAMETER = 11
    UNEXPECTED_MESSAGE = 12

    @property
    def at_message(self) -> int:
        """The M code."""
        return 100 + self

    @property
    def in_parameter(self) -> int:
        """The P code; those of messages have none."""
        return 209 if self is Problem.UNSUPPORTED_PARAMETER else 200 + self


_SUCCESS = 0


class RefusedError(ProtocolError):
    """A message that is understood well enough to say what is wrong with it.

    Attributes:
        problem: What is wrong.
        path: Type numbers of the parameters around the culprit, outermost first; empty at message level.
        culprit: Type number of the parameter that is missing, unknown or too much, or None.
        field: Number of the bad field in order of appearance from 0, or None.
        value_code: What is wrong with the field's value, an A code.
    """

    def __init__(
        self,
        problem: Problem,
        reason: str,
        *,
        path: tuple[int, ...] = (),
        culprit: int | None = None,
        field: int | None = None,
        value_code: int = Status.A_INVALID,
    ) -> None:
        super().__init__(reason)
        self.problem = problem
        self.path = path
        self.culprit = culprit
        self.field = field
        self.value_code = value_code

    def inside(self, parameter: int) -> RefusedError:
        """Return the same refusal, seen from around ``parameter``."""
        return RefusedError(
            self.problem,
            str(self),
            path=(parameter, *self.path),
            culprit=self.culprit,
            field=self.field,
            value_code=self.value_code,
        )


def success() -> Element:
    """Return the LLRPStatus of a request that was obeyed."""
    return make("LLRPStatus", StatusCode=_SUCCESS, ErrorDescription="")


def status_of(refusal: RefusedError) -> Element:
    """Return the LLRPStatus that says what ``refusal`` says."""
    problem = Problem.PARAMETER if refusal.path else refusal.problem
    return make("LLRPStatus", *_details(refusal), StatusCode=problem.at_message, ErrorDescription=str(refusal))


def _details(refusal: RefusedError) -> list[Element]:
    code = refusal.problem.in_parameter if refusal.path else refusal.problem.at_message
    details: list[Element] = []
    if refusal.field is not None:
        details = [make("FieldError", FieldNum=refusal.field, ErrorCode=int(refusal.value_code))]
    elif refusal.culprit is not None:
        details = [make("ParameterError", ParameterType=refusal.culprit, ErrorCode=code)]
    for depth, parameter in enumerate(reversed(refusal.path)):
        code = (Problem.PARAMETER if depth else refusal.problem).in_parameter
        details = [make("ParameterError", *details, ParameterType=parameter, ErrorCode=code)]
    return details
