"""What a reader says it can, and the radio settings that fit both it and the profile. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reader.errors import ProfileError
from reader.profile import Profile, power_index

__all__ = ["Capabilities", "RadioPlan", "plan_for"]

_UNSPECIFIED_STANDARD = 0


@dataclass(frozen=True, slots=True)
class Capabilities:
    """GET_READER_CAPABILITIES_RESPONSE, as far as the driver needs it.

    power_dbm: the power table, index on the wire → dBm at the port.
    channels_mhz: ChannelIndex, counted from 1 → carrier.
    modes: the identifiers of the mode table.
    communications_standard: LLRP's CommunicationsStandard (1 FCC part 15, 2 ETSI 302 208, 0 not said).
    """

    antennas: int
    manufacturer: int
    model_id: int
    firmware: str
    communications_standard: int
    power_dbm: Mapping[int, float]
    channels_mhz: Mapping[int, float]
    modes: frozenset[int]
    can_hold_reports: bool = False


@dataclass(frozen=True, slots=True)
class RadioPlan:
    """What to ask of the reader. tx_power_index and tx_power_dbm are one row of its power table."""

    antennas: tuple[int, ...]
    tx_power_index: int
    tx_power_dbm: float
    hop_table_id: int
    channel_index: int
    session: int
    population: int
    mode: int | None
    impinj_search_mode: int | None
    report_tags: int
    report_ms: int
    keepalive_ms: int
    hold_reports: bool


# Impinj's InventorySearchMode; the names are the vendor's.
_IMPINJ_SEARCH_MODES = {"reader": 0, "single": 1, "dual": 2}


def plan_for(profile: Profile, capabilities: Capabilities) -> RadioPlan:
    """Return the settings for this reader.

    Raises:
        ProfileError: The reader is of another maker, lacks an antenna port or the mode, is made for another region,
            or cannot go down to the power that is allowed.
    """
    _check_maker(profile, capabilities)
    _check_ports(profile, capabilities)
    _check_region(profile, capabilities)
    if profile.mode is not None and profile.mode not in capabilities.modes:
        listed = ", ".join(str(mode) for mode in sorted(capabilities.modes)) or "none"
        raise ProfileError(f"profile {profile.name} asks for mode {profile.mode}, but the reader lists {listed}")
    indices = sorted(capabilities.power_dbm)
    position = power_index([capabilities.power_dbm[index] for index in indices], profile.power_limit_dbm)
    index = indices[position]
    model = profile.model
    return RadioPlan(
        antennas=profile.antennas,
        tx_power_index=index,
        tx_power_dbm=capabilities.power_dbm[index],
        hop_table_id=model.hop_table_id,
        channel_index=model.channel_index,
        session=profile.session,
        population=profile.population,
        mode=profile.mode,
        impinj_search_mode=_IMPINJ_SEARCH_MODES[profile.target] if model.impinj_extensions else None,
        report_tags=profile.report_tags,
        report_ms=profile.report_ms,
        keepalive_ms=profile.keepalive_ms,
        hold_reports=capabilities.can_hold_reports,
    )


def _check_maker(profile: Profile, capabilities: Capabilities) -> None:
    """The quirks of one maker's readers, above all its custom parameters, are nonsense to another's."""
    wanted = profile.model.manufacturer
    if wanted is not None and wanted != capabilities.manufacturer:
        raise ProfileError(
            f"profile {profile.name} is for readers of manufacturer {wanted}, but this one says "
            f"{capabilities.manufacturer} (IANA enterprise numbers)"
        )


def _check_ports(profile: Profile, capabilities: Capabilities) -> None:
    beyond = [port for port in profile.antennas if port > capabilities.antennas]
    if beyond:
        raise ProfileError(
            f"profile {profile.name} uses antenna port {beyond[0]}, but the reader has {capabilities.antennas}"
        )


def _check_region(profile: Profile, capabilities: Capabilities) -> None:
    """A reader sold for one region transmits where another forbids it, whatever power is asked of it."""
    region = profile.region
    standard = capabilities.communications_standard
    if standard != _UNSPECIFIED_STANDARD and standard not in region.communications_standards:
        raise ProfileError(
            f"profile {profile.name} is for {region.title}, but the reader is set to "
            f"communications standard {standard} (LLRP's numbers: 1 FCC, 2 ETSI)"
        )
    low, high = region.band_mhz
    outside = [carrier for carrier in capabilities.channels_mhz.values() if not low <= carrier <= high]
    if outside:
        raise ProfileError(
            f"profile {profile.name} is for {region.title} ({low:g} to {high:g} MHz), but the reader uses "
            f"{outside[0]:g} MHz"
        )
