"""Profiles: one file of reader settings, composed from what the reader can, the job wants and the law allows.

A profile names a model (`models/`), a place (`places/`) and a region (`regions/`), and may set anything a place
sets. Where several say something, the profile wins over the model and the model over the place. What is only the
law's to say (`regions/`) can be set nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from reader.access import Bank
from reader.errors import ProfileError
from reader.settings_file import Expected, SettingsFile, flag, integer, integers, number, one_of, text

__all__ = [
    "AntennaSettings",
    "InputTrigger",
    "Model",
    "Origin",
    "Profile",
    "Region",
    "TagFilter",
    "load_profile",
    "power_index",
    "shipped_profiles",
]

_ERP_TO_EIRP_DB = 2.15  # gain of a half-wave dipole over an isotropic radiator
_TARGETS = ("reader", "single", "dual")
_DRIVERS = ("llrp", "mercury", "m100", "r2000")

_SETTINGS: dict[str, Expected] = {
    "tx_power_dbm": number(-20, 40),
    "session": integer(0, 3),
    "population": integer(1, 65535),
    "mode": integer(0, 65535),
    "target": one_of(*_TARGETS),
    "report_tags": integer(1, 65535),
    "report_ms": integer(1, 65535),
    "keepalive_ms": integer(200, 60_000),
}
_PROFILE_KEYS: dict[str, Expected] = _SETTINGS | {
    "spec": integer(1, 1),
    "driver": one_of(*_DRIVERS),
    "model": text(),
    "place": text(),
    "region": text(),
    "address": text(),
    "antennas": integers(1, 64),
    "antenna_gain_dbi": number(-20, 20),
    "cable_loss_db": number(0, 20),
    "origin.device": text(),
    "origin.tested": text(),
    "origin.source": text(),
}
_PROFILE_REQUIRED = frozenset(
    {"spec", "driver", "model", "place", "region", "antennas", "antenna_gain_dbi", "origin.device", "origin.tested"}
)
_PLACE_KEYS: dict[str, Expected] = _SETTINGS | {"spec": integer(1, 1), "purpose": text()}
_PLACE_REQUIRED = frozenset(
    {"spec", "purpose", "tx_power_dbm", "session", "population", "target", "report_tags", "keepalive_ms"}
)
_MODEL_KEYS: dict[str, Expected] = _SETTINGS | {
    "spec": integer(1, 1),
    "driver": one_of(*_DRIVERS),
    "manufacturer": integer(0, 0xFFFFFFFF),
    "model_ids": integers(0, 0xFFFFFFFF),
    "antenna_ports": integer(1, 64),
    "protocol_version": integer(1, 2),
    "hop_table_id": integer(0, 65535),
    "channel_index": integer(0, 65535),
    "impinj_extensions": flag(),
    "source": text(),
    "tested": text(),
}
_MODEL_REQUIRED = frozenset({"spec", "driver", "antenna_ports", "source", "tested"})
_REGION_KEYS: dict[str, Expected] = {
    "spec": integer(1, 1),
    "title": text(),
    "band_low_mhz": number(800, 1000),
    "band_high_mhz": number(800, 1000),
    "eirp_dbm": number(0, 40),
    "erp_dbm": number(0, 40),
    "conducted_dbm": number(0, 40),
    "communications_standards": integers(0, 65535),
    "source": text(),
}
_REGION_REQUIRED = frozenset({"spec", "title", "band_low_mhz", "band_high_mhz", "communications_standards"})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a profile comes from, and whether it was ever tried: honesty for whoever installs it."""

    device: str
    tested: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Region:
    """What the law of a region allows.

    eirp_dbm: greatest radiated power, over an isotropic radiator.
    conducted_dbm: greatest power at the reader's port, or None where the law limits only what is radiated.
    communications_standards: the values of LLRP's CommunicationsStandard that a reader for this region may report.
    """

    name: str
    title: str
    band_mhz: tuple[float, float]
    eirp_dbm: float
    conducted_dbm: float | None
    communications_standards: frozenset[int]
    source: str

    def port_limit_dbm(self, antenna_gain_dbi: float, cable_loss_db: float) -> float:
        """Return the greatest power that the law allows at the reader's port."""
        radiated = self.eirp_dbm - antenna_gain_dbi + cable_loss_db
        return radiated if self.conducted_dbm is None else min(radiated, self.conducted_dbm)


@dataclass(frozen=True, slots=True)
class Model:
    """What a kind of reader can, and its quirks.

    manufacturer: IANA enterprise number it reports, or None where not known.
    protocol_version: greatest LLRP version to try (1 is LLRP 1.0.1, 2 is LLRP 1.1).
    hop_table_id, channel_index: what RFTransmitter must carry; some readers refuse 1/1, some refuse anything else.
    zebra_extensions: whether Zebra's (Motorola's) custom parameters are asked for.
    baud: rate of a serial module's port. bus_address: of a module that shares its line (R2000).
    power_table: of a module that does not tell its own: what is sent → dBm at its port. Empty where it tells.
    """

    name: str
    driver: str
    antenna_ports: int
    source: str
    tested: str
    manufacturer: int | None = None
    model_ids: frozenset[int] = frozenset()
    protocol_version: int = 1
    hop_table_id: int = 1
    channel_index: int = 1
    impinj_extensions: bool = False
    zebra_extensions: bool = False
    baud: int = 115_200
    bus_address: int = 1
    power_table: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AntennaSettings:
    """How one antenna port is driven.

    power_limit_dbm: the greatest power that may be sent to this port: the smaller of wish and law.
    mode, target, session, population: as in `Profile`.
    """

    port: int
    gain_dbi: float
    cable_loss_db: float
    tx_power_dbm: float
    power_limit_dbm: float
    session: int
    population: int
    target: str
    mode: int | None


@dataclass(frozen=True, slots=True)
class TagFilter:
    """Which tags take part (Gen2's Select): those whose ``bank`` holds ``mask`` from ``bit_address`` on.

    mask: hex; ``bits`` of it count, from the left. is_excluding: those that hold it stay silent instead.
    """

    bank: Bank
    bit_address: int
    mask: str
    bits: int
    is_excluding: bool = False


@dataclass(frozen=True, slots=True)
class InputTrigger:
    """Reading starts when a general purpose input (from 1) goes high, or low, and lasts ``seconds``."""

    port: int
    is_high: bool
    seconds: float


@dataclass(frozen=True, slots=True)
class Profile:
    """The settings of one reader at one place.

    address: host:port or a device; empty where the profile leaves it to the configuration.
    tx_power_dbm: the wish for the reader's port; `power_limit_dbm` is what may be sent.
    mode: identifier of a row in the reader's mode table, None for the reader's own choice.
    target: "single" reads each tag once per persistence, "dual" again and again, "reader" leaves it to the reader.
    report_tags: the reader reports after so many tags; report_ms: after so much time, 0 where not wanted.
    keepalive_ms: how often the reader must give a sign of life.
    overrides: settings of single ports that differ; read them through `on`.
    filters: which tags take part; empty for all. Several are joined by "and".
    reads_tid: whether each read shall say the chip's own number, where the reader can.
    fixed_channels_mhz: the only carriers to use; empty to hop as the region wants it.
    start_input: reading starts on an input instead of at once.
    """

    name: str
    driver: str
    place: str
    model: Model
    region: Region
    origin: Origin
    antennas: tuple[int, ...]
    antenna_gain_dbi: float
    cable_loss_db: float
    tx_power_dbm: float
    session: int
    population: int
    target: str
    report_tags: int
    report_ms: int
    keepalive_ms: int
    mode: int | None = None
    address: str = ""
    overrides: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    filters: tuple[TagFilter, ...] = ()
    reads_tid: bool = False
    fixed_channels_mhz: tuple[float, ...] = ()
    start_input: InputTrigger | None = None

    @property
    def power_limit_dbm(self) -> float:
        """The greatest power for any of the reader's ports; `on` says it for each."""
        return max(self.on(port).power_limit_dbm for port in self.antennas)

    def on(self, port: int) -> AntennaSettings:
        """Return how ``port`` is driven: what its override says, else what the profile says for all."""
        own = self.overrides.get(port, {})
        gain_dbi = float(own.get("antenna_gain_dbi", self.antenna_gain_dbi))
        cable_loss_db = float(own.get("cable_loss_db", self.cable_loss_db))
        tx_power_dbm = float(own.get("tx_power_dbm", self.tx_power_dbm))
        return AntennaSettings(
            port=port,
            gain_dbi=gain_dbi,
            cable_loss_db=cable_loss_db,
            tx_power_dbm=tx_power_dbm,
            power_limit_dbm=min(tx_power_dbm, self.region.port_limit_dbm(gain_dbi, cable_loss_db)),
            session=own.get("session", self.session),
            population=own.get("population", self.population),
            target=own.get("target", self.target),
            mode=own.get("mode", self.mode),
        )


def power_index(table_dbm: Sequence[float], limit_dbm: float) -> int:
    """Return the position, from 0, of the greatest entry not above ``limit_dbm``.

    Never rounds up: the limit is the legal one of the region, antenna gain already taken off.

    Raises:
        ProfileError: The table is empty, or even the smallest entry is above the limit.

    Source: LLRP 1.1, TransmitPowerLevelTableEntry; ETSI EN 302 208.
    """
    if not table_dbm:
        raise ProfileError("the reader lists no transmit power")
    # Binary noise only (35.15 - 6.0 is 29.149999999999999): a table's steps are 0.01 dB and more.
    allowed = [position for position, power in enumerate(table_dbm) if power <= limit_dbm + 1e-9]
    if not allowed:
        raise ProfileError(
            f"the reader's smallest power is {min(table_dbm):.2f} dBm, but only {limit_dbm:.2f} dBm is allowed here"
        )
    return max(allowed, key=lambda position: table_dbm[position])


def shipped_profiles() -> list[str]:
    """Return the names of the profiles that come with the program."""
    return sorted(entry.name.removesuffix(".toml") for entry in _shipped().iterdir() if entry.name.endswith(".toml"))


def load_profile(name_or_path: str) -> Profile:
    """Read a shipped profile by name, or any profile by path (one that ends in `.toml`).

    The parts a profile names are looked for beside it first, then among those that come with the program.

    Raises:
        ProfileError: No such file, an unknown key, a value out of range, parts that contradict each other, or a
            region whose limits have no source.
    """
    if name_or_path.endswith(".toml"):
        path = Path(name_or_path)
        roots: tuple[Traversable, ...] = (path.parent, _shipped())
        entry: Traversable = path
    else:
        roots = (_shipped(),)
        entry = _shipped().joinpath(f"{name_or_path}.toml")
        if not entry.is_file():
            raise ProfileError(
                f"no profile named {name_or_path}; there are {', '.join(shipped_profiles())}, or give a .toml file"
            )
    settings = _read(entry, name_or_path, _PROFILE_KEYS, _PROFILE_REQUIRED)
    model, model_settings = _model(settings, roots)
    region = _region(settings, roots)
    place = _part(settings, "place", roots, _PLACE_KEYS, _PLACE_REQUIRED)
    merged = _layered(place.values, model_settings, settings.values)
    profile = _compose(name_or_path, settings, model, region, merged)
    _check(profile, settings)
    return profile


def _shipped() -> Traversable:
    return files("firmware_configs")


def _read(entry: Traversable, shown: str, keys: Mapping[str, Expected], required: frozenset[str]) -> SettingsFile:
    try:
        content = entry.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"{shown}: cannot be read: {error}") from error
    return SettingsFile.read(shown if shown.endswith(".toml") else entry.name, content, keys, required)


def _part(
    settings: SettingsFile,
    kind: str,
    roots: Sequence[Traversable],
    keys: Mapping[str, Expected],
    required: frozenset[str],
) -> SettingsFile:
    name = settings.values[kind]
    for root in roots:
        entry = root.joinpath(f"{kind}s", f"{name}.toml")
        if entry.is_file():
            return _read(entry, f"{kind}s/{name}.toml", keys, required)
    known = sorted(
        found.name.removesuffix(".toml")
        for found in _shipped().joinpath(f"{kind}s").iterdir()
        if found.name.endswith(".toml")
    )
    raise settings.error(kind, f"no {kind} named {name}; expected one of {', '.join(known)}")


def _model(settings: SettingsFile, roots: Sequence[Traversable]) -> tuple[Model, Mapping[str, Any]]:
    part = _part(settings, "model", roots, _MODEL_KEYS, _MODEL_REQUIRED)
    own = {key: value for key, value in part.values.items() if key not in _SETTINGS and key != "spec"}
    own["model_ids"] = frozenset(own.get("model_ids", ()))
    return Model(name=settings.values["model"], **own), {k: v for k, v in part.values.items() if k in _SETTINGS}


def _region(settings: SettingsFile, roots: Sequence[Traversable]) -> Region:
    name = settings.values["region"]
    part = _part(settings, "region", roots, _REGION_KEYS, _REGION_REQUIRED)
    values = part.values
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
    )


def _layered(*layers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of all layers, the later winning; of the two report rules only the last said holds."""
    merged: dict[str, Any] = {"report_tags": 0, "report_ms": 0}
    for layer in layers:
        said = {key: value for key, value in layer.items() if key in _SETTINGS}
        if said.keys() & {"report_tags", "report_ms"}:
            merged |= {"report_tags": 0, "report_ms": 0}
        merged |= said
    return merged


def _compose(
    name_or_path: str, settings: SettingsFile, model: Model, region: Region, merged: Mapping[str, Any]
) -> Profile:
    values = settings.values
    return Profile(
        name=Path(name_or_path).name.removesuffix(".toml"),
        driver=values["driver"],
        place=values["place"],
        model=model,
        region=region,
        origin=Origin(values["origin.device"], values["origin.tested"], values.get("origin.source", "")),
        antennas=tuple(values["antennas"]),
        antenna_gain_dbi=float(values["antenna_gain_dbi"]),
        cable_loss_db=float(values.get("cable_loss_db", 0.0)),
        tx_power_dbm=float(merged["tx_power_dbm"]),
        session=merged["session"],
        population=merged["population"],
        target=merged["target"],
        report_tags=merged["report_tags"],
        report_ms=merged["report_ms"],
        keepalive_ms=merged["keepalive_ms"],
        mode=merged.get("mode"),
        address=values.get("address", ""),
    )


def _check(profile: Profile, settings: SettingsFile) -> None:
    model = profile.model
    if model.driver != profile.driver:
        raise settings.error("driver", f"{model.name} is spoken to by {model.driver}, not by {profile.driver}")
    beyond = [port for port in profile.antennas if port > model.antenna_ports]
    if beyond:
        raise settings.error("antennas", f"{model.name} has {model.antenna_ports} antenna ports, not port {beyond[0]}")
    if profile.report_ms and model.protocol_version < 2:
        raise settings.error("report_ms", "reports by time need LLRP 1.1 (protocol_version = 2 in the model)")
    if profile.report_ms and profile.report_tags:
        raise settings.error("report_ms", "expected one of report_tags and report_ms, not both")
