"""What may be promised, per product and site, and how old that truth is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response

from reader.epc import gtin14, location_link
from reader.errors import EpcError
from stocksync.central.intake import canonical_item, canonical_place, site_of
from stocksync.central.model import Level
from stocksync.central.parts import CentralParts, json_answer, moment_text, parameters_of
from stocksync.central.problems import ProblemError

__all__ = ["availability_blueprint", "availability_of", "gtins_and_locations"]


def availability_blueprint(parts: CentralParts) -> Blueprint:
    """Return the routes for availability, and for what is believed of one tag."""
    routes = Blueprint("availability", __name__)

    @routes.get("/availability/<gtin>")
    def of_product(gtin: str) -> Response:
        parts.let_read()
        wanted = _gtin("gtin", gtin)
        now_us = parts.clock.utc_us()
        levels = parts.storage.levels([wanted], None)
        return json_answer({"gtin": wanted, "locations": [availability_of(level, now_us) for level in levels]})

    @routes.get("/availability")
    def of_many() -> Response:
        parts.let_read()
        gtins, locations = gtins_and_locations()
        now_us = parts.clock.utc_us()
        levels = parts.storage.levels(gtins, locations)
        return json_answer({"items": [availability_of(level, now_us) for level in levels]})

    @routes.get("/tags/<path:epc>")
    def tag(epc: str) -> Response:
        parts.let_read()
        key = canonical_item(epc)
        belief = parts.storage.beliefs([key]).get(key)
        if belief is None:
            raise ProblemError(404, "nothing was ever heard of this tag")
        return json_answer(
            {
                "epc": key,
                "standing": belief.standing.value,
                "location": belief.site,
                "uncertain": belief.doubted,
                "hlc": belief.hlc,
            }
        )

    return routes


def availability_of(level: Level, now_us: int) -> dict[str, Any]:
    """Return a level as JSON says it. age_s: since central last recorded an event from that site."""
    return {
        "gtin": level.gtin,
        "location": level.location,
        "on_hand": level.on_hand,
        "reserved": level.reserved,
        "safety": level.safety,
        "uncertain": level.uncertain,
        "available": level.available,
        "as_of": moment_text(level.as_of_us),
        "age_s": round(max(0, now_us - level.as_of_us) / 1e6, 3),
    }


def gtins_and_locations() -> tuple[Sequence[str] | None, Sequence[str] | None]:
    """Return what the URL's `gtins` and `locations` name, comma separated; None: all.

    Raises:
        ProblemError: 400, another parameter, or something that is no GTIN or no location.
    """
    parameters = parameters_of()
    if unknown := set(parameters) - {"gtins", "locations"}:
        raise _refused(f"{min(unknown)[:60]}: expected gtins and locations only")
    return _listed(parameters, "gtins", _gtin), _listed(parameters, "locations", _location)


def _listed(parameters: dict[str, Sequence[str]], name: str, read: Callable[[str, str], str]) -> Sequence[str] | None:
    if name not in parameters:
        return None
    return [read(name, text.strip()) for texts in parameters[name] for text in texts.split(",")]


def _gtin(name: str, text: str) -> str:
    try:
        return gtin14(text)
    except EpcError as error:
        raise _refused(f"{name}: {error}"[:200]) from error


def _location(name: str, text: str) -> str:
    if ":" in text:
        return site_of(canonical_place(text))
    try:
        return location_link(text)
    except EpcError as error:
        raise _refused(f"{name}: expected a GLN or its Digital Link; {error}"[:200]) from error


def _refused(detail: str) -> ProblemError:
    return ProblemError(400, detail, kind="QueryParameterException")
