"""The serial families that there are: by driver, and as candidates for a line whose module nobody knows."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any, Final, NamedTuple

from reader.errors import ProfileError
from reader.profile import Profile, load_profile
from reader.serial.speaker import SerialFamily

__all__ = ["Candidate", "candidates", "family_of"]

# driver → (module, family, a profile of that family: its rate and bus address are all that a search uses of it);
# imported when asked for, like the drivers themselves. The likeliest first.
_FAMILIES: Final = {
    "mercury": ("reader.serial.mercury_conversation", "MERCURY", "jadak-m6e-pad-eu"),
    "m100": ("reader.serial.m100_conversation", "M100", "m100-pad-eu"),
    "r2000": ("reader.serial.r2000_conversation", "R2000", "r2000-pad-eu"),
}


class Candidate(NamedTuple):
    """Who may be at the end of a line, and by which profile it is asked."""

    driver: str
    family: SerialFamily[Any]
    profile: Profile


def family_of(driver: str) -> SerialFamily[Any]:
    """Return the family that ``driver`` speaks. Raises ProfileError."""
    if driver not in _FAMILIES:
        raise ProfileError(f"no serial family {driver}; there is {', '.join(sorted(_FAMILIES))}")
    module, attribute, _ = _FAMILIES[driver]
    family: SerialFamily[Any] = getattr(importlib.import_module(module), attribute)
    return family


@cache
def candidates() -> tuple[Candidate, ...]:
    """Return every family, the likeliest first."""
    return tuple(Candidate(driver, family_of(driver), load_profile(_FAMILIES[driver][2])) for driver in _FAMILIES)
