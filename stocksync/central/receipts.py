"""What the QR code on a receipt opens: a small page behind an unguessable token, for a while.

1. The token is the key: 22 characters are 128 bits. There is no list, and nobody is told whether a token was ever one.
2. Stores write, with their key; the public reads. The same may be put twice; only its author may replace it.
3. No script, nothing from elsewhere, nothing kept by browsers or search engines.
"""

from __future__ import annotations

import base64
import hashlib
import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import orjson
from babel.numbers import format_currency
from flask import Blueprint, Response, render_template, request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from checkout.money import minor_digits
from stocksync.central.model import StoredReceipt
from stocksync.central.parts import CentralParts
from stocksync.central.problems import ProblemError

__all__ = ["Receipt", "receipts_blueprint"]

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,128}")
_STYLE = (Path(__file__).parent / "templates" / "receipt.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
}
_LANGUAGES = ("en", "de")

_Text = Annotated[str, Field(max_length=200)]
_Minor = Annotated[int, Field(ge=-(10**12), le=10**12)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, strict=True)


class ReceiptLine(_Part):
    """One item. Amounts are in minor units, after discount; discount_minor is what was taken off."""

    name: _Text
    detail: _Text = ""
    gross_minor: _Minor
    discount_minor: _Minor = 0
    promotions: Annotated[list[_Text], Field(max_length=20)] = []


class ReceiptTax(_Part):
    """One rate's share; `rate` is a decimal text such as "0.19"."""

    rate: Annotated[str, Field(pattern=r"^[01](\.\d{1,6})?$")]
    gross_minor: _Minor
    net_minor: _Minor
    tax_minor: _Minor


class Receipt(_Part):
    """A receipt as a store sends it; what we do not know is kept and handed out again as JSON."""

    number: Annotated[str, Field(min_length=1, max_length=80)]
    issued_utc: AwareDatetime
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    total_minor: _Minor
    discount_minor: _Minor = 0
    lines: Annotated[list[ReceiptLine], Field(max_length=1000)]
    tax: Annotated[list[ReceiptTax], Field(max_length=20)] = []
    store: _Text = ""


def receipts_blueprint(parts: CentralParts) -> Blueprint:
    """Return the routes of receipts."""
    routes = Blueprint("receipts", __name__)

    @routes.put("/receipts/<token>")
    def put(token: str) -> Response:
        author = parts.author()
        if not _TOKEN.fullmatch(token):
            raise ProblemError(400, "expected a token of 22 to 128 letters, digits, - and _")
        document = _checked(parts.body())
        now_us = parts.clock.utc_us()
        expires_us = now_us + round(parts.settings.receipt_s * 1e6)
        if not parts.storage.put_receipt(token, StoredReceipt(author, document, expires_us)):
            raise ProblemError(409, "another store has a receipt under this token")
        return Response(status=204)

    @routes.get("/receipts/<token>")
    def get(token: str) -> Response:
        found = parts.storage.receipt(token, parts.clock.utc_us())
        language = request.accept_languages.best_match(_LANGUAGES, default=_LANGUAGES[0])
        if not _wants_page():
            if found is None:
                raise ProblemError(404, "there is no such receipt, or not any more", headers=_PAGE_HEADERS)
            return Response(found.document, headers=_PAGE_HEADERS, content_type="application/json")
        if found is None:
            page = render_template("no_receipt.html", language=language, style=_STYLE)
            return Response(page, 404, _PAGE_HEADERS, content_type="text/html; charset=utf-8")
        receipt = Receipt.model_validate_json(found.document)
        page = render_template("receipt.html", language=language, style=_STYLE, **_texts(receipt, language))
        return Response(page, 200, _PAGE_HEADERS, content_type="text/html; charset=utf-8")

    return routes


def _checked(body: Any) -> str:
    document = orjson.dumps(body)
    try:
        Receipt.model_validate_json(document)
    except ValidationError as error:
        errors = [{"path": list(one["loc"]), "reason": one["msg"]} for one in error.errors(include_context=False)[:20]]
        raise ProblemError(400, f"that is no receipt: {errors[0]['reason']}", errors=errors) from error
    return document.decode()


def _wants_page() -> bool:
    if not request.accept_mimetypes:
        return True
    return request.accept_mimetypes.best_match(("text/html", "application/json"), default="text/html") == "text/html"


def _texts(receipt: Receipt, language: str) -> dict[str, Any]:
    def amount(minor: int) -> str:
        digits = minor_digits(receipt.currency)
        return format_currency(Decimal(minor).scaleb(-digits), receipt.currency, locale=language)

    return {
        "number": receipt.number,
        "store": receipt.store,
        "issued": _moment(receipt.issued_utc),
        "lines": [
            {
                "name": line.name,
                "detail": line.detail,
                "amount": amount(line.gross_minor),
                "saved": amount(-line.discount_minor) if line.discount_minor else "",
                "promotions": ", ".join(line.promotions),
            }
            for line in receipt.lines
        ],
        "total": amount(receipt.total_minor),
        "saved": amount(receipt.discount_minor) if receipt.discount_minor else "",
        "tax": [
            {
                "rate": f"{(Decimal(tax.rate) * 100).normalize():f} %",
                "net": amount(tax.net_minor),
                "tax": amount(tax.tax_minor),
            }
            for tax in receipt.tax
        ],
    }


def _moment(issued: datetime) -> str:
    """The time as the store wrote it: its own zone is the one on the shopper's paper receipt."""
    return issued.strftime("%Y-%m-%d %H:%M") + (" UTC" if not issued.utcoffset() else "")
