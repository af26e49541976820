"""What the journal and the tables keep of a sale."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict
from typing import Any

from checkout.sale import SettledSale
from checkout.tender import Attempt

__all__ = ["attempt_content", "sale_content", "write_lines"]

_LINE_COLUMNS = (
    "epc",
    "gtin",
    "name",
    "detail",
    "price_minor",
    "discount_minor",
    "gross_minor",
    "net_minor",
    "tax_minor",
    "tax_rate",
)
_JOURNALLED = (*_LINE_COLUMNS, "promotions")


def attempt_content(attempt: Attempt) -> dict[str, Any]:
    """Return what names an attempt in the journal."""
    return {
        "sale": attempt.sale,
        "attempt": attempt.attempt,
        "n": attempt.n,
        "amount_minor": attempt.amount.minor,
        "currency": attempt.amount.currency,
    }


def sale_content(settled: SettledSale) -> dict[str, Any]:
    """Return what the journal keeps of a sale: lines with EPC and GTIN, totals per rate, the tender."""
    quote, tender = settled.quote.to_json(), settled.tender
    return {
        "sale": settled.sale,
        "number": settled.number,
        "quote": settled.quote.hash(),
        "currency": quote["currency"],
        "lines": [
            {"id": position, "qty": 1, **{name: line[name] for name in _JOURNALLED}}
            for position, line in enumerate(quote["lines"], 1)
        ],
        "tax": quote["tax"],
        "total_minor": quote["total_minor"],
        "net_minor": quote["net_minor"],
        "tax_minor": quote["tax_minor"],
        "discount_minor": quote["discount_minor"],
        "tenders": [asdict(tender)],
    }


def write_lines(transaction: sqlite3.Connection, settled: SettledSale) -> None:
    """Write the lines of ``settled``; the caller commits."""
    marks = ", ".join("?" * (2 + len(_LINE_COLUMNS)))
    transaction.executemany(
        f"INSERT INTO sale_line (sale, position, {', '.join(_LINE_COLUMNS)}) VALUES ({marks})",  # noqa: S608 - our own columns
        (
            (settled.sale, position, *(getattr(line, column) for column in _LINE_COLUMNS))
            for position, line in enumerate(settled.quote.lines, 1)
        ),
    )
