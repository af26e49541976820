from __future__ import annotations

from collections.abc import Callable

import pytest

from reader.access import Bank, KillTag, Lock, LockField, LockTag, ReadWords, TagTarget, WriteWords, epc_written
from reader.conversation import AccessErrand


@pytest.mark.parametrize(
    "made",
    [
        lambda: TagTarget("XYZW"),
        lambda: TagTarget("30a"),
        lambda: TagTarget("30aa"),
        lambda: TagTarget("0" * 128),
        lambda: TagTarget(None, 0),
        lambda: ReadWords(Bank.USER, 0, 0),
        lambda: ReadWords(Bank.USER, 0x10000, 1),
        lambda: ReadWords(Bank.USER, 0xFFFF, 2),
        lambda: ReadWords(Bank.USER, -1, 1),
        lambda: WriteWords(Bank.USER, 0, ()),
        lambda: WriteWords(Bank.USER, 0, (0x10000,)),
        lambda: LockTag(()),
        lambda: LockTag(((LockField.EPC, Lock.OPEN), (LockField.EPC, Lock.LOCKED))),
        lambda: AccessErrand(TagTarget(), ()),
        lambda: epc_written("30"),
    ],
)
def test_a_value_that_no_tag_can_obey_is_never_made(made: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        made()


@pytest.mark.parametrize("made", [KillTag, lambda password: ReadWords(Bank.USER, 0, 1, password)])
def test_a_password_beyond_32_bits_is_refused_and_not_told(made: Callable[[int], object]) -> None:
    with pytest.raises(ValueError, match="32 bits") as refused:
        made(0x1_DEAD_BEEF)
    assert "dead" not in str(refused.value).lower()
    assert str(0x1_DEAD_BEEF) not in str(refused.value)


def test_epcs_of_every_length_are_written_with_their_pc() -> None:
    assert epc_written("3034AABB", 0x3001).words == (2 << 11 | 1, 0x3034, 0xAABB)
    assert TagTarget("").epc == ""
