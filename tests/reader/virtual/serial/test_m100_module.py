from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.access import Bank, Lock, LockField
from reader.serial.m100 import M100Decoder, message_of
from reader.virtual.air import Air
from reader.virtual.faults import Fault, Faults
from reader.virtual.scene import builtin_scene
from reader.virtual.serial.m100 import M100Module
from reader.virtual.serial.m100_line import Build
from reader.virtual.world import World
from tests.reader.serial.lines import VECTORS, gen2_crc, m100, pc_of, vector
from tests.reader.virtual.serial.module_bench import EPC, KILL, OTHER, PASSWORD, ModuleBench, pad_world

NO_TAG = vector("m100.single_none")
STOPPED = vector("m100.stop_rsp")
READ, WRITE, LOCK, KILL_TAG, FAILURE = 0x39, 0x49, 0x82, 0x65, 0xFF


def bench(world: World | None = None, faults: Faults | None = None, build: Build = Build.BB) -> ModuleBench:
    world = world or World(builtin_scene())
    return ModuleBench(M100Module(Air(world), faults or Faults(), build=build))


def request(command: int, content: bytes = b"") -> bytes:
    return m100(command, content, kind=0)


def about(epc: str) -> bytes:
    words = bytes.fromhex(epc)
    return bytes((2 + len(words),)) + pc_of(words) + words


def read_request(bank: Bank, address: int, count: int, password: int = 0) -> bytes:
    where = bytes((bank,)) + address.to_bytes(2, "big") + count.to_bytes(2, "big")
    return request(READ, password.to_bytes(4, "big") + where)


def write_request(bank: Bank, address: int, content: bytes, password: int = 0) -> bytes:
    where = bytes((bank,)) + address.to_bytes(2, "big") + (len(content) // 2).to_bytes(2, "big")
    return request(WRITE, password.to_bytes(4, "big") + where + content)


def lock_request(mask: int, action: int, password: int = 0) -> bytes:
    return request(LOCK, password.to_bytes(4, "big") + (mask << 10 | action).to_bytes(3, "big"))


def epcs_in(frames: list[bytes]) -> Counter[str]:
    return Counter(frame[8:-4].hex().upper() for frame in frames if frame[1] == 2)


def select_request(epc: str, target: int = 0, action: int = 0) -> bytes:
    mask = bytes.fromhex(epc)
    head = bytes((target << 5 | action << 2 | 1,)) + (32).to_bytes(4, "big")
    return request(0x0C, head + bytes((8 * len(mask), 0)) + mask)


# --- frames ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("setpow20", "setpow_ok"),
        ("region_us", "region_ok"),
        ("getquery", "getquery_rsp"),
        ("stop", "stop_rsp"),
        ("select_nomask", "select_ok"),
    ],
)
def test_answers_are_those_of_real_modules(asked: str, answered: str) -> None:
    assert bench().ask(vector(f"m100.{asked}")) == [vector(f"m100.{answered}")]


def test_what_was_set_is_told() -> None:
    module = bench()
    module.ask(vector("m100.setpow20") + vector("m100.region_cn"))

    assert module.ask(vector("m100.getpow")) == [vector("m100.getpow_rsp")]
    assert module.ask(vector("m100.getregion")) == [vector("m100.getregion_rsp")]


# What changes the rate is not answered; what inventories or meets no tag is answered by error frames.
_SILENT_REQUESTS = {"m100.baud19200"}


@pytest.mark.parametrize(
    "row",
    [row for row in VECTORS if row["family"] == "m100" and row["direction"] == "to_reader" and not row["must_refuse"]],
    ids=lambda row: row["id"],
)
def test_every_captured_request_is_understood(row: dict[str, Any]) -> None:
    frames = bench(pad_world()).ask(bytes.fromhex(row["bytes_hex"]))

    assert bool(frames) is (row["id"] not in _SILENT_REQUESTS)
    for frame in frames:
        assert frame[:3] != b"\xbb\x01\xff" or frame[5] != 0x17, "the command was not known"


@pytest.mark.parametrize("name", ["getquery_printed", "kill_printed"])
def test_misprints_are_dropped_and_the_next_request_is_heard(name: str) -> None:
    module = bench()

    assert module.ask(vector(f"m100.{name}")) == []
    assert module.ask(vector("m100.getpow")) == [vector("m100.getpow_rsp")]


@pytest.mark.parametrize("at", [-1, -2])
def test_a_wrong_tail_or_sum_is_dropped_without_a_word(at: int) -> None:
    damaged = bytearray(vector("m100.getpow"))
    damaged[at] ^= 0xFF
    module = bench()

    assert module.ask(bytes(damaged) + vector("m100.getquery")) == [vector("m100.getquery_rsp")]


def test_a_request_inside_what_looked_like_a_longer_one_is_heard() -> None:
    module = bench()
    false_header = b"\xbb\x00\x27\x00\x05"

    assert module.ask(false_header + vector("m100.getpow") + vector("m100.getquery"), 10) == [
        vector("m100.getpow_rsp"),
        vector("m100.getquery_rsp"),
    ]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_chunking_and_garbage_before_give_the_same_answers(data: st.DataObject) -> None:
    asked = [vector("m100.getpow"), vector("m100.getquery"), vector("m100.getregion"), vector("m100.modem_get")]
    garbage = data.draw(st.binary(max_size=40).filter(lambda octets: 0xBB not in octets))
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
    module.listen(300)
    module.say(request(0x28))  # whatever the noise began

    assert STOPPED in [frame for frame, _ in module.listen(300)] or module.module.baud != 115_200


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 255), st.binary(max_size=20))
def test_any_request_is_answered_with_sound_frames(command: int, content: bytes) -> None:
    module = bench(pad_world({}))

    for frame in module.ask(request(command, content), 150):
        (decoded,) = M100Decoder().feed(frame)
        assert decoded.error is None
        assert message_of(decoded).error is None


@pytest.mark.parametrize("build", Build)
def test_a_build_hears_and_speaks_with_its_own_marks_only(build: Build) -> None:
    marks = bytes(build.value)
    other = bytes(next(b for b in Build if b is not build).value)
    module = bench(pad_world({}), build=build)

    assert module.ask(m100(0xB7, kind=0, marks=other)) == []
    module.listen(300)
    (power,) = module.ask(m100(0xB7, kind=0, marks=marks))
    assert power == m100(0xB7, b"\x07\xd0", marks=marks)
    (tag,) = module.ask(m100(0x22, kind=0, marks=marks))
    assert (tag[:1], tag[-1:]) == (marks[:1], marks[1:])


# --- inventory ------------------------------------------------------------------------------------------


def test_a_notice_has_the_tags_own_crc() -> None:
    (frame,) = bench(pad_world({})).ask(vector("m100.single_req"))
    words = bytes.fromhex("3000" + EPC)

    assert frame[1:3] == b"\x02\x22"
    assert frame[6:-2] == words + gen2_crc(words)
    assert -70 < int.from_bytes(frame[5:6], signed=True) < 0


def test_one_inventory_without_tags_is_error_15() -> None:
    assert bench(pad_world()).ask(vector("m100.single_req")) == [NO_TAG]


def test_many_inventories_end_each_empty_round_with_error_15_and_then_stop() -> None:
    module = bench(pad_world())

    assert module.ask(request(0x27, b"\x22\x00\x05")) == [NO_TAG] * 5
    assert not module.module.is_reading


def test_reading_goes_on_until_it_is_stopped_and_tells_of_a_tag_that_went() -> None:
    world = pad_world({})
    module = bench(world)
    assert set(epcs_in(module.ask(vector("m100.multi_65535")))) == {EPC}

    world.remove([EPC])
    module.listen(100)
    assert {said.frame for said in module.listen(300)} == {NO_TAG}
    world.place([OTHER], at=(0.0, 0.0, 0.1))
    assert OTHER in epcs_in([said.frame for said in module.listen(500)])

    assert STOPPED in module.ask(vector("m100.stop"))
    assert module.ask(b"") == []


def test_reads_do_not_depend_on_how_often_the_air_is_asked() -> None:
    heard = []
    for step_us in (1_000, 7_919, 100_000):
        module = bench()
        module.say(vector("m100.multi_65535"))
        heard.append([said.frame for said in module.listen(1_000, step_us)])

    shortest = min(len(frames) for frames in heard)
    assert shortest > 50
    assert heard[0][:shortest] == heard[1][:shortest] == heard[2][:shortest]


def test_a_line_that_is_full_stops_the_radio() -> None:
    module = bench()
    module.say(vector("m100.multi_65535"))
    for _ in range(200):
        module.now_us += 10_000
        module.module.advance(module.now_us)

    assert module.module.reads < 100


def test_a_tag_of_session_2_is_read_once_and_with_target_b_again() -> None:
    module = bench(pad_world({}))
    module.ask(request(0x0E, b"\x12\x20"))  # S2, target A

    assert sum(epcs_in(module.ask(request(0x27, b"\x22\x00\x0a"))).values()) == 1
    module.ask(request(0x0E, b"\x12\xa0"))  # S2, target B
    assert sum(epcs_in(module.ask(request(0x27, b"\x22\x00\x0a"))).values()) == 1


# --- selection ------------------------------------------------------------------------------------------


def test_select_modes_decide_when_a_selection_counts() -> None:
    module = bench(pad_world({}, {"epc": OTHER}))
    module.ask(select_request(OTHER))

    many = request(0x27, b"\x22\x00\x14")
    assert set(epcs_in(module.ask(many))) == {EPC, OTHER}  # mode 2 as set by the selection: not for inventories
    read = read_request(Bank.TID, 0, 1)
    assert {module.ask(read)[0][6:20] for _ in range(6)} == {about(OTHER)[1:]}
    module.ask(request(0x12, b"\x00"))
    assert set(epcs_in(module.ask(many))) == {OTHER}
    module.ask(request(0x12, b"\x01"))
    assert set(epcs_in(module.ask(many))) == {EPC, OTHER}
    assert len({module.ask(read)[0][6:20] for _ in range(20)}) == 2


@pytest.mark.parametrize(("sel", "heard"), [(0, {EPC, OTHER}), (2, {EPC}), (3, {OTHER})])
def test_a_selection_of_the_sl_flag_counts_where_the_query_asks_for_it(sel: int, heard: set[str]) -> None:
    module = bench(pad_world({}, {"epc": OTHER}))
    module.ask(select_request(OTHER, target=4))
    module.ask(request(0x12, b"\x00"))
    module.ask(request(0x0E, (0x1020 | sel << 10).to_bytes(2, "big")))

    assert set(epcs_in(module.ask(request(0x27, b"\x22\x00\x14")))) == heard


def test_nobody_has_the_sl_flag_that_no_select_set() -> None:
    module = bench(pad_world({}))
    module.ask(request(0x12, b"\x01"))
    module.ask(request(0x0E, b"\x1c\x20"))

    assert module.ask(vector("m100.single_req")) == [NO_TAG]


def test_a_selection_brings_a_tag_back_to_target_a() -> None:
    module = bench(pad_world({}))
    module.ask(request(0x0E, b"\x12\x20"))  # S2: without the selection it is read once
    module.ask(select_request(EPC, target=2) + request(0x12, b"\x00"))

    assert epcs_in(module.ask(request(0x27, b"\x22\x00\x0a")))[EPC] == 10


def test_a_selection_is_told_as_it_was_set() -> None:
    module = bench()
    asked = select_request(EPC, target=4, action=1)
    module.ask(asked)

    assert module.ask(request(0x0B)) == [m100(0x0B, asked[5:-2])]


# --- memory ---------------------------------------------------------------------------------------------


def test_memory_is_read_and_written() -> None:
    world = pad_world({})
    module = bench(world)

    assert module.ask(write_request(Bank.USER, 1, b"\x12\x34\x56\x78")) == [m100(WRITE, about(EPC) + b"\0")]
    assert world.memory(EPC).content(Bank.USER)[:3] == (0, 0x1234, 0x5678)
    (frame,) = module.ask(read_request(Bank.USER, 0, 3))
    assert frame == m100(READ, about(EPC) + bytes.fromhex("000012345678"))


def test_an_access_takes_its_time() -> None:
    module = bench(pad_world({}))
    asked = write_request(Bank.USER, 0, bytes(16))  # 8 words, 2 ms and more each

    assert module.ask(asked, 10) == []
    assert len(module.ask(b"")) == 1


def test_a_new_epc_is_what_the_tag_sends_then() -> None:
    module = bench(pad_world({}))

    assert module.ask(write_request(Bank.EPC, 2, bytes.fromhex(OTHER))) == [m100(WRITE, about(EPC) + b"\0")]
    assert set(epcs_in(module.ask(vector("m100.single_req")))) == {OTHER}


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (read_request(Bank.USER, 6, 4), 0xA3),
        (read_request(Bank.USER, 0, 1, 0x1111), 0x16),
        (read_request(Bank.RESERVED, 2, 2), 0xA4),
        (write_request(Bank.USER, 8, b"\0\0"), 0xB3),
        (write_request(Bank.TID, 0, b"\0\0"), 0xB4),
        (write_request(Bank.USER, 0, b"\0\0", 0x1111), 0x16),
        (lock_request(0x080, 0x080, 0x1111), 0x16),
        (lock_request(0x00C, 0x000, PASSWORD), 0xC4),
        (request(KILL_TAG, bytes(4)), 0x12),
    ],
)
def test_what_a_tag_refuses_is_said_with_its_epc(asked: bytes, error: int) -> None:
    tag = {
        "access_password": f"{PASSWORD:08X}",
        "kill_password": f"{KILL:08X}",
        "locks": {LockField.ACCESS_PASSWORD: Lock.LOCKED},
    }

    assert bench(pad_world(tag)).ask(asked) == [m100(FAILURE, bytes((error,)) + about(EPC))]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (read_request(Bank.TID, 0, 1), 0x09),
        (write_request(Bank.USER, 0, b"\0\0"), 0x10),
        (lock_request(0x3FF, 0), 0x13),
        (request(KILL_TAG, b"\0\0\0\1"), 0x12),
        (request(0xD3, bytes(9)), 0x14),
    ],
)
def test_without_a_tag_there_is_only_the_error(asked: bytes, error: int) -> None:
    assert bench(pad_world()).ask(asked) == [m100(FAILURE, bytes((error,)))]


def test_a_lock_of_no_field_changes_none() -> None:
    world = pad_world({})
    before = dict(world.memory(EPC).locks)

    assert len(bench(world).ask(lock_request(0, 0x3FF))) == 1
    assert world.memory(EPC).locks == before


def test_a_lock_changes_only_the_bits_of_its_mask() -> None:
    world = pad_world({"access_password": f"{PASSWORD:08X}"})
    module = bench(world)
    locks = world.memory(EPC).locks

    module.ask(lock_request(0b10_00_00_00_10, 0b10_00_00_00_10, PASSWORD))
    assert (locks[LockField.KILL_PASSWORD], locks[LockField.USER]) == (Lock.LOCKED, Lock.LOCKED)
    module.ask(lock_request(0b01_00_00_00_00, 0b01_00_00_00_00, PASSWORD))
    assert (locks[LockField.KILL_PASSWORD], locks[LockField.USER]) == (Lock.ALWAYS_LOCKED, Lock.LOCKED)
    assert locks[LockField.EPC] is Lock.OPEN

    asked = write_request(Bank.USER, 0, b"\0\1")
    assert module.ask(asked) == [m100(FAILURE, b"\xb4" + about(EPC))]
    assert module.ask(write_request(Bank.USER, 0, b"\0\1", PASSWORD)) == [m100(WRITE, about(EPC) + b"\0")]


def test_a_kill_needs_the_tags_own_password_and_is_for_ever() -> None:
    world = pad_world({"kill_password": f"{KILL:08X}"}, {"epc": OTHER, "at": [0.3, 0.3, 3.0]})
    module = bench(world)

    assert module.ask(request(KILL_TAG, KILL.to_bytes(4, "big"))) == [m100(KILL_TAG, about(EPC) + b"\0")]
    assert module.ask(vector("m100.single_req")) == [NO_TAG]
    assert world.memory(EPC).is_killed


def test_a_tag_without_kill_password_refuses() -> None:
    frames = bench(pad_world({})).ask(request(KILL_TAG, KILL.to_bytes(4, "big")))

    assert frames == [m100(FAILURE, b"\xd0" + about(EPC))]


# --- the module itself ----------------------------------------------------------------------------------


def test_a_new_rate_is_in_force_at_once_and_not_answered() -> None:
    module = bench()

    assert module.ask(vector("m100.baud19200")) == []
    assert module.module.baud == 19_200
    module.module.reboot(module.now_us)
    assert module.module.baud == 115_200


def test_a_sleeping_module_loses_the_first_byte_and_its_settings_but_not_the_selection() -> None:
    module = bench()
    selection = select_request(EPC, target=4)
    module.ask(selection + request(0xB6, b"\x05\xdc"))
    module.ask(vector("m100.sleep"))

    assert module.ask(vector("m100.getpow")) == []
    assert module.ask(vector("m100.getpow")) == [vector("m100.getpow_rsp")]  # 20.00 dBm again
    assert module.ask(request(0x0B)) == [m100(0x0B, selection[5:-2])]


def test_it_falls_asleep_after_idle_minutes() -> None:
    module = bench()
    module.ask(request(0x1D, b"\x01"))
    module.now_us += 61_000_000
    module.listen(10)

    assert module.ask(vector("m100.getpow")) == []
    assert len(module.ask(vector("m100.getpow"))) == 1


def test_pins_keep_their_level() -> None:
    module = bench()

    assert module.ask(request(0x1A, b"\x01\x03\x01")) == [m100(0x1A, b"\x01\x03\x01")]
    assert module.ask(request(0x1A, b"\x02\x03\x00")) == [m100(0x1A, b"\x02\x03\x01")]


@pytest.mark.parametrize(
    "asked", [request(0x99), request(0xB6, b"\x0a\x29"), request(0x07, b"\x05"), request(0xB7, b"\0")]
)
def test_what_makes_no_sense_is_error_17(asked: bytes) -> None:
    assert bench().ask(asked) == [m100(FAILURE, b"\x17")]


# --- faults ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Fault.ANTENNA_GONE, Fault.REFLECTION, Fault.OVER_TEMPERATURE])
def test_without_its_radio_it_hears_nobody_until_it_is_back(fault: Fault) -> None:
    faults = Faults([fault])
    module = bench(pad_world({}), faults)
    assert module.ask(vector("m100.single_req")) == [NO_TAG]

    faults.switch_off(fault)
    assert set(epcs_in(module.ask(vector("m100.single_req")))) == {EPC}


def test_a_power_that_is_not_taken_is_read_back_as_it_is() -> None:
    module = bench(faults=Faults([Fault.POWER_NOT_TAKEN]))

    assert module.ask(vector("m100.setpow20")) == [vector("m100.setpow_ok")]
    assert module.ask(vector("m100.getpow")) == [m100(0xB7, (2600).to_bytes(2, "big"))]
    assert module.module.tx_power_dbm == 26.0


def test_a_wrong_power_table_radiates_more_than_it_says() -> None:
    module = bench(faults=Faults([Fault.WRONG_POWER_TABLE]))

    assert module.ask(vector("m100.getpow")) == [vector("m100.getpow_rsp")]
    assert module.module.tx_power_dbm == 30.0
