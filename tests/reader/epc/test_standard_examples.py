"""The summary examples of GS1 TDS 2.3, Annex E.3 (2025-10): every scheme, and what a checkout makes of it.

Three of the standard's own slips are read as its normative text says: the EPC URI of its SGTIN-96 has digits
too many; SSCC++ is printed with the header of SSCC+; the ++ hostnames are those that the bits say.
"""

from __future__ import annotations

import pytest

from reader.epc import EpcClass, decode, encode

# scheme, hex, element string, digits of the company prefix, URI where there is one
LEGACY = [
    ("sgtin-96", "3066C4409047E140075BCD15", "(01)09506000134352(21)123456789", 11, "sgtin:95060001343.05.123456789"),
    (
        "sgtin-198",
        "3666C4409047E159B2C2BF100000000000000000000000000000",
        "(01)09506000134352(21)32a/b",
        11,
        "sgtin:95060001343.05.32a%2Fb",
    ),
    ("sscc-96", "311BA1B300CE0A6A83000000", "(00)095201234567891235", 6, "sscc:952012.03456789123"),
    ("sgln-96", "3276451FD46072000000162E", "(414)9521141123454(254)5678", 7, "sgln:9521141.12345.5678"),
    ("grai-96", "3376451FD40C0E400000162E", "(8003)095211411234545678", 7, "grai:9521141.12345.5678"),
    ("giai-96", "3476451FD40000000000162E", "(8004)95211415678", 7, "giai:9521141.5678"),
    (
        "giai-202",
        "3876451FD59B2C2BF10000000000000000000000000000000000",
        "(8004)952114132a/b",
        7,
        "giai:9521141.32a%2Fb",
    ),
    ("gsrn-96", "2D76451FD4499602D2000000", "(8018)952114112345678906", 7, "gsrn:9521141.1234567890"),
    ("gsrnp-96", "2E76451FD4499602D2000000", "(8017)952114112345678906", 7, "gsrnp:9521141.1234567890"),
    ("gdti-96", "2C76451FD46072000000162E", "(253)95211411234545678", 7, "gdti:9521141.12345.5678"),
    ("sgcn-96", "3F76451FD612640000019907", "(255)952114167890904711", 7, "sgcn:9521141.67890.04711"),
]

# scheme, hex, element string, hostname
PLUS = [
    ("sgtin+", "F73795211411234538566CB0AFC4", "(01)79521141123453(21)32a/b", None),
    ("dsgtin+", "FB342CDE795211411234538566CB0AFC4", "(01)79521141123453(21)32a/b(17)220630", None),
    (
        "sgtin++",
        "FD3795211411234538566CB0AFC525065F1876F0D996D800",
        "(01)79521141123453(21)32a/b",
        "id.example.com",
    ),
    (
        "dsgtin++",
        "FC342CDE795211411234538566CB0AFC525065F1876F0D996D80",
        "(01)79521141123453(21)32a/b(17)220630",
        "id.example.com",
    ),
    ("giai+", "FA3952114132E83C2BF10", "(8004)952114132a/b", None),
    ("giai++", "EE3952114132E83C2BF1494197C61DBC3665B600", "(8004)952114132a/b", "id.example.com"),
    ("gsrn++", "E7395211411234567890692832F8C3B786CCB6C0", "(8018)952114112345678906", "id.example.com"),
    ("gdti+", "F6395211411234540458B8", "(253)95211411234545678", None),
    ("gdti++", "EA395211411234540458BA4A0CBE30EDE1B32DB0", "(253)95211411234545678", "id.example.com"),
    ("sgcn++", "EC3952114167890950933C94197C61DBC3665B60", "(255)952114167890904711", "id.example.com"),
]


@pytest.mark.parametrize(("scheme", "epc", "element_string", "prefix_digits", "uri"), LEGACY)
def test_legacy_examples(scheme: str, epc: str, element_string: str, prefix_digits: int, uri: str) -> None:
    found = decode(epc)

    assert (found.scheme, found.element_string, found.uri) == (scheme, element_string, f"urn:epc:id:{uri}")
    assert found.tag_uri is not None
    assert found.gs1_key is not None
    written = encode(scheme, found.gs1_key, found.serial, filter_value=found.filter or 0, prefix_digits=prefix_digits)
    assert written.ljust(len(epc), "0") == epc


@pytest.mark.parametrize(("scheme", "epc", "element_string", "hostname"), PLUS)
def test_plus_examples(scheme: str, epc: str, element_string: str, hostname: str | None) -> None:
    found = decode(epc)

    assert (found.scheme, found.element_string, found.hostname) == (scheme, element_string, hostname)
    assert (found.tag_uri, found.uri, found.company_prefix) == (None, None, None)
    assert found.gs1_key is not None
    date = ("17", "220630") if scheme.startswith("dsgtin") else None
    written = encode(scheme, found.gs1_key, found.serial, filter_value=3, date=date, hostname=hostname)
    # The examples choose 7-bit characters throughout; we take the shortest encoding, so compare what it says.
    again = decode(written)
    assert (again.element_string, again.hostname) == (element_string, hostname)
    assert len(written) <= len(epc)


def test_a_dated_item_keeps_its_date_in_its_link_and_not_in_its_key() -> None:
    found = decode("FB342CDE795211411234538566CB0AFC4")

    assert found.digital_link == "https://id.gs1.org/01/79521141123453/21/32a%2Fb?17=220630"
    assert found.item is not None
    assert found.item.digital_link == "https://id.gs1.org/01/79521141123453/21/32a%2Fb"


@pytest.mark.parametrize(
    ("epc", "scheme"),
    [
        ("3C76451FD400C0E680003039", "cpi-96"),
        ("3D76451FD75411DEF6B4CC00000003039000", "cpi-var"),
        ("F0395211415E87A145BAFB4D19A8C0E4", "cpi+"),
        ("2F320434147455900000162E", "usdod-96"),
        ("3B0E0CF5E76C9047759AD00373DC7602E7200", "adi-var"),
        ("4076451FD40C0E40820000000F54", "itip-110"),
        ("F3309521141123454010266AE27FDF35", "itip+"),
    ],
)
def test_schemes_of_other_trades_are_named_and_no_error(epc: str, scheme: str) -> None:
    found = decode(epc)

    assert (found.tag_class, found.scheme, found.error, found.gtin) == (EpcClass.GS1, scheme, None, None)
