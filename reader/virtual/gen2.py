"""How long Gen2 takes: air time of each kind of slot, by RF mode; the regions' channels.

Source: EPCglobal Gen2 (ISO/IEC 18000-63), link timing T1 to T3, command lengths, preambles. The model's
success slots agree within 2 % with figures computed apart from it (facts measured 2026-11: FM0 640 kHz
0.57 ms, Miller-2 320 kHz 1.65 ms, Miller-4 320 kHz 2.69 ms, Miller-4 256 kHz 3.76 ms).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from reader.virtual.scene import Region

__all__ = ["CHANNELS", "MODES", "ChannelPlan", "RfMode", "SlotTimes", "slot_times"]


@dataclass(frozen=True, slots=True)
class RfMode:
    """One way of speaking to tags.

    identifier: as in LLRP's mode table. tari_us: length of a reader's 0. blf_khz: the tags' link
    frequency. miller: 1 (FM0), 2, 4 or 8. pie: length of a reader's 1 over its 0. sensitivity_dbm: the
    backscatter at which half of the replies are decoded. dense: keeps to a dense reader's spectral mask.
    """

    identifier: int
    tari_us: float
    blf_khz: float
    miller: int
    sensitivity_dbm: float
    pie: float = 1.75
    dense: bool = False


@dataclass(frozen=True, slots=True)
class SlotTimes:
    """Microseconds of air."""

    query: float
    adjust: float
    empty: float
    collision: float
    success: float


# A receiver decodes a slower, longer code further down: 3 dB or so a step.
MODES: tuple[RfMode, ...] = (
    RfMode(0, tari_us=6.25, blf_khz=640.0, miller=1, sensitivity_dbm=-70.0),
    RfMode(1, tari_us=12.5, blf_khz=320.0, miller=2, sensitivity_dbm=-75.0),
    RfMode(2, tari_us=12.5, blf_khz=320.0, miller=4, sensitivity_dbm=-78.0),
    RfMode(3, tari_us=25.0, blf_khz=256.0, miller=4, sensitivity_dbm=-80.0, dense=True),
    RfMode(4, tari_us=25.0, blf_khz=170.6, miller=8, sensitivity_dbm=-84.0, dense=True),
)


@dataclass(frozen=True, slots=True)
class ChannelPlan:
    """A region's channels, in kHz, and how long the reader stays on one. ``hops`` as LLRP means it."""

    khz: tuple[int, ...]
    dwell_us: int
    hops: bool


CHANNELS: dict[Region, ChannelPlan] = {
    # EN 302 208 lower band: four channels; 4 s at most on one (3.96 s were measured 2026-11).
    "etsi": ChannelPlan((865_700, 866_300, 866_900, 867_500), dwell_us=3_960_000, hops=False),
    # FCC 15.247: 50 channels, 0.4 s at most on one in 20 s; readers stay half of that.
    "fcc": ChannelPlan(tuple(902_750 + 500 * n for n in range(50)), dwell_us=200_000, hops=True),
}


@cache
def slot_times(mode: RfMode, epc_bits: int = 96) -> SlotTimes:
    """Return the air time of each kind of slot for tags whose EPC has ``epc_bits`` bits."""
    bit_us = 1000.0 / mode.blf_khz * mode.miller
    cycle_us = 1000.0 / mode.blf_khz
    rtcal_us = (1 + mode.pie) * mode.tari_us
    mean_bit_us = rtcal_us / 2
    frame_sync_us = 12.5 + mode.tari_us + rtcal_us
    trcal_us = 64 / 3 * cycle_us if mode.miller > 1 or mode.blf_khz > 400 else 8 * cycle_us
    t1_us = max(rtcal_us, 10 * cycle_us)
    t2_us = 10 * cycle_us  # the standard allows 3 to 20 cycles
    preamble_bits = 6 if mode.miller == 1 else 10

    def command(bits: int) -> float:
        return frame_sync_us + bits * mean_bit_us

    def reply(bits: int) -> float:
        return (preamble_bits + bits + 1) * bit_us  # each reply ends with a dummy 1

    rn16 = t1_us + reply(16) + t2_us
    epc = command(18) + t1_us + reply(16 + epc_bits + 16) + t2_us
    return SlotTimes(
        query=command(22) + trcal_us,
        adjust=command(9),
        empty=command(4) + t1_us + 2 * cycle_us,
        collision=command(4) + rn16,
        success=command(4) + rn16 + epc,
    )
