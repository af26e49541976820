"""From values and codes to what a page shows: words and amounts ready to print, nothing left to decide. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any
from urllib.parse import quote, urlencode

from checkout.view import LaneView, LineKind, LineView, PaymentView, ReceiptView, Stage
from kiosk_ui.shapes import (
    Availability,
    CentralState,
    ItemStock,
    LaneSnapshot,
    LineShape,
    NoticeShape,
    Overview,
    PaymentShape,
    Product,
    Products,
    ReceiptShape,
    Sales,
    Stocktake,
    TaxShape,
)
from kiosk_ui.words import Words

__all__ = [
    "availability_of",
    "central_of",
    "item_stock_of",
    "lane_snapshot",
    "overview_of",
    "own_path",
    "products_of",
    "receipt_page",
    "sales_of",
    "stocktake_of",
]


def lane_snapshot(view: LaneView, words: Words, *, central_up: bool) -> LaneSnapshot:
    """Return all that a kiosk shows of ``view``."""
    return LaneSnapshot(
        lane=view.lane,
        revision=view.revision,
        stage=view.stage,
        stage_text=words(f"stage.{view.stage}"),
        lines=[_line(line, view.currency, words) for line in view.lines],
        count=view.count,
        total_minor=view.total_minor,
        discount_minor=view.discount_minor,
        currency=view.currency,
        total_text=words.money(view.total_minor, view.currency),
        subtotal_text=words.money(view.total_minor + view.discount_minor, view.currency),
        discount_text=_taken_off(view.discount_minor, view.currency, words),
        tax=[
            TaxShape(
                rate=tax.rate,
                gross_minor=tax.gross_minor,
                net_minor=tax.net_minor,
                tax_minor=tax.tax_minor,
                text=words(
                    "kiosk.tax_rate",
                    rate=words.percent(tax.rate),
                    amount=words.money(tax.tax_minor, view.currency),
                ),
            )
            for tax in view.tax
        ],
        complete=view.complete,
        quote=view.quote,
        payment=_payment(view.payment, view.stage, words) if view.payment else None,
        receipt=_receipt(view.receipt, view.lane) if view.receipt else None,
        sale=view.sale,
        reader_up=view.reader_up,
        terminal_up=view.terminal_up,
        central_up=central_up,
        help_called=view.help_called,
        notices=[NoticeShape(code=code, text=words.of_code("notice", code)) for code in view.notices],
    )


def _line(line: LineView, currency: str, words: Words) -> LineShape:
    charged = line.kind is LineKind.SALE
    return LineShape(
        epc=line.epc,
        kind=line.kind,
        gtin=line.gtin,
        name=line.name,
        detail=line.detail,
        picture=own_path(line.picture),
        price_minor=line.price_minor,
        discount_minor=line.discount_minor,
        gross_minor=line.gross_minor,
        promotions=list(line.promotions),
        price_text=words.money(line.price_minor, currency) if charged else "",
        discount_text=_taken_off(line.discount_minor, currency, words),
        gross_text=words.money(line.gross_minor, currency) if charged else "",
        note="" if charged else words(f"kiosk.aside_{line.kind}"),
        hint="" if charged else words(f"kiosk.aside_{line.kind}_hint"),
    )


def _taken_off(discount_minor: int, currency: str, words: Words) -> str:
    return words.money(-discount_minor, currency) if discount_minor else ""


def _payment(payment: PaymentView, stage: Stage, words: Words) -> PaymentShape:
    family = "failed" if stage is Stage.PAYMENT_FAILED else "payment"
    known = words.has(f"{family}.{payment.code}")
    code = payment.code if known else "other"
    return PaymentShape(
        attempt=payment.attempt,
        n=payment.n,
        code=payment.code,
        text=words(f"{family}.{code}"),
        hint=words(f"failed.{code}_hint") if family == "failed" else "",
    )


def _receipt(receipt: ReceiptView, lane: str) -> ReceiptShape:
    qr = f"/kiosk/{quote(lane, safe='')}/receipt.svg?{urlencode({'number': receipt.number})}"
    return ReceiptShape(number=receipt.number, token=receipt.token, url=receipt.url, qr=qr)


def own_path(path: str | None) -> str | None:
    """Return ``path`` if it is one of this origin, else None: pages load nothing from another host."""
    return path if path and path.startswith("/") and not path.startswith(("//", "/\\")) else None


def products_of(products: Iterable[Mapping[str, Any]], words: Words) -> Products:
    """Return every product with its price in words; categories in the order of their first product."""
    shown = [
        Product.model_validate(
            {
                **product,
                "price_text": words.money(product["price_minor"], product["currency"]),
                "picture": own_path(product.get("picture")),
            }
        )
        for product in products
    ]
    return Products(products=shown, categories=list(dict.fromkeys(p.category for p in shown if p.category)))


def central_of(state: Mapping[str, Any]) -> CentralState:
    """Return whether central answers, from a relay's mapping."""
    return CentralState(central_up=state["central_up"], silent_s=state["silent_s"])


def item_stock_of(item: Mapping[str, Any]) -> ItemStock:
    """Return one product's stock at one location."""
    return ItemStock.model_validate(item)


def availability_of(known: Mapping[str, Any], location: str) -> Availability:
    """Return what is known of ``location``; of every location where it is empty."""
    return Availability(
        central_up=known["central_up"],
        silent_s=known["silent_s"],
        items=[item_stock_of(item) for item in known["items"] if location in ("", item["location"])],
    )


def overview_of(desk: Mapping[str, Any], lanes: Sequence[LaneSnapshot], words: Words) -> Overview:
    """Return the whole box at a glance, from the desk's mapping and the lanes as they are."""
    sales = desk.get("sales") or {}
    return Overview.model_validate(
        {
            "lanes": lanes,
            "readers": [
                {**reader, "state_text": words.of_code("link", str(reader["state"]))}
                for reader in desk.get("readers") or ()
            ],
            "outbox": desk.get("outbox") or {},
            "central": desk.get("central") or {},
            "sales": {
                **sales,
                "total_text": words.money(sales.get("total_minor", 0), sales.get("currency", "EUR")),
            },
            "disk": desk.get("disk") or {},
        }
    )


def sales_of(sales: Iterable[Mapping[str, Any]], words: Words, zone: tzinfo | None) -> Sales:
    """Return sales with their time in ``zone`` and their total in words; None is the zone of this machine."""
    return Sales.model_validate(
        {
            "sales": [
                {
                    **sale,
                    "sold_text": words.brief_moment(datetime.fromisoformat(sale["sold_utc"]).astimezone(zone)),
                    "total_text": words.money(sale["total_minor"], sale["currency"]),
                }
                for sale in sales
            ]
        }
    )


def stocktake_of(state: Mapping[str, Any]) -> Stocktake:
    """Return a sweep as staff see it; pictures from elsewhere are left out."""

    def pictured(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [{**item, "picture": own_path(item.get("picture"))} for item in items]

    return Stocktake.model_validate(
        {
            **state,
            "missing": pictured(state.get("missing") or ()),
            "unexpected": pictured(state.get("unexpected") or ()),
        }
    )


def receipt_page(receipt: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """Return what the receipt's page prints: texts only, in the order of the receipt."""
    currency = str(receipt["currency"])

    def money(row: Mapping[str, Any], key: str) -> str:
        return words.money(row.get(key) or 0, currency)

    return {
        "number": receipt["number"],
        "issued": words.moment(datetime.fromisoformat(receipt["time"])),
        "lines": [
            {
                "name": line["name"],
                "detail": line.get("detail", ""),
                "gross": money(line, "gross_minor"),
                "discount": _taken_off(line.get("discount_minor") or 0, currency, words),
                "promotions": [str(name) for name in line.get("promotions") or ()],
            }
            for line in receipt["lines"]
        ],
        "total": money(receipt, "total_minor"),
        "saved": _taken_off(receipt.get("discount_minor") or 0, currency, words),
        "tax": [
            {
                "rate": words.percent(str(tax["rate"])),
                "gross": money(tax, "gross_minor"),
                "net": money(tax, "net_minor"),
                "tax": money(tax, "tax_minor"),
            }
            for tax in receipt.get("tax") or ()
        ],
    }
