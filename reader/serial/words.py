"""Bytes of a serial family in words, for people and for tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol, TypeVar

from reader.serial import m100, mercury, r2000
from reader.serial.framing import Direction, FrameError
from reader.serial.layout import Fields
from reader.serial.message import Message

__all__ = ["FAMILIES", "WordedFrame", "frames_in_words"]

FAMILIES: Final = ("mercury", "m100", "r2000")


@dataclass(frozen=True, slots=True)
class WordedFrame:
    """One frame in words; offset and length say where its bytes are, the rest is as in `Message`."""

    offset: int
    length: int
    kind: str
    fields: Fields
    error: FrameError | None


class _Frame(Protocol):
    @property
    def offset(self) -> int: ...
    @property
    def raw(self) -> bytes: ...


_F = TypeVar("_F", bound=_Frame)
_FCo = TypeVar("_FCo", bound=_Frame, covariant=True)


class _Decoder(Protocol[_FCo]):
    def feed(self, received: bytes) -> Sequence[_FCo]: ...
    def finish(self) -> Sequence[_FCo]: ...


def frames_in_words(family: str, stream: bytes, direction: Direction = Direction.FROM_READER) -> Iterator[WordedFrame]:
    """Yield every frame that is found in ``stream``, in order, broken ones included.

    M100's frames say themselves who sent them. Raises ValueError when ``family`` is none of `FAMILIES`.
    """
    if family == "mercury":
        yield from _worded(mercury.MercuryDecoder(direction), mercury.message_of, stream)
    elif family == "m100":
        yield from _worded(m100.M100Decoder(), m100.message_of, stream)
    elif family == "r2000":
        yield from _worded(r2000.R2000Decoder(), partial(r2000.message_of, direction=direction), stream)
    else:
        raise ValueError(f"{family!r} is no serial family; there are {', '.join(FAMILIES)}")


def _worded(decoder: _Decoder[_F], message_of: Callable[[_F], Message], stream: bytes) -> Iterator[WordedFrame]:
    for frame in (*decoder.feed(stream), *decoder.finish()):
        message = message_of(frame)
        yield WordedFrame(frame.offset, len(frame.raw), message.kind, message.fields, message.error)
