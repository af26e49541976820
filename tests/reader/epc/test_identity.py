"""One item, one name: whatever its tag's scheme, and however others write it."""

from __future__ import annotations

import pytest
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from hypothesis import given
from hypothesis import strategies as st

from reader.epc import (
    Sgtin,
    check_digit,
    class_of_uri,
    decode,
    encode,
    encode_sgtin96,
    encode_sgtin198,
    gtin14,
    key_of_uri,
    location_link,
    location_of_uri,
    sgtin_of,
    tag_key,
)
from reader.errors import EpcError

SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"

bodies = st.text("0123456789", min_size=13, max_size=13)
serials = st.text(SET_82, min_size=1, max_size=20)


@given(bodies, st.integers(0, (1 << 38) - 1), st.integers(6, 12))
def test_every_scheme_and_every_uri_of_an_item_has_one_key(body: str, number: int, prefix_digits: int) -> None:
    gtin, serial = body + check_digit(body), str(number)
    key = Sgtin(gtin, serial).digital_link
    tags = [
        encode_sgtin96(gtin, number, prefix_digits),
        encode_sgtin198(gtin, serial, prefix_digits),
        encode("sgtin+", gtin, serial),
        encode("sgtin++", gtin, serial, hostname="example.com"),
        encode("dsgtin+", gtin, serial, date=("17", "271231")),
    ]

    assert {tag_key(tag) for tag in tags} == {key}
    found = decode(tags[0])
    assert found.uri is not None
    assert found.tag_uri is not None
    for uri in (found.uri, found.tag_uri, key, f"http://shop.example/x/01/{gtin}/21/{serial}?17=271231"):
        assert key_of_uri(uri) == key


@given(bodies, serials)
@pytest.mark.peers
def test_biip_reads_our_links_and_element_strings(body: str, serial: str) -> None:
    gtin = body + check_digit(body)
    found = decode(encode_sgtin198(gtin, serial))

    assert found.digital_link is not None
    link = GS1DigitalLinkURI.parse(found.digital_link)
    assert found.element_string == link.as_gs1_message().as_hri()
    assert link.as_canonical_uri() == found.digital_link


@given(bodies, serials, st.integers(6, 12))
def test_urns_with_any_serial_come_back(body: str, serial: str, prefix_digits: int) -> None:
    item = Sgtin(body + check_digit(body), serial)
    uri = decode(encode_sgtin198(*item, prefix_digits)).uri

    assert uri is not None
    assert key_of_uri(uri) == item.digital_link == key_of_uri(item.digital_link)


def test_qualifiers_between_product_and_serial_do_not_matter() -> None:
    key = "https://id.gs1.org/01/80614141123458/21/a%2Fb"

    assert key_of_uri("https://example.com/01/80614141123458/22/x/10/LOT/21/a%2Fb") == key
    assert key_of_uri("https://example.com/01/80614141123458/21/a%2fb") == key


def test_a_raw_uri_names_what_its_bits_say() -> None:
    assert key_of_uri("urn:epc:raw:96.x3034257BF7194E4000003039") == tag_key("3034257BF7194E4000003039")
    assert key_of_uri("urn:epc:raw:96.xE28011606000020512345678") == "urn:epc:raw:96.xE28011606000020512345678"


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "banana",
        "https://example.com/",
        "https://id.gs1.org/01/80614141123458",
        "https://id.gs1.org/01/80614141123457/21/1",  # check digit
        "https://id.gs1.org/01/80614141123458/21/",
        "https://id.gs1.org/01/80614141123458/21/a%23",
        "https://id.gs1.org/01/80614141123458/21/123456789012345678901",
        "https://[broken/01/80614141123458/21/1",
        "urn:epc:id:sscc:0614141.1234567890",
        "urn:epc:id:sgtin:0614141.81234.1",
        "urn:epc:id:sgtin:0614141.812345.",
        "urn:epc:id:sgtin:0614141.812345",
        "urn:epc:idpat:sgtin:0614141.812345.*",
        "urn:epc:raw:96.x3034",
        "urn:epc:raw:16.xZZZZ",
        "urn:epc:raw",
        "urn:epc:raw:",
        "urn:epc:raw:0.x",
    ],
)
def test_what_names_no_item_is_refused(uri: str) -> None:
    with pytest.raises(EpcError):
        key_of_uri(uri)


def test_classes_of_items() -> None:
    assert class_of_uri("urn:epc:idpat:sgtin:0614141.812345.*") == "80614141123458"
    assert class_of_uri("urn:epc:class:lgtin:0614141.812345.LOT.7") == "80614141123458"
    assert class_of_uri("https://id.gs1.org/01/80614141123458") == "80614141123458"
    assert class_of_uri("https://id.gs1.org/01/80614141123458/10/LOT") == "80614141123458"
    assert class_of_uri("https://id.gs1.org/01/614141123452") == "00614141123452"
    for other in ("https://id.gs1.org/01/80614141123458/21/1", "urn:epc:idpat:sgtin:0614141.*.*", "x", "https://[x"):
        assert class_of_uri(other) is None


def test_locations() -> None:
    assert location_of_uri("urn:epc:id:sgln:0614141.12345.400") == ("0614141123452", "400")
    assert location_of_uri("urn:epc:id:sgln:061411123456..0") == ("0614111234560", None)
    assert location_of_uri("urn:epc:id:sgln:0614141.12345.32a%2Fb") == ("0614141123452", "32a/b")
    assert location_of_uri("https://shop.example/414/0614141123452") == ("0614141123452", None)
    assert location_of_uri(location_link("0614141123452", "lane/1")) == ("0614141123452", "lane/1")
    assert location_link("0614141123452", "lane/1") == "https://id.gs1.org/414/0614141123452/254/lane%2F1"
    for broken in ("urn:epc:id:sgln:0614141.1234.0", "https://id.gs1.org/414/0614141123451", "urn:epc:id:sgln:1", "x"):
        with pytest.raises(EpcError):
            location_of_uri(broken)
    with pytest.raises(EpcError):
        location_link("0614141123451")


def test_gtins_of_every_length_become_fourteen_digits() -> None:
    assert gtin14("95010939") == "00000095010939"
    assert gtin14("614141123452") == "00614141123452"
    assert gtin14("4012345123456") == "04012345123456"
    for broken in ("", "614141123451", "12345", "６１４１４１１２３４５２", "61414112345x"):
        with pytest.raises(EpcError):
            gtin14(broken)


def test_the_worked_example_of_a_real_tag() -> None:
    assert sgtin_of("30396062C3A1A800006B33F4") == ("03608439519680", "7025652")


@given(st.integers(0, 7), st.integers(0, 7), st.integers(0, (1 << 44) - 1), st.integers(0, (1 << 38) - 1))
def test_the_fast_way_says_what_the_whole_decode_says(filter_value: int, partition: int, key: int, serial: int) -> None:
    epc = f"{(0x30 << 88) | filter_value << 85 | partition << 82 | key << 38 | serial:024X}"

    assert sgtin_of(epc) == decode(epc).item
