"""Which item is it? The fast questions, asked of every read and of every URI that comes from elsewhere.

An item is known by GTIN-14 and serial, written as its canonical Digital Link: the same key from SGTIN-96,
-198, '+' and '++' tags and from URNs. A tag without GTIN and serial is known by its raw EPC (TDS 12.1).
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from reader.epc.characters import SET_82, link_escaped, unescaped
from reader.epc.gtin import Sgtin, check_digit, gtin14, has_check_digit
from reader.epc.layout import Kind
from reader.epc.legacy import gtin_of_head
from reader.epc.tag import fields_of
from reader.errors import EpcError

__all__ = ["class_of_uri", "gtin_of_product", "key_of_uri", "location_link", "location_of_uri", "sgtin_of", "tag_key"]

_SERIAL_96 = (1 << 38) - 1
_PRODUCTS = 8192  # heads remembered; a store has a few thousand products
_TAGS = 32_768  # remembered, about 10 MB; a large shop floor has 20,000
_SERIAL_LENGTH = 20  # GS1 General Specifications 3.5.2, for AI 21 and 254 alike

# By the first 58 bits of an SGTIN-96, which all tags of a product share.
gtin_of_product = lru_cache(maxsize=_PRODUCTS)(gtin_of_head)


@lru_cache(maxsize=_TAGS)
def sgtin_of(epc_hex: str) -> Sgtin | None:
    """Return GTIN and serial of a strictly valid SGTIN or DSGTIN tag, or None for anything else.

    Fast enough for every read: a tag that was seen is remembered, and of one that was not only the serial is decoded
    where its product was.
    """
    if len(epc_hex) == 24 and epc_hex.isascii():
        try:
            value = int(epc_hex, 16)
        except ValueError:
            return None
        # int() takes "_" and blanks too, but then digits are missing, and the header is not where it has to be.
        gtin = gtin_of_product(value >> 38)
        if gtin is not None:
            return Sgtin(gtin, str(value & _SERIAL_96))
    if not (epc_hex.isascii() and epc_hex.isalnum()):
        return None
    try:
        fields = fields_of(epc_hex.upper())
    except ValueError:  # not hex, or EpcError
        return None
    if fields is None or fields.kind is not Kind.SGTIN or fields.serial is None:
        return None
    return Sgtin(fields.key, fields.serial)


def tag_key(epc_hex: str) -> str:
    """Return the name by which every room knows the tag: its Digital Link, else its EPC Raw URI."""
    item = sgtin_of(epc_hex)
    return item.digital_link if item else f"urn:epc:raw:{4 * len(epc_hex)}.x{epc_hex.upper()}"


def key_of_uri(uri: str) -> str:
    """Return the `tag_key` of the item that ``uri`` names: an SGTIN as URN, or a Digital Link on any host.

    Raises:
        EpcError: It names no serialised item, or breaks the standard.
    """
    if uri.startswith("urn:epc:raw:"):
        return _key_of_raw(uri)
    if uri.startswith("urn:"):
        for start in ("urn:epc:id:sgtin:", "urn:epc:tag:sgtin-96:", "urn:epc:tag:sgtin-198:"):
            if uri.startswith(start):
                body = uri[len(start) :]
                return _key_of_body(uri, body if start.startswith("urn:epc:id") else body[2:])
        raise EpcError(f"{uri} names no item")
    path = _link_values(uri)
    if "01" not in path or "21" not in path:
        raise EpcError(f"{uri} names no item")
    return Sgtin(gtin14(path["01"]), _serial(uri, path["21"])).digital_link


def class_of_uri(uri: str) -> str | None:
    """Return the GTIN-14 of a class of items (SGTIN pattern, LGTIN, Digital Link without serial), else None."""
    pattern, lot = "urn:epc:idpat:sgtin:", "urn:epc:class:lgtin:"
    try:
        if uri.startswith(pattern) and uri.endswith(".*"):
            return _gtin_of_parts(uri, uri[len(pattern) : -2].split("."))
        if uri.startswith(lot):
            return _gtin_of_parts(uri, uri[len(lot) :].split(".", 2)[:2])
        path = _link_values(uri)
        return gtin14(path["01"]) if "01" in path and "21" not in path else None
    except EpcError:
        return None


def location_of_uri(uri: str) -> tuple[str, str | None]:
    """Return GLN and extension of an SGLN as URN or Digital Link; the extension is None where it has none.

    Raises:
        EpcError: It names no location, or breaks the standard.
    """
    start = "urn:epc:id:sgln:"
    if uri.startswith(start):
        prefix, reference, extension = _parts(uri, uri[len(start) :])
        if len(prefix) + len(reference) != 12 or not _is_digits(prefix + reference) or not 6 <= len(prefix) <= 12:
            raise EpcError(f"{uri} has no GLN of 12 digits")
        gln = prefix + reference + check_digit(prefix + reference)
        return gln, None if extension == "0" else _serial(uri, extension)
    path = _link_values(uri)
    if "414" not in path:
        raise EpcError(f"{uri} names no location")
    _check_gln(path["414"])
    return path["414"], _serial(uri, path["254"]) if "254" in path else None


def location_link(gln: str, extension: str | None = None) -> str:
    """Return the Digital Link of a location. Raises EpcError for a GLN that is none."""
    _check_gln(gln)
    link = f"https://id.gs1.org/414/{gln}"
    return link if extension is None else f"{link}/254/{link_escaped(_serial(link, extension))}"


def _key_of_raw(uri: str) -> str:
    _, _, epc_hex = uri.rpartition(".x")
    key = tag_key(epc_hex)
    if not epc_hex or not _is_hex(epc_hex) or uri.split(":")[3] != f"{4 * len(epc_hex)}.x{epc_hex}":
        raise EpcError(f"{uri} is no EPC Raw URI")
    return key


def _key_of_body(uri: str, body: str) -> str:
    prefix, reference, serial = _parts(uri, body)
    return Sgtin(_gtin_of_parts(uri, [prefix, reference]), _serial(uri, serial)).digital_link


def _gtin_of_parts(uri: str, parts: list[str]) -> str:
    if len(parts) != 2 or not _is_digits("".join(parts)) or len("".join(parts)) != 13 or not 6 <= len(parts[0]) <= 12:
        raise EpcError(f"{uri} has no company prefix and item reference of 13 digits")
    prefix, reference = parts
    body = reference[0] + prefix + reference[1:]
    return body + check_digit(body)


def _parts(uri: str, body: str) -> tuple[str, str, str]:
    parts = body.split(".", 2)
    if len(parts) != 3:
        raise EpcError(f"{uri} lacks a part")
    return parts[0], parts[1], unescaped(parts[2])


def _link_values(uri: str) -> dict[str, str]:
    """Return the Application Identifiers and values of a Digital Link's path, which may begin with other segments."""
    try:
        address = urlsplit(uri)
    except ValueError as error:
        raise EpcError(f"{uri} is no URI: {error}") from error
    if address.scheme not in ("http", "https") or not address.netloc:
        raise EpcError(f"{uri} is neither an EPC URN nor a Digital Link")
    segments = address.path.strip("/").split("/")
    first = next((n for n, segment in enumerate(segments[:-1]) if segment in ("01", "414")), None)
    pairs = segments[first:] if first is not None else []
    if len(pairs) % 2:
        raise EpcError(f"{uri} has an Application Identifier without a value")
    return {ai: unescaped(value) for ai, value in zip(pairs[::2], pairs[1::2], strict=True)}


def _serial(uri: str, serial: str) -> str:
    if not 1 <= len(serial) <= _SERIAL_LENGTH or not SET_82.issuperset(serial):
        raise EpcError(f"{uri} has a serial that GS1 does not allow")
    return serial


def _check_gln(gln: str) -> None:
    if len(gln) != 13 or not _is_digits(gln) or not has_check_digit(gln):
        raise EpcError(f"a GLN has 13 digits and a check digit, not {gln!r}")


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _is_hex(text: str) -> bool:
    return all(character in "0123456789ABCDEF" for character in text)
