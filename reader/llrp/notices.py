"""What a session tells staff, from what the reader told it. Pure."""

from __future__ import annotations

from typing import Final

from reader.conversation import Found, Noticed
from reader.llrp.control import Notification
from reader.llrp.handshake import Setup
from reader.llrp.makers import maker_in_words
from reader.model import ReaderEventKind
from reader.profile import known_model

__all__ = ["antenna_gone", "found_by", "notices_of"]

_FOR_ANY_READER: Final = frozenset({"generic-llrp", "virtual"})  # a virtual reader plays several


def found_by(setup: Setup) -> Found:
    """Return what a handshake found; the powers were read back.

    It is another model than the profile's where its number is not among those that the profile's model has, or, where
    that has none, where it is another one that ships. To a profile for any reader every one is right.
    """
    seen, meant = setup.capabilities, setup.profile.model
    is_meant = seen.model_id in meant.model_ids
    shipped = meant if is_meant else known_model(meant.driver, seen.manufacturer, seen.model_id)
    is_other = bool(meant.model_ids) or shipped is not None
    own_words = f"{maker_in_words(seen.manufacturer)}, model {seen.model_id}"
    return Found(
        model=shipped.device if shipped is not None and shipped.device else own_words,
        firmware=seen.firmware,
        tx_powers_dbm={antenna.port: antenna.tx_power_dbm for antenna in setup.plan.antennas},
        is_expected=is_meant or meant.name in _FOR_ANY_READER or not is_other,
    )


def antenna_gone(port: int) -> Noticed:
    """Return what to tell of an antenna that is not connected."""
    return Noticed(ReaderEventKind.ANTENNA_GONE, f"antenna {port}", port)


def notices_of(said: Notification) -> list[Noticed]:
    """Return what in a notification is worth telling."""
    notices: list[Noticed] = []
    if said.antenna_gone is not None:
        notices.append(antenna_gone(said.antenna_gone))
    if said.antenna_back is not None:
        notices.append(Noticed(ReaderEventKind.ANTENNA_BACK, f"antenna {said.antenna_back}", said.antenna_back))
    if said.buffer_percent is not None:
        notices.append(Noticed(ReaderEventKind.BUFFER_FILLING, f"{said.buffer_percent} % full"))
    if said.has_overflowed:
        notices.append(Noticed(ReaderEventKind.BUFFER_OVERFLOWED, "the reader dropped reports"))
    if said.exception is not None:
        notices.append(Noticed(ReaderEventKind.EXCEPTION, said.exception))
    if said.input_changed is not None:
        port, is_high = said.input_changed
        notices.append(Noticed(ReaderEventKind.INPUT_CHANGED, f"input {port} is {'high' if is_high else 'low'}"))
    return notices
