"""Receipts: made once, in the settling transaction; numbered without a gap; found by a token nobody can guess."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from typing import Any

from checkout.canonical import canonical_json
from checkout.quote import SoldLine
from checkout.sale import Receipt, SettledSale
from checkout.shop import Shop

__all__ = ["next_number", "receipt_by_token", "receipt_of_sale", "write_receipt"]


def next_number(transaction: sqlite3.Connection, store: str, lane: str) -> tuple[int, str]:
    """Return the store's next receipt count, from 1 without a gap, and the number made of it: `{store}-{lane}-{n}`."""
    (n,) = transaction.execute("SELECT COALESCE(MAX(n), 0) + 1 FROM receipt").fetchone()
    return n, f"{store}-{lane}-{n}"


def write_receipt(transaction: sqlite3.Connection, shop: Shop, settled: SettledSale) -> Receipt:
    """Write and return the receipt of ``settled``."""
    url = shop.receipt_url.replace("{token}", settled.token)
    content = _content(shop, settled, url)
    transaction.execute(
        "INSERT INTO receipt (token, sale, n, number, body) VALUES (?, ?, ?, ?, ?)",
        (settled.token, settled.sale, settled.n, settled.number, canonical_json(content)),
    )
    return Receipt(settled.number, settled.token, url, content)


def receipt_by_token(connection: sqlite3.Connection, token: str) -> Receipt | None:
    """Return the receipt behind ``token``, or None."""
    return _receipt(connection.execute("SELECT * FROM receipt WHERE token = ?", (token,)).fetchone())


def receipt_of_sale(connection: sqlite3.Connection, sale: str) -> Receipt | None:
    """Return the receipt of ``sale``, or None while it is not settled."""
    return _receipt(connection.execute("SELECT * FROM receipt WHERE sale = ?", (sale,)).fetchone())


def _receipt(row: sqlite3.Row | None) -> Receipt | None:
    if row is None:
        return None
    content = json.loads(row["body"])
    return Receipt(row["number"], row["token"], content["url"], content)


def _content(shop: Shop, settled: SettledSale, url: str) -> dict[str, Any]:
    """Return the receipt as JSON. Tags' EPCs stay out: a receipt must not make its owner's clothes traceable."""
    quote = settled.quote
    return {
        "shop": shop.name,
        "store": shop.store,
        "lane": settled.lane,
        "number": settled.number,
        "sale": settled.sale,
        "url": url,
        "time": shop.local(settled.at_us).isoformat(timespec="seconds"),
        "utc_us": settled.at_us,
        "currency": quote.currency,
        "lines": [_line(line) for line in quote.lines],
        "tax": [asdict(tax) for tax in quote.tax],
        "total_minor": quote.total_minor,
        "net_minor": quote.net_minor,
        "tax_minor": quote.tax_minor,
        "discount_minor": quote.discount_minor,
        "tender": asdict(settled.tender),
    }


def _line(line: SoldLine) -> dict[str, Any]:
    return {
        "gtin": line.gtin,
        "name": line.name,
        "detail": line.detail,
        "price_minor": line.price_minor,
        "discount_minor": line.discount_minor,
        "gross_minor": line.gross_minor,
        "tax_rate": line.tax_rate,
        "promotions": list(line.promotions),
    }
