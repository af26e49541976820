"""The staff page, and its door."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from datetime import timedelta

import structlog
from flask import Blueprint, Flask, Response, make_response, redirect, render_template, request, session, url_for

from kiosk_ui.problems import RefusedError
from kiosk_ui.security import is_loopback
from kiosk_ui.settings import UiSettings
from kiosk_ui.staff.door import Door, Knock
from kiosk_ui.words import Words

__all__ = ["StaffAccess", "staff_pages"]

_SHIFT = timedelta(hours=10)
_PIN_LIMIT = 64

log = structlog.get_logger()


class StaffAccess:
    """Says who is staff: by session where a PIN is set, by address where none is."""

    def __init__(self, settings: UiSettings, words: Words, monotonic_s: Callable[[], float]) -> None:
        self._words = words
        self._door = Door(settings.staff_pin, monotonic_s) if settings.staff_pin is not None else None
        self._lock = threading.Lock()

    @property
    def has_pin(self) -> bool:
        """Say whether staff enter a PIN."""
        return self._door is not None

    @property
    def is_open(self) -> bool:
        """Say whether whoever asks now is staff."""
        return is_loopback(request.remote_addr) if self._door is None else bool(session.get("staff"))

    def require(self) -> None:
        """Let staff pass.

        Raises:
            RefusedError: 401 where a PIN would help, 403 where nothing would.
        """
        if self.is_open:
            return
        if self._door is None:
            raise RefusedError(403, self._words("problem.loopback_only"))
        raise RefusedError(401, self._words("problem.pin_needed"))

    def enter(self, pin: str) -> str:
        """Open a session if ``pin`` is right. Return what to say otherwise, empty when it is open."""
        if self._door is None:
            return ""
        address = request.remote_addr or "0.0.0.0"
        with self._lock:
            knock = self._door.knock(address, pin)
            left, locked_s = self._door.tries_left(address), self._door.locked_s(address)
        if knock is Knock.RIGHT:
            session.clear()
            session.permanent = True
            session["staff"] = True
            return ""
        log.warning("staff_pin_refused", address=address, locked=knock is Knock.LOCKED)
        if knock is Knock.LOCKED:
            return self._words("staff.pin_locked", n=math.ceil(locked_s / 60))
        return self._words("staff.pin_wrong", n=left)


def staff_pages(app: Flask, access: StaffAccess, settings: UiSettings) -> Blueprint:
    """Return `/staff`; sessions end after a shift, or when the service starts anew."""
    app.config.update(
        SESSION_COOKIE_NAME="tagtill_staff",
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SECURE=bool(settings.public_urls) and all(u.startswith("https:") for u in settings.public_urls),
        PERMANENT_SESSION_LIFETIME=_SHIFT,
    )
    pages = Blueprint("staff", __name__, url_prefix="/staff")

    @pages.get("")
    def desk() -> Response:
        if access.has_pin and not access.is_open:
            return make_response(render_template("staff_pin.html", refusal=""), 401)
        access.require()
        return make_response(render_template("staff.html", has_pin=access.has_pin, settings=settings))

    @pages.post("/enter")
    def enter() -> Response:
        refusal = access.enter(request.form.get("pin", "")[:_PIN_LIMIT])
        if refusal:
            return make_response(render_template("staff_pin.html", refusal=refusal), 401)
        return make_response(redirect(url_for("staff.desk"), 303))

    @pages.post("/leave")
    def leave() -> Response:
        session.clear()
        return make_response(redirect(url_for("staff.desk"), 303))

    return pages
