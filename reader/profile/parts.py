"""The files that a profile is composed of: where they are looked for, and what each says once it is checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from reader.errors import ProfileError
from reader.profile import keys
from reader.profile.values import Model, Region
from reader.settings_file import Expected, SettingsFile
from reader.system_reasons import reason_of

__all__ = ["driver_card", "model_of", "names_of", "part_of", "read_file", "region_of", "shipped"]

_ERP_TO_EIRP_DB: Final = 2.15  # gain of a half-wave dipole over an isotropic radiator
_KINDS: Final[Mapping[str, tuple[Mapping[str, Expected], frozenset[str]]]] = {
    "driver": (keys.DRIVER, keys.DRIVER_REQUIRED),
    "model": (keys.MODEL, keys.MODEL_REQUIRED),
    "place": (keys.PLACE, keys.PLACE_REQUIRED),
    "region": (keys.REGION, keys.REGION_REQUIRED),
}
_NOT_OF_THE_MODEL: Final = frozenset({"spec", "power_min_dbm", "power_max_dbm"})


def shipped() -> Traversable:
    """Return the folder of what comes with the program."""
    return files("firmware_configs")


def names_of(kind: str = "") -> list[str]:
    """Return the names of all parts of a kind, or of all whole profiles, that come with the program."""
    folder = shipped().joinpath(f"{kind}s") if kind else shipped()
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def read_file(
    entry: Traversable,
    shown: str,
    known: Mapping[str, Expected],
    required: frozenset[str],
    required_within: frozenset[str] = frozenset(),
) -> SettingsFile:
    """Read and check one file; ``shown`` is what errors call it. Raises ProfileError."""
    try:
        content = entry.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:  # no text, or no path at all
        raise ProfileError(f"{shown}: cannot be read: {reason_of(error)}") from error
    return SettingsFile.read(shown, content, known, required, required_within=required_within)


def part_of(settings: SettingsFile, kind: str, roots: Sequence[Traversable]) -> SettingsFile:
    """Return the part of a kind that ``settings`` names, from the first of ``roots`` with it. Raises ProfileError."""
    name = settings.values[kind]
    for root in roots:
        entry = root.joinpath(f"{kind}s", f"{name}.toml")
        if entry.is_file():
            return read_file(entry, f"{kind}s/{name}.toml", *_KINDS[kind])
    raise settings.error(kind, f"no {kind} named {name}; expected one of {', '.join(names_of(kind))}")


def driver_card(driver: str) -> SettingsFile:
    """Return what a driver does, whatever the model. Raises ProfileError."""
    return read_file(shipped().joinpath("drivers", f"{driver}.toml"), f"drivers/{driver}.toml", *_KINDS["driver"])


def model_of(name: str, part: SettingsFile) -> Model:
    """Return the model that ``part`` describes, its scorecard filled up with what its driver does.

    Raises:
        ProfileError: Parts of it contradict each other.
    """
    said = part.values
    own = {
        key: value
        for key, value in said.items()
        if key not in _NOT_OF_THE_MODEL and key not in keys.SETTINGS and "." not in key
    }
    own["model_ids"] = frozenset(own.get("model_ids", ()))
    own["places"] = tuple(own.get("places", ()))
    own["regions"] = tuple(own.get("regions", ()))
    own["power_table"] = {sent: float(power) for sent, power in own.get("power_table", ())}
    scores = {**_table(driver_card(said["driver"]), "scorecard"), **_table(part, "scorecard")}
    return Model(name=name, **own, modes=_table(part, "modes"), power_range_dbm=_power_range(part), scorecard=scores)


def _table(part: SettingsFile, name: str) -> dict[str, Any]:
    return {key.removeprefix(f"{name}."): value for key, value in part.values.items() if key.startswith(f"{name}.")}


def _power_range(part: SettingsFile) -> tuple[float, float] | None:
    said = [float(part.values[key]) for key in ("power_min_dbm", "power_max_dbm") if key in part.values]
    if len(said) == 1:
        raise ProfileError(f"{part.shown_name}: expected both of power_min_dbm and power_max_dbm, or none")
    if not said:
        powers = [power for _, power in part.values.get("power_table", ())]
        return (float(min(powers)), float(max(powers))) if powers else None
    if said[0] > said[1]:
        raise part.error("power_min_dbm", f"power_min_dbm is {said[0]:g}, which is above power_max_dbm")
    return said[0], said[1]


def region_of(settings: SettingsFile, part: SettingsFile) -> Region:
    """Return the region that ``part`` describes and ``settings`` names.

    Raises:
        ProfileError: Its limits have no source, or it does not say one limit.
    """
    name, values = settings.values["region"], part.values
    if "source" not in values:
        raise settings.error(
            "region", f"the limits of region {name} have no source yet, so nothing may transmit by them"
        )
    if ("eirp_dbm" in values) == ("erp_dbm" in values):
        raise ProfileError(f"{part.shown_name}: expected exactly one of eirp_dbm and erp_dbm")
    return Region(
        name=name,
        title=values["title"],
        band_mhz=(float(values["band_low_mhz"]), float(values["band_high_mhz"])),
        eirp_dbm=float(values["eirp_dbm"]) if "eirp_dbm" in values else float(values["erp_dbm"]) + _ERP_TO_EIRP_DB,
        conducted_dbm=float(values["conducted_dbm"]) if "conducted_dbm" in values else None,
        communications_standards=frozenset(values["communications_standards"]),
        source=values["source"],
        must_hop=values.get("must_hop", False),
        channels_mhz=tuple(float(channel) for channel in values.get("channels_mhz", ())),
    )
