"""What the parts of the application share, and how a request is let in and answered."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from flask import Response, request

from reader.port import Clock
from stocksync.central.body import json_of, unpacked
from stocksync.central.keys import KeyRing
from stocksync.central.metrics import CentralMetrics
from stocksync.central.problems import ProblemError
from stocksync.central.settings import CentralSettings
from stocksync.central.storage.port import CentralStorage
from stocksync.movement import event_id_of

__all__ = ["CentralParts", "json_answer", "moment_text", "parameters_of"]

_JSON_TYPES = ("application/json", "application/ld+json")
_VERSION = "2.0.0"
# What central says of itself; a client may ask for less, not for other.
_SPEAKS = {"GS1-EPCIS-Version": _VERSION, "GS1-CBV-Version": _VERSION, "GS1-EPC-Format": "Always_GS1_Digital_Link"}
_DISCOVERY = {
    **_SPEAKS,
    "GS1-EPCIS-Min": _VERSION,
    "GS1-EPCIS-Max": _VERSION,
    "GS1-CBV-Min": _VERSION,
    "GS1-CBV-Max": _VERSION,
    "GS1-Extensions": "tagtill=urn:tagtill:epcis:",
    "GS1-Vendor-Version": "1",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class CentralParts:
    """One central inventory, put together. ``randomness`` gives that many bytes, as `os.urandom` does."""

    settings: CentralSettings
    storage: CentralStorage
    clock: Clock
    randomness: Callable[[int], bytes]
    keys: KeyRing
    metrics: CentralMetrics
    stopping: threading.Event = field(default_factory=threading.Event)

    def new_event_id(self) -> str:
        """Return a fresh `urn:uuid:` (UUIDv7)."""
        return event_id_of(self.clock.utc_us() // 1000, int.from_bytes(self.randomness(10), "big"))

    def author(self) -> str | None:
        """Return the store that may write with this request's key; None where central is open.

        Raises:
            ProblemError: 401, there is no key or a wrong one.
        """
        if self.settings.open:
            return None
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        store = self.keys.store_of(key.strip()) if scheme.lower() == "bearer" else None
        if store is None:
            raise ProblemError(401, "expected Authorization: Bearer KEY", headers={"WWW-Authenticate": "Bearer"})
        return store

    def let_read(self) -> None:
        """Refuse with 401 whoever may not read."""
        if not self.settings.public_reads:
            self.author()

    def body(self) -> Any:
        """Return the JSON of the request's body.

        Raises:
            ProblemError: 413, 415 or 400; see `central.body`.
        """
        if request.mimetype not in _JSON_TYPES:
            raise ProblemError(415, f"expected Content-Type {' or '.join(_JSON_TYPES)}")
        if (request.content_length or 0) > self.settings.file_limit:
            raise self.too_large(f"the body has more than {self.settings.file_limit} octets")
        packed = request.get_data(cache=False)
        try:
            return json_of(unpacked(packed, request.headers.get("Content-Encoding", ""), self.settings.unpacked_limit))
        except ProblemError as problem:
            if problem.status == 413:
                raise self.too_large(problem.detail) from problem
            raise

    def too_large(self, detail: str) -> ProblemError:
        """Return a 413 that says what the limits are."""
        return ProblemError(413, detail, headers=self.limits())

    def limits(self) -> dict[str, str]:
        """Return the limits of a capture as EPCIS headers."""
        return {
            "GS1-EPCIS-Capture-Limit": str(self.settings.capture_limit),
            "GS1-EPCIS-Capture-File-Size-Limit": str(self.settings.file_limit),
        }

    def discovery(self, allow: str, more: Mapping[str, str] | None = None) -> Response:
        """Return the answer to OPTIONS of an EPCIS resource."""
        return Response(status=204, headers={"Allow": allow, **_DISCOVERY, **(more or {})})

    def check_versions(self) -> None:
        """Refuse with 406 a client that asks for another EPCIS, another form of EPCs, or XML."""
        for name, ours in _SPEAKS.items():
            asked = request.headers.get(name)
            if asked is not None and not _is_met(asked, ours):
                raise ProblemError(406, f"{name}: this server speaks {ours}, not {asked[:40]}")
        for bound in ("GS1-EPCIS-Min", "GS1-CBV-Min"):
            if (low := request.headers.get(bound)) is not None and _version(bound, low) > _version(bound, _VERSION):
                raise ProblemError(406, f"{bound}: this server speaks {_VERSION}")
        for bound in ("GS1-EPCIS-Max", "GS1-CBV-Max"):
            if (high := request.headers.get(bound)) is not None and _version(bound, high) < _version(bound, _VERSION):
                raise ProblemError(406, f"{bound}: this server speaks {_VERSION}")


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return ``value`` as JSON, in the one of our two media types that the client prefers.

    Raises:
        ProblemError: 406, it accepts neither.
    """
    kind = request.accept_mimetypes.best_match(_JSON_TYPES) if request.accept_mimetypes else _JSON_TYPES[0]
    if kind is None:
        raise ProblemError(406, f"answers are {' or '.join(_JSON_TYPES)}")
    own = {"GS1-EPCIS-Version": _VERSION, "GS1-CBV-Version": _VERSION, **(headers or {})}
    return Response(orjson.dumps(value), status, own, content_type=kind)


def moment_text(at_us: int) -> str:
    """Return microseconds since 1970 as RFC 3339 in UTC, to the millisecond."""
    moment = _EPOCH + timedelta(microseconds=at_us)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parameters_of(more: Mapping[str, str] | None = None) -> dict[str, Sequence[str]]:
    """Return every value of every query parameter; ``more`` are those that the path states.

    Raises:
        ProblemError: 400, the URL repeats what its path says.
    """
    stated = request.args.to_dict(flat=False)
    for name, value in (more or {}).items():
        if name in stated:
            raise ProblemError(400, f"{name}: the path says that already", kind="QueryParameterException")
        stated[name] = [value]
    return dict(stated)


def _is_met(asked: str, ours: str) -> bool:
    return asked in ("No_Preference", ours) or (ours == _VERSION and asked in ("2", "2.0"))


def _version(name: str, text: str) -> tuple[int, ...]:
    parts = text.split(".")
    if len(parts) > 4 or not all(part.isascii() and part.isdigit() and len(part) < 6 for part in parts):
        raise ProblemError(406, f"{name}: expected a version such as {_VERSION}, not {text[:40]!r}")
    return tuple(int(part) for part in parts) + (0,) * (3 - len(parts))
