"""Hand-written parts of a shop for pages: a lane that does what it is told, a window, a desk, a relay."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from checkout.view import LaneView, LineKind, LineView, PaymentView, ReceiptView, Stage, TaxView

__all__ = [
    "FakeDesk",
    "FakeLane",
    "FakeRelay",
    "FakeWindow",
    "aside_lines",
    "basket_of",
    "lines_of",
    "paid",
    "stock_of",
]

_NAMES = (
    ("Rain jacket Fjord", "size M, moss green", "Outdoor", 12990, "#4c7a63"),
    ("Merino socks", "2 pairs, size 39–42", "Basics", 1990, "#c2542d"),
    ("Enamel mug", "350 ml, cream", "Kitchen", 1290, "#e0b04f"),
    ("Linen shirt", "size L, sand", "Clothes", 5990, "#b9a27c"),
    ("Notebook A5", "dotted, 160 pages", "Paper", 950, "#4f6d9a"),
    ("Headlamp", "400 lm, rechargeable", "Outdoor", 4495, "#444d58"),
    ("Tea towel", "organic cotton", "Kitchen", 890, "#7a9e7e"),
    ("Running cap", "one size, coral", "Clothes", 2490, "#e07a5f"),
    ("Children’s rain boots with a rather long name", "size 28, yellow", "Shoes", 2999, "#e8c33c"),
    ("Sports towel", "80 × 130 cm", "Outdoor", 1999, "#5b8e9d"),
    ("Candle Fir", "40 h", "Home", 1490, "#6a7f5a"),
    ("Canvas bag", "14 l, natural", "Bags", 1790, "#c9b79c"),
)


def gtin_of(index: int) -> str:
    """Return the made-up GTIN-14 of product ``index``."""
    body = f"0400638{index:06d}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(body))
    return body + str(-total % 10)


def lines_of(count: int, *, discounts: bool = False) -> tuple[LineView, ...]:
    """Return ``count`` lines for sale; with ``discounts`` every third is reduced."""
    lines = []
    for index in range(count):
        name, detail, _, price, _ = _NAMES[index % len(_NAMES)]
        off = price // 5 if discounts and index % 3 == 1 else 0
        lines.append(
            LineView(
                epc=f"3034257BF7194E40000{index:05X}",
                kind=LineKind.SALE,
                gtin=gtin_of(index % len(_NAMES)),
                name=name,
                detail=detail,
                picture=f"/pictures/{gtin_of(index % len(_NAMES))}.svg",
                price_minor=price,
                discount_minor=off,
                gross_minor=price - off,
                promotions=("Autumn days",) if off else (),
            )
        )
    return tuple(lines)


def aside_lines() -> tuple[LineView, ...]:
    """Return one line of each kind that is never charged."""
    return (
        LineView("A1", LineKind.SOLD, gtin_of(2), "Enamel mug", "350 ml, cream", f"/pictures/{gtin_of(2)}.svg"),
        LineView("A2", LineKind.FOREIGN),
        LineView("A3", LineKind.UNREADABLE),
    )


def basket_of(lines: Sequence[LineView], **changes: Any) -> dict[str, Any]:
    """Return the fields of a complete basket of ``lines``, with ``changes``."""
    goods = [line for line in lines if line.kind is LineKind.SALE]
    total = sum(line.gross_minor for line in goods)
    tax = total - round(total / 1.19)
    return {
        "stage": Stage.BASKET,
        "lines": tuple(lines),
        "count": len(goods),
        "total_minor": total,
        "discount_minor": sum(line.discount_minor for line in goods),
        "tax": (TaxView("0.19", total, total - tax, tax),) if goods else (),
        "complete": True,
        "quote": f"quote-{total}-{len(goods)}",
        **changes,
    }


def paid(number: str = "2026-000417") -> dict[str, Any]:
    """Return the fields of a lane whose sale is settled."""
    return {"stage": Stage.RECEIPT, "receipt": ReceiptView(number, "tok-123", f"http://127.0.0.1:9/receipts/{number}")}


class FakeLane:
    """A lane that shows what it is told, and moves at a command as a real one would at once."""

    def __init__(self, name: str, view: LaneView | None = None) -> None:
        self._condition = threading.Condition()
        self._view = view or LaneView(lane=name, revision=1, stage=Stage.ATTRACT)
        self.commands: list[tuple[object, ...]] = []

    def show(self, **changes: Any) -> LaneView:
        """Change the view, and its revision with it."""
        with self._condition:
            self._view = replace(self._view, revision=self._view.revision + 1, **changes)
            self._condition.notify_all()
            return self._view

    def wipe(self) -> LaneView:
        """Show a lane that nobody uses."""
        with self._condition:
            self._view = LaneView(self._view.lane, self._view.revision + 1, Stage.ATTRACT)
            self._condition.notify_all()
            return self._view

    def view(self) -> LaneView:
        with self._condition:
            return self._view

    def wait(self, revision: int, timeout_s: float) -> LaneView:
        with self._condition:
            self._condition.wait_for(lambda: self._view.revision != revision, timeout_s)
            return self._view

    def pay(self, quote: str) -> LaneView:
        self.commands.append(("pay", quote))
        now = self.view()
        if quote != now.quote or now.stage not in {Stage.BASKET, Stage.PAYMENT_FAILED}:
            return now
        n = now.payment.n + 1 if now.payment else 1
        return self.show(stage=Stage.PAYING, sale="01JD5S4LE", payment=PaymentView(f"01A{n}", n, "present_card"))

    def cancel_payment(self) -> LaneView:
        self.commands.append(("cancel",))
        if self.view().stage is not Stage.PAYING:
            return self.view()
        return self.show(stage=Stage.PAYMENT_FAILED, payment=PaymentView("01A1", 1, "cancelled"))

    def back(self) -> LaneView:
        self.commands.append(("back",))
        return self.show(stage=Stage.BASKET) if self.view().stage is Stage.PAYMENT_FAILED else self.view()

    def finish(self) -> LaneView:
        self.commands.append(("finish",))
        return self.show(stage=Stage.THANKS) if self.view().stage is Stage.RECEIPT else self.view()

    def call_help(self, wanted: bool) -> LaneView:
        self.commands.append(("help", wanted))
        return self.show(help_called=wanted)

    def resolve_unknown(self, paid: bool, operator: str, evidence: str) -> LaneView:
        self.commands.append(("resolve", paid, operator, evidence))
        return self.show(stage=Stage.BASKET)


class FakeWindow:
    """Twelve products with drawn pictures, ``times`` over."""

    def __init__(self, times: int = 1) -> None:
        self._count = len(_NAMES) * times

    def products(self) -> Sequence[Mapping[str, Any]]:
        return [
            {
                "gtin": gtin_of(index),
                "name": _NAMES[index % len(_NAMES)][0],
                "detail": _NAMES[index % len(_NAMES)][1],
                "category": _NAMES[index % len(_NAMES)][2],
                "price_minor": _NAMES[index % len(_NAMES)][3],
                "currency": "EUR",
                "picture": f"/pictures/{gtin_of(index)}.svg",
            }
            for index in range(self._count)
        ]

    def picture_svg(self, gtin: str) -> bytes | None:
        colours = {gtin_of(index): _NAMES[index % len(_NAMES)][4] for index in range(self._count)}
        if gtin not in colours:
            return None
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 160">'
            f'<rect width="160" height="160" fill="{colours[gtin]}" opacity=".16"/>'
            f'<path fill="{colours[gtin]}" '
            'd="M56 50l14-7c5 8 15 8 20 0l14 7 12 20-13 7-5-7v42H62V70l-5 7-13-7z"/></svg>'
        ).encode()

    def receipt(self, token: str) -> Mapping[str, Any] | None:
        if token != "tok-123":
            return None
        return {
            "number": "2026-000417",
            "time": "2026-11-22T11:15:00+01:00",
            "currency": "EUR",
            "total_minor": 14582,
            "discount_minor": 398,
            "lines": [
                {"name": "Rain jacket Fjord", "detail": "size M", "gross_minor": 12990, "discount_minor": 0},
                {"name": "Socks", "gross_minor": 1592, "discount_minor": 398, "promotions": ["Autumn days"]},
            ],
            "tax": [{"rate": "0.19", "gross_minor": 14582, "net_minor": 12254, "tax_minor": 2328}],
        }


class FakeDesk:
    """A desk whose figures tests may set."""

    def __init__(self) -> None:
        self.figures: dict[str, Any] = {
            "readers": [
                {
                    "name": "pad-1",
                    "lane": "1",
                    "state": "up",
                    "model": "Impinj R700",
                    "detail": "",
                    "tx_power_dbm": 20.0,
                    "reads_per_s": 312.4,
                    "temperature_c": 41.0,
                    "antennas_gone": [2],
                    "last_read_age_s": 0.2,
                },
                {"name": "pad-2", "lane": "2", "state": "down", "detail": "no route to 10.0.0.12", "model": ""},
            ],
            "outbox": {"depth": 4, "age_s": 12.5, "last_error": "central: connection refused"},
            "central": {"up": True, "detail": ""},
            "sales": {"today": 17, "total_minor": 98231, "currency": "EUR"},
            "disk": {"free_bytes": 21_500_000_000},
        }
        self.sweep: dict[str, Any] | None = None

    def overview(self) -> Mapping[str, Any]:
        return self.figures

    def sales(self, limit: int) -> Sequence[Mapping[str, Any]]:
        return [
            {
                "number": f"2026-000{417 - index}",
                "sold_utc": f"2026-11-22T{10 - index % 3:02}:1{index % 6}:00+00:00",
                "lane": "1",
                "items": 1 + index % 7,
                "total_minor": 1990 * (index + 1),
                "currency": "EUR",
                "state": "settled",
            }
            for index in range(min(limit, 12))
        ]

    def stocktake(self) -> Mapping[str, Any] | None:
        return self.sweep

    def start_stocktake(self, zone: str) -> Mapping[str, Any]:
        self.sweep = {
            "state": "running",
            "zone": zone,
            "started_utc": "2026-11-22T10:00:00+00:00",
            "finished_utc": None,
            "expected": 3000,
            "found": 1873,
            "tags_per_s": 212.5,
        }
        return self.sweep

    def finish_stocktake(self) -> Mapping[str, Any]:
        assert self.sweep is not None
        missing = [
            {"epc": f"30{n:022X}", "gtin": gtin_of(n), "name": _NAMES[n][0], "detail": _NAMES[n][1],
             "picture": f"/pictures/{gtin_of(n)}.svg"}
            for n in range(3)
        ]  # fmt: skip
        self.sweep = {
            **self.sweep,
            "state": "finished",
            "finished_utc": "2026-11-22T10:06:00+00:00",
            "found": 2997,
            "missing": missing,
            "unexpected": [{"epc": "E28011606000020F", "gtin": None, "name": "", "detail": "", "picture": None}],
        }
        return self.sweep


def stock_of(gtin: str, available: int, *, location: str = "store-12", age_s: float = 2.0) -> dict[str, Any]:
    """Return one product's stock as central tells it."""
    return {
        "gtin": gtin,
        "location": location,
        "on_hand": available,
        "reserved": 0,
        "safety": 0,
        "uncertain": 0,
        "available": available,
        "as_of": "2026-11-22T10:00:00Z",
        "age_s": age_s,
    }


class FakeRelay:
    """A central whose news tests may tell."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._news: list[Mapping[str, Any]] = []
        self.up = True
        self.silent_s: float | None = 0.0
        self.items = {gtin_of(n): stock_of(gtin_of(n), n % 5, age_s=2 + n) for n in range(len(_NAMES) - 1)}

    def tell(self, item: Mapping[str, Any]) -> None:
        """Change what is known of one product."""
        with self._condition:
            self.items[item["gtin"]] = dict(item)
            self._news.append(item)
            self._condition.notify_all()

    def fall_silent(self, silent_s: float) -> None:
        """Let central be away for ``silent_s``."""
        with self._condition:
            self.up, self.silent_s = False, silent_s
            self._news.append({"central_up": False, "silent_s": silent_s})
            self._condition.notify_all()

    def availability(self) -> Mapping[str, Any]:
        with self._condition:
            return {"central_up": self.up, "silent_s": self.silent_s, "items": list(self.items.values())}

    def changes(self, timeout_s: float) -> Iterator[Mapping[str, Any]]:
        with self._condition:
            told = len(self._news)
        return self._follow(told, time.monotonic() + timeout_s)

    def _follow(self, told: int, until_s: float) -> Iterator[Mapping[str, Any]]:
        while (left_s := until_s - time.monotonic()) > 0:
            with self._condition:
                if len(self._news) == told:
                    self._condition.wait(min(left_s, 0.5))
                fresh, told = self._news[told:], len(self._news)
            yield from fresh or [{"central_up": self.up, "silent_s": self.silent_s}]
