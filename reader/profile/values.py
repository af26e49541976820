"""What a profile is once it is read: values, the law's arithmetic, and the choice of a power."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reader.access import Bank
from reader.errors import ProfileError

__all__ = ["AntennaSettings", "InputTrigger", "Model", "Origin", "Profile", "Region", "TagFilter", "power_index"]


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
    must_hop: whether the law wants the carrier changed all the time, so that none may be kept.
    channels_mhz: the only carriers at which that power is allowed; empty where any in the band will do.
    """

    name: str
    title: str
    band_mhz: tuple[float, float]
    eirp_dbm: float
    conducted_dbm: float | None
    communications_standards: frozenset[int]
    source: str
    must_hop: bool = False
    channels_mhz: tuple[float, ...] = ()

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
    device: what people call it. places, regions: what it makes sense for, and whose law it is sold for.
    modes: the RF mode for a place, where the model has one that suits it.
    power_range_dbm: the smallest and the greatest power at its port, where known; what the reader itself lists decides.
    scorecard: what the driver does of this model: "done", "untried", or "exempt: " and the reason.
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
    device: str = ""
    places: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    modes: Mapping[str, int] = field(default_factory=dict)
    power_range_dbm: tuple[float, float] | None = None
    scorecard: Mapping[str, str] = field(default_factory=dict)


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
