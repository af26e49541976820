"""`tagtill price`: one basket in, what it costs out."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import orjson

from checkout.errors import PricingError
from checkout.money import minor_digits
from checkout.pricing import PricedBasket, load_request, to_json
from checkout.pricing import price as price_of

__all__ = ["price"]


@click.command()
@click.argument("source", metavar="FILE|-", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def price(source: Path, as_json: bool) -> None:
    """Price the basket that FILE, or standard input, describes in JSON."""
    raw = sys.stdin.buffer.read() if source == Path("-") else source.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PricingError(f"expected UTF-8: {error}") from None
    basket = price_of(load_request(text))
    click.echo(orjson.dumps(to_json(basket)) if as_json else _summary(basket))


def _summary(basket: PricedBasket) -> str:
    def line(minor: int, text: str) -> str:
        return f"{_amount(minor, basket.currency):>12}  {text}"

    lines = []
    for unit in basket.units:
        why = f", {', '.join(unit.promotions)}: −{_amount(unit.discount_minor, basket.currency)}" * bool(
            unit.promotions
        )
        lines.append(line(unit.gross_minor, unit.id + why))
    lines.append(line(basket.total_minor, f"total {basket.currency}"))
    lines += [line(total.tax_minor, f"of it tax at {total.rate:f}") for total in basket.tax]
    if basket.cash_total_minor is not None:
        lines.append(line(basket.cash_total_minor, "in cash"))
    return "\n".join(lines)


def _amount(minor: int, currency: str) -> str:
    digits = minor_digits(currency)
    if digits == 0:
        return str(minor)
    text = str(minor).rjust(digits + 1, "0")
    return f"{text[:-digits]}.{text[-digits:]}"
