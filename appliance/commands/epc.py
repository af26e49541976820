"""`tagtill epc`: tags, bits to words and back."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import click
import orjson

from reader.epc import SCHEMES, Epc, EpcClass, decode, encode, encode_named, padded_to_words
from reader.errors import EpcError

__all__ = ["epc"]

_BYTE_ORDER_MARK = "\ufeff"  # some editors begin a text file with it


@click.group()
def epc() -> None:
    """Tags: bits to words and back, by the GS1 Tag Data Standard."""


@epc.command("decode")
@click.argument("texts", metavar="[HEX…|-]", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per tag.")
def decode_(texts: tuple[str, ...], as_json: bool) -> None:
    """Say what each EPC is. HEX may be PCHEX:HEX where the PC word is known; - reads lines from stdin.

    Blanks within an EPC do not matter: readers print it in words.

    Exits with 1 when any of them is not a valid GS1 EPC; all are printed all the same.
    """
    refused: list[str] = []
    others = 0
    for text in _inputs(texts):
        try:
            found = decode("".join(text.split()))
        except EpcError as error:
            refused.append(str(error))
            continue
        others += found.tag_class is not EpcClass.GS1
        click.echo(orjson.dumps(found.to_json()) if as_json else _sentence(found))
    if refused:
        more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
        raise click.ClickException(refused[0] + more)
    if others:
        raise click.exceptions.Exit(1)


@epc.command("encode")
@click.option(
    "--scheme",
    type=click.Choice(SCHEMES, case_sensitive=False),
    help="Which binary scheme to write; with --identity it may be left out.",
)
@click.option("--identity", help="An EPC URN, a GS1 element string or a Digital Link, instead of key and serial.")
@click.option("--gtin", help="GTIN of 8, 12, 13 or 14 digits, for SGTIN and DSGTIN schemes.")
@click.option("--key", help="The GS1 key of any other scheme, check digit included; manager.class for GID.")
@click.option("--serial", help="Serial, or a location's extension.")
@click.option("--filter", "filter_value", default=None, type=click.IntRange(0, 7), help="Default 1, a single item.")
@click.option("--company-prefix-digits", "prefix_digits", default=None, type=click.IntRange(6, 12), help="Default 7.")
@click.option("--company-prefix", help="The company prefix itself, instead of its length.")
@click.option("--date", metavar="AI=YYMMDD", help="For DSGTIN: 17=271231 is an expiry date.")
@click.option("--hostname", help="For '++' schemes.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, with the tag's memory words and PC word.")
def encode_(
    scheme: str | None,
    identity: str | None,
    gtin: str | None,
    key: str | None,
    serial: str | None,
    filter_value: int | None,
    prefix_digits: int | None,
    company_prefix: str | None,
    date: str | None,
    hostname: str | None,
    as_json: bool,
) -> None:
    """Write an EPC as hex."""
    if sum(given is not None for given in (gtin, key, identity)) != 1:
        raise click.UsageError("one of --gtin, --key and --identity is needed")
    if company_prefix is not None and prefix_digits is not None:
        raise click.UsageError("--company-prefix and --company-prefix-digits say the same; give one")
    digits = len(company_prefix) if company_prefix is not None else prefix_digits
    if identity is not None:
        if serial is not None or date is not None:
            raise click.UsageError("--identity says the serial and the date itself")
        epc = encode_named(identity, scheme, filter_value=filter_value, prefix_digits=digits, hostname=hostname)
    elif scheme is None:
        raise click.UsageError("--scheme is needed with --gtin and --key")
    else:
        ai, _, day = (date or "").partition("=")
        epc = encode(
            scheme,
            gtin or key or "",
            serial,
            filter_value=1 if filter_value is None else filter_value,
            prefix_digits=digits or 7,
            date=(ai, day) if date is not None else None,
            hostname=hostname,
        )
    found = decode(epc)
    if company_prefix is not None and found.company_prefix not in (None, company_prefix):
        raise EpcError(f"the key does not begin with company prefix {company_prefix} but with {found.company_prefix}")
    if as_json:
        memory = padded_to_words(found.epc)
        pc = f"{len(memory) // 4 << 11:04X}"
        click.echo(orjson.dumps({**found.to_json(), "memory": memory, "pc": pc}))
    else:
        click.echo(found.epc)


def _inputs(texts: tuple[str, ...]) -> Iterator[str]:
    """Yield the arguments; a "-" stands for the lines of stdin, and so does no argument at all."""
    for text in texts or ("-",):
        if text != "-":
            yield text
            continue
        for number, line in enumerate(sys.stdin):
            words = line.removeprefix(_BYTE_ORDER_MARK) if number == 0 else line
            if words.strip():
                yield words


def _sentence(found: Epc) -> str:
    if found.tag_class is not EpcClass.GS1:
        return f"{found.epc}: {found.tag_class.value}: {found.error}"
    named = found.element_string or found.uri or "not taken apart"
    return f"{found.epc}: {found.scheme} {named}"
