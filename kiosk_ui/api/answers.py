"""Bodies in and out: shapes to JSON, JSON to shapes."""

from __future__ import annotations

from typing import TypeVar

from flask import Response, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from kiosk_ui.problems import RefusedError
from kiosk_ui.words import Words

__all__ = ["asked", "json_of"]

Shape = TypeVar("Shape", bound=BaseModel)


def json_of(body: BaseModel, status: int = 200) -> Response:
    """Return ``body`` as JSON."""
    return Response(body.model_dump_json(), status=status, content_type="application/json")


def asked(shape: type[Shape], words: Words) -> Shape:
    """Return the request's body as ``shape``.

    Raises:
        UnsupportedMediaType: The body does not say that it is JSON; a plain form of a stranger's page cannot.
        RefusedError: The body does not fit.
    """
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    try:
        return shape.model_validate_json(request.get_data(cache=False))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        reason = f"{where}: {first['msg']}" if where else first["msg"]
        raise RefusedError(422, words("problem.wrong_body", reason=reason)) from error
