"""The way back from words: an EPC URN, a GS1 element string or a Digital Link → what `encode` needs for the bits.

A URN says where the company prefix ends; element strings and Digital Links do not, and '+' schemes do not care.
Only an EPC Tag URI says the scheme and the filter value.

Source: GS1 TDS 2.3, 6.3 (pure identity URIs), 12.3 (tag URIs), Annex E.3 (Digital Links); GS1 General Specifications,
section 3 (element strings).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from reader.epc.characters import unescaped
from reader.epc.encoding import PREFIX_DIGITS, encode
from reader.epc.gtin import check_digit, gtin14, has_check_digit
from reader.epc.layout import LEGACY, PLUS, Kind
from reader.errors import EpcError

__all__ = ["Named", "encode_named", "named"]

_KIND_OF_AI = {
    "01": Kind.SGTIN,
    "00": Kind.SSCC,
    "414": Kind.SGLN,
    "8003": Kind.GRAI,
    "8004": Kind.GIAI,
    "8018": Kind.GSRN,
    "8017": Kind.GSRNP,
    "253": Kind.GDTI,
    "255": Kind.SGCN,
}
_SERIAL_AI = {Kind.SGTIN: "21", Kind.SGLN: "254"}
# Digits of the key before the serial that follows it in one value: GRAI 14, GDTI and SGCN 13.
_KEY_DIGITS = {Kind.GRAI: 14, Kind.GDTI: 13, Kind.SGCN: 13}
_DATE_AIS = ("11", "13", "15", "16", "17", "7006", "7007")
# A value ends where the next AI in brackets begins. Brackets of another kind are part of it, a cut-off one is not.
_ELEMENT = re.compile(r"\((\d{2,4})\)((?:(?!\(\d{2,4}(?:\)|$)).)*)")
_URN_PARTS = {Kind.SSCC: 2, Kind.GSRN: 2, Kind.GSRNP: 2, Kind.GIAI: 2}  # the others have three


@dataclass(frozen=True, slots=True)
class Named:
    """An identity in the words of `reader.epc.encode`; what the text did not say is None.

    hostname: of a Digital Link. '++' schemes hold it; the others lead to id.gs1.org.
    """

    kind: Kind
    key: str
    serial: str | None = None
    prefix_digits: int | None = None
    scheme: str | None = None
    filter_value: int | None = None
    date: tuple[str, str] | None = None
    hostname: str | None = None


def named(text: str) -> Named:
    """Return what ``text`` names: an EPC URN, a GS1 element string with brackets, or a GS1 Digital Link.

    Raises:
        EpcError: It is none of these, or breaks its standard.
    """
    words = text.strip()
    if words.startswith("urn:epc:id:"):
        kind, _, body = words.removeprefix("urn:epc:id:").partition(":")
        return _of_urn(words, _kind(words, kind), body)
    if words.startswith("urn:epc:tag:"):
        return _of_tag_uri(words)
    if words.startswith("("):
        found = _ELEMENT.findall(words)
        if "".join(f"({ai}){value}" for ai, value in found) != words:
            raise EpcError(f"{words} is no element string; expected (AI)value, once or more")
        return _of_elements(words, found)
    if words.startswith(("http://", "https://")):
        return _of_link(words)
    raise EpcError(f"{text!r} is no EPC URN, no element string with brackets and no Digital Link")


def encode_named(
    text: str,
    scheme: str | None = None,
    *,
    filter_value: int | None = None,
    prefix_digits: int | None = None,
    hostname: str | None = None,
) -> str:
    """Return the EPC of what ``text`` names, as upper-case hex.

    What the text says wins over the defaults (filter 1, a company prefix of 7 digits), and what is given wins over
    the text. Without a scheme it is the text's own, else the first of the kind's fixed-width ones that fits.

    Raises:
        EpcError: The text names nothing, or it does not fit the scheme.
    """
    what = named(text)
    digits = prefix_digits or what.prefix_digits or PREFIX_DIGITS
    if filter_value is None:
        filter_value = 1 if what.filter_value is None else what.filter_value
    wanted = scheme or what.scheme
    candidates = (wanted,) if wanted else _schemes_of(what)
    problem: EpcError | None = None
    for candidate in candidates:
        if (candidate in PLUS and PLUS[candidate].kind is not what.kind) or (
            candidate in LEGACY and LEGACY[candidate].kind is not what.kind
        ):
            raise EpcError(f"{text} names a {what.kind.value.upper()}, which {candidate} does not hold")
        try:
            return encode(
                candidate,
                what.key,
                what.serial,
                filter_value=filter_value,
                prefix_digits=digits,
                date=what.date,
                hostname=hostname or (what.hostname if candidate in PLUS and PLUS[candidate].hosted else None),
            )
        except EpcError as error:
            problem = problem or error
    raise problem or EpcError(f"no scheme holds a {what.kind.value.upper()}")


def _schemes_of(what: Named) -> tuple[str, ...]:
    if what.kind is Kind.GID:
        return ("gid-96",)
    if what.date is not None:
        return ("dsgtin+",)
    return tuple(name for name, legacy in LEGACY.items() if legacy.kind is what.kind)


def _kind(text: str, word: str) -> Kind:
    try:
        return Kind(word)
    except ValueError:
        raise EpcError(f"{text}: {word!r} is no kind of EPC; there are {', '.join(k.value for k in Kind)}") from None


def _of_tag_uri(text: str) -> Named:
    scheme, _, body = text.removeprefix("urn:epc:tag:").partition(":")
    if scheme == "gid-96":
        what = _of_urn(text, Kind.GID, body)
        return Named(what.kind, what.key, what.serial, scheme=scheme)
    if scheme not in LEGACY:
        raise EpcError(f"{text}: there is no scheme {scheme!r} with a tag URI")
    filter_text, _, rest = body.partition(".")
    if filter_text not in tuple("01234567"):
        raise EpcError(f"{text}: a filter value is 0 to 7, not {filter_text!r}")
    what = _of_urn(text, LEGACY[scheme].kind, rest)
    return Named(what.kind, what.key, what.serial, what.prefix_digits, scheme, int(filter_text))


def _of_urn(text: str, kind: Kind, body: str) -> Named:
    count = _URN_PARTS.get(kind, 3)
    parts = [unescaped(part) for part in body.split(".", count - 1)]
    if len(parts) != count:
        raise EpcError(f"{text}: expected {count} parts with dots between them")
    prefix, reference, serial = parts[0], parts[1], parts[2] if count == 3 else None
    if kind is Kind.GID:
        return Named(kind, f"{prefix}.{reference}", serial)
    if not _is_digits(prefix) or not 6 <= len(prefix) <= 12:
        raise EpcError(f"{text}: a company prefix has 6 to 12 digits, not {prefix!r}")
    if kind is Kind.GIAI:
        return Named(kind, prefix + reference, prefix_digits=len(prefix))
    if reference and not _is_digits(reference):
        raise EpcError(f"{text}: the reference is digits, not {reference!r}")
    if kind in (Kind.SGTIN, Kind.SSCC):
        key_body = reference[:1] + prefix + reference[1:]
    else:
        key_body = ("0" if kind is Kind.GRAI else "") + prefix + reference
    # The GRAI's zero in front changes no check digit.
    extension = None if kind is Kind.SGLN and serial == "0" else serial
    return Named(kind, key_body + check_digit(key_body), extension, len(prefix))


def _of_link(text: str) -> Named:
    try:
        address = urlsplit(text)
    except ValueError as error:
        raise EpcError(f"{text} is no URI: {error}") from error
    segments = address.path.strip("/").split("/")
    first = next((at for at, segment in enumerate(segments[:-1]) if segment in _KIND_OF_AI), None)
    if first is None or (len(segments) - first) % 2:
        raise EpcError(f"{text} names no key that a tag can hold")
    pairs = [(segments[at], unescaped(segments[at + 1])) for at in range(first, len(segments), 2)]
    query = [tuple(part.partition("=")[::2]) for part in address.query.split("&") if part]
    what = _of_elements(text, [*pairs, *((ai, unescaped(value)) for ai, value in query if ai in _DATE_AIS)])
    return replace(what, hostname=address.hostname)


def _of_elements(text: str, elements: Iterable[tuple[str, str]]) -> Named:
    values = dict(elements)
    ai = next((ai for ai in values if ai in _KIND_OF_AI), None)
    if ai is None:
        raise EpcError(f"{text} names no key that a tag can hold")
    kind = _KIND_OF_AI[ai]
    key, serial = values[ai], values.get(_SERIAL_AI.get(kind, ""))
    if kind in _KEY_DIGITS:
        digits = _KEY_DIGITS[kind]
        key, serial = key[:digits], key[digits:] or None
    if kind is Kind.SGTIN:
        key = gtin14(key)
    elif kind is not Kind.GIAI:
        _check_key(text, kind, key)
    date = next(((ai, value) for ai, value in values.items() if ai in _DATE_AIS), None)
    return Named(kind, key, serial, date=date)


def _check_key(text: str, kind: Kind, key: str) -> None:
    wanted = next(plus.key_digits for plus in PLUS.values() if plus.kind is kind)
    if not _is_digits(key) or len(key) != wanted:
        raise EpcError(f"{text}: the key of a {kind.value.upper()} has {wanted} digits, not {key!r}")
    if not has_check_digit(key):
        raise EpcError(f"{text}: the check digit of {key} should be {check_digit(key[:-1])}")


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
