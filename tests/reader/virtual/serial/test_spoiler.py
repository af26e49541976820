"""What faults of the line make of a module's frames."""

from __future__ import annotations

import pytest

from reader.virtual.faults import Fault, Faults
from reader.virtual.serial.module import Said
from reader.virtual.serial.spoiler import Spoiled, Spoiler

ANSWER = Said(b"an answer of a module")
TAG = Said(b"a tag that was found!", is_tag=True)


@pytest.mark.parametrize("said", [ANSWER, TAG])
def test_without_faults_a_frame_is_what_it_is(said: Said) -> None:
    assert Spoiler(Faults(), 1).spoil(said) == Spoiled(said.frame)


@pytest.mark.parametrize(
    ("fault", "answer", "tag"),
    [
        (Fault.SILENCE, Spoiled(b""), Spoiled(b"")),
        (Fault.SLOW, Spoiled(ANSWER.frame, 1_500_000), Spoiled(TAG.frame)),
        (Fault.TRUNCATE, Spoiled(ANSWER.frame), Spoiled(TAG.frame[:-5])),
        (Fault.DUPLICATE, Spoiled(ANSWER.frame), Spoiled(2 * TAG.frame)),
    ],
)
def test_a_fault_that_lasts(fault: Fault, answer: Spoiled, tag: Spoiled) -> None:
    spoiler = Spoiler(faults := Faults([fault]), 1)

    assert [spoiler.spoil(said) for said in (ANSWER, TAG, ANSWER)] == [answer, tag, answer]
    assert faults.is_on(fault)


def test_half_a_frame_drops_the_link_once() -> None:
    spoiler = Spoiler(faults := Faults([Fault.MID_FRAME]), 1)

    assert spoiler.spoil(TAG) == Spoiled(TAG.frame[:10], drops=True)
    assert spoiler.spoil(TAG) == Spoiled(TAG.frame)
    assert not faults.active()


def test_garbage_comes_once_and_begins_no_frame_of_any_family() -> None:
    spoiler = Spoiler(Faults([Fault.GARBAGE]), 1)
    garbage = spoiler.spoil(ANSWER).octets.removesuffix(ANSWER.frame)

    assert len(garbage) > 10
    assert not set(garbage) & set(b"\xff\xbb\xaa\xa0")
    assert spoiler.spoil(ANSWER) == Spoiled(ANSWER.frame)
