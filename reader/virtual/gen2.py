"""How long Gen2 takes: air time of each kind of slot and access command, by RF mode; the regions' channels.

Source: EPCglobal Gen2 (ISO/IEC 18000-63), link timing T1 to T3, command lengths, preambles. The model's
success slots agree within 2 % with figures computed apart from it (facts measured 2026-11: FM0 640 kHz
0.57 ms, Miller-2 320 kHz 1.65 ms, Miller-4 320 kHz 2.69 ms, Miller-4 256 kHz 3.76 ms).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from reader.virtual.scene import Region

__all__ = [
    "CHANNELS",
    "MODES",
    "AccessTimes",
    "ChannelPlan",
    "RfMode",
    "SlotTimes",
    "access_times",
    "slot_times",
]

# A tag answers a command that changes its memory once it is done, within 20 ms (Gen2, delayed reply); the time itself
# is the chip's: 10 ms a word or block is an assumption in the middle of what data sheets say.
_STORING_US = 10_000.0


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


@dataclass(frozen=True, slots=True)
class AccessTimes:
    """Microseconds of air that it takes to ask one tag and to hear its reply.

    handle: to call it out of the inventory. password: to prove the access password. read, block: without the words,
    which each cost another read_word or block_word. refusal: a command that the tag refuses at once. The others are
    whole, with the time that the tag takes to store what it is told.
    """

    handle: float
    password: float
    read: float
    read_word: float
    write: float
    block: float
    block_word: float
    lock: float
    kill: float
    refusal: float


class _Timing:
    """The two directions of a mode's link. Lengths are in bits, results in microseconds."""

    def __init__(self, mode: RfMode) -> None:
        self.cycle = 1000.0 / mode.blf_khz
        self.tag_bit = self.cycle * mode.miller
        rtcal = (1 + mode.pie) * mode.tari_us
        self.reader_bit = rtcal / 2  # the mean of a 0 and a 1
        self.t1 = max(rtcal, 10 * self.cycle)
        self.t2 = 10 * self.cycle  # the standard allows 3 to 20 cycles
        self._frame_sync = 12.5 + mode.tari_us + rtcal
        self._preamble_bits = 6 if mode.miller == 1 else 10

    def command(self, bits: int) -> float:
        return self._frame_sync + bits * self.reader_bit

    def reply(self, bits: int) -> float:
        return (self._preamble_bits + bits + 1) * self.tag_bit  # each reply ends with a dummy 1

    def exchange(self, command_bits: int, reply_bits: int) -> float:
        return self.command(command_bits) + self.t1 + self.reply(reply_bits) + self.t2


@cache
def slot_times(mode: RfMode, epc_bits: int = 96) -> SlotTimes:
    """Return the air time of each kind of slot for tags whose EPC has ``epc_bits`` bits."""
    link = _Timing(mode)
    trcal_us = 64 / 3 * link.cycle if mode.miller > 1 or mode.blf_khz > 400 else 8 * link.cycle
    collision = link.exchange(4, 16)
    return SlotTimes(
        query=link.command(22) + trcal_us,
        adjust=link.command(9),
        empty=link.command(4) + link.t1 + 2 * link.cycle,
        collision=collision,
        success=collision + link.exchange(18, 16 + epc_bits + 16),
    )


@cache
def access_times(mode: RfMode) -> AccessTimes:
    """Return how long the access commands take in a mode.

    Source: Gen2 2.1, section 6.3.2.12.3, the commands' and replies' lengths in bits.
    """
    link = _Timing(mode)
    req_rn = link.exchange(40, 32)
    done = 33  # a header bit, the handle and a CRC
    return AccessTimes(
        handle=req_rn,
        password=2 * (req_rn + link.exchange(56, 32)),  # two halves, each covered by a random number
        read=link.exchange(58, done),
        read_word=16 * link.tag_bit,
        write=req_rn + link.exchange(66, done) + _STORING_US,
        block=link.exchange(58, done) + _STORING_US,
        block_word=16 * link.reader_bit,
        lock=link.exchange(60, done) + _STORING_US,
        kill=2 * req_rn + link.exchange(59, 32) + link.exchange(59, done) + _STORING_US,
        refusal=link.exchange(66, done + 8),
    )
