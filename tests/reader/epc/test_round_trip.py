"""What is encoded is decoded to the same, in every scheme; epcpy agrees on all that it knows.

Of the variable field's encodings only 7-bit characters and integers have published vectors; the others, and a
GIAI's end, are held by their tables and by these round trips.
"""

from __future__ import annotations

import pytest
from epcpy.utils.parsers import hex_to_tag_encodable
from hypothesis import assume, given
from hypothesis import strategies as st

from reader.epc import SCHEMES, check_digit, decode, encode
from reader.epc.bits import BitReader, BitWriter
from reader.epc.layout import LEGACY, PLUS, Kind, Serial
from reader.epc.variable import put_variable, take_variable
from reader.errors import EpcError

SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"


def _key(draw: st.DrawFn, kind: Kind, prefix_digits: int) -> str:
    def digits(count: int) -> str:
        return draw(st.text("0123456789", min_size=count, max_size=count))

    match kind:
        case Kind.GID:
            return f"{draw(st.integers(0, (1 << 28) - 1))}.{draw(st.integers(0, (1 << 24) - 1))}"
        case Kind.GIAI:
            return digits(prefix_digits) + draw(st.text(SET_82, min_size=1, max_size=30 - prefix_digits))
        case Kind.GRAI:
            body = digits(12)
            return "0" + body + check_digit(body)
        case _:
            body = digits({Kind.SGTIN: 13, Kind.SSCC: 17, Kind.GSRN: 17, Kind.GSRNP: 17}.get(kind, 12))
            return body + check_digit(body)


def _serial(draw: st.DrawFn, scheme: str) -> str | None:
    if scheme == "gid-96":
        return str(draw(st.integers(0, (1 << 36) - 1)))
    if scheme in PLUS:
        longest = PLUS[scheme].serial_max
        alphabet = "0123456789" if PLUS[scheme].kind is Kind.SGCN else SET_82
        return draw(st.text(alphabet, min_size=1, max_size=longest)) if longest else None
    legacy = LEGACY[scheme]
    if not legacy.serial_bits or legacy.serial is Serial.RESERVED:
        return None
    match legacy.serial:
        case Serial.INTEGER:
            return str(draw(st.integers(0, (1 << legacy.serial_bits) - 1)))
        case Serial.DIGITS:
            return draw(st.text("0123456789", min_size=1, max_size=12))
        case _:
            return draw(st.text(SET_82, min_size=1, max_size=legacy.serial_bits // 7))


@st.composite
def tags(draw: st.DrawFn) -> dict[str, object]:
    scheme = draw(st.sampled_from(SCHEMES))
    kind = Kind.GID if scheme == "gid-96" else (PLUS.get(scheme) or LEGACY[scheme]).kind
    prefix_digits = draw(st.integers(6, 12))
    key = _key(draw, kind, prefix_digits)
    if scheme == "giai-96":
        key = key[:prefix_digits] + str(draw(st.integers(0, (1 << 42) - 1)))
    return {
        "scheme": scheme,
        "key": key,
        "serial": _serial(draw, scheme),
        "filter_value": draw(st.integers(0, 7)),
        "prefix_digits": prefix_digits,
        "date": ("17", "280229") if scheme.startswith("dsgtin") else None,
        "hostname": draw(st.from_regex(r"\A[a-zA-Z0-9-]{1,20}(\.com|\.co\.uk|\.de|\.tech)?\Z"))
        if scheme.endswith("++")
        else None,
    }


@given(tags())
def test_what_is_encoded_is_decoded_to_the_same(tag: dict[str, object]) -> None:
    found = decode(encode(**tag))  # type: ignore[arg-type]  # one strategy draws all the arguments

    assert found.error is None
    assert found.scheme == tag["scheme"]
    serial = tag["serial"]
    if "sgln" in str(tag["scheme"]) and serial == "0":
        serial = None  # an extension of 0 means none
    assert found.serial == serial
    assert found.hostname == tag["hostname"]
    if found.scheme == "gid-96":
        assert found.uri == f"urn:epc:id:gid:{tag['key']}.{serial}"
        return
    assert found.gs1_key == tag["key"]
    assert found.filter == tag["filter_value"]
    if found.company_prefix is not None:
        assert len(found.company_prefix) == tag["prefix_digits"]


@given(tags())
@pytest.mark.peers
def test_epcpy_agrees_on_what_it_knows(tag: dict[str, object]) -> None:
    # epcpy 0.1.8 knows no '+' schemes, miscounts escaped characters, and trips over %2F, %3C, %3E, %3F.
    assume("+" not in str(tag["scheme"]) and not set('"%&/<>?') & set(f"{tag['key']}{tag['serial']}"))
    ours = decode(encode(**tag))  # type: ignore[arg-type]  # one strategy draws all the arguments
    padded = ours.epc + "0" * (-len(ours.epc) % 4)
    theirs = hex_to_tag_encodable(padded)

    assert theirs.epc_uri == ours.uri


@given(
    st.sampled_from(
        (
            "0123456789",
            "0123456789ABCDEF",
            "0123456789abcdef",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789",
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
            SET_82,
        )
    ).flatmap(lambda alphabet: st.text(alphabet, min_size=1, max_size=20))
)
def test_every_encoding_of_a_variable_field_comes_back(text: str) -> None:
    writer = BitWriter()
    put_variable(writer, text, 20)
    written = writer.hex()

    assert take_variable(BitReader(int(written, 16), 4 * len(written)), 20) == text
    assert 4 * len(written) <= 8 + 7 * len(text) + 3


@pytest.mark.parametrize(
    ("scheme", "key", "serial"),
    [
        ("sgtin-96", "80614141123458", "012"),  # a leading zero cannot be written
        ("sgtin-96", "80614141123458", "274877906944"),
        ("sgtin-96", "80614141123458", "A1"),
        ("sgtin-96", "80614141123458", None),
        ("sgtin-96", "80614141123457", "1"),
        ("sgtin-198", "80614141123458", "#"),
        ("sgtin-198", "80614141123458", "123456789012345678901"),
        ("sscc-96", "106141412345678908", "1"),
        ("grai-96", "10614141123452", "1"),
        ("sgcn-96", "4012345678901", "1234567890123"),
        ("giai-96", "0614141", None),
        ("giai-96", "0614141A", None),
        ("gid-96", "1", "1"),
        ("sgtin+", "80614141123458", ""),
        ("gsrn+", "952114112345678905", None),
        ("dsgtin+", "79521141123453", "1"),
        ("sgtin++", "79521141123453", "1"),
        ("nonsense", "79521141123453", "1"),
    ],
)
def test_what_does_not_fit_a_scheme_is_refused(scheme: str, key: str, serial: str | None) -> None:
    with pytest.raises(EpcError):
        encode(scheme, key, serial)
