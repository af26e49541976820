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
        """Return the receipt behind an unguessable token, or None."""


class StaffDesk(Protocol):
    """What staff see and do. Every mapping is plain JSON."""

    def overview(self) -> Mapping[str, Any]:
        """Return readers, outbox (depth, age_s, last_error), central (up), sales (today), disk, all in one."""

    def sales(self, limit: int) -> Sequence[Mapping[str, Any]]:
        """Return the latest sales, newest first."""

    def stocktake(self) -> Mapping[str, Any] | None:
        """Return the running or latest stocktake with its progress, or None."""

    def start_stocktake(self, zone: str) -> Mapping[str, Any]:
        """Begin a sweep of ``zone`` and return its first state."""

    def finish_stocktake(self) -> Mapping[str, Any]:
        """End the sweep and return expected, found, missing and unexpected."""


class CentralRelay(Protocol):
    """Central's availability, relayed so that pages talk to one origin only."""

    def availability(self) -> Mapping[str, Any]:
        """Return the last known availability per GTIN, its age, and whether central answers now."""

    def changes(self, timeout_s: float) -> Iterator[Mapping[str, Any]]:
        """Yield changes of availability as they come, for at most ``timeout_s``."""
