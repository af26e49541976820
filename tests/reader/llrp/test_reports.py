from __future__ import annotations

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sllurp.llrp import LLRPMessage

from reader.errors import ProtocolError
from reader.llrp.reports import ReportDecoder
from reader.llrp.tag_report import TagReport, tag_reports
from reader.model import TagRead
from tests.reader.llrp.line import custom, message, tag, tlv, tv

CHANNELS = {1: 865.7, 2: 866.3, 3: 866.9, 4: 867.5}
# TV type, struct code, name in our TagReport, name in sllurp's dict
TV_FIELDS = [
    (1, "H", "antenna", "AntennaID"),
    (2, "Q", "first_seen_utc_us", "FirstSeenTimestampUTC"),
    (3, "Q", "first_seen_uptime_us", "FirstSeenTimestampUptime"),
    (4, "Q", "last_seen_utc_us", "LastSeenTimestampUTC"),
    (5, "Q", "last_seen_uptime_us", "LastSeenTimestampUptime"),
    (6, "b", "peak_rssi_dbm", "PeakRSSI"),
    (7, "H", "channel_index", "ChannelIndex"),
    (8, "H", "seen_count", "TagSeenCount"),
    (9, "I", "rospec_id", "ROSpecID"),
    (10, "H", "inventory_parameter_spec_id", "InventoryParameterSpecID"),
    (11, "H", "crc", "C1G2CRC"),
    (12, "H", "pc", "C1G2PC"),
    (14, "H", "spec_index", "SpecIndex"),
    (16, "I", "access_spec_id", "AccessSpecID"),
    (19, "H", "xpc_w1", "C1G2XPCW1"),
    (20, "H", "xpc_w2", "C1G2XPCW2"),
]
IMPINJ_FIELDS = [
    (56, "H", "impinj_phase", "ImpinjRFPhaseAngle"),
    (57, "h", "impinj_rssi", "ImpinjPeakRSSI"),
    (68, "h", "impinj_doppler", "ImpinjRFDopplerFrequency"),
]


def random_value(rng: random.Random, code: str) -> int:
    bits = struct.calcsize(code) * 8
    value = rng.getrandbits(bits)
    return value - (1 << bits - 1) if code.islower() else value


def random_tag(rng: random.Random, share: float = 0.7) -> bytes:
    """A TagReportData with some of all fields, in any order."""
    size = rng.choice([12, 12, 12, 2, 16, 25, 62])
    epc = rng.randbytes(size)
    parts = [tv(n, code, random_value(rng, code)) for n, code, _, _ in TV_FIELDS if rng.random() < share]
    parts += [
        custom(subtype, struct.pack(f">{code}", random_value(rng, code)))
        for subtype, code, _, _ in IMPINJ_FIELDS
        if rng.random() < share
    ]
    rng.shuffle(parts)
    name = tv(13, "12s", epc) if size == 12 else tlv(241, struct.pack(">H", size * 8) + epc)
    return tlv(240, name + b"".join(parts))


@pytest.mark.peers
def test_equals_sllurp_on_many_tags_and_all_fields() -> None:
    rng = random.Random(20261122)
    body = b"".join(random_tag(rng) for _ in range(400))
    theirs = LLRPMessage(msgbytes=message(61, 1, body)).msgdict["RO_ACCESS_REPORT"]["TagReportData"]

    ours = tag_reports(body)

    assert len(ours) == len(theirs) == 400
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.epc == other["EPC"].decode().upper()
        for _, _, name, their_name in TV_FIELDS + IMPINJ_FIELDS:
            assert getattr(mine, name) == other.get(their_name), name


def test_read_takes_the_finer_rssi_the_phase_and_the_carrier() -> None:
    extra = custom(56, struct.pack(">H", 1024)) + custom(57, struct.pack(">h", -4755)) + custom(68, b"\x00\x01")

    reads = ReportDecoder(CHANNELS).decode(tag(last_us=5, count=3, channel=2, extra=extra))

    assert reads == [TagRead(5, "3034257BF7194E4000001A85", 1, -47.55, 90.0, 866.3, 3)]


def test_unknown_channel_and_no_phase_are_none() -> None:
    (read,) = ReportDecoder(CHANNELS).decode(tag(channel=0))

    assert read.channel_mhz is None
    assert read.phase_deg is None


@pytest.mark.parametrize("again", [1, 2])  # walked the first time, by the learnt layout the second
def test_count_of_zero_is_one(again: int) -> None:
    decoder = ReportDecoder()

    for _ in range(again):
        (read,) = decoder.decode(tag(count=0))

    assert read.seen_count == 1


def test_left_out_parameters_are_those_of_the_report_before() -> None:
    decoder = ReportDecoder(CHANNELS)
    decoder.decode(tag(antenna=3, rssi=-61, last_us=77, count=4, channel=2))

    (read,) = decoder.decode(tlv(240, tv(13, "12s", b"\x01" * 12)))

    assert read == TagRead(77, "01" * 12, 3, -61.0, None, 866.3, 4)


def test_layout_carries_left_out_parameters_too() -> None:
    decoder = ReportDecoder()
    decoder.decode(tag(rssi=-61, last_us=77, count=4))
    lean = tlv(240, tv(13, "12s", b"\x01" * 12) + tv(1, "H", 2))

    for _ in range(2):
        (read,) = decoder.decode(lean)

    assert (read.t_us, read.rssi_dbm, read.seen_count, read.antenna) == (77, -61.0, 4, 2)
    assert decoder.walked == 2


@pytest.mark.parametrize("tags", [1, 3])
def test_what_a_layout_read_is_remembered_for_what_is_left_out(tags: int) -> None:
    decoder = ReportDecoder(CHANNELS)
    decoder.decode(tag())
    decoder.decode(tag(antenna=3, rssi=-61, last_us=77, count=4, channel=2) * tags)

    (read,) = decoder.decode(tlv(240, tv(13, "12s", b"\x01" * 12)))

    assert decoder.walked == 2
    assert read == TagRead(77, "01" * 12, 3, -61.0, None, 866.3, 4)


@pytest.mark.parametrize("tags", [1, 3])
def test_of_a_parameter_that_comes_twice_the_last_counts_both_ways(tags: int) -> None:
    twice = tag(antenna=1, extra=tv(1, "H", 2) + tv(4, "Q", 5) + tlv(241, b"\x00\x10\xab\xcd"))
    decoder = ReportDecoder()

    walked = decoder.decode(twice * tags)
    unpacked = decoder.decode(twice * tags)

    assert decoder.walked == 1
    assert walked == unpacked
    assert {(read.antenna, read.t_us, read.epc) for read in unpacked} == {(2, 5, "ABCD")}


def test_results_that_vary_are_walked_each_time() -> None:
    decoder = ReportDecoder()
    for words in (b"\x12\x34", b"\x56\x78"):
        decoder.decode(tag(extra=tlv(349, b"\x00\x00\x07\x00\x01" + words)))

    assert decoder.walked == 2


@pytest.mark.parametrize("left_out", [1, 4, 6])
def test_first_report_must_say_antenna_time_and_rssi(left_out: int) -> None:
    parts = {1: tv(1, "H", 1), 4: tv(4, "Q", 9), 6: tv(6, "b", -40)}
    del parts[left_out]

    with pytest.raises(ProtocolError, match="without antenna, time or RSSI"):
        ReportDecoder().decode(tlv(240, tv(13, "12s", bytes(12)) + b"".join(parts.values())))


def test_antenna_zero_is_refused_both_ways() -> None:
    decoder = ReportDecoder()
    with pytest.raises(ProtocolError, match="antenna 0"):
        decoder.decode(tag(antenna=0))
    decoder.decode(tag())
    with pytest.raises(ProtocolError, match="antenna 0"):
        decoder.decode(tag(antenna=0))
    assert decoder.walked == 2


def test_same_layout_is_walked_once() -> None:
    decoder = ReportDecoder(CHANNELS)
    rng = random.Random(3)
    for tags in (1, 2, 50, 1, 200):
        body = b"".join(
            tag(rng.randbytes(12), rng.randint(1, 4), -rng.randint(20, 80), rng.getrandbits(50), 1, rng.randint(1, 4))
            for _ in range(tags)
        )
        assert decoder.decode(body) == ReportDecoder(CHANNELS).decode(body)
    assert decoder.walked == 1


def test_epc_of_no_bits_is_empty_both_ways() -> None:
    empty = tlv(240, tv(1, "H", 1) + tv(6, "b", -40) + tv(4, "Q", 9) + tlv(241, b"\x00\x00"))
    decoder = ReportDecoder()

    walked = decoder.decode(empty * 3)
    unpacked = decoder.decode(empty * 3)

    assert walked == unpacked
    assert [read.epc for read in unpacked] == ["", "", ""]
    assert decoder.walked == 1


def test_results_of_access_operations_and_other_parameters_are_kept() -> None:
    result = struct.pack(">BHH", 0, 7, 1) + b"\xe2\x80"

    (report,) = tag_reports(tlv(1023, b"\0" * 8) + tag(extra=tlv(349, result)) + tlv(242, b"survey"))

    assert report.others == ((349, result),)


def test_message_without_tags_is_no_error() -> None:
    assert ReportDecoder().decode(b"") == []
    assert ReportDecoder().decode(tlv(242, b"")) == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (tag()[:-1], "does not fit"),
        (tlv(240, tv(13, "12s", bytes(12)) + b"\x81\x00"), "cut off"),
        (tlv(240, tv(13, "12s", bytes(12)) + b"\xff\x00\x00"), "unknown type 127"),
        (tlv(240, tv(1, "H", 1)), "without an EPC"),
        (tlv(240, tlv(241, b"\x00\x60" + bytes(11))), "an EPC of 96 bits"),
        (tlv(240, tlv(241, b"\x00\x60" + bytes(13))), "an EPC of 96 bits"),
        (tlv(240, tv(13, "12s", bytes(12)) + b"\x03\xff\x00\x03"), "does not fit"),
        (tlv(240, tv(13, "12s", bytes(12)) + custom(56, b"\x01")), "a vendor's parameter of 9 bytes"),
        (b"\x00\xf0\x00", "cut off"),
        (tv(1, "H", 1) + b"\0", "where none may be"),
    ],
)
def test_what_breaks_the_protocol_is_a_typed_error(body: bytes, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        ReportDecoder().decode(body)


def outcome(decoder: ReportDecoder, body: bytes) -> list[TagRead] | str:
    try:
        return decoder.decode(body)
    except ProtocolError as error:
        return str(error)


@st.composite
def mutated_streams(draw: st.DrawFn) -> list[bytes]:
    """Bodies of one layout, some of them with bytes changed, cut, or put in."""
    rng = random.Random(draw(st.integers(0, 2**32)))
    template = random_tag(rng, 0.8)
    bodies: list[bytes] = []
    for _ in range(draw(st.integers(1, 6))):
        body = bytearray(template * draw(st.integers(1, 4)))
        for _ in range(draw(st.integers(0, 3))):
            at = draw(st.integers(0, len(body) - 1))
            match draw(st.sampled_from(["set", "flip", "cut", "insert"])):
                case "set":
                    body[at] = draw(st.sampled_from([0, 1, 4, 13, 0x81, 0x8D, 0xF0, 0xFF]))
                case "flip":
                    body[at] ^= 1 << draw(st.integers(0, 7))
                case "cut":
                    del body[at : at + draw(st.integers(1, 5))]
                case _:
                    body[at:at] = draw(st.binary(min_size=1, max_size=5))
            if not body:
                break
        bodies.append(bytes(body))
    return bodies


@settings(max_examples=400, deadline=None)
@given(mutated_streams())
def test_layout_and_walk_always_agree(bodies: list[bytes]) -> None:
    by_layout = ReportDecoder(CHANNELS)
    by_walk = ReportDecoder(CHANNELS, max_layouts=0)

    for body in bodies:
        assert outcome(by_layout, body) == outcome(by_walk, body)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=120))
def test_no_bytes_raise_anything_but_the_typed_error(body: bytes) -> None:
    outcome(ReportDecoder(), body)
    outcome(ReportDecoder(), tlv(240, body))


@pytest.mark.parametrize("epc_bytes", [12, 2, 25, 62, 0])
@pytest.mark.parametrize("tags", [1, 24, 25, 63, 64, 300])
def test_any_number_of_tags_reads_the_same_both_ways(tags: int, epc_bytes: int) -> None:
    rng = random.Random(tags)
    bodies = [
        b"".join(
            tlv(
                240,
                tlv(241, struct.pack(">H", epc_bytes * 8) + rng.randbytes(epc_bytes))
                + tv(1, "H", rng.randint(1, 300))
                + tv(6, "b", -rng.randint(0, 128))
                + tv(4, "Q", rng.getrandbits(60))
                + tv(7, "H", rng.randint(0, 5))
                + tv(8, "H", rng.choice([0, 1, 700])),
            )
            for _ in range(tags)
        )
        for _ in range(2)
    ]
    learning, walking = ReportDecoder(CHANNELS), ReportDecoder(CHANNELS, max_layouts=0)

    assert [learning.decode(body) for body in bodies] == [walking.decode(body) for body in bodies]
    assert learning.walked == 1


def test_fast_id_says_the_tid_both_ways() -> None:
    decoder = ReportDecoder()
    tid = bytes.fromhex("E28011602000112233445566")
    body = tag(extra=custom(55, struct.pack(">H", 6) + tid))
    unread = tag(extra=custom(55, struct.pack(">H", 0)))

    assert [decoder.decode(body)[0].tid for _ in range(2)] == [tid.hex().upper()] * 2
    assert [decoder.decode(unread)[0].tid for _ in range(2)] == [None] * 2
    assert decoder.walked == 2


@pytest.mark.parametrize("tags", [1, 100])
def test_zebras_phase_is_read_both_ways(tags: int) -> None:
    decoder = ReportDecoder()
    phase = tlv(1023, struct.pack(">IIh", 161, 709, -0x4000))
    body = tag(extra=phase) * tags

    for _ in range(2):
        assert {read.phase_deg for read in decoder.decode(body)} == {270.0}
    assert decoder.walked == 1


def test_fast_id_that_counts_more_words_than_it_has_is_a_typed_error() -> None:
    with pytest.raises(ProtocolError, match="a TID of 6 words"):
        ReportDecoder().decode(tag(extra=custom(55, struct.pack(">H", 6) + b"\xe2\x80")))


def test_tag_report_says_none_for_what_is_left_out() -> None:
    assert tag_reports(tlv(240, tv(13, "12s", bytes(12)))) == [TagReport(epc="00" * 12)]


def test_messages_of_mixed_layouts_do_not_use_up_the_room_for_others() -> None:
    decoder = ReportDecoder(max_layouts=2)
    mixed = tag() + tag(extra=custom(56, struct.pack(">H", 7)))
    for _ in range(5):
        decoder.decode(mixed)
    plain = tag(extra=custom(57, struct.pack(">h", -4000)))
    walked = [decoder.decode(plain) and decoder.walked for _ in range(2)]

    assert walked[0] == walked[1]  # the second time it was learnt
