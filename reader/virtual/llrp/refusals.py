"""Refusals by the standard's own names: which parameter or field of a request cannot be obeyed, and why."""

from __future__ import annotations

from reader.virtual.llrp.element import Element
from reader.virtual.llrp.layout import ALL_PARAMETERS, field_number
from reader.virtual.llrp.status import Problem, RefusedError, Status

__all__ = ["bad_field", "missing", "too_many", "unsupported"]


def bad_field(
    element: Element, name: str, reason: str, *around: str, code: Status = Status.A_OUT_OF_RANGE
) -> RefusedError:
    """Return a refusal of one field; ``around`` names the parameters it stands in, outermost first."""
    inside = element.name if element.name in ALL_PARAMETERS else None
    path = tuple(ALL_PARAMETERS[n].type for n in (*around, *([inside] if inside else [])))
    return RefusedError(
        Problem.FIELD,
        f"{element.name}.{name} = {element.fields[name]!r}: {reason}",
        path=path,
        field=field_number(element.name, name),
        value_code=code,
    )


def unsupported(name: str, reason: str, *around: str) -> RefusedError:
    """Return a refusal of a whole parameter; ``around`` as in `bad_field`."""
    return RefusedError(
        Problem.UNSUPPORTED_PARAMETER,
        f"{name}: {reason}",
        path=tuple(ALL_PARAMETERS[n].type for n in around),
        culprit=ALL_PARAMETERS[name].type,
    )


def too_many(name: str, reason: str, *around: str) -> RefusedError:
    """Return a refusal of one parameter too many; ``around`` as in `bad_field`."""
    return RefusedError(
        Problem.OVERFLOW_PARAMETER,
        reason,
        path=tuple(ALL_PARAMETERS[n].type for n in around),
        culprit=ALL_PARAMETERS[name].type,
    )


def missing(name: str, reason: str, *around: str) -> RefusedError:
    """Return a refusal for want of a parameter; ``around`` as in `bad_field`."""
    return RefusedError(
        Problem.MISSING_PARAMETER,
        reason,
        path=tuple(ALL_PARAMETERS[n].type for n in around),
        culprit=ALL_PARAMETERS[name].type,
    )
