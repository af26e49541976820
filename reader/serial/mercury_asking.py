"""One question to a Mercury module, and what its answer says. Pure: generators of acts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from reader.errors import ProtocolError, ReaderRefusedError
from reader.serial.acts import Acts, Ask, ask
from reader.serial.layout import Fields
from reader.serial.mercury import MercuryFrame, Opcode, encode, message_of
from reader.serial.status import Meaning, mercury_status

__all__ = ["TRIES", "answered", "asked", "is_unable", "settled", "words_of"]

ANSWER_S: Final = 0.5
TRIES: Final = 2  # what only sets or tells something can be asked again

MercuryActs = Acts[MercuryFrame, Any]


def asked(
    opcode: Opcode,
    *,
    preamble: bytes = b"",
    deadline_s: float = ANSWER_S,
    tries: int = TRIES,
    accepts: Callable[[MercuryFrame], bool] | None = None,
    transmits: bool = False,
    is_sequel: bool = False,
    **fields: Any,
) -> Acts[MercuryFrame, MercuryFrame]:
    """Return the answer, whatever its status. ``fields`` are what `reader.serial.mercury.encode` takes.

    Raises:
        ReaderTimeoutError: There was none.
    """
    request = encode({"opcode": opcode, **fields})
    is_answer = accepts or (lambda frame: frame.opcode == opcode)
    sent = Ask(
        _named(opcode), preamble + request, is_answer, deadline_s, tries, transmits=transmits, is_sequel=is_sequel
    )
    return (yield from ask(sent))


def answered(opcode: Opcode, **fields: Any) -> Acts[MercuryFrame, Fields]:
    """Return what the answer says, by name.

    Raises:
        ReaderRefusedError: Its status is not 0.
        ProtocolError: It cannot be read.
    """
    frame = yield from asked(opcode, **fields)
    return settled(frame)


def settled(frame: MercuryFrame) -> Fields:
    """Return what an answer of status 0 says, by name; raises as `answered`."""
    if frame.status:
        raise ReaderRefusedError(_named(frame.opcode), frame.status, words_of(frame))
    message = message_of(frame)
    if message.error is not None:
        raise ProtocolError(f"the answer to {_named(frame.opcode)} cannot be read: {message.error}", frame.raw)
    return message.fields


def words_of(frame: MercuryFrame) -> str:
    """Return the words for an answer's status; a failed assertion says where the firmware gave up."""
    words = mercury_status(frame.status or 0).words
    said = message_of(frame).fields
    return f"{words}, {said['file']} line {said['line']}" if "file" in said else words


def is_unable(error: ReaderRefusedError) -> bool:
    """Whether the module does not know the request at all, as older ones do not."""
    return mercury_status(error.status).meaning is Meaning.REQUEST


def _named(opcode: int | None) -> str:
    try:
        return Opcode(opcode or 0).name
    except ValueError:
        return f"operation {opcode:02X}"
