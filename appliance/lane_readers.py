"""Which readers serve which lane: checked in the configuration's text, and opened for the store service.

1. A lane has one reader of its own (`reader`), the ports of a reader that it shares (`reader`, `antennas`), or several
   readers of its own (`readers`).
2. Lanes that share a reader all say their antennas, and no port is two lanes'. A port that the reader's profile does
   not use is nobody's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from appliance.profiles import configured_profile
from reader.errors import ProfileError
from reader.joined import JoinedReader
from reader.port import Clock, TagReader
from reader.profile import Profile
from reader.registry import open_reader
from reader.split import split_by_antenna

if TYPE_CHECKING:
    from appliance.config import Config

__all__ = ["configured_reader", "open_lane_readers", "port_problems", "sharing_problems"]

Place = Callable[..., str]
"""Returns "line N: " of the deepest of some keys that stands in the file, or nothing."""


def configured_reader(config: Config, name: str) -> TagReader:
    """Return the reader that the configuration calls ``name``; it is not started. Raises ProfileError."""
    return open_reader(configured_profile(config, name), config.readers[name].address, name)


def open_lane_readers(config: Config, clock: Clock) -> dict[str, TagReader]:
    """Return each lane's reader, not started. Raises ProfileError."""
    opened: dict[str, TagReader] = {}
    shares: dict[str, dict[str, tuple[int, ...]]] = {}  # reader → lane → ports
    for lane, section in config.lanes.items():
        if section.readers:
            members = [configured_reader(config, name) for name in section.readers]
            opened[lane] = JoinedReader(" + ".join(section.readers), members, clock)
        elif section.antennas:
            assert section.reader is not None, "antennas are of a reader; the configuration was checked"
            shares.setdefault(section.reader, {})[lane] = section.antennas
        else:
            assert section.reader is not None, "a lane has a reader or readers; the configuration was checked"
            opened[lane] = configured_reader(config, section.reader)
    for name, by_lane in shares.items():
        named = {lane: f"{name} antenna {', '.join(map(str, ports))}" for lane, ports in by_lane.items()}
        whole = configured_reader(config, name)
        seen = split_by_antenna(whole, {named[lane]: ports for lane, ports in by_lane.items()}, clock)
        opened |= {lane: seen[named[lane]] for lane in by_lane}
    return {lane: opened[lane] for lane in config.lanes}


def sharing_problems(lanes: Mapping[str, Mapping[str, Any]], place: Place) -> Iterator[str]:
    """Yield what is wrong with how ``lanes`` (tables as they stand in the file) divide the readers among them."""
    owner_of: dict[str, str] = {}  # reader → the first lane that has it whole
    port_owner: dict[tuple[str, int], str] = {}
    for lane, said in lanes.items():
        antennas = said.get("antennas")
        ports = [port for port in antennas if isinstance(port, int)] if isinstance(antennas, list) else []
        for key, name in _readers_in(said):
            where = f"{place('lanes', lane, key)}lanes.{lane}.{key}"
            is_shared = bool(ports) and key == "reader"
            if name in owner_of or (not is_shared and any(reader == name for reader, _ in port_owner)):
                other = owner_of.get(name) or next(own for (reader, _), own in port_owner.items() if reader == name)
                yield (
                    f"{where}: expected a reader of its own: {name} is lane {other}'s; "
                    "lanes that share a reader each say their antennas = […]"
                )
            elif not is_shared:
                owner_of[name] = lane
            for port in ports if is_shared else ():
                if port_owner.setdefault((name, port), lane) != lane:
                    yield (
                        f"{place('lanes', lane, 'antennas')}lanes.{lane}.antennas: expected ports of its own: "
                        f"antenna {port} of {name} is lane {port_owner[name, port]}'s"
                    )


def _readers_in(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if isinstance(reader := said.get("reader"), str):
        yield "reader", reader
    readers = said.get("readers")
    for name in readers if isinstance(readers, list) else ():
        if isinstance(name, str):
            yield "readers", name


def port_problems(config: Config, place: Place) -> Iterator[str]:
    """Yield the antennas of lanes that their reader's profile does not use; of a profile that is no good, nothing."""
    for lane, section in config.lanes.items():
        if not section.antennas or section.reader not in config.readers:
            continue  # a reader that is not there is told where all such names are
        profile: Profile
        try:
            profile = configured_profile(config, section.reader)
        except ProfileError:
            continue  # told by `config check` and at the start, as for any reader
        unknown = [port for port in section.antennas if port not in profile.antennas]
        if unknown:
            yield (
                f"{place('lanes', lane, 'antennas')}lanes.{lane}.antennas: expected some of "
                f"{', '.join(map(str, profile.antennas))}, which the profile {profile.name} uses, found {unknown[0]}"
            )
