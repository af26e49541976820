"""`tagtill reader probe`: what a reader is, by a profile or before there is one."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from appliance.commands.reader_options import (
    Telling,
    address_option,
    health_when_up,
    json_option,
    print_json,
    wait_option,
)
from appliance.commands.reader_profiles import limit_in_words
from appliance.first_profile import write_first_profile
from appliance.sighting import Seen, seen_at
from reader.model import ReaderHealth
from reader.port import TagReader
from reader.profile import Profile, load_profile, shipped_profiles
from reader.profile.drafting import drafted, likely_regions, matching_model
from reader.registry import open_reader

__all__ = ["probe"]

_TEMPERATURE_S = 1.0
_TROUBLE_S = 0.4  # an antenna, heat or reflection shows in the first rounds
_LOOK_S = 0.02


@click.command()
@click.option("--profile", "profile_name", metavar="F", help="A profile's name or file; without one, nothing is set.")
@address_option
@click.option("--write", "target", type=click.Path(path_type=Path), metavar="FILE", help="Write a first profile there.")
@click.option("--region", metavar="R", help="Whose law holds, where the reader does not say it (for --write).")
@wait_option
@json_option
def probe(
    profile_name: str | None, address: str | None, target: Path | None, region: str | None, wait_s: float, as_json: bool
) -> None:
    """Say what a reader is.

    With a profile: connect, set the reader up as for work, and read its powers back. With an address alone: ask what
    it is, without changing anything and without ever transmitting.
    """
    if profile_name is not None:
        if target is not None or region is not None:
            raise click.UsageError("--write and --region are for a reader without a profile")
        profile = load_profile(profile_name)
        health = _set_up(profile, address, wait_s)
        found = _for_programs(profile, health) if as_json else _for_people(profile, health)
    elif address is None:
        raise click.UsageError("say --profile, or --address for a reader that nobody knows yet")
    else:
        found = _sighting(address, target, region, wait_s)
        if not as_json:  # the bytes of an answer are for programs; its words stand beside
            found = {key: value for key, value in found.items() if key != "said"}
            found["model"] = found["model"] or "none that ships"
    if as_json:
        print_json(found)
        return
    for key, value in found.items():
        for line, text in enumerate(_lines(value)):
            click.echo(f"{'' if line else key:24} {text}")


def _set_up(profile: Profile, address: str | None, wait_s: float) -> ReaderHealth:
    """Let the reader read for a moment, say what it reports besides, and return how it is."""
    opened = open_reader(profile, address)
    opened.start()
    told = Telling(opened)
    try:
        health_when_up(opened, wait_s)
        return _settled(opened, profile, told)
    finally:
        opened.stop()


def _settled(opened: TagReader, profile: Profile, told: Telling) -> ReaderHealth:
    """Wait for what a reader tells only while it reads: its troubles, and a temperature where its model has one."""
    began_s = time.monotonic()
    has_temperature = not profile.model.scorecard.get("temperature", "").startswith("exempt")
    while True:
        told.go_on()
        health = opened.health()
        passed_s = time.monotonic() - began_s
        is_known = health.temperature_c is not None or not has_temperature
        if passed_s >= _TEMPERATURE_S or (is_known and passed_s >= _TROUBLE_S):
            return health
        time.sleep(_LOOK_S)


def _for_programs(profile: Profile, health: ReaderHealth) -> dict[str, Any]:
    return {
        "profile": profile.name,
        "driver": profile.driver,
        "model": health.model,
        "firmware": health.firmware,
        "region": profile.region.name,
        "antennas": list(profile.antennas),
        "tx_power_dbm": health.tx_power_dbm,
        "tx_powers_dbm": dict(health.tx_powers_dbm),
        "power_limit_dbm": round(profile.power_limit_dbm, 2),
        "antennas_gone": list(health.antennas_gone),
        "temperature_c": health.temperature_c,
        "clock_offset_s": None if health.clock_offset_s is None else round(health.clock_offset_s, 3),
        "tested": profile.origin.tested,
    }


def _for_people(profile: Profile, health: ReaderHealth) -> dict[str, Any]:
    """What it is, how it is and what it may, the reader's own word before the profile's."""
    ahead_s = health.clock_offset_s
    which_way = "behind" if ahead_s is not None and ahead_s < 0 else "ahead of"
    return {
        "device": health.model,
        "firmware": health.firmware or None,
        "temperature": None if health.temperature_c is None else f"{health.temperature_c:g} °C",
        "clock": None if ahead_s is None else f"{abs(ahead_s):.3f} s {which_way} this box",
        "antennas gone": [f"antenna {port}" for port in health.antennas_gone],
        **{
            f"antenna {port}": f"{power_dbm:.2f} dBm as read back; {limit_in_words(profile, port)}"
            for port, power_dbm in sorted(health.tx_powers_dbm.items())
        },
        "profile": f"{profile.name}, for: {profile.origin.device}",
        "law": profile.region.title,
        "tested": profile.origin.tested,
    }


def _sighting(address: str, target: Path | None, region: str | None, wait_s: float) -> dict[str, Any]:
    seen = seen_at(address, wait_s)
    model = matching_model(seen.sighting)
    regions = likely_regions(seen.sighting)
    found = {
        **seen.words,
        "regions": regions,
        "model": model.name if model else None,
        "profiles": _profiles_for(seen, model.name if model else "", regions),
    }
    if target is not None:
        draft = drafted(seen.sighting, region)
        found["written"] = [str(path) for path in write_first_profile(draft, target)]
    return found


def _profiles_for(seen: Seen, model: str, regions: list[str]) -> list[str]:
    """Return the names of the shipped profiles that would do."""
    if not model:
        model = "generic-llrp" if seen.sighting.driver == "llrp" else ""
    return [
        name
        for name in shipped_profiles()
        if model and name.startswith(f"{model}-") and any(name.endswith(f"-{region}") for region in regions)
    ]


def _lines(value: Any) -> list[str]:
    """Return a value for people; a list of tables takes a line each."""
    if value is None:
        return ["not said"]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return ["  ".join(f"{key} {inner}" for key, inner in row.items()) for row in value]
    if isinstance(value, list):
        return [", ".join(f"{item:g}" if isinstance(item, float) else str(item) for item in value) or "none"]
    if isinstance(value, dict):
        return [", ".join(f"{key}: {inner}" for key, inner in value.items()) or "none"]
    return [str(value)]
