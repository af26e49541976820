"""A virtual R2000/E710 "A0" board: four ports, inventories that run their rounds and end, memory access, flash.

1. A board does one thing at a time: requests that come during an inventory wait until it is over. There is no stop.
2. An inventory tells each tag as it comes (80 only keeps it), then its end; without an antenna on its port it is an
   error frame. Fast switch (8A) names the port that has none and goes on.
3. An antenna is missing where its return loss is less than the detector wants. With the detector off a port without
   antenna is silent.
4. 71 is answered at the old rate, then the board restarts with the new one. 70 restarts without an answer.
5. Rounds are in session S0, target A, unless 8B names others. No Select is ever sent, so nobody has SL.
6. It sends on those carriers of the scene's region that are in its table (78); where none is, nobody hears it.
7. Canned, for benches, a round is `CANNED_TAGS` prepared tags, told as fast as the line takes them, without the air;
   antennas are not looked for.

Sources: Rodinbell UHF RFID reader serial interface protocol; facts measured 2026-11. Unverified: rule 1, the session
of 80, 89 and 8A, that a board that is too hot says that its carrier does not come on, and the phase of 8B's longest
form (whole degrees here).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Final

from reader.virtual.air import Air, AirRead, AntennaDrive, Target
from reader.virtual.faults import Fault, Faults
from reader.virtual.memory import TagMemory
from reader.virtual.serial.canned import CannedRounds
from reader.virtual.serial.memories import memory_of
from reader.virtual.serial.module import Said
from reader.virtual.serial.outbox import Outbox
from reader.virtual.serial.r2000_access import ACCESS_COMMANDS, access
from reader.virtual.serial.r2000_buffer import TagBuffer
from reader.virtual.serial.r2000_canned import canned_tags
from reader.virtual.serial.r2000_line import R2000Ear, Request, answer_frame
from reader.virtual.serial.r2000_plan import INVENTORY_COMMANDS, RoundPlan, round_plan
from reader.virtual.serial.r2000_settings import DONE, PORTS, R2000Settings, RefusedError
from reader.virtual.serial.r2000_tags import HeardTag, heard_tag
from reader.virtual.serial.r2000_turns import Missing, Over, Turns

__all__ = ["BAUDS", "R2000Module"]

_BAUDS: Final = {3: 38_400, 4: 115_200}
BAUDS: Final = tuple(_BAUDS.values())
_FALSE_POWER_DB: Final = 10.0
_BOOT_US: Final = 300_000
_MOST_WAITING: Final = 8  # requests; what comes on top is lost
_LOOK_US: Final = 4_000  # how often the air is played while it reads
_IDLE_US: Final = 1_000_000

_FAILED: Final = 0x11
_NO_CARRIER: Final = 0x21
_ANTENNA_MISSING: Final = 0x22
_BUFFER_EMPTY: Final = 0x38
_GET_AND_CLEAR: Final = 0x91
_PARAMETER_INVALID: Final = 0x41
_BAUD_INVALID: Final = 0x4A

_GOOD_LOSS_DB: Final = 17  # a decent antenna, less a little for each port so that they can be told apart
_REFLECTED_LOSS_DB: Final = 2
_OPEN_LOSS_DB: Final = 1
_LAST_INDEX: Final = 59
_PLUS: Final = 1  # as real units say it; the manual has it reversed
_WARM_C: Final = 38
_HOT_C: Final = 93
_SL_ASSERTED: Final = 3


@dataclass(slots=True)
class _Running:
    """An inventory: what was asked, where it is, and what came of it so far. canned: what it tells instead."""

    plan: RoundPlan
    turns: Turns
    began_us: int
    reads: int = 0
    canned: CannedRounds | None = None


class R2000Module:
    """A board with the scene's antennas 1 to 4, as `SerialModule`.

    baud: one of `BAUDS`, after power on. is_canned: see rule 7.
    """

    def __init__(
        self, air: Air, faults: Faults, *, address: int = 1, baud: int = 115_200, is_canned: bool = False
    ) -> None:
        self._air = air
        self._faults = faults
        self._address = address
        self._ear = R2000Ear(address)
        self._outbox = Outbox()
        self._settings = R2000Settings(air.world.scene.region)
        self._buffer = TagBuffer()
        self._requests: deque[Request] = deque()
        self._running: _Running | None = None
        self._is_canned = is_canned
        self._first_baud = self._baud = baud
        self._next_baud: int | None = None
        self._deaf_until_us = 0
        self._reads = 0

    # --- as SerialModule ------------------------------------------------------------------------------

    @property
    def baud(self) -> int:
        """The rate in force."""
        return self._baud

    @property
    def reads(self) -> int:
        """Singulations since it was made."""
        return self._reads

    @property
    def is_reading(self) -> bool:
        """Whether an inventory runs."""
        return self._running is not None

    @property
    def tx_power_dbm(self) -> float | None:
        """The greatest of the ports, as radiated, whatever the host is told."""
        return max(self._radiated_dbm(port) for port in range(PORTS))

    @property
    def flash_writes(self) -> int:
        """How often something was written to flash, which wears it."""
        return self._settings.flash_writes

    def received(self, octets: bytes, now_us: int) -> None:
        """Take bytes off the line; requests are obeyed at once, or when the inventory that runs is over."""
        if now_us < self._deaf_until_us:
            return
        self._requests.extend(self._ear.hear(octets, now_us))
        while len(self._requests) > _MOST_WAITING:
            self._requests.pop()
        self._obey_waiting(now_us)

    def advance(self, now_us: int) -> None:
        """Play the air up to now; begin what waited."""
        while (running := self._running) is not None and running.canned is None:
            if self._outbox.is_full:
                running.turns.skip_to(now_us)
                return
            happened = running.turns.next(now_us)
            match happened:
                case None:
                    return
                case AirRead():
                    self._hear(running, happened)
                case Missing():
                    self._tell_missing(running, happened)
                case Over():
                    self._end(running, happened.at_us)
                    self._obey_waiting(now_us)

    def take(self, now_us: int) -> Said | None:
        """Return the next frame; the rate changes once the answer that allowed it is gone."""
        said = self._outbox.take(now_us) or self._canned_tag(now_us)
        if self._next_baud is not None and self._outbox.due_us is None:
            self._restart(now_us)
        return said

    def next_due_us(self, now_us: int) -> int:
        """Return when something may happen by itself."""
        if self._running is not None and self._running.canned is None:
            return max(now_us + _LOOK_US, self._running.turns.due_us)
        due_us = self._outbox.due_us
        return now_us + _IDLE_US if due_us is None else max(now_us, due_us)

    def skip_to(self, now_us: int) -> None:
        """Let time pass without air."""
        if self._running is not None:
            self._running.turns.skip_to(now_us)

    def reboot(self, now_us: int) -> None:
        """Begin as after power on: what is in flash stays."""
        self._restart(now_us)
        self._baud = self._first_baud
        self._deaf_until_us = now_us  # the server keeps the line dead as long as it takes

    # --- what it is told ------------------------------------------------------------------------------

    def _obey_waiting(self, now_us: int) -> None:
        while self._requests and self._running is None:
            command, content = self._requests.popleft()
            try:
                self._obey(command, content, now_us)
            except RefusedError as refused:
                self._answer(command, bytes((refused.code,)), now_us)

    def _obey(self, command: int, content: bytes, now_us: int) -> None:
        if command in INVENTORY_COMMANDS:
            self._begin(round_plan(command, content, self._settings.antenna), now_us)
        elif command in ACCESS_COMMANDS:
            drive = self._usable_drive(self._settings.antenna, self._settings.match)
            done = access(self._air, command, content, drive, now_us, self._settings.frequency_index)
            for said in done.contents:
                self._answer(command, said, done.at_us)
        elif command in (0x90, 0x91) and not content:
            self._tell_buffer(command, now_us)
        elif command == 0x70 and not content:
            self._restart(now_us)
        else:
            self._answer(command, self._told(command, content), now_us)

    def _told(self, command: int, content: bytes) -> bytes:
        """Do what is neither inventory nor access, and return the answer's data."""
        match command, len(content):
            case 0x71, 1:
                if content[0] not in _BAUDS:
                    raise RefusedError(_BAUD_INVALID)
                self._next_baud = _BAUDS[content[0]]
                return DONE
            case 0x7B, 0:
                return bytes((_PLUS, _HOT_C if self._faults.is_on(Fault.OVER_TEMPERATURE) else _WARM_C))
            case 0x7E, 1:
                if content[0] > _LAST_INDEX:
                    raise RefusedError(_PARAMETER_INVALID)
                return bytes((self._return_loss_db(self._settings.antenna),))
        told = self._buffer.obey(command) if not content else None
        if told is None:
            keeps_power = not self._faults.is_on(Fault.POWER_NOT_TAKEN)
            told = self._settings.obey(command, content, keeps_power=keeps_power)
        if told is None:
            raise RefusedError(_FAILED)
        return told

    def _tell_buffer(self, command: int, now_us: int) -> None:
        if not self._buffer:
            raise RefusedError(_BUFFER_EMPTY)
        for content in self._buffer.contents():
            self._answer(command, content, now_us, is_tag=True)
        if command == _GET_AND_CLEAR:
            self._buffer.clear()

    def _answer(self, command: int, content: bytes, at_us: int, *, is_tag: bool = False) -> None:
        self._outbox.put(answer_frame(self._address, command, content), at_us, is_tag=is_tag)

    def _restart(self, now_us: int) -> None:
        self._settings.restart()
        self._buffer.clear()
        self._ear.forget()
        self._outbox.clear()
        self._requests.clear()
        self._running = None
        self._baud, self._next_baud = self._next_baud or self._baud, None
        self._deaf_until_us = now_us + _BOOT_US

    # --- inventories ----------------------------------------------------------------------------------

    def _begin(self, plan: RoundPlan, now_us: int) -> None:
        if self._faults.is_on(Fault.OVER_TEMPERATURE):
            raise RefusedError(_NO_CARRIER)
        turns = Turns(self._air, plan.ports, lambda port: self._drive(port, plan), now_us, plan.pause_us)
        running = self._running = _Running(plan, turns, now_us)
        if self._is_canned:
            running.canned = self._canned_rounds(running)

    def _canned_rounds(self, running: _Running) -> CannedRounds:
        """Prepare an inventory's tags; one that only keeps tags keeps them at once, and tells none."""
        plan, khz = running.plan, self._air.plan.khz[0]
        tags = {port: canned_tags(port, khz, self._settings.frequency_index(khz)) for port in set(plan.ports)}
        if plan.is_buffered:
            for tag in chain.from_iterable(tags[port] for port in plan.ports):
                self._buffer.keep(tag)
                self._count(running)
            return CannedRounds(())
        frames = {
            port: [answer_frame(self._address, plan.command, _tag_content(tag, plan)) for tag in heard]
            for port, heard in tags.items()
        }
        return CannedRounds(frames[port] for port in plan.ports)

    def _canned_tag(self, now_us: int) -> Said | None:
        """Return what comes next of a canned inventory: a tag, or its end."""
        running = self._running
        if running is None or running.canned is None or self._outbox.due_us is not None:
            return None
        said = running.canned.next_tag()
        if said is not None:
            self._count(running)
            return said
        self._end(running, now_us)
        self._obey_waiting(now_us)
        return self._outbox.take(now_us)

    def _count(self, running: _Running) -> None:
        running.reads += 1
        self._reads += 1

    def _hear(self, running: _Running, read: AirRead) -> None:
        memory = memory_of(self._air, read.chip)
        if memory is None:
            return
        self._count(running)
        tag = heard_tag(
            read, memory, self._settings.frequency_index(read.channel_khz), with_tid=self._settings.has_fast_tid
        )
        if running.plan.is_buffered:
            self._buffer.keep(tag)
        else:
            self._answer(running.plan.command, _tag_content(tag, running.plan), read.t_us, is_tag=True)

    def _tell_missing(self, running: _Running, missing: Missing) -> None:
        if running.plan.switches_ports:
            self._answer(running.plan.command, bytes((missing.port, _ANTENNA_MISSING)), missing.at_us)
            return
        self._running = None
        self._answer(running.plan.command, bytes((_ANTENNA_MISSING,)), missing.at_us)

    def _end(self, running: _Running, at_us: int) -> None:
        self._running = None
        plan, took_us = running.plan, at_us - running.began_us
        rate = min(0xFFFF, round(running.reads * 1e6 / max(1, took_us)))
        reads = running.reads.to_bytes(4, "big")
        if plan.switches_ports:
            content = reads[1:] + (took_us // 1000).to_bytes(4, "big")
        else:
            kept = len(self._buffer).to_bytes(2, "big") if plan.is_buffered else b""
            content = bytes((plan.ports[0],)) + kept + rate.to_bytes(2, "big") + reads
        self._answer(plan.command, content, at_us)

    # --- antennas -------------------------------------------------------------------------------------

    def _drive(self, port: int, plan: RoundPlan) -> AntennaDrive | None:
        """Return how ``port`` (from 0) is driven for an inventory; None where it has no antenna."""
        if self._is_missing(port):
            return None
        cannot_answer = plan.sl == _SL_ASSERTED or not self._has_antenna(port)
        target = Target.B if plan.target_b else Target.A
        return self._drive_of(port, plan.session, target, _nobody if cannot_answer else None)

    def _usable_drive(self, port: int, match: Callable[[TagMemory], bool] | None) -> AntennaDrive:
        """Return how ``port`` is driven for an access.

        Raises:
            RefusedError: It cannot be: no antenna, or too hot.
        """
        if self._faults.is_on(Fault.OVER_TEMPERATURE):
            raise RefusedError(_NO_CARRIER)
        if self._is_missing(port):
            raise RefusedError(_ANTENNA_MISSING)
        return self._drive_of(port, 0, Target.A, match if self._has_antenna(port) else _nobody)

    def _drive_of(
        self, port: int, session: int, target: Target, selects: Callable[[TagMemory], bool] | None
    ) -> AntennaDrive:
        # A port that the scene does not have is only ever driven for nobody; any antenna does for that.
        known = port + 1 if port + 1 in self._air.antennas else 1
        power_dbm = self._radiated_dbm(port)
        channels = self._settings.channels(self._air.plan.khz)
        if not channels:
            selects = _nobody
        return AntennaDrive(known, power_dbm, self._settings.mode, session, target, selects=selects, channels=channels)

    def _radiated_dbm(self, port: int) -> float:
        false_db = _FALSE_POWER_DB if self._faults.is_on(Fault.WRONG_POWER_TABLE) else 0.0
        return self._settings.powers_dbm[port] + false_db

    def _is_missing(self, port: int) -> bool:
        """Whether the detector finds no antenna on ``port``."""
        return self._return_loss_db(port) < self._settings.detector_db

    def _has_antenna(self, port: int) -> bool:
        return self._return_loss_db(port) > _REFLECTED_LOSS_DB

    def _return_loss_db(self, port: int) -> int:
        last = min(PORTS, len(self._air.antennas)) - 1
        if port > last or (port == last and self._faults.is_on(Fault.ANTENNA_GONE)):
            return _OPEN_LOSS_DB
        if port == last and self._faults.is_on(Fault.REFLECTION):
            return _REFLECTED_LOSS_DB
        return _GOOD_LOSS_DB - port


def _tag_content(tag: HeardTag, plan: RoundPlan) -> bytes:
    phase = tag.phase_deg.to_bytes(2, "big") if plan.has_phase else b""
    return bytes((tag.freqant,)) + tag.pc_and_epc + bytes((tag.rssi,)) + phase


def _nobody(memory: TagMemory) -> bool:  # noqa: ARG001 - what it is asked about does not matter
    """Answer for every tag that the radio cannot reach it."""
    return False
