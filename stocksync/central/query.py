"""What a query asks for: the parameters of EPCIS 2.0's SimpleEventQuery that are supported, parsed and checked.

A parameter that is not supported is refused, never ignored: an ignored filter answers with too many events.
Source: EPCIS 2.0, 8.2.7.1, and the parameters of GET /events in its OpenAPI.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from stocksync.central.intake import EventError, canonical_class, canonical_item, canonical_place, microseconds_of
from stocksync.central.model import Role
from stocksync.central.problems import ProblemError
from stocksync.epcis.schema import EVENT_TYPES
from stocksync.epcis.terms import BIZ_STEPS, DISPOSITIONS, ERROR_REASONS, Vocabulary, bare_term

__all__ = ["FILTERS", "SHORTHANDS", "EventQuery", "PageMark", "mark_of_token", "query_of", "size_of", "token_of"]

_ITEMS = frozenset((Role.ITEM, Role.CHILD))
_ANY_ITEM = frozenset((Role.ITEM, Role.CHILD, Role.INPUT, Role.OUTPUT, Role.PARENT))
_CLASSES = frozenset((Role.CLASS,))
_ANY_CLASS = frozenset((Role.CLASS, Role.INPUT_CLASS, Role.OUTPUT_CLASS))
_MATCHES: dict[str, tuple[frozenset[Role], Callable[[str], str]]] = {
    "MATCH_epc": (_ITEMS, canonical_item),
    "MATCH_anyEPC": (_ANY_ITEM, canonical_item),
    "MATCH_parentID": (frozenset((Role.PARENT,)), canonical_item),
    "MATCH_inputEPC": (frozenset((Role.INPUT,)), canonical_item),
    "MATCH_outputEPC": (frozenset((Role.OUTPUT,)), canonical_item),
    "MATCH_epcClass": (_CLASSES, canonical_class),
    "MATCH_inputEPCClass": (frozenset((Role.INPUT_CLASS,)), canonical_class),
    "MATCH_outputEPCClass": (frozenset((Role.OUTPUT_CLASS,)), canonical_class),
    "MATCH_anyEPCClass": (_ANY_CLASS, canonical_class),
}
_ACTIONS = ("ADD", "OBSERVE", "DELETE")
_LONGEST = 2000  # values of one parameter; a query of more is better asked in parts
_DEFAULT_PAGE = 30  # EPCIS 2.0, PerPage
_LARGEST_PAGE = 1000
_LARGEST_NUMBER = (1 << 63) - 1


def _spelled(vocabulary: Vocabulary) -> Callable[[str], str]:
    return lambda text: bare_term(vocabulary, text)


def _action(text: str) -> str:
    if text not in _ACTIONS:
        raise _refused(f"EQ_action: expected one of {', '.join(_ACTIONS)}, not {text[:40]!r}")
    return text


def _event_type(text: str) -> str:
    if text not in EVENT_TYPES and ":" not in text:
        raise _refused(f"eventType: expected one of {', '.join(EVENT_TYPES)} or an extension's, not {text[:40]!r}")
    return text


# parameter -> (field of the stored event, spelling of its values)
_EQUALS: dict[str, tuple[str, Callable[[str], str]]] = {
    "eventType": ("event_type", _event_type),
    "EQ_action": ("action", _action),
    "EQ_bizStep": ("biz_step", _spelled(BIZ_STEPS)),
    "EQ_disposition": ("disposition", _spelled(DISPOSITIONS)),
    "EQ_readPoint": ("read_point", canonical_place),
    "EQ_bizLocation": ("biz_location", canonical_place),
    "EQ_eventID": ("event_id", str),
    "EQ_errorReason": ("error_reason", _spelled(ERROR_REASONS)),
}
# parameter -> (field, whether it is the lower end, which belongs to the range; the upper one does not)
_TIMES = {
    "GE_eventTime": ("event_time_us", True),
    "LT_eventTime": ("event_time_us", False),
    "GE_recordTime": ("record_us", True),
    "LT_recordTime": ("record_us", False),
}
_ORDERS = {"eventTime": "event_time_us", "recordTime": "record_us"}
_PAGING = ("perPage", "nextPageToken")
_REST = ("EXISTS_errorDeclaration", "orderBy", "orderDirection", "eventCountLimit", "maxEventCount")
# resource of the REST interface → the filter that it stands for
SHORTHANDS = {
    "epcs": "MATCH_anyEPC",
    "eventTypes": "eventType",
    "bizSteps": "EQ_bizStep",
    "bizLocations": "EQ_bizLocation",
    "readPoints": "EQ_readPoint",
    "dispositions": "EQ_disposition",
}
FILTERS = (*_EQUALS, *_TIMES, *_MATCHES, *_REST)


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events, in which order. Every condition has to hold; within one, any of its values is enough.

    equals: field → values. ranges: (field, is lower end, microseconds). matches: roles and canonical keys.
    order: field of the order, "" for the order of recording. limit: at most so many in all pages together.
    most: with more than so many the query is to be refused.
    """

    equals: Mapping[str, frozenset[str]] = field(default_factory=dict)
    ranges: Sequence[tuple[str, bool, int]] = ()
    matches: Sequence[tuple[frozenset[Role], frozenset[str]]] = ()
    only_declared: bool = False
    order: str = ""
    descending: bool = False
    limit: int | None = None
    most: int | None = None


class PageMark(NamedTuple):
    """The last event of a page: its value in the order, its number, and how many were given out so far."""

    value: int
    number: int
    given: int


def query_of(parameters: Mapping[str, Sequence[str]]) -> EventQuery:
    """Return the query that the URL's ``parameters`` state (every value of every name).

    Raises:
        ProblemError: 400 QueryParameterException, naming the parameter.
    """
    for name in parameters:
        if name not in FILTERS and name not in _PAGING:
            raise _refused(f"{name[:60]}: this parameter is not supported; supported are {', '.join(FILTERS)}")
    equals = {
        column: frozenset(map(spelling, _values(name, parameters[name])))
        for name, (column, spelling) in _EQUALS.items()
        if name in parameters
    }
    ranges = [
        (column, lower, _time(name, parameters)) for name, (column, lower) in _TIMES.items() if name in parameters
    ]
    matches = [
        (roles, frozenset(map(spelling, _values(name, parameters[name]))))
        for name, (roles, spelling) in _MATCHES.items()
        if name in parameters
    ]
    order, descending = _order(parameters)
    limit, most = _number("eventCountLimit", parameters), _number("maxEventCount", parameters)
    if limit is not None and most is not None:
        raise _refused("eventCountLimit and maxEventCount exclude each other")
    if limit is not None and not order:
        raise _refused("eventCountLimit: expected together with orderBy, which says which events are the first")
    declared = _flag("EXISTS_errorDeclaration", parameters)
    return EventQuery(equals, ranges, matches, declared, order, descending, limit, most)


def size_of(parameters: Mapping[str, Sequence[str]]) -> int:
    """Return how many results a page shall have: perPage, at most 1,000, or 30. Raises ProblemError."""
    asked = _number("perPage", parameters)
    return _DEFAULT_PAGE if asked is None else min(asked, _LARGEST_PAGE)


def token_of(parameters: Mapping[str, Sequence[str]], mark: PageMark) -> str:
    """Return the token of the page behind ``mark``. It holds the position only, so it never expires."""
    return base64.urlsafe_b64encode(json.dumps([_digest(parameters), *mark]).encode()).decode().rstrip("=")


def mark_of_token(parameters: Mapping[str, Sequence[str]]) -> PageMark | None:
    """Return where the page that is asked for begins, or None for the first.

    Raises:
        ProblemError: The token is none of ours, or belongs to another query.
    """
    if "nextPageToken" not in parameters:
        return None
    token = _one("nextPageToken", parameters)
    try:
        digest, *numbers = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if digest == _digest(parameters) and len(numbers) == 3 and all(map(_is_number, numbers)):
            return PageMark(*numbers)
    except (ValueError, TypeError, RecursionError, binascii.Error):
        raise _refused("nextPageToken: expected a token from a Link of this server") from None
    raise _refused("nextPageToken: it belongs to another query")


def _digest(parameters: Mapping[str, Sequence[str]]) -> str:
    own = sorted((name, list(values)) for name, values in parameters.items() if name not in _PAGING)
    return hashlib.blake2b(json.dumps(own).encode(), digest_size=8).hexdigest()


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST_NUMBER


def _values(name: str, texts: Sequence[str]) -> list[str]:
    values = [value for text in texts for value in text.split("|")]
    if not all(values) or len(values) > _LONGEST:
        raise _refused(f"{name}: expected 1 to {_LONGEST} values with | between")
    return values


def _one(name: str, parameters: Mapping[str, Sequence[str]]) -> str:
    values = parameters[name]
    if len(values) != 1:
        raise _refused(f"{name}: expected once, not {len(values)} times")
    return values[0]


def _time(name: str, parameters: Mapping[str, Sequence[str]]) -> int:
    try:
        # A "+" that was not escaped arrives as a blank: 10:15:30+01:00 is what was meant.
        return microseconds_of(_one(name, parameters).replace(" ", "+"))
    except EventError as error:
        raise _refused(f"{name}: {error}") from error


def _number(name: str, parameters: Mapping[str, Sequence[str]]) -> int | None:
    if name not in parameters:
        return None
    text = _one(name, parameters)
    if not (text.isascii() and text.isdigit() and len(text) < 19 and int(text) > 0):
        raise _refused(f"{name}: expected a whole number from 1, not {text[:40]!r}")
    return int(text)


def _flag(name: str, parameters: Mapping[str, Sequence[str]]) -> bool:
    if name not in parameters:
        return False
    text = _one(name, parameters)
    if text not in ("true", "false"):
        raise _refused(f"{name}: expected true or false, not {text[:40]!r}")
    return text == "true"


def _order(parameters: Mapping[str, Sequence[str]]) -> tuple[str, bool]:
    direction = _one("orderDirection", parameters) if "orderDirection" in parameters else "DESC"
    if direction not in ("ASC", "DESC"):
        raise _refused(f"orderDirection: expected ASC or DESC, not {direction[:40]!r}")
    if "orderBy" not in parameters:
        return "", False
    by = _one("orderBy", parameters)
    if by not in _ORDERS:
        raise _refused(f"orderBy: expected one of {', '.join(_ORDERS)}, not {by[:40]!r}")
    return _ORDERS[by], direction == "DESC"


def _refused(detail: str) -> ProblemError:
    return ProblemError(400, detail, kind="QueryParameterException")
