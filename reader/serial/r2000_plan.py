"""What a profile means to an R2000/E710 board that speaks A0: carriers, power and rounds in its own figures. Pure.

1. Europe's four channels are 600 kHz apart, the board's own table for Europe has steps of 500 kHz: only 867.5 MHz is
   in both. So the board is given a table of our own (region 4), whose carriers tag frames count from 0; where it
   takes none, it stays on 867.5 MHz.
2. The board's table for America begins and ends on the edges of the band, where a carrier's sidebands are outside:
   the first and the last are left out. 51 are left; the law wants 50.
3. Power is whole dBm, never above the limit. It is set for the time being (66): setting it for good (76) writes
   flash, which wears out.

Sources: Rodinbell UHF RFID reader serial interface protocol (66, 78, 8B); CEPT ERC REC 70-03, annex 11; 47 CFR 15.247
(a)(1)(i); facts measured 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import floor
from typing import Final

from reader.errors import ProfileError
from reader.profile import Profile, power_index
from reader.serial.layout import Fields
from reader.serial.r2000 import frequency_mhz

__all__ = ["Carriers", "R2000Plan", "RoundKind", "r2000_plan"]

_MAX_PORTS: Final = 4  # what the two bits of a tag frame can tell apart
_GREATEST_DBM: Final = 33
_FIRST_PROFILE: Final = 0xD0
_PROFILES: Final = 4
_USER: Final = 4
_KHZ_PER_STEP: Final = 10


@dataclass(frozen=True, slots=True)
class Carriers:
    """A table of carriers: as it is set and read back, and as tag frames count in it, empty for the common table."""

    fields: Fields
    own_mhz: tuple[float, ...] = ()

    def mhz(self, index: int) -> float | None:
        """Return the carrier that a tag frame's index means; None where the table has none."""
        if not self.own_mhz:
            return frequency_mhz(index)
        return self.own_mhz[index] if index < len(self.own_mhz) else None


def _on_grid(code: int, start: int, end: int) -> Carriers:
    return Carriers({"region": code, "start_index": start, "end_index": end})


def _own(wanted_mhz: tuple[float, ...], step_khz: int) -> Carriers:
    fields = {
        "region": _USER,
        "step_10khz": step_khz // _KHZ_PER_STEP,
        "channels": len(wanted_mhz),
        "start_khz": round(wanted_mhz[0] * 1000),
    }
    return Carriers(fields, wanted_mhz)


# As the board numbers regions, and the part of its own table of each that lies within the band.
_REGIONS: Final[Mapping[str, tuple[int, int, int]]] = {"eu": (2, 1, 5), "us": (1, 8, 58)}


@dataclass(frozen=True, slots=True)
class RoundKind:
    """How the rounds of a port go: turns_target: to the tags of flag A and to those of B in turn.

    session: None where it is left to the board.
    """

    session: int | None
    turns_target: bool


@dataclass(frozen=True, slots=True)
class R2000Plan:
    """What is sent to the board.

    carriers: tables to try in order; a board that refuses one is given the next.
    sent_dbm: by port, what is sent; powers_dbm: what that is at the port. Ports that are not in use have the least.
    rf_profile: D0 to D3, or None for the board's own choice.
    """

    ports: tuple[int, ...]
    carriers: tuple[Carriers, ...]
    sent_dbm: tuple[int, ...]
    powers_dbm: Mapping[int, float]
    rounds: Mapping[int, RoundKind]
    rf_profile: int | None


def r2000_plan(profile: Profile) -> R2000Plan:
    """Return what ``profile`` means.

    Raises:
        ProfileError: It wants what such a board cannot do, or no power of the board is as low as it must be.
    """
    _check(profile)
    settings = {port: profile.on(port) for port in profile.antennas}
    power = {port: _power(profile.model.power_table, of.power_limit_dbm) for port, of in settings.items()}
    least = min(sent for sent, _ in power.values())
    all_ports = range(1, profile.model.antenna_ports + 1)
    return R2000Plan(
        ports=profile.antennas,
        carriers=_carriers(profile),
        sent_dbm=tuple(power[port][0] if port in power else least for port in all_ports),
        powers_dbm={port: dbm for port, (_, dbm) in power.items()},
        rounds={
            port: RoundKind(
                None if of.target == "reader" else of.session,
                # S0 is lost whenever the carrier goes off, so its tags are back at A by themselves.
                turns_target=of.target == "dual" and of.session != 0,
            )
            for port, of in settings.items()
        },
        rf_profile=_rf_profile(profile),
    )


def _check(profile: Profile) -> None:
    if profile.model.antenna_ports > _MAX_PORTS:
        raise ProfileError(f"A0 boards of up to {_MAX_PORTS} ports are run, not of {profile.model.antenna_ports}")
    if profile.reads_tid:
        raise ProfileError("an A0 board's inventory does not tell TIDs; a TID can only be read from one tag at a time")
    if profile.start_input is not None:
        raise ProfileError("an A0 board does not start on an input")
    if profile.filters:
        raise ProfileError("an A0 board's inventory has no filter: it can only call one tag by its EPC")


def _rf_profile(profile: Profile) -> int | None:
    modes = {profile.on(port).mode for port in profile.antennas}
    if len(modes) > 1:
        raise ProfileError("an A0 board has one RF profile for all its ports")
    mode = modes.pop()
    if mode is not None and not 0 <= mode < _PROFILES:
        raise ProfileError(f"mode {mode} is none of an A0 board's RF profiles; expected 0 to 3, for D0 to D3")
    return None if mode is None else _FIRST_PROFILE + mode


def _power(table: Mapping[int, float], limit_dbm: float) -> tuple[int, float]:
    """Return what to send, and what it is in dBm: the greatest that is not above ``limit_dbm``."""
    if table:
        sent = list(table)
        index = power_index([table[value] for value in sent], limit_dbm)
        return sent[index], table[sent[index]]
    whole = min(_GREATEST_DBM, floor(limit_dbm + 1e-9))  # binary noise only
    if whole < 0:
        raise ProfileError(f"an A0 board sends at least 0 dBm, but only {limit_dbm:.2f} dBm is allowed here")
    return whole, float(whole)


def _carriers(profile: Profile) -> tuple[Carriers, ...]:
    """Return the tables that hold what the profile wants, or else what the law allows; the best first."""
    region = profile.region
    if region.name not in _REGIONS:
        raise ProfileError(f"an A0 board is run in the regions {', '.join(sorted(_REGIONS))}, not in {region.name}")
    code, first, last = _REGIONS[region.name]
    if not profile.fixed_channels_mhz and not region.channels_mhz:
        return (_on_grid(code, first, last),)
    wanted = tuple(sorted(profile.fixed_channels_mhz or region.channels_mhz))
    on_grid = [index for index in range(first, last + 1) if frequency_mhz(index) in wanted]
    if len(on_grid) == len(wanted) == on_grid[-1] - on_grid[0] + 1:
        return (_on_grid(code, on_grid[0], on_grid[-1]),)
    fallback = () if profile.fixed_channels_mhz else tuple(_on_grid(code, index, index) for index in on_grid[:1])
    return (_evenly(wanted), *fallback)


def _evenly(wanted: tuple[float, ...]) -> Carriers:
    steps_khz = {round((after - before) * 1000) for before, after in pairwise(wanted)} or {_KHZ_PER_STEP}
    if len(steps_khz) > 1 or min(steps_khz) % _KHZ_PER_STEP:
        raise ProfileError("an A0 board hops over carriers that are equally far apart, by a multiple of 10 kHz")
    return _own(wanted, steps_khz.pop())
