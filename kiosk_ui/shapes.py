"""The JSON that pages and scripts exchange with the store service; `/api/openapi.json` is made of these.

Amounts come twice: in minor units for programs, and as `…_text` for people.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from checkout.view import LineKind, Stage

__all__ = [
    "Availability",
    "CentralState",
    "Health",
    "HelpRequest",
    "ItemFound",
    "ItemStock",
    "LaneSnapshot",
    "LineShape",
    "NoticeShape",
    "Overview",
    "PayRequest",
    "PaymentShape",
    "Problem",
    "Product",
    "Products",
    "Readiness",
    "ReceiptShape",
    "ResolveRequest",
    "Sale",
    "Sales",
    "StartRequest",
    "Stocktake",
    "StocktakeAnswer",
    "TaxShape",
]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Made(BaseModel):
    """Made elsewhere: what we name is checked, what we do not know is passed on."""

    model_config = ConfigDict(extra="allow", frozen=True)


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class LineShape(_Answer):
    """One tag of the basket. `note` says in words why a line is not charged."""

    epc: str
    kind: LineKind
    gtin: str | None
    name: str
    detail: str
    picture: str | None
    price_minor: int
    discount_minor: int
    gross_minor: int
    promotions: list[str]
    price_text: str
    discount_text: str
    gross_text: str
    note: str
    hint: str


class TaxShape(_Answer):
    """One VAT rate's share of the total."""

    rate: str
    gross_minor: int
    net_minor: int
    tax_minor: int
    text: str


class PaymentShape(_Answer):
    """How the payment stands, as a code and in words."""

    attempt: str
    n: int
    code: str
    text: str
    hint: str


class ReceiptShape(_Answer):
    """The receipt of a settled sale; `qr` is a path of this origin."""

    number: str
    token: str
    url: str
    qr: str


class NoticeShape(_Answer):
    """Something that the shopper should know, as a code and in words."""

    code: str
    text: str


class LaneSnapshot(_Answer):
    """All that a kiosk shows."""

    lane: str
    revision: int
    stage: Stage
    stage_text: str
    lines: list[LineShape]
    count: int
    total_minor: int
    discount_minor: int
    currency: str
    total_text: str
    subtotal_text: str
    discount_text: str
    tax: list[TaxShape]
    complete: bool
    quote: str
    payment: PaymentShape | None
    receipt: ReceiptShape | None
    sale: str
    reader_up: bool
    terminal_up: bool
    central_up: bool
    help_called: bool
    notices: list[NoticeShape]


class PayRequest(_Request):
    """Pay what the shopper saw: `quote` is the snapshot's."""

    quote: Annotated[str, StringConstraints(min_length=1, max_length=128)]


class HelpRequest(_Request):
    """Call staff, or say that they came."""

    wanted: bool


class StartRequest(_Request):
    """Begin a sweep of a zone."""

    zone: Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"\S")]


_Said = Annotated[str, StringConstraints(min_length=2, max_length=200, pattern=r"\S.*\S")]


class ResolveRequest(_Request):
    """Staff decide an unknown payment; who and by what evidence goes to the journal."""

    paid: bool
    operator: _Said
    evidence: _Said


class Product(_Made):
    """A product as the public may see it."""

    gtin: str
    name: str
    detail: str = ""
    category: str = ""
    price_minor: int
    currency: str
    price_text: str
    picture: str | None = None


class Products(_Answer):
    """Every product of the store."""

    products: list[Product]
    categories: list[str]


class ItemStock(_Made):
    """One product at one location, and how old that truth is."""

    gtin: str
    location: str
    on_hand: int
    reserved: int = 0
    safety: int = 0
    uncertain: int = 0
    available: int
    as_of: str | None = None
    age_s: float | None = None


class CentralState(_Answer):
    """Whether central answers, and for how long it has not (null: it never did)."""

    central_up: bool
    silent_s: float | None


class Availability(CentralState):
    """The last known availability."""

    items: list[ItemStock]


class ReaderState(_Made):
    """A reader as staff see it."""

    name: str
    lane: str = ""
    state: str
    state_text: str
    detail: str = ""
    model: str = ""
    tx_power_dbm: float | None = None
    reads_per_s: float | None = None
    last_read_age_s: float | None = None
    temperature_c: float | None = None
    antennas_gone: list[int] = []
    malformed: int = 0


class OutboxState(_Made):
    """Movements that central has not acknowledged yet."""

    depth: int = 0
    age_s: float | None = None
    last_error: str | None = None


class CentralSeen(_Made):
    """Central as the sync daemon sees it."""

    up: bool = False
    detail: str = ""


class SalesFigures(_Made):
    """What was sold today."""

    today: int = 0
    total_minor: int = 0
    currency: str = "EUR"
    total_text: str


class DiskState(_Made):
    """Room left for the store's file."""

    free_bytes: int | None = None


class Overview(_Answer):
    """The whole box at a glance."""

    lanes: list[LaneSnapshot]
    readers: list[ReaderState]
    outbox: OutboxState
    central: CentralSeen
    sales: SalesFigures
    disk: DiskState


class Sale(_Made):
    """One settled sale."""

    number: str
    sold_utc: str
    sold_text: str
    lane: str = ""
    items: int = 0
    total_minor: int
    currency: str
    total_text: str
    state: str = ""


class Sales(_Answer):
    """The latest sales, newest first."""

    sales: list[Sale]


class ItemFound(_Made):
    """A tag that a sweep misses, or did not expect."""

    epc: str
    gtin: str | None = None
    name: str = ""
    detail: str = ""
    picture: str | None = None


class Stocktake(_Made):
    """A sweep, running or finished."""

    state: Literal["running", "finished"]
    zone: str
    started_utc: str | None = None
    finished_utc: str | None = None
    expected: int
    found: int
    tags_per_s: float | None = None
    missing: list[ItemFound] = Field(default_factory=list)
    unexpected: list[ItemFound] = Field(default_factory=list)


class StocktakeAnswer(_Answer):
    """The running or latest stocktake, or null where none ever ran."""

    stocktake: Stocktake | None


class Health(_Answer):
    """The process lives."""

    status: Literal["ok"]


class Readiness(_Answer):
    """Whether shoppers can be served, and what stands against it."""

    ready: bool
    problems: list[str]


class Problem(_Answer):
    """An error as RFC 9457 words it."""

    type: str
    title: str
    status: int
    detail: str
