"""From parts to a profile.

1. A profile's name is MODEL-PLACE-REGION, composed of `models/`, `places/` and `regions/` without a file of its own;
   a few profiles are files.
2. Where several say something, the profile wins over the model and the model over the place. A mode that the model
   has for the place wins over the one it has for all.
3. What is only the law's to say (`regions/`) can be set nowhere else.
4. A place's antennas are those that the model has of them; what a file says itself it must have.
5. Every figure remembers where it was said: `Figure`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

from reader.access import Bank
from reader.errors import ProfileError
from reader.profile import keys
from reader.profile.parts import model_of, part_of, read_file, region_of, shipped
from reader.profile.values import InputTrigger, Model, Origin, Profile, Region, TagFilter
from reader.settings_file import SettingsFile

__all__ = ["Composed", "Figure", "compose_file", "compose_parts"]

_EXCLUSIVE: Final = ("report_tags", "report_ms")
_DEFAULTS: Final[Mapping[str, Any]] = {"cable_loss_db": 0.0, "reads_tid": False, "report_tags": 0, "report_ms": 0}
# A driver that has to ask for a sign of life knows of a dead module after 2.5 s at the latest, whatever the profile
# says: three periods must not be shorter.
_LEAST_KEEPALIVE_MS: Final = {"m100": 850, "r2000": 850}
_NEEDS: Final = {
    "reads_tid": "tid",
    "filters": "filters",
    "fixed_channels_mhz": "fixed_channels",
    "start_input": "inputs",
}
_MAX_MASK_BITS: Final = 255  # Length in Select is one byte: Gen2 2.1, section 6.3.2.12.1.1
_BANKS: Final = {"epc": Bank.EPC, "tid": Bank.TID, "user": Bank.USER}


@dataclass(frozen=True, slots=True)
class Figure:
    """One setting, where it was said (file:line, or "default"), and the reason that stands beside it."""

    key: str
    value: Any
    where: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Composed:
    """A profile and how it came about."""

    profile: Profile
    purpose: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class _Parts:
    own: SettingsFile
    model: SettingsFile
    place: SettingsFile
    region: SettingsFile


def compose_file(entry: Traversable, shown: str) -> Composed:
    """Read the profile in ``entry``; the parts it names are looked for beside it first.

    Raises:
        ProfileError: No such file, an unknown key, a value out of range, parts that contradict each other, or a
            region whose limits have no source.
    """
    own = read_file(entry, shown, keys.PROFILE, keys.PROFILE_REQUIRED, keys.PROFILE_REQUIRED_WITHIN)
    roots: tuple[Traversable, ...] = (entry.parent, shipped()) if isinstance(entry, Path) else (shipped(),)
    return _composed(entry.name.removesuffix(".toml"), own, roots)


def compose_parts(model: str, place: str, region: str) -> Composed:
    """Compose the profile of three parts that come with the program. Raises ProfileError as `compose_file`."""
    name = f"{model}-{place}-{region}"
    own = SettingsFile(name, "", {"model": model, "place": place, "region": region})
    return _composed(name, own, (shipped(),))


def _composed(name: str, own: SettingsFile, roots: Sequence[Traversable]) -> Composed:
    parts = _Parts(own, part_of(own, "model", roots), part_of(own, "place", roots), part_of(own, "region", roots))
    model = model_of(own.values["model"], parts.model)
    region = region_of(own, parts.region)
    figures = _figures(parts, model)
    profile = _profile(name, parts, model, region, {figure.key: figure.value for figure in figures.values()})
    _check(profile, parts, figures)
    return Composed(profile, parts.place.values["purpose"], tuple(figures.values()))


def _figures(parts: _Parts, model: Model) -> dict[str, Figure]:
    """Return every setting with where it was said; of the two report rules only the last said holds."""
    figures: dict[str, Figure] = {}
    for part in (parts.place, parts.model, parts.own):
        said = {key for key in part.values if key in keys.SETTINGS or key in keys.MOUNTING}
        if said.intersection(_EXCLUSIVE):
            for key in _EXCLUSIVE:
                figures.pop(key, None)
        for key in sorted(said):
            figures[key] = _figure(part, key, key)
        mode_here = f"modes.{parts.own.values['place']}"
        if part is parts.model and mode_here in part.values:
            figures["mode"] = _figure(part, "mode", mode_here)
    if "antennas" not in parts.own.values and "antennas" in figures:
        figures["antennas"] = _ports_it_has(figures["antennas"], model)
    for key, value in _DEFAULTS.items():
        figures.setdefault(key, Figure(key, value, "default"))
    for key in sorted(keys.MOUNTING.keys() - figures.keys()):
        raise ProfileError(f"{parts.own.shown_name}: {key} is missing: neither the profile nor its place says it")
    return figures


def _figure(part: SettingsFile, key: str, said_as: str) -> Figure:
    return Figure(key, part.values[said_as], f"{part.shown_name}:{part.line(said_as)}", part.remark(said_as))


def _ports_it_has(wanted: Figure, model: Model) -> Figure:
    """Rule 4."""
    ports = [port for port in wanted.value if port <= model.antenna_ports]
    if ports == wanted.value:
        return wanted
    return Figure(wanted.key, ports, wanted.where, f"{model.name} has {model.antenna_ports} of these {wanted.value}")


def _profile(name: str, parts: _Parts, model: Model, region: Region, figures: Mapping[str, Any]) -> Profile:
    values = parts.own.values
    return Profile(
        name=name,
        driver=values.get("driver", model.driver),
        place=values["place"],
        model=model,
        region=region,
        origin=_origin(parts, model),
        antennas=tuple(figures["antennas"]),
        antenna_gain_dbi=float(figures["antenna_gain_dbi"]),
        cable_loss_db=float(figures["cable_loss_db"]),
        tx_power_dbm=float(figures["tx_power_dbm"]),
        session=figures["session"],
        population=figures["population"],
        target=figures["target"],
        report_tags=figures["report_tags"],
        report_ms=figures["report_ms"],
        keepalive_ms=figures["keepalive_ms"],
        mode=figures.get("mode"),
        address=values.get("address", ""),
        overrides=_overrides(values),
        filters=tuple(_filters(parts.own)),
        reads_tid=figures["reads_tid"],
        fixed_channels_mhz=tuple(float(carrier) for carrier in values.get("fixed_channels_mhz", ())),
        start_input=_start_input(values),
    )


def _origin(parts: _Parts, model: Model) -> Origin:
    values = parts.own.values
    if "origin.device" in values:
        return Origin(values["origin.device"], values["origin.tested"], values.get("origin.source", ""))
    composed_of = ", ".join(part.shown_name for part in (parts.model, parts.place, parts.region))
    return Origin(model.device or model.name, model.tested, f"composed of {composed_of}")


def _overrides(values: Mapping[str, Any]) -> dict[int, dict[str, Any]]:
    overrides: dict[int, dict[str, Any]] = {}
    for key, value in values.items():
        if key.startswith("antenna."):
            _, port, setting = key.split(".")
            overrides.setdefault(int(port), {})[setting] = value
    return overrides


def _filters(own: SettingsFile) -> Iterator[TagFilter]:
    places = dict.fromkeys(key.split(".")[1] for key in own.values if key.startswith("filters."))
    for place in places:
        at = f"filters.{place}"
        mask = own.values[f"{at}.mask"]
        bits = own.values.get(f"{at}.bits", 4 * len(mask))
        if bits > 4 * len(mask):
            raise own.error(f"{at}.bits", f"{at}.bits is {bits}, but the mask {mask} has {4 * len(mask)}")
        if bits > _MAX_MASK_BITS:
            raise own.error(f"{at}.mask", f"{at}.mask has {bits} bits, but a tag compares {_MAX_MASK_BITS} at most")
        yield TagFilter(
            bank=_BANKS[own.values[f"{at}.bank"]],
            bit_address=own.values[f"{at}.bit_address"],
            mask=mask.upper(),
            bits=bits,
            is_excluding=own.values.get(f"{at}.is_excluding", False),
        )


def _start_input(values: Mapping[str, Any]) -> InputTrigger | None:
    if "start_input.port" not in values:
        return None
    return InputTrigger(
        values["start_input.port"], values.get("start_input.is_high", True), float(values["start_input.seconds"])
    )


def _check(profile: Profile, parts: _Parts, figures: Mapping[str, Figure]) -> None:
    """Refuse what the parts cannot mean together."""
    own, model = parts.own, profile.model
    if model.driver != profile.driver:
        raise own.error("driver", f"{model.name} is spoken to by {model.driver}, not by {profile.driver}")
    beyond = [port for port in profile.antennas if port > model.antenna_ports]
    if beyond:
        raise own.error("antennas", f"{model.name} has {model.antenna_ports} antenna ports, not port {beyond[0]}")
    if not profile.antennas:
        raise ProfileError(f"{own.shown_name}: antennas is missing, and {model.name} has none of its place's")
    for port in sorted(profile.overrides.keys() - set(profile.antennas)):
        raise own.error(f"antenna.{port}", f"antenna.{port}: port {port} is none of antennas {list(profile.antennas)}")
    if profile.report_ms and model.protocol_version < 2 and profile.driver == "llrp":
        raise own.error("report_ms", "reports by time need LLRP 1.1 (protocol_version = 2 in the model)")
    if profile.report_ms and profile.report_tags:
        raise own.error("report_ms", "expected one of report_tags and report_ms, not both")
    if profile.keepalive_ms < _LEAST_KEEPALIVE_MS.get(profile.driver, 0):
        raise own.error(
            "keepalive_ms",
            f"keepalive_ms is {profile.keepalive_ms}, expected at least {_LEAST_KEEPALIVE_MS[profile.driver]}: "
            f"{model.name} gives no sign of life by itself, and is asked for one when it has been silent",
        )
    for key, capability in _NEEDS.items():
        score = model.scorecard[capability]
        if getattr(profile, key) and score.startswith("exempt"):
            stands_at = next((said for said in own.values if said.split(".")[0] == key), key)
            raise own.error(stands_at, f"{key}: {model.name} cannot do it ({score.removeprefix('exempt: ')})")
    _check_power(profile, own, figures)
    _check_channels(profile, own)


def _check_power(profile: Profile, own: SettingsFile, figures: Mapping[str, Figure]) -> None:
    """Refuse a reader that cannot go down to what is allowed; a wish above the law is only capped, by `Profile.on`."""
    if profile.model.power_range_dbm is None:
        return
    least_dbm = profile.model.power_range_dbm[0]
    for port in profile.antennas:
        limit_dbm = profile.on(port).power_limit_dbm
        if limit_dbm < least_dbm:
            override = f"antenna.{port}.tx_power_dbm"
            key = override if override in own.values else "tx_power_dbm"
            where = "" if key in own.values else f" (tx_power_dbm by {figures['tx_power_dbm'].where})"
            raise own.error(
                key,
                f"antenna {port} may have {limit_dbm:.2f} dBm at most, but {profile.model.name} sends {least_dbm:.2f} "
                f"dBm at least{where}",
            )


def _check_channels(profile: Profile, own: SettingsFile) -> None:
    region = profile.region
    if profile.fixed_channels_mhz and region.must_hop:
        raise own.error("fixed_channels_mhz", f"fixed_channels_mhz: in {region.title} a reader has to hop")
    low, high = region.band_mhz
    for carrier in profile.fixed_channels_mhz:
        if region.channels_mhz and not any(abs(carrier - channel) < 1e-6 for channel in region.channels_mhz):
            listed = ", ".join(f"{channel:g}" for channel in region.channels_mhz)
            raise own.error(
                "fixed_channels_mhz", f"{carrier:g} MHz is no channel of {region.title}; there are {listed}"
            )
        if not low <= carrier <= high:
            raise own.error(
                "fixed_channels_mhz", f"{carrier:g} MHz is outside {region.title} ({low:g} to {high:g} MHz)"
            )
