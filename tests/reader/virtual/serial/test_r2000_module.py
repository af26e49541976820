from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.access import Bank, Lock, LockField
from reader.serial.r2000 import R2000Decoder, message_of
from reader.virtual.air import Air
from reader.virtual.faults import Fault, Faults
from reader.virtual.scene import builtin_scene
from reader.virtual.serial.r2000 import R2000Module
from reader.virtual.world import World
from tests.reader.serial.lines import VECTORS, gen2_crc, pc_of, r2000, vector
from tests.reader.virtual.serial.module_bench import EPC, KILL, OTHER, PASSWORD, ModuleBench, pad_world

READ, WRITE, WRITE_BLOCKS, LOCK, KILL_TAG = 0x81, 0x82, 0x94, 0x83, 0x84
REAL_TIME, FAST_SWITCH, SESSION, BUFFERED = 0x89, 0x8A, 0x8B, 0x80
MISSING = vector("r2000.rti_antmissing")


class Board(ModuleBench):
    module: R2000Module


def bench(world: World | None = None, faults: Faults | None = None, address: int = 1) -> Board:
    world = world or World(builtin_scene())
    return Board(R2000Module(Air(world), faults or Faults(), address=address))


def about(epc: str) -> bytes:
    words = pc_of(bytes.fromhex(epc)) + bytes.fromhex(epc)
    return words + gen2_crc(words)


def tags_in(frames: list[bytes]) -> Counter[str]:
    """EPCs of real-time tag frames."""
    return Counter(frame[7:-2].hex().upper() for frame in frames if frame[3] in (0x89, 0x8A, 0x8B) and len(frame) > 12)


def rows_in(frames: list[bytes], command: int) -> list[bytes]:
    """What access and buffer answers say, without frequency and antenna."""
    assert all(frame[3] == command for frame in frames)
    return [frame[4:-3] + frame[-2:-1] for frame in frames]


def row(epc: str, result: int, content: bytes = b"", count: int = 1) -> bytes:
    said = about(epc) + content
    return count.to_bytes(2, "big") + bytes((len(said),)) + said + bytes((result, 1))


def read_request(bank: Bank, address: int, count: int, password: int = 0) -> bytes:
    return r2000(READ, bytes((bank, address, count)) + password.to_bytes(4, "big"))


def write_request(bank: Bank, address: int, content: bytes, password: int = 0, command: int = WRITE) -> bytes:
    where = bytes((bank, address, len(content) // 2))
    return r2000(command, password.to_bytes(4, "big") + where + content)


def lock_request(field: int, lock: int, password: int) -> bytes:
    return r2000(LOCK, password.to_bytes(4, "big") + bytes((field, lock)))


# --- frames ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "answered"), [("fw_req", "fw_rsp"), ("ant1_req", "ant_ok"), ("setpow23", "setpow_ok")]
)
def test_answers_are_those_of_real_boards(asked: str, answered: str) -> None:
    assert bench().ask(vector(f"r2000.{asked}")) == [vector(f"r2000.{answered}")]


@pytest.mark.parametrize(
    "row",
    [row for row in VECTORS if row["family"] == "r2000" and row["direction"] == "to_reader"],
    ids=lambda row: row["id"],
)
def test_every_captured_request_is_understood(row: dict[str, Any]) -> None:
    frames = bench(pad_world({})).ask(bytes.fromhex(row["bytes_hex"]))

    assert frames
    refusals = {frame[4] for frame in frames if len(frame) == 6 and frame[4] not in (0x10, 0x22, 0x36)}
    assert refusals <= {0x00, 0x1E}, "the working antenna and the power have one byte, too"


def test_only_its_own_address_and_the_broadcast_are_heard() -> None:
    module = bench(address=7)

    assert module.ask(r2000(0x72)) == []
    assert module.ask(r2000(0x72, address=7)) == [r2000(0x72, b"\x01\x09", address=7)]
    assert module.ask(r2000(0x72, address=0xFF)) == [r2000(0x72, b"\x01\x09", address=7)]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_chunking_and_garbage_before_give_the_same_answers(data: st.DataObject) -> None:
    asked = [r2000(0x72), r2000(0x77), r2000(0x79), r2000(0x68)]
    garbage = data.draw(st.binary(max_size=40).filter(lambda octets: 0xA0 not in octets))
    stream = garbage + b"".join(data.draw(st.permutations(asked)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    whole, cut = bench(), bench()

    whole.say(stream)
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        cut.say(stream[begin:end])

    said = [frame for frame, _ in whole.listen(10)]
    assert len(said) == 4
    assert [frame for frame, _ in cut.listen(10)] == said


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300))
def test_nothing_heard_breaks_it(noise: bytes) -> None:
    module = bench(pad_world())
    module.say(noise)
    module.listen(500)
    module.module.reboot(module.now_us)

    assert module.ask(r2000(0x72)) == [vector("r2000.fw_rsp")]


def test_a_damaged_request_costs_only_itself() -> None:
    module = bench()
    damaged = bytearray(r2000(0x77))
    damaged[-1] ^= 1

    assert module.ask(bytes(damaged) + r2000(0x72)) == [vector("r2000.fw_rsp")]
    assert module.ask(b"\xa0\xf0\x01") == []
    assert module.ask(r2000(0x72)) == [vector("r2000.fw_rsp")]


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 255).filter(lambda command: command != 0x8E), st.binary(max_size=12))
def test_any_request_is_answered_with_sound_frames(command: int, content: bytes) -> None:
    for frame in bench(pad_world({})).ask(r2000(command, content), 150):
        (decoded,) = R2000Decoder().feed(frame)
        assert decoded.error is None
        assert message_of(decoded).error is None or message_of(decoded).kind.startswith("unknown")


# --- inventory ------------------------------------------------------------------------------------------


def test_an_inventory_tells_each_tag_and_then_its_end() -> None:
    tag, end = bench(pad_world({})).ask(vector("r2000.rti_1"))

    assert tag[:4] == bytes((0xA0, 0x13, 1, REAL_TIME))
    assert tag[5:-2] == bytes.fromhex("3000" + EPC)
    assert (tag[4] & 3, 865.0 + 0.5 * (tag[4] >> 2)) in {(0, mhz) for mhz in (865.5, 866.5, 867.0, 867.5)}
    assert 129 - 70 < tag[-2] < 129
    assert end[:5] == bytes((0xA0, 0x0A, 1, REAL_TIME, 0))
    assert int.from_bytes(end[5:7]) > 0
    assert int.from_bytes(end[7:11]) == 1


def test_an_empty_inventory_ends_with_nothing() -> None:
    (end,) = bench(pad_world()).ask(vector("r2000.rti_1"))

    assert end == r2000(REAL_TIME, bytes(7))


def test_an_inventory_repeats_its_rounds() -> None:
    frames = bench(pad_world({})).ask(r2000(REAL_TIME, b"\x05"))

    assert tags_in(frames)[EPC] == 5
    assert frames[-1][7:11] == (5).to_bytes(4, "big")


def test_what_is_asked_during_an_inventory_waits_for_its_end() -> None:
    module = bench(pad_world())
    frames = module.ask(r2000(REAL_TIME, b"\x03") + r2000(0x72))

    assert [frame[3] for frame in frames] == [REAL_TIME, 0x72]


def test_session_1_reads_a_tag_once_and_target_b_turns_it_back() -> None:
    module = bench(pad_world({}))
    a, b = r2000(SESSION, b"\x01\x00\x03"), r2000(SESSION, b"\x01\x01\x03")

    assert [tags_in(module.ask(asked))[EPC] for asked in (a, a, b, a)] == [1, 0, 1, 1]


def test_the_longer_forms_of_a_session_inventory() -> None:
    module = bench(pad_world({}))
    plain, phased = (
        module.ask(r2000(SESSION, content))[0] for content in (b"\x00\x00\x00\x01", b"\x00\x00\x00\x01\x01")
    )

    assert len(phased) == len(plain) + 2
    assert int.from_bytes(phased[-3:-1]) < 360
    assert tags_in(module.ask(r2000(SESSION, b"\x00\x00\x03\x01"))) == Counter()  # nobody has SL


def test_fast_switch_takes_ports_in_turn_and_names_the_one_without_antenna() -> None:
    module = bench()
    frames = module.ask(r2000(FAST_SWITCH, b"\x00\x01\x01\x01\x02\x01\xff\x01\x05\x02"), 1_000)

    assert {frame[4] & 3 for frame in frames if len(frame) > 12} == {0, 1}
    assert [frame for frame in frames if len(frame) == 7] == [bytes.fromhex("a005018a0222ac")] * 2
    end = frames[-1]
    assert end[:4] == bytes((0xA0, 0x0A, 1, FAST_SWITCH))
    assert int.from_bytes(end[4:7]) == sum(tags_in(frames).values())
    assert 50 < int.from_bytes(end[7:11]) < 1_000


def test_the_working_antenna_is_the_one_that_reads() -> None:
    module = bench()
    module.ask(vector("r2000.ant2"))
    frames = module.ask(r2000(REAL_TIME, b"\x05"), 1_000)

    assert {frame[4] & 3 for frame in frames if len(frame) > 12} == {1}
    assert module.ask(vector("r2000.workant_get")) == [r2000(0x75, b"\x01")]


def test_a_port_without_antenna_is_an_error_while_the_detector_is_on() -> None:
    module = bench()
    module.ask(vector("r2000.ant4"))

    assert module.ask(vector("r2000.rti_1")) == [MISSING]
    assert module.ask(read_request(Bank.TID, 0, 1)) == [r2000(READ, b"\x22")]
    module.ask(r2000(0x62, b"\x00"))
    assert module.ask(vector("r2000.rti_1")) == [r2000(REAL_TIME, b"\x03" + bytes(6))]
    assert module.ask(read_request(Bank.TID, 0, 1), 600) == [r2000(READ, b"\x36")]


def test_reads_do_not_depend_on_how_often_the_air_is_asked() -> None:
    heard = []
    for step_us in (1_000, 7_919, 100_000):
        module = bench()
        module.say(r2000(FAST_SWITCH, b"\x00\x01\x01\x02\xff\x00\xff\x00\x00\x06"))
        heard.append([said.frame for said in module.listen(2_000, step_us)])

    assert len(heard[0]) > 50
    assert heard[0] == heard[1] == heard[2]


def test_buffered_tags_are_kept_counted_told_and_cleared() -> None:
    module = bench(pad_world({}, {"epc": OTHER}))
    (end,) = module.ask(r2000(BUFFERED, b"\x03"))

    assert end[4:7] == b"\x00\x00\x02"
    assert module.ask(r2000(0x92)) == [r2000(0x92, b"\x00\x02")]
    frames = module.ask(r2000(0x90))
    assert {frame[7:-4] for frame in frames} == {about(EPC), about(OTHER)}
    assert {(frame[4:7], frame[-2]) for frame in frames} == {(b"\x00\x02\x10", 3)}
    assert len(module.ask(r2000(0x91))) == 2
    assert module.ask(r2000(0x91)) == [r2000(0x91, b"\x38")]
    assert module.ask(r2000(0x93)) == [r2000(0x93, b"\x10")]


def test_fast_tid_sends_the_tid_behind_the_epc() -> None:
    world = pad_world({})
    module = bench(world)
    assert module.ask(r2000(0x8C, b"\x8d")) == [r2000(0x8C, b"\x10")]

    assert set(tags_in(module.ask(vector("r2000.rti_1")))) == {EPC + world.memory(EPC).tid}
    assert module.ask(r2000(0x8E)) == [r2000(0x8E, b"\x8d")]


# --- memory ---------------------------------------------------------------------------------------------


def test_memory_is_read_and_written_whole_or_in_blocks() -> None:
    world = pad_world({})
    module = bench(world)

    assert rows_in(module.ask(write_request(Bank.USER, 1, b"\x12\x34")), WRITE) == [row(EPC, 0x10)]
    in_blocks = write_request(Bank.USER, 2, b"\x56\x78\x9a\xbc", command=WRITE_BLOCKS)
    assert rows_in(module.ask(in_blocks), WRITE_BLOCKS) == [row(EPC, 0x10)]
    assert world.memory(EPC).content(Bank.USER)[:4] == (0, 0x1234, 0x5678, 0x9ABC)
    content = bytes.fromhex("12345678")
    assert rows_in(module.ask(read_request(Bank.USER, 1, 2)), READ) == [row(EPC, 4, content)]
    old_form = r2000(READ, bytes((Bank.USER, 1, 2)))
    assert rows_in(module.ask(old_form), READ) == [row(EPC, 4, content)]


def test_the_matched_tag_alone_is_written() -> None:
    world = pad_world({}, {"epc": OTHER})
    module = bench(world)
    assert len(module.ask(read_request(Bank.TID, 0, 2))) == 2

    match = r2000(0x85, b"\x00\x0c" + bytes.fromhex(OTHER))
    assert module.ask(match) == [r2000(0x85, b"\x10")]
    assert module.ask(r2000(0x86)) == [r2000(0x86, match[4:-1])]
    assert rows_in(module.ask(write_request(Bank.USER, 0, b"\xab\xcd")), WRITE) == [row(OTHER, 0x10)]
    assert world.memory(EPC).content(Bank.USER)[0] == 0
    assert module.ask(r2000(0x85, b"\x01")) == [r2000(0x85, b"\x10")]
    assert module.ask(r2000(0x86)) == [r2000(0x86, b"\x01")]


def test_a_tag_that_is_heard_twice_in_a_search_is_accessed_once() -> None:
    air = Air(pad_world({}))
    module = Board(R2000Module(air, Faults()))
    module.ask(vector("r2000.rti_1"))
    air.hop_at_us = module.now_us + 9_000.0  # the carrier goes off, and session S0 forgets

    assert rows_in(module.ask(read_request(Bank.USER, 0, 1)), READ) == [row(EPC, 2, b"\0\0")]


def test_a_new_epc_is_what_the_tag_sends_then() -> None:
    module = bench(pad_world({}))

    assert rows_in(module.ask(write_request(Bank.EPC, 2, bytes.fromhex(OTHER))), WRITE) == [row(EPC, 0x10)]
    assert set(tags_in(module.ask(vector("r2000.rti_1")))) == {OTHER}


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (read_request(Bank.USER, 6, 4), 0x32),
        (read_request(Bank.RESERVED, 2, 2), 0x32),
        (read_request(Bank.USER, 0, 1, 0x1111), 0x40),
        (write_request(Bank.TID, 0, b"\0\0"), 0x33),
        (write_request(Bank.USER, 0, b"\0\0", 0x1111), 0x40),
        (lock_request(1, 1, 0x1111), 0x40),
        (lock_request(2, 0, PASSWORD), 0x34),
        (r2000(KILL_TAG, b"\0\0\0\1"), 0x40),
    ],
)
def test_what_a_tag_refuses_is_an_error_frame(asked: bytes, error: int) -> None:
    tag = {
        "access_password": f"{PASSWORD:08X}",
        "kill_password": f"{KILL:08X}",
        "locks": {LockField.ACCESS_PASSWORD: Lock.LOCKED},
    }

    assert bench(pad_world(tag)).ask(asked) == [r2000(asked[3], bytes((error,)))]


def test_without_a_tag_every_access_is_error_36() -> None:
    module = bench(pad_world())

    for asked in (read_request(Bank.TID, 0, 1), write_request(Bank.USER, 0, b"\0\0"), r2000(KILL_TAG, bytes(4))):
        assert module.ask(asked, 600) == [r2000(asked[3], b"\x36")]


def test_a_tag_that_refuses_beside_one_that_obeys_has_its_own_outcome() -> None:
    locked = {"epc": OTHER, "access_password": f"{PASSWORD:08X}", "locks": {LockField.USER: Lock.LOCKED}}
    frames = bench(pad_world({}, locked)).ask(write_request(Bank.USER, 0, b"\0\1"))

    assert set(rows_in(frames, WRITE)) == {row(EPC, 0x10), row(OTHER, 0x33)}


@pytest.mark.parametrize("field", [(1, LockField.USER), (3, LockField.EPC), (4, LockField.ACCESS_PASSWORD)])
def test_locks_hold_until_they_are_opened_with_the_password(field: tuple[int, LockField]) -> None:
    world = pad_world({"access_password": f"{PASSWORD:08X}"})
    module, (number, name) = bench(world), field

    assert rows_in(module.ask(lock_request(number, 1, PASSWORD)), LOCK) == [row(EPC, 0x10)]
    assert world.memory(EPC).locks[name] is Lock.LOCKED
    module.ask(lock_request(number, 0, PASSWORD))
    assert world.memory(EPC).locks[name] is Lock.OPEN
    module.ask(lock_request(number, 3, PASSWORD))
    assert module.ask(lock_request(number, 0, PASSWORD)) == [r2000(LOCK, b"\x34")]


def test_a_kill_needs_the_tags_own_password_and_is_for_ever() -> None:
    world = pad_world({"kill_password": f"{KILL:08X}"})
    module = bench(world)

    assert rows_in(module.ask(r2000(KILL_TAG, KILL.to_bytes(4, "big"))), KILL_TAG) == [row(EPC, 0x10)]
    assert world.memory(EPC).is_killed
    assert tags_in(module.ask(vector("r2000.rti_1"))) == Counter()


# --- the board itself -----------------------------------------------------------------------------------


def test_power_has_one_byte_when_all_ports_are_equal() -> None:
    module = bench()

    module.ask(r2000(0x76, b"\x14\x15\x16\x17"))
    assert module.ask(r2000(0x77)) == [r2000(0x77, b"\x14\x15\x16\x17")]
    module.ask(r2000(0x66, b"\x16"))
    assert module.ask(r2000(0x77)) == [r2000(0x77, b"\x16")]
    assert module.ask(r2000(0x97)) == [r2000(0x97, b"\x16" * 4 + bytes(4))]


def test_temporary_power_wears_no_flash_and_is_lost() -> None:
    module = bench()

    module.ask(vector("r2000.setpow23"))
    module.ask(r2000(0x66, b"\x19"))
    assert (module.module.flash_writes, module.module.tx_power_dbm) == (1, 25)
    assert module.ask(r2000(0x70), 500) == []
    assert module.ask(r2000(0x77)) == [r2000(0x77, b"\x17")]


def test_a_restarting_board_is_deaf_for_a_moment() -> None:
    module = bench()
    module.ask(r2000(0x70), 100)

    assert module.ask(r2000(0x72), 300) == []
    assert module.ask(r2000(0x72)) == [vector("r2000.fw_rsp")]


def test_a_new_rate_is_answered_at_the_old_one() -> None:
    module = bench()
    module.say(r2000(0x71, b"\x03"))

    assert module.module.baud == 115_200
    assert [said.frame for said in module.listen(10)] == [r2000(0x71, b"\x10")]
    assert module.module.baud == 38_400
    module.listen(400)
    assert module.ask(r2000(0x72)) == [vector("r2000.fw_rsp")]
    assert module.ask(r2000(0x71, b"\x02")) == [r2000(0x71, b"\x4a")]


@pytest.mark.parametrize("region", ["02 00 06", "01 07 3b", "04 32 05 0d 34 a4"])
def test_regions_are_told_as_they_were_set(region: str) -> None:
    module = bench()

    assert module.ask(r2000(0x78, bytes.fromhex(region))) == [r2000(0x78, b"\x10")]
    assert module.ask(r2000(0x79)) == [r2000(0x79, bytes.fromhex(region))]


@pytest.mark.parametrize(
    ("command", "content", "code"),
    [
        (0x74, b"\x04", 0x47),
        (0x76, b"\x22", 0x48),
        (0x66, b"\x13", 0x48),
        (0x78, b"\x05\x00\x06", 0x49),
        (0x78, b"\x02\x06\x00", 0x4F),
        (0x7A, b"\x03", 0x4B),
        (0x85, b"\x00\x0c\x11", 0x4D),
        (0x85, b"\x02", 0x4E),
        (READ, b"\x04\x00\x01\x00\x00\x00\x00", 0x43),
        (READ, b"\x01\x00\x00\x00\x00\x00\x00", 0x42),
        (LOCK, bytes(4) + b"\x06\x00", 0x44),
        (LOCK, bytes(4) + b"\x01\x04", 0x45),
        (REAL_TIME, b"\x00", 0x41),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_reason(command: int, content: bytes, code: int) -> None:
    assert bench(pad_world({})).ask(r2000(command, content)) == [r2000(command, bytes((code,)))]


def test_the_identifier_and_the_rf_profile_stay() -> None:
    module = bench()
    module.ask(r2000(0x67, b"0123456789AB") + r2000(0x69, b"\xd3"))
    module.module.reboot(module.now_us)

    assert module.ask(r2000(0x68) + r2000(0x6A)) == [r2000(0x68, b"0123456789AB"), r2000(0x6A, b"\xd3")]


# --- faults ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "loss_db"), [(Fault.ANTENNA_GONE, 1), (Fault.REFLECTION, 2)])
def test_the_last_antenna_goes_and_comes_back(fault: Fault, loss_db: int) -> None:
    faults = Faults([fault])
    module = bench(faults=faults)
    module.ask(vector("r2000.ant2"))

    assert module.ask(vector("r2000.rti_1")) == [MISSING]
    assert module.ask(r2000(0x7E, b"\x03")) == [r2000(0x7E, bytes((loss_db,)))]
    faults.switch_off(fault)
    assert module.ask(vector("r2000.rti_1"))[-1][1] == 0x0A


def test_heat_is_told_by_the_thermometer_and_keeps_the_carrier_off() -> None:
    faults = Faults()
    module = bench(faults=faults)
    assert module.ask(vector("r2000.temp_req")) == [r2000(0x7B, b"\x01\x26")]

    faults.switch_on(Fault.OVER_TEMPERATURE)
    assert module.ask(vector("r2000.temp_req")) == [r2000(0x7B, b"\x01\x5d")]
    assert module.ask(vector("r2000.rti_1")) == [r2000(REAL_TIME, b"\x21")]


def test_a_power_that_is_not_taken_is_read_back_as_it_is() -> None:
    module = bench(faults=Faults([Fault.POWER_NOT_TAKEN]))

    assert module.ask(r2000(0x66, b"\x16")) == [r2000(0x66, b"\x10")]
    assert module.ask(r2000(0x77)) == [r2000(0x77, b"\x21")]
    assert module.module.tx_power_dbm == 33


def test_a_wrong_power_table_radiates_more_than_it_says() -> None:
    module = bench(faults=Faults([Fault.WRONG_POWER_TABLE]))

    assert module.ask(r2000(0x77)) == [r2000(0x77, b"\x1e")]
    assert module.module.tx_power_dbm == 40
