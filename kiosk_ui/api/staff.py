"""What the staff page asks and does."""

from __future__ import annotations

from flask import Blueprint, Response

from checkout.view import Stage
from kiosk_ui.api.answers import asked, json_of
from kiosk_ui.api.lanes import LaneScreens
from kiosk_ui.present import overview_of, sales_of, stocktake_of
from kiosk_ui.problems import RefusedError
from kiosk_ui.settings import ShopParts, UiSettings
from kiosk_ui.shapes import ResolveRequest, StartRequest, Stocktake, StocktakeAnswer
from kiosk_ui.staff.pages import StaffAccess
from kiosk_ui.words import Words

__all__ = ["staff_blueprint"]

_SALES_SHOWN = 200
_UNDECIDED = (Stage.PAYMENT_UNKNOWN, Stage.CLOSED)  # closed: an attempt of before a restart


def staff_blueprint(
    parts: ShopParts, settings: UiSettings, screens: LaneScreens, access: StaffAccess, words: Words
) -> Blueprint:
    """Return `/api/staff/…`, for staff only."""
    api = Blueprint("staff_api", __name__, url_prefix="/api/staff")
    api.before_request(access.require)
    zone = settings.zone

    def latest() -> Stocktake | None:
        state = parts.desk.stocktake()
        return None if state is None else stocktake_of(state)

    @api.get("/overview")
    def overview() -> Response:
        lanes = [screens.snapshot(lane.view()) for lane in parts.lanes.values()]
        return json_of(overview_of(parts.desk.overview(), lanes, words))

    @api.get("/sales")
    def sales() -> Response:
        return json_of(sales_of(parts.desk.sales(_SALES_SHOWN), words, zone))

    @api.get("/stocktake")
    def stocktake() -> Response:
        return json_of(StocktakeAnswer(stocktake=latest()))

    @api.post("/stocktake/start")
    def start() -> Response:
        wish = asked(StartRequest, words)
        running = latest()
        if running is not None and running.state == "running":
            raise RefusedError(409, words("problem.already_counting"))
        return json_of(StocktakeAnswer(stocktake=stocktake_of(parts.desk.start_stocktake(wish.zone.strip()))))

    @api.post("/stocktake/finish")
    def finish() -> Response:
        running = latest()
        if running is None or running.state != "running":
            raise RefusedError(409, words("problem.not_counting"))
        return json_of(StocktakeAnswer(stocktake=stocktake_of(parts.desk.finish_stocktake())))

    @api.post("/lanes/<lane>/resolve")
    def resolve(lane: str) -> Response:
        till = screens.of(lane)
        verdict = asked(ResolveRequest, words)
        if till.view().stage not in _UNDECIDED:
            raise RefusedError(409, words("staff.resolve_late"))
        return screens.answer(till.resolve_unknown(verdict.paid, verdict.operator.strip(), verdict.evidence.strip()))

    return api
