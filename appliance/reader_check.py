"""How a configured reader is, as far as can be known without disturbing the shop.

1. A reader serves one client. Where the store service runs and says how its reader is, its word is taken and nobody
   else speaks to the reader.
2. Else it is asked in its own protocol, what it is and which antennas it has; nothing is set, nothing transmits. A
   reader that somebody else holds refuses that (LLRP) or the line is locked (a device): it costs the holder nothing.
3. A module behind a network has neither: what is asked there goes into the conversation of whoever speaks with it. So
   it is not asked while the store runs.
4. Heat is known of a reader that reads only: from the store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from appliance.config import Config
from appliance.profiles import configured_profile
from reader.errors import ProfileError, ReaderGoneError
from reader.model import LinkState
from reader.profile import Profile, known_model
from reader.serial.address import Address, Way

__all__ = ["ReaderLook", "StoreWord", "looked_at"]

_ANSWER_S: Final = 4.0
_HOT_C: Final = 75.0

StoreWord = Callable[[], Sequence[Mapping[str, Any]] | None]
"""Returns how the store's readers are, by its staff page; nothing where it does not say, None where it is off."""


@dataclass(frozen=True, slots=True)
class ReaderLook:
    """detail: what was found. troubles: what is not as it should be, though it answers."""

    detail: str
    troubles: tuple[str, ...] = ()


def looked_at(config: Config, name: str, store_word: StoreWord) -> ReaderLook:
    """Return how the reader ``name`` is.

    Raises:
        ReaderError: It does not answer, or not as what its profile says.
    """
    profile = configured_profile(config, name)
    where = config.readers[name].address or profile.address
    if not where:
        raise ProfileError(f"readers.{name}: expected an address, here or in the profile {profile.name}")
    rows = store_word()
    for row in rows or ():
        if name in _readers_of(str(row["name"])):
            return _by_store(row, where, profile)
    if profile.driver == "llrp":
        return _asked_llrp(where, profile)
    if rows is not None and Address.of(where).way is not Way.DEVICE:
        return ReaderLook(f"{where} ({profile.name})", ("not asked: the store runs, and may be speaking with it",))
    return _asked_module(where, profile)


def _readers_of(shown_name: str) -> list[str]:
    """Return the readers behind a lane's: "pads antenna 1, 2" is a part of one, "left + right" are two."""
    return [part.partition(" antenna ")[0] for part in shown_name.split(" + ")]


def _by_store(row: Mapping[str, Any], where: str, profile: Profile) -> ReaderLook:
    if row["state"] != LinkState.UP:
        raise ReaderGoneError(f"the store says that it is {row['state']}: {row.get('detail') or where}")
    troubles = []
    gone = row.get("antennas_gone") or ()
    if gone:
        troubles.append(f"no antenna at port {', '.join(map(str, gone))}")
    heat_c = row.get("temperature_c")
    if heat_c is not None and heat_c >= _HOT_C:
        troubles.append(f"hot: {heat_c:g} °C")
    return ReaderLook(f"reads for the store at {where} ({profile.name})", tuple(troubles))


def _asked_llrp(where: str, profile: Profile) -> ReaderLook:
    from reader.llrp.survey import surveyed  # only who has such a reader pays for LLRP

    found = surveyed(where, _ANSWER_S)
    can = found.capabilities
    troubles = []
    gone = sorted(found.antennas_gone & set(profile.antennas))
    if gone:
        troubles.append(f"no antenna at port {', '.join(map(str, gone))}")
    maker = profile.model.manufacturer
    if maker is not None and maker != can.manufacturer:
        raise ProfileError(f"profile {profile.name} is for readers of manufacturer {maker}, not {can.manufacturer}")
    model = known_model("llrp", can.manufacturer, can.model_id)
    if model is not None and profile.model.model_ids and model.name != profile.model.name:
        troubles.append(f"the profile is for {profile.model.device}, this is {model.device}")
    return ReaderLook(f"answers in LLRP at {where} ({profile.name})", tuple(troubles))


def _asked_module(where: str, profile: Profile) -> ReaderLook:
    from reader.serial.survey import surveyed  # only who has such a module pays for pyserial

    found = surveyed(where)
    if found.driver != profile.driver:
        raise ProfileError(
            f"a module that speaks {found.family} is at {where}, but profile {profile.name} is not for it"
        )
    rate = "" if found.baud in (None, profile.model.baud) else f", at {found.baud} baud"
    return ReaderLook(f"answers as {found.family} at {where}{rate} ({profile.name})")
