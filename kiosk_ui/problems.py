"""Errors for people and for programs: a problem document (RFC 9457) below `/api/`, a page elsewhere."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from flask import Flask, Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from kiosk_ui.shapes import Problem
from kiosk_ui.words import Words

__all__ = ["PROBLEM_TYPE", "RefusedError", "install_problems", "problem"]

PROBLEM_TYPE = "application/problem+json"

log = structlog.get_logger()

_WORDS_OF = {
    400: "problem.bad_request",
    403: "problem.foreign_origin",
    404: "problem.not_found",
    405: "problem.wrong_method",
    413: "problem.too_big",
    415: "problem.not_json",
}
_PAGE_OF = {403: "page.refused", 404: "page.not_found"}


class RefusedError(HTTPException):
    """A request that is answered with ``status`` and ``detail``, which is in words."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.code = status
        self.detail = detail


def problem(status: int, detail: str) -> Response:
    """Return a problem document with its status."""
    title = HTTPStatus(status).phrase
    body = Problem(type="about:blank", title=title, status=status, detail=detail)
    return Response(body.model_dump_json(), status=status, content_type=PROBLEM_TYPE)


def install_problems(app: Flask, words: Words) -> None:
    """Answer every error in the form that its reader understands, and log those that are ours."""

    def said(status: int, detail: str, page_detail: str = "") -> Response:
        if request.path.startswith("/api/") or not request.accept_mimetypes.accept_html:
            return problem(status, detail)
        key = _PAGE_OF.get(status, "page.failed")
        page = render_template("error.html", title=words(key), lead=words(f"{key}_lead"), detail=page_detail)
        return make_response(page, status)

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> Response:
        status = error.code or 500
        if isinstance(error, RefusedError):
            return said(status, error.detail, error.detail)
        answer = said(status, words(_WORDS_OF[status]) if status in _WORDS_OF else (error.description or ""))
        allowed = getattr(error, "valid_methods", None)
        if allowed:
            answer.headers["Allow"] = ", ".join(sorted(allowed))
        return answer

    @app.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        log.error("page_failed", path=request.path, method=request.method, exc_info=error)
        return said(500, words("problem.failed"))
