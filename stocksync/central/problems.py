"""How central says no: problems (RFC 7807) with the exception types of EPCIS 2.0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from stocksync.errors import SyncError

__all__ = ["ProblemError", "problem_of"]

# status -> (exception type of EPCIS 2.0, title); as in the standard's OpenAPI, its slips mended.
_KINDS = {
    400: ("ValidationException", "The request is not valid"),
    401: ("SecurityException", "A store's key is needed"),
    403: ("SecurityException", "This key may not do that"),
    404: ("NoSuchResourceException", "Resource not found"),
    406: ("NotAcceptableException", "Conflicting request and response headers"),
    409: ("ResourceAlreadyExistsException", "A resource with the provided identifier already exists"),
    413: ("CaptureLimitExceededException", "Capture payload too large"),
    414: ("URITooLongException", "URI too long"),
    415: ("UnsupportedMediaTypeException", "Unsupported media type"),
    500: ("ImplementationException", "A server-side error occurred"),
    503: ("ImplementationException", "Too busy just now"),
}
# Exception types that share their status with another one.
_TITLES = {
    "QueryParameterException": "A parameter of the query is not valid",
    "QueryTooLargeException": "The query has too many results",
}


class ProblemError(SyncError):
    """A request that is refused.

    Attributes:
        status: The HTTP status.
        kind: EPCIS exception type without its prefix; "" where the standard has none.
        headers: To be sent with it.
        errors: Single problems, each with its place, where there are several.
        is_conflict: The identity is taken by something else; sent again, it will never be stored.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        kind: str | None = None,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
        is_conflict: bool = False,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.kind = _KINDS.get(status, ("", ""))[0] if kind is None else kind
        self.headers = dict(headers or {})
        self.errors = tuple(errors)
        self.is_conflict = is_conflict

    def body(self) -> dict[str, Any]:
        """Return the problem as JSON says it."""
        more = {"errors": list(self.errors) or None, "conflict": self.is_conflict or None}
        return problem_of(self.status, self.detail, self.kind, **more)


def problem_of(status: int, detail: str, kind: str | None = None, **more: Any) -> dict[str, Any]:
    """Return one problem as JSON says it; members of ``more`` that are None are left out."""
    own_kind, title = _KINDS.get(status) or ("", HTTPStatus(status).phrase)
    title = _TITLES.get(kind or own_kind, title)
    kind = own_kind if kind is None else kind
    return {
        "type": f"epcisException:{kind}" if kind else "about:blank",
        "title": title,
        "status": status,
        "detail": detail,
        **{name: value for name, value in more.items() if value is not None},
    }
