"""Every state that a page can be in, by name, for whoever photographs, measures or audits them all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from checkout.view import PaymentView, Stage
from tests.kiosk_ui.fakes import FakeLane, aside_lines, basket_of, lines_of, paid

__all__ = ["KIOSK_STATES"]


def _shows(**changes: Any) -> Callable[[FakeLane], object]:
    return lambda lane: lane.show(**changes)


def _basket(count: int, *, aside: bool = False, discounts: bool = False, **changes: Any) -> dict[str, Any]:
    lines = lines_of(count, discounts=discounts) + (aside_lines() if aside else ())
    return basket_of(lines, **changes)


def _payment(stage: Stage, code: str) -> dict[str, Any]:
    return _basket(3, stage=stage, sale="01JD5S4LEX9K", payment=PaymentView("01A", 1, code))


# name → what to do to a fresh lane; the stage on screen afterwards is the word before the first dash
KIOSK_STATES: dict[str, Callable[[FakeLane], object]] = {
    "attract": _shows(stage=Stage.ATTRACT),
    "attract-reader_down": _shows(stage=Stage.ATTRACT, reader_up=False, help_called=True),
    "basket-reading": _shows(**_basket(3, complete=False, quote="")),
    "basket-one": _shows(**_basket(1)),
    "basket-complete": _shows(**_basket(6, discounts=True)),
    "basket-everything": _shows(**_basket(14, aside=True, discounts=True, notices=("late_item",))),
    "basket-nothing_to_pay": _shows(**_basket(0, aside=True, quote="")),
    "basket-terminal_down": _shows(**_basket(4, terminal_up=False, help_called=True)),
    "basket-reader_down": _shows(**_basket(2, reader_up=False)),
    "paying-card": _shows(**_payment(Stage.PAYING, "present_card")),
    "paying-working": _shows(**_payment(Stage.PAYING, "working")),
    "payment_failed-declined": _shows(**_payment(Stage.PAYMENT_FAILED, "declined")),
    "payment_failed-busy": _shows(**_payment(Stage.PAYMENT_FAILED, "busy")),
    "payment_unknown": _shows(**_payment(Stage.PAYMENT_UNKNOWN, "unknown") | {"help_called": True}),
    "receipt": _shows(**_basket(3) | paid()),
    "thanks": _shows(stage=Stage.THANKS),
    "closed": _shows(stage=Stage.CLOSED),
}
