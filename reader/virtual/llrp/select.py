"""Which tags a query asks: C1G2Filter without state.

Source: LLRP 1.1, C1G2TagInventoryStateUnawareFilterAction: filters are applied in turn; before the first
one, all tags count as not selected if its action selects, and as selected otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reader.access import Bank
from reader.virtual.llrp.element import Element
from reader.virtual.memory import TagMemory

__all__ = ["selector_of"]

# Action -> (what a match does, what no match does): True selects, False unselects, None does nothing.
_ACTIONS: tuple[tuple[bool | None, bool | None], ...] = (
    (True, False),
    (True, None),
    (None, False),
    (False, None),
    (False, True),
    (None, True),
)


def selector_of(filters: Sequence[Element]) -> Callable[[TagMemory], bool] | None:
    """Return whether a tag is asked; None where there are no filters, so all are."""
    if not filters:
        return None
    rules = [_rule_of(one) for one in filters]
    first_selects = True in rules[0][4]

    def selects(tag: TagMemory) -> bool:
        selected = not first_selects
        for bank, pointer, length, mask, action in rules:
            matches = length == 0 or tag.bits(bank, pointer, length) == mask
            outcome = action[0] if matches else action[1]
            selected = selected if outcome is None else outcome
        return selected

    return selects


def _rule_of(one: Element) -> tuple[Bank, int, int, int, tuple[bool | None, bool | None]]:
    mask = one.the("C1G2TagInventoryMask")
    length, octets = mask.bits("TagMask")
    action = one.first("C1G2TagInventoryStateUnawareFilterAction")
    number = action.number("Action") if action is not None else 0
    value = int.from_bytes(octets, "big") >> -length % 8
    return Bank(mask.number("MB")), mask.number("Pointer"), length, value, _ACTIONS[number]
