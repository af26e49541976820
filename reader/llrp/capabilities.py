"""What a reader says of itself: GET_READER_CAPABILITIES_RESPONSE as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["AirMode", "Capabilities"]


@dataclass(frozen=True, slots=True)
class AirMode:
    """One row of the reader's mode table: how it speaks with tags. Source: LLRP 1.1, C1G2UHFRFModeTableEntry.

    miller: 1 for FM0, else the M of Miller (2, 4, 8); 0 where the reader names none of these.
    divide_ratio: 8 or 64/3.
    bdr_hz: the tag's data rate; Impinj writes the link frequency (BLF) here, and dummies for identifiers from 1000.
    forward_modulation: "PR-ASK", "SSB-ASK" or "DSB-ASK"; spectral_mask: "unknown", "single", "multi" or "dense".
    pie: length of data-1 over data-0, times 1000; 0 where not said.
    tari_ns: smallest, greatest and step.
    """

    identifier: int
    miller: int
    divide_ratio: float
    bdr_hz: int
    forward_modulation: str
    spectral_mask: str
    pie: int
    tari_ns: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a reader can, as far as anybody here needs it.

    manufacturer: IANA enterprise number; model_id is its maker's own.
    communications_standard: LLRP's CommunicationsStandard (1 FCC part 15, 2 ETSI 302 208, 0 not said).
    country: ISO 3166-1 numeric, 0 not said.
    power_dbm: the power table, index on the wire → dBm at the port.
    channels_mhz: ChannelIndex, counted from 1 → carrier; of the hop table that was asked for where it `is_hopping`.
    modes: the mode table by identifier.
    sensitivities_db: ReceiveSensitivity index → dB above the greatest sensitivity; greatest_sensitivity_dbm: what
        that is, where the reader says (LLRP 1.1).
    max_*: limits that the reader enforces; of access_specs 0 means that it changes no tags.
    inputs, outputs: general purpose ports, each counted from 1.
    is_state_aware: whether it can be told in which state of its session's flag a tag has to be (A or B).
    """

    antennas: int
    manufacturer: int
    model_id: int
    firmware: str
    communications_standard: int
    power_dbm: Mapping[int, float]
    channels_mhz: Mapping[int, float]
    modes: Mapping[int, AirMode]
    can_hold_reports: bool = False
    country: int = 0
    is_hopping: bool = False
    has_utc_clock: bool = False
    is_state_aware: bool = False
    inputs: int = 0
    outputs: int = 0
    sensitivities_db: Mapping[int, int] = field(default_factory=dict)
    greatest_sensitivity_dbm: int | None = None
    max_rospecs: int = 1
    max_access_specs: int = 0
    max_operations: int = 0
    max_filters: int = 0
    can_block_write: bool = False
