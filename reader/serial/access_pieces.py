"""Reads and writes of more words than one request takes, as several: what M100 and A0 have in common. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reader.access import ReadWords, WriteWords
from reader.serial.layout import Fields

__all__ = ["pieces"]

_WORDS: Final = 32  # that either protocol takes in a request
_DIGITS: Final = 4  # of hex in a word


def pieces(operation: ReadWords | WriteWords) -> Iterator[Fields]:
    """Yield what each request says, in order, by the names of both codecs; the command is the family's to add."""
    written = "".join(f"{word:04x}" for word in operation.words) if isinstance(operation, WriteWords) else ""
    count = operation.count if isinstance(operation, ReadWords) else len(operation.words)
    for done in range(0, count, _WORDS):
        size = min(_WORDS, count - done)
        fields: Fields = {
            "access_password": f"{operation.password:08x}",
            "bank": int(operation.bank),
            "word_address": operation.address + done,
            "words": size,
        }
        if isinstance(operation, WriteWords):
            fields["data"] = written[_DIGITS * done : _DIGITS * (done + size)]
        yield fields
