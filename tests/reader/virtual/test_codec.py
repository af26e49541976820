"""The strict codec: what it writes it reads, however it is cut, and what is wrong it refuses."""

from __future__ import annotations

import contextlib
import itertools
import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reader.errors import ProtocolError
from reader.virtual.llrp.codec import FrameCutter, decode, encode, encode_parameter
from reader.virtual.llrp.element import Bits, Element, Message, make, message
from reader.virtual.llrp.layout import ALL_MESSAGES, ALL_PARAMETERS
from reader.virtual.llrp.status import Problem, RefusedError
from tests.reader.virtual.elements import elements_of, messages
from tests.reader.virtual.llrp_bench import frame, tlv

calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def test_the_tables_hold_the_whole_standard() -> None:
    assert len(ALL_MESSAGES) == 46
    standard = [(layout.is_tv, layout.type) for layout in ALL_PARAMETERS.values() if not layout.custom]
    assert len(set(standard)) == len(standard) == 123
    assert ALL_PARAMETERS["LoopSpec"].type == 355
    assert (ALL_PARAMETERS["PeriodicTriggerValue"].type, ALL_PARAMETERS["GPITriggerValue"].type) == (180, 181)


@calm
@given(messages())
def test_what_is_written_is_read(sent: Message) -> None:
    raw = encode(sent)

    assert decode(raw) == sent
    assert encode(decode(raw)) == raw


@calm
@given(st.lists(messages(), max_size=4), st.lists(st.integers(0, 4000), max_size=8))
def test_any_chunking_gives_the_same_frames(sent: list[Message], cuts: list[int]) -> None:
    frames = [encode(one) for one in sent]
    stream = b"".join(frames)
    edges = [0, *sorted(cut for cut in cuts if cut < len(stream)), len(stream)]
    cutter = FrameCutter()

    got = [one for a, b in itertools.pairwise(edges) for one in cutter.feed(stream[a:b])]

    assert got == frames


@calm
@given(messages(), st.data())
def test_a_changed_byte_is_read_or_refused_but_never_breaks(sent: Message, data: st.DataObject) -> None:
    raw = bytearray(encode(sent))
    if len(raw) > 10:
        raw[data.draw(st.integers(10, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(RefusedError):
        assert encode(decode(bytes(raw))) == bytes(raw)


@calm
@given(messages(), st.data())
def test_a_message_cut_short_never_breaks(sent: Message, data: st.DataObject) -> None:
    raw = encode(sent)
    size = data.draw(st.integers(10, len(raw)))
    with contextlib.suppress(RefusedError):
        assert encode(decode(raw[:size]))[10:] == raw[10:size]


@pytest.mark.parametrize("length", [0, 9, (1 << 20) + 1, 0xFFFFFFFF])
def test_an_impossible_length_ends_the_stream(length: int) -> None:
    with pytest.raises(ProtocolError):
        list(FrameCutter().feed(struct.pack(">HII", 1025, length, 1)))


def refusal_of(raw: bytes) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        decode(raw)
    return caught.value


KEEPALIVE = tlv(220, struct.pack(">BI", 1, 5000))


@pytest.mark.parametrize(
    ("raw", "problem", "culprit"),
    [
        (frame(3, b"\0" + tlv(999)), Problem.UNKNOWN_PARAMETER, 999),
        (frame(3, b"\0" + KEEPALIVE + KEEPALIVE), Problem.DUPLICATE_PARAMETER, 220),
        (frame(3, b"\0" + KEEPALIVE + tlv(239, b"\0")), Problem.UNEXPECTED_PARAMETER, 239),
        (frame(3, b"\0" + tlv(287, bytes(4))), Problem.UNEXPECTED_PARAMETER, 287),
        (frame(3, b"\0\x84" + struct.pack(">Q", 1)), Problem.UNEXPECTED_PARAMETER, 4),
        (frame(3, b"\0\xff"), Problem.UNKNOWN_PARAMETER, 127),
        (frame(3, b"\0" + struct.pack(">HHBI", 220, 10, 1, 5000)), Problem.PARAMETER, 220),
        (frame(3, b"\0" + struct.pack(">HHBI", 220, 3, 1, 5000)), Problem.PARAMETER, 220),
        (frame(3, b"\0" + struct.pack(">HHBI", 0x8000 >> 1 | 220, 9, 1, 5000)), Problem.PARAMETER, 220),
        (frame(3, b"\0\0"), Problem.PARAMETER, None),
        (frame(63), Problem.MISSING_PARAMETER, 246),
    ],
)
def test_a_wrong_child_is_refused_by_its_number(raw: bytes, problem: Problem, culprit: int | None) -> None:
    refusal = refusal_of(raw)

    assert (refusal.problem, refusal.culprit, refusal.path) == (problem, culprit, ())


@pytest.mark.parametrize(
    ("raw", "path", "field"),
    [
        (frame(1, b"\5"), (), 0),
        (frame(1), (), 0),
        (frame(3, b"\1"), (), 0),
        (frame(3, b"\0" + tlv(220, struct.pack(">BI", 2, 0))), (220,), 0),
        (frame(3, b"\0" + tlv(220, b"\0\0")), (220,), 1),
        (frame(3, b"\0" + tlv(226, b"\x40")), (226,), 0),
        (frame(3, b"\0" + tlv(237, struct.pack(">BH", 3, 0) + tlv(238, bytes(2)))), (237,), 0),
        (frame(11, tlv(287, struct.pack(">HH", 0, 1) + b"\xff")), (287,), 1),
    ],
)
def test_a_wrong_value_is_refused_by_its_place(raw: bytes, path: tuple[int, ...], field: int) -> None:
    refusal = refusal_of(raw)

    assert (refusal.problem, refusal.path, refusal.field) == (Problem.FIELD, path, field)


def test_padding_of_a_bit_array_must_be_zero() -> None:
    mask = tlv(332, b"\x40" + struct.pack(">HH", 32, 3) + b"\xe1")
    body = tlv(222, struct.pack(">H", 1) + tlv(330, b"\0" + tlv(331, b"\0" + mask)))

    assert refusal_of(frame(3, b"\0" + body)).path == (222, 330, 331, 332)


def test_endless_nesting_is_refused_before_the_stack_ends() -> None:
    body = b""
    for _ in range(4000):
        body = tlv(289, struct.pack(">HH", 1, 1) + body)

    assert refusal_of(frame(30, tlv(287, struct.pack(">HH", 0, 0) + body))).problem is Problem.PARAMETER


@pytest.mark.parametrize(
    "wrong",
    [
        message("KEEPALIVE", 1, make("LLRPStatus", StatusCode=0, ErrorDescription="")),
        message("GET_READER_CAPABILITIES", 1, RequestedData=256),
        message("GET_READER_CAPABILITIES", 1, RequestedData="0"),
        message("GET_READER_CAPABILITIES", 1, RequestedData=0, Colour=1),
        message("ADD_ROSPEC", 1),
        message("ADD_ROSPEC_RESPONSE", 1, make("EPCData", EPC=Bits(9, b"\0"))),
    ],
)
def test_what_the_tables_forbid_is_not_written(wrong: Message) -> None:
    with pytest.raises(ValueError, match=r"."):
        encode(wrong)


# --- vendors' own parameters ----------------------------------------------------------------------

VENDORS_OWN = sorted(name for name, layout in ALL_PARAMETERS.items() if layout.custom)


def around(custom: bytes) -> bytes:
    """Return a SET_READER_CONFIG that holds these bytes."""
    return frame(3, b"\0" + custom)


@calm
@given(st.sampled_from(VENDORS_OWN).flatmap(lambda name: elements_of(ALL_PARAMETERS[name])))
def test_vendor_parameters_survive_the_round_trip(element: Element) -> None:
    layout = ALL_PARAMETERS[element.name]
    assert layout.custom is not None
    raw = around(encode_parameter(element))

    assert decode(raw, vendors={layout.custom[0]}).body.children == (element,)
    (unopened,) = decode(raw).body.children
    assert (unopened.name, unopened.number("VendorIdentifier")) == ("Custom", layout.custom[0])


def test_vendor_parameters_are_known_by_both_numbers() -> None:
    assert len({layout.custom for layout in ALL_PARAMETERS.values() if layout.custom}) == len(VENDORS_OWN) == 32
    search_mode = encode_parameter(make("ImpinjInventorySearchMode", InventorySearchMode=2))
    assert search_mode.hex() == "03ff000e0000651a00000017" + "0002"


@pytest.mark.parametrize(
    ("custom", "problem"),
    [
        (struct.pack(">II", 25882, 23), Problem.FIELD),  # the field is missing
        (struct.pack(">IIH", 25882, 23, 7), Problem.FIELD),  # 7 means nothing
        (struct.pack(">IIHB", 25882, 23, 1, 0), Problem.PARAMETER),  # a byte too much
        (struct.pack(">IIHH", 25882, 26, 2, 1) + b"\0\0", Problem.FIELD),  # reserved bits
        (b"\0\0\0\x01", Problem.FIELD),  # a Custom without a subtype
    ],
)
def test_vendor_parameters_are_held_to_their_tables(custom: bytes, problem: Problem) -> None:
    with pytest.raises(RefusedError) as refusal:
        decode(around(tlv(1023, custom)), vendors={25882})

    assert (refusal.value.problem, refusal.value.path) == (problem, (1023,))
