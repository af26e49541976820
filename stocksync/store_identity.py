"""Who this store is to the world: its id, its GLN, its time zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from reader.epc import location_link
from reader.errors import EpcError
from stocksync.errors import MovementError

__all__ = ["FLOOR", "StoreIdentity"]

FLOOR = "floor"  # the sales floor's name as a zone
_STORE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class StoreIdentity:
    """One store.

    store: the id that numbers its movements, 1 to 64 letters, digits, `_`, `.`, `-`.
    gln: its Global Location Number, 13 digits with the check digit.
    time_zone: IANA name; events tell the offset that was in force where they happened.
    """

    store: str
    gln: str
    time_zone: str = "UTC"

    def __post_init__(self) -> None:
        if not _STORE.fullmatch(self.store):
            raise MovementError(f"a store's id is 1 to 64 letters, digits, '_', '.' or '-', not {self.store!r}")
        try:
            location_link(self.gln)
        except EpcError as error:
            raise MovementError(str(error)) from error
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise MovementError(f"{self.time_zone!r} is no time zone known here") from error

    def place(self, extension: str) -> str:
        """Return the Digital Link of a place in this store: a zone or a lane. Never refuses: goods may be paid already.

        What GS1 allows as an extension (20 characters of its set 82) is for whoever reads the configuration to ask of
        `reader.epc.location_link`.
        """
        return f"https://id.gs1.org/414/{self.gln}/254/{quote(extension, safe='')}"

    def document(self, number: str) -> str:
        """Return the URI of one of this store's business documents. Source: CBV 2.0, business transaction ids."""
        return f"urn:epcglobal:cbv:bt:{self.gln}:{quote(number, safe='')}"

    def local(self, moment_utc: datetime) -> datetime:
        """Return the same moment on the clock on this store's wall."""
        return moment_utc.astimezone(ZoneInfo(self.time_zone))
