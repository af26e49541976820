"""The description is the truth: every route is in it, and no request gets an answer that is not."""

from __future__ import annotations

import re
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import Phase
from schemathesis.config import SchemathesisConfig

from checkout.view import Stage
from kiosk_ui.api.openapi import openapi_document
from kiosk_ui.app import UiSettings
from tests.kiosk_ui.conftest import open_shop
from tests.kiosk_ui.fakes import aside_lines, basket_of, lines_of

SETTINGS = UiSettings(stream_life_s=0.01, beat_s=0.01)
SHOP = open_shop(SETTINGS)
SHOP.lane.show(**basket_of(lines_of(3, discounts=True) + aside_lines()))
schema = schemathesis.openapi.from_wsgi(
    "/api/openapi.json", SHOP.app, config=SchemathesisConfig.from_dict({"seed": 20261122})
)


@schema.parametrize()
@hypothesis.settings(max_examples=20, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
@pytest.mark.peers
def test_no_request_gets_an_answer_that_is_not_described(case: Any) -> None:
    case.call_and_validate()


def test_every_json_route_is_described() -> None:
    rules = {re.sub(r"<(\w+)>", r"{\1}", rule.rule) for rule in SHOP.app.url_map.iter_rules()}
    ours = {rule for rule in rules if rule.startswith("/api/")} | {"/healthz", "/readyz"}

    assert ours - {"/api/openapi.json"} == set(openapi_document(SETTINGS, has_pin=False)["paths"])


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_is_described(stage: Stage) -> None:
    SHOP.lane.show(stage=stage)
    described = openapi_document(SETTINGS, has_pin=False)["components"]["schemas"]["Stage"]["enum"]

    assert SHOP.client.get("/api/lanes/1").get_json()["stage"] in described


def test_a_pin_is_described_where_there_is_one() -> None:
    document = openapi_document(SETTINGS, has_pin=True)

    assert document["paths"]["/api/staff/sales"]["get"]["security"] == [{"staff": []}]
    assert "401" in document["paths"]["/api/staff/sales"]["get"]["responses"]
