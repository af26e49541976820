"""What people are told of the system's errors."""

from __future__ import annotations

import errno
import os
import termios

import pytest

from reader.system_reasons import reason_of


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "ECONNREFUSED"), "nothing takes connections there"),
        (termios.error(errno.ENOTTY, "Inappropriate ioctl for device"), "it is no serial line"),
        (OSError(errno.EDOM, os.strerror(errno.EDOM)), os.strerror(errno.EDOM)),
        (TimeoutError("timed out"), "timed out"),
    ],
)
def test_numbers_and_names_become_words(error: Exception, words: str) -> None:
    assert reason_of(error) == words
