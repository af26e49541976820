"""The receipt's time on the screen, and what lies there unpaid meanwhile. Pure; time is passed in.

1. The bill that was paid is closed: what is for sale beside the paid goods is the next purchase, never this one's.
2. A receipt has its least time, whatever lies there, unless the shopper says that it may go.
3. Then it ends for whoever is next: at once when the pad was cleared between, after a while when it was not.
"""

from __future__ import annotations

from dataclasses import replace

from checkout.lane_model import LaneState, Turn, entered, lasted, since, wiped
from checkout.view import LineKind, Stage

__all__ = ["finish", "has_unpaid", "pad_seen", "tick"]

_LEAST_S = 8.0  # to see that it is paid, and to hold a phone to the code
_UNPAID_S = 6.0  # longer than a thing that is set down to pack it, shorter than the next shopper's patience
_EMPTY_S = 8.0  # the goods are packed, and the code may still be wanted; a code that was scanned goes on working


def has_unpaid(state: LaneState) -> bool:
    """Return whether goods for sale lie beside the bill's.

    For a moment after the sale its own goods look like them, until the pad is priced anew; nothing is said before.
    """
    for_sale = {line.epc for line in state.pad.lines if line.kind is LineKind.SALE}
    billed = state.bill.epcs if state.bill else frozenset()
    return bool(for_sale) and for_sale.isdisjoint(billed)


def pad_seen(state: LaneState, now_s: float) -> Turn:
    """Serve whoever comes to a pad that was cleared, at once."""
    return _next_basket(state, now_s) if state.was_cleared and has_unpaid(state) else Turn(state)


def finish(state: LaneState, now_s: float) -> Turn:
    """Let the shopper go, or go on with what is not paid for."""
    return _next_basket(state, now_s) if has_unpaid(state) else Turn(entered(state, Stage.THANKS, now_s))


def tick(state: LaneState, now_s: float) -> Turn:
    """End a receipt that had its time."""
    is_unpaid = state.reader_up and has_unpaid(state)  # a reader that is away says nothing of what lies there
    state = replace(state, unpaid_since_s=since(state.unpaid_since_s, is_unpaid, now_s))
    if now_s - state.since_s < _LEAST_S:
        return Turn(state)
    if lasted(state.unpaid_since_s, _UNPAID_S, now_s):
        return _next_basket(state, now_s)
    if lasted(state.empty_since_s, _EMPTY_S, now_s):
        return Turn(entered(state, Stage.THANKS, now_s))
    return Turn(state)


def _next_basket(state: LaneState, now_s: float) -> Turn:
    # The reader forgets nothing: it knows the unpaid goods already, and the paid ones are listed as such.
    return Turn(wiped(state, Stage.BASKET, now_s))
