"""Tag reports: gathered as asked for, and written as the general codec would."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reader.access import Bank
from reader.virtual.air import AirRead
from reader.virtual.llrp.codec import decode
from reader.virtual.llrp.element import Bits, Element, make
from reader.virtual.llrp.reports import Gatherer, TagEntry, TagWriter, report_plan
from reader.virtual.llrp.select import selector_of
from reader.virtual.memory import TagMemory
from tests.reader.virtual.llrp_bench import report_spec, selector

FLAGS = sorted(selector().fields)


@st.composite
def selections(draw: st.DrawFn) -> Element:
    flags = {name: draw(st.integers(0, 1)) for name in FLAGS}
    memory = draw(st.sampled_from([None, (0, 1), (1, 0), (1, 1)]))
    children = [make("C1G2EPCMemorySelector", EnableCRC=memory[0], EnablePCBits=memory[1])] if memory else []
    return make("TagReportContentSelector", *children, **flags)


entries = st.builds(
    TagEntry,
    epc=st.integers(1, 31)
    .flatmap(lambda words: st.binary(min_size=2 * words, max_size=2 * words))
    .map(lambda octets: octets.hex().upper()),
    spec_index=st.integers(0, 0xFFFF),
    inventory_id=st.integers(0, 0xFFFF),
    antenna=st.integers(1, 32),
    channel=st.integers(1, 50),
    rssi_dbm=st.floats(-90, 0),
    first_us=st.integers(0, 2**50),
    last_us=st.integers(0, 2**50),
    count=st.integers(1, 0xFFFF),
)


def by_codec(raw: bytes) -> Element:
    """Decode a TagReportData as part of a whole message."""
    head = struct.pack(">HII", 1 << 10 | 61, 10 + len(raw), 1)
    (tag,) = decode(head + raw).body.children
    return tag


@settings(deadline=None)
@given(selections(), entries)
def test_the_fast_writer_writes_what_the_strict_codec_reads(selection: Element, entry: TagEntry) -> None:
    tag = by_codec(TagWriter(selection, 77).write(entry, 1000))

    expected: dict[str, dict[str, object]] = {
        "ROSpecID": {"ROSpecID": 77},
        "SpecIndex": {"SpecIndex": entry.spec_index},
        "InventoryParameterSpecID": {"InventoryParameterSpecID": entry.inventory_id},
        "AntennaID": {"AntennaID": entry.antenna},
        "PeakRSSI": {"PeakRSSI": round(entry.rssi_dbm)},
        "ChannelIndex": {"ChannelIndex": entry.channel},
        "FirstSeenTimestamp": {"Microseconds": entry.first_us + 1000},
        "LastSeenTimestamp": {"Microseconds": entry.last_us + 1000},
        "TagSeenCount": {"TagCount": entry.count},
        "AccessSpecID": {"AccessSpecID": 0},
    }
    for name, fields in expected.items():
        shown = tag.first(name if "Timestamp" not in name else f"{name}UTC")
        assert (shown.fields if shown else None) == (fields if selection.number(f"Enable{name}") else None)
    epc = bytes.fromhex(entry.epc)
    assert tag.children[0].fields["EPC"] == (epc if len(epc) == 12 else Bits(8 * len(epc), epc))


def test_the_crc_and_pc_word_are_those_of_the_tag() -> None:
    memory = make("C1G2EPCMemorySelector", EnableCRC=1, EnablePCBits=1)
    selection = make("TagReportContentSelector", memory, **dict.fromkeys(FLAGS, 0))
    entry = TagEntry("3005FB63AC1F3681EC880468", 1, 1, 1, 1, -50.0, 0, 0)

    tag = by_codec(TagWriter(selection, 1).write(entry, 0))

    assert tag.the("C1G2_PC").number("PC_Bits") == 0x3000
    # CRC-16/GENIBUS of 3000 3005FB63AC1F3681EC880468, worked out bit by bit below.
    assert tag.the("C1G2_CRC").number("CRC") == crc_bit_by_bit(bytes.fromhex("30003005FB63AC1F3681EC880468"))


def crc_bit_by_bit(octets: bytes) -> int:
    """Gen2, Annex F.2, the slow way: a shift register of 16 bits preset to ones."""
    register = 0xFFFF
    for octet in octets:
        for bit in range(7, -1, -1):
            carry = register >> 15 ^ octet >> bit & 1
            register = register << 1 & 0xFFFF ^ (0x1021 if carry else 0)
    return register ^ 0xFFFF


def read(t_us: int, epc: str = "AAAA", antenna: int = 1, rssi_dbm: float = -50.0) -> AirRead:
    return AirRead(t_us, epc, antenna, 1, 865_700, rssi_dbm, 0.0)


def test_reads_of_one_tag_are_gathered_into_one_entry() -> None:
    gatherer = Gatherer(report_plan(report_spec(2, 0)))
    for one in (read(1, rssi_dbm=-60.0), read(2, rssi_dbm=-40.0), read(3), read(4, antenna=2), read(5, "BBBB")):
        gatherer.add(one, 1, 1)

    told = [(e.epc, e.antenna, e.first_us, e.last_us, e.rssi_dbm, e.count) for e in gatherer.take()]

    assert told == [("AAAA", 1, 1, 3, -40.0, 3), ("AAAA", 2, 4, 4, -50.0, 1), ("BBBB", 1, 5, 5, -50.0, 1)]
    assert gatherer.take() == []


def test_what_is_not_reported_does_not_keep_entries_apart() -> None:
    gatherer = Gatherer(report_plan(report_spec(2, 0, EnableAntennaID=0)))
    gatherer.add(read(1, antenna=1), 1, 1)
    gatherer.add(read(2, antenna=2), 1, 1)

    assert len(gatherer) == 1


def test_it_is_full_at_n() -> None:
    gatherer = Gatherer(report_plan(report_spec(1, 2)))
    gatherer.add(read(1), 1, 1)
    gatherer.add(read(2), 1, 1)
    assert not gatherer.is_full()
    gatherer.add(read(3, "BBBB"), 1, 1)
    assert gatherer.is_full()


def test_what_finds_no_room_is_said_so() -> None:
    gatherer = Gatherer(report_plan(report_spec(0, 0)), room=1)

    assert gatherer.add(read(1), 1, 1)
    assert gatherer.add(read(2), 1, 1), "a known tag needs no room"
    assert not gatherer.add(read(3, "BBBB"), 1, 1)


def a_filter(
    mask_hex: str, *, bank: int = 1, pointer: int = 32, action: int | None = None, bits: int | None = None
) -> Element:
    octets = bytes.fromhex(mask_hex)
    length = 8 * len(octets) if bits is None else bits
    mask = make("C1G2TagInventoryMask", MB=bank, Pointer=pointer, TagMask=Bits(length, octets))
    actions = [] if action is None else [make("C1G2TagInventoryStateUnawareFilterAction", Action=action)]
    return make("C1G2Filter", mask, *actions, T=0)


@pytest.mark.parametrize(
    ("filters", "asked"),
    [
        ([a_filter("3036")], [True, False]),
        ([a_filter("3036", action=0)], [True, False]),
        ([a_filter("3036", action=3)], [False, True]),
        ([a_filter("3036", action=4)], [False, True]),
        ([a_filter("30", bits=2)], [True, True]),
        ([a_filter("03", pointer=36)], [True, False]),
        ([a_filter("3000", pointer=16)], [True, False]),
        ([a_filter("", bits=0)], [True, True]),
        ([a_filter("00" * 20)], [False, False]),
        ([a_filter("3036", action=0), a_filter("3536", action=1)], [True, True]),
        ([a_filter("30", bits=2), a_filter("3036", action=3)], [False, True]),
    ],
)
def test_filters_select_by_bits_of_the_epc_bank(filters: list[Element], asked: list[bool]) -> None:
    selects = selector_of(filters)

    assert selects is not None
    assert [selects(TagMemory(e, e)) for e in ("3036451FD4001940000003E9", "3536451FD4001940000003E93AAA")] == asked


def test_filters_select_by_crc_tid_and_user_memory() -> None:
    tag = TagMemory("tag", "3036451FD4001940000003E9", tid="E28011602000ABCD")
    tag.write(Bank.USER, 0, [0x1234])
    filters = [
        a_filter(f"{tag.crc:04X}", pointer=0),
        a_filter("ABCD", bank=2, pointer=48),
        a_filter("ABCE", bank=2, pointer=48),
        a_filter("ABCD00", bank=2, pointer=48),
        a_filter("1234", bank=3, pointer=0),
        a_filter("23", bank=3, pointer=4),
    ]
    selectors = [selector_of([one]) for one in filters]

    assert [selects is not None and selects(tag) for selects in selectors] == [True, True, False, False, True, True]


def test_without_filters_all_are_asked() -> None:
    assert selector_of([]) is None
