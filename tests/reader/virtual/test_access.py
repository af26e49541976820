"""Acting on one tag in the air: what it does to the tag, what it costs, and what a weak link makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from reader.access import AccessFault, Bank, Lock, LockField
from reader.virtual.access import Access, accessed, singulated
from reader.virtual.air import Air, AirRead, AntennaDrive, Inventory, Target
from reader.virtual.gen2 import MODES
from reader.virtual.operations import Kill, Operation, Read, SetLocks, Write, epc_write
from reader.virtual.scene import builtin_scene, scene_of
from reader.virtual.world import World

EPC = "3036451FD4001940000003E9"
NEW = "3036451FD4001940000AAAAA"
PASSWORD, KILL = 0x1234_5678, 0xDEAD_BEEF
DRIVE = AntennaDrive(1, 20.0, MODES[2])


class Pad:
    """One tag over antenna 1, heard well unless told otherwise, and an air that it was just read in."""

    def __init__(self, drive: AntennaDrive = DRIVE, **tag: Any) -> None:
        document = builtin_scene().model_dump(exclude_unset=True)
        document["tags"] = [{"epc": EPC, "at": [0.0, 0.0, 0.1], "orientation": [1, 0, 0], **tag}]
        self.world = World(scene_of(document))
        self.air = Air(self.world)
        self.drive = drive
        self.now_us = 0

    @property
    def read(self) -> AirRead:
        return AirRead(self.now_us, EPC, 1, self.air.channel + 1, 865_700, -40.0, 0.0, EPC)

    def do(self, operation: Operation) -> Access:
        access = accessed(self.air, self.drive, self.read, operation, self.now_us)
        self.now_us += access.took_us
        return access

    def inventory(self, seconds: float = 0.5) -> set[str]:
        end_us = self.now_us + int(seconds * 1e6)
        reads = Inventory(self.air, [self.drive], self.now_us).advance(end_us)
        self.now_us = end_us
        return {read.epc for read in reads}

    def edge_dbm(self) -> float:
        """Return the power at which the tag just answers."""
        reply = self.air.reply_of(self.drive, EPC, self.air.channel, self.now_us)
        assert reply is not None
        return self.drive.tx_power_dbm - reply.margin_db

    def deaf(self, heard: float) -> None:
        """Make the receiver such that this share of the tag's replies is decoded."""
        for sensitivity in range(-70, 0):
            self.drive = replace(self.drive, mode=replace(MODES[2], sensitivity_dbm=float(sensitivity)))
            reply = self.air.reply_of(self.drive, EPC, self.air.channel, self.now_us)
            if reply is not None and reply.heard < heard:
                return


def test_what_is_written_is_read_again() -> None:
    pad = Pad()

    assert pad.do(Write(Bank.USER, 2, (1, 2, 3))).words_written == 3
    assert pad.do(Read(Bank.USER, 1, 4)).words == (0, 1, 2, 3)


def test_a_rewritten_epc_is_what_the_tag_sends_from_then_on() -> None:
    pad = Pad()
    where = pad.world.tags()[0].at
    assert pad.inventory() == {EPC}

    assert pad.do(epc_write(bytes.fromhex(NEW), 0)).changed_epc
    assert not pad.do(Write(Bank.USER, 0, (7,))).changed_epc

    assert pad.inventory() == {NEW}
    assert (pad.world.tags()[0].at, pad.world.tags()[0].chip) == (where, EPC)
    assert pad.world.memory(EPC).content(Bank.USER)[0] == 7


def test_a_tag_that_passes_the_filter_no_more_is_still_called_by_its_handle() -> None:
    pad = Pad(replace(DRIVE, selects=lambda tag: tag.epc == EPC))

    assert pad.do(epc_write(bytes.fromhex(NEW), 0)).fault is None
    assert pad.do(Read(Bank.EPC, 2, 6)).words == epc_write(bytes.fromhex(NEW), 0).words[1:]


def test_a_killed_tag_is_silent() -> None:
    pad = Pad(kill_password=f"{KILL:08X}")

    assert pad.do(Kill(KILL ^ 1)).fault is AccessFault.PASSWORD
    assert pad.inventory() == {EPC}
    assert pad.do(Kill(KILL)).fault is None
    assert pad.inventory() == set()
    assert pad.do(Read(Bank.TID, 0, 2)).fault is AccessFault.NO_TAG


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        (Write(Bank.EPC, 2, (1,)), AccessFault.LOCKED),
        (Write(Bank.EPC, 2, (1,), password=1), AccessFault.PASSWORD),
        (Write(Bank.EPC, 2, (1,), password=PASSWORD), None),
        (Write(Bank.USER, 7, (1, 2)), AccessFault.OVERRUN),
        (Write(Bank.TID, 0, (1,)), AccessFault.LOCKED),
        (Read(Bank.USER, 8, 1), AccessFault.OVERRUN),
        (Read(Bank.RESERVED, 2, 2, password=PASSWORD), None),
        (SetLocks(((LockField.USER, Lock.LOCKED),)), AccessFault.PASSWORD),
        (SetLocks(((LockField.USER, Lock.LOCKED),), password=PASSWORD), None),
        (Kill(1), AccessFault.ZERO_KILL_PASSWORD),
    ],
)
def test_the_tag_decides_and_its_reason_is_told(operation: Operation, fault: AccessFault | None) -> None:
    pad = Pad(access_password=f"{PASSWORD:08X}", locks={"epc": "locked"})
    before = pad.world.memory(EPC).epc

    assert pad.do(operation).fault is fault
    assert fault is None or pad.world.memory(EPC).epc == before


def test_a_password_of_two_words_can_be_changed_in_one_operation() -> None:
    pad = Pad(access_password=f"{PASSWORD:08X}", locks={"access_password": "locked"})

    assert pad.do(Write(Bank.RESERVED, 2, (0xAAAA, 0xBBBB), PASSWORD)).fault is None
    assert pad.world.memory(EPC).access_password == 0xAAAA_BBBB


def test_writing_needs_two_to_four_decibels_more_than_reading() -> None:
    edge_dbm = Pad().edge_dbm()

    def faults(above_db: float) -> Sequence[AccessFault | None]:
        patient = replace(MODES[2], sensitivity_dbm=-120.0)
        pad = Pad(replace(DRIVE, tx_power_dbm=edge_dbm + above_db, mode=patient))
        return [pad.do(operation).fault for operation in (Read(Bank.TID, 0, 2), Write(Bank.USER, 0, (1,)))]

    assert faults(-0.1) == [AccessFault.NO_TAG, AccessFault.NO_TAG]
    assert faults(1.9) == [None, AccessFault.WEAK]
    assert faults(4.1) == [None, None]


def test_a_tag_without_power_to_write_keeps_what_it_has() -> None:
    pad = Pad(replace(DRIVE, tx_power_dbm=Pad().edge_dbm() + 1.0, mode=replace(MODES[2], sensitivity_dbm=-120.0)))

    assert pad.do(epc_write(bytes.fromhex(NEW), 0)).fault is AccessFault.WEAK
    assert pad.world.memory(EPC).epc == EPC


def test_a_word_costs_what_gen2_says() -> None:
    def cost_us(operation: Operation, mode: int = 2) -> int:
        return Pad(replace(DRIVE, mode=MODES[mode])).do(operation).took_us

    one, six = (cost_us(Write(Bank.USER, 0, (1,) * count)) for count in (1, 6))
    assert 10_000 <= (six - one) / 5 <= 20_000
    assert cost_us(Write(Bank.USER, 0, (1,) * 6, in_blocks=True)) < 0.6 * six
    assert cost_us(Read(Bank.TID, 0, 1), mode=0) < 1_500
    protected = Pad(access_password=f"{PASSWORD:08X}")
    assert cost_us(Read(Bank.TID, 0, 6)) < protected.do(Read(Bank.TID, 0, 1, PASSWORD)).took_us < 20_000
    assert cost_us(Read(Bank.TID, 0, 1)) < cost_us(Read(Bank.TID, 0, 6)) < 5_000


def test_a_lost_reply_leaves_the_tag_written() -> None:
    pad = Pad()
    pad.deaf(0.35)
    faults = [pad.do(Write(Bank.USER, 0, (number,))).fault for number in range(1, 60)]
    assert {None, AccessFault.NO_TAG} == set(faults)

    unheard = 0
    for number in range(100, 160):
        access = pad.do(Write(Bank.USER, 0, (number,)))
        has_it = pad.world.memory(EPC).content(Bank.USER)[0] == number
        assert has_it or access.fault is AccessFault.NO_TAG
        unheard += has_it and access.fault is AccessFault.NO_TAG
    assert unheard


def test_a_write_that_falls_silent_keeps_the_words_that_were_heard() -> None:
    pad = Pad()
    pad.deaf(0.5)

    for number in range(1, 60):
        access = pad.do(Write(Bank.USER, 0, (number,) * 8))
        held = pad.world.memory(EPC).content(Bank.USER).count(number)
        assert held in (access.words_written, access.words_written + 1)
        assert (access.words_written == 8) == (access.fault is None)


def test_a_tag_that_was_taken_out_does_not_answer() -> None:
    pad = Pad()
    pad.world.remove([EPC])

    assert pad.do(Read(Bank.TID, 0, 2)) == Access(AccessFault.NO_TAG)


def test_one_tag_is_found_that_passes() -> None:
    air = Air(World(builtin_scene()))
    wanted = "3036451FD4001A40000003ED"

    read = singulated(air, DRIVE, 1_000, 500_000, lambda tag: tag.epc == wanted)

    assert read is not None
    assert (read.epc, read.chip) == (wanted, wanted)
    assert 1_000 < read.t_us < 501_000
    assert singulated(air, DRIVE, 600_000, 200_000, lambda tag: False) is None
    assert singulated(air, DRIVE, 800_000, 200_000) is not None


def test_looking_one_by_one_finds_each_tag_once_while_its_flag_lasts() -> None:
    air = Air(World(builtin_scene()))
    drive = replace(DRIVE, session=2, target=Target.A)
    found = []
    now_us = 0
    while (read := singulated(air, drive, now_us, 300_000)) is not None:
        found.append(read.epc)
        now_us = read.t_us

    assert len(found) == len(set(found)) >= 7


def test_a_filter_sees_what_was_written_a_moment_ago() -> None:
    pad = Pad()
    pad.drive = replace(DRIVE, selects=lambda tag: tag.content(Bank.USER)[0] == 0)
    assert pad.inventory() == {EPC}

    pad.do(Write(Bank.USER, 0, (1,)))

    assert pad.inventory(0.05) == set()


def test_a_rewritten_tag_keeps_its_nature_and_its_flags() -> None:
    pad = Pad(replace(DRIVE, session=2, target=Target.A))
    assert pad.inventory(0.05) == {EPC}
    before = pad.air.reply_of(pad.drive, EPC, pad.air.channel, 0)

    assert pad.do(epc_write(bytes.fromhex(NEW), 0)).changed_epc

    after = pad.air.reply_of(pad.drive, EPC, pad.air.channel, 0)
    assert before is not None
    assert after == before._replace(epc=NEW)
    assert Air(pad.world).reply_of(pad.drive, EPC, pad.air.channel, 0) == after
    assert pad.inventory(0.5) == set(), "its flag in session 2 is still B"


def test_a_scene_that_writes_gives_the_same_reads_each_time_too() -> None:
    def played() -> list[AirRead]:
        air = Air(World(builtin_scene()))
        reads: list[AirRead] = []
        for number in range(6):
            inventory = Inventory(air, [DRIVE], number * 300_000)
            reads += inventory.advance((number + 1) * 300_000 - 100_000)
            accessed(air, DRIVE, reads[-1], Write(Bank.EPC, 7, (number,)), reads[-1].t_us)
        return reads

    assert played() == played()
    assert len({read.epc for read in played()}) > 7
