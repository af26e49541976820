"""What a kiosk asks: its lane as it is, its lane as it changes, and the shopper's few commands."""

from __future__ import annotations

import time
from collections.abc import Iterator

from flask import Blueprint, Response, request

from checkout.view import LaneView
from kiosk_ui.api.answers import asked, json_of
from kiosk_ui.events import StreamSlots, event, stream_response
from kiosk_ui.port import KioskLane
from kiosk_ui.present import lane_snapshot
from kiosk_ui.problems import RefusedError
from kiosk_ui.settings import ShopParts, UiSettings
from kiosk_ui.shapes import HelpRequest, LaneSnapshot, PayRequest
from kiosk_ui.words import Words

__all__ = ["LaneScreens", "lanes_blueprint"]


class LaneScreens:
    """The lanes as their screens show them."""

    def __init__(self, parts: ShopParts, settings: UiSettings, words: Words) -> None:
        self._parts, self._settings, self._words = parts, settings, words

    def of(self, lane: str) -> KioskLane:
        """Return the lane called ``lane``.

        Raises:
            RefusedError: There is none.
        """
        found = self._parts.lanes.get(lane)
        if found is None:
            raise RefusedError(404, self._words("problem.no_lane", lane=lane))
        return found

    def snapshot(self, view: LaneView) -> LaneSnapshot:
        """Return what the screen of ``view``'s lane shows."""
        return lane_snapshot(view, self._words, central_up=bool(self._parts.relay.availability()["central_up"]))

    def answer(self, view: LaneView) -> Response:
        """Return the snapshot of ``view`` as JSON."""
        return json_of(self.snapshot(view))

    def follow(self, lane: KioskLane, slots: StreamSlots) -> Iterator[str]:
        """Yield the lane now and at every change; a beat is the same snapshot again, so a page is never behind."""
        until_s = time.monotonic() + self._settings.stream_life_s
        view = lane.view()
        yield event("lane", self.snapshot(view), number=view.revision)
        while not slots.closing and (left_s := until_s - time.monotonic()) > 0:
            view = lane.wait(view.revision, min(left_s, self._settings.beat_s))
            yield event("lane", self.snapshot(view), number=view.revision)


def lanes_blueprint(screens: LaneScreens, slots: StreamSlots, words: Words) -> Blueprint:
    """Return `/api/lanes/…`."""
    api = Blueprint("lanes", __name__, url_prefix="/api/lanes/<lane>")

    @api.get("")
    def show(lane: str) -> Response:
        view = screens.of(lane).view()
        known = request.args.get("rev")
        return Response(status=204) if known == str(view.revision) else screens.answer(view)

    @api.get("/events")
    def follow(lane: str) -> Response:
        return stream_response(slots, screens.follow(screens.of(lane), slots), words("problem.too_many_streams"))

    @api.post("/pay")
    def pay(lane: str) -> Response:
        return screens.answer(screens.of(lane).pay(asked(PayRequest, words).quote))

    @api.post("/cancel")
    def cancel(lane: str) -> Response:
        return screens.answer(screens.of(lane).cancel_payment())

    @api.post("/back")
    def back(lane: str) -> Response:
        return screens.answer(screens.of(lane).back())

    @api.post("/finish")
    def finish(lane: str) -> Response:
        return screens.answer(screens.of(lane).finish())

    @api.post("/help")
    def call_help(lane: str) -> Response:
        return screens.answer(screens.of(lane).call_help(asked(HelpRequest, words).wanted))

    return api
