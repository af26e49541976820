"""What holds for every family: any chunking, any damage, bounded memory."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.serial.framing import Direction, FrameError
from reader.serial.mercury import MercuryDecoder, tags_of
from reader.serial.words import WordedFrame, frames_in_words
from tests.reader.serial.lines import Framed, decoder_of, frames_of, m100, mercury, r2000, vector

FAMILIES = ["mercury", "m100", "r2000"]
LONGEST = {"mercury": 0xF8 + 7, "m100": 575 + 7, "r2000": 257}
HEADERS = {"mercury": b"\xff", "m100": b"\xbb\xaa", "r2000": b"\xa0"}
A_TAG = {"mercury": "mercury.stream_tag_sf", "m100": "m100.tag_r200", "r2000": "r2000.rti_tag_y2"}


def decoded(family: str, *chunks: bytes) -> list[Framed]:
    decoder = decoder_of(family)
    frames = [frame for chunk in chunks for frame in decoder.feed(chunk)]
    return [*frames, *decoder.finish()]


def outline(frames: list[Framed]) -> list[tuple[int, int, FrameError | None]]:
    return [(frame.offset, len(frame.raw), frame.error) for frame in frames]


@st.composite
def lines(draw: st.DrawFn, family: str) -> bytes:
    """Good frames, cut frames, damaged frames and noise rich in header bytes."""
    good = st.sampled_from(frames_of(family))
    noise = st.lists(st.sampled_from([*HEADERS[family], 0, 1, 2, 3, 0x11, 0xFE]), max_size=12).map(bytes)

    def damage(frame: bytes) -> st.SearchStrategy[bytes]:
        places = st.tuples(st.integers(0, len(frame) - 1), st.integers(1, 255))
        return places.map(lambda p: frame[: p[0]] + bytes((frame[p[0]] ^ p[1],)) + frame[p[0] + 1 :])

    cut = good.flatmap(lambda frame: st.integers(1, len(frame)).map(lambda size: frame[:size]))
    pieces = st.one_of(good, good.flatmap(damage), cut, noise, st.binary(max_size=20))
    return b"".join(draw(st.lists(pieces, max_size=8)))


@pytest.mark.parametrize("family", FAMILIES)
@given(draw=st.data())
def test_any_chunking_yields_the_same_frames(family: str, draw: st.DataObject) -> None:
    stream = draw.draw(lines(family))
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    chunks = [stream[a:b] for a, b in pairwise([0, *cuts, len(stream)])]

    whole = decoded(family, stream)

    assert decoded(family, *chunks) == whole
    assert decoded(family, *(bytes((byte,)) for byte in stream)) == whole


@pytest.mark.parametrize("family", FAMILIES)
@given(draw=st.data())
def test_frames_lie_in_order_and_are_the_bytes_that_they_say(family: str, draw: st.DataObject) -> None:
    stream = draw.draw(lines(family))

    frames = decoded(family, stream)

    assert all(stream[f.offset : f.offset + len(f.raw)] == f.raw for f in frames)
    assert all(before.offset + len(before.raw) <= after.offset for before, after in pairwise(frames))


@pytest.mark.parametrize("family", FAMILIES)
def test_every_beginning_of_a_frame_is_one_truncated_frame(family: str) -> None:
    for raw in frames_of(family):
        for size in range(1, len(raw)):
            assert outline(decoded(family, raw[:size])) == [(0, size, FrameError.TRUNCATED)], raw[:size].hex()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_frame_that_was_cut_off_ends_where_the_next_begins(family: str) -> None:
    raw = vector(A_TAG[family])
    for size in range(1, len(raw)):
        frames = outline(decoded(family, raw[:size] + raw + raw))

        good = [(offset, error) for offset, _, error in frames if error is None]
        assert good == [(size, None), (size + len(raw), None)]
        # A lone FF may be a wake-up preamble, and behind BB there has to be a type.
        is_noise = size == 1 and family != "r2000"
        assert frames[:-2] == ([] if is_noise else [(0, size, FrameError.LENGTH)])


@pytest.mark.parametrize("family", FAMILIES)
def test_damage_inside_a_frame_is_told_once(family: str) -> None:
    raw = vector(A_TAG[family])
    header = HEADERS[family][0]
    # The damaged byte is a header itself, and the bytes behind it would be a frame with a length.
    at = len(raw) - 8
    damaged = raw[:at] + bytes((header, 0x02, 0x05)) + raw[at + 3 :]

    frames = outline(decoded(family, raw + damaged + raw))

    size = len(raw)
    assert frames == [(0, size, None), (size, size, FrameError.CHECKSUM), (2 * size, size, None)]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_broken_frame_is_told_when_its_last_byte_is_there(family: str) -> None:
    damaged = bytearray(vector(A_TAG[family]))
    damaged[-2] ^= 1
    decoder = decoder_of(family)

    assert list(decoder.feed(bytes(damaged[:-1]))) == []
    assert outline(list(decoder.feed(bytes(damaged[-1:])))) == [(0, len(damaged), FrameError.CHECKSUM)]


@given(number=st.integers(0, 255), status=st.sampled_from([0, 0x0400, 0x0505, 0x7F01]), content=st.binary(max_size=248))
def test_no_content_of_a_sound_frame_makes_decoding_raise(number: int, status: int, content: bytes) -> None:
    streamed = b"\x88\x10\x00\x1b" + content[:240]
    frames = {
        "mercury": [mercury(number, content, status), mercury(0x22, streamed, status), mercury(0x29, content)],
        "m100": [m100(number, content, kind) for kind in (0, 1, 2)],
        "r2000": [r2000(number, content), r2000(0x89, content), r2000(0x81, content)],
    }
    for family, stream in frames.items():
        assert [frame.error for frame in decoded(family, *stream)] == [None, None, None]
        for direction in Direction:
            assert all(isinstance(f, WordedFrame) for f in frames_in_words(family, b"".join(stream), direction))
    for frame in MercuryDecoder().feed(b"".join(frames["mercury"])):
        tags_of(frame)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_false_header_does_not_hold_back_what_a_silent_line_has(family: str) -> None:
    raw = vector(A_TAG[family])
    false_start = {"mercury": b"\xff\xf0", "m100": b"\xbb\x02\x22\x01\x00", "r2000": b"\xa0\xf0"}[family]
    decoder = decoder_of(family)

    assert list(decoder.feed(false_start + raw)) == []
    assert outline(list(decoder.finish())) == [
        (0, len(false_start), FrameError.LENGTH),
        (len(false_start), len(raw), None),
    ]
    assert outline(list(decoder.feed(raw))) == [(len(false_start) + len(raw), len(raw), None)]


@pytest.mark.parametrize("family", FAMILIES)
def test_what_waits_is_bounded(family: str) -> None:
    rng = random.Random(7)
    decoder = decoder_of(family)
    for _ in range(3000):
        noise = bytes(rng.choices([*HEADERS[family], *range(256)], k=rng.randrange(1, 60)))
        list(decoder.feed(noise))
        assert decoder.waiting_bytes < LONGEST[family]


@pytest.mark.parametrize("family", FAMILIES)
def test_good_frames_behind_any_mutation_live(family: str) -> None:
    rng = random.Random(11)
    goods = frames_of(family)
    # As many as the longest lie can swallow: A0's eight bits of check take a lie for true once in 256.
    trailer = vector(A_TAG[family]) * (LONGEST[family] // 20)
    for _ in range(2000):
        raw = bytearray(rng.choice(goods))
        for _ in range(rng.randrange(1, 4)):
            raw[rng.randrange(len(raw))] = rng.randrange(256)

        frames = decoded(family, bytes(raw) + trailer)

        assert frames[-1].error is None
        assert frames[-1].offset + len(frames[-1].raw) == len(raw) + len(trailer)
        assert sum(frame.error is None for frame in frames) >= 2
