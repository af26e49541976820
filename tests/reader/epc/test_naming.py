"""From words back to bits: whatever `decode` says of a tag names that tag again."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given

from reader.epc import decode, encode, encode_named, named
from reader.errors import EpcError
from tests.reader.epc.test_round_trip import tags


@given(tags())
def test_every_form_of_a_tag_names_it_again(tag: dict[str, object]) -> None:
    epc = encode(**tag)  # type: ignore[arg-type]  # one strategy draws all the arguments
    found = decode(epc)
    assert found.scheme is not None
    hostname = found.hostname

    if found.tag_uri is not None:
        assert encode_named(found.tag_uri) == epc
    if found.uri is not None:
        assert encode_named(found.uri, found.scheme, filter_value=found.filter) == epc
    if found.digital_link is not None:
        digits = len(found.company_prefix) if found.company_prefix else None
        again = encode_named(
            found.digital_link, found.scheme, filter_value=found.filter, prefix_digits=digits, hostname=hostname
        )
        assert decode(again).digital_link == found.digital_link
        assert again == epc or found.serial is None  # an extension of 0 is the same as none


@given(tags())
def test_element_strings_name_their_tags(tag: dict[str, object]) -> None:
    found = decode(encode(**tag))  # type: ignore[arg-type]  # one strategy draws all the arguments
    assume(found.element_string is not None)
    assume(not re.search(r"\(\d{2,4}\)", f"{tag['key']}{tag['serial']}"))  # cannot be told from another AI
    assert found.element_string is not None

    what = named(found.element_string)

    assert (what.key, what.serial) == (found.gs1_key, found.serial)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("hello", "no EPC URN"),
        ("urn:epc:id:nothing:1.2.3", "no kind of EPC"),
        ("urn:epc:id:sgtin:952114.1", "expected 3 parts"),
        ("urn:epc:id:sgtin:95211.41012340.5", "6 to 12 digits"),
        ("urn:epc:tag:sgtin-96:9.9521141.012345.5", "filter value"),
        ("urn:epc:tag:sgtin-77:1.9521141.012345.5", "no scheme"),
        ("(10)LOT", "no key"),
        ("(01)09521141123455", "check digit"),
        ("(01)9521141123454(21", "no element string"),
        ("https://example.com/hello", "no key"),
        ("https://id.gs1.org/01", "no key"),
        ("(8018)952114112345678902", "check digit"),
        ("(00)095211411234560001", "check digit of 095211411234560001 should be 8"),
        ("(00)09521141123456000", "key of a SSCC has 18 digits"),
    ],
)
def test_what_names_nothing_is_refused_in_one_sentence(text: str, reason: str) -> None:
    with pytest.raises(EpcError, match=reason):
        encode_named(text)


def test_a_serial_that_96_bits_cannot_hold_takes_the_longer_scheme() -> None:
    assert decode(encode_named("(01)09521141123454(21)00A")).scheme == "sgtin-198"
    assert decode(encode_named("(01)09521141123454(21)77")).scheme == "sgtin-96"


def test_a_link_on_another_host_is_held_by_the_schemes_that_hold_hosts() -> None:
    link = "https://shop.example.com/01/09521141123454/21/500"

    assert decode(encode_named(link, "sgtin++")).hostname == "shop.example.com"
    assert decode(encode_named(link, "sgtin++", hostname="other.example")).hostname == "other.example"
    assert encode_named(link) == encode_named(link.replace("shop.example.com", "id.gs1.org"))


def test_a_key_of_another_kind_is_refused() -> None:
    with pytest.raises(EpcError, match="names a SGTIN, which sscc-96 does not hold"):
        encode_named("(01)09521141123454(21)77", "sscc-96")
