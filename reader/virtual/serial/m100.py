"""A virtual M100/QM100/R200 module: one antenna, tag notices as they come, error 15 after every empty round.

1. One inventory (22) is a round; many (27) are as many rounds as it says, without an answer of their own, until the
   last or until 28. A count of 0 has no end.
2. A round without a tag is told by error 15. A module of this family has no antenna detector and no thermometer that
   it would tell of: without an antenna, badly matched or too hot it hears nobody.
3. 11 changes the rate at once and is not answered.
4. Asleep (17, or 1D minutes without a command), it is woken by any byte; that byte is lost, and settings are as after
   power on, but for the Select.
5. Commands are obeyed during an inventory, too; it goes on after them.
6. Canned, for benches, a round is `CANNED_TAGS` prepared tags, told as fast as the line takes them, without the air.

Sources: MagicRF M100/QM100 firmware manual; R200 user protocol 2.3.3; facts measured 2026-11. Unverified: rule 5, and
that a count of 0 has no end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from typing import Final

from reader.virtual.air import Air, AntennaDrive, Target
from reader.virtual.faults import Fault, Faults
from reader.virtual.gen2 import RfMode
from reader.virtual.memory import TagMemory
from reader.virtual.serial.canned import CANNED_TAGS, CannedRounds, canned_epc, canned_rssi_dbm
from reader.virtual.serial.m100_access import ACCESS_COMMANDS, M100Access
from reader.virtual.serial.m100_line import Build, M100Ear, Request, answer_frame, failure_frame, notice_frame
from reader.virtual.serial.m100_select import Asked, Select
from reader.virtual.serial.m100_settings import DONE, FIRST_CDBM, WRONG_COMMAND, M100Settings, RefusedError
from reader.virtual.serial.memories import memory_of
from reader.virtual.serial.module import Said
from reader.virtual.serial.one_round import OneRound
from reader.virtual.serial.outbox import Outbox

__all__ = ["BAUDS", "M100Module"]

BAUDS: Final = (9600, 19_200, 28_800, 38_400, 57_600, 115_200, 230_400)
_PORT: Final = 1
# The chip's only way of speaking: FM0, slow, and an ear less keen than a big reader's.
_MODE: Final = RfMode(0, tari_us=12.5, blf_khz=250.0, miller=1, sensitivity_dbm=-68.0)
_FALSE_POWER_DB: Final = 10.0
_NO_TAG: Final = 0x15
_DEAFENING: Final = (Fault.ANTENNA_GONE, Fault.REFLECTION, Fault.OVER_TEMPERATURE)
_LEAST_RSSI_DBM: Final = -128
_MINUTE_US: Final = 60_000_000
_LOOK_US: Final = 4_000  # how often the air is played while it reads
_IDLE_US: Final = 1_000_000


@dataclass(slots=True)
class _Polling:
    """An inventory: ``rounds`` that are still to begin, None without end, and the one that runs."""

    rounds: int | None
    now: OneRound


class M100Module:
    """A module on scene antenna 1, as `SerialModule`.

    baud: one of `BAUDS`, after power on. is_canned: see rule 6. amplifier_db: what it radiates above its chip's scale.
    first_cdbm: the power after power on, on the chip's scale.
    """

    def __init__(
        self,
        air: Air,
        faults: Faults,
        *,
        build: Build = Build.BB,
        baud: int = 115_200,
        is_canned: bool = False,
        amplifier_db: int = 0,
        first_cdbm: int = FIRST_CDBM,
    ) -> None:
        self._first_cdbm = first_cdbm
        self._amplifier_db = amplifier_db
        self._air = air
        self._faults = faults
        self._build = build
        self._ear = M100Ear(build)
        self._outbox = Outbox()
        self._access = M100Access(air)
        self._settings = self._fresh_settings()
        self._polling: _Polling | None = None
        self._is_canned = is_canned
        self._canned: CannedRounds | None = None
        self._first_baud = self._baud = baud
        self._is_asleep = False
        self._heard_at_us = 0
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
        return self._polling is not None or self._canned is not None

    @property
    def tx_power_dbm(self) -> float | None:
        """What is radiated, whatever the host is told."""
        false_db = _FALSE_POWER_DB if self._faults.is_on(Fault.WRONG_POWER_TABLE) else 0.0
        return self._settings.power_cdbm / 100 + self._amplifier_db + false_db

    def received(self, octets: bytes, now_us: int) -> None:
        """Take bytes off the line and obey the requests that are whole."""
        if self._is_asleep and octets:
            self._wake()
            octets = octets[1:]
        self._heard_at_us = now_us
        for request in self._ear.hear(octets, now_us):
            self._obey(request, now_us)

    def advance(self, now_us: int) -> None:
        """Play the air up to now; fall asleep when it is time."""
        polling = self._polling
        while polling is not None:
            if self._outbox.is_full:
                polling.now.skip_to(now_us)
                return
            read = polling.now.next_read(now_us)
            if read is not None:
                self._notice(read.chip, read.rssi_dbm, read.t_us)
            elif polling.now.has_ended(now_us):
                polling = self._next_round(polling)
            else:
                return
        asleep_at_us = self._asleep_at_us()
        if asleep_at_us is not None and now_us >= asleep_at_us:
            self._is_asleep = True

    def take(self, now_us: int) -> Said | None:
        """Return the next frame."""
        said = self._outbox.take(now_us)
        if said is not None or self._canned is None or self._outbox.due_us is not None:
            return said
        said = self._canned.next_tag()
        if said is None:
            self._canned = None
        else:
            self._reads += 1
        return said

    def next_due_us(self, now_us: int) -> int:
        """Return when something may happen by itself."""
        if self._polling is not None:
            return max(now_us + _LOOK_US, self._polling.now.played_us)
        dues_us = (now_us + _IDLE_US, self._outbox.due_us, self._asleep_at_us())
        return max(now_us, min(due_us for due_us in dues_us if due_us is not None))

    def skip_to(self, now_us: int) -> None:
        """Let time pass without air."""
        if self._polling is not None:
            self._polling.now.skip_to(now_us)

    def reboot(self, now_us: int) -> None:
        """Begin as after power on."""
        self._settings = self._fresh_settings()
        self._stop()
        self._baud = self._first_baud
        self._is_asleep = False
        self._heard_at_us = now_us
        self._ear.forget()
        self._outbox.clear()

    # --- what it is told ------------------------------------------------------------------------------

    def _obey(self, request: Request, now_us: int) -> None:
        command, content = request
        try:
            if command in ACCESS_COMMANDS:
                self._do_access(command, content, now_us)
            elif not self._obeyed_for_itself(command, content, now_us):
                keeps_power = not self._faults.is_on(Fault.POWER_NOT_TAKEN)
                answer = self._settings.obey(command, content, keeps_power=keeps_power)
                if answer is None:
                    raise RefusedError(WRONG_COMMAND)
                self._answer(command, answer, now_us)
        except RefusedError as refused:
            self._outbox.put(failure_frame(self._build, refused.code), now_us)

    def _obeyed_for_itself(self, command: int, content: bytes, now_us: int) -> bool:
        """Do what concerns rounds, rate and sleep; return whether the command was of these."""
        match command, len(content):
            case 0x22, 0:
                self._poll(1, now_us)
            case 0x27, 3:
                self._poll(int.from_bytes(content[1:], "big") or None, now_us)
            case 0x28, 0:
                self._stop()
                self._answer(command, DONE, now_us)
            case 0x11, 2:
                baud = 100 * int.from_bytes(content, "big")
                if baud not in BAUDS:
                    raise RefusedError(WRONG_COMMAND)
                self._baud = baud
            case 0x17, 0:
                self._stop()
                self._answer(command, DONE, now_us)
                self._is_asleep = True
            case _:
                return False
        return True

    def _answer(self, command: int, content: bytes, at_us: int) -> None:
        self._outbox.put(answer_frame(self._build, command, content), at_us)

    def _wake(self) -> None:
        self._is_asleep = False
        self._ear.forget()
        self._settings = self._fresh_settings(self._settings.select)

    def _fresh_settings(self, select: Select | None = None) -> M100Settings:
        return M100Settings(self._air.world.scene.region, self._air.seed, select, self._amplifier_db, self._first_cdbm)

    def _asleep_at_us(self) -> int | None:
        minutes = self._settings.idle_minutes
        if not minutes or self._is_asleep or self.is_reading:
            return None
        return self._heard_at_us + minutes * _MINUTE_US

    # --- what it does ---------------------------------------------------------------------------------

    def _stop(self) -> None:
        self._polling = self._canned = None

    def _poll(self, rounds: int | None, now_us: int) -> None:
        if self._is_canned:
            one_round = _canned_notices(self._build)
            self._canned = CannedRounds(repeat(one_round) if rounds is None else repeat(one_round, rounds))
            return
        left = None if rounds is None else rounds - 1
        self._polling = _Polling(left, OneRound(self._air, self._drive(access=False), now_us))

    def _next_round(self, polling: _Polling) -> _Polling | None:
        ended_us = polling.now.played_us
        if not polling.now.reads:
            self._outbox.put(failure_frame(self._build, _NO_TAG), ended_us)
        if polling.rounds == 0:
            self._polling = None
            return None
        self._poll(polling.rounds, ended_us)
        return self._polling

    def _notice(self, chip: str, rssi_dbm: float, at_us: int) -> None:
        memory = memory_of(self._air, chip)
        if memory is None:
            return
        rssi = max(_LEAST_RSSI_DBM, round(rssi_dbm))
        frame = notice_frame(self._build, rssi, memory.pc, bytes.fromhex(memory.epc), memory.crc)
        self._outbox.put(frame, at_us, is_tag=True)
        self._reads += 1

    def _do_access(self, command: int, content: bytes, now_us: int) -> None:
        done = self._access.do(command, content, self._drive(access=True), now_us)
        if done.error is None:
            self._answer(done.command, done.content, done.at_us)
        else:
            self._outbox.put(failure_frame(self._build, done.error, done.content), done.at_us)
        if self._polling is not None:
            self._polling.now.skip_to(done.at_us)

    def _drive(self, *, access: bool) -> AntennaDrive:
        settings = self._settings
        query = settings.query
        power_dbm = self.tx_power_dbm
        assert power_dbm is not None, "this module always has one"
        return AntennaDrive(
            port=_PORT,
            tx_power_dbm=power_dbm,
            mode=_MODE,
            session=query.session,
            target=Target.B if query.target_b else Target.A,
            population=1 << query.q,
            selects=self._asked(access=access),
        )

    def _asked(self, *, access: bool) -> Callable[[TagMemory], bool] | None:
        """Send the Select that is due; return who answers then, None for all."""
        if any(self._faults.is_on(fault) for fault in _DEAFENING):
            return _nobody
        settings = self._settings
        if not settings.selects_for(access=access):
            return Asked(settings.query, None) if settings.query.asks_some else None
        session = settings.query.session
        flags = self._air.flags
        for chip in flags.raised(session):
            memory = memory_of(self._air, chip)
            if memory is None or settings.select.makes_a(memory, session):
                flags.lower(session, chip)
        return Asked(settings.query, settings.select)


@cache
def _canned_notices(build: Build) -> tuple[bytes, ...]:
    """Return the notices of one canned round."""
    memories = [(number, TagMemory(f"canned {number}", canned_epc(number).hex())) for number in range(CANNED_TAGS)]
    return tuple(
        notice_frame(build, canned_rssi_dbm(number), memory.pc, canned_epc(number), memory.crc)
        for number, memory in memories
    )


def _nobody(memory: TagMemory) -> bool:  # noqa: ARG001 - what it is asked about does not matter
    """Answer for every tag that the radio cannot reach it."""
    return False
