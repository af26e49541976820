"""What a screen may show of a lane: one frozen value with a revision, made anew at each change."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

__all__ = ["LaneView", "LineKind", "LineView", "PaymentView", "ReceiptView", "Stage", "TaxView"]


class Stage(StrEnum):
    """Which screen a lane is on."""

    ATTRACT = "attract"  # nobody there
    BASKET = "basket"  # goods are read; `complete` says whether the list is believed whole
    PAYING = "paying"  # the terminal is armed
    PAYMENT_FAILED = "payment_failed"  # declined or cancelled, surely not charged: try again or go back
    PAYMENT_UNKNOWN = "payment_unknown"  # do not pay again; staff and look-up decide
    RECEIPT = "receipt"  # paid and on disk
    THANKS = "thanks"
    CLOSED = "closed"  # an open attempt of before a crash is being looked up, or staff closed the lane


class LineKind(StrEnum):
    """What a tag in the basket means at the till. Only SALE has a price."""

    SALE = "sale"
    SOLD = "sold"  # paid for before: listed quietly, never charged
    FOREIGN = "foreign"  # another shop's goods
    UNREADABLE = "unreadable"  # a GS1 tag whose content is broken: a person should look


@dataclass(frozen=True, slots=True)
class LineView:
    """One tag of the basket. `epc` identifies the line; money is in minor units."""

    epc: str
    kind: LineKind
    gtin: str | None = None
    name: str = ""
    detail: str = ""  # size, colour
    picture: str | None = None  # path below the site's own origin
    price_minor: int = 0
    discount_minor: int = 0
    gross_minor: int = 0
    promotions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TaxView:
    """One VAT rate's share of the total; `rate` is a decimal text such as "0.19"."""

    rate: str
    gross_minor: int
    net_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class PaymentView:
    """How the payment stands. `code` is for `present`: present_card, working, declined, busy, …"""

    attempt: str
    n: int
    code: str


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """The receipt of a settled sale. `url` is what the QR code says."""

    number: str
    token: str
    url: str


@dataclass(frozen=True, slots=True)
class LaneView:
    """All that a kiosk shows. `revision` rises with every change and never goes back, restarts included."""

    lane: str
    revision: int
    stage: Stage
    lines: tuple[LineView, ...] = ()
    count: int = 0  # lines of kind SALE
    total_minor: int = 0
    discount_minor: int = 0
    currency: str = "EUR"
    tax: tuple[TaxView, ...] = ()
    complete: bool = False
    quote: str = ""  # hash of what may be paid; `pay` names it
    payment: PaymentView | None = None
    receipt: ReceiptView | None = None
    sale: str = ""
    reader_up: bool = True
    terminal_up: bool = True
    help_called: bool = False
    notices: tuple[str, ...] = field(default=())  # codes: late_item, item_left, not_paid, goods_on_pad, …
