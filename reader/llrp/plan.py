"""The radio settings that fit both the reader and the profile. Pure.

How a profile's target is said to a reader:

- Impinj's readers have a search mode for it.
- Other readers that are state-aware are told, for "single", to ask only tags in state A: each is silent then for as
  long as its session's flag lasts. LLRP has no words for "dual" in one AISpec; it is left to the reader's own way,
  which is to ask again and again.
- Any other reader is left to its own way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from reader.errors import ProfileError
from reader.llrp.capabilities import Capabilities
from reader.llrp.makers import maker_in_words
from reader.profile import AntennaSettings, InputTrigger, Profile, TagFilter, power_index

__all__ = ["AntennaPlan", "RadioPlan", "is_repeating", "plan_for", "plan_to_access"]

_UNSPECIFIED_STANDARD = 0
# Impinj's InventorySearchMode; the names are the vendor's.
_IMPINJ_SEARCH_MODES = {"reader": 0, "single": 1, "dual": 2}
_CHANNEL_STEP_MHZ = 0.001


@dataclass(frozen=True, slots=True)
class AntennaPlan:
    """What to ask of one antenna. tx_power_index and tx_power_dbm are one row of the reader's power table.

    impinj_search_mode: None for readers of other makers. asks_state_a: only tags whose session flag is in state A.
    """

    port: int
    tx_power_index: int
    tx_power_dbm: float
    session: int
    population: int
    target: str
    mode: int | None = None
    impinj_search_mode: int | None = None
    asks_state_a: bool = False


@dataclass(frozen=True, slots=True)
class RadioPlan:
    """What to ask of the reader.

    fixed_channels: ChannelIndex of the only carriers to use, for Impinj's readers; others have channel_index for it.
    inputs: how many general purpose inputs to listen to.
    """

    antennas: tuple[AntennaPlan, ...]
    hop_table_id: int
    channel_index: int
    report_tags: int
    report_ms: int
    keepalive_ms: int
    hold_reports: bool = False
    is_impinj: bool = False
    is_zebra: bool = False
    reads_tid: bool = False
    filters: tuple[TagFilter, ...] = ()
    can_filter: bool = True  # whether the reader takes any
    fixed_channels: tuple[int, ...] = ()
    start_input: InputTrigger | None = None
    inputs: int = 0

    @property
    def ports(self) -> tuple[int, ...]:
        """The antenna ports in use."""
        return tuple(antenna.port for antenna in self.antennas)


def plan_for(profile: Profile, capabilities: Capabilities) -> RadioPlan:
    """Return the settings for this reader.

    Raises:
        ProfileError: The reader is of another maker, lacks an antenna port, the mode, the filters, the carriers,
            the input or a way to tell TIDs, is made for another region, or cannot go down to the power that is allowed.
    """
    _check_maker(profile, capabilities)
    _check_ports(profile, capabilities)
    _check_region(profile, capabilities)
    if len(profile.filters) > capabilities.max_filters:
        raise ProfileError(
            f"profile {profile.name} has {len(profile.filters)} filters, but the reader takes at most "
            f"{capabilities.max_filters}"
        )
    if profile.reads_tid and not profile.model.impinj_extensions:
        raise ProfileError(
            f"profile {profile.name} wants each read's TID, which only Impinj's extensions can ask for with each read"
        )
    start = profile.start_input
    if start is not None and start.port > capabilities.inputs:
        raise ProfileError(
            f"profile {profile.name} waits for input {start.port}, but the reader has {capabilities.inputs} inputs"
        )
    model = profile.model
    channels = _fixed_channels(profile, capabilities)
    return RadioPlan(
        antennas=tuple(_antenna_plan(profile, profile.on(port), capabilities) for port in profile.antennas),
        hop_table_id=model.hop_table_id,
        channel_index=channels[0] if channels and not model.impinj_extensions else model.channel_index,
        report_tags=profile.report_tags,
        report_ms=profile.report_ms,
        keepalive_ms=profile.keepalive_ms,
        hold_reports=capabilities.can_hold_reports,
        is_impinj=model.impinj_extensions,
        is_zebra=model.zebra_extensions,
        reads_tid=profile.reads_tid,
        filters=profile.filters,
        can_filter=capabilities.max_filters > 0,
        fixed_channels=channels if model.impinj_extensions else (),
        start_input=start,
        inputs=capabilities.inputs,
    )


def is_repeating(plan: RadioPlan) -> bool:
    """Return whether a tag that was read is read again soon, at every antenna, without anything being done for it."""
    return plan.start_input is None and all(
        antenna.target == "dual" or antenna.session == 0 for antenna in plan.antennas
    )


def plan_to_access(plan: RadioPlan) -> RadioPlan:
    """Return ``plan`` so that every tag answers, also one that was read already: in session 0, again and again.

    Session 0 leaves the flags of the other sessions as they are: a tag that was read once in session 2 is still
    silent there afterwards (Gen2 2.1, section 6.3.2.2).
    """
    return replace(plan, start_input=None, antennas=tuple(_repeating(antenna) for antenna in plan.antennas))


def _repeating(antenna: AntennaPlan) -> AntennaPlan:
    search_mode = None if antenna.impinj_search_mode is None else _IMPINJ_SEARCH_MODES["dual"]
    return replace(antenna, session=0, target="dual", impinj_search_mode=search_mode, asks_state_a=False)


def _antenna_plan(profile: Profile, settings: AntennaSettings, capabilities: Capabilities) -> AntennaPlan:
    if settings.mode is not None and settings.mode not in capabilities.modes:
        raise ProfileError(
            f"profile {profile.name} asks for mode {settings.mode}, but the reader lists {_listed(capabilities.modes)}"
        )
    indices = sorted(capabilities.power_dbm)
    index = indices[power_index([capabilities.power_dbm[one] for one in indices], settings.power_limit_dbm)]
    is_impinj = profile.model.impinj_extensions
    return AntennaPlan(
        port=settings.port,
        tx_power_index=index,
        tx_power_dbm=capabilities.power_dbm[index],
        session=settings.session,
        population=settings.population,
        target=settings.target,
        mode=settings.mode,
        impinj_search_mode=_IMPINJ_SEARCH_MODES[settings.target] if is_impinj else None,
        asks_state_a=settings.target == "single" and capabilities.is_state_aware and not is_impinj,
    )


def _listed(values: Iterable[float]) -> str:
    return ", ".join(f"{value:g}" for value in sorted(values)) or "none"


def _fixed_channels(profile: Profile, capabilities: Capabilities) -> tuple[int, ...]:
    """Return the ChannelIndex of each carrier that the profile wants."""
    wanted = profile.fixed_channels_mhz
    if not wanted:
        return ()
    if capabilities.is_hopping:
        raise ProfileError(
            f"profile {profile.name} names fixed carriers, but the reader has to hop in its region: the law there "
            f"forbids to stay on one"
        )
    if len(wanted) > 1 and not profile.model.impinj_extensions:
        raise ProfileError(
            f"profile {profile.name} names {len(wanted)} carriers; LLRP without a maker's extensions can say only one"
        )
    found = []
    for carrier in wanted:
        near = [
            index
            for index, channel_mhz in capabilities.channels_mhz.items()
            if abs(channel_mhz - carrier) < _CHANNEL_STEP_MHZ
        ]
        if not near:
            raise ProfileError(
                f"profile {profile.name} wants {carrier:g} MHz, but the reader lists "
                f"{_listed(capabilities.channels_mhz.values())}"
            )
        found.append(near[0])
    return tuple(found)


def _check_maker(profile: Profile, capabilities: Capabilities) -> None:
    """The quirks of one maker's readers, above all its custom parameters, are nonsense to another's."""
    wanted = profile.model.manufacturer
    if wanted is not None and wanted != capabilities.manufacturer:
        raise ProfileError(
            f"profile {profile.name} is for readers of manufacturer {wanted} ({maker_in_words(wanted)}), but this one "
            f"says {capabilities.manufacturer} ({maker_in_words(capabilities.manufacturer)})"
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
