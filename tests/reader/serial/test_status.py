from __future__ import annotations

from collections.abc import Callable

import pytest

from reader.serial.status import Meaning, Status, m100_status, mercury_status, r2000_status


@pytest.mark.parametrize(
    ("status_of", "code", "meaning", "words"),
    [
        (mercury_status, 0x0400, Meaning.NO_TAG, "no tags found"),
        (mercury_status, 0x0503, Meaning.ANTENNA, "antenna not connected"),
        (mercury_status, 0x0504, Meaning.HEAT, "temperature exceeds limits"),
        (mercury_status, 0x0301, Meaning.READER, "flash error 0301"),
        (mercury_status, 0x0999, Meaning.UNKNOWN, "unknown code 0999"),
        (m100_status, 0x15, Meaning.NO_TAG, "inventory: no tag, or CRC fault"),
        (m100_status, 0xA4, Meaning.TAG, "read failed: memory locked"),
        (m100_status, 0xD0, Meaning.TAG, "kill failed: other error"),
        (m100_status, 0xC1, Meaning.TAG, "lock failed: tag error 1"),
        (m100_status, 0x77, Meaning.UNKNOWN, "unknown code 77"),
        (r2000_status, 0x10, Meaning.DONE, "command succeeded"),
        (r2000_status, 0x22, Meaning.ANTENNA, "antenna is missing"),
        (r2000_status, 0x36, Meaning.NO_TAG, "no tag"),
    ],
)
def test_a_code_has_words_and_a_meaning(
    status_of: Callable[[int], Status], code: int, meaning: Meaning, words: str
) -> None:
    assert status_of(code) == Status(code, words, meaning)


def test_a_retry_helps_where_only_the_world_has_to_change() -> None:
    assert mercury_status(0x0504).retry_helps
    assert m100_status(0x15).retry_helps
    assert not r2000_status(0x22).retry_helps
    assert not mercury_status(0x0105).retry_helps
