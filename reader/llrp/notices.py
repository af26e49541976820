"""What a session tells staff, from what the reader told it. Pure."""

from __future__ import annotations

from reader.conversation import Found, Noticed
from reader.llrp.control import Notification
from reader.llrp.handshake import Setup
from reader.model import ReaderEventKind

__all__ = ["antenna_gone", "found_by", "notices_of"]


def found_by(setup: Setup) -> Found:
    """Return what a handshake found; the powers were read back."""
    seen, profile = setup.capabilities, setup.profile
    known = profile.model
    is_known = seen.model_id in known.model_ids
    return Found(
        model=profile.origin.device if is_known else f"maker {seen.manufacturer}, model {seen.model_id}",
        firmware=seen.firmware,
        tx_powers_dbm={antenna.port: antenna.tx_power_dbm for antenna in setup.plan.antennas},
        is_expected=is_known or not known.model_ids,
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
