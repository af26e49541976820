"""What a profile means to an M100 module: region, carriers, power and query in the module's own figures. Pure.

1. Where the law allows only some of the module's channels (four of its fifteen in Europe), or the profile wants only
   some, the module is given those to hop over. How many it can be given is said nowhere; four it can.
2. The module's scale of power is its amplifier's: a board with another one relabels it, and the model's
   ``power_table`` says what is meant. What no table says is sent as hundredths of a dBm.
3. A filter is a Select on the SL flag, which no inventory touches, so it goes with every session and target.

Sources: MagicRF M100/QM100 firmware manual (commands 07, 0C, 0E, A9, AB, B6); CEPT ERC REC 70-03, annex 11;
facts measured 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor
from typing import Final

from reader.access import Bank
from reader.errors import ProfileError
from reader.profile import Profile, TagFilter, power_index
from reader.serial.layout import Fields

__all__ = ["M100Plan", "SelectionFlag", "m100_plan", "query_fields", "select_fields"]

_MAX_MASK_BITS: Final = 0xFF
_MAX_Q: Final = 15
_NEAR_MHZ: Final = 0.001  # binary noise; the tables' steps are 0.2 MHz and more
_SL: Final = 4  # the Select command's target "SL flag": Gen2 2.1, Table 6-29


@dataclass(frozen=True, slots=True)
class _Band:
    """A region as the module numbers it: channel n is at ``first_mhz`` + n × ``step_mhz``."""

    code: int
    first_mhz: float
    step_mhz: float
    count: int


_BANDS: Final[Mapping[str, _Band]] = {
    "eu": _Band(code=3, first_mhz=865.1, step_mhz=0.2, count=15),
    "us": _Band(code=2, first_mhz=902.25, step_mhz=0.5, count=52),
}


class SelectionFlag:
    """Values of the query's ``sel``: Gen2 2.1, Table 6-32."""

    ALL: Final = 0
    NOT_SELECTED: Final = 2
    SELECTED: Final = 3


@dataclass(frozen=True, slots=True)
class M100Plan:
    """What is sent to the module.

    channels: indices to hop over, one to stay on; empty for all of the region's.
    power_sent: on the module's scale; power_dbm: what that is at its port.
    turns_target: whether rounds go to the tags of flag A and to those of B in turn.
    tag_filter: which tags take part; None for all.
    """

    antenna: int
    region: int
    channels: tuple[int, ...]
    power_sent: int
    power_dbm: float
    session: int
    turns_target: bool
    q: int
    tag_filter: TagFilter | None


def m100_plan(profile: Profile) -> M100Plan:
    """Return what ``profile`` means.

    Raises:
        ProfileError: It wants what such a module cannot do, or no power of the module is as low as it must be.
    """
    _check(profile)
    band = _BANDS.get(profile.region.name)
    if band is None:
        raise ProfileError(
            f"an M100 module is run in the regions {', '.join(sorted(_BANDS))}, not in {profile.region.name}"
        )
    port = profile.on(profile.antennas[0])
    sent, power_dbm = _power(profile.model.power_table, port.power_limit_dbm)
    return M100Plan(
        antenna=port.port,
        region=band.code,
        channels=_channels(band, profile.fixed_channels_mhz or profile.region.channels_mhz),
        power_sent=sent,
        power_dbm=power_dbm,
        session=port.session,
        # S0 is lost whenever the carrier goes off, so its tags are back at A by themselves.
        turns_target=port.target == "dual" and port.session != 0,
        q=min(_MAX_Q, (port.population - 1).bit_length()),
        tag_filter=profile.filters[0] if profile.filters else None,
    )


def _check(profile: Profile) -> None:
    if len(profile.antennas) != 1:
        raise ProfileError(f"an M100 module has one antenna port, not {len(profile.antennas)}")
    if profile.reads_tid:
        raise ProfileError(
            "an M100 module's inventory does not tell TIDs; a TID can only be read from one tag at a time"
        )
    if profile.start_input is not None:
        raise ProfileError("an M100 module cannot start on an input")
    if profile.on(profile.antennas[0]).mode is not None:
        raise ProfileError("an M100 module has one RF mode only; expected no mode")
    if len(profile.filters) > 1:
        raise ProfileError(f"an M100 module has one filter, not {len(profile.filters)}")
    for tag_filter in profile.filters:
        if tag_filter.bank is Bank.RESERVED or not 0 < tag_filter.bits <= _MAX_MASK_BITS:
            raise ProfileError(
                f"an M100 module's filter has 1 to {_MAX_MASK_BITS} bits in bank epc, tid or user, not "
                f"{tag_filter.bits} in {tag_filter.bank.name.lower()}"
            )


def _channels(band: _Band, wanted_mhz: tuple[float, ...]) -> tuple[int, ...]:
    channels = []
    for carrier_mhz in wanted_mhz:
        index = round((carrier_mhz - band.first_mhz) / band.step_mhz)
        if not 0 <= index < band.count or abs(band.first_mhz + index * band.step_mhz - carrier_mhz) > _NEAR_MHZ:
            last_mhz = band.first_mhz + (band.count - 1) * band.step_mhz
            raise ProfileError(
                f"{carrier_mhz:g} MHz is none of the module's channels here: {band.first_mhz:g} to {last_mhz:g} MHz "
                f"in steps of {band.step_mhz:g}"
            )
        channels.append(index)
    return tuple(channels)


def _power(table: Mapping[int, float], limit_dbm: float) -> tuple[int, float]:
    """Return what to send, and what it is in dBm: the greatest that is not above ``limit_dbm``."""
    if table:
        sent = list(table)
        index = power_index([table[value] for value in sent], limit_dbm)
        return sent[index], table[sent[index]]
    centi = floor(limit_dbm * 100 + 1e-6)  # binary noise only
    if centi <= 0:
        raise ProfileError(f"an M100 module sends more than 0 dBm, but only {limit_dbm:.2f} dBm is allowed here")
    return centi, centi / 100


def query_fields(plan: M100Plan, *, target_b: bool = False, sel: int | None = None) -> Fields:
    """Return the fields of the query of inventory rounds; ``sel`` is the filter's unless it is said."""
    if sel is None:
        sel = SelectionFlag.ALL
        if plan.tag_filter is not None:
            sel = SelectionFlag.NOT_SELECTED if plan.tag_filter.is_excluding else SelectionFlag.SELECTED
    return {
        # Divide ratio 8, FM0 and the pilot tone are all that the chip does.
        "dr": 0,
        "m": 0,
        "trext": 1,
        "sel": sel,
        "session": plan.session,
        "target": int(target_b),
        "q": plan.q,
    }


def select_fields(bank: Bank, bit_address: int, mask: bytes, bits: int) -> Fields:
    """Return the fields of a Select that asserts SL in the tags that hold ``mask`` and takes it from all others."""
    whole = (bits + 7) // 8
    return {
        "target": _SL,
        "action": 0,
        "bank": int(bank),
        "bit_pointer": bit_address,
        "mask_bits": bits,
        "truncate": 0,
        "mask": mask[:whole].hex(),
    }
