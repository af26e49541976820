"""The prepared tags of an A0 board, for benches, as it would hear them on one of its ports. Pure."""

from __future__ import annotations

from functools import cache

from reader.virtual.air import AirRead
from reader.virtual.memory import TagMemory
from reader.virtual.serial.canned import CANNED_TAGS, canned_epc, canned_rssi_dbm
from reader.virtual.serial.r2000_tags import HeardTag, heard_tag

__all__ = ["canned_tags"]


@cache
def canned_tags(port: int, channel_khz: int, frequency_index: int) -> tuple[HeardTag, ...]:
    """Return the tags of one round on ``port``, counted from 0."""
    return tuple(_tag(number, port, channel_khz, frequency_index) for number in range(CANNED_TAGS))


def _tag(number: int, port: int, channel_khz: int, frequency_index: int) -> HeardTag:
    epc = canned_epc(number).hex().upper()
    read = AirRead(
        t_us=0,
        epc=epc,
        antenna=port + 1,
        channel=1,
        channel_khz=channel_khz,
        rssi_dbm=canned_rssi_dbm(number),
        phase_deg=7 * number % 180,
    )
    return heard_tag(read, TagMemory(epc, epc), frequency_index, with_tid=False)
