"""Which tags a query asks: C1G2Filter without state.

Source: LLRP 1.1, C1G2TagInventoryStateUnawareFilterAction: filters are applied in turn; before the first
one, all tags count as not selected if its action selects, and as selected otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from reader.virtual.llrp.element import Element

__all__ = ["selector_of"]

_EPC_STARTS_AT = 0x20  # bits of the EPC bank: StoredCRC, PC word, then the EPC
# Action -> (what a match does, what no match does): True selects, False unselects, None does nothing.
_ACTIONS: tuple[tuple[bool | None, bool | None], ...] = (
    (True, False),
    (True, None),
    (None, False),
    (False, None),
    (False, True),
    (None, True),
)


def selector_of(filters: Sequence[Element]) -> Callable[[str], bool] | None:
    """Return whether a tag of an EPC (hex) is asked; None where there are no filters, so all are."""
    if not filters:
        return None
    rules = [_rule_of(one) for one in filters]
    first_selects = True in rules[0][3]

    def selects(epc: str) -> bool:
        selected = not first_selects
        for pointer, length, mask, action in rules:
            outcome = action[0] if _matches(epc, pointer, length, mask) else action[1]
            selected = selected if outcome is None else outcome
        return selected

    return selects


def _rule_of(one: Element) -> tuple[int, int, int, tuple[bool | None, bool | None]]:
    mask = one.the("C1G2TagInventoryMask")
    length, octets = mask.bits("TagMask")
    action = one.first("C1G2TagInventoryStateUnawareFilterAction")
    number = action.number("Action") if action is not None else 0
    return mask.number("Pointer"), length, int.from_bytes(octets, "big") >> -length % 8, _ACTIONS[number]


def _matches(epc: str, pointer: int, length: int, mask: int) -> bool:
    if pointer < _EPC_STARTS_AT:
        # CRC and PC word: the PC word counts the EPC's words; the CRC is not modelled, so it never matches.
        bank = int(f"{len(epc) // 4 << 11:04x}{epc}", 16)
        start, width = pointer - 16, 16 + 4 * len(epc)
    else:
        bank, start, width = int(epc, 16), pointer - _EPC_STARTS_AT, 4 * len(epc)
    if length == 0:
        return True
    if start < 0 or start + length > width:
        return False
    return bank >> width - start - length & (1 << length) - 1 == mask
