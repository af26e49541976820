"""Puts a profile in force on a Mercury module that is silent. Pure: generators of acts.

1. The region comes first, at each tuning: it decides which powers there are, and setting it undoes fixed channels.
2. Powers are set for each port and for all, for reading and for writing, and all of them are read back: a tag is
   written to at no other power than it is read at. A module that cannot hold them apart gets one for all. Before
   anything is transmitted they are read back again: a module that was reset has forgotten them.
3. A module has one session, one target and one Q for all of its ports.
4. The number of Q slots is fixed by the population: about one slot for each tag.

Sources: ThingMagic Mercury API; captures of its SDK (facts measured 2026-11). Fixed channels (opcode 95) and the
mode (key 02) were never captured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from reader.errors import ProfileError, ReaderGoneError, ReaderRefusedError
from reader.profile import Profile
from reader.serial.acts import Acts
from reader.serial.mercury import MercuryFrame, Opcode
from reader.serial.mercury_asking import answered, is_unable

__all__ = ["Powers", "antennas_connected", "confirmed", "tuned"]

_REGIONS: Final = {"eu": 0x08, "us": 0x01}  # EU3: the four channels of the lower band; NA
_GEN2: Final = 0x05
_SESSION: Final = 0x00
_TARGET: Final = 0x01
_TAG_ENCODING: Final = 0x02
_Q: Final = 0x12
_TARGETS: Final = {"single": "0100", "reader": "0100", "dual": "0000"}  # A, and A for a while, then B
_READ_FILTER: Final = 0x0C  # of the reader's configuration: whether a tag is reported once or at each read
_MODES: Final = 4  # FM0, Miller 2, 4, 8
_MAX_Q: Final = 15


@dataclass(frozen=True, slots=True)
class Powers:
    """What a module holds, in 0.01 dBm by port; are_apart: it holds one for each port, not one for all."""

    cdbm: Mapping[int, int]
    are_apart: bool


def tuned(profile: Profile) -> Acts[MercuryFrame, Powers]:
    """Put ``profile`` in force; return the powers as read back.

    Raises:
        ProfileError: The module cannot obey it, or does not hold what was set.
        ReaderRefusedError: The module refused what every module can.
    """
    _check(profile)
    yield from _tune_region(profile)
    yield from answered(Opcode.SET_PROTOCOL, protocol=_GEN2)
    powers = yield from _tune_powers(profile)
    yield from _parameter(_SESSION, f"{profile.session:02x}")
    yield from _parameter(_TARGET, _TARGETS[profile.target])
    yield from _parameter(_Q, f"01{_q_of(profile.population):02x}")
    if profile.mode is not None:
        yield from _parameter(_TAG_ENCODING, f"{profile.mode:02x}")
    yield from answered(Opcode.SET_CONFIGURATION, option=1, key=_READ_FILTER, value=0)
    return powers


def confirmed(powers: Powers) -> Acts[MercuryFrame, None]:
    """Make sure that the module has not been reset since it was tuned.

    Raises:
        ReaderGoneError: It holds other ``powers``.
    """
    try:
        if powers.are_apart:
            yield from _check_port_powers(powers.cdbm)
            return
        for get_power in (Opcode.GET_READ_POWER, Opcode.GET_WRITE_POWER):
            yield from _check_power(get_power, min(powers.cdbm.values()))
    except ProfileError as error:
        raise ReaderGoneError(f"the module was reset: {error}") from error


def antennas_connected() -> Acts[MercuryFrame, dict[int, bool]]:
    """Return which of the module's ports have an antenna, by what the module measures."""
    said = yield from answered(Opcode.GET_ANTENNA, option=5)
    return {row["port"]: row["detected"] for row in said.get("ports", ())}


def _check(profile: Profile) -> None:
    """Refuse what no Mercury module does, or what this driver cannot ask it for."""
    if profile.region.name not in _REGIONS:
        raise ProfileError(
            f"region {profile.region.name}: Mercury modules are driven in {' and '.join(_REGIONS)} only, so far"
        )
    if profile.mode is not None and profile.mode >= _MODES:
        raise ProfileError(f"mode {profile.mode}: a Mercury module has 0 FM0, 1 Miller 2, 2 Miller 4, 3 Miller 8")
    if profile.filters:
        raise ProfileError("a Mercury module reads every tag with this driver; the profile has filters")
    if profile.start_input is not None:
        raise ProfileError("a Mercury module reads at once with this driver; the profile has a start input")
    for port in profile.antennas:
        own = profile.on(port)
        of_all = (profile.session, profile.population, profile.target, profile.mode)
        if (own.session, own.population, own.target, own.mode) != of_all:
            raise ProfileError(f"antenna {port}: a Mercury module has one session, population, target and mode for all")


def _q_of(population: int) -> int:
    """Return the Q whose slots are at least ``population``."""
    return min(_MAX_Q, math.ceil(math.log2(population)))


def _parameter(key: int, value_hex: str) -> Acts[MercuryFrame, None]:
    yield from answered(Opcode.SET_PROTOCOL_PARAMETER, protocol=_GEN2, key=key, value_hex=value_hex)


def _tune_region(profile: Profile) -> Acts[MercuryFrame, None]:
    region = _REGIONS[profile.region.name]
    try:
        yield from answered(Opcode.SET_REGION, region=region)
    except ReaderRefusedError as error:
        raise ProfileError(f"the module is not made for region {profile.region.name}: {error}") from error
    held = (yield from answered(Opcode.GET_REGION))["region"]
    if held != region:
        raise ProfileError(f"region {region:02X} was set, but the module holds {held:02X}")
    if profile.fixed_channels_mhz:
        yield from _tune_channels(profile.fixed_channels_mhz)


def _tune_channels(channels_mhz: tuple[float, ...]) -> Acts[MercuryFrame, None]:
    table = b"".join(round(channel * 1000).to_bytes(4, "big") for channel in channels_mhz).hex()
    try:
        yield from answered(Opcode.SET_HOP_TABLE, data_hex=table)
    except ReaderRefusedError as error:
        raise ProfileError(f"the module refuses the fixed channels: {error}") from error
    held = (yield from answered(Opcode.GET_HOP_TABLE)).get("data_hex", "")
    if held != table:
        raise ProfileError(f"the channels {channels_mhz} MHz were set, but the module holds {held or 'none'}")


def _tune_powers(profile: Profile) -> Acts[MercuryFrame, Powers]:
    limits = yield from answered(Opcode.GET_READ_POWER, option=1)
    powers = {port: _power_cdbm(profile, port, limits["min_cdbm"], limits["max_cdbm"]) for port in profile.antennas}
    # For all ports: no port may ever send more than any of them may.
    least = min(powers.values())
    for set_power, get_power in (
        (Opcode.SET_READ_POWER, Opcode.GET_READ_POWER),
        (Opcode.SET_WRITE_POWER, Opcode.GET_WRITE_POWER),
    ):
        yield from answered(set_power, power_cdbm=least)
        yield from _check_power(get_power, least)
    try:
        yield from _tune_port_powers(powers)
    except ReaderRefusedError as error:
        if not is_unable(error) or len(set(powers.values())) > 1:
            raise ProfileError(f"the module cannot hold a power for each port: {error}") from error
        return Powers(powers, are_apart=False)
    return Powers(powers, are_apart=True)


def _check_power(get_power: Opcode, power: int) -> Acts[MercuryFrame, None]:
    held = (yield from answered(get_power, option=0))["power_cdbm"]
    if held != power:
        raise ProfileError(f"{power / 100:.2f} dBm was set for all ports, but the module holds {held / 100:.2f}")


def _power_cdbm(profile: Profile, port: int, least: int, greatest: int) -> int:
    """Return the greatest power, in 0.01 dBm, that the module can send and that ``port`` may."""
    limit_dbm = profile.on(port).power_limit_dbm
    # Binary noise only: 35.15 - 6.0 is 29.149999999999999.
    allowed = min(math.floor(limit_dbm * 100 + 1e-6), greatest)
    if allowed < least:
        raise ProfileError(
            f"antenna {port}: the module's smallest power is {least / 100:.2f} dBm, but only {limit_dbm:.2f} dBm is "
            "allowed here"
        )
    return allowed


def _tune_port_powers(powers: Mapping[int, int]) -> Acts[MercuryFrame, None]:
    rows = [{"port": port, "read_power_cdbm": power, "write_power_cdbm": power} for port, power in powers.items()]
    yield from answered(Opcode.SET_ANTENNA, option=3, powers=rows)
    yield from _check_port_powers(powers)


def _check_port_powers(powers: Mapping[int, int]) -> Acts[MercuryFrame, None]:
    held = bytes.fromhex((yield from answered(Opcode.GET_ANTENNA, option=4))["data_hex"])
    found = {
        held[at]: (int.from_bytes(held[at + 1 : at + 3], "big"), int.from_bytes(held[at + 3 : at + 5], "big"))
        for at in range(0, len(held) - 6, 7)  # port, read power, write power, time to settle
    }
    for port, power in powers.items():
        if found.get(port) != (power, power):
            raise ProfileError(
                f"antenna {port}: {power / 100:.2f} dBm was set, but the module holds {found.get(port, 'nothing')}"
            )
