"""The values that readers produce."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

__all__ = ["JOINED_STEP", "LinkState", "ReaderEvent", "ReaderEventKind", "ReaderHealth", "TagRead"]


JOINED_STEP: Final = 1000
"""Of several readers that are joined, the second's antennas begin at 1001: no reader has so many ports."""


class TagRead(NamedTuple):
    """One report of one tag by one antenna port. Made by the ten thousand, so checked at the codec.

    t_us: microseconds on the reader's clock (in a recording: from the start of the file).
    epc: the EPC bank's content as upper-case hex, without the PC word.
    antenna: antenna port, counted from 1; see `JOINED_STEP`.
    rssi_dbm: peak backscatter power at the reader's port.
    phase_deg: 0 to 360, or None where the reader does not say.
    channel_mhz: carrier, or None where the reader does not say.
    seen_count: how many singulations this report stands for, at least 1 (`count` in files).
    tid: the chip's own number as upper-case hex where the reader was asked for it (`tid` in files), else None.
    """

    t_us: int
    epc: str
    antenna: int
    rssi_dbm: float
    phase_deg: float | None = None
    channel_mhz: float | None = None
    seen_count: int = 1
    tid: str | None = None


class LinkState(StrEnum):
    """Where the link to a reader stands."""

    CONNECTING = "connecting"
    UP = "up"
    DOWN = "down"
    REFUSED = "refused"  # somebody else holds the reader, or it refused the profile
    CLOSED = "closed"


class ReaderEventKind(StrEnum):
    """What a reader or its link reported besides tags."""

    LINK_UP = "link_up"
    LINK_LOST = "link_lost"
    REFUSED = "refused"
    ANTENNA_GONE = "antenna_gone"
    ANTENNA_BACK = "antenna_back"
    BUFFER_FILLING = "buffer_filling"
    BUFFER_OVERFLOWED = "buffer_overflowed"
    EXCEPTION = "exception"
    MALFORMED = "malformed"
    HOT = "hot"  # too hot to transmit; it goes on by itself
    REFLECTION = "reflection"  # too much power comes back from an antenna: a bad antenna, cable or plug
    INPUT_CHANGED = "input_changed"  # a general purpose input; `detail` says which and how
    RETUNED = "retuned"  # another profile is in force
    MODEL_DIFFERS = "model_differs"  # another model than the profile is for, as far as anybody can tell
    BAUD_DIFFERS = "baud_differs"  # a serial module was found at another rate than its profile says


class ReaderEvent(NamedTuple):
    """Something other than a tag; `at_s` is the host's monotonic time, `detail` is for staff.

    antenna: the port that it is about, None where it is about none.
    """

    at_s: float
    kind: ReaderEventKind
    detail: str = ""
    antenna: int | None = None


@dataclass(frozen=True, slots=True)
class ReaderHealth:
    """What a reader's link looks like right now.

    tx_power_dbm: the greatest of the antennas', read back from the reader, never what was asked for.
    tx_powers_dbm: the same by antenna port.
    antennas_gone: ports whose antenna the reader reported as disconnected and not as back.
    clock_offset_s: how far the reader's clock is ahead of the host's UTC; None where it has no UTC clock.
    temperature_c: of the reader, where it offers one.
    """

    state: LinkState
    detail: str = ""
    model: str = ""
    firmware: str = ""
    tx_power_dbm: float | None = None
    last_read_age_s: float | None = None
    reads_per_s: float = 0.0
    reads: int = 0
    connects: int = 0
    malformed: int = 0
    tx_powers_dbm: Mapping[int, float] = field(default_factory=dict)
    antennas_gone: tuple[int, ...] = ()
    clock_offset_s: float | None = None
    temperature_c: float | None = None
