"""Which tags a query asks: C1G2Filters, with state and without.

State-aware filters are Selects: each acts on a flag that tags keep, SL or a session's, and the query says which flags
it is for. Without state the reader keeps it all to itself: filters are applied in turn; before the first one, all tags
count as not selected if its action selects, and as selected otherwise.

Source: LLRP 1.1, C1G2TagInventoryStateAwareFilterAction, C1G2TagInventoryStateUnawareFilterAction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reader.access import Bank
from reader.virtual.flags import Flag, Mask, Select
from reader.virtual.llrp.element import Element
from reader.virtual.memory import TagMemory

__all__ = ["selector_of", "selects_of"]

# Action -> (what a match does, what no match does): True selects, False unselects, None does nothing.
_ACTIONS: tuple[tuple[bool | None, bool | None], ...] = (
    (True, False),
    (True, None),
    (None, False),
    (False, None),
    (False, True),
    (None, True),
)
# C1G2StateAwareTarget.
_FLAGS = (Flag.SL, Flag.S0, Flag.S1, Flag.S2, Flag.S3)


def selects_of(filters: Sequence[Element]) -> tuple[Select, ...]:
    """Return the Selects that state-aware filters are, in their order; each has its action, as was checked."""
    return tuple(_select_of(one, one.the("C1G2TagInventoryStateAwareFilterAction")) for one in filters)


def _select_of(one: Element, action: Element) -> Select:
    return Select(_mask_of(one), _FLAGS[action.number("Target")], action.number("Action"))


def selector_of(filters: Sequence[Element]) -> Callable[[TagMemory], bool] | None:
    """Return whether a tag is asked, by filters without state; None where there are none, so all are."""
    if not filters:
        return None
    rules = [(_mask_of(one), _outcomes_of(one)) for one in filters]
    first_selects = True in rules[0][1]

    def selects(tag: TagMemory) -> bool:
        selected = not first_selects
        for mask, (if_match, if_not) in rules:
            outcome = if_match if mask.matches(tag) else if_not
            selected = selected if outcome is None else outcome
        return selected

    return selects


def _mask_of(one: Element) -> Mask:
    mask = one.the("C1G2TagInventoryMask")
    length, octets = mask.bits("TagMask")
    value = int.from_bytes(octets, "big") >> -length % 8
    return Mask(Bank(mask.number("MB")), mask.number("Pointer"), length, value)


def _outcomes_of(one: Element) -> tuple[bool | None, bool | None]:
    action = one.first("C1G2TagInventoryStateUnawareFilterAction")
    return _ACTIONS[action.number("Action") if action is not None else 0]
