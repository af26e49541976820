"""One tag, one direction, one reason: what the world is told, one by one and numbered without a gap."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from stocksync.clock import Stamp
from stocksync.errors import MovementError

__all__ = ["RETURNS", "Movement", "Number", "Reason", "event_id_of", "microseconds", "moment_utc"]

RETURNS = "returns"  # the zone of goods that were given back and not yet looked at
_ORIGIN = datetime(1970, 1, 1, tzinfo=UTC)


class Reason(StrEnum):
    """Why a tag moved, or was seen."""

    STOCK = "stock"  # brought into a zone: the first import, goods put on the shelf
    SALE = "sale"
    VOID = "void"  # a sale that never happened after all
    RETURN = "return"
    COUNT = "count"  # seen in a zone by a stocktake


class Number(NamedTuple):
    """What one movement or event is known by, next to its store."""

    epoch: int
    seq: int
    hlc: Stamp


_AT_A_LANE = (Reason.SALE, Reason.VOID, Reason.RETURN)


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement of one tag; (store, epoch, seq) names it for ever.

    seq: from 1, without a gap within an epoch.
    event_id: `urn:uuid:` and a UUIDv7, made once. A void carries its sale's: it declares that event an error.
    tag_key: the canonical name of the item, the same for every encoding of it.
    epc: the EPC bank's content as upper-case hex. gtin: 14 digits, None for what is no trade item.
    zone: where it was put or seen; lane: where it was sold or given back.
    document: the receipt's number; of a count, the stocktake's id.
    undoes: of a void or a return, the receipt's number of the sale that it takes back; `undone` is that sale as far as
    it is known here.
    """

    store: str
    epoch: int
    seq: int
    hlc: Stamp
    event_id: str
    tag_key: str
    epc: str
    gtin: str | None
    reason: Reason
    occurred_utc: datetime
    zone: str | None = None
    lane: str | None = None
    document: str | None = None
    undoes: str | None = None
    undone: Movement | None = None

    def __post_init__(self) -> None:
        if self.epoch < 1 or self.seq < 1:
            raise MovementError(f"epoch and seq count from 1, not {self.epoch} and {self.seq}")
        if self.occurred_utc.tzinfo is None:
            raise MovementError("a movement's time is aware of its zone")
        if self.reason in _AT_A_LANE:
            self._require("lane", "document")
        if self.reason in (Reason.STOCK, Reason.COUNT, Reason.RETURN):
            self._require("zone")
        if self.reason is Reason.COUNT:
            self._require("document")
        if self.reason in (Reason.VOID, Reason.RETURN):
            self._require("undoes")
        if self.reason is Reason.VOID and (self.undone is None or self.undone.event_id != self.event_id):
            raise MovementError("a void carries the event of the sale that it takes back")

    def _require(self, *names: str) -> None:
        for name in names:
            if not getattr(self, name):
                raise MovementError(f"a {self.reason} names its {name}")


def event_id_of(ms: int, randomness: int) -> str:
    """Return the `urn:uuid:` of a UUIDv7 from milliseconds since 1970 and 74 random bits; more bits are cut off.

    Source: RFC 9562, section 5.7.
    """
    upper = (ms & ((1 << 48) - 1)) << 16 | 0x7000 | (randomness >> 62) & 0xFFF
    lower = 0b10 << 62 | randomness & ((1 << 62) - 1)
    digits = f"{upper << 64 | lower:032x}"
    return f"urn:uuid:{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def microseconds(moment: datetime) -> int:
    """Return microseconds since 1970 UTC of an aware time, exactly."""
    return (moment - _ORIGIN) // timedelta(microseconds=1)


def moment_utc(us: int) -> datetime:
    """Return the aware time of ``us`` microseconds since 1970 UTC, exactly."""
    return _ORIGIN + timedelta(microseconds=us)
