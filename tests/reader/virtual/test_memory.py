"""A tag's memory: locks and passwords against Gen2's own table, and what follows from a write."""

from __future__ import annotations

from binascii import crc_hqx

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.access import AccessFault, Bank, Lock, LockField, epc_written
from reader.virtual.memory import MemoryFaultError, TagMemory

EPC = "3036451FD4001940000003E9"
ACCESS, KILL, WRONG = 0x1234_5678, 0xDEAD_BEEF, 0x0BAD_0BAD

# Gen2, Lock: (pwd-write, permalock) -> whether the field is written to (passwords: and read) in the states
# open and secured.
TABLE = {
    (0, 0): (True, True),
    (0, 1): (True, True),
    (1, 0): (False, True),
    (1, 1): (False, False),
}
BITS = {Lock.OPEN: (0, 0), Lock.ALWAYS_OPEN: (0, 1), Lock.LOCKED: (1, 0), Lock.ALWAYS_LOCKED: (1, 1)}
PLACES = {
    LockField.KILL_PASSWORD: (Bank.RESERVED, 0),
    LockField.ACCESS_PASSWORD: (Bank.RESERVED, 2),
    LockField.EPC: (Bank.EPC, 3),
    LockField.TID: (Bank.TID, 4),
    LockField.USER: (Bank.USER, 5),
}

fields = st.sampled_from(list(LockField))
locks = st.sampled_from(list(Lock))
passwords = st.sampled_from([0, ACCESS, WRONG])


def fault_of(memory: TagMemory, act: str, *args: object) -> AccessFault | None:
    try:
        getattr(memory, act)(*args)
    except MemoryFaultError as error:
        return error.fault
    return None


def refused(stored: int, given: int) -> AccessFault | None:
    """Return what the Access command says to a password."""
    return AccessFault.PASSWORD if given not in (0, stored) else None


@given(fields, locks, st.sampled_from([0, ACCESS]), passwords)
def test_a_field_is_written_as_the_lock_table_says(field: LockField, lock: Lock, stored: int, given: int) -> None:
    memory = TagMemory("tag", EPC, access_password=stored, kill_password=KILL, locks={field: lock})
    bank, address = PLACES[field]
    before = memory.content(bank)
    may = TABLE[BITS[lock]][given == stored]
    expected = refused(stored, given) or (None if may else AccessFault.LOCKED)

    assert fault_of(memory, "write", bank, address, [before[address] ^ 1], given) is expected
    assert (memory.content(bank) != before) == (expected is None)


@given(fields, locks, st.sampled_from([0, ACCESS]), passwords)
def test_only_locked_passwords_cannot_be_read(field: LockField, lock: Lock, stored: int, given: int) -> None:
    memory = TagMemory("tag", EPC, access_password=stored, kill_password=KILL, locks={field: lock})
    bank, address = PLACES[field]
    may = bank is not Bank.RESERVED or TABLE[BITS[lock]][given == stored]

    expected = refused(stored, given) or (None if may else AccessFault.LOCKED)

    assert fault_of(memory, "read", bank, address, 1, given) is expected


@given(fields, locks, locks, st.sampled_from([0, ACCESS]), passwords)
def test_locks_change_in_the_secured_state_and_permanent_ones_never(
    field: LockField, before: Lock, wanted: Lock, stored: int, given: int
) -> None:
    memory = TagMemory("tag", EPC, access_password=stored, locks={field: before})
    untouched = {name: lock for name, lock in memory.locks.items() if name is not field}
    is_secured = given == stored
    permalocked = BITS[before][1] == 1 and BITS[wanted] != BITS[before]
    expected = AccessFault.PASSWORD if not is_secured else AccessFault.LOCKED if permalocked else None

    assert fault_of(memory, "lock", {field: wanted}, given) is expected
    assert memory.locks == untouched | {field: before if expected else wanted}


def test_a_lock_command_happens_whole_or_not_at_all() -> None:
    memory = TagMemory("tag", EPC)

    assert fault_of(memory, "lock", {LockField.USER: Lock.LOCKED, LockField.TID: Lock.OPEN}) is AccessFault.LOCKED
    assert memory.locks[LockField.USER] is Lock.OPEN


@given(st.sampled_from(list(Bank)), st.integers(0, 40), st.integers(1, 40))
def test_nothing_lies_beyond_the_end_of_a_bank(bank: Bank, address: int, count: int) -> None:
    memory = TagMemory("tag", EPC, user_words=8)
    size = {Bank.RESERVED: 4, Bank.EPC: 33, Bank.TID: 6, Bank.USER: 8}[bank]
    fits = address + count <= size

    assert fault_of(memory, "read", bank, address, count) is (None if fits else AccessFault.OVERRUN)
    if not fits:
        assert fault_of(memory, "write", bank, address, [0] * count) is AccessFault.OVERRUN


@given(st.binary(min_size=2, max_size=62).filter(lambda octets: len(octets) % 2 == 0), st.integers(0, 0x7FF))
def test_an_epc_that_is_written_is_sent_with_its_length_and_crc(octets: bytes, rest_of_pc: int) -> None:
    memory = TagMemory("tag", EPC)
    operation = epc_written(octets.hex(), rest_of_pc)

    memory.write(operation.bank, operation.address, operation.words)

    assert memory.epc == octets.hex().upper()
    assert memory.pc == len(octets) // 2 << 11 | rest_of_pc
    sent = memory.pc.to_bytes(2, "big") + octets + memory.crc.to_bytes(2, "big")
    assert crc_hqx(sent, 0xFFFF) == 0x1D0F, "the residue that Gen2's receivers look for"
    assert memory.read(Bank.EPC, 0, 0)[0] == memory.crc
    assert memory.read(Bank.EPC, 1, 1) == (memory.pc,)


def test_the_crc_is_the_tags_own() -> None:
    memory = TagMemory("tag", EPC)

    assert fault_of(memory, "write", Bank.EPC, 0, [0, 0x3000]) is AccessFault.LOCKED


def test_count_0_reads_to_the_end_and_of_the_epc_bank_what_the_pc_counts() -> None:
    memory = TagMemory("tag", EPC, tid="E280116020001234", user_words=3)

    assert "".join(f"{word:04X}" for word in memory.read(Bank.TID, 1, 0)) == "116020001234"
    assert len(memory.read(Bank.USER, 0, 0)) == 3
    assert len(memory.read(Bank.EPC, 2, 0)) == 6
    assert len(memory.read(Bank.EPC, 8, 0)) == 25
    assert fault_of(memory, "read", Bank.USER, 3, 0) is AccessFault.OVERRUN


@given(
    st.sampled_from([Bank.EPC, Bank.TID, Bank.USER]), st.integers(0, 140), st.integers(0, 140), st.binary(max_size=16)
)
def test_bits_are_those_of_the_words(bank: Bank, pointer: int, length: int, user: bytes) -> None:
    memory = TagMemory("tag", EPC)
    memory.write(Bank.USER, 0, user.ljust(8, b"\xa5")[:8])
    words = memory.content(bank)[: 8 if bank is Bank.EPC else None]
    text = "".join(f"{word:016b}" for word in words)
    expected = int("0" + text[pointer : pointer + length], 2) if pointer + length <= len(text) else None

    assert memory.bits(bank, pointer, length) == expected


def test_passwords_are_never_compared() -> None:
    assert TagMemory("tag", EPC, access_password=ACCESS).bits(Bank.RESERVED, 32, 1) is None


@pytest.mark.parametrize(
    ("stored", "given", "fault"),
    [
        (KILL, KILL, None),
        (KILL, WRONG, AccessFault.PASSWORD),
        (KILL, 0, AccessFault.PASSWORD),
        (0, 0, AccessFault.ZERO_KILL_PASSWORD),
        (0, WRONG, AccessFault.ZERO_KILL_PASSWORD),
    ],
)
def test_a_tag_dies_of_its_own_kill_password_only(stored: int, given: int, fault: AccessFault | None) -> None:
    memory = TagMemory("tag", EPC, kill_password=stored)

    assert fault_of(memory, "kill", given) is fault
    assert memory.is_killed == (fault is None)


def test_a_killed_tag_never_answers_again() -> None:
    memory = TagMemory("tag", EPC, kill_password=KILL)
    memory.kill(KILL)

    for act, *args in (
        ("read", Bank.TID, 0, 1),
        ("write", Bank.USER, 0, [1]),
        ("lock", {LockField.EPC: Lock.OPEN}),
        ("kill", KILL),
    ):
        assert fault_of(memory, str(act), *args) is AccessFault.NO_TAG


def test_every_chip_has_a_tid_of_its_own_and_always_the_same() -> None:
    assert TagMemory("A", EPC).tid == TagMemory("A", "AAAA").tid
    assert TagMemory("A", EPC).tid != TagMemory("A#2", EPC).tid
    assert TagMemory("A", EPC).tid.startswith("E2")
