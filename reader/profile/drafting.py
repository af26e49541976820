"""A first profile for a reader that nobody described yet, from what it says of itself. Pure.

1. A model that ships and names the reader's maker and model id is taken; else a model of its own is written beside.
2. The region is the one whose band holds every carrier of the reader and whose standard it may report; where that
   leaves two, or none, a person has to say it.
3. Nothing is promised that was not asked: the first profile is a pad's, with the safe assumptions of one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from reader.errors import ProfileError
from reader.profile.naming import known_model, shipped_models
from reader.profile.parts import names_of, part_of, region_of, shipped
from reader.profile.values import Model, Region
from reader.settings_file import SettingsFile

__all__ = ["Draft", "Sighting", "drafted", "likely_regions", "matching_model"]

_EXTENSIONS: Final = {25882: "impinj_extensions", 161: "zebra_extensions"}  # by IANA enterprise number, as LLRP says it
_MILLER_WANTED: Final = 4  # robust among strays, and fast enough for a basket
_PAD_PORTS: Final = 2
_GREATEST_VERSION: Final = 2  # LLRP 1.1: what we speak; a reader of a later one speaks it, too


@dataclass(frozen=True, slots=True)
class Sighting:
    """What a reader said of itself.

    driver: how it is spoken to. model: of a serial module, the shipped model that it is likeliest to be.
    device, firmware: in its own words. protocol_version: the greatest of LLRP that it speaks, which
        may be greater than any that is known here.
    antenna_ports: how many, 0 where it does not say.
    millers: by identifier of its modes, their M (1 for FM0), 0 where it is the reader's choice or not said.
    """

    driver: str
    address: str
    device: str
    firmware: str = ""
    model: str = ""
    manufacturer: int | None = None
    model_id: int | None = None
    protocol_version: int = 1
    antenna_ports: int = 1
    powers_dbm: Sequence[float] = ()
    channels_mhz: Sequence[float] = ()
    communications_standard: int = 0
    millers: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """The text of a profile, and of the model that belongs into `models/` beside it where none ships."""

    profile_text: str
    model_name: str
    model_text: str | None


def matching_model(seen: Sighting) -> Model | None:
    """Return the shipped model that the reader says it is, or None."""
    if seen.model:
        return shipped_models()[seen.model]
    return known_model(seen.driver, seen.manufacturer, seen.model_id)


def likely_regions(seen: Sighting) -> list[str]:
    """Return the regions with known limits that the reader may be made for. Rule 2."""
    fitting = []
    for name in names_of("region"):
        region = _region(name)
        if region is None or (seen.communications_standard not in region.communications_standards):
            continue
        if seen.model and name not in shipped_models()[seen.model].regions:
            continue
        low, high = region.band_mhz
        if all(low <= carrier <= high for carrier in seen.channels_mhz):
            fitting.append(name)
    return fitting


def drafted(seen: Sighting, region_name: str | None = None) -> Draft:
    """Return a first profile.

    Args:
        seen: What the reader said.
        region_name: Whose law holds, where a person said it.

    Raises:
        ProfileError: The region is not clear, or the reader cannot go down to what is allowed there.
    """
    region = _region_for(seen, region_name)
    model = matching_model(seen)
    name = model.name if model is not None else f"maker{seen.manufacturer}-{seen.model_id}"
    ports = list(range(1, min(_PAD_PORTS, seen.antenna_ports or 1, model.antenna_ports if model else _PAD_PORTS) + 1))
    of_how_many = f"# of {seen.antenna_ports}" if seen.antenna_ports else "# the first; say which are connected"
    lines = [
        f"# A first profile for the reader at {seen.address}, from what it says of itself. Nothing was transmitted.",
        "# Put in your antennas' gain; then let `tagtill reader probe --profile` with this file set the reader up.",
        "spec = 1",
        f"model = {_quoted(name)}",
        'place = "pad"',
        f"region = {_quoted(region.name)}".ljust(27) + f"# {region.title}",
        f"address = {_quoted(seen.address)}",
        f"antennas = {ports}".ljust(27) + of_how_many,
        "antenna_gain_dbi = 6.0     # a common panel; put your antenna's own figure here",
        "cable_loss_db = 0.0        # 0 is the safe assumption: loss allows more power at the port",
        *_power_line(seen, region),
        *_mode_line(seen, model),
        "",
        "[origin]",
        f"device = {_quoted(seen.device)}",
        'tested = "asked what it is, never set up"',
        f"source = {_quoted(_source(seen))}",
    ]
    return Draft("\n".join(lines) + "\n", name, None if model else _model_text(seen, region))


def _region(name: str) -> Region | None:
    """Return a shipped region, None where its limits have no source."""
    asked = SettingsFile("the program", "", {"region": name})
    part = part_of(asked, "region", (shipped(),))
    return region_of(asked, part) if "source" in part.values else None


def _region_for(seen: Sighting, name: str | None) -> Region:
    fitting = likely_regions(seen)
    if name is None:
        if len(fitting) != 1:
            there_are = ", ".join(known for known in names_of("region") if _region(known) is not None)
            why = f"it may be one for {' or '.join(fitting)}" if fitting else "none of ours holds what it says"
            raise ProfileError(f"the reader's region is not clear ({why}); say --region, one of {there_are}")
        name = fitting[0]
    asked = SettingsFile("--region", "", {"region": name})
    region = region_of(asked, part_of(asked, "region", (shipped(),)))
    if name not in fitting:
        raise ProfileError(
            f"the reader does not fit into region {name}: it says communications standard "
            f"{seen.communications_standard} and uses {_span(seen.channels_mhz)} MHz"
        )
    return region


def _span(carriers: Sequence[float]) -> str:
    return f"{min(carriers):g} to {max(carriers):g}" if carriers else "unknown"


def _power_line(seen: Sighting, region: Region) -> list[str]:
    """Say a power only where the reader cannot go down to a pad's."""
    pad_dbm = float(part_of(SettingsFile("", "", {"place": "pad"}), "place", (shipped(),)).values["tx_power_dbm"])
    least_dbm = min(seen.powers_dbm, default=pad_dbm)
    if least_dbm <= pad_dbm:
        return []
    limit_dbm = region.port_limit_dbm(6.0, 0.0)
    if least_dbm > limit_dbm:
        raise ProfileError(
            f"the reader's smallest power is {least_dbm:.2f} dBm, but only {limit_dbm:.2f} dBm is allowed in "
            f"{region.title} with an antenna of 6 dBi"
        )
    return [f"tx_power_dbm = {least_dbm:.2f}".ljust(27) + f"# its least; a pad wants {pad_dbm:g}"]


def _mode_line(seen: Sighting, model: Model | None) -> list[str]:
    """Name a mode where the model's is none of the reader's."""
    wanted = model.modes.get("pad") if model is not None else None
    if not seen.millers or wanted in seen.millers or (model is not None and wanted is None):
        return []
    modes = sorted(seen.millers)
    chosen = next((mode for mode in modes if seen.millers[mode] == _MILLER_WANTED), modes[0])
    return [f"mode = {chosen}".ljust(27) + f"# it lists {', '.join(map(str, modes))}"]


def _model_text(seen: Sighting, region: Region) -> str:
    lines = [
        f"# What the reader at {seen.address} says of itself; no model that ships is it.",
        "spec = 1",
        f"driver = {_quoted(seen.driver)}",
        f"device = {_quoted(seen.device)}",
        f"manufacturer = {seen.manufacturer}",
        f"model_ids = [{seen.model_id}]",
        f"antenna_ports = {seen.antenna_ports}",
        f"regions = [{_quoted(region.name)}]",
        f"protocol_version = {min(seen.protocol_version, _GREATEST_VERSION)}",
    ]
    if seen.powers_dbm:
        lines += [f"power_min_dbm = {min(seen.powers_dbm):.2f}", f"power_max_dbm = {max(seen.powers_dbm):.2f}"]
    extension = _EXTENSIONS.get(seen.manufacturer or 0)
    if extension is not None:
        lines.append(f"{extension} = true".ljust(27) + "# as the maker's others have")
    lines += [f"source = {_quoted(_source(seen))}", 'tested = "asked what it is, never set up"']
    return "\n".join(lines) + "\n"


def _source(seen: Sighting) -> str:
    return "what the reader says of itself" + (f", firmware {seen.firmware}" if seen.firmware else "")


def _quoted(words: str) -> str:
    """Return a basic string of TOML; what a reader says may hold anything."""
    plain = "".join(letter if letter.isprintable() else " " for letter in words)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
