"""What is refused, and as what. A tag that is not what it seems must never be sold as something else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reader.epc import EpcClass, decode, sgtin_of, tag_key
from reader.errors import EpcError

GOOD = "3034257BF7194E4000003039"


@given(st.text("0123456789abcdefABCDEF", min_size=1, max_size=130))
def test_any_hex_gets_a_class(text: str) -> None:
    found = decode(text)

    assert found.epc == text.upper()
    assert (found.error is None) == (found.tag_class is EpcClass.GS1)
    assert (found.tag_class is EpcClass.GS1) == (found.scheme is not None)


@given(
    st.integers(0, (1 << 208) - 1), st.sampled_from(["30", "36", "F7", "FB", "FD", "FC", "31", "39", "FA", "EE", "F8"])
)
def test_the_fast_way_agrees_with_the_thorough_one(value: int, header: str) -> None:
    for digits in (22, 48, 50):
        epc = header + f"{value % (1 << 4 * digits):0{digits}X}"
        assert sgtin_of(epc) == decode(epc).item


@given(st.text(max_size=30))
def test_the_fast_way_never_raises(text: str) -> None:
    found = sgtin_of(text)

    assert found is None or decode(text).item == found


@pytest.mark.parametrize("text", ["", ":", "zz", "30 34", "123:3034", "12345:3034", "3034\u0660", "0x30", "30_4"])
def test_text_that_is_not_hex_is_refused(text: str) -> None:
    with pytest.raises(EpcError):
        decode(text)


@pytest.mark.parametrize(
    ("text", "tag_class"),
    [
        (f"3000:{GOOD}", EpcClass.GS1),
        (f"3400:{GOOD}", EpcClass.GS1),  # user memory indicated
        (f"30A5:{GOOD}", EpcClass.GS1),  # attribute bits
        (f"3100:{GOOD}", EpcClass.ISO_AFI),
        (f"2800:{GOOD}", EpcClass.GS1_BAD),  # says five words
        (f"3800:{GOOD}", EpcClass.GS1_BAD),  # says seven
        (GOOD + "000", EpcClass.GS1),  # padded to less than a word
        (GOOD + "0000", EpcClass.GS1_BAD),  # a word too many
        (GOOD + "1", EpcClass.GS1_BAD),
        (GOOD[:-1], EpcClass.GS1_BAD),
        ("3000" + GOOD, EpcClass.GS1_BAD),  # the PC word in front
        ("E28011606000020512345678", EpcClass.UNPROGRAMMED),
        ("FFFFFFFFFFFFFFFFFFFFFFFF", EpcClass.UNPROGRAMMED),
        ("0000", EpcClass.UNPROGRAMMED),
        ("3000:000000000000000000000001", EpcClass.UNPROGRAMMED),
        ("3", EpcClass.UNPROGRAMMED),
        ("303939393939393939393939", EpcClass.ASCII),  # "099999999999" begins like an SGTIN-96
        ("3039393939393939", EpcClass.ASCII),
        ("30393939393939", EpcClass.GS1_BAD),  # seven bytes: a cut SGTIN-96 as well as a text
        ("30", EpcClass.GS1_BAD),
        ("FE00112233445566778899AA", EpcClass.FOREIGN),
        ("F73795211411234528566CB0AFC4", EpcClass.GS1_BAD),  # check digit 2 instead of 3
        ("F7379521141123453C566CB0AFC4", EpcClass.GS1_BAD),  # reserved encoding indicator 6
        ("F7379521141A234538566CB0AFC4", EpcClass.GS1_BAD),  # nibble A
        ("F73795211411234538566CB0AFC40000", EpcClass.GS1),  # zero padding
        ("F73795211411234538566CB0AFC40001", EpcClass.GS1_BAD),
        ("F7B795211411234538566CB0AFC40001", EpcClass.GS1),  # the data toggle says that more follows
        ("F73795211411234538566CB0AF", EpcClass.GS1_BAD),  # the serial runs past the end
        ("FB372CDE795211411234538566CB0AFC4", EpcClass.GS1_BAD),  # reserved date type 7
        ("FB342CDF795211411234538566CB0AFC4", EpcClass.GS1_BAD),  # the 31st of June
    ],
)
def test_classes(text: str, tag_class: EpcClass) -> None:
    assert decode(text).tag_class is tag_class


def test_a_serial_of_other_characters_is_refused() -> None:
    # "#" (23) is 7-bit ASCII and not in GS1's set of 82.
    head = int("36300001DB0111", 16) << (198 - 56) | 0b01 << (198 - 58)
    epc = f"{(head | 0x23 << 133) << 2:050X}"

    assert decode(epc).tag_class is EpcClass.GS1_BAD
    assert sgtin_of(epc) is None


def test_characters_after_the_end_of_a_serial_are_refused() -> None:
    epc = "36D4257BF7194E58B266D1A800000000000000000000000000"
    hidden = epc[:40] + "8" + epc[41:]

    assert decode(epc).tag_class is EpcClass.GS1
    assert decode(hidden).tag_class is EpcClass.GS1_BAD


def test_a_tag_without_item_is_known_by_its_raw_epc() -> None:
    assert tag_key("e28011606000020512345678") == "urn:epc:raw:96.xE28011606000020512345678"
    assert tag_key("3114257BF4499602D2000000") == "urn:epc:raw:96.x3114257BF4499602D2000000"
