"""Whether a module's scale of power is the one that its profile reckons with. Pure.

Boards with an amplifier behind the chip relabel its scale, and cannot be asked for it; but most name their greatest
power in their version's text ("M100 26dBm V1.0"). With the table of a board without one, each power would be wrong by
what the amplifier adds, and be read back as right.

Sources: logs of R200 modules (facts measured 2026-11); the tables of the models that ship.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from reader.errors import ProfileError
from reader.profile import Profile, shipped_models

__all__ = ["is_scale_of"]

_CHIP_DBM: Final = 20.0
_GREATEST: Final = re.compile(r"(\d+(?:\.\d+)?)\s*dBm", re.IGNORECASE)


def is_scale_of(profile: Profile, text: str) -> bool:
    """Return whether the module that says ``text`` sends what the profile's table says, as far as it can be known.

    False where it sends less.

    Raises:
        ProfileError: It would send more.
    """
    said = _GREATEST.search(text)
    table = profile.model.power_table
    if said is None or not table:
        return True
    greatest_dbm, reckoned_dbm = float(said[1]), _reckoned_dbm(table)
    if greatest_dbm > reckoned_dbm:
        raise ProfileError(
            f"profile {profile.name} is for modules of {reckoned_dbm:g} dBm, but this one says {text!r}: it would send "
            f"up to {greatest_dbm - reckoned_dbm:g} dB more than it is told; {_right_one(profile, greatest_dbm)}"
        )
    return greatest_dbm == reckoned_dbm


def _reckoned_dbm(table: Mapping[int, float]) -> float:
    """Return the greatest power that a module has by its table, which need not list it."""
    gain_db = max(power_dbm - sent / 100 for sent, power_dbm in table.items())
    return max(*table.values(), _CHIP_DBM + gain_db)


def _right_one(profile: Profile, greatest_dbm: float) -> str:
    for model in shipped_models().values():
        if model.driver == profile.driver and model.power_table and _reckoned_dbm(model.power_table) == greatest_dbm:
            return f"take {model.name}-{profile.place}-{profile.region.name}"
    return "it needs a model of its own with its power_table"
