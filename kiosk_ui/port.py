"""What the pages need: lanes that run, figures for staff, products for the shop window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from checkout.view import LaneView

__all__ = ["CentralRelay", "KioskLane", "ShopWindow", "StaffDesk"]


class KioskLane(Protocol):
    """One running lane. Commands return the view after them; a command that does not fit the stage changes nothing."""

    def view(self) -> LaneView:
        """Return the lane as it is now."""

    def wait(self, revision: int, timeout_s: float) -> LaneView:
        """Return the view as soon as its revision differs from ``revision``, or after ``timeout_s``."""

    def pay(self, quote: str) -> LaneView:
        """Freeze the basket and arm the terminal, if ``quote`` is still what the shopper saw."""

    def cancel_payment(self) -> LaneView:
        """Ask the terminal to stop."""

    def back(self) -> LaneView:
        """From a failed payment back to the basket."""

    def finish(self) -> LaneView:
        """The shopper is done with the receipt."""

    def call_help(self, wanted: bool) -> LaneView:
        """Call staff, or say that they came."""

    def resolve_unknown(self, paid: bool, operator: str, evidence: str) -> LaneView:
        """Staff decide an unknown payment by what the terminal's slip says."""


class ShopWindow(Protocol):
    """Products as the public may see them."""

    def products(self) -> Sequence[Mapping[str, Any]]:
        """Return every product: gtin, name, detail, category, price_minor, currency, picture (path)."""

    def picture_svg(self, gtin: str) -> bytes | None:
        """Return the drawn picture, or None where there is none."""

    def receipt(self, token: str) -> Mapping[str, Any] | None:
        """Return the receipt behind an unguessable token, or None.

        number, time (RFC 3339, with the store's own offset), currency, total_minor, discount_minor, lines (each
        name, detail, gross_minor, discount_minor, promotions) and tax (each rate, gross_minor, net_minor, tax_minor).
        """


class StaffDesk(Protocol):
    """What staff see and do. Every mapping is plain JSON."""

    def overview(self) -> Mapping[str, Any]:
        """Return the state of the whole box in one.

        - readers: a list of name, lane, state (`reader.model.LinkState`), detail, model, tx_power_dbm, reads_per_s,
          last_read_age_s, temperature_c, antennas_gone (ports), malformed (messages); numbers may be None.
        - outbox: depth, age_s of the oldest movement (None where empty), last_error (None where fine).
        - central: up, and detail for staff.
        - sales: today (how many), total_minor, currency.
        - disk: free_bytes.
        """

    def sales(self, limit: int) -> Sequence[Mapping[str, Any]]:
        """Return the latest sales, newest first: number, sold_utc, lane, items, total_minor, currency, state."""

    def stocktake(self) -> Mapping[str, Any] | None:
        """Return the running or latest stocktake with its progress, or None.

        state ("running" or "finished"), zone, started_utc, finished_utc (None while it runs), expected, found and
        tags_per_s as figures; missing and unexpected as lists of epc, gtin, name, detail, picture (a path), empty
        while it runs.
        """

    def start_stocktake(self, zone: str) -> Mapping[str, Any]:
        """Begin a sweep of ``zone`` and return its first state."""

    def finish_stocktake(self) -> Mapping[str, Any]:
        """End the sweep and return its last state, with missing and unexpected."""


class CentralRelay(Protocol):
    """Central's availability, relayed so that pages talk to one origin only."""

    def availability(self) -> Mapping[str, Any]:
        """Return the last known availability, its age, and whether central answers now.

        central_up, silent_s (since when central is silent, 0 while it answers, None if it never did) and items: a
        list of gtin, location, on_hand, reserved, safety, uncertain, available, as_of (RFC 3339) and age_s, the
        age of that truth now.
        """

    def changes(self, timeout_s: float) -> Iterator[Mapping[str, Any]]:
        """Yield changes of availability as they come, for at most ``timeout_s``.

        A change is one item as in `availability`. At least every few seconds one without `gtin` says how central
        is: central_up, silent_s. Changes count from the call, not from the first `next`.
        """
