"""The guide's examples are what the program does."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from appliance.cli import tagtill
from checkout.catalogue_csv import read_products_csv

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "prices-and-promotions.md"


@pytest.fixture
def blocks() -> dict[str, str]:
    return dict(re.findall(r"^```(\w*)\n(.*?)^```$", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE))


def test_the_basket_costs_what_the_guide_says(blocks: dict[str, str]) -> None:
    result = CliRunner().invoke(tagtill, ["price", "-"], input=blocks["json"])
    assert result.stdout == blocks[""]


def test_the_guides_catalogue_can_be_imported(blocks: dict[str, str]) -> None:
    products = read_products_csv(io.StringIO(blocks["csv"], newline=""), "guide.csv")
    assert [product.name for product in products] == ["Trail Crew Socks", "Oat Bar"]
