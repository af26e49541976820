from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.errors import ProtocolError
from reader.llrp.frames import HEADER_BYTES, MAX_MESSAGE_BYTES, Frame, Framer, LengthError
from tests.reader.llrp.line import message

frames = st.lists(
    st.builds(message, st.integers(0, 1023), st.integers(0, 2**32 - 1), st.binary(max_size=60), st.integers(0, 7)),
    max_size=8,
)


def cut(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(stream), *(position % (len(stream) + 1) for position in cuts)})
    return [stream[low:high] for low, high in pairwise(edges)]


@given(frames, st.lists(st.integers(0, 10_000), max_size=20))
def test_any_chunking_yields_the_same_frames(sent: list[bytes], cuts: list[int]) -> None:
    framer = Framer()

    received = [frame for chunk in cut(b"".join(sent), cuts) for frame in framer.feed(chunk)]

    assert [frame.raw for frame in received] == sent
    assert framer.is_empty


def test_header_is_read_as_the_standard_has_it() -> None:
    assert Framer().feed(message(61, 0xFEDCBA98, b"abc", version=2)) == [
        Frame(61, 2, 0xFEDCBA98, message(61, 0xFEDCBA98, b"abc", version=2))
    ]


def test_unknown_type_costs_only_itself() -> None:
    received = Framer().feed(message(999, 1, b"?") + message(62, 2))

    assert [frame.type for frame in received] == [999, 62]


@pytest.mark.parametrize("length", [0, 1, HEADER_BYTES - 1, MAX_MESSAGE_BYTES + 1, 2**32 - 1])
def test_length_that_cannot_be_true_ends_the_stream_but_not_what_came_before(length: int) -> None:
    good = message(62, 1)
    bad = b"\x04\x3e" + length.to_bytes(4, "big") + bytes(4)

    with pytest.raises(LengthError, match=f"a message of {length} bytes") as caught:
        Framer().feed(good + bad)

    assert [frame.raw for frame in caught.value.frames] == [good]
    assert caught.value.frame.startswith(bad)
    assert isinstance(caught.value, ProtocolError)


def test_longest_message_is_still_taken() -> None:
    longest = message(61, 1, bytes(MAX_MESSAGE_BYTES - HEADER_BYTES))

    assert [len(frame.raw) for frame in Framer().feed(longest)] == [MAX_MESSAGE_BYTES]
