"""What a lane's screen shows of its state. Pure."""

from __future__ import annotations

from checkout.lane_model import LaneState
from checkout.lane_payment import changes_on_pad
from checkout.lane_receipt import has_unpaid
from checkout.quote import Quote, line_views
from checkout.view import LaneView, LineKind, LineView, PaymentView, ReceiptView, Stage

__all__ = ["view_of"]

_BILL_STAGES = (Stage.PAYING, Stage.PAYMENT_FAILED, Stage.PAYMENT_UNKNOWN, Stage.RECEIPT)


def view_of(state: LaneState, lane: str, currency: str, revision: int) -> LaneView:
    """Return the view of ``state``.

    A closed lane shows no goods: they are nobody's any more. An idle one lists what is paid for and lies there still.
    """
    lines, quote, quote_hash = _shown(state)
    return LaneView(
        lane=lane,
        revision=revision,
        stage=state.stage,
        lines=lines,
        count=sum(line.kind is LineKind.SALE for line in lines),
        total_minor=quote.total_minor if quote else 0,
        discount_minor=quote.discount_minor if quote else 0,
        currency=quote.currency if quote else currency,
        tax=quote.tax if quote else (),
        complete=state.pad.is_complete if state.stage is Stage.BASKET else quote is not None,
        quote=quote_hash,
        payment=_payment(state),
        receipt=_receipt(state),
        sale=str(state.receipt.content["sale"]) if state.receipt else state.sale,
        reader_up=state.reader_up,
        terminal_up=state.terminal_up,
        help_called=state.help_called,
        notices=tuple(dict.fromkeys((*_notices(state), *state.told))),
    )


def _shown(state: LaneState) -> tuple[tuple[LineView, ...], Quote | None, str]:
    """Return lines, bill and its hash: the basket as it is, or the frozen bill."""
    if state.stage is Stage.BASKET:
        payable = state.pad.quote is not None and bool(state.pad.quote.lines)
        return state.pad.lines, state.pad.quote, state.pad.quote_hash if payable else ""
    if state.stage is Stage.ATTRACT:
        return state.pad.lines, None, ""
    if state.stage in _BILL_STAGES and state.bill is not None:
        return line_views(state.bill), state.bill, state.bill_hash
    return (), None, ""


def _payment(state: LaneState) -> PaymentView | None:
    if state.stage is Stage.PAYMENT_FAILED and state.failed is not None:
        return PaymentView(state.failed.attempt, state.failed.n, state.failure)
    payment = state.payment
    if payment is None or payment.attempt is None:
        return None
    return PaymentView(payment.attempt.attempt, payment.attempt.n, payment.code)


def _receipt(state: LaneState) -> ReceiptView | None:
    receipt = state.receipt
    if receipt is None or state.stage is not Stage.RECEIPT:
        return None
    return ReceiptView(receipt.number, receipt.token, receipt.url)


def _notices(state: LaneState) -> tuple[str, ...]:
    match state.stage:
        case Stage.ATTRACT if state.pad.lines:
            return ("goods_on_pad",)
        case Stage.BASKET if state.pad.lines and state.pad.quote is None:
            return ("price_trouble",)
        case Stage.BASKET if state.pad.needs_assistance:
            return ("assist",)
        case Stage.PAYING | Stage.PAYMENT_UNKNOWN:
            return changes_on_pad(state)
        case Stage.RECEIPT if state.reader_up and has_unpaid(state):
            return ("not_paid",)
        case Stage.CLOSED:
            return (state.failure or "recovering",)
        case _:
            return ()
