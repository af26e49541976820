"""Acting on one tag through a Mercury module: memory changes, passwords and locks hold, refusals have their status."""

from __future__ import annotations

import pytest

from reader.access import Bank, Lock, LockField
from reader.virtual.faults import Fault
from reader.virtual.memory import TagMemory
from tests.reader.virtual.serial.mercury_bench import Bench
from tests.reader.virtual.serial.module_bench import EPC, KILL, OTHER, PASSWORD, pad_world

NEW = "A0A1A2A3A4A5A6A7A8A9AAAB"
PATIENCE_MS = 1200
NONE, SOME = "00000000", f"{PASSWORD:08x}"


def bench_with(**tag: object) -> Bench:
    return Bench(world=pad_world(tag, {"epc": OTHER}))


def memory(bench: Bench, epc: str = EPC) -> TagMemory:
    (placed,) = bench.world.tags_of(epc)
    return bench.world.memory(placed.chip)


def this_epc(epc: str = EPC, password: str = NONE) -> str:
    return password + f"{4 * len(epc):02x}" + epc


def read(bench: Bench, bank: int, address: int, words: int, password: str = NONE) -> tuple[int, str]:
    content = f"03e81100c0{bank:02x}{address:08x}{words:02x}" + this_epc(password=password)
    frame = bench.answer(0x28, content, PATIENCE_MS)
    return frame.status or 0, frame.content.hex()


def written(bench: Bench, bank: int, address: int, words: str, password: str = NONE) -> int:
    return bench.status(0x24, f"03e801{address:08x}{bank:02x}" + this_epc(password=password) + words, PATIENCE_MS)


def test_a_tid_is_read_of_the_tag_that_is_meant() -> None:
    bench = bench_with()

    status, content = read(bench, 2, 0, 6)
    assert (status, content[:6]) == (0, "1100c0")
    assert content[6:12] == "050000"  # protocol, and no embedded bits
    assert content[12:].upper() == memory(bench).tid
    # The short form says the words and nothing else.
    short = bench.content(0x28, "03e801020000000006" + this_epc(), PATIENCE_MS)
    assert short.upper() == memory(bench).tid


def test_an_epc_is_rewritten_with_its_length() -> None:
    bench = bench_with()

    assert bench.status(0x23, "03e801" + this_epc() + NEW[:16], PATIENCE_MS) == 0
    assert [tag.epc for tag in bench.world.tags()] == [NEW[:16], OTHER]
    assert memory(bench, NEW[:16]).pc >> 11 == 4
    # Without a selection a reserved byte may stand before the EPC; the vendor's client sends it.
    alone = Bench(world=pad_world({}))
    assert alone.status(0x23, "03e80000" + NEW, PATIENCE_MS) == 0
    assert [tag.epc for tag in alone.world.tags()] == [NEW]


def test_words_are_written_and_read_back() -> None:
    bench = bench_with()

    assert written(bench, 3, 1, "beef0123") == 0
    assert memory(bench).content(Bank.USER)[:4] == (0, 0xBEEF, 0x0123, 0)
    assert read(bench, 3, 1, 2) == (0, "1100c0050000beef0123")


@pytest.mark.parametrize(
    ("mask", "action", "locks"),
    [
        (0x020, 0x020, {LockField.EPC: Lock.LOCKED}),
        (0x030, 0x030, {LockField.EPC: Lock.ALWAYS_LOCKED}),
        (0x0C0, 0x080, {LockField.ACCESS_PASSWORD: Lock.LOCKED}),
        (0x301, 0x201, {LockField.KILL_PASSWORD: Lock.LOCKED, LockField.USER: Lock.ALWAYS_OPEN}),
    ],
)
def test_locks_are_set_where_the_mask_says(mask: int, action: int, locks: dict[LockField, Lock]) -> None:
    bench = bench_with(access_password=SOME)
    before = dict(memory(bench).locks)
    content = f"03e801{SOME}{mask:04x}{action:04x}60{EPC}"

    assert bench.status(0x25, content, PATIENCE_MS) == 0
    assert memory(bench).locks == before | locks


def test_a_password_opens_what_is_locked_and_a_wrong_one_nothing() -> None:
    bench = bench_with(access_password=SOME, locks={"epc": "locked", "access_password": "locked"})

    assert bench.status(0x23, "03e801" + this_epc() + NEW, PATIENCE_MS) == 0x0424
    assert bench.status(0x23, "03e801" + this_epc(password="00000001") + NEW, PATIENCE_MS) == 0x0406
    assert read(bench, 0, 2, 2) == (0x0424, "")
    assert read(bench, 0, 2, 2, "00000001") == (0x0404, "")
    assert read(bench, 0, 2, 2, SOME) == (0, "1100c0050000" + SOME)
    assert bench.status(0x25, f"03e8010000000100200000 60{EPC}", PATIENCE_MS) == 0x040A
    assert memory(bench).epc == EPC
    assert bench.status(0x23, "03e801" + this_epc(password=SOME) + NEW, PATIENCE_MS) == 0
    assert memory(bench, NEW).epc == NEW


def test_a_tag_dies_of_its_kill_password_only() -> None:
    immortal = bench_with()
    assert immortal.status(0x26, f"03e80100000007 00 60{EPC}", PATIENCE_MS) == 0x040C
    bench = bench_with(kill_password=f"{KILL:08x}")

    assert bench.status(0x26, f"03e80100000007 00 60{EPC}", PATIENCE_MS) == 0x040E
    assert not memory(bench).is_killed
    assert bench.status(0x26, f"03e801{KILL:08x}0060{EPC}", PATIENCE_MS) == 0
    assert memory(bench).is_killed
    assert read(bench, 2, 0, 6) == (0x0400, "")


@pytest.mark.parametrize(
    ("opcode", "content", "status"),
    [
        (0x28, "03e81100c0020000000000" + NONE + "60" + EPC, 0x0105),  # no words
        (0x28, "03e81100c0040000000001" + NONE + "60" + EPC, 0x0105),  # no such bank
        (0x28, "03e81100c00300000000ff" + NONE + "60" + EPC, 0x040B),
        (0x28, "03e81100c0030000000801" + NONE + "60" + EPC, 0x0423),  # eight words of user memory
        (0x28, "03e81100c00200000000", 0x0100),
        (0x24, "03e8010000000003" + NONE + "60" + EPC, 0x0105),  # nothing to write
        (0x24, "03e8010000000003" + NONE + "60" + EPC + "12", 0x0105),
        (0x23, "03e801" + NONE + "60" + EPC, 0x0105),
        (0x25, "03e801000000000400040060" + EPC, 0x0105),
        (0x28, "03e81100c0020000000006" + NONE + "60" + NEW, 0x0400),  # nobody has that EPC
    ],
)
def test_what_cannot_be_done_has_its_status(opcode: int, content: str, status: int) -> None:
    assert bench_with().status(opcode, content, PATIENCE_MS) == status


@pytest.mark.parametrize(
    ("fault", "status"), [(Fault.ANTENNA_GONE, 0x0503), (Fault.REFLECTION, 0x0505), (Fault.OVER_TEMPERATURE, 0x0504)]
)
def test_a_port_that_cannot_send_acts_on_nothing(fault: Fault, status: int) -> None:
    bench = bench_with()
    bench.content(0x91, "0202")
    bench.faults.switch_on(fault)

    assert read(bench, 2, 0, 6) == (status, "")


def test_too_little_power_reads_but_does_not_write() -> None:
    bench = bench_with()
    statuses = set()
    for power_cdbm in range(500, 3000, 100):
        bench.content(0x94, f"{power_cdbm:04x}")
        statuses.add(written(bench, 3, 0, "1234"))

    assert statuses >= {0, 0x042B}
