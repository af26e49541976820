"""The description is the truth: every route is in it, and no request gets an answer that is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import positive_data_acceptance

from stocksync.central.openapi import openapi_document
from stocksync.central.query import SHORTHANDS
from tests.stocksync.central.world import Central, movement

# Made at import, because schemathesis reads the description to know which tests there are.
FOLDER = TemporaryDirectory()
# A stream ends at once: the clock stands, so only a life of no length does.
CENTRAL = Central(Path(FOLDER.name), stream_s=0.0)
CENTRAL.capture(movement("stock", [1, 2], 1), movement("sale", [1], 2, at_ms=1))
schema = schemathesis.openapi.from_wsgi(
    "/openapi.json", CENTRAL.app, config=SchemathesisConfig.from_dict({"seed": 20261122})
)


@pytest.fixture(scope="module", autouse=True)
def _tidy() -> Iterator[None]:
    yield
    # Whatever came in, levels are still a recount of the events.
    assert CENTRAL.parts.storage.rebuild() == 0
    CENTRAL.close()
    FOLDER.cleanup()


@schema.parametrize()
@hypothesis.settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@pytest.mark.peers
def test_no_request_gets_an_answer_that_is_not_described(case: Any) -> None:
    # A schema cannot say all that makes a GTIN or an event valid, so a 400 is no fault.
    case.call_and_validate(excluded_checks=[positive_data_acceptance])


def test_every_route_is_described() -> None:
    rules = {re.sub(r"<(?:path:)?(\w+)>", "{}", rule.rule) for rule in CENTRAL.app.url_map.iter_rules()}
    (shorthand,) = (rule for rule in rules if rule.startswith("/<any("))
    expected = rules - {shorthand, "/openapi.json"} | {f"/{resource}/{{}}/events" for resource in SHORTHANDS}

    assert {re.sub(r"{\w+}", "{}", path) for path in openapi_document()["paths"]} == expected
