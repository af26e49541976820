"""Which shop this is: what every journal record and receipt says of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

__all__ = ["Shop"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shop:
    """One store.

    store: its short name, part of every receipt number. name: as printed. timezone: IANA, whose midnight ends the day.
    receipt_url: address of a receipt, with `{token}` in it; it must be reachable from a phone.
    """

    store: str
    name: str
    currency: str = "EUR"
    timezone: str = "UTC"
    receipt_url: str = "/receipts/{token}"

    def utc(self, at_us: int) -> datetime:
        """Return ``at_us`` (UTC microseconds since 1970) as an aware time."""
        return _EPOCH + timedelta(microseconds=at_us)

    def local(self, at_us: int) -> datetime:
        """Return the shop's own wall time at ``at_us``."""
        return self.utc(at_us).astimezone(ZoneInfo(self.timezone))
