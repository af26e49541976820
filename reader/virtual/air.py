"""The air over time: which tags answer which antenna when, slot by slot.

1. Time is simulated microseconds, handed in; nothing here waits. `Inventory.advance` plays the air up to a
   time and returns the reads that happened until then, so that a server paces them and a test does not.
2. A tag takes part in a round only where the reader's carrier reaches its sensitivity. Links are worked out
   once per tag, antenna and channel, and kept until the tag, or the walker's antenna, moves. On top of that
   each link sways by a decibel or two over seconds, as people move: a tag at the edge comes and goes.
3. Rounds follow Gen2: Selects, Query, a random slot for each tag whose flags are the ones asked for, collisions,
   capture, Q adjusted by what the slots held (Annex D).
4. Same seed, same settings, same moves at the same times: same reads.
5. A tag is known by its chip, not by its EPC: what is written to it changes neither its links nor its flags.

Source: EPCglobal Gen2, sessions and flags (Table 6.20); spans: facts measured 2026-11.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from reader.errors import SceneError
from reader.virtual.flags import Flag, Flags, Select
from reader.virtual.gen2 import CHANNELS, RfMode, slot_times
from reader.virtual.memory import TagMemory
from reader.virtual.placed import PlacedTag
from reader.virtual.propagation import Link, TagNature, crowding_db, link_between, nature_of
from reader.virtual.scene import SceneAntenna, Vector, Walker

if TYPE_CHECKING:  # it is handed in; its lock is none of ours
    from reader.virtual.world import World

__all__ = ["Air", "AirRead", "AntennaDrive", "Inventory", "Reply", "Target"]

_DWELL_US = 60_000  # on one antenna; a rotation over two is then about the 100 ms that fading needs
_SWITCH_US = 2_500  # from antenna to antenna, carrier off
_HOP_US = 3_000  # from channel to channel, carrier off
_ROUND_US = 1_500  # what a reader spends between rounds (Select, settling, reporting)
_IDLE_US = 10_000  # an empty field is looked at this often
_Q_STEP = 0.35  # Annex D allows 0.1 to 0.5
_Q_MAX = 10.0
_CAPTURE_DB = 6.0
_CAPTURE_SHARE = 0.7
_RSSI_NOISE_DB = 0.8
_DECODE_EDGE_DB = 1.2
_HOPELESS = -6.0  # in edges below the threshold: one reply in four hundred
_COMPRESSION_DBM = -25.0  # above this the receiver no longer shows the whole difference
_STEP_US = 200_000  # people and walkers move on in such steps; at walking speed half a wavelength, fading's grain


_MAX_REMEMBERED = 512  # fields kept; more come only of ever new powers or filters


class Target(Enum):
    """Whose turn it is: tags whose flag is A, or B, or each in turn."""

    A = "a"
    B = "b"
    DUAL = "dual"


@dataclass(frozen=True, slots=True)
class AntennaDrive:
    """How one antenna is driven. ``tx_power_dbm`` is conducted, at the reader's port.

    population: tags expected, sets the first Q. selects: whether a tag of that memory is asked at all.
    channels: those it may use, counted from 1 in the region's plan; empty for all.
    commands: Selects sent before each round. asks_sl: whether the round is for tags with SL, or for those without;
    None for both.
    """

    port: int
    tx_power_dbm: float
    mode: RfMode
    session: int = 1
    target: Target = Target.DUAL
    population: int = 32
    selects: Callable[[TagMemory], bool] | None = None
    channels: tuple[int, ...] = ()
    commands: tuple[Select, ...] = ()
    asks_sl: bool | None = None


class AirRead(NamedTuple):
    """One singulation. ``channel`` counts from 1 in the region's plan; RSSI in steps of 0.5 dB.

    chip: which tag it was, for `World.memory`; a reader does not hear it, so it is in no report.
    """

    t_us: int
    epc: str
    antenna: int
    channel: int
    channel_khz: int
    rssi_dbm: float
    phase_deg: float
    chip: str = ""


class Reply(NamedTuple):
    """A tag that the carrier powers, as this antenna hears it on this channel."""

    chip: str
    epc: str
    rssi_dbm: float
    heard: float  # probability that one reply is decoded
    margin_db: float  # power that reaches it above what it needs to answer
    link: Link
    nature: TagNature


class Air:
    """The world as radio meets it. Flags and links outlive an inventory, as they do in tags."""

    def __init__(self, world: World, seed: int | None = None) -> None:
        self.world = world
        scene = world.scene
        self.seed = scene.seed if seed is None else seed
        self.plan = CHANNELS[scene.region]
        self.antennas: Mapping[int, SceneAntenna] = {antenna.port: antenna for antenna in scene.antennas}
        self.random = random.Random(f"{self.seed}/air")
        self.flags = Flags()
        # The radio goes on where it was when an inventory ends and another begins.
        self.channel = self.random.randrange(len(self.plan.khz))
        self.hop_at_us: float = 0.0
        self.last_port = 0
        self._walker = scene.walker
        self._revision = -1
        self._tags: tuple[PlacedTag, ...] = ()
        self._crowd: Mapping[str, float] = {}
        self._nature: dict[str, tuple[PlacedTag, TagNature]] = {}
        # Per port, channel and power: a tag as it lay, what its neighbours cost, and the link from that.
        self._links: dict[tuple[int, int, float], dict[str, tuple[PlacedTag, float, Link | None]]] = {}
        self._fields: dict[tuple[AntennaDrive, int], tuple[tuple[int, int], dict[str, Reply]]] = {}

    def changed(self) -> bool:
        """Take the world in if it changed since last asked; return whether it did."""
        if self.world.revision == self._revision:
            return False
        self._revision = self.world.revision
        self._tags = self.world.tags()
        self._crowd = crowding_db(self._tags)
        gone = self._nature.keys() - {tag.chip for tag in self._tags}
        for chip in gone:
            del self._nature[chip]
            for links in self._links.values():
                links.pop(chip, None)
            self.flags.forget(chip)
        return True

    def memory(self, chip: str) -> TagMemory | None:
        """Return the memory of a tag; None where another thread took it out of the world since it was looked at."""
        try:
            return self.world.memory(chip)
        except SceneError:
            return None

    def written(self, chip: str) -> bool:
        """Take in what was done to a tag's memory; return whether it has another EPC now, or was killed."""
        self._fields = {key: field for key, field in self._fields.items() if key[0].selects is None}
        return self.world.written(chip)

    def reply_of(self, drive: AntennaDrive, chip: str, channel: int, now_us: float) -> Reply | None:
        """Return one tag as `replies` would, selected or not: it is called by its handle. None without power."""
        self.changed()
        tag = self.world.tag(chip)
        if tag is None:
            return None
        return self._look(replace(drive, selects=None), channel, now_us, (tag,)).get(chip)

    def replies(self, drive: AntennaDrive, channel: int, now_us: float) -> Mapping[str, Reply]:
        """Return the tags that ``drive`` powers on ``channel`` (from 0), as heard, by chip."""
        self.changed()
        state = (self._revision, step_at(now_us))
        known = self._fields.get((drive, channel))
        if known is None or known[0] != state:
            if len(self._fields) >= _MAX_REMEMBERED:
                self._fields.clear()
                self._links.clear()
            known = self._fields[drive, channel] = (state, self._look(drive, channel, now_us, self._tags))
        return known[1]

    def _look(self, drive: AntennaDrive, channel: int, now_us: float, tags: Iterable[PlacedTag]) -> dict[str, Reply]:
        antenna = self.antennas[drive.port]
        at = self._antenna_at(antenna, now_us)
        is_carried = at is not antenna.at
        # A link that was too weak at one power may do at another, so that the power is part of the key.
        links = {} if is_carried else self._links.setdefault((drive.port, channel, drive.tx_power_dbm), {})
        replies: dict[str, Reply] = {}
        for tag in tags:
            chip = tag.chip
            memory = None if drive.selects is None else self.memory(chip)
            if tag.dead or (drive.selects is not None and (memory is None or not drive.selects(memory))):
                continue
            nature = self._nature_of(tag)
            crowd_db = self._crowd.get(chip, 0.0)
            known = links.get(chip)
            least_db = nature.sensitivity_dbm - drive.tx_power_dbm
            if known is not None and known[0] is tag and known[1] == crowd_db:
                link = known[2]
            else:
                link = link_between(
                    tag, nature, crowd_db, antenna, at, self.plan.khz[channel], least_db - nature.sway_db
                )
                links[chip] = (tag, crowd_db, link)
            if link is None:
                continue
            gain_db = link.gain_db + nature.sway_at_db(step_at(now_us) * _STEP_US)
            if gain_db < least_db:
                continue
            rssi_dbm = _compressed(drive.tx_power_dbm + 2 * gain_db - nature.modulation_loss_db)
            edge = (rssi_dbm - drive.mode.sensitivity_dbm) / _DECODE_EDGE_DB
            if edge > _HOPELESS:
                heard = 1.0 / (1.0 + math.exp(-edge))
                replies[chip] = Reply(chip, tag.epc, rssi_dbm, heard, gain_db - least_db, link, nature)
        return replies

    def _nature_of(self, tag: PlacedTag) -> TagNature:
        known = self._nature.get(tag.chip)
        if known is None or known[0].material != tag.material:
            known = self._nature[tag.chip] = (tag, nature_of(tag, self.seed))
        return known[1]

    def _antenna_at(self, antenna: SceneAntenna, now_us: float) -> Vector:
        walker = self._walker
        if walker is None or (walker.antennas is not None and antenna.port not in walker.antennas):
            return antenna.at
        x, y, z = _point_on(walker, step_at(now_us) * _STEP_US / 1e6)
        return (x + antenna.at[0], y + antenna.at[1], z + antenna.at[2])


def step_at(now_us: float) -> int:
    """Return the number of the step in which nothing moves but what the world is told."""
    return int(now_us // _STEP_US)


def _compressed(rssi_dbm: float) -> float:
    return rssi_dbm if rssi_dbm < _COMPRESSION_DBM else _COMPRESSION_DBM + 0.3 * (rssi_dbm - _COMPRESSION_DBM)


def _point_on(walker: Walker, walked_s: float) -> Vector:
    legs = [(a, b, math.dist(a, b)) for a, b in zip(walker.path, walker.path[1:], strict=False)]
    whole_m = sum(length for _, _, length in legs)
    walked_m = walked_s * walker.speed_m_s
    if walker.loop and whole_m:
        walked_m %= 2 * whole_m
        walked_m = min(walked_m, 2 * whole_m - walked_m)
    for start, end, length in legs:
        if walked_m < length:
            share = walked_m / length
            x, y, z = (s + (e - s) * share for s, e in zip(start, end, strict=True))
            return (x, y, z)
        walked_m -= length
    return walker.path[-1]


@dataclass(slots=True)
class SlotCounts:
    """What the slots held since an inventory began."""

    collisions: int = 0
    empties: int = 0
    rounds: int = 0


class Inventory:
    """Rounds on one or several antennas in rotation, from ``start_us`` on."""

    def __init__(self, air: Air, drives: Sequence[AntennaDrive], start_us: int) -> None:
        assert drives, "an inventory needs an antenna"
        self.slots = SlotCounts()
        self.silenced: frozenset[int] = frozenset()  # ports that are unplugged
        self._air = air
        self._random = air.random
        self._drives = _rotated(drives, air.last_port)
        self._now_us = float(start_us)
        self._q = {drive.port: math.log2(max(1, drive.population)) for drive in drives}
        self._target_b = {drive.port: drive.target is Target.B for drive in drives}
        self._pending: AirRead | None = None
        self._events = self._play()
        self._carrier_off(0)

    @property
    def channel(self) -> int:
        """The channel in use, counted from 1 in the region's plan."""
        return self._air.channel + 1

    @property
    def now_us(self) -> int:
        """How far the air was played."""
        return int(self._now_us)

    def next_read(self, until_us: int) -> AirRead | None:
        """Play the air to its next read, or to ``until_us`` where there is none before."""
        pending = self._pending
        if pending is not None:
            if pending.t_us > until_us:
                return None
            self._pending = None
            return pending
        while self._now_us <= until_us:
            read = next(self._events)
            if read is None:
                continue
            if read.t_us > until_us:
                self._pending = read
                return None
            return read
        return None

    def advance(self, until_us: int) -> list[AirRead]:
        """Play the air up to ``until_us`` and return its reads, in time order."""
        reads: list[AirRead] = []
        while (read := self.next_read(until_us)) is not None:
            reads.append(read)
        return reads

    def skip_to(self, now_us: int) -> None:
        """Let time pass without air, as when the machine slept."""
        self._now_us = max(self._now_us, float(now_us))

    def _play(self) -> Iterator[AirRead | None]:
        """Play dwell after dwell for ever; None is yielded wherever time passed without a read."""
        while True:
            for drive in self._drives:
                if drive.port in self.silenced:
                    self._now_us += _SWITCH_US if len(self._drives) > 1 else _IDLE_US
                    yield None
                    continue
                if self._now_us >= self._air.hop_at_us or (drive.channels and self.channel not in drive.channels):
                    self._hop(drive)
                if len(self._drives) > 1:
                    self._carrier_off(_SWITCH_US)
                yield from self._dwell(drive)
            yield None

    def _hop(self, drive: AntennaDrive) -> None:
        air = self._air
        if drive.channels:
            others = [channel - 1 for channel in drive.channels if channel != self.channel]
            air.channel = self._random.choice(others) if others else air.channel
        else:
            channels = len(air.plan.khz)
            air.channel = (air.channel + self._random.randrange(1, channels)) % channels
        self._carrier_off(_HOP_US)
        air.hop_at_us = self._now_us + air.plan.dwell_us

    def _carrier_off(self, for_us: float) -> None:
        self._air.flags.carrier_off()
        self._now_us += for_us

    def _dwell(self, drive: AntennaDrive) -> Iterator[AirRead | None]:
        self._air.last_port = drive.port
        end_us = min(self._now_us + _DWELL_US, max(self._air.hop_at_us, self._now_us + 1))
        field = _Field(self._air, drive, self._air.channel, self._now_us)
        while self._now_us < end_us and drive.port not in self.silenced:
            field.refresh(self._now_us)
            field.select(self._now_us)
            waiting = field.waiting(self._target_b[drive.port], self._now_us)
            self._now_us += _ROUND_US + slot_times(drive.mode).query
            self.slots.rounds += 1
            if waiting:
                yield from self._round(drive, field, waiting, end_us)
                field.hold_flags(self._now_us)
                yield None
                continue
            if drive.target is Target.DUAL and field.replies:
                self._target_b[drive.port] = not self._target_b[drive.port]
            else:
                # Nobody to ask. Play the silence as one step: empty rounds cost time, not work.
                self._now_us = min(end_us, self._now_us + _IDLE_US)
                field.hold_flags(self._now_us)
            yield None

    def _round(
        self, drive: AntennaDrive, field: _Field, waiting: dict[str, Reply], end_us: float
    ) -> Iterator[AirRead | None]:
        """Play one round: frames of 2^Q slots, begun anew whenever Q changes, until a frame is through."""
        times = slot_times(drive.mode)
        q = self._q[drive.port]
        flag_b = not self._target_b[drive.port]
        while waiting and self._now_us < end_us:
            size = round(q)
            frame: dict[int, list[Reply]] = {}
            for reply in waiting.values():
                frame.setdefault(self._random.getrandbits(size) if size else 0, []).append(reply)
            for slot in range(1 << size):
                repliers = frame.get(slot, ())
                if repliers and field.refresh(self._now_us):
                    for chip in waiting.keys() - field.replies.keys():
                        del waiting[chip]
                repliers = [reply for reply in repliers if reply.chip in waiting]
                heard = self._singulated(repliers) if repliers else None
                if heard is not None:
                    self._now_us += times.success
                    del waiting[heard.chip]
                    field.flip(heard, flag_b, self._now_us)
                    yield self._read(drive, heard)
                elif repliers:
                    self._now_us += times.collision
                    self.slots.collisions += 1
                    q = min(_Q_MAX, q + _Q_STEP) if len(repliers) > 1 else q
                else:
                    self._now_us += times.empty
                    self.slots.empties += 1
                    q = max(0.0, q - _Q_STEP / 2)
                if round(q) != size or self._now_us >= end_us:
                    self._now_us += times.adjust
                    break
            else:
                break
        self._q[drive.port] = q

    def _singulated(self, repliers: list[Reply]) -> Reply | None:
        """Return whom the reader gets out of a slot with replies; None for noise or an undecided collision."""
        draw = self._random.random
        best = repliers[0]
        if len(repliers) > 1:
            best = max(repliers, key=lambda reply: reply.rssi_dbm)
            others_mw = sum(10 ** (reply.rssi_dbm / 10) for reply in repliers if reply is not best)
            if best.rssi_dbm - 10 * math.log10(others_mw) < _CAPTURE_DB or draw() > _CAPTURE_SHARE:
                return None
        # RN16 and EPC are two replies; either may be lost.
        return best if draw() < best.heard and draw() < best.heard else None

    def _read(self, drive: AntennaDrive, reply: Reply) -> AirRead:
        gauss = self._random.gauss
        rssi_dbm = round(2 * (reply.rssi_dbm + gauss(0.0, _RSSI_NOISE_DB))) / 2
        # Weak signals turn further: 4 degrees near the antenna, about 20 at the edge.
        spread_deg = 4.0 + 16.0 * min(1.0, max(0.0, (-45.0 - reply.rssi_dbm) / 35.0))
        flip_deg = 180.0 if self._random.random() < 0.5 else 0.0  # the receiver cannot tell them apart
        phase_deg = (reply.link.phase_deg + flip_deg + gauss(0.0, spread_deg)) % 360.0
        return AirRead(
            t_us=int(self._now_us),
            epc=reply.epc,
            antenna=drive.port,
            channel=self._air.channel + 1,
            channel_khz=self._air.plan.khz[self._air.channel],
            rssi_dbm=rssi_dbm,
            phase_deg=round(phase_deg, 1) % 360.0,
            chip=reply.chip,
        )


def _rotated(drives: Sequence[AntennaDrive], last_port: int) -> tuple[AntennaDrive, ...]:
    """Return the drives with the one after ``last_port`` first, so that short inventories reach them all."""
    start = next((index + 1 for index, drive in enumerate(drives) if drive.port == last_port), 0) % len(drives)
    return (*drives[start:], *drives[:start])


class _Field:
    """The tags that one antenna powers during one dwell, and their flags in its session."""

    def __init__(self, air: Air, drive: AntennaDrive, channel: int, now_us: float) -> None:
        self._air = air
        self._drive = drive
        self._channel = channel
        self._step = step_at(now_us)
        self._flags = air.flags
        self.replies = air.replies(drive, channel, now_us)
        self.hold_flags(now_us)

    def refresh(self, now_us: float) -> bool:
        """Look again if the world, a walker or people moved; return whether they did."""
        step = step_at(now_us)
        if not self._air.changed() and step == self._step:
            return False
        self._step = step
        self.replies = self._air.replies(self._drive, self._channel, now_us)
        return True

    def select(self, now_us: float) -> None:
        """Send the Selects that go before a round; every powered tag hears them."""
        for command in self._drive.commands:
            for chip, reply in self.replies.items():
                memory = self._air.memory(chip)
                if memory is not None:
                    self._flags.obey(command, chip, memory, reply.nature, now_us)

    def waiting(self, target_b: bool, now_us: float) -> dict[str, Reply]:
        """Return the powered tags whose flags are those that the round is for."""
        drive = self._drive
        waiting = self._flags.those(drive.session, self.replies, now_us, up=target_b)
        if drive.asks_sl is None:
            return waiting
        return self._flags.those(Flag.SL, waiting, now_us, up=drive.asks_sl)

    def flip(self, reply: Reply, flag_b: bool, now_us: float) -> None:
        """Set a tag's flag, as a tag does that was singulated."""
        self._flags.put(self._drive.session, reply.chip, reply.nature, now_us, up=flag_b)

    def hold_flags(self, now_us: float) -> None:
        """Let powered tags keep their flags, as far as power does that."""
        self._flags.hold(self.replies, now_us)
